/*
 * partition_io.c: appending to a partition, reading from it, waiting for it.
 * What I/O threads call; each function takes the lock for a moment, and the
 * reads of the log itself run without it.
 */
#include "partition.h"

#include <stdlib.h>

#include "base/log.h"
#include "partition_impl.h"
#include "record/batch.h"
#include "store/txnindex.h"
#include "wire/kerror.h"
#include "wire/msg_list_offsets.h"

/* Kafka's own durability needs an fsync now and then where the topic asks for
 * it; ours is a round after every append. */
static void
flush_after(struct partition *p)
{
	if (!p->ld->acks_os) {
		flush_want(p);
		return;
	}
	/* it counts as one here, for what gives way to producers */
	atomic_store(&p->ld->round_ns, sys_mono_ns(p->ld->sys));
	if (log_end(p->log) - log_flushed(p->log) >=
	    p->config->flush_messages)
		flush_want(p);
}

/* What the log's verdict means to a producer. */
static int16_t
append_error(struct partition *p, const struct kerr *e)
{
	if (e->code == KE_BROKER)
		return (int16_t)e->kafka;
	if (e->code == KE_RANGE || e->code == KE_DATA || e->code == KE_PROTO)
		return ERR_CORRUPT_MESSAGE;
	partition_fail(p, e);
	return ERR_KAFKA_STORAGE_ERROR;
}

/* No more can be asked for than there are replicas at all. */
static bool
enough_in_sync(const struct partition *p)
{
	int32_t least = p->config->min_insync_replicas;

	return p->n_isr >= (least < p->n_replicas ? least : p->n_replicas);
}

/* May a transaction begin in the log with this batch, or go on? In the log's
 * own order: a duplicate is fine whatever became of its transaction. */
static int16_t
check_txn(struct partition *p, const struct partition_append *a,
    const struct batch_header *h)
{
	if (!batch_is_transactional(h) || batch_is_control(h) ||
	    h->producer_id < 0 || log_is_duplicate(p->log, &a->batch))
		return ERR_NONE;
	if (a->verify && !log_txn_open(p->log, h->producer_id) &&
	    !verify_holds(&p->verifying, h->producer_id, a->verified))
		return ERR_INVALID_TXN_STATE;
	return h->base_sequence < 0 || verify_in_order(&p->verifying,
	    h->producer_id, h->base_sequence) ? ERR_NONE :
	    ERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
}

static int16_t
append(struct partition *p, struct partition_append *a, int64_t *last)
{
	struct log_appended done;
	struct batch_header h;
	struct kerr e = KERR_INIT;
	int16_t error;

	if ((error = partition_check(p, -1)) != 0)
		return error;
	if (a->wait && !enough_in_sync(p))
		return ERR_NOT_ENOUGH_REPLICAS;
	if ((error = partition_need_log(p)) != 0)
		return error;
	if (batch_parse(a->batch.iov_base, a->batch.iov_len, &h, NULL) == 0 &&
	    (error = check_txn(p, a, &h)) != 0)
		return error;
	if (log_append(p->log, &a->batch, 1, p->leader_epoch, a->append_time,
	    &done, &e) < 0)
		return append_error(p, &e);
	if (batch_is_transactional(&h))
		verify_end(&p->verifying, h.producer_id);
	a->base = done.base;
	a->log_start = log_start(p->log);
	*last = done.last;
	if (done.duplicate)
		a->append_time = done.append_time;
	else
		p->end_bytes += (int64_t)a->batch.iov_len;
	return ERR_NONE;
}

/* Goes to work on the log outside the lock. False: there is none. */
static bool
enter(struct partition *p)
{
	bool there;

	pthread_mutex_lock(&p->lock);
	there = p->log != NULL && !p->deleted;
	if (there)
		p->users++;
	pthread_mutex_unlock(&p->lock);
	return there;
}

static void
leave(struct partition *p)
{
	pthread_mutex_lock(&p->lock);
	partition_leave(p);
	pthread_mutex_unlock(&p->lock);
}

int16_t
partition_append(struct partition *p, struct partition_append *a,
    struct delayed *d, struct waiter *w)
{
	bool writes = false;
	int64_t last;
	int16_t error;

	w->partition = p;
	w->listed = false;
	pthread_mutex_lock(&p->lock);
	if ((error = append(p, a, &last)) == 0) {
		writes = log_wants_writeback(p->log);
		p->users += writes;
		if (a->wait)
			waitlist_add_ack(&p->waiting, w, d, last + 1);
		flush_after(p);
		if (p->ld->acks_os)
			partition_advance(p);
		if (a->wait)
			waitlist_settle(&p->waiting, w, p->high_watermark);
	}
	pthread_mutex_unlock(&p->lock);
	if (writes) {
		log_writeback(p->log);
		leave(p);
	}
	return error;
}

