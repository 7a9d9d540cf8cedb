/* scan.c: see scan.h. */
#include "store/scan.h"

#include <errno.h>

#include "base/crc32c.h"
#include "record/msgset.h"
#include "store/file.h"

void
scan_init(struct scan *c, const struct sys *s, int fd, int64_t from,
    int64_t end, void *window, size_t cap)
{
	*c = (struct scan){ .sys = s, .fd = fd, .at = from, .next = from,
	    .end = end, .buf = window, .cap = cap, .buf_at = from };
}

/* The bytes at pos, at least want of them (want <= cap), where the file has
 * them; *n is how many there are. NULL and errno. */
static const uint8_t *
window(struct scan *c, int64_t pos, size_t want, size_t *n)
{
	int64_t left = c->end - pos;
	ssize_t got;
	size_t skip;

	if (pos < c->buf_at || pos > c->buf_at + (int64_t)c->buf_len ||
	    c->buf_len - (size_t)(pos - c->buf_at) < want) {
		got = file_read(c->sys, c->fd, c->buf,
		    left < (int64_t)c->cap ? (size_t)left : c->cap, pos);
		if (got < 0)
			return NULL;
		c->buf_at = pos;
		c->buf_len = (size_t)got;
	}
	skip = (size_t)(pos - c->buf_at);
	*n = c->buf_len - skip;
	return c->buf + skip;
}

/* The header that a message in an old format stands for. */
static int
old_header(const uint8_t *p, size_t n, struct batch_header *h, struct kerr *e)
{
	struct msgset_entry m;
	int rc = msgset_parse(p, n, &m, e);

	if (rc != 0)
		return rc;
	*h = (struct batch_header){
		.base_offset = m.offset, .length = m.size, .leader_epoch = -1,
		.magic = m.magic, .crc = m.crc,
		.attributes = m.attributes &
		    (MSGSET_CODEC_MASK | MSGSET_APPEND_TIME),
		.base_timestamp = m.timestamp, .max_timestamp = m.timestamp,
		.producer_id = -1, .producer_epoch = -1, .base_sequence = -1,
		.count = 1
	};
	return 0;
}

int
scan_header(const void *p, size_t n, struct batch_header *h, struct kerr *e)
{
	return msgset_begins(p, n) ? old_header(p, n, h, e) :
	    batch_header_parse(p, n, h, e);
}

int
scan_next(struct scan *c, struct batch_header *h, struct kerr *e)
{
	const uint8_t *p;
	struct kerr why = KERR_INIT;
	size_t n;

	c->at = c->next;
	if (c->at >= c->end)
		return 0;
	if ((p = window(c, c->at, BATCH_HEADER, &n)) == NULL)
		return kerr_sys(e, "reading at %lld", (long long)c->at);
	if (scan_header(p, n, h, &why) != 0)
		return kerr_set(e, KE_CORRUPT, "batch at %lld: %s",
		    (long long)c->at, why.msg);
	if ((int64_t)batch_size(h) > c->end - c->at)
		return kerr_set(e, KE_CORRUPT, "batch at %lld: cut short",
		    (long long)c->at);
	c->next = c->at + (int64_t)batch_size(h);
	return 1;
}

int
scan_check(struct scan *c, const struct batch_header *h, struct kerr *e)
{
	bool old = h->magic < BATCH_MAGIC;
	int64_t pos = c->at + (old ? MSGSET_AT_MAGIC : BATCH_AT_ATTRIBUTES);
	const uint8_t *p;
	uint32_t crc = 0;
	size_t n;

	while (pos < c->next) {
		if ((p = window(c, pos, 1, &n)) == NULL)
			return kerr_sys(e, "reading at %lld", (long long)pos);
		if (n == 0)
			break;
		if ((int64_t)n > c->next - pos)
			n = (size_t)(c->next - pos);
		crc = old ? msgset_crc(crc, p, n) : crc32c(crc, p, n);
		pos += (int64_t)n;
	}
	if (pos == c->next && crc == h->crc)
		return 0;
	return kerr_set(e, KE_CRC, "batch at %lld: CRC mismatch",
	    (long long)c->at);
}
