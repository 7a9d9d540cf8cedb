/* test_client_pqueue.c: the order of a partition's batches: by hand, and
 * against a model of a broker that answers, refuses, forgets and goes away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/pqueue.h"

static struct pitem *
item(int32_t count)
{
	struct pitem *it = calloc(1, sizeof(*it));

	it->count = count;
	return it;
}

static void
fill(struct pqueue *q, struct pitem **v, int n)
{
	for (int i = 0; i < n; i++) {
		v[i] = item(10);
		pqueue_add(q, v[i]);
	}
}

static void
free_all(struct pitem **v, int n)
{
	for (int i = 0; i < n; i++)
		free(v[i]);
}

static void
one_until_proven(void **state)
{
	struct pqueue q;
	struct pitem *v[8];

	pqueue_init(&q, 5, true, 0);
	fill(&q, v, 8);
	assert_ptr_equal(pqueue_take(&q, 0), v[0]);
	assert_null(pqueue_take(&q, 0));
	pqueue_done(&q, v[0]);
	for (int i = 1; i <= 5; i++) {
		assert_ptr_equal(pqueue_take(&q, 0), v[i]);
		assert_int_equal(v[i]->seq, 10 * i);
	}
	assert_null(pqueue_take(&q, 0));
	free_all(v, 8);
}

static void
not_idempotent(void **state)
{
	struct pqueue q;
	struct pitem *v[4];

	pqueue_init(&q, 3, false, 0);
	fill(&q, v, 4);
	for (int i = 0; i < 3; i++) {
		assert_ptr_equal(pqueue_take(&q, 0), v[i]);
		assert_int_equal(v[i]->seq, -1);
	}
	assert_null(pqueue_take(&q, 0));
	free_all(v, 4);
}

static void
proven(struct pqueue *q, int16_t epoch)
{
	struct pitem *first = item(10);

	pqueue_init(q, 5, true, epoch);
	pqueue_add(q, first);
	pqueue_take(q, 0);
	pqueue_done(q, first);
	free(first);
}

static void
retry_waits_for_all(void **state)
{
	struct pqueue q;
	struct pitem *v[3];
	int64_t at;

	proven(&q, 0);
	fill(&q, v, 3);
	for (int i = 0; i < 3; i++)
		pqueue_take(&q, 0);
	pqueue_retry(&q, v[0], true, 100);
	assert_null(pqueue_take(&q, 200));
	assert_true(pqueue_out_of_order(&q, v[1]));
	assert_true(pqueue_out_of_order(&q, v[2]));
	assert_false(pqueue_ready(&q, 50, &at));
	assert_int_equal(at, 100);
	for (int i = 0; i < 3; i++) {
		assert_ptr_equal(pqueue_take(&q, 100), v[i]);
		assert_int_equal(v[i]->seq, 10 + 10 * i);
		assert_int_equal(v[i]->epoch, 0);
		assert_int_equal(v[i]->attempts, 2);
	}
	free_all(v, 3);
}

static void
dropped_closes_the_gap(void **state)
{
	struct pqueue q;
	struct pitem *v[3];

	proven(&q, 0);
	fill(&q, v, 3);
	for (int i = 0; i < 3; i++)
		pqueue_take(&q, 0);
	pqueue_drop(&q, v[0]);
	assert_true(pqueue_out_of_order(&q, v[1]));
	assert_true(pqueue_out_of_order(&q, v[2]));
	assert_ptr_equal(pqueue_take(&q, 0), v[1]);
	assert_int_equal(v[1]->seq, 10);
	assert_ptr_equal(pqueue_take(&q, 0), v[2]);
	assert_int_equal(v[2]->seq, 20);
	assert_int_equal(q.epoch, 0);
	free_all(v, 3);
}

static void
dropped_in_doubt_takes_an_epoch(void **state)
{
	struct pqueue q;
	struct pitem *v[2];

	proven(&q, 7);
	fill(&q, v, 2);
	pqueue_take(&q, 0);
	pqueue_take(&q, 0);
	pqueue_retry(&q, v[0], false, 0);
	pqueue_retry(&q, v[1], false, 0);
	pqueue_drop(&q, v[0]);
	assert_ptr_equal(pqueue_take(&q, 0), v[1]);
	assert_int_equal(v[1]->epoch, 8);
	assert_int_equal(v[1]->seq, 0);
	free_all(v, 2);
}

static void
forgotten_takes_an_epoch(void **state)
{
	struct pqueue q;
	struct pitem *v[3];

	proven(&q, 0);
	fill(&q, v, 3);
	for (int i = 0; i < 3; i++)
		pqueue_take(&q, 0);
	for (int i = 0; i < 3; i++)
		assert_true(pqueue_out_of_order(&q, v[i]));
	assert_ptr_equal(pqueue_take(&q, 0), v[0]);
	assert_int_equal(v[0]->epoch, 1);
	assert_int_equal(v[0]->seq, 0);
	assert_null(pqueue_take(&q, 0));	/* alone until it is proven */
	pqueue_done(&q, v[0]);
	assert_ptr_equal(pqueue_take(&q, 0), v[1]);
	assert_int_equal(v[1]->seq, 10);
	free_all(v, 3);
}