uint64_t
partition_verify(struct partition *p, int64_t producer_id, int16_t epoch,
    int32_t sequence)
{
	uint64_t number = 0;

	pthread_mutex_lock(&p->lock);
	if (p->log == NULL || !log_txn_open(p->log, producer_id))
		number = verify_begin(&p->verifying, producer_id, epoch,
		    sequence, sys_mono_ns(p->ld->sys) / 1000000);
	pthread_mutex_unlock(&p->lock);
	return number;
}

int16_t
partition_producers(struct partition *p, struct producer_info **v,
    unsigned int *n)
{
	int16_t error;

	*v = NULL;
	*n = 0;
	pthread_mutex_lock(&p->lock);
	if ((error = partition_check(p, -1)) == 0 && p->log != NULL)
		*v = log_producers(p->log, n);
	pthread_mutex_unlock(&p->lock);
	return error;
}

int16_t
partition_acked(struct partition *p, struct waiter *w)
{
	int16_t error = ERR_NONE;

	pthread_mutex_lock(&p->lock);
	waitlist_remove(&p->waiting, w);
	if (p->high_watermark < w->offset &&
	    (error = partition_check(p, -1)) == 0)
		error = ERR_REQUEST_TIMED_OUT;
	pthread_mutex_unlock(&p->lock);
	return error;
}

/* What is among the records of aborted transactions. Retention may have taken
 * the records, and with them the index, since they were found. */
static int16_t
find_aborted(struct partition *p, struct partition_fetch *f, int64_t upto,
    struct kerr *e)
{
	struct aborted_txns t;
	int64_t end;

	if ((end = log_read_end(p->log, &f->records, upto, e)) < 0)
		return ERR_KAFKA_STORAGE_ERROR;
	if (log_aborted(p->log, f->offset, end, &t, e) < 0)
		return e->code == KE_RANGE ? ERR_OFFSET_OUT_OF_RANGE :
		    ERR_KAFKA_STORAGE_ERROR;
	f->aborted = t.v;
	f->n_aborted = t.n;
	return log_start(p->log) > f->offset ? ERR_OFFSET_OUT_OF_RANGE :
	    ERR_NONE;
}

static void
drop_found(struct partition_fetch *f)
{
	if (f->records.hold != NULL)
		f->records.hold->drop(f->records.hold);
	f->records = (struct krecords){ .fd = -1 };
	free(f->aborted);
	f->aborted = NULL;
	f->n_aborted = 0;
}

static int16_t
fetch_log(struct partition *p, struct partition_fetch *f)
{
	int16_t error;
	int64_t upto = f->committed ? f->last_stable : f->high_watermark;
	struct kerr e = KERR_INIT;
	int rc;

	if (f->offset < f->log_start || f->offset > log_end(p->log))
		return ERR_OFFSET_OUT_OF_RANGE;
	if (f->offset >= upto || (f->max_bytes <= 0 && !f->min_one))
		return ERR_NONE;
	rc = log_read(p->log, f->offset, f->max_bytes, upto, f->min_one,
	    &f->records, &e);
	if (rc >= 0 && (!f->committed || f->records.len == 0))
		return ERR_NONE;
	if (rc >= 0) {
		if ((error = find_aborted(p, f, upto, &e)) == 0)
			return ERR_NONE;
		drop_found(f);
		if (error == ERR_OFFSET_OUT_OF_RANGE)
			return error;
	}
	f->records.len = 0;
	f->records.hold = NULL;
	if (e.code == KE_RANGE)
		return ERR_OFFSET_OUT_OF_RANGE;
	pthread_mutex_lock(&p->lock);
	partition_fail(p, &e);
	pthread_mutex_unlock(&p->lock);
	return ERR_KAFKA_STORAGE_ERROR;
}

int16_t
partition_fetch(struct partition *p, struct partition_fetch *f)
{
	struct partition_offsets o;
	int16_t error;

	f->records = (struct krecords){ .fd = -1 };
	f->aborted = NULL;
	f->n_aborted = 0;
	f->high_watermark = f->last_stable = f->log_start = -1;
	error = partition_offsets(p, f->current_leader_epoch, &o);
	if (error != 0)
		return error;
	f->high_watermark = o.high_watermark;
	f->last_stable = o.last_stable;
	f->log_start = o.start;
	if (!enter(p))	/* no files: it is empty */
		return f->offset == 0 ? ERR_NONE : ERR_OFFSET_OUT_OF_RANGE;
	error = fetch_log(p, f);
	leave(p);
	return error;
}

int16_t
partition_read(struct partition *p, int64_t offset, int64_t max,
    struct buf *b)
{
	struct kerr e = KERR_INIT;
	int64_t from;
	int rc = 0;

