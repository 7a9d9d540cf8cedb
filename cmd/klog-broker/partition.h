/*
 * partition.h: one partition: its log, leader epoch, high watermark, last
 * stable offset, in-sync set and producer state, and the requests that wait
 * for it.
 *
 * A partition has a lock of its own; no thread holds two of them. It is
 * counted: metadata images, requests and jobs each hold a reference. What is
 * decided (leader, epochs, configuration, deletion) is told to it by the
 * control thread; I/O threads append and read; pool threads open, flush and
 * close. Its directory appears with the first append.
 *
 * Offsets: start <= high watermark <= end. The high watermark is the least
 * flushed end over the in-sync replicas (flush.acks=os: the least end);
 * nothing above it is shown to a consumer.
 *
 * Functions that return int16_t return a Kafka error code (wire/kerror.h).
 */
#ifndef KLOG_BROKER_PARTITION_H
#define KLOG_BROKER_PARTITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/types.h"

struct io;
struct logdir;
struct partition;
struct waiter;			/* delayed.h */

/* Topic configuration as far as the data plane reads it. Names are Kafka's;
 * -1 = no limit where Kafka says so. */
struct partition_config {
	int64_t	segment_bytes;
	int64_t	segment_ms;
	int64_t	segment_index_bytes;
	int64_t	index_interval_bytes;
	int64_t	retention_bytes;
	int64_t	retention_ms;
	int64_t	flush_messages;		/* INT64_MAX: not by count */
	int64_t	flush_ms;		/* INT64_MAX: not by time */
	int64_t	timestamp_before_max_ms; /* message.timestamp.before.max.ms */
	int64_t	timestamp_after_max_ms;
	int32_t	max_message_bytes;	/* of one batch, header included */
	int32_t	min_insync_replicas;
	bool	log_append_time;	/* message.timestamp.type */
	bool	compact;		/* cleanup.policy has compact */
	bool	delete;			/* cleanup.policy has delete */
	int8_t	compression;		/* codec; -1 = the producer's */
};

/* Kafka's defaults. */
void partition_config_init(struct partition_config *);

/* What a PartitionRecord or PartitionChangeRecord says. */
struct partition_state {
	int32_t		 leader;	/* broker id, -1 = none */
	int32_t		 leader_epoch;
	int32_t		 partition_epoch;
	const int32_t	*isr;		/* borrowed for the call */
	int32_t		 n_isr;
};

struct partition_offsets {
	int64_t	start;
	int64_t	high_watermark;
	int64_t	last_stable;
	int64_t	end;
	int32_t	leader_epoch;
};

/* Lifecycle: control thread. */

/* A partition in that data directory, leaderless, one reference for the
 * caller; no disk is touched. topic is copied. */
struct partition *partition_new(struct logdir *, const char *topic,
    const struct kuuid *topic_id, int32_t index,
    const struct partition_config *);
struct partition *partition_ref(struct partition *);
void partition_unref(struct partition *);
/* This broker's id is self: it leads where state->leader == self. Waiting
 * requests of a leader that is none any more are woken. */
void partition_apply(struct partition *, int32_t self,
    const struct partition_state *state);
void partition_configure(struct partition *, const struct partition_config *);
/* The topic is gone: answers UNKNOWN_TOPIC_OR_PARTITION from now on, wakes
 * whoever waits; its files go away in a job. The reference stays the
 * caller's. */
void partition_delete(struct partition *);

/* For all threads; constant. */
const char *partition_topic(const struct partition *);
int32_t partition_index(const struct partition *);
const struct kuuid *partition_topic_id(const struct partition *);

/* Bytes on disk, for DescribeLogDirs. */
int64_t partition_size(struct partition *);
/* 0 or 3 (deleted), 5 (no leader yet), 6 (led elsewhere), 56 (offline), 74
 * and 75 (epoch older or newer than ours; -1 = not asked). Fills o on 0. */
int16_t partition_offsets(struct partition *, int32_t current_leader_epoch,
    struct partition_offsets *o);

#endif
