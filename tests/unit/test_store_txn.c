/*
 * test_store_txn.c: what a log knows of transactions: the first unstable
 * offset, the aborted ones in a range, markers, and all of it after truncation,
 * rolls, crashes and damage, held against a plain list of what happened.
 */
#include "store_util.h"

#include "record/marker.h"
#include "store/file.h"
#include "store/producers.h"
#include "store/txnindex.h"

enum { PRODUCERS = 5, MOST = 4000 };

struct seen {			/* one transaction */
	int64_t	pid, first, last;	/* last -1: open */
	bool	abort;
};

struct model {
	struct log	*l;
	char		*tmp, *dir;
	struct log_config c;
	struct seen	 v[MOST];
	int		 n;
	int32_t		 seq[PRODUCERS];
	int16_t		 epoch;		/* of all producers */
};

static void
start(struct model *m, int32_t segment_bytes)
{
	struct log_known k = { .clean = false };

	memset(m, 0, sizeof(*m));
	m->c = (struct log_config)LOG_CONFIG_INIT;
	m->c.segment_bytes = segment_bytes;
	m->c.index_interval_bytes = 100;
	m->tmp = tmp_make();
	m->dir = xasprintf("%s/t-0", m->tmp);
	m->l = must_open(sys_fast(), m->dir, &m->c, &k, NULL);
}

static void
stop(struct model *m)
{
	must_close(m->l);
	free(m->dir);
	tmp_remove(m->tmp);
}

static struct seen *
open_of(struct model *m, int64_t pid)
{
	for (int i = 0; i < m->n; i++)
		if (m->v[i].pid == pid && m->v[i].last < 0)
			return &m->v[i];
	return NULL;
}

/* A batch of n records of that producer's transaction, or of none. */
static int
data(struct model *m, int p, int n, int16_t flags)
{
	struct batch_spec s = BATCH_SPEC;
	struct log_appended a;
	struct batch_header h;
	struct kerr e = KERR_INIT;
	struct iovec v;
	int rc;

	s.n = n;
	s.pid = p;
	s.epoch = m->epoch;
	s.seq = m->seq[p];
	v = make_batch(&s);
	assert_int_equal(batch_parse(v.iov_base, v.iov_len, &h, &e), 0);
	h.attributes |= flags;
	batch_set_header(v.iov_base, &h);
	if ((rc = log_append(m->l, &v, 1, 0, -1, &a, &e)) == 0) {
		m->seq[p] += n;
		if (flags != 0 && open_of(m, p) == NULL)
			m->v[m->n++] = (struct seen){ p, a.base, -1, false };
	}
	free(v.iov_base);
	return rc == KE_BROKER ? e.kafka : rc;
}

static int
mark(struct model *m, int p, int16_t epoch, bool commit, int32_t coordinator)
{
	struct marker mk = { p, epoch, commit, coordinator, 1000 };
	struct seen *t = open_of(m, p);
	uint8_t mem[MARKER_SIZE];
	struct iovec v = { mem, sizeof(mem) };
	struct log_appended a;
	struct kerr e = KERR_INIT;
	int rc;

	marker_put(mem, &mk);
	if ((rc = log_append(m->l, &v, 1, 0, -1, &a, &e)) != 0)
		return rc == KE_BROKER ? e.kafka : rc;
	if (t != NULL) {
		t->last = a.base;
		t->abort = !commit;
	}
	return 0;
}

static int64_t
unstable(const struct model *m, int64_t hw)
{
	int64_t first = -1;

	for (int i = 0; i < m->n; i++)
		if ((m->v[i].last < 0 || m->v[i].last >= hw) &&
		    (first < 0 || m->v[i].first < first))
			first = m->v[i].first;
	return first;
}

static void
check_range(struct model *m, int64_t from, int64_t upto)
{
	struct aborted_txns t;
	struct kerr e = KERR_INIT;
	int n = 0;

	if (log_aborted(m->l, from, upto, &t, &e) != 0)
		fail_msg("%s", e.msg);
	for (int i = 0; i < m->n; i++) {
		if (!m->v[i].abort || m->v[i].last < from ||
		    m->v[i].first >= upto)
			continue;
		if (n >= t.n)
			fail_msg("%lld..%lld: %d only", (long long)from,
			    (long long)upto, t.n);
		/* m->v is by first offset as well */
		assert_int_equal(t.v[n].producer_id, m->v[i].pid);
		assert_int_equal(t.v[n].first, m->v[i].first);
		assert_int_equal(t.v[n].last, m->v[i].last);
		n++;
	}
	assert_int_equal(t.n, n);
	free(t.v);
}

static void
check_all(struct model *m)
{
	int64_t end = log_end(m->l), at;

	for (at = 0; at < end; at += 1 + end / 40)
		for (int64_t to = at + 1; to <= end; to += 1 + end / 9)
			check_range(m, at, to);
	check_range(m, 0, end);
	assert_int_equal(log_first_open(m->l), unstable(m, INT64_MAX));
	for (int p = 0; p < PRODUCERS; p++)
		assert_int_equal(log_txn_open(m->l, p), open_of(m, p) != NULL);
}

