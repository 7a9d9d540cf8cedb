/*
 * cleaner.h: compaction in the background: log.cleaner.threads passes at a
 * time, one after the other while there is something to clean, and a look
 * round every log.cleaner.backoff.ms when there is not. Timer on the control
 * thread, work in the pool (compaction.h).
 */
#ifndef KLOG_BROKER_CLEANER_H
#define KLOG_BROKER_CLEANER_H

struct broker;
struct cleaner;
struct loop;

struct cleaner *cleaner_new(struct broker *, struct loop *);
/* Starts nothing more, and calls off what runs. Before logdir_close(), which
 * waits for that. */
void cleaner_stop(struct cleaner *);
/* After the pool. */
void cleaner_free(struct cleaner *);

#endif
