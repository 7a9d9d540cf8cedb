/*
 * api.h: the dispatch table: key, handler. Message pair and the versions that
 * are served come from wire/api.h; what is not in this table is not
 * advertised. Unknown keys and versions end before any handler runs.
 */
#ifndef KLOG_BROKER_API_H
#define KLOG_BROKER_API_H

#include <stdint.h>

struct request;

/* Requests of one pipe need not wait for the end of earlier ones of the same
 * connection; those of none, or of another pipe, do. */
enum pipe {
	PIPE_NONE,
	PIPE_DATA,
	PIPE_COMMITS,		/* they go to the control thread in order */
};

struct api {
	int16_t		 key;
	enum pipe	 pipe;
	void		(*handle)(struct request *);
};

/* The row of a key, or NULL. */
const struct api *api_get(int16_t key);
/* All rows, by key. */
const struct api *api_rows(unsigned int *n);

/* handle_*.c */
void handle_api_versions(struct request *);
void handle_metadata(struct request *);
void handle_describe_cluster(struct request *);
void handle_create_topics(struct request *);
void handle_delete_topics(struct request *);
void handle_delete_records(struct request *);
void handle_create_partitions(struct request *);
void handle_describe_configs(struct request *);
void handle_alter_configs(struct request *);
void handle_incremental_alter_configs(struct request *);
void handle_describe_log_dirs(struct request *);
void handle_list_client_metrics(struct request *);
void handle_init_producer_id(struct request *);
void handle_find_coordinator(struct request *);
void handle_join_group(struct request *);
void handle_sync_group(struct request *);
void handle_heartbeat(struct request *);
void handle_leave_group(struct request *);
void handle_list_groups(struct request *);
void handle_describe_groups(struct request *);
void handle_delete_groups(struct request *);
void handle_consumer_group_heartbeat(struct request *);
void handle_consumer_group_describe(struct request *);
void handle_offset_commit(struct request *);
void handle_offset_fetch(struct request *);
void handle_offset_delete(struct request *);
void handle_add_partitions_to_txn(struct request *);
void handle_add_offsets_to_txn(struct request *);
void handle_end_txn(struct request *);
void handle_write_txn_markers(struct request *);
void handle_txn_offset_commit(struct request *);
void handle_describe_producers(struct request *);
void handle_describe_transactions(struct request *);
void handle_list_transactions(struct request *);
void handle_produce(struct request *);
void handle_fetch(struct request *);
void handle_list_offsets(struct request *);
void handle_offset_for_leader_epoch(struct request *);

#endif
