/*
 * test_store_model.c: random use of a log against a model that is only an
 * array: appends, reads from anywhere with any bounds, searches by time,
 * rolls, truncation, clean and unclean reopening. Seeds 0 to RUNS-1 and one
 * from the clock, which is printed; KLOG_SEED chooses one.
 */
#include "store_util.h"

#include <time.h>

enum { RUNS = 12, OPS = 1500, MODEL_MAX = OPS * 2 };

struct entry {
	int64_t	base;
	int64_t	next;
	int64_t	ts;		/* of the first record; each 1 ms later */
	size_t	len;
	int32_t	epoch;
};

struct model {
	char		*dir;
	struct log	*l;
	struct log_config config;
	struct entry	 v[MODEL_MAX];
	int		 n;
	int64_t		 start;
	int64_t		 clock;
	int32_t		 epoch;
};

static size_t
below(size_t n)
{
	return (size_t)random() % n;
}

static int64_t
end_of(const struct model *m)
{
	return m->n > 0 ? m->v[m->n - 1].next : 0;
}

static void
append(struct model *m)
{
	struct batch_spec s = BATCH_SPEC;
	struct entry *x = &m->v[m->n];
	struct kerr e = KERR_INIT;
	struct log_appended a;
	struct iovec v[3];
	int n = below(10) == 0 ? 3 : 1, i;

	for (i = 0; i < n; i++, x++) {
		s.n = 1 + (int)below(5);
		s.value = below(6) == 0 ? below(9000) : below(100);
		m->clock += (int64_t)below(20);
		s.ts = below(8) == 0 ? m->clock - (int64_t)below(1000) :
		    m->clock;
		v[i] = make_batch(&s);
		x->base = i > 0 ? x[-1].next : end_of(m);
		x->next = x->base + s.n;
		x->ts = s.ts;
		x->len = v[i].iov_len;
		x->epoch = m->epoch;
	}
	if (log_append(m->l, v, n, m->epoch, -1, &a, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(a.base, end_of(m));
	m->n += n;
	assert_int_equal(a.last + 1, end_of(m));
	while (--i >= 0)
		free(v[i].iov_base);
}

/* What a read from the batch with number i may give. */
static void
read_one(struct model *m)
{
	int64_t end = log_end(m->l), from, upto, got, sum = 0;
	struct kerr e = KERR_INIT;
	bool min_one = below(2) == 0;
	size_t max = below(3) == 0 ? below(200) : below(30000);
	struct batch_header h;
	struct buf b;
	int i = 0;

	if (end == m->start)
		return;
	from = m->start + (int64_t)below((size_t)(end - m->start));
	upto = below(3) == 0 ? end : from + (int64_t)below(300);
	if (upto > end)
		upto = end;
	buf_init(&b, 0);
	got = log_read_buf(m->l, from, (int64_t)max, upto, min_one, &b, &e);
	if (got < 0)
		fail_msg("%s", e.msg);
	while (m->v[i].next <= from)
		i++;
	if (got == 0) {
		/* nothing: for good reason only */
		assert_true(m->v[i].next > upto ||
		    (!min_one && m->v[i].len > max));
	}
	for (size_t at = 0; at < b.len; at += batch_size(&h), i++) {
		assert_int_equal(batch_parse(b.p + at, b.len - at, &h, &e), 0);
		assert_int_equal(h.base_offset, m->v[i].base);
		assert_int_equal(h.leader_epoch, m->v[i].epoch);
		assert_int_equal(batch_size(&h), m->v[i].len);
		assert_true(batch_crc_ok(b.p + at, &h));
		assert_true(m->v[i].next <= upto);
		sum += (int64_t)m->v[i].len;
	}
	assert_true(sum <= (int64_t)max || (min_one &&
	    sum == (int64_t)m->v[i - 1].len));
	buf_release(&b);
}

static void
find_one(struct model *m)
{
	int64_t ts = m->clock - (int64_t)below(3000), upto = log_end(m->l);
	int64_t want = -1, when = -1;
	struct kerr e = KERR_INIT;
	struct log_when w;

	if (below(3) == 0 && upto > 0)
		upto = (int64_t)below((size_t)upto);
	for (int i = 0; i < m->n && want < 0; i++)
		for (int64_t o = m->v[i].base; o < m->v[i].next; o++)
			if (o >= m->start && o < upto &&
			    m->v[i].ts + (o - m->v[i].base) >= ts) {
				want = o;
				when = m->v[i].ts + (o - m->v[i].base);
				break;
			}
	if (log_find_time(m->l, ts, upto, &w, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(w.offset, want);
	assert_int_equal(w.timestamp, when);
}

static void
truncate_one(struct model *m)
{
	int64_t end = log_end(m->l), to;
	struct kerr e = KERR_INIT;

	to = end - (int64_t)below(below(5) == 0 ? 400 : 20);
	if (to < m->start)
		to = m->start;
	if (log_truncate_to(m->l, to, &e) != 0)
		fail_msg("%s", e.msg);
	while (m->n > 0 && m->v[m->n - 1].base >= to)
		m->n--;
	/* a batch that it falls into goes as a whole */
	if (m->n > 0 && m->v[m->n - 1].next > to)
		to = m->v[--m->n].base;
	assert_int_equal(log_end(m->l), to);
	if (m->start > to)
		m->start = to;
	m->epoch++;
}

static void
check_epochs(struct model *m)
{
	int32_t asked, found;
	int64_t end;
	int i;

	if (m->n == 0)
		return;
	i = (int)below((size_t)m->n);
	/* what is below the start is forgotten */
	if (m->v[i].base < m->start)
		return;
	asked = m->v[i].epoch;
	assert_int_equal(log_epoch_at(m->l, m->v[i].base), asked);
	log_epoch_end(m->l, asked, &found, &end);
	assert_int_equal(found, asked);
	while (i < m->n && m->v[i].epoch == asked)
		i++;
	assert_int_equal(end, i < m->n ? m->v[i].base : log_end(m->l));
}

static void
reopen(struct model *m)
{
	struct log_known k = { .start = m->start };
	int64_t end = log_end(m->l), size = log_size(m->l);

	k.clean = below(2) == 0;
	if (!k.clean && below(2) == 0) {
		k.recovery_point = log_checkpoint(m->l, NULL);
		assert_true(k.recovery_point >= 0);
	}
	if (k.clean || below(2) == 0)
		must_close(m->l);
	else
		log_abandon(m->l);
	m->l = must_open(sys_fast(), m->dir, &m->config, &k, NULL);
	assert_int_equal(log_end(m->l), end);
	assert_int_equal(log_flushed(m->l), end);
	assert_int_equal(log_size(m->l), size);
	assert_int_equal(log_start(m->l), m->start);
}

/* What the log does with its files, and nobody sees. */
static void
shape(struct model *m)
{
	struct kerr e = KERR_INIT;

	if ((below(2) == 0 ? log_roll(m->l, &e) : log_rest(m->l, &e)) != 0)
		fail_msg("%s", e.msg);
}

static void
step(struct model *m)
{
	struct kerr e = KERR_INIT;
	size_t op = below(100);

	if (op < 45)
		append(m);
	else if (op < 75)
		read_one(m);
	else if (op < 90)
		find_one(m);
	else if (op < 92)
		must_flush(m->l);
	else if (op < 94)
		reopen(m);
	else if (op < 95)
		truncate_one(m);
	else if (op < 96)
		shape(m);
	else if (op < 97 && log_end(m->l) > m->start + 50)
		assert_int_equal(log_set_start(m->l, ++m->start, &e), 0);
	else
		check_epochs(m);
}

static void
run(unsigned int seed)
{
	static struct model m;
	char *tmp = tmp_make();
	const struct log_known k = { .clean = false };
	int fds = open_fds();

	memset(&m, 0, sizeof(m));
	srandom(seed);
	m.dir = xasprintf("%s/t-0", tmp);
	m.clock = 100000;
	m.config = (struct log_config)LOG_CONFIG_INIT;
	m.config.segment_bytes = 140000 + (int32_t)below(100000);
	m.config.index_interval_bytes = (int32_t)below(3) * 1500;
	m.config.reserve_bytes = below(2) == 0 ? 0 : 10000;
	m.config.writeback_bytes = below(2) == 0 ? 0 : 10000;
	m.l = must_open(sys_fast(), m.dir, &m.config, &k, NULL);
	for (int i = 0; i < OPS; i++)
		step(&m);
	must_close(m.l);
	assert_int_equal(open_fds(), fds);
	free(m.dir);
	tmp_remove(tmp);
}

static void
test_model(void **state)
{
	const char *env = getenv("KLOG_SEED");
	unsigned int seed = (unsigned int)time(NULL);

	if (env != NULL) {
		run((unsigned int)atoi(env));
		return;
	}
	for (unsigned int i = 0; i < RUNS; i++)
		run(i);
	print_message("# seed %u\n", seed);
	run(seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
