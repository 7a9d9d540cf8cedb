/*
 * filled.c: asks a broker whatever the tables of messages can say:
 * filled HOST:PORT|/SOCKET N [SEED]
 *
 * Each API that it offers, in each version once with names of 32,767 bytes
 * everywhere, then N requests with values out of a few, some of them sound and
 * some not. Every one is well formed, so the broker has to answer with what its
 * table says, or to hold the request. Prints a line for each that was not, and
 * at the end how many were answered.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include "net/addr.h"
#include "wire/codec.h"
#include "wire/engine.h"
#include "wire/frame.h"
#include "wire/msg_api_versions.h"

enum { HELD_MS = 300, LONGEST = INT16_MAX };

static struct addr_set where;
static char longest[LONGEST], umlauts[LONGEST];
static struct arena arena;
static bool all_long;

/* What answers held: ids that the broker gave out are good for more. */
enum { KEPT = 16, KEPT_LEN = 64 };

static struct {
	char		name[KEPT][KEPT_LEN];
	int64_t		number[KEPT];
	struct kuuid	id[KEPT];
	unsigned int	names, numbers, ids;
} kept;

static int fd = -1, n_answered, n_held, n_bad;

static void
dial(void)
{
	fd = socket(where.v[0].ss_family, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&where.v[0],
	    where.len[0]) < 0) {
		perror("filled: connect");
		exit(3);
	}
}

static unsigned int
any(unsigned int n)
{
	return (unsigned int)random() % n;
}

static void
keep_one(enum kkind kind, const void *m)
{
	const struct kstr *s = m;

	if (kind == K_STR && s->len > 0 && s->len < KEPT_LEN) {
		memset(kept.name[kept.names % KEPT], 0, KEPT_LEN);
		memcpy(kept.name[kept.names++ % KEPT], s->p, (size_t)s->len);
	} else if (kind == K_I64) {
		kept.number[kept.numbers++ % KEPT] = *(const int64_t *)m;
	} else if (kind == K_UUID) {
		kept.id[kept.ids++ % KEPT] = *(const struct kuuid *)m;
	}
}

static void
keep(const struct kfield *rows, const void *base)
{
	const struct karray *a;

	for (const struct kfield *f = rows; f->kind != K_END; f++) {
		keep_one((enum kkind)f->kind, cmember(f, base));
		if (f->kind == K_STRUCT)
			keep(f->child, cmember(f, base));
		if (f->kind != K_ARRAY || f->elem != K_STRUCT)
			continue;
		a = cmember(f, base);
		for (int32_t i = 0; i < a->n && i < KEPT; i++)
			keep(f->child, element(f, a, i));
	}
}

/* Names that exist or come to be, and such that cannot. */
static struct kstr
some_name(void)
{
	static const char *const names[] = {
		"t", "t", "u", "g", "g", "m", "m", "1", "", "uniform",
		"range", "consumer", "retention.ms", "segment.bytes",
		"read_committed", "100000", "t.*", "(", "a/b", "Ongoing",
		"__consumer_offsets", "__transaction_state"
	};
	static const int32_t sizes[] = { LONGEST, LONGEST - 1, 32000, 1025,
	    250, 249 };
	struct kstr s = { any(4) == 0 ? umlauts : longest, LONGEST };

	if (all_long)
		return (struct kstr){ longest, LONGEST };
	if (kept.names > 0 && any(4) == 0)
		return kstr(kept.name[any(kept.names < KEPT ? kept.names :
		    KEPT)]);
	if (any(3) > 0)
		return kstr(names[any(sizeof(names) / sizeof(*names))]);
	s.len = sizes[any(sizeof(sizes) / sizeof(*sizes))];
	return s;
}

static int64_t
some_number(int64_t least, int64_t most)
{
	static const int64_t few[] = { -2, -1, 0, 0, 1, 1, 1, 2, 3, 6000 };
	unsigned int i = any(12);

	if (all_long)
		return 1;
	if (i >= 10)
		return i == 10 ? least : most;
	return few[i] > most ? 1 : few[i];
}

static void fill(const struct kfield *rows, int16_t version, void *out);

static void fill_array(const struct kfield *f, int16_t version,
    struct karray *a);

