/*
 * journal_write.c: a journal's batches on their way to the disk and back.
 *
 * A batch ends twice: it was appended, and the high watermark is past it (or
 * will not be). Whoever sees the second end, on whichever thread, answers the
 * requests that only wait for that, and sends the batch home. The control
 * thread is not woken for it unless somebody waits there.
 */
#include <assert.h>
#include <stdatomic.h>

#include "base/xalloc.h"
#include "broker.h"
#include "control.h"
#include "io.h"
#include "journal_impl.h"
#include "logdir.h"
#include "wire/kerror.h"

/* With more batches than that under way, answers go by the control thread:
 * what comes together there leaves together. */
#define NEAR_MAX	4

/* A write failed: what the log has counts. */
static void
write_failed(struct journal_part *jp, int16_t error)
{
	journal_lose(jp, error == ERR_NOT_LEADER_OR_FOLLOWER ?
	    ERR_NOT_COORDINATOR : ERR_COORDINATOR_NOT_AVAILABLE);
	if (error != ERR_NOT_LEADER_OR_FOLLOWER &&
	    error != ERR_UNKNOWN_TOPIC_OR_PARTITION &&
	    error != ERR_KAFKA_STORAGE_ERROR)
		journal_load(jp);
}

/* The batch is back. */
static void
batch_end(struct journal_batch *jb)
{
	struct journal_part *jp = jb->part;
	bool current = jb->term == jp->term;
	int16_t error;

	STAILQ_REMOVE(&jp->flying, jb, journal_batch, link);
	if (jb->error == 0)
		jb->error = partition_acked(jb->partition, &jb->waiter);
	if (current && jb->error != 0)
		write_failed(jp, jb->error);
	else if (current) {
		jp->durable = jb->seq;
		jp->journal->n_waits -= journal_settle(&jp->waits,
		    jp->durable, ERR_NONE);
	}
	error = jb->error == 0 ? ERR_NONE : jp->error != 0 ? jp->error :
	    ERR_COORDINATOR_NOT_AVAILABLE;
	journal_batch_drop(jb, error);
}

static void
set_hurry(struct journal *j)
{
	atomic_store(&j->hurry, j->n_waits > 0 || !STAILQ_EMPTY(&j->closed));
}

/* Back to the control thread; any thread. Who waits for what failed hears of
 * it there. */
static void
send_home(struct journal *j, struct loop_msg *m, bool failed)
{
	struct loop *control = control_loop(j->broker);

	loop_leave(control, m);
	if (failed || atomic_load(&j->hurry))
		loop_wake(control);
}

static void
covered(struct loop_msg *m)
{
	struct journal_batch *jb = (struct journal_batch *)((char *)m -
	    offsetof(struct journal_batch, covered));
	struct journal *j = jb->part->journal;

	batch_end(jb);
	set_hurry(j);
}

void
journal_answer_home(struct loop_msg *m)
{
	struct journal_wait *w = (struct journal_wait *)((char *)m -
	    offsetof(struct journal_wait, home));

	io_refresh(w->r->io);
	w->done(w, ERR_NONE);
}

/* The batch is durable: who only has to answer need not hear of it from the
 * control thread. On the writing thread, or under a partition's lock. */
static void
answer(struct journal_batch *jb, const struct io *here)
{
	struct journal_wait *w;

	if (!jb->waiter.met)
		return;
	while ((w = TAILQ_FIRST(&jb->answers)) != NULL) {
		TAILQ_REMOVE(&jb->answers, w, link);
		if (w->r->io == here)
			w->done(w, ERR_NONE);
		else
			loop_post(w->r->io->loop, &w->home);
	}
}

static void
is_covered(struct delayed *d)
{
	struct journal_batch *jb = (struct journal_batch *)((char *)d -
	    offsetof(struct journal_batch, delayed));

	if (atomic_fetch_sub(&jb->ends, 1) != 1)
		return;
	answer(jb, NULL);
	send_home(jb->part->journal, &jb->covered, !jb->waiter.met);
}