static void
reopen(struct model *m, bool clean, int64_t point)
{
	struct log_known k = { .clean = clean, .recovery_point = point };

	if (clean)
		must_close(m->l);
	else
		log_abandon(m->l);
	m->l = must_open(sys_fast(), m->dir, &m->c, &k, NULL);
}

static void
forget_from(struct model *m, int64_t offset)
{
	int n = 0;

	for (int i = 0; i < m->n; i++) {
		struct seen t = m->v[i];

		if (t.first >= offset)
			continue;
		if (t.last >= offset) {
			t.last = -1;
			t.abort = false;
		}
		m->v[n++] = t;
	}
	m->n = n;
}

/* Cuts some records off. Which sequence a producer is at then is hard to
 * tell, so all of them begin a new epoch. */
static void
cut(struct model *m)
{
	int64_t at = log_end(m->l) - random() % 30;
	struct kerr e = KERR_INIT;

	if (log_truncate_to(m->l, at, &e) != 0)
		fail_msg("%s", e.msg);
	forget_from(m, log_end(m->l));
	m->epoch++;
	memset(m->seq, 0, sizeof(m->seq));
}

/* Producers in turn, many segments, every way to lose what is in memory. */
static void
test_model(void **state)
{
	static struct model m;

	start(&m, 3000);
	srandom(7);
	for (int i = 0; i < 2500; i++) {
		int p = (int)(random() % PRODUCERS);

		if (random() % 3 != 0)
			assert_int_equal(data(&m, p, 1 + (int)random() % 3,
			    BATCH_TRANSACTIONAL), 0);
		else
			assert_int_equal(mark(&m, p, m.epoch,
			    random() % 3 == 0, 0), 0);
		if (i % 500 == 250)
			reopen(&m, true, 0);
		if (i % 500 == 400)
			reopen(&m, false, log_end(m.l) / 2);
		if (i % 500 == 450)
			cut(&m);
		if (i % 100 == 99)
			check_all(&m);
	}
	check_all(&m);
	stop(&m);
}

static void
put_file(const struct model *m, int64_t base, const void *p, size_t n)
{
	char *path = xasprintf("%s/%020lld.txnindex", m->dir, (long long)base);

	assert_int_equal(file_save(sys_real(), path, p, n, false, NULL), 0);
	free(path);
}

static bool
there(const struct model *m, int64_t base)
{
	char *path = xasprintf("%s/%020lld.txnindex", m->dir, (long long)base);
	bool yes = access(path, F_OK) == 0;

	free(path);
	return yes;
}

/* An index that cannot be right is built anew, from its segment on; one that
 * belongs to no segment goes. */
static void
test_damage(void **state)
{
	static const uint8_t wrong[][TXNINDEX_ENTRY] = {
		{ 0, 1 },				/* version */
		{ [9] = 1, [10] = 0x80 },		/* first offset */
		{ [9] = 1, [17] = 9, [25] = 5 },	/* last before first */
	};
	static struct model m;

	start(&m, 500);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(data(&m, i % 2, 2, BATCH_TRANSACTIONAL), 0);
		assert_int_equal(mark(&m, i % 2, 0, i % 3 == 0, 0), 0);
	}
	assert_int_equal(data(&m, 2, 1, BATCH_TRANSACTIONAL), 0);
	check_all(&m);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		must_close(m.l);
		put_file(&m, 0, wrong[i], TXNINDEX_ENTRY);
		m.l = must_open(sys_fast(), m.dir, &m.c,
		    &(struct log_known){ .clean = true }, NULL);
		check_all(&m);
	}
	put_file(&m, 7, wrong[0], TXNINDEX_ENTRY);
	reopen(&m, true, 0);
	assert_false(there(&m, 7));
	check_all(&m);
	stop(&m);
}

/* A segment without an abort has no file, and a stale one of that name is not
 * taken for its own. */
static void
test_no_file(void **state)
{
	static struct model m;

	start(&m, 1 << 20);
	assert_int_equal(data(&m, 0, 2, BATCH_TRANSACTIONAL), 0);
	assert_int_equal(mark(&m, 0, 0, true, 0), 0);
	/* a marker without a transaction: nothing */
	assert_int_equal(mark(&m, 0, 0, false, 0), 0);
	assert_int_equal(mark(&m, 1, 0, false, 0), 0);
	assert_false(there(&m, 0));
	put_file(&m, 0, "rubbish", 7);
	check_all(&m);
	assert_int_equal(data(&m, 0, 2, BATCH_TRANSACTIONAL), 0);
	assert_int_equal(mark(&m, 0, 0, false, 0), 0);
	check_all(&m);
	reopen(&m, true, 0);
	check_all(&m);
	stop(&m);
}