static void
no_epoch_left(void **state)
{
	struct pqueue q;
	struct pitem *v[1];

	proven(&q, INT16_MAX);
	fill(&q, v, 1);
	pqueue_take(&q, 0);
	assert_false(pqueue_out_of_order(&q, v[0]));
	free_all(v, 1);
}

static void
split_keeps_numbers(void **state)
{
	struct pqueue q;
	struct pitem *v[2], *a = item(4), *b = item(6);

	proven(&q, 0);
	fill(&q, v, 2);
	pqueue_take(&q, 0);
	pqueue_take(&q, 0);
	pqueue_split(&q, v[0], a, b);
	assert_true(pqueue_out_of_order(&q, v[1]));
	assert_ptr_equal(pqueue_take(&q, 0), a);
	assert_ptr_equal(pqueue_take(&q, 0), b);
	assert_ptr_equal(pqueue_take(&q, 0), v[1]);
	assert_int_equal(a->seq, 10);
	assert_int_equal(b->seq, 14);
	assert_int_equal(v[1]->seq, 20);
	assert_int_equal(q.n, 3);
	free(a);
	free(b);
	free_all(v, 2);
}

static void
sequences_wrap(void **state)
{
	struct pqueue q;
	struct pitem *v[2];

	proven(&q, 0);
	q.next_seq = INT32_MAX - 4;
	fill(&q, v, 2);
	pqueue_take(&q, 0);
	pqueue_take(&q, 0);
	assert_int_equal(v[0]->seq, INT32_MAX - 4);
	assert_int_equal(v[1]->seq, 5);
	free_all(v, 2);
}

/* A broker as Kafka's rules have it, and a connection that may lose answers:
 * whatever happens, its log is the input without what was given up. */
enum { ITEMS = 400, UNDER_WAY = 5, LAST = 5 };

struct model {
	int32_t	 log[ITEMS * 2];	/* numbers of the items, as appended */
	int	 n;
	int16_t	 epoch;
	int32_t	 next;			/* sequence; -1: does not know us */
	struct { int32_t seq; int16_t epoch; } last[LAST];
	int	 appended;		/* since it knows us */
};

static unsigned int seed;

static int
chance(int of)
{
	seed = seed * 1103515245 + 12345;
	return (int)(seed >> 16) % of;
}

enum outcome { APPENDED, DUPLICATE, OUT_OF_ORDER };