/* On the writer's thread. */
static void
append(struct journal *j)
{
	struct journal_batch *jb;
	bool failed = false;

	for (int32_t i = 0; i < j->n_writing; i++) {
		jb = j->writing[i];
		if (jb->error == 0)
			jb->error = partition_append(jb->partition,
			    &jb->append, &jb->delayed, &jb->waiter);
		if (jb->error != 0) {
			failed = true;
			continue;
		}
		if (atomic_fetch_sub(&jb->ends, 1) > 1) {
			j->writing[i] = NULL;	/* is_covered() has it */
			continue;
		}
		answer(jb, j->writer);
		failed |= !jb->waiter.met;
	}
	atomic_store(&j->over, true);
	send_home(j, &j->written, failed);
}

void
journal_write_here(struct loop_msg *m)
{
	struct journal *j = (struct journal *)((char *)m -
	    offsetof(struct journal, write));

	io_refresh(j->writer);
	append(j);
}

/* On a pool thread. */
static void
write_job(void *arg)
{
	struct journal *j = arg;
	struct broker *b = j->broker;

	append(j);
	logdir_job_done(b->logdir);
}

static void
prepare(struct journal *j, struct journal_batch *jb)
{
	delayed_init(&jb->delayed, j->broker->logdir, (struct waker){ 0 }, 1);
	jb->delayed.call = is_covered;
	jb->covered.run = covered;
	atomic_init(&jb->ends, 2);
	STAILQ_INSERT_TAIL(&jb->part->flying, jb, link);
	if (j->n_writing == j->cap_writing) {
		j->cap_writing = 2 * j->cap_writing + 16;
		j->writing = xreallocarray(j->writing,
		    (size_t)j->cap_writing, sizeof(struct journal_batch *));
	}
	j->writing[j->n_writing++] = jb;
	if (j->writer == NULL && !TAILQ_EMPTY(&jb->answers))
		j->writer = TAILQ_FIRST(&jb->answers)->r->io;
}

/* Closed batches wait for the write under way. */
static void
hurry(struct journal *j)
{
	atomic_store(&j->hurry, true);
	if (atomic_load(&j->over))
		loop_wake(control_loop(j->broker));
}

static void
write_closed(struct journal *j)
{
	struct journal_batch *jb;

	if (STAILQ_EMPTY(&j->closed))
		return;
	if (j->busy) {
		hurry(j);
		return;
	}
	j->busy = true;
	j->writer = NULL;
	j->n_writing = 0;
	while ((jb = STAILQ_FIRST(&j->closed)) != NULL) {
		STAILQ_REMOVE_HEAD(&j->closed, link);
		prepare(j, jb);
	}
	set_hurry(j);
	atomic_store(&j->over, false);
	if (j->writer != NULL)
		loop_post(j->writer->loop, &j->write);
	else
		logdir_job(j->broker->logdir, write_job, j);
}

void
journal_written(struct loop_msg *m)
{
	struct journal *j = (struct journal *)((char *)m -
	    offsetof(struct journal, written));

	for (int32_t i = 0; i < j->n_writing; i++)
		if (j->writing[i] != NULL)
			batch_end(j->writing[i]);
	j->busy = false;
	set_hurry(j);
	write_closed(j);
}

void
journal_close_batch(struct journal_part *jp, bool far)
{
	struct journal *j = jp->journal;
	struct journal_batch *jb = jp->open;
	struct builder_opts o = BUILDER_OPTS;
	struct kerr e = KERR_INIT;
	ssize_t n;

	jp->open = NULL;
	if (jb->producer_id >= 0)
		o.flags = BATCH_TRANSACTIONAL;
	o.producer_id = jb->producer_id;
	o.producer_epoch = jb->producer_epoch;
	n = builder_finish(&jb->builder, &o, NULL, NULL, &e);
	assert(n > 0);
	jb->append.batch.iov_base = jb->mem;
	jb->append.batch.iov_len = (size_t)n;
	jb->append.append_time = -1;
	jb->append.wait = true;
	STAILQ_INSERT_TAIL(&j->closed, jb, link);
	if (far && !TAILQ_EMPTY(&jb->answers)) {
		j->n_waits += jb->n_answers;
		TAILQ_CONCAT(&jp->waits, &jb->answers, link);
	}
}

/* The round is over. */
void
journal_close_open(struct loop_work *w)
{
	struct journal *j = (struct journal *)((char *)w -
	    offsetof(struct journal, work));

	for (int32_t i = 0; i < j->n; i++)
		if (j->parts[i]->open != NULL)
			journal_close_batch(j->parts[i],
			    j->n_batches > NEAR_MAX);
	write_closed(j);
}
