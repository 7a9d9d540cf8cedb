/*
 * metalog.c: the metadata log: opening, appending, closing. What it says is
 * replayed in metalog_replay.c and summed up in metalog_snapshot.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "metalog_impl.h"
#include "record/builder.h"
#include "store/file.h"
#include "wire/codec.h"
#include "wire/msg_control.h"

#define NAME		"__cluster_metadata-0"
#define STATE_MAX	(1 << 16)	/* bytes of quorum-state */
#define ROOM_BYTES	(1 << 16)
#define RECORD_EXTRA	32		/* a record's own fields, at most */

/* The id of the metadata topic: 1. */
static const struct kuuid topic_id = { { [15] = 1 } };

static int
put_quorum_state(const struct metalog *m, struct kerr *e)
{
	char *path = xasprintf("%s/quorum-state", m->dir);
	char *s = xasprintf("{\"clusterId\":\"\",\"leaderId\":%d,"
	    "\"leaderEpoch\":%d,\"votedId\":-1,\"appliedOffset\":0,"
	    "\"currentVoters\":[{\"voterId\":%d}],\"data_version\":0}",
	    m->node_id, m->epoch, m->node_id);
	int rc = file_save(m->sys, path, s, strlen(s), true, e);

	free(s);
	free(path);
	return rc;
}

/* Without it, or with a damaged one, the log's epoch counts. */
static void
get_quorum_state(struct metalog *m)
{
	char *path = xasprintf("%s/quorum-state", m->dir);
	struct buf b = { 0 };
	const char *p;

	if (file_load(m->sys, path, STATE_MAX, &b, NULL) == 0) {
		buf_putc(&b, '\0');
		p = strstr((char *)b.p, "\"leaderEpoch\":");
		if (p != NULL)
			m->epoch = (int32_t)strtol(p + 14, NULL, 10);
	}
	buf_release(&b);
	free(path);
}

size_t
metalog_control(uint8_t *mem, size_t cap, int16_t type,
    const struct kmessage *msg, const void *value, int64_t now)
{
	struct builder_opts o = BUILDER_OPTS;
	struct builder b;
	struct record_input in = { .timestamp = now };
	struct buf v = { 0 };
	uint8_t key[4];

	put_be16(key, 0);
	put_be16(key + 2, (uint16_t)type);
	kmsg_encode_buf(msg, 0, value, &v, NULL);
	in.key = key;
	in.key_len = sizeof(key);
	in.value = v.p;
	in.value_len = (int32_t)v.len;
	builder_init(&b, mem, cap);
	builder_add(&b, &in);
	o.flags = BATCH_CONTROL;
	buf_release(&v);
	return (size_t)builder_finish(&b, &o, NULL, NULL, NULL);
}

/* A new epoch of this leader: said in the log, which the first append
 * flushes, and in quorum-state. */
static int
begin_epoch(struct metalog *m, struct kerr *e)
{
	struct leader_change_message_voter self = { .voter_id = m->node_id };
	struct leader_change_message lc = {
		.leader_id = m->node_id,
		.voters = { &self, 1 },
		.granting_voters = { &self, 1 },
	};
	uint8_t mem[256];
	struct iovec iov = { mem, 0 };
	struct log_appended a;
	int rc;

	m->epoch++;
	iov.iov_len = metalog_control(mem, sizeof(mem), 2,
	    &leader_change_message_msg, &lc, sys_now_ms(m->sys));
	rc = log_append(m->log, &iov, 1, m->epoch, -1, &a, e);
	return rc < 0 ? kerr_wrap(e, "metadata log") : put_quorum_state(m, e);
}

static int
open_log(struct metalog *m, const struct log_known *k, struct kerr *e)
{
	struct log_config c = LOG_CONFIG_INIT;

	c.reserve_bytes = 0;
	return log_open(&m->log, m->sys, m->dir, &c, k, NULL, e);
}