	if (!enter(p))
		return ERR_NONE;
	from = offset > log_start(p->log) ? offset : log_start(p->log);
	if (from < log_end(p->log) && log_read_buf(p->log, from, max,
	    log_end(p->log), true, b, &e) < 0)
		rc = -1;
	leave(p);
	if (rc == 0)
		return ERR_NONE;
	pthread_mutex_lock(&p->lock);
	partition_fail(p, &e);
	pthread_mutex_unlock(&p->lock);
	return ERR_KAFKA_STORAGE_ERROR;
}

bool
partition_wait(struct partition *p, const struct partition_fetch *f,
    struct delayed *d, struct waiter *w)
{
	bool waits;

	w->partition = p;
	w->listed = false;
	pthread_mutex_lock(&p->lock);
	waits = (f->committed ? partition_stable(p) == f->last_stable :
	    p->high_watermark == f->high_watermark) &&
	    partition_check(p, -1) == 0;
	if (waits)
		waitlist_add_data(&p->waiting, w, d, f->committed);
	pthread_mutex_unlock(&p->lock);
	return waits;
}

void
partition_unwait(struct waiter *w)
{
	struct partition *p = w->partition;

	pthread_mutex_lock(&p->lock);
	waitlist_remove(&p->waiting, w);
	pthread_mutex_unlock(&p->lock);
}

int16_t
partition_offsets(struct partition *p, int32_t current_leader_epoch,
    struct partition_offsets *o)
{
	int16_t error;

	pthread_mutex_lock(&p->lock);
	error = partition_check(p, current_leader_epoch);
	if (error == 0) {
		o->start = p->log != NULL ? log_start(p->log) : 0;
		o->end = p->log != NULL ? log_end(p->log) : 0;
		o->high_watermark = p->high_watermark;
		o->last_stable = partition_stable(p);
		o->leader_epoch = p->leader_epoch;
	}
	pthread_mutex_unlock(&p->lock);
	return error;
}

/* The special times that need no search. True where it was one of them. */
static bool
find_special(const struct partition_offsets *o, int64_t timestamp,
    bool committed, struct partition_when *w)
{
	w->timestamp = -1;
	w->leader_epoch = o->leader_epoch;
	switch (timestamp) {
	case OFFSETS_LATEST:
		w->offset = committed ? o->last_stable : o->high_watermark;
		return true;
	case OFFSETS_EARLIEST:
	case OFFSETS_EARLIEST_LOCAL:
		w->offset = o->start;
		return true;
	case OFFSETS_LATEST_TIERED:	/* no tier: none (KIP-1005) */
		w->offset = w->leader_epoch = -1;
		return true;
	default:
		w->offset = w->leader_epoch = -1;
		return false;
	}
}

static int16_t
find_log(struct partition *p, int64_t timestamp, int64_t upto,
    struct partition_when *w)
{
	struct log_when when;
	struct kerr e = KERR_INIT;
	int rc;

	if (timestamp == OFFSETS_MAX_TIMESTAMP)
		rc = log_find_max_time(p->log, &when, &e);
	else
		rc = log_find_time(p->log, timestamp, upto, &when, &e);
	if (rc < 0) {
		if (log_offline(p->log)) {
			pthread_mutex_lock(&p->lock);
			partition_fail(p, &e);
			pthread_mutex_unlock(&p->lock);
		} else
			log_line(LOG_WARN, LOG_BROKER, "%s", e.msg);
		return ERR_KAFKA_STORAGE_ERROR;
	}
	if (when.offset >= upto)
		return ERR_NONE;
	w->offset = when.offset;
	w->timestamp = when.timestamp;
	w->leader_epoch = when.epoch;
	return ERR_NONE;
}

int16_t
partition_find(struct partition *p, int32_t current_leader_epoch,
    int64_t timestamp, bool committed, struct partition_when *w)
{
	struct partition_offsets o;
	int16_t error;

	w->offset = w->timestamp = w->leader_epoch = -1;
	error = partition_offsets(p, current_leader_epoch, &o);
	if (error != 0 || find_special(&o, timestamp, committed, w))
		return error;
	if (!enter(p))
		return ERR_NONE;
	error = find_log(p, timestamp,
	    committed ? o.last_stable : o.high_watermark, w);
	leave(p);
	return error;
}

int16_t
partition_epoch_end(struct partition *p, int32_t current_leader_epoch,
    int32_t asked, int32_t *found, int64_t *end)
{
	int16_t error;

	*found = -1;
	*end = -1;
	pthread_mutex_lock(&p->lock);
	error = partition_check(p, current_leader_epoch);
	if (error == 0 && asked == p->leader_epoch) {
		*found = asked;
		*end = p->log != NULL ? log_end(p->log) : 0;
	} else if (error == 0 && p->log != NULL) {
		log_epoch_end(p->log, asked, found, end);
	}
	pthread_mutex_unlock(&p->lock);
	return error;
}
