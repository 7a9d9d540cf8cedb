/*
 * group.h: the group coordinator as a state machine: messages and the time go
 * in, records and answers come out through struct groups_ops. No I/O, no
 * clock, no threads: who calls sets the time first (groups_time()).
 *
 * What is decided holds at once; an answer must not leave before the records
 * put up to then are durable, and that is the caller's to see to. The states,
 * transitions and errors are those of Apache Kafka 3.9's coordinator.
 *
 * A group is of the classic protocol or of the consumer protocol (KIP-848,
 * consumer_group.h).
 *
 * Classic groups:	Empty -> PreparingRebalance -> CompletingRebalance ->
 *			Stable -> PreparingRebalance ...
 */
#ifndef KLOG_BROKER_GROUP_H
#define KLOG_BROKER_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "wire/msg_consumer_group_describe.h"
#include "wire/msg_consumer_group_heartbeat.h"
#include "wire/msg_delete_groups.h"
#include "wire/msg_describe_groups.h"
#include "wire/msg_heartbeat.h"
#include "wire/msg_join_group.h"
#include "wire/msg_leave_group.h"
#include "wire/msg_list_groups.h"
#include "wire/msg_offset_commit.h"
#include "wire/msg_offset_delete.h"
#include "wire/msg_offset_fetch.h"
#include "wire/msg_sync_group.h"
#include "wire/msg_txn_offset_commit.h"

struct groups;

struct groups_config {
	int32_t	initial_delay_ms;	/* group.initial.rebalance.delay.ms */
	int32_t	min_session_ms;		/* group.{min,max}.session.timeout.ms */
	int32_t	max_session_ms;
	int32_t	max_size;		/* group.max.size */
	int32_t	metadata_max;		/* offset.metadata.max.bytes */
	int64_t	retention_ms;		/* offsets.retention.minutes */
	int64_t	check_interval_ms;	/* .retention.check.interval.ms */

	int32_t	consumer_session_ms;	/* group.consumer.session.timeout.ms */
	int32_t	consumer_heartbeat_ms;	/* .heartbeat.interval.ms */
	int32_t	consumer_max_size;	/* .max.size */
	bool	range_first;		/* range is the default assignor */
	bool	may_upgrade;		/* to the consumer protocol while a */
	bool	may_downgrade;		/* group works, and back */
};

/* One record for the log. */
struct group_record {
	int32_t		 partition;	/* of __consumer_offsets */
	const void	*key;
	size_t		 key_len;
	const void	*value;		/* NULL: a tombstone */
	size_t		 value_len;
	int64_t		 producer_id;	/* -1: of no transaction */
	int16_t		 producer_epoch;
};

/* All is borrowed for the call. */
struct groups_ops {
	void	(*put)(void *arg, const struct group_record *);
	/* end what was asked in the name of who */
	void	(*joined)(void *arg, void *who,
		    const struct join_group_response *);
	void	(*synced)(void *arg, void *who,
		    const struct sync_group_response *);
	void	(*random)(void *arg, void *p, size_t n);
	/* a topic by its name or id, false: there is none; all of them */
	bool	(*topic)(void *arg, struct kstr name, struct kuuid *id,
		    int32_t *partitions);
	bool	(*topic_name)(void *arg, const struct kuuid *id,
		    struct kstr *name);
	void	(*topics)(void *arg, void (*each)(void *, struct kstr name),
		    void *each_arg);
};

/* Who asks. */
struct group_client {
	int16_t		version;	/* of the request */
	struct kstr	id;
	const char	*host;		/* "/127.0.0.1", as Java has it */
};

/* partitions: of __consumer_offsets. */
struct groups *groups_new(const struct groups_config *, int32_t partitions,
    const struct groups_ops *, void *arg);
void groups_free(struct groups *);

/* Monotonic ms, and ms since 1970. Before any call below. */
void groups_time(struct groups *, int64_t now, int64_t wall);
/* When groups_tick() wants to be called, INT64_MAX: never. */
int64_t groups_next(const struct groups *);
void groups_tick(struct groups *);

/* What the topic turned out to have, while there are no groups. */
void groups_set_partitions(struct groups *, int32_t n);
/* The partition that holds a group: Java's hash of its name. */
int32_t groups_partition(const struct groups *, struct kstr group);

/* Answered by joined() and synced(), now or later. A group's name has been
 * looked at already (it is not empty). */
void groups_join(struct groups *, const struct group_client *,
    const struct join_group_request *, void *who);
void groups_sync(struct groups *, const struct sync_group_request *,
    void *who);
int16_t groups_heartbeat(struct groups *, const struct heartbeat_request *);
/* Members as version 3 has them; fills in what each got. */
int16_t groups_leave(struct groups *, struct kstr group,
    const struct leave_group_request_member *, int32_t n,
    struct leave_group_response_member *);

/* The consumer protocol: a member's word, and the answer. */
void groups_consumer_heartbeat(struct groups *, const struct group_client *,
    const struct consumer_group_heartbeat_request *, struct arena *,
    struct consumer_group_heartbeat_response *);
/* Everything it says lies in the arena. */
void groups_consumer_describe(struct groups *, struct kstr group,
    struct arena *, struct consumer_group_describe_response_group *);
/* Topics came, grew or went. */
void groups_topics_changed(struct groups *);

/* Where the response has an error already it stays and nothing is committed;
 * the response has the request's shape. */
void groups_commit(struct groups *, int16_t version,
    const struct offset_commit_request *, struct offset_commit_response *);
void groups_txn_commit(struct groups *,
    const struct txn_offset_commit_request *,
    struct txn_offset_commit_response *);
/* A marker of that producer was written to that partition. */
void groups_txn_end(struct groups *, int32_t partition, int64_t producer_id,
    bool commit);
/* As version 8 has it. */
void groups_fetch(struct groups *, const struct offset_fetch_request_group *,
    bool require_stable, struct arena *, struct offset_fetch_response_group *);
/* As with groups_commit(), where the response has an error it stays; where the
 * whole has one, nothing else counts. */
void groups_delete_offsets(struct groups *,
    const struct offset_delete_request *, struct offset_delete_response *);
/* A topic is gone. */
void groups_topic_deleted(struct groups *, struct kstr topic);

void groups_list(struct groups *, const struct list_groups_request *,
    struct arena *, struct list_groups_response *);
void groups_describe(struct groups *, struct kstr group, struct arena *,
    struct describe_groups_response_group *);
int16_t groups_delete(struct groups *, struct kstr group);

/*
 * Loading a partition: its records in the order of the log, then
 * groups_loaded(). A record that is not understood is left out: negative.
 */
int groups_replay(struct groups *, const struct group_record *,
    struct kerr *);
/* The timers of the members that were found begin. */
void groups_loaded(struct groups *, int32_t partition);
/* The partition is not ours any more: its groups are forgotten, and who waits
 * is answered NOT_COORDINATOR. */
void groups_unload(struct groups *, int32_t partition);

#endif
