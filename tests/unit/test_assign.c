/*
 * test_assign.c: the assignors give what Java's give: tests/data/
 * assign_vectors.txt was written by Java's own classes (tests/interop/
 * AssignVectors.java). KLOG_ASSIGN_VECTORS names another such file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "client/assign.h"
#include "wire/codec.h"
#include "wire/java_hash.h"

#define MAX	64

struct group {
	char			 name[64];
	int			 kind;
	struct assign_topic	 topic[MAX];
	size_t			 n_topics;
	struct assign_member	 member[MAX];
	size_t			 n;
	bool			 ran;
	struct assign_list	 got[MAX];
	struct arena		 a;
};

static struct kstr
borrow(struct group *g, const char *s)
{
	return kstr(arena_strndup(&g->a, s, strlen(s)));
}

static void
read_topics(struct group *g, struct consumer_protocol_subscription *sub,
    char *list)
{
	char *save = NULL;

	if (strcmp(list, "-") == 0)
		return;
	sub->topics.v = arena_alloc(&g->a, MAX * sizeof(struct kstr));
	for (char *t = strtok_r(list, ",", &save); t != NULL;
	    t = strtok_r(NULL, ",", &save))
		sub->topics.v[sub->topics.n++] = borrow(g, t);
}

/* "t:0,t:1,u:0" */
static void
read_owned(struct group *g, struct consumer_protocol_subscription *sub,
    char *list)
{
	struct consumer_protocol_subscription_owned_partition *o = NULL;
	char *save = NULL;

	if (strcmp(list, "-") == 0)
		return;
	sub->owned_partitions.v = arena_alloc(&g->a, MAX * sizeof(*o));
	for (char *t = strtok_r(list, ",", &save); t != NULL;
	    t = strtok_r(NULL, ",", &save)) {
		char *colon = strchr(t, ':');

		*colon = '\0';
		if (o == NULL || !kstr_eq(o->topic, kstr(t))) {
			o = &sub->owned_partitions.v[sub->owned_partitions.n++];
			o->topic = borrow(g, t);
			o->partitions.v = arena_alloc(&g->a, 256 * 4);
		}
		o->partitions.v[o->partitions.n++] = atoi(colon + 1);
	}
}

/* Through the bytes that members send, so that these are tested, too. */
static void
read_member(struct group *g, char **word)
{
	struct assign_member *m = &g->member[g->n++];
	struct consumer_protocol_subscription sub;
	struct kerr e = KERR_INIT;
	struct buf b;
	uint8_t *p;

	kmsg_defaults(&consumer_protocol_subscription_msg, &sub);
	m->id = borrow(g, word[0]);
	m->instance = strcmp(word[1], "-") == 0 ? KSTR_NULL :
	    borrow(g, word[1]);
	sub.generation_id = atoi(word[2]);
	read_topics(g, &sub, word[3]);
	read_owned(g, &sub, word[4]);
	buf_init(&b, 0);
	assign_put_subscription(&b, (enum assign_kind)g->kind, &sub,
	    g->kind == ASSIGN_COOPERATIVE);
	assert_int_equal(b.err, 0);
	p = arena_alloc(&g->a, b.len);
	memcpy(p, b.p, b.len);
	assert_int_equal(assign_read_subscription((struct kbytes){ p,
	    (int32_t)b.len }, &g->a, &m->sub, &e), 0);
	buf_release(&b);
}

static int
compare(const void *a, const void *b)
{
	const struct assign_part *x = a, *y = b;

	return x->topic != y->topic ? x->topic - y->topic :
	    x->partition - y->partition;
}

static void
check(struct group *g, const char *id, const char *want)
{
	struct buf text;
	size_t m = 0;

	if (!g->ran)
		assign_run((enum assign_kind)g->kind, g->topic, g->n_topics,
		    g->member, g->n, g->got, &g->a);
	g->ran = true;
	while (m < g->n && !kstr_eq(g->member[m].id, kstr(id)))
		m++;
	assert_true(m < g->n);
	buf_init(&text, 0);
	qsort(g->got[m].v, g->got[m].n, sizeof(*g->got[m].v), compare);
	for (size_t i = 0; i < g->got[m].n; i++)
		buf_printf(&text, "%s%.*s:%d", i > 0 ? "," : "",
		    (int)g->topic[g->got[m].v[i].topic].name.len,
		    g->topic[g->got[m].v[i].topic].name.p,
		    (int)g->got[m].v[i].partition);
	buf_puts(&text, text.len == 0 ? "-" : "");
	buf_putc(&text, '\0');
	if (strcmp((char *)text.p, want) != 0)
		print_error("%s %s\n", g->name, id);
	assert_string_equal((char *)text.p, want);
	buf_release(&text);
}

/* A member's id begins with its client.id, which need not be ASCII. */
static void
hash_as_java(void **state)
{
	assert_int_equal(java_hash(KSTR_NULL), 0);
	assert_int_equal(java_hash(kstr("abc")), 96354);
	assert_int_equal(java_hash(kstr("\xc3\xa9")), 233);
	assert_int_equal(java_hash(kstr("\xe6\x97\xa5\xe6\x9c\xac")), 835047);
	assert_int_equal(java_hash(kstr("\xf0\x9f\x98\x80")), 1772899);
}

