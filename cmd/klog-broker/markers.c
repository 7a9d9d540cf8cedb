/* markers.c: see markers.h. */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "broker.h"
#include "control.h"
#include "coordinator.h"
#include "image.h"
#include "logdir.h"
#include "markers.h"
#include "wire/kerror.h"

struct markers *
markers_new(struct broker *b, int32_t n)
{
	struct markers *m = xcalloc(1, sizeof(*m) +
	    (size_t)n * sizeof(m->part[0]));

	m->broker = b;
	m->n = n;
	return m;
}

void
markers_free(struct markers *m)
{
	for (int32_t i = 0; i < m->n; i++)
		partition_unref(m->part[i].partition);
	free(m);
}

void
markers_find(struct markers *m, struct marker_part *mp, struct kstr topic,
    int32_t index)
{
	const struct image_topic *t = image_topic(control_durable(m->broker),
	    topic);
	const struct image_partition *ip;

	ip = t != NULL ? image_partition(t, index) : NULL;
	if (ip == NULL)
		mp->error = ERR_UNKNOWN_TOPIC_OR_PARTITION;
	else if (ip->local == NULL)
		mp->error = ERR_NOT_LEADER_OR_FOLLOWER;
	else
		mp->partition = partition_ref(ip->local);
}

void
markers_tell_groups(const struct markers *m, const struct marker_part *mp)
{
	if (mp->error == 0 && strcmp(partition_topic(mp->partition),
	    "__consumer_offsets") == 0)
		coordinator_txn_end(m->broker, partition_index(mp->partition),
		    m->marker.producer_id, m->marker.commit);
}

static void
came(struct loop_msg *msg)
{
	struct markers *m = (struct markers *)((char *)msg -
	    offsetof(struct markers, came));

	for (int32_t i = 0; i < m->n; i++)
		if (m->part[i].waits)
			m->part[i].error = partition_acked(
			    m->part[i].partition, &m->part[i].waiter);
	m->done(m);
}

/* Any thread, under a partition's lock. */
static void
all_covered(struct delayed *d)
{
	struct markers *m = (struct markers *)((char *)d -
	    offsetof(struct markers, delayed));

	control_post(m->broker, &m->came);
}

static bool
append(struct markers *m, struct marker_part *mp)
{
	marker_put(mp->mem, &m->marker);
	mp->append = (struct partition_append){
		.batch = { mp->mem, MARKER_SIZE },
		.append_time = -1,
		.wait = true,
	};
	mp->error = partition_append(mp->partition, &mp->append, &m->delayed,
	    &mp->waiter);
	mp->waits = mp->error == 0;
	return mp->waits;
}

/* On a pool thread. Once the last one is covered, m may be gone. */
static void
append_all(void *arg)
{
	struct markers *m = arg;
	struct broker *b = m->broker;
	int32_t n = m->n, waits = 0;

	for (int32_t i = 0; i < n; i++)
		if (m->part[i].partition != NULL)
			waits += append(m, &m->part[i]);
	if (delayed_settled(&m->delayed, (int64_t)n + 1 - waits))
		control_post(b, &m->came);
	logdir_job_done(b->logdir);
}

void
markers_write(struct markers *m)
{
	m->marker.timestamp = sys_now_ms(m->broker->sys);
	m->came.run = came;
	delayed_init(&m->delayed, m->broker->logdir, (struct waker){ 0 },
	    (int64_t)m->n + 1);
	m->delayed.call = all_covered;
	logdir_job(m->broker->logdir, append_all, m);
}