static enum outcome
append(struct model *m, const struct pitem *it, int32_t number)
{
	bool fresh = m->next < 0 || it->epoch > m->epoch;

	for (int i = 0; !fresh && i < LAST && i < m->appended; i++)
		if (m->last[i].seq == it->seq && m->last[i].epoch == it->epoch)
			return DUPLICATE;
	if (m->next >= 0 && it->epoch > m->epoch && it->seq != 0)
		return OUT_OF_ORDER;
	if (!fresh && it->seq != m->next)
		return OUT_OF_ORDER;
	m->epoch = it->epoch;
	m->next = it->seq + it->count;
	memmove(&m->last[1], &m->last[0], sizeof(m->last) - sizeof(m->last[0]));
	m->last[0].seq = it->seq;
	m->last[0].epoch = it->epoch;
	m->appended++;
	m->log[m->n++] = number;
	return APPENDED;
}

struct numbered {
	struct pitem	 it;
	int32_t		 number;
	bool		 gone;
};

/* The answers to a round of requests, in order; from cut on none comes. */
static void
answer_round(struct pqueue *q, struct model *m, struct numbered **way, int n,
    int refused, int cut)
{
	enum outcome what;

	for (int i = 0; i < n; i++) {
		struct numbered *x = way[i];

		if (i == refused) {
			pqueue_drop(q, &x->it);
			x->gone = true;
			continue;
		}
		/* what was cut off may have been written all the same */
		if (i >= cut && chance(2) == 0) {
			pqueue_retry(q, &x->it, false, 0);
			cut = -1;
			continue;
		}
		what = cut < 0 ? OUT_OF_ORDER : append(m, &x->it, x->number);
		if (cut < 0 || i >= cut)
			pqueue_retry(q, &x->it, false, 0);
		else if (what == OUT_OF_ORDER)
			assert_true(pqueue_out_of_order(q, &x->it));
		else {
			pqueue_done(q, &x->it);
			x->gone = true;
		}
	}
}

static void
run_model(unsigned int with)
{
	static struct numbered v[ITEMS];
	static bool dropped[ITEMS];
	struct model m = { .next = -1 };
	struct numbered *way[UNDER_WAY];
	struct pqueue q;
	int added = 0, at = 0;

	seed = with;
	memset(v, 0, sizeof(v));
	memset(dropped, 0, sizeof(dropped));
	pqueue_init(&q, UNDER_WAY, true, 0);
	while (added < ITEMS || q.n > 0) {
		int n = 0, refused, cut;

		while (added < ITEMS && q.n < 8) {
			v[added].number = added;
			v[added].it.count = 1 + chance(9);
			pqueue_add(&q, &v[added++].it);
		}
		while (n < UNDER_WAY && (way[n] =
		    (struct numbered *)pqueue_take(&q, 0)) != NULL)
			n++;
		assert_true(n > 0);
		refused = chance(10) == 0 ? chance(n) : -1;
		if (refused >= 0 && way[refused]->it.uncertain)
			refused = -1;
		cut = chance(4) == 0 ? chance(n) : n;
		if (refused >= cut)
			refused = -1;
		answer_round(&q, &m, way, n, refused, cut);
		if (refused >= 0)
			dropped[way[refused]->number] = true;
	}
	for (int i = 0; i < ITEMS; i++) {
		if (dropped[i])
			continue;
		assert_true(at < m.n);
		assert_int_equal(m.log[at++], i);
	}
	assert_int_equal(at, m.n);
}

static void
nothing_lost_doubled_or_moved(void **state)
{
	for (unsigned int i = 1; i <= 300; i++)
		run_model(i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_until_proven),
		cmocka_unit_test(not_idempotent),
		cmocka_unit_test(retry_waits_for_all),
		cmocka_unit_test(dropped_closes_the_gap),
		cmocka_unit_test(dropped_in_doubt_takes_an_epoch),
		cmocka_unit_test(forgotten_takes_an_epoch),
		cmocka_unit_test(no_epoch_left),
		cmocka_unit_test(split_keeps_numbers),
		cmocka_unit_test(sequences_wrap),
		cmocka_unit_test(nothing_lost_doubled_or_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
