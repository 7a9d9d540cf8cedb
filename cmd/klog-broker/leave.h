/*
 * leave.h: when a private broker leaves of its own accord: nobody has been
 * there for idle.exit.ms, or its data directory is gone (removed, moved, or
 * another in its place). Control thread.
 */
#ifndef KLOG_BROKER_LEAVE_H
#define KLOG_BROKER_LEAVE_H

struct broker;
struct datadir;
struct leave;
struct loop;

struct leave_calls {
	void	(*alone)(void *arg);
	void	(*lost)(void *arg);	/* nothing may be written there */
	void	*arg;
};

struct leave *leave_new(struct broker *, struct loop *, const struct datadir *,
    const struct leave_calls *);
/* From here on nothing is called. */
void leave_stop(struct leave *);
void leave_free(struct leave *);

#endif
