/*
 * config.h: the broker's properties and the topics', from one table
 * (config_table.c). Names, defaults and ranges are Apache Kafka 3.9's; klog's
 * own are batch.validation, flush.acks and idle.exit.ms.
 *
 * What the broker was started with never changes. What is changed while it
 * runs (KIP-226) lies in the metadata image, which has a copy with those
 * changes applied (image_config()).
 */
#ifndef KLOG_BROKER_CONFIG_H
#define KLOG_BROKER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "record/compress.h"
#include "wire/types.h"

struct property;

enum flush_acks {
	FLUSH_ACKS_DISK,	/* acks=all waits for fdatasync */
	FLUSH_ACKS_OS		/* the log end counts as flushed (Kafka's way) */
};

enum cleanup { CLEANUP_DELETE = 1, CLEANUP_COMPACT = 2 };	/* bits */

enum batch_validation {
	VALIDATION_STRICT,	/* every record of a batch is checked */
	VALIDATION_RELAXED	/* of a compressed one the header alone, where
				 * that is enough */
};

enum timestamp_type { TIMESTAMP_CREATE, TIMESTAMP_LOG_APPEND };

/* A topic's properties in force. -1 where Kafka says unlimited. */
struct topic_config {
	int64_t	retention_ms;
	int64_t	retention_bytes;
	int64_t	segment_ms;
	int64_t	segment_jitter_ms;
	int64_t	delete_retention_ms;
	int64_t	file_delete_delay_ms;
	int64_t	flush_messages;		/* INT64_MAX = leave it to us */
	int64_t	flush_ms;		/* likewise */
	int64_t	timestamp_before_max_ms;	/* in force, of these: */
	int64_t	timestamp_after_max_ms;
	int64_t	before_asked_ms;
	int64_t	after_asked_ms;
	int64_t	difference_asked_ms;
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
	int32_t	batch_validation;	/* enum batch_validation */
	int32_t	compression;		/* codec number, -1 = producer's */
	int32_t	level[CODEC_MAX];	/* compression.*.level, by codec */
	int32_t	producer_expire_ms;	/* the broker's, for all topics */
};

struct broker_config {
	struct topic_config topic;	/* what topics start from */

	const char	*listeners;
	const char	*advertised_listeners;	/* NULL = as reached */
	const char	*log_dirs;
	const char	*log_dir;
	const char	*rack;
	int64_t		 connections_max_idle_ms;
	int64_t		 queued_max_request_bytes;	/* -1 = our choice */
	int64_t		 retention_check_interval_ms;
	int64_t		 cleaner_backoff_ms;
	int64_t		 cleaner_dedupe_bytes;
	double		 cleaner_load;
	double		 cleaner_io_rate;	/* bytes a second */
	int64_t		 metadata_snapshot_bytes;
	int64_t		 idle_exit_ms;		/* private broker only */
	int64_t		 flush_scheduler_ms;
	int32_t		 node_id;		/* -1 = not said */
	int32_t		 broker_id;		/* the same */
	int32_t		 retention_minutes;	/* where topic.retention_ms, */
	int32_t		 retention_hours;	/* segment_ms and so on */
	int32_t		 roll_hours;		/* are not given */
	int32_t		 roll_jitter_hours;
	int32_t		 network_threads;
	int32_t		 num_partitions;
	int32_t		 default_replication_factor;
	int32_t		 max_connections;
	int32_t		 max_connections_per_ip;
	int32_t		 socket_request_max_bytes;
	int32_t		 fetch_max_bytes;
	int32_t		 fetch_session_slots;
	int32_t		 transaction_max_timeout_ms;
	int32_t		 checkpoint_interval_ms;
	int64_t		 offsets_check_interval_ms;
	int32_t		 cleaner_threads;
	int32_t		 offsets_topic_partitions;
	int32_t		 offsets_topic_replicas;
	int32_t		 offsets_topic_segment_bytes;
	int32_t		 offsets_retention_minutes;
	int32_t		 offset_metadata_max;
	int32_t		 group_initial_delay_ms;
	int32_t		 group_min_session_ms;
	int32_t		 group_max_session_ms;
	int32_t		 group_max_size;
	int32_t		 consumer_session_ms;
	int32_t		 consumer_heartbeat_ms;
	int32_t		 consumer_max_size;
	const char	*consumer_assignors;
	const char	*consumer_migration;
	int32_t		 transaction_log_partitions;
	int32_t		 transaction_log_replicas;
	int32_t		 transaction_log_min_isr;
	int32_t		 transaction_log_segment_bytes;
	int32_t		 transaction_abort_interval_ms;
	int32_t		 transaction_remove_interval_ms;
	int32_t		 transactional_id_expiration_ms;
	int32_t		 flush_acks;		/* enum flush_acks */
	bool		 auto_create_topics;
	bool		 delete_topics;
	bool		 cleaner_enable;
	bool		 transaction_verify;

	char		**text;		/* a row each; NULL = the default */
};

/* All defaults. */
struct broker_config *broker_config_new(void);
struct broker_config *broker_config_copy(const struct broker_config *);
void broker_config_free(struct broker_config *);
/* KE_NOTFOUND with the nearest name where there is no such property; KE_CONFIG
 * with the reason where the value is none for it; KE_UNSUPPORTED where it is
 * one that klog-broker cannot honour. */
int broker_config_set(struct broker_config *, const char *name,
    const char *value, struct kerr *);
/* NAME=VALUE, as -X has it. */
int broker_config_assign(struct broker_config *, const char *, struct kerr *);
/* A server.properties file. What klog-broker does not know there is left out
 * with a line in the log, as the file may be Apache Kafka's. */
int broker_config_read(struct broker_config *, const char *path,
    struct kerr *);
/* A line in the log for each value given that has no effect, and why. */
void broker_config_remark(const struct broker_config *);
/* Whether it was given, rather than left to its default. */
bool broker_config_given(const struct broker_config *, const char *name);
/* The text of a broker's property in force, NULL for none. */
const char *broker_config_get(const struct broker_config *, const char *name);
/* The text given, NULL for none. */
const char *broker_config_own(const struct broker_config *,
    const struct property *);
/* The text that topics without an override have, at least 32 bytes of room
 * for it. */
const char *broker_config_topic_text(const struct broker_config *,
    const struct property *, char room[32]);

/* Overrides one; KE_CONFIG with the reason, in the words of Apache Kafka. */
int topic_config_set(struct topic_config *, struct kstr name,
    struct kstr value, struct kerr *);
/* Whether the values go together; call it when all are set. */
int topic_config_check(const struct topic_config *, struct kerr *);

#endif
