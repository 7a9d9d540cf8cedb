/*
 * chores.h: what has to be done for the data directory now and then, whoever
 * asks: checkpoints, retention, files that are due. Timers on the control
 * thread, work in the pool.
 */
#ifndef KLOG_BROKER_CHORES_H
#define KLOG_BROKER_CHORES_H

struct broker;
struct chores;
struct loop;

struct chores *chores_new(struct broker *, struct loop *);
/* Starts nothing more. Before logdir_close(), which waits for what runs. */
void chores_stop(struct chores *);
/* After the pool. */
void chores_free(struct chores *);

#endif