static void
fill_one(const struct kfield *f, enum kkind kind, int16_t version, bool null,
    void *m)
{
	struct kbytes *b = m;

	null = null && !all_long && any(4) == 0;
	switch (kind) {
	case K_BOOL:
		*(bool *)m = any(2) == 0;
		break;
	case K_I8:
		*(int8_t *)m = (int8_t)some_number(INT8_MIN, INT8_MAX);
		break;
	case K_I16:
	case K_U16:
		*(int16_t *)m = (int16_t)some_number(INT16_MIN, INT16_MAX);
		break;
	case K_I32:
		*(int32_t *)m = (int32_t)some_number(INT32_MIN, INT32_MAX);
		break;
	case K_I64:
		*(int64_t *)m = any(2) == 0 && !all_long ?
		    kept.number[any(KEPT)] : some_number(INT64_MIN, INT64_MAX);
		break;
	case K_STR:
		*(struct kstr *)m = null ? KSTR_NULL : some_name();
		break;
	case K_BYTES:
		b->p = (const uint8_t *)longest;
		b->len = null ? -1 : any(2) == 0 ? 0 : LONGEST;
		break;
	case K_RECORDS:
		*(struct krecords *)m = (struct krecords){ .fd = -1,
		    .p = (const uint8_t *)longest, .len = (int)any(200) };
		break;
	case K_UUID:
		*(struct kuuid *)m = kept.id[any(KEPT)];
		break;
	case K_STRUCT:
		fill(f->child, version, m);
		break;
	case K_OPTION:
		if (null)
			break;
		*(void **)m = arena_alloc(&arena, f->size);
		fill(f->child, version, *(void **)m);
		break;
	case K_ARRAY:
		if (null)
			*(struct karray *)m = (struct karray){ NULL, -1 };
		else
			fill_array(f, version, m);
		break;
	default:
		break;
	}
}

static void
fill_array(const struct kfield *f, int16_t version, struct karray *a)
{
	a->n = all_long ? 1 : (int32_t)any(4);
	a->v = arena_alloc(&arena, (size_t)a->n * f->size);
	for (int32_t i = 0; i < a->n; i++)
		if (f->elem == K_STRUCT)
			fill(f->child, version, (char *)a->v +
			    (size_t)i * f->size);
		else
			fill_one(f, (enum kkind)f->elem, version, false,
			    (char *)a->v + (size_t)i * f->size);
}

/* What makes a broker wait takes no time here, and nothing goes without an
 * answer. */
static void
fill(const struct kfield *rows, int16_t version, void *out)
{
	for (const struct kfield *f = rows; f->kind != K_END; f++) {
		field_default(f, member(f, out));
		if (strcmp(f->name, "max_wait_ms") == 0)
			*(int32_t *)member(f, out) = 0;
		else if (strcmp(f->name, "acks") == 0)
			*(int16_t *)member(f, out) = any(2) == 0 ? -1 : 1;
		else if (field_in(f, version))
			fill_one(f, (enum kkind)f->kind, version,
			    field_nullable(f, version), member(f, out));
	}
}

static bool
receive(uint8_t *p, size_t n)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	ssize_t got;

	for (; n > 0; p += got, n -= (size_t)got)
		if (poll(&pfd, 1, 10000) <= 0 ||
		    (got = recv(fd, p, n, 0)) <= 0)
			return false;
	return true;
}

/* An answer, into out. */
static const char *
read_answer(const struct kapi *api, int16_t version, int32_t correlation,
    void *out)
{
	uint8_t size[4], *p;
	struct kerr e = KERR_INIT;
	struct rd r;
	int32_t id;

	if (!receive(size, 4))
		return "closed";
	p = arena_alloc(&arena, be32(size));
	if (!receive(p, be32(size)))
		return "cut short";
	rd_init(&r, p, be32(size));
	if (frame_read_response(&r, api, version, &id, &e) != 0 ||
	    id != correlation || kmsg_decode(api->rsp, version, &r, &arena,
	    out, &e) != 0)
		return "answered with what is no such answer";
	keep(api->rsp->fields, out);
	return NULL;
}

