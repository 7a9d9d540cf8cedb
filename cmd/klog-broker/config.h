/*
 * config.h: the broker's properties and the topics', from one table (name,
 * kind, default, range, where it may stand). Names and defaults are Apache
 * Kafka 3.9's; what is klog's own: flush.acks.
 */
#ifndef KLOG_BROKER_CONFIG_H
#define KLOG_BROKER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

enum flush_acks {
	FLUSH_ACKS_DISK,	/* acks=all waits for fdatasync */
	FLUSH_ACKS_OS		/* the log end counts as flushed (Kafka's way) */
};

enum cleanup { CLEANUP_DELETE = 1, CLEANUP_COMPACT = 2 };	/* bits */

enum timestamp_type { TIMESTAMP_CREATE, TIMESTAMP_LOG_APPEND };

/* A topic's properties in force. -1 where Kafka says unlimited. */
struct topic_config {
	int64_t	retention_ms;
	int64_t	retention_bytes;
	int64_t	local_retention_ms;
	int64_t	local_retention_bytes;
	int64_t	segment_ms;
	int64_t	segment_jitter_ms;
	int64_t	delete_retention_ms;
	int64_t	file_delete_delay_ms;
	int64_t	flush_messages;		/* INT64_MAX = leave it to us */
	int64_t	flush_ms;		/* likewise */
	int64_t	timestamp_before_max_ms;
	int64_t	timestamp_after_max_ms;
	int64_t	max_compaction_lag_ms;
	int64_t	min_compaction_lag_ms;
	double	min_cleanable_dirty_ratio;
	int32_t	segment_bytes;
	int32_t	segment_index_bytes;
	int32_t	index_interval_bytes;
	int32_t	max_message_bytes;	/* of a batch, its header counted */
	int32_t	min_insync_replicas;
	int32_t	cleanup;		/* bits of enum cleanup */
	int32_t	timestamp_type;		/* enum timestamp_type */
	int32_t	compression;		/* codec number, -1 = producer's */
	bool	preallocate;
	bool	unclean_leader_election;
};

#endif
