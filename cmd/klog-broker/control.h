/*
 * control.h: the thread that thinks. It alone owns what is decided: metadata,
 * producer ids, later groups and transactions. Others send it messages; it
 * does no disk I/O itself (jobs to the pool, their completions come back as
 * messages).
 *
 * A change of the metadata is decided on the pending image, which has all
 * changes decided so far, and applied to it at once; it is published, and its
 * request answered, when its records are durable. Changes that come while
 * others are being written go into the next write together.
 */
#ifndef KLOG_BROKER_CONTROL_H
#define KLOG_BROKER_CONTROL_H

#include "base/err.h"
#include "controller.h"
#include "image.h"
#include "pool.h"
#include "records.h"

struct broker;
struct control;
struct metalog;
struct request;

/* im is the image to start from, published already; the log is taken over. */
struct control *control_new(struct broker *, struct loop *,
    struct metalog *, struct image *im);
/* After the loop has stopped: closes the metadata log. */
int control_free(struct control *, struct kerr *);

/* Hands r to the control thread, which runs fn(r) and ends r from there, now
 * or later. From r's I/O thread. */
void control_call(struct request *r, void (*fn)(struct request *));
/* Runs a message on the control thread. From any thread. */
void control_post(struct broker *, struct loop_msg *);
/* Its loop, for timers and the like of its own rooms. */
struct loop *control_loop(const struct broker *);
/* A pool job whose done() runs on the control thread (home is filled in). */
void control_job(struct broker *, struct job *);

/* The rest is for the control thread itself. */
const struct controller *control_rules(const struct broker *);
/* What was decided so far, for further decisions; and what is certain. */
const struct image *control_pending(const struct broker *);
const struct image *control_durable(const struct broker *);
/* The properties in force, until the next change. */
const struct broker_config *control_config(const struct broker *);
/* Makes the records so; takes them over. Then done(arg, ok), ok false where
 * they could not be written: from then on nothing can be changed. No records:
 * done() as soon as what was decided before is durable. */
void control_change(struct broker *, struct records *,
    void (*done)(void *arg, bool ok), void *arg);

/* A producer id that nobody had before; -1 where none can be had. fn may be
 * called at once. */
void control_producer_id(struct broker *, void (*fn)(void *arg, int64_t id),
    void *arg);
/* A block of ids that is this broker's already. Before the loop runs. */
void control_own_ids(struct control *, int64_t first, int64_t n);

#endif
