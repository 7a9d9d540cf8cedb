/*
 * journal_load.c: making an internal topic, and reading its partitions back:
 * the pool reads a piece of the log at a time, the control thread looks at
 * its records.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "broker.h"
#include "control.h"
#include "journal_impl.h"
#include "logdir.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_create_topics.h"

#define PIECE	(1 << 20)	/* bytes read at once */
#define RAW_MAX	(64u << 20)	/* a batch unpacks to no more */

static void	piece_came(struct loop_msg *);

/* On a pool thread. */
static void
read_piece(void *arg)
{
	struct journal_part *jp = arg;
	struct broker *b = jp->journal->broker;

	buf_clear(&jp->bytes);
	jp->read_error = partition_read(jp->source, jp->next, PIECE,
	    &jp->bytes);
	control_post(b, &jp->read);
	logdir_job_done(b->logdir);
}

static void
read_next(struct journal_part *jp)
{
	jp->reading = true;
	jp->restart = false;
	jp->source = partition_ref(jp->partition);
	jp->read.run = piece_came;
	logdir_job(jp->journal->broker->logdir, read_piece, jp);
}

static int
take_batch(struct journal_part *jp, const uint8_t *p,
    const struct batch_header *h, struct codecs *c, struct buf *scratch,
    struct kerr *e)
{
	struct journal *j = jp->journal;
	struct record_iter it;
	struct record r;
	int rc = record_iter_init(&it, p, h, c, scratch, RAW_MAX, e);

	if (rc < 0)
		return rc;
	while ((rc = record_iter_next(&it, &r)) > 0)
		j->ops->record(j->arg, jp->index, h, &r);
	return rc < 0 ? record_iter_bad(&it, e) : 0;
}

/* Names the file and the place in it, and the way out. A read that is rare
 * enough for the control thread. */
static int
damaged(struct journal_part *jp, struct kerr *e)
{
	char *dir = xasprintf("%s/%s-%d", jp->journal->broker->data_dir,
	    jp->journal->topic.name, jp->index);
	DIR *d = opendir(dir);
	struct dirent *de;
	long long base = 0, n;
	char *end;

	while (d != NULL && (de = readdir(d)) != NULL) {
		n = strtoll(de->d_name, &end, 10);
		if (strcmp(end, ".log") == 0 && n <= jp->next && n > base)
			base = n;
	}
	if (d != NULL)
		closedir(d);
	kerr_wrap(e, "%s/%020lld.log: damaged at offset %lld", dir, base,
	    (long long)jp->next);
	free(dir);
	return e->code;
}

static int
take_piece(struct journal_part *jp, struct kerr *e)
{
	struct codecs *c = NULL;
	struct buf scratch = { 0 };
	struct batch_header h;
	size_t at = 0;
	int rc = 0;

	while (at < jp->bytes.len && rc == 0) {
		rc = batch_parse(jp->bytes.p + at, jp->bytes.len - at, &h, e);
		if (rc == 0 && batch_codec(&h) != CODEC_NONE && c == NULL)
			c = codecs_new();
		if (rc == 0)
			rc = take_batch(jp, jp->bytes.p + at, &h, c, &scratch,
			    e);
		if (rc == 0) {
			jp->next = batch_last_offset(&h) + 1;
			at += batch_size(&h);
		}
	}
	if (c != NULL)
		codecs_free(c);
	buf_release(&scratch);
	return rc < 0 ? damaged(jp, e) : 0;
}

static void
loading_failed(struct journal_part *jp, const char *why)
{
	log_line(LOG_ERROR, LOG_BROKER, "%s-%d cannot be loaded, and what it "
	    "coordinates is not served: %s (with the broker stopped, put its "
	    "directory back from a copy, or remove it with all it knows)",
	    jp->journal->topic.name, jp->index, why);
	jp->state = JOURNAL_READY;	/* so that what came is forgotten */
	journal_lose(jp, ERR_COORDINATOR_NOT_AVAILABLE);
}