/* False where the broker has closed the connection meanwhile. */
static bool
send_all(const struct buf *b)
{
	ssize_t n;

	for (size_t at = 0; at < b->len; at += (size_t)n)
		if ((n = send(fd, b->p + at, b->len - at,
		    MSG_NOSIGNAL)) < 0)
			return false;
	return true;
}

static void
send_request(const struct kapi *api, int16_t version, int32_t correlation,
    const void *req, struct buf *b)
{
	struct kerr e = KERR_INIT;
	struct chunks out = { 0 };

	if (frame_put_request(&out, api, version, correlation, some_name(),
	    req, &e) != 0 || chunks_flatten(&out, b) != 0) {
		fprintf(stderr, "filled: %s\n", e.msg);
		exit(1);
	}
	chunks_release(&out);
}

static void
ask(const struct kapi *api, int16_t version)
{
	static int32_t correlation;
	struct pollfd pfd = { .events = POLLIN };
	void *req = arena_alloc(&arena, api->req->size);
	void *rsp = arena_alloc(&arena, api->rsp->size);
	const char *bad = NULL;
	struct buf b = { 0 };

	fill(api->req->fields, version, req);
	send_request(api, version, ++correlation, req, &b);
	if (fd < 0)
		dial();
	pfd.fd = fd;
	if (!send_all(&b))
		bad = "closed";
	else if (poll(&pfd, 1, HELD_MS) == 0)
		n_held++;
	else
		bad = read_answer(api, version, correlation, rsp);
	if (bad != NULL)
		printf("%s v%d: %s\n", api->name, version, bad), n_bad++;
	else
		n_answered += pfd.revents != 0;
	if (bad != NULL || pfd.revents == 0) {
		close(fd);
		fd = -1;
	}
	buf_release(&b);
	arena_clear(&arena);
}

/* The APIs that the broker offers, of those that we know. */
static const struct kapi **
offered(size_t *n)
{
	const struct kapi *api = kapi_get(API_VERSIONS), **v, *known;
	struct api_versions_request req = { 0 };
	struct api_versions_response rsp;
	struct buf b = { 0 };

	dial();
	send_request(api, 0, 0, &req, &b);
	if (!send_all(&b) || read_answer(api, 0, 0, &rsp) != NULL) {
		fprintf(stderr, "filled: no ApiVersions\n");
		exit(3);
	}
	v = xcalloc((size_t)rsp.api_keys.n, sizeof(struct kapi *));
	*n = 0;
	for (int32_t i = 0; i < rsp.api_keys.n; i++)
		if ((known = kapi_get(rsp.api_keys.v[i].api_key)) != NULL)
			v[(*n)++] = known;
	buf_release(&b);
	arena_clear(&arena);
	return v;
}

static void
ask_all(unsigned int n)
{
	const struct kapi **all, *api;
	size_t n_all;

	all = offered(&n_all);
	all_long = true;
	for (size_t i = 0; i < n_all; i++)
		for (int16_t v = all[i]->min; v <= all[i]->max; v++)
			ask(all[i], v);
	all_long = false;
	for (unsigned int i = 0; i < n; i++) {
		api = all[any((unsigned int)n_all)];
		ask(api, (int16_t)(api->min + (int)any((unsigned int)
		    (api->max - api->min + 1))));
	}
	free(all);
}

int
main(int argc, char **argv)
{
	struct kerr e = KERR_INIT;
	struct addr a;

	if (argc < 3) {
		fprintf(stderr, "usage: filled HOST:PORT N [SEED]\n");
		return 2;
	}
	if (addr_parse(&a, argv[1], strlen(argv[1]), 9092, &e) < 0 ||
	    addr_resolve(&where, &a, false, &e) < 0) {
		fprintf(stderr, "filled: %s\n", e.msg);
		return 2;
	}
	srandom(argc > 3 ? (unsigned int)atoi(argv[3]) : 1);
	memset(longest, 'x', sizeof(longest));
	for (int i = 0; i < LONGEST; i++)
		umlauts[i] = "\xc3\xa4"[i % 2];
	arena_init(&arena, 0);
	ask_all((unsigned int)atoi(argv[2]));
	printf("%d answered, %d held, %d not\n", n_answered, n_held, n_bad);
	arena_release(&arena);
	addr_set_release(&where);
	return n_bad > 0;
}
