/*
 * state.h: what a mirror remembers, as records of the compacted topic
 * __klog_mirror.LINK in the target (klog-mirror(1) explains them):
 *
 *	key				value
 *	0 topic target partition	position: how far the copy is
 *	1 topic target partition base	map: where the records from base on are
 *	2				run: which one has the link
 *	3 topic target			made: the target's topic is this link's
 *
 * Both begin with an int16, the kind in a key, the version (0) in a value; what
 * follows is laid out as Kafka's flexible messages are: compact lengths, and
 * tagged fields, none as yet, so that an older klog-mirror passes over what a
 * newer one adds. Pure: no I/O.
 */
#ifndef KLOG_MIRROR_STATE_H
#define KLOG_MIRROR_STATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "omap.h"
#include "wire/types.h"

enum state_kind { STATE_POSITION, STATE_MAP, STATE_RUN, STATE_MADE };

struct state_key {
	struct kstr	topic;		/* in the source */
	struct kstr	target;		/* its name in the target */
	int32_t		partition;
	int64_t		base;		/* maps: the first run's src */
};

struct state_position {
	struct kstr	cluster;	/* id of the source, null: not known */
	struct kuuid	topic_id;	/* of its topic, zero: not known */
	int64_t		src_next;	/* first offset not yet copied */
	int32_t		leader_epoch;	/* of the record before it, or -1 */
	int64_t		tgt_next;	/* behind the last record copied; -1:
					 * there is none */
	struct kbytes	runs;		/* since the last map */
};

struct state_map {
	struct kbytes	runs;
};

/* The run that began last. */
struct state_run {
	struct kuuid	id;		/* its own, made when it began */
};

/* A topic that the link makes in the target: written before it does. */
struct state_made {
	struct kstr	cluster;	/* id of the source, null: not known */
};

/* Runs of one record at most: about 40 kB. */
#define STATE_RUNS_MAX	4096

/* Each appends what it names to out. */
void state_put_key(struct buf *out, enum state_kind kind,
    const struct state_key *k);
void state_put_position(struct buf *out, const struct state_position *p);
void state_put_map(struct buf *out, const struct state_map *m);
void state_put_run(struct buf *out, const struct state_run *r);
void state_put_made(struct buf *out, const struct state_made *m);
/* Runs, each as three varints: from the end of the one before in the source
 * and in the target, and how many. */
void state_put_runs(struct buf *out, const struct run *v, size_t n);

/* What lies at [p, p + n). Strings and bytes borrow from p. KE_UNSUPPORTED: of
 * a newer klog-mirror; KE_DATA: none of ours. */
int state_get_key(const void *p, size_t n, enum state_kind *kind,
    struct state_key *k, struct kerr *e);
int state_get_position(const void *p, size_t n, struct state_position *v,
    struct kerr *e);
int state_get_map(const void *p, size_t n, struct state_map *v,
    struct kerr *e);
int state_get_run(const void *p, size_t n, struct state_run *v,
    struct kerr *e);
int state_get_made(const void *p, size_t n, struct state_made *v,
    struct kerr *e);
/* Appends the runs to a map. */
int state_get_runs(struct kbytes b, struct omap *m, struct kerr *e);

#endif