static void
ready(struct journal_part *jp)
{
	struct journal *j = jp->journal;

	buf_release(&jp->bytes);
	jp->state = JOURNAL_READY;
	j->ops->loaded(j->arg, jp->index);
	journal_settle(&jp->loads, INT64_MAX, ERR_NONE);
}

static void
piece_came(struct loop_msg *m)
{
	struct journal_part *jp = (struct journal_part *)((char *)m -
	    offsetof(struct journal_part, read));
	struct kerr e = KERR_INIT;

	jp->reading = false;
	partition_unref(jp->source);
	jp->source = NULL;
	if (jp->state != JOURNAL_LOADING)	/* lost meanwhile */
		return;
	if (jp->restart)
		read_next(jp);
	else if (jp->read_error != 0)
		loading_failed(jp, kerror_text(jp->read_error));
	else if (jp->bytes.len == 0)
		ready(jp);
	else if (take_piece(jp, &e) < 0)
		loading_failed(jp, e.msg);
	else
		read_next(jp);
}

void
journal_load(struct journal_part *jp)
{
	struct partition_offsets o;
	int16_t error = partition_offsets(jp->partition, -1, &o);

	jp->term++;
	jp->durable = jp->seq;
	if (error != 0) {
		jp->state = JOURNAL_AWAY;
		jp->error = ERR_COORDINATOR_NOT_AVAILABLE;
	} else if (o.end == o.start) {
		ready(jp);
	} else {
		jp->state = JOURNAL_LOADING;
		jp->next = o.start;
		jp->restart = jp->reading;
		if (!jp->reading)
			read_next(jp);
	}
}

static void
made(void *arg, bool ok)
{
	struct journal *j = arg;

	j->making = false;
	journal_settle(&j->needs, INT64_MAX, ok && j->exists ? ERR_NONE :
	    ERR_COORDINATOR_NOT_AVAILABLE);
}

/* No more replicas than there are brokers. */
static int16_t
replicas(const struct journal *j)
{
	int32_t brokers;

	image_brokers(control_pending(j->broker), &brokers);
	return (int16_t)(j->topic.replicas < brokers ? j->topic.replicas :
	    brokers);
}

static void
make(struct journal *j)
{
	struct create_topics_request_topic t;
	struct create_topics_request req;
	struct create_topics_response rsp;
	struct create_topics_request_config configs[8];
	struct records rs = { 0 };
	struct arena a;

	arena_init(&a, 0);
	kmsg_defaults(&create_topics_request_msg, &req);
	KDEFAULTS(create_topics_request_topic, &t);
	t.name = kstr(j->topic.name);
	t.num_partitions = j->topic.partitions;
	t.replication_factor = replicas(j);
	t.configs.v = configs;
	t.configs.n = 0;
	for (const char *const *c = j->topic.configs; *c != NULL; c += 2) {
		configs[t.configs.n].name = kstr(c[0]);
		configs[t.configs.n++].value = kstr(c[1]);
	}
	req.topics.v = &t;
	req.topics.n = 1;
	j->making = true;
	controller_create_topics(control_rules(j->broker),
	    control_pending(j->broker), &req, &a, &rsp, &rs);
	if (rsp.topics.v[0].error_code != 0)
		log_line(LOG_WARN, LOG_BROKER, "cannot create %s: %.*s",
		    j->topic.name, rsp.topics.v[0].error_message.len,
		    rsp.topics.v[0].error_message.p);
	control_change(j->broker, &rs, made, j);
	arena_release(&a);
}

void
journal_need(struct journal *j, struct journal_wait *w)
{
	w->seq = 0;
	if (j->exists) {
		w->done(w, ERR_NONE);
		return;
	}
	TAILQ_INSERT_TAIL(&j->needs, w, link);
	if (!j->making)
		make(j);
}
