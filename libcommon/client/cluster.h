/*
 * cluster.h: a program's view of one Kafka cluster: brokers, topics, leaders,
 * connections, requests. One thread, one loop.
 *
 * The cluster is found through the bootstrap list; from there on brokers are
 * dialled at the addresses that they advertise, one connection each, made
 * when first needed. A connection begins with ApiVersions (v3, v0 where the
 * broker is older); a request then uses the newest version that both know.
 * Works with Apache Kafka 2.1 and everything newer.
 */
#ifndef KLOG_CLIENT_CLUSTER_H
#define KLOG_CLIENT_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"
#include "net/addr.h"
#include "net/loop.h"
#include "wire/types.h"

struct cluster;

/* Where brokers are found when no list is given: the private broker. Called
 * before each round of bootstrap attempts; leaves a list as of -b in *brokers
 * (caller frees). Blocks at most until deadline_ms on loop_clock()'s time. */
typedef int cluster_locate(void *arg, int64_t left_ms, char **brokers,
    struct kerr *e);

struct cluster_config {
	const char	*brokers;	/* bootstrap.servers: "H[:P],.." */
	cluster_locate	*locate;	/* used where brokers is NULL */
	void		*locate_arg;
	const char	*client_id;	/* client.id; NULL: "klog" */
	const char	*resolve;	/* "H:P:ADDR,..": dial ADDR for H:P */
	const char	*rack;		/* client.rack */
	int64_t		 contact_ms;	/* -m: bounds the first contact */
	int64_t		 connect_ms;	/* socket.connection.setup.timeout.ms */
	int64_t		 request_ms;	/* request.timeout.ms */
	int64_t		 backoff_ms;	/* retry.backoff.ms */
	int64_t		 backoff_max_ms; /* retry.backoff.max.ms */
	int64_t		 metadata_ms;	/* metadata.max.age.ms */
	size_t		 frame_max;	/* receive.message.max.bytes */
	bool		 auto_create;	/* let metadata create topics */
};

void cluster_config_defaults(struct cluster_config *cf);

/* Copies what cf points to. Dials nothing yet. */
struct cluster *cluster_open(struct loop *l, const struct cluster_config *cf,
    struct kerr *e);
/* Calls that are open end with KE_CANCELLED. */
void cluster_close(struct cluster *c);
/* Blocks until one broker has answered: its ApiVersions and, from there on,
 * the brokers of the cluster are known. At most contact_ms. The text of a
 * failure names every address that was tried. */
int cluster_connect(struct cluster *c, struct kerr *e);

struct loop *cluster_loop(const struct cluster *c);
const struct cluster_config *cluster_conf(const struct cluster *c);
/* NULL while unknown, or where the broker is too old to say. Stays as it
 * is for as long as the brokers say the same. */
const char *cluster_id(const struct cluster *c);

/*
 * Requests.
 *
 * A broker is named by its id, or: any that is connected or can be; the
 * controller (as last heard of; any broker where it is not known).
 */
enum { BROKER_ANY = -1, BROKER_CONTROLLER = -2 };

/* What a request came to. It owns its memory: end it with reply_free(). */
struct reply {
	struct kerr	 err;		/* code 0: answered and decoded */
	const void	*msg;		/* struct <api>_response; NULL on err */
	int16_t		 api, version;
	int32_t		 broker;	/* id, -1 while only bootstrapped */
	int64_t		 sent_ms, came_ms;	/* loop_clock() */
};

void reply_free(struct reply *r);

/* Called once, on the loop, never from within cluster_send(). Owns r. */
typedef void cluster_done(void *arg, struct reply *r);

struct call;			/* a request that has not ended yet */

enum {
	CALL_NO_REPLY = 1,	/* acks=0: done as soon as it is sent */
	CALL_WAITS = 2,		/* the broker may hold the answer back: not to
				 * be put before others on one connection */
};

struct call_options {
	int64_t	 timeout_ms;	/* 0: request_ms */
	int16_t	 max_version;	/* 0: no bound of the caller's (< 0: v0) */
	int	 flags;
};

/* Encodes now (req may go afterwards; what krecords borrow must stay until
 * done, or be held by their khold), sends in the order of the calls to one
 * broker. opt may be NULL. The call ends with: the answer; KE_EOF, KE_SYS or
 * KE_UNREACHABLE (connection); KE_TIMEOUT; KE_UNSUPPORTED (no version in
 * common); KE_PROTO. No retries here. */
struct call *cluster_send(struct cluster *c, int32_t broker, int16_t api,
    const void *req, const struct call_options *opt, cluster_done *done,
    void *arg);
/* done() is not called any more; the answer, when it comes, is dropped. */
void cluster_cancel(struct cluster *c, struct call *call);
/* The same, blocking: runs the loop until it has ended. Returns r->err.code,
 * with e a copy; *r is then NULL. On success *r is the caller's. */
int cluster_call(struct cluster *c, int32_t broker, int16_t api,
    const void *req, const struct call_options *opt, struct reply **r,
    struct kerr *e);
/* The version a call to this broker would use; -1 when there is none or the
 * broker is not connected. */
int cluster_version(struct cluster *c, int32_t broker, int16_t api);

/*
 * Metadata. Topics of interest are those that were asked for; they are kept
 * fresh. The structs stay valid until the loop runs again.
 */
struct cluster_broker {
	int32_t		 id;
	struct addr	 addr;		/* as advertised */
	const char	*rack;		/* or NULL */
};

struct cluster_partition {
	int32_t		 leader;	/* broker id; -1: none now */
	int32_t		 leader_epoch;	/* -1: not known */
	int16_t		 error;		/* Kafka error code */
};

struct cluster_topic {
	const char			*name;
	struct kuuid			 id;	/* none: broker too old */
	int16_t				 error;	/* Kafka error code */
	bool				 internal;
	int32_t				 n;	/* partitions */
	const struct cluster_partition	*part;	/* by index */
};

/* NULL when never heard of. */
const struct cluster_topic *cluster_topic(struct cluster *c,
    const char *name);
const struct cluster_topic *cluster_topic_by_id(struct cluster *c,
    const struct kuuid *id);
/* Every topic that was heard of; each() may not touch the cluster. */
void cluster_each_topic(struct cluster *c,
    void (*each)(void *arg, const struct cluster_topic *), void *arg);
/* -1 when there is none, or nothing is known. */
int32_t cluster_leader(struct cluster *c, const char *topic, int32_t part);
const struct cluster_broker *cluster_broker(struct cluster *c, int32_t id);
int cluster_brokers(struct cluster *c, const struct cluster_broker **v);

/* Makes a topic one of interest. */
void cluster_want(struct cluster *c, const char *topic);
/* All topics of the cluster are of interest: for ^regex. */
void cluster_want_all(struct cluster *c);
/* Asks for the topics of interest now (after the back-off, where the last
 * answer is younger than that), without waiting. Also after an error that
 * says the cached leader is wrong. */
void cluster_refresh(struct cluster *c);
/* Blocks until metadata for the topic has come that is newer than the call.
 * KE_BROKER with Kafka's code where the topic has an error. */
int cluster_load_topic(struct cluster *c, const char *topic, int64_t wait_ms,
    struct kerr *e);

/* Told after each metadata answer was taken over. */
struct cluster_watch {
	TAILQ_ENTRY(cluster_watch)	 link;
	void				(*changed)(struct cluster_watch *);
};

void cluster_watch_add(struct cluster *c, struct cluster_watch *w);
void cluster_watch_del(struct cluster *c, struct cluster_watch *w);

#endif
