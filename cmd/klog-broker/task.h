/*
 * task.h: how threads speak to each other. Each I/O thread and the control
 * thread own a mailbox; anybody posts tasks into it, and the owner runs them
 * on its loop, in order. A task is embedded in what it is about, so posting
 * takes no memory.
 */
#ifndef KLOG_BROKER_TASK_H
#define KLOG_BROKER_TASK_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/queue.h>

struct loop;
struct loop_io;

struct task {
	void			(*run)(struct task *);	/* on the owner's loop */
	STAILQ_ENTRY(task)	  link;
};

STAILQ_HEAD(task_list, task);

struct mailbox {
	pthread_mutex_t	 lock;
	struct task_list tasks;
	bool		 rung;		/* the owner knows already */
	int		 fd;		/* eventfd that its loop watches */
	struct loop_io	*io;
};

/* Called by the owner before others know the mailbox. */
int mailbox_open(struct mailbox *, struct loop *);
/* Runs what is left, then forgets it; nobody may post any more. */
void mailbox_close(struct mailbox *);
/* From any thread, the owner included. The task must not be posted again
 * before it ran; inside run() it may be freed or posted anew. */
void mailbox_post(struct mailbox *, struct task *);

#endif