int
metalog_open(struct metalog **out, const struct sys *s, const char *data_dir,
    int32_t node_id, bool clean, struct kerr *e)
{
	struct metalog *m = xcalloc(1, sizeof(*m));
	struct log_known k = { .clean = clean, .topic_id = topic_id };
	int rc;

	m->sys = s;
	m->node_id = node_id;
	m->dir = xasprintf("%s/" NAME, data_dir);
	get_quorum_state(m);
	if ((rc = open_log(m, &k, e)) < 0)
		goto fail;
	if (log_epoch(m->log) > m->epoch)
		m->epoch = log_epoch(m->log);
	if ((!clean || log_end(m->log) == 0) && (rc = begin_epoch(m, e)) < 0)
		goto fail;
	*out = m;
	return 0;
fail:
	if (m->log != NULL)
		log_abandon(m->log);
	free(m->dir);
	free(m);
	return rc;
}

int
metalog_close(struct metalog *m, struct kerr *e)
{
	int rc = m->log != NULL ? log_close(m->log, e) :
	    kerr_set(e, KE_OFFLINE, "metadata log: %s", kerr_text(KE_OFFLINE));

	free(m->dir);
	free(m);
	return rc;
}

bool
metalog_full(const struct metalog *m)
{
	return m->log == NULL || log_full(m->log);
}

/* Room for the next append, and some. */
static int
try_room(const struct metalog *m, struct kerr *e)
{
	char *path = xasprintf("%s/room", m->dir), *zeros;
	int rc;

	zeros = xcalloc(1, ROOM_BYTES);
	rc = file_save(m->sys, path, zeros, ROOM_BYTES, true, e);
	m->sys->unlink(m->sys, path);
	free(zeros);
	free(path);
	return rc;
}

int
metalog_revive(struct metalog *m, struct kerr *e)
{
	struct log_known k = { .topic_id = topic_id };
	int rc;

	if ((rc = try_room(m, e)) < 0)
		return rc;
	if (m->log != NULL) {
		m->flushed = log_flushed(m->log);
		log_abandon_full(m->log);
		m->log = NULL;
	}
	k.recovery_point = m->flushed;
	return open_log(m, &k, e);
}

int64_t
metalog_end(const struct metalog *m)
{
	return log_end(m->log);
}

int32_t
metalog_epoch(const struct metalog *m)
{
	return m->epoch;
}

int64_t
metalog_unsnapped(const struct metalog *m)
{
	return log_size(m->log) - m->snapped_size;
}

void
metalog_put_batch(struct buf *b, const struct records *rs, int32_t from, int32_t to,
    int64_t now, int64_t base_offset, int32_t epoch)
{
	struct builder_opts o = BUILDER_OPTS;
	struct record_input in = { .timestamp = now, .key_len = -1 };
	size_t room = BATCH_HEADER;
	struct builder bl;

	for (int32_t i = from; i < to; i++)
		room += rs->v[i].len + RECORD_EXTRA;
	builder_init(&bl, buf_reserve(b, room), room);
	for (int32_t i = from; i < to; i++) {
		in.value = rs->bytes.p + rs->v[i].off;
		in.value_len = (int32_t)rs->v[i].len;
		builder_add(&bl, &in);
	}
	o.base_offset = base_offset;
	o.leader_epoch = epoch;
	b->len += (size_t)builder_finish(&bl, &o, NULL, NULL, NULL);
}

int
metalog_append(struct metalog *m, const struct records *const *v, int n,
    struct kerr *e)
{
	int64_t now = sys_now_ms(m->sys);
	struct log_appended a;
	struct buf b = { 0 };
	struct iovec iov;
	int rc = 0;

	for (int i = 0; i < n; i++)
		if (v[i]->n > 0)
			metalog_put_batch(&b, v[i], 0, v[i]->n, now, 0,
			    m->epoch);
	iov = (struct iovec){ b.p, b.len };
	if (b.len > 0)
		rc = log_append(m->log, &iov, 1, m->epoch, -1, &a, e);
	if (rc >= 0)
		rc = log_flush(m->log, e);
	buf_release(&b);
	return rc < 0 ? kerr_wrap(e, "metadata log") : 0;
}
