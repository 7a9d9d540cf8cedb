/*
 * session.h: fetch sessions (KIP-227). A consumer names its partitions once;
 * afterwards it sends and gets only what changed.
 *
 * A session is found by its id from any connection, so the cache has a lock;
 * a session in use belongs to the request that holds it until it is given
 * back, and a second request for it meanwhile is refused (71). The cache is
 * bounded in sessions and in partitions; the one longest unused makes room,
 * if it has rested for two minutes. A client that gets no session sends full
 * fetches and loses nothing else.
 */
#ifndef KLOG_BROKER_SESSION_H
#define KLOG_BROKER_SESSION_H

#include <bsd/sys/queue.h>
#include <stdbool.h>
#include <stdint.h>

#include <uthash.h>

#include "wire/types.h"

/* A partition as a fetch names it: by topic id from version 13 on (KIP-516),
 * else by name; the other is null. */
struct fetch_target {
	struct kuuid	 id;
	struct kstr	 topic;		/* borrowed */
	int32_t		 partition;
	int32_t		 max_bytes;
	int64_t		 offset;
	int32_t		 current_leader_epoch;
	int32_t		 last_fetched_epoch;	/* -1: not given */
};

/* One of a session. */
struct session_partition {
	struct fetch_target	 target;	/* topic lies in key */
	int64_t			 high_watermark;	/* as last sent; -1 */
	int64_t			 log_start;		/* likewise */
	TAILQ_ENTRY(session_partition) link;
	UT_hash_handle		 hh;
	uint8_t			 key[];		/* partition, id, topic */
};

TAILQ_HEAD(session_partitions, session_partition);

struct session {
	int32_t		 id;
	int32_t		 epoch;		/* that the next fetch must carry */
	bool		 topic_ids;
	struct session_partitions partitions;	/* in the order to be served */
	int32_t		 n;

	/* the cache's */
	struct session_partition *index;	/* hash by key */
	int64_t		 used_ms;
	bool		 held;
	bool		 dropped;	/* freed when it is given back */
	TAILQ_ENTRY(session) lru;
	UT_hash_handle	 hh;
};

struct sessions;

/* At most max sessions with together max_partitions. */
struct sessions *sessions_new(int32_t max, int32_t max_partitions);
void sessions_free(struct sessions *);
int32_t sessions_count(struct sessions *);

/*
 * An incremental fetch begins, which names n partitions: takes the session for
 * the request. 0, 70 (no such session; or n are too many, and it is none any
 * more), 71 (another epoch, or in use), 106 (names and ids mixed). Its epoch
 * moves on at once: the next fetch carries epoch + 1.
 */
int16_t session_take(struct sessions *, int32_t id, int32_t epoch, int32_t n,
    bool topic_ids, int64_t now_ms, struct session **);
/* Back into the cache; drops it where no partition is left or another
 * request closed it meanwhile. */
void session_give(struct sessions *, struct session *, int64_t now_ms);
/* The client is done with it; unknown ids are fine. */
void session_close(struct sessions *, int32_t id);
/* A full fetch wants one: a new session, held, epoch 1, with no partitions; or
 * NULL where the cache is full or n partitions are too many. random is any
 * random number. */
struct session *session_create(struct sessions *, int32_t n, bool topic_ids,
    uint32_t random, int64_t now_ms);

/* On a session that is held. */

/* Adds the partition, or updates the one that is there. */
struct session_partition *session_add(struct sessions *, struct session *,
    const struct fetch_target *);
void session_forget(struct sessions *, struct session *,
    const struct fetch_target *);
/* It was given records: others come first next time. */
void session_rotate(struct session *, struct session_partition *);

#endif