static void
as_java(void **state)
{
	const char *path = getenv("KLOG_ASSIGN_VECTORS");
	struct group *g = xcalloc(1, sizeof(*g));
	char *line = NULL, *save;
	int cases = 0;
	size_t cap = 0;
	FILE *f;

	f = fopen(path != NULL ? path : "tests/data/assign_vectors.txt", "r");
	assert_non_null(f);
	arena_init(&g->a, 0);
	while (getline(&line, &cap, f) > 0) {
		char *word[8];
		int n = 0;

		for (char *w = strtok_r(line, " \n", &save); w != NULL && n < 8;
		    w = strtok_r(NULL, " \n", &save))
			word[n++] = w;
		if (strcmp(word[0], "case") == 0) {
			arena_clear(&g->a);
			g->kind = assign_find(word[1], strlen(word[1]));
			snprintf(g->name, sizeof(g->name), "%s %s", word[1],
			    word[2]);
			g->n = g->n_topics = 0;
			g->ran = false;
			cases++;
		} else if (strcmp(word[0], "topic") == 0)
			g->topic[g->n_topics++] = (struct assign_topic){
				borrow(g, word[1]), atoi(word[2]) };
		else if (strcmp(word[0], "member") == 0)
			read_member(g, word + 1);
		else
			check(g, word[1], word[2]);
	}
	assert_true(cases > 200);
	fclose(f);
	free(line);
	arena_release(&g->a);
	free(g);
}

static void
names(void **state)
{
	static const char java[] =
	    "org.apache.kafka.clients.consumer.CooperativeStickyAssignor";

	assert_int_equal(assign_find(java, strlen(java)), ASSIGN_COOPERATIVE);
	assert_int_equal(assign_find("RangeAssignor", 13), ASSIGN_RANGE);
	assert_int_equal(assign_find("roundrobin", 10), ASSIGN_ROUNDROBIN);
	assert_int_equal(assign_find("roundrobi", 9), -1);
	assert_int_equal(assign_find("", 0), -1);
	assert_true(assign_cooperative(ASSIGN_COOPERATIVE));
	assert_false(assign_cooperative(ASSIGN_STICKY));
}

/* What other members send may be anything. */
static void
odd_bytes(void **state)
{
	static const uint8_t newer[] = { 0, 9, 0, 0, 0, 1, 0, 1, 't',
		0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 7, 0xff, 0xff,
		1, 2, 3 };
	static const uint8_t oldest[] = { 0, 0, 0, 0, 0, 1, 0, 1, 't',
		0, 0, 0, 2, 0xab, 0xcd };
	struct consumer_protocol_subscription sub;
	struct consumer_protocol_assignment as;
	struct kerr e = KERR_INIT;
	struct arena a;

	arena_init(&a, 1 << 20);
	assert_int_equal(assign_read_subscription((struct kbytes){ newer,
	    sizeof(newer) }, &a, &sub, &e), 0);
	assert_int_equal(sub.generation_id, 7);
	assert_int_equal(assign_read_subscription((struct kbytes){ oldest,
	    sizeof(oldest) }, &a, &sub, &e), 0);
	assert_int_equal(sub.topics.n, 1);
	assert_int_equal(sub.user_data.len, 2);
	for (int32_t n = 0; n < (int32_t)sizeof(oldest); n++)
		assert_true(assign_read_subscription((struct kbytes){ oldest,
		    n }, &a, &sub, &e) < 0);
	assert_int_equal(assign_read_assignment(KBYTES_NULL, &a, &as, &e), 0);
	assert_int_equal(as.assigned_partitions.n, 0);
	arena_release(&a);
}

/* User data that lies about its length is no claim at all. */
static void
odd_user_data(void **state)
{
	static const uint8_t cut[] = { 0, 0, 0, 1, 0, 1, 't', 0x7f, 0xff,
		0xff, 0xff, 0, 0, 0, 0 };
	struct assign_topic topic = { kstr("t"), 3 };
	struct kstr name = kstr("t");
	struct assign_member m[2];
	struct assign_list got[2];
	struct arena a;

	memset(m, 0, sizeof(m));
	for (int i = 0; i < 2; i++) {
		kmsg_defaults(&consumer_protocol_subscription_msg, &m[i].sub);
		m[i].id = kstr(i == 0 ? "a" : "b");
		m[i].instance = KSTR_NULL;
		m[i].sub.topics.v = &name;
		m[i].sub.topics.n = 1;
	}
	m[1].sub.user_data = (struct kbytes){ cut, sizeof(cut) };
	arena_init(&a, 0);
	assign_run(ASSIGN_STICKY, &topic, 1, m, 2, got, &a);
	assert_int_equal(got[0].n, 2);
	assert_int_equal(got[1].n, 1);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(odd_bytes),
		cmocka_unit_test(odd_user_data),
		cmocka_unit_test(hash_as_java),
		cmocka_unit_test(as_java),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