/* A marker above the high watermark leaves its transaction unstable. */
static void
test_unstable(void **state)
{
	static struct model m;

	start(&m, 1 << 20);
	assert_int_equal(log_first_unstable(m.l, 0), -1);
	assert_int_equal(data(&m, 0, 2, BATCH_TRANSACTIONAL), 0);  /* 0, 1 */
	assert_int_equal(data(&m, 1, 1, BATCH_TRANSACTIONAL), 0);  /* 2 */
	assert_int_equal(log_first_unstable(m.l, 3), 0);
	assert_int_equal(mark(&m, 0, 0, true, 0), 0);		    /* 3 */
	assert_int_equal(log_first_open(m.l), 2);
	assert_int_equal(log_first_unstable(m.l, 3), 0);
	assert_int_equal(log_first_unstable(m.l, 4), 2);
	assert_int_equal(mark(&m, 1, 0, false, 0), 0);		    /* 4 */
	assert_int_equal(log_first_open(m.l), -1);
	assert_int_equal(log_first_unstable(m.l, 4), 2);
	assert_int_equal(log_first_unstable(m.l, 5), -1);
	stop(&m);
}

/* What a log does not take, with Kafka's codes. */
static void
test_verdicts(void **state)
{
	static struct model m;

	start(&m, 1 << 20);
	assert_int_equal(data(&m, 0, 1, BATCH_TRANSACTIONAL), 0);
	assert_int_equal(data(&m, 0, 1, 0), PRODUCER_NOT_IN_TXN);
	assert_int_equal(mark(&m, 0, 0, true, 5), 0);
	assert_int_equal(data(&m, 0, 1, 0), 0);
	assert_int_equal(mark(&m, 0, 0, true, 4), PRODUCER_OLD_COORDINATOR);
	assert_int_equal(mark(&m, 0, 0, true, 5), 0);
	/* the epoch of a marker fences what is older */
	assert_int_equal(mark(&m, 0, 3, false, 5), 0);
	assert_int_equal(mark(&m, 0, 2, false, 5), PRODUCER_OLD_EPOCH);
	m.epoch = 2;
	assert_int_equal(data(&m, 0, 1, BATCH_TRANSACTIONAL),
	    PRODUCER_OLD_EPOCH);
	m.epoch = 3;
	assert_int_equal(data(&m, 0, 1, BATCH_TRANSACTIONAL),
	    PRODUCER_OUT_OF_ORDER);
	/* a coordinator's batches have no sequence, but an epoch */
	m.seq[0] = -1;
	assert_int_equal(data(&m, 0, 1, BATCH_TRANSACTIONAL), 0);
	m.seq[0] = -1;
	m.epoch = 2;
	assert_int_equal(data(&m, 0, 1, BATCH_TRANSACTIONAL),
	    PRODUCER_OLD_EPOCH);
	stop(&m);
}

static void
test_producers(void **state)
{
	struct producer_info *v;
	static struct model m;
	unsigned int n;

	start(&m, 1 << 20);
	assert_int_equal(data(&m, 3, 2, BATCH_TRANSACTIONAL), 0);
	assert_int_equal(mark(&m, 4, 7, false, 9), 0);
	v = log_producers(m.l, &n);
	assert_int_equal(n, 2);
	assert_int_equal(v[0].id, 3);
	assert_int_equal(v[0].last_seq, 1);
	assert_int_equal(v[0].open_at, 0);
	assert_int_equal(v[0].coordinator_epoch, -1);
	assert_int_equal(v[0].timestamp, 1001);
	assert_int_equal(v[1].id, 4);
	assert_int_equal(v[1].epoch, 7);
	assert_int_equal(v[1].last_seq, -1);
	assert_int_equal(v[1].open_at, -1);
	assert_int_equal(v[1].coordinator_epoch, 9);
	free(v);
	stop(&m);
}

/* A slice reaches no further than log_read_end() says, and that is not far
 * behind it. */
static void
test_read_end(void **state)
{
	static struct model m;
	struct kerr e = KERR_INIT;
	struct batch_header h;
	struct krecords r;
	struct buf b;
	int64_t end;

	start(&m, 3000);
	for (int i = 0; i < 100; i++)
		assert_int_equal(data(&m, 0, 1, BATCH_TRANSACTIONAL), 0);
	buf_init(&b, 0);
	for (int64_t at = 0; at < 97; at++) {
		assert_int_equal(log_read(m.l, at, 500, 97, true, &r, &e), 0);
		end = log_read_end(m.l, &r, 97, &e);
		r.hold->drop(r.hold);
		buf_clear(&b);
		assert_true(log_read_buf(m.l, at, 500, 97, true, &b, &e) > 0);
		for (size_t i = 0; i < b.len; i += batch_size(&h))
			assert_int_equal(batch_parse(b.p + i, b.len - i, &h,
			    &e), 0);
		assert_true(end > batch_last_offset(&h) && end <= 97);
		assert_true(end <= batch_last_offset(&h) + 4);
	}
	buf_release(&b);
	stop(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_unstable),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_producers),
		cmocka_unit_test(test_read_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
