/*
 * storelog.c: writes and reads a partition's directory through the store, for
 * scripts that show it to other programs.
 *
 *	storelog write DIR APPENDS SEGMENT_BYTES SEED	clean stop at the end
 *	storelog kill DIR APPENDS SEGMENT_BYTES SEED	no stop at all
 *	storelog recover DIR	as after a crash, then a clean stop
 *	storelog check DIR	as after a clean stop; every batch is read
 *	storelog compact DIR SEGMENT_BYTES RETENTION_MS NOW_MS
 *		as after a clean stop; all but the active segment
 *
 * Prints the offset where the log ends, and what recovery cut.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "record/builder.h"
#include "store/checkpoint.h"
#include "store/clean.h"
#include "store/log.h"

static void
die(const struct kerr *e)
{
	fprintf(stderr, "storelog: %s\n", e->msg);
	exit(1);
}

static void
say(enum log_level level, enum log_area area, const char *line)
{
	fprintf(stderr, "storelog: %s\n", line);
}

/* Some batches of every kind: sizes, codecs, keys, times out of order. */
static void
append_one(struct log *l, struct codecs *c, int i, int seed, int32_t *seq)
{
	struct builder_opts o = BUILDER_OPTS;
	struct kerr e = KERR_INIT;
	struct buf scratch = { 0 };
	struct log_appended a;
	struct builder b;
	struct iovec v;
	char text[400];
	ssize_t n;

	v.iov_base = xmalloc(1 << 20);
	builder_init(&b, v.iov_base, 1 << 20);
	for (int j = random() % 40; j >= 0; j--) {
		n = snprintf(text, sizeof(text), "%d/%d %0*d", i, j,
		    (int)(random() % 300), 0);
		if (builder_add(&b, &(struct record_input){
		    .timestamp = INT64_C(1700000000000) + i * 10 + j -
		    (random() % 50 == 0 ? 5000 : 0),
		    .key = text, .key_len = j % 3 == 0 ? -1 : 4,
		    .value = text, .value_len = j % 7 == 0 ? -1 :
		    (int32_t)n }) != 0)
			break;
	}
	o.codec = (enum codec)(random() % CODEC_MAX);
	if (i % 2 == 0) {
		o.producer_id = 1000 * seed + i % 3;
		o.producer_epoch = 0;
		o.base_sequence = seq[i % 3];
		seq[i % 3] += b.count;
	}
	if ((n = builder_finish(&b, &o, c, &scratch, &e)) < 0)
		die(&e);
	v.iov_len = (size_t)n;
	if (log_append(l, &v, 1, i / 500, i % 11 == 0 ?
	    INT64_C(1700000000000) + i * 10 : -1, &a, &e) != 0)
		die(&e);
	buf_release(&scratch);
	free(v.iov_base);
}

static void
read_all(struct log *l)
{
	struct kerr e = KERR_INIT;
	struct batch_header h;
	int64_t at = log_start(l);
	struct buf b;

	buf_init(&b, 0);
	while (at < log_end(l)) {
		buf_clear(&b);
		if (log_read_buf(l, at, 1 << 20, log_end(l), true, &b,
		    &e) <= 0)
			die(&e);
		for (size_t p = 0; p < b.len; p += batch_size(&h)) {
			if (batch_parse(b.p + p, b.len - p, &h, &e) != 0)
				die(&e);
			if (!batch_crc_ok(b.p + p, &h)) {
				kerr_set(&e, KE_CRC, "CRC mismatch at %lld",
				    (long long)h.base_offset);
				die(&e);
			}
			at = batch_last_offset(&h) + 1;
		}
	}
	buf_release(&b);
}

static void
compact(struct log *l, char **argv)
{
	struct log_clean_limits limits = { .stable = log_end(l),
	    .now_ms = atoll(argv[2]), .max_lag_ms = INT64_MAX };
	struct log_clean c = { .now_ms = limits.now_ms,
	    .delete_retention_ms = atoll(argv[1]), .map_bytes = 8 << 20,
	    .map_load = 0.9 };
	struct producer_end *ends = log_producer_ends(l, &c.n_ends);
	struct log_cleaned done;
	struct kerr e = KERR_INIT;
	struct log_dirt d;

	if (log_clean_look(l, &limits, &d, &e) != 0)
		die(&e);
	c.upto = d.upto;
	c.ends = ends;
	if (log_clean(l, &c, &done, &e) != 0)
		die(&e);
	free(ends);
	printf("clean to %lld: %lld of %lld records\n", (long long)done.dirty,
	    (long long)done.kept, (long long)done.records);
}

int
main(int argc, char **argv)
{
	struct log_config c = LOG_CONFIG_INIT;
	struct log_known k = { .clean = false };
	struct log_recovery r;
	struct kerr e = KERR_INIT;
	struct codecs *codecs = codecs_new();
	int32_t seq[3] = { 0 };
	struct log *l;

	bool compacts = argc == 6 && strcmp(argv[1], "compact") == 0;

	if (argc != 3 && argc != 6) {
		fprintf(stderr, "usage: storelog write|kill DIR APPENDS "
		    "SEGMENT_BYTES SEED | recover|check DIR | compact DIR "
		    "SEGMENT_BYTES RETENTION_MS NOW_MS\n");
		return 2;
	}
	log_set(say, LOG_WARN, 0);
	k.clean = strcmp(argv[1], "recover") != 0;
	if (argc == 6)
		c.segment_bytes = atoi(argv[compacts ? 3 : 4]);
	memset(k.topic_id.b, 0x5a, sizeof(k.topic_id.b));
	/* a directory that is there keeps its topic */
	(void)partition_metadata_load(sys_real(), argv[2], &k.topic_id, NULL);
	if (log_open(&l, sys_real(), argv[2], &c, &k, &r, &e) != 0)
		die(&e);
	if (compacts) {
		compact(l, argv + 3);
	} else if (argc == 6) {
		srandom((unsigned int)atoi(argv[5]));
		for (int i = 0; i < atoi(argv[3]); i++)
			append_one(l, codecs, i, atoi(argv[5]), seq);
	}
	read_all(l);
	printf("end %lld cut %lld\n", (long long)log_end(l), (long long)r.cut);
	codecs_free(codecs);
	if (strcmp(argv[1], "kill") == 0)
		log_abandon(l);
	else if (log_close(l, &e) != 0)
		die(&e);
	return 0;
}
