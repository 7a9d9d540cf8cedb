/*
 * subscriber_impl.h: what the files of the group's member share.
 *
 *	subscriber.c	     the membership: begin, go on, end
 *	subscriber_classic.c requests of the classic protocol
 *	subscriber_consumer.c those of the consumer protocol (KIP-848)
 *	subscriber_events.c  what the program is told
 *	subscriber_lead.c    the leader's part: topics, assignment
 *	subscriber_offsets.c committing, and what is committed
 */
#ifndef KLOG_CLIENT_SUBSCRIBER_IMPL_H
#define KLOG_CLIENT_SUBSCRIBER_IMPL_H

#include <sys/queue.h>

#include "base/arena.h"
#include "client/member.h"
#include "client/subscriber.h"
#include "wire/msg_join_group.h"

struct news {
	TAILQ_ENTRY(news)	 link;
	struct subscriber_event	 pub;
	enum {
		THEN_NOTHING, THEN_GIVEN_UP, THEN_REJOIN, THEN_RECONCILED
	}			 then;		/* when it is done */
};

/* A list of partitions that owns its names. */
struct parts {
	struct subscriber_part	*v;
	size_t			 n;
};

/* A topic of the group as its leader last saw it. */
struct seen {
	char	*topic;
	int32_t	 partitions;
};

/* What the leader has to assign to, while it waits for metadata. */
struct lead {
	struct reply	*reply;		/* of JoinGroup; NULL: not waiting */
	int		 rounds;	/* of metadata waited for */
};

struct subscriber {
	struct cluster		*data;
	struct cluster		*cl;		/* the membership's own */
	struct loop		*loop;
	struct subscriber_config cf;
	char			*group, *instance, *rack, *remote;
	struct member		 m;
	int32_t			 coordinator;	/* broker id */
	struct call		*call;		/* under way: find .. leave */
	struct call		*beat;		/* heartbeat under way */
	bool			 held_up;	/* cl: by a join or sync, which
						 * may have been cancelled */
	struct loop_timer	 timer;
	struct loop_work	 work;		/* step() is due */
	char			**topics;
	size_t			 n_topics;
	struct parts		 owned;		/* once all events are done */
	int32_t			 owned_gen;	/* that it was assigned in */
	enum assign_kind	 chosen;	/* by the group */
	bool			 leader;
	struct buf		*plan;		/* leader: of each member */
	char			**plan_id;
	size_t			 n_plan;
	struct lead		 lead;
	struct seen		*seen;		/* leader */
	size_t			 n_seen;
	struct cluster_watch	 watch;
	struct parts		 target;	/* consumer: last assignment; a
						 * name is NULL while unknown */
	struct parts		 told;		/* consumer: what is had, as the
						 * coordinator is told */
	size_t			 named;		/* of target, when it was last
						 * taken over */
	TAILQ_HEAD(, news)	 events;
	bool			 told_failed;

	/* subscriber_offsets.c */
	struct call		*commit;
	struct cluster		*commit_cl;	/* where it went */
	int32_t			 commit_gen;	/* that it was sent in */
	subscriber_committed_fn	*committed;
	void			*committed_arg;
};

/* For a request to the coordinator that may not wait long: behind a Fetch it
 * may have to, but less long than behind a JoinGroup. */
struct cluster *subscriber_line(const struct subscriber *s);
/* Goes on with whatever the machine wants, soon; at once, for answers. */
void subscriber_step(struct subscriber *s);
void subscriber_step_now(struct subscriber *s);
/* What a request came to, Kafka's error in the answer included; NULL: well. */
const struct kerr *subscriber_outcome(const struct reply *r, int16_t error,
    struct kerr *e);
/* Logs it; before the machine is told. */
void subscriber_say(const struct subscriber *s, const char *what,
    const struct kerr *e);
/* The answer to the request that ends the membership. */
void subscriber_left(void *arg, struct reply *r);

/* subscriber_classic.c: each sends a request and tells the machine later. */
void classic_join(struct subscriber *s);
void classic_sync(struct subscriber *s);
void classic_heartbeat(struct subscriber *s);
void classic_leave(struct subscriber *s);

/* subscriber_consumer.c: the same; the member makes up its own id. */
void consumer_protocol_name(struct subscriber *s);
void consumer_protocol_heartbeat(struct subscriber *s);
void consumer_protocol_look(struct subscriber *s);
void consumer_protocol_leave(struct subscriber *s);
/* Takes over of the last assignment what has a name by now. */
void consumer_protocol_reconcile(struct subscriber *s);
/* Metadata came: names, maybe. */
void consumer_protocol_metadata(struct subscriber *s);

/* subscriber_events.c */
void parts_release(struct parts *p);
/* id NULL: not known. */
void parts_add(struct parts *p, const char *topic, size_t len,
    const struct kuuid *id, int32_t partition);
void news_free(struct news *ev);
/* A new assignment, which is taken over: what it takes away is given up
 * first. */
void news_assigned(struct subscriber *s, struct parts *now);
/* Everything has to be given up before the next join. */
void news_give_up(struct subscriber *s);
void news_failed(struct subscriber *s);

/* subscriber_lead.c */
/* The answer to JoinGroup says that this member leads: takes it over. The
 * machine is told when the assignment is there. */
void lead_begin(struct subscriber *s, struct reply *r);
/* Metadata came: tries to assign, or looks whether topics have changed. */
void lead_metadata(struct subscriber *s);
/* Forgets assignment and answer. */
void lead_clear(struct subscriber *s);

/* subscriber_offsets.c */
void offsets_cancel(struct subscriber *s);

#endif
