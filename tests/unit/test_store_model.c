/*
 * test_store_model.c: random use of a log against a model that is only an
 * array: appends, reads from anywhere with any bounds, searches by time,
 * rolls, truncation, deletion of records, retention, compaction, clean and
 * unclean reopening. Which segments there are, the model reads from the
 * directory. Seeds 0 to RUNS-1 and one from the clock, which is printed;
 * KLOG_SEED chooses one. The records of every other seed have keys and are
 * compacted.
 */
#include "store_util.h"

#include <time.h>

#include "record/iter.h"
#include "store/clean.h"

enum { RUNS = 12, OPS = 1500, MODEL_MAX = OPS * 2 };

struct entry {
	int64_t	base;
	int64_t	next;
	int64_t	ts;		/* of the first record; each 1 ms later */
	size_t	len;
	int32_t	epoch;
	int	key;		/* of the first record; each one more */
	unsigned int left;	/* bit i: record i was not compacted away */
	int64_t	was_ts;		/* of one that was emptied: what it says */
};

struct model {
	char		*dir;
	struct log	*l;
	struct log_config config;
	struct entry	 v[MODEL_MAX];
	int		 n;
	int64_t		 end;
	bool		 keyed;
	int64_t		 start;
	int64_t		 saved;		/* start as its checkpoint has it */
	int64_t		 epochs_from;	/* the latest start there ever was */
	int64_t		 clock;		/* ms, also what the log is told */
	int32_t		 epoch;
};

static struct model m_now;

static int64_t
model_ms(const struct sys *s)
{
	return m_now.clock;
}

static int64_t
model_ns(const struct sys *s)
{
	return m_now.clock * 1000000;
}

static const struct sys *
model_sys(void)
{
	static struct sys sys;

	sys = *sys_fast();
	sys.now_ms = model_ms;
	sys.mono_ns = model_ns;
	return &sys;
}

static size_t
below(size_t n)
{
	return (size_t)random() % n;
}

