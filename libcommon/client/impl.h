/*
 * impl.h: what the files of the cluster view share.
 *
 *	cluster.c	opening, choosing a broker, requests, blocking
 *	node.c		one broker: connection, requests under way
 *	node_versions.c	what a broker speaks
 *	call.c		how a request ends
 *	metadata.c	brokers, topics and leaders, and keeping them fresh
 */
#ifndef KLOG_CLIENT_IMPL_H
#define KLOG_CLIENT_IMPL_H

#include <uthash.h>

#include "base/arena.h"
#include "base/buf.h"
#include "client/cluster.h"
#include "net/conn.h"
#include "wire/api.h"

#define API_KEYS	128		/* keys that are remembered */

enum node_state {
	NODE_DOWN,		/* no connection; dialled when needed */
	NODE_DIALLING,
	NODE_ASKING,		/* ApiVersions is under way */
	NODE_UP
};

TAILQ_HEAD(call_list, call);

struct call {
	TAILQ_ENTRY(call)	 link;
	struct cluster		*cl;
	struct node		*node;
	const struct kapi	*api;
	cluster_done		*done;		/* NULL: nobody listens */
	void			*arg;
	int64_t			 deadline;	/* loop_now() */
	int64_t			 sent_ms;
	int64_t			 timeout_ms;
	const void		*req;		/* NODE_UP: the caller's, for the
						 * moment; else in arena */
	struct arena		 arena;
	struct kerr		 err;		/* once it has ended */
	int32_t			 correlation;
	int16_t			 version;
	int16_t			 max_version;	/* INT16_MAX: no bound */
	int			 flags;		/* CALL_* */
};

struct node {
	TAILQ_ENTRY(node)	 link;
	struct cluster		*cl;
	struct cluster_broker	 pub;		/* id -1: bootstrap only */
	char			*rack;
	bool			 learnt;	/* the address is from metadata */
	bool			 stale;		/* no longer in the metadata */
	enum node_state		 state;
	struct conn		*conn;
	bool			 old;		/* ApiVersions v0 only */
	struct { int16_t min, max; } api[API_KEYS];	/* max -1: unknown */
	struct call_list	 waiting;	/* until it is up */
	struct call_list	 sent;		/* in the order of answers */
	int			 n_sent;
	int32_t			 correlation;
	int			 failures;	/* in a row */
	int64_t			 retry_at;	/* not dialled before */
	struct kerr		 err;		/* the last failure */
	struct loop_timer	 timer;		/* deadlines, back-off */
};

struct topic {
	UT_hash_handle		 hh;		/* by name */
	struct cluster_topic	 pub;
	struct cluster_partition *part;
	char			*name;
	bool			 wanted;
	uint64_t		 heard;		/* Metadata that told of it */
};

struct resolve_rule {
	struct addr	 from;
	struct addr	 to;
};

struct cluster {
	struct loop		*loop;
	struct cluster_config	 cf;
	char			*brokers, *client_id, *rack, *resolve;
	struct resolve_rule	*rules;
	int			 n_rules;
	TAILQ_HEAD(, node)	 nodes;
	struct call_list	 ended;		/* done() is due */
	struct loop_work	 ending;
	uint32_t		 random;

	/* metadata.c */
	struct topic		*topics;
	struct cluster_broker	*list;		/* for cluster_brokers() */
	int			 n_list;
	TAILQ_HEAD(, cluster_watch) watches;
	char			*id;
	int32_t			 controller;
	bool			 all;		/* cluster_want_all() */
	uint64_t		 asked;		/* number of the last Metadata */
	uint64_t		 heard;		/* of the last one answered */
	struct call		*asking;	/* Metadata under way */
	bool			 again;		/* and another one after it */
	int			 failures;	/* of Metadata, in a row */
	int64_t			 fresh_at;	/* time of the last answer */
	struct kerr		 err;		/* of the last failure */
	struct loop_timer	 timer;		/* next Metadata */
};

/* A random number for back-off and choice; not for secrets. */
uint32_t cluster_random(struct cluster *c);

/* node.c */
struct node *node_new(struct cluster *c, const struct addr *a, int32_t id);
/* Ends its calls with KE_CANCELLED, forgets it. */
void node_free(struct node *n);
/* "broker 3 (host:9092)" or "host:9092". */
const char *node_name(const struct node *n, char *buf, size_t size);
/* Takes a call over; dials when it has to. */
void node_send(struct node *n, struct call *call);
/* Takes the call off whatever list it is on. */
void node_unlink(struct call *call);
/* Moves the node to another address: the connection is dropped. */
void node_readdress(struct node *n, const struct addr *a);
int16_t node_version(const struct node *n, const struct kapi *api,
    int16_t max_version);

/* Among the node's own files: */
/* The connection is of no use any more: all that was under way ends. */
void node_down(struct node *n, const struct kerr *e);
/* Requests may go: those that wait do. */
void node_up(struct node *n);
/* Says which broker it was, and how its address was learnt. */
void node_blame(struct node *n, struct kerr *e);
/* Encodes and queues a call of a known version; there is a connection. */
void node_transmit(struct node *n, struct call *call);

/* node_versions.c */
void node_ask_versions(struct node *n);
/* Reads the answer, ends the call; the node is up or down afterwards. */
void node_take_versions(struct node *n, struct call *call, struct rd *r);

/* call.c */
/* Ends a call that is on no list: done() is called from the loop. */
void call_end(struct call *call, const struct kerr *e);
/* Calls done() with the answer, frees the call. */
void call_answer(struct call *call, struct reply *r);
/* The body at r, as a reply that keeps the frame; with err where it cannot be
 * decoded. */
struct reply *call_decode(struct call *call, const struct frame *f,
    struct rd *r);

/* cluster.c */
/* Makes sure that there are nodes to talk to: from the list of brokers, or by
 * asking where the private broker is, which may take left_ms. */
int cluster_bootstrap(struct cluster *c, int64_t left_ms, struct kerr *e);
struct node *cluster_node(const struct cluster *c, int32_t id);
/* Up before dialling before down; NULL when there is no node at all. */
struct node *cluster_any(struct cluster *c);

/* metadata.c */
void metadata_init(struct cluster *c);
void metadata_release(struct cluster *c);
/* Asks now, or as soon as the answer under way has come. */
void metadata_ask(struct cluster *c);

#endif
