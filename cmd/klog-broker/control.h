/*
 * control.h: the thread that thinks. It alone owns what is decided: metadata,
 * producer ids, later groups and transactions. Others send it messages; it
 * does no disk I/O itself (jobs to the pool, their completions come back as
 * messages).
 */
#ifndef KLOG_BROKER_CONTROL_H
#define KLOG_BROKER_CONTROL_H

#include "pool.h"

struct broker;
struct control;
struct request;

/* Hands r to the control thread, which runs fn(r) and ends r from there, now
 * or later. From r's I/O thread. */
void control_call(struct request *r, void (*fn)(struct request *));
/* Runs a message on the control thread. From any thread. */
void control_post(struct broker *, struct loop_msg *);
/* A pool job whose done() runs on the control thread (home is filled in). */
void control_job(struct broker *, struct job *);

#endif