static int64_t
end_of(const struct model *m)
{
	return m->end;
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
		s.key = m->keyed ? 1 + (int)below(60) : 0;
		v[i] = make_batch(&s);
		x->base = i > 0 ? x[-1].next : end_of(m);
		x->next = x->base + s.n;
		x->ts = s.ts;
		x->len = v[i].iov_len;
		x->epoch = m->epoch;
		x->key = s.key;
		x->left = (1u << s.n) - 1;
	}
	if (log_append(m->l, v, n, m->epoch, -1, &a, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(a.base, end_of(m));
	m->n += n;
	m->end = x[-1].next;
	assert_int_equal(a.last + 1, end_of(m));
	while (--i >= 0)
		free(v[i].iov_base);
	if (log_wants_writeback(m->l))
		log_writeback(m->l);
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
	while (i < m->n && m->v[i].next <= from)
		i++;
	if (got == 0) {
		/* nothing: for good reason only */
		assert_true(i == m->n || m->v[i].next > upto ||
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

static bool
is_left(const struct entry *x, int64_t offset)
{
	return (x->left & 1u << (offset - x->base)) != 0;
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
			if (o >= m->start && o < upto && is_left(&m->v[i], o) &&
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

enum { BASES = 512 };

static int
ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* First offsets of the segments that have files. */
static int
list_bases(const struct model *m, int64_t base[BASES])
{
	DIR *d = opendir(m->dir);
	struct dirent *de;
	char *end;
	int n = 0;

	while (d != NULL && (de = readdir(d)) != NULL) {
		assert_true(n < BASES);
		base[n] = strtoll(de->d_name, &end, 10);
		n += strcmp(end, ".log") == 0;
	}
	if (d != NULL)
		closedir(d);
	qsort(base, (size_t)n, sizeof(*base), ascending);
	return n;
}

/* Where the log ends that was cut at offset, perhaps in a hole. */
static int64_t
end_of_left(const struct model *m, int64_t offset)
{
	int64_t base[BASES], end = m->start;

	for (int i = list_bases(m, base) - 1; i >= 0; i--)
		if (base[i] <= offset && base[i] > end)
			end = base[i];
	if (m->n > 0 && m->v[m->n - 1].next > end)
		end = m->v[m->n - 1].next;
	return end < offset ? end : offset;
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
	to = end_of_left(m, to);
	m->end = to;
	assert_int_equal(log_end(m->l), to);
	if (m->start > to)
		m->start = to;
	if (m->saved > to)
		m->saved = to;
	m->epoch++;
}

/* Bytes and largest timestamp of the batches in [from, to); that of empty ones
 * where there are no others. */
static int64_t
weigh(const struct model *m, int64_t from, int64_t to, int64_t *ts)
{
	int64_t bytes = 0, was = -1, last;

	*ts = -1;
	for (int i = 0; i < m->n; i++) {
		if (m->v[i].base < from || m->v[i].base >= to)
			continue;
		bytes += (int64_t)m->v[i].len;
		for (last = m->v[i].next - 1; last >= m->v[i].base &&
		    !is_left(&m->v[i], last); last--)
			;
		if (last < m->v[i].base) {
			if (m->v[i].was_ts > was)
				was = m->v[i].was_ts;
			continue;
		}
		last += m->v[i].ts - m->v[i].base;
		if (last > *ts)
			*ts = last;
	}
	if (*ts < 0)
		*ts = was;
	return bytes;
}

/* What retention has to say, by its definition. */
static int64_t
keep_from(const struct model *m, const struct log_retention *r)
{
	int64_t base[BASES + 1], bytes, total = 0, keep = m->start, ts;
	int n = list_bases(m, base), i = 0;

	base[n] = end_of(m);
	while (i + 1 < n && base[i + 1] <= m->start)
		i++;
	if (n > 0)
		total = weigh(m, base[i], end_of(m), &ts);
	for (bool by_size = r->bytes >= 0; i < n; i++) {
		bytes = weigh(m, base[i], base[i + 1], &ts);
		if (base[i + 1] > r->upto || (bytes == 0 && i == n - 1))
			break;
		by_size = by_size && total - bytes >= r->bytes;
		/* without a record its file's time counts: it was just now */
		if (!by_size && (r->ms < 0 || ts < 0 ||
		    m->clock - ts <= r->ms))
			break;
		total -= bytes;
		keep = base[i + 1];
	}
	return keep;
}

static void
let_go(struct model *m)
{
	struct kerr e = KERR_INIT;
	int64_t wait;

	m->saved = m->start;
	log_drop_old(m->l);
	if (log_remove_old(m->l, (int64_t)below(2) * 50, &wait, &e) != 0)
		fail_msg("%s", e.msg);
	assert_true(wait <= 50);
}

static void
retain_one(struct model *m)
{
	int64_t end = end_of(m), want;
	struct log_retention r = { -1, -1, end };
	struct kerr e = KERR_INIT;

	if (below(2) == 0)
		r.ms = (int64_t)below(6000);
	if (below(2) == 0)
		r.bytes = (int64_t)below(700000);
	if (below(4) == 0)
		r.upto = m->start + (int64_t)below((size_t)(end - m->start) +
		    1);
	want = keep_from(m, &r);
	assert_int_equal(log_keep_from(m->l, &r, &e), want);
	assert_int_equal(log_retain_from(m->l, want, &e), 0);
	assert_int_equal(log_start(m->l), want);
	m->start = want;
	if (below(4) != 0)
		let_go(m);
}

static void
delete_one(struct model *m)
{
	size_t left = (size_t)(end_of(m) - m->start);
	struct kerr e = KERR_INIT;

	m->start += (int64_t)below(below(4) == 0 ? left + 1 : left / 50 + 1);
	assert_int_equal(log_set_start(m->l, m->start, &e), 0);
	assert_int_equal(log_set_start(m->l, end_of(m) + 1, &e), KE_RANGE);
	if (below(2) == 0)
		m->saved = m->start;
	if (below(4) == 0)
		let_go(m);
}

/* What the dirty part, from `from` on, takes away below upto. */
static void
predict(struct model *m, int64_t from, int64_t upto)
{
	int64_t last[100];
	struct entry *x;
	int i;

	memset(last, -1, sizeof(last));
	for (i = 0; i < m->n; i++)
		for (int64_t o = m->v[i].base; o < m->v[i].next; o++)
			if (o >= from && o < upto && is_left(&m->v[i], o))
				last[m->v[i].key + o - m->v[i].base] = o;
	for (i = 0; i < m->n; i++) {
		x = &m->v[i];
		for (int64_t o = x->base; o < x->next && o < upto; o++)
			if (last[x->key + o - x->base] > o)
				x->left &= ~(1u << (o - x->base));
	}
}

/* Holds what a batch of the files has against its entry, from i on, whose
 * length it tells; what was before it is gone. */
static int
meet(struct model *m, int i, const uint8_t *p, const struct batch_header *h)
{
	struct record_iter it;
	unsigned int left = 0;
	struct record r;

	while (i < m->n && m->v[i].base < h->base_offset) {
		assert_int_equal(m->v[i].left, 0);
		m->v[i++].len = 0;
	}
	assert_true(i < m->n && m->v[i].base == h->base_offset);
	assert_int_equal(record_iter_init(&it, p, h, NULL, NULL, 0, NULL), 0);
	while (record_iter_next(&it, &r) > 0)
		left |= 1u << (r.offset - h->base_offset);
	assert_int_equal(left, m->v[i].left);
	m->v[i].len = batch_size(h);
	m->v[i].was_ts = h->max_timestamp;
	return i + 1;
}

/* Reads the segments' files, all of them, and forgets what is in none. */
static void
learn_files(struct model *m)
{
	static uint8_t bytes[1 << 20];
	int64_t base[BASES];
	int n = list_bases(m, base), i = 0, k;
	struct batch_header h;
	size_t got, at;
	char *path;
	FILE *f;

	for (i = 0; i < m->n && m->v[i].base < base[0]; i++)
		m->v[i].len = 0;
	for (k = 0; k < n; k++) {
		path = xasprintf("%s/%020lld.log", m->dir, (long long)base[k]);
		f = fopen(path, "r");
		assert_non_null(f);
		got = fread(bytes, 1, sizeof(bytes), f);
		assert_true(got < sizeof(bytes));
		for (at = 0; at < got; at += batch_size(&h)) {
			assert_int_equal(batch_parse(bytes + at, got - at, &h,
			    NULL), 0);
			i = meet(m, i, bytes + at, &h);
		}
		fclose(f);
		free(path);
	}
	for (; i < m->n; i++) {
		assert_int_equal(m->v[i].left, 0);
		m->v[i].len = 0;
	}
	for (i = k = 0; i < m->n; i++)
		if (m->v[i].len > 0)
			m->v[k++] = m->v[i];
	m->n = k;
}

static void
compact_one(struct model *m)
{
	struct log_clean_limits limits = { .now_ms = m->clock,
	    .max_lag_ms = INT64_MAX };
	struct log_clean c = { .now_ms = m->clock,
	    .map_bytes = below(3) == 0 ? 500 : 1 << 16, .map_load = 0.9 };
	struct kerr e = KERR_INIT;
	struct log_cleaned r;
	struct log_dirt d;

	if (!m->keyed || m->n == 0)
		return;
	must_flush(m->l);
	let_go(m);	/* what stays is in the log's own segments, then */
	limits.dirty = below(3) == 0 ? 0 : log_cleaned(m->l);
	limits.stable = below(3) == 0 ? m->start + (int64_t)below(
	    (size_t)(end_of(m) - m->start) + 1) : end_of(m);
	if (log_clean_look(m->l, &limits, &d, &e) != 0)
		fail_msg("%s", e.msg);
	c.dirty = d.dirty;
	c.upto = d.upto;
	if (log_clean(m->l, &c, &r, &e) != 0)
		fail_msg("%s", e.msg);
	predict(m, d.dirty, r.dirty);
	learn_files(m);
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
	/* what is below the start is forgotten, whatever the start is after a
	 * crash */
	if (m->epochs_from < m->start)
		m->epochs_from = m->start;
	if (m->v[i].base < m->epochs_from)
		return;
	asked = m->v[i].epoch;
	assert_int_equal(log_epoch_at(m->l, m->v[i].base), asked);
	log_epoch_end(m->l, asked, &found, &end);
	assert_int_equal(found, asked);
	while (i < m->n && m->v[i].epoch == asked)
		i++;
	if (m->keyed && i < m->n)
		/* its first batches may be gone */
		assert_in_range(end, m->v[i - 1].next, m->v[i].base);
	else
		assert_int_equal(end, i < m->n ? m->v[i].base :
		    log_end(m->l));
}

static void
reopen(struct model *m)
{
	int64_t end = log_end(m->l), size = log_size(m->l), base[BASES];
	struct log_known k = { .start = m->start,
	    .cleaned = below(2) == 0 ? log_cleaned(m->l) : 0 };

	if (m->epochs_from < m->start)
		m->epochs_from = m->start;
	k.clean = below(2) == 0;
	if (!k.clean)
		k.start = m->saved;
	if (!k.clean && below(2) == 0) {
		k.recovery_point = log_checkpoint(m->l, NULL);
		assert_true(k.recovery_point >= 0);
	}
	if (k.clean || below(2) == 0)
		must_close(m->l);
	else
		log_abandon(m->l);
	m->l = must_open(model_sys(), m->dir, &m->config, &k, NULL);
	assert_int_equal(log_end(m->l), end);
	assert_int_equal(log_flushed(m->l), end);
	assert_int_equal(log_size(m->l), size);
	/* deletions that were not written down are forgotten; files are not
	 * back */
	if (list_bases(m, base) > 0 && k.start < base[0])
		k.start = base[0];
	m->start = m->saved = k.start;
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
flush_one(struct model *m)
{
	must_flush(m->l);
}

/* In 1,000 steps so many of each. */
static const struct {
	int	weight;
	void	(*step)(struct model *);
} ops[] = {
	{ 450, append },
	{ 290, read_one },
	{ 150, find_one },
	{ 25, check_epochs },
	{ 20, flush_one },
	{ 20, reopen },
	{ 10, truncate_one },
	{ 10, shape },
	{ 10, compact_one },
	{ 10, delete_one },
	{ 5, retain_one },
};

static void
step(struct model *m)
{
	int at = (int)below(1000), i = 0;

	while ((at -= ops[i].weight) >= 0)
		i++;
	ops[i].step(m);
}

static void
run(unsigned int seed)
{
	struct model *m = &m_now;
	char *tmp = tmp_make();
	const struct log_known k = { .clean = false };
	int fds = open_fds();

	memset(m, 0, sizeof(*m));
	srandom(seed);
	m->dir = xasprintf("%s/t-0", tmp);
	m->clock = 100000;
	m->keyed = seed % 2 != 0;
	m->config = (struct log_config)LOG_CONFIG_INIT;
	m->config.segment_bytes = 140000 + (int32_t)below(100000);
	m->config.index_interval_bytes = (int32_t)below(3) * 1500;
	m->config.reserve_bytes = below(2) == 0 ? 0 : 10000;
	m->config.writeback_bytes = below(2) == 0 ? 0 : 10000;
	m->l = must_open(model_sys(), m->dir, &m->config, &k, NULL);
	for (int i = 0; i < OPS; i++)
		step(m);
	must_close(m->l);
	assert_int_equal(open_fds(), fds);
	free(m->dir);
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
