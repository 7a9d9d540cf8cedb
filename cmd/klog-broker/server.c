/*
 * server.c: opening everything in order, the main thread's loop (which is the
 * control thread), and closing everything in the opposite order.
 *
 * A clean stop: no more connections, waiting requests answered, I/O threads
 * ended (the control loop goes on meanwhile, as requests may be in its
 * hands), partitions flushed and closed, the metadata log closed, and only
 * then the marker that lets the next start skip recovery.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "broker.h"
#include "chores.h"
#include "cleaner.h"
#include "cli/exit.h"
#include "control.h"
#include "coordinator.h"
#include "image_edit.h"
#include "image_slot.h"
#include "io.h"
#include "leave.h"
#include "listeners.h"
#include "logdir.h"
#include "metalog.h"
#include "places.h"
#include "pool.h"
#include "request.h"
#include "server.h"
#include "session.h"
#include "txn_coordinator.h"
#include "store/datadir.h"
#include "wire/uuid.h"

#define SESSION_PARTITIONS	1000000	/* of all fetch sessions together */
#define FRAME_BUDGET		(1u << 30)
#define POOL_THREADS		16

struct server {
	const struct server_options *opt;
	struct broker	  broker;
	struct logdir	  logdir;
	struct loop	 *loop;
	struct metalog	 *metalog;
	struct image	 *image;	/* while starting */
	bool		  fresh;	/* a new data directory */
	bool		  opened;	/* every log was opened */
	struct loop_signal term, intr, hup;
	struct chores	 *chores;
	struct cleaner	 *cleaner;
	struct leave	 *leave;	/* private broker only */
	bool		  stopping;
	unsigned int	  io_left;
};

static void
run_in_pool(void *ctx, void (*fn)(void *), void *arg)
{
	struct server *s = ctx;

	pool_call(s->broker.pool, fn, arg);
}

/* One whose text does not look like an option of a command line. */
static void
random_id(const struct sys *sys, struct kuuid *id)
{
	do
		sys->random(sys, id->b, sizeof(id->b));
	while (kuuid_none(id) || id->b[0] >> 2 == 62);
}

static int
new_identity(struct server *s, struct datadir_meta *m, struct kerr *e)
{
	const struct broker_config *cf = s->opt->config;
	struct kuuid cluster;

	s->fresh = true;
	memset(m, 0, sizeof(*m));
	m->node_id = cf->node_id >= 0 ? cf->node_id : 1;
	random_id(s->broker.sys, &m->directory_id);
	random_id(s->broker.sys, &cluster);
	kuuid_format(&cluster, m->cluster_id);
	return datadir_save_meta(s->opt->datadir, m, e);
}

static int
load_identity(struct server *s, struct kerr *e)
{
	struct broker *b = &s->broker;
	const struct broker_config *cf = s->opt->config;
	struct datadir_meta m;
	struct kerr why = KERR_INIT;
	int rc = datadir_load_meta(s->opt->datadir, &m, &why);

	if (rc == KE_NOTFOUND)
		rc = new_identity(s, &m, e);
	else if (rc < 0)
		rc = kerr_set(e, rc, "%s", why.msg);
	else if (cf->node_id >= 0 && cf->node_id != m.node_id)
		rc = kerr_set(e, KE_CONFIG, "%s is the directory of node %d, "
		    "not of node.id %d", datadir_path(s->opt->datadir),
		    m.node_id, cf->node_id);
	if (rc < 0)
		return rc;
	b->node_id = m.node_id;
	b->directory_id = m.directory_id;
	snprintf(b->cluster_id, sizeof(b->cluster_id), "%s", m.cluster_id);
	return 0;
}

/* Writes records at once and applies them: nobody else is there yet. A clean
 * start has none, and writes nothing. */
static int
decide(struct server *s, struct records *rs, struct kerr *e)
{
	const struct records *v[1] = { rs };
	struct image_edit *ed;
	int rc = rs->n > 0 || s->fresh || !s->broker.clean_start ?
	    metalog_append(s->metalog, v, 1, e) : 0;

	if (rc == 0) {
		ed = image_edit_begin(s->image);
		for (int32_t i = 0; i < rs->n && rc == 0; i++)
			rc = image_edit_apply(ed, rs->bytes.p + rs->v[i].off,
			    rs->v[i].len, e);
		image_unref(s->image);
		s->image = image_edit_finish(ed);
	}
	records_release(rs);
	return rc;
}

static int
open_metadata(struct server *s, struct kerr *e)
{
	struct broker *b = &s->broker;
	struct controller rules = {
		b->sys, b->config, b->node_id, b->directory_id
	};
	struct records rs = { 0 };
	int rc;

	s->image = image_new(b->config, b->node_id);
	if ((rc = metalog_open(&s->metalog, b->sys, b->data_dir, b->node_id,
	    b->clean_start || s->fresh, e)) < 0 ||
	    (rc = metalog_replay(s->metalog, &s->image, e)) < 0)
		return rc;
	if (image_features(s->image, &(int32_t){ 0 }) == NULL) {
		s->fresh = true;
		controller_bootstrap(&rules, &rs);
		controller_producer_ids(&rules, s->image, &rs);
	} else {
		controller_elect(&rules, s->image, !b->clean_start, &rs);
	}
	return decide(s, &rs, e);
}

static int
open_partitions(struct server *s, struct kerr *e)
{
	struct broker *b = &s->broker;
	int rc;

	s->logdir.sys = b->sys;
	s->logdir.datadir = s->opt->datadir;
	s->logdir.path = b->data_dir;
	s->logdir.acks_os = b->config->flush_acks == FLUSH_ACKS_OS;
	s->logdir.run = run_in_pool;
	s->logdir.wake = io_wake;
	s->logdir.ctx = s;
	logdir_init(&s->logdir);
	b->logdir = &s->logdir;
	places_fill(b, s->image);
	rc = logdir_recover(&s->logdir, b->clean_start || s->fresh, e);
	if (rc == 0)
		places_tell_all(b, s->image);
	s->opened = rc == 0;
	return rc;
}

static unsigned int
io_threads(const struct server *s)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (broker_config_given(s->opt->config, "num.network.threads"))
		return (unsigned int)s->opt->config->network_threads;
	if (cores < 1)
		cores = 1;
	return s->opt->private_mode && cores > 2 ? 2 : (unsigned int)cores;
}

static int
start_threads(struct server *s, struct kerr *e)
{
	struct broker *b = &s->broker;
	unsigned int n = io_threads(s);

	b->image = image_slot_new();
	image_slot_publish(b->image, image_ref(s->image));
	b->control = control_new(b, s->loop, s->metalog, s->image);
	s->metalog = NULL;
	b->coordinator = coordinator_new(b);
	b->txn_coordinator = txn_coordinator_new(b);
	coordinator_changed(b, s->image, NULL);
	txn_coordinator_changed(b, s->image, NULL);
	if (s->fresh)
		control_own_ids(b->control, 0, PRODUCER_ID_BLOCK);
	b->sessions = sessions_new(b->config->fetch_session_slots,
	    SESSION_PARTITIONS);
	b->io = xcalloc(n, sizeof(struct io *));
	for (; b->n_io < n; b->n_io++) {
		b->io[b->n_io] = io_start(b, e);
		if (b->io[b->n_io] == NULL)
			return e->code;
	}
	return 0;
}

static void
io_ended(struct broker *b)
{
	struct server *s = (struct server *)((char *)b -
	    offsetof(struct server, broker));

	if (--s->io_left == 0)
		loop_stop(s->loop);
}

/* No new connection; what is elsewhere at our address from now on is not us. */
static void
stop_listening(struct server *s)
{
	s->opt->leaving(s->opt->arg);
	listeners_stop(s->broker.listeners);
}

static void
stop(struct server *s)
{
	if (s->stopping)
		return;
	s->stopping = true;
	if (s->chores != NULL)
		chores_stop(s->chores);
	if (s->cleaner != NULL)
		cleaner_stop(s->cleaner);
	if (s->leave != NULL)
		leave_stop(s->leave);
	stop_listening(s);
	s->io_left = s->broker.n_io;
	for (unsigned int i = 0; i < s->broker.n_io; i++)
		io_stop(s->broker.io[i], io_ended);
}

static void
caught_term(struct loop_signal *sig)
{
	stop((struct server *)((char *)sig - offsetof(struct server, term)));
}

static void
caught_int(struct loop_signal *sig)
{
	stop((struct server *)((char *)sig - offsetof(struct server, intr)));
}

static void
caught_hup(struct loop_signal *sig)
{
	stop((struct server *)((char *)sig - offsetof(struct server, hup)));
}

/* SIGHUP ends it as well, unless nohup(1) or the like said otherwise. */
static void
watch_signals(struct server *s)
{
	struct sigaction old;

	loop_signal_init(&s->term, s->loop, SIGTERM, caught_term);
	loop_signal_init(&s->intr, s->loop, SIGINT, caught_int);
	loop_signal_init(&s->hup, s->loop, SIGHUP, caught_hup);
	loop_signal_start(&s->term);
	loop_signal_start(&s->intr);
	sigaction(SIGHUP, NULL, &old);
	if (old.sa_handler != SIG_IGN)
		loop_signal_start(&s->hup);
	signal(SIGPIPE, SIG_IGN);
}

static void
alone(void *arg)
{
	stop(arg);
}

/* As by kill -9, which every start is made for: what a clean stop writes would
 * be in the way of whoever is removing the directory, or has made it anew. */
static void
lost(void *arg)
{
	struct server *s = arg;

	stop_listening(s);
	_exit(EXIT_BAD_USAGE);
}

static int
start_loop(struct server *s, struct kerr *e)
{
	const struct leave_calls calls = { alone, lost, s };
	struct broker *b = &s->broker;
	char text[512];

	b->listeners = listeners_open(b, s->loop, s->opt->socket, e);
	if (b->listeners == NULL)
		return e->code;
	watch_signals(s);
	s->chores = chores_new(b, s->loop);
	s->cleaner = cleaner_new(b, s->loop);
	if (s->opt->private_mode)
		s->leave = leave_new(b, s->loop, s->opt->datadir, &calls);
	listeners_text(b->listeners, text, sizeof(text));
	return s->opt->ready(s->opt->arg, text, e);
}

static void
end_threads(struct server *s)
{
	struct broker *b = &s->broker;

	if (!s->stopping && s->chores != NULL)
		chores_stop(s->chores);
	if (!s->stopping && s->cleaner != NULL)
		cleaner_stop(s->cleaner);
	if (!s->stopping && b->n_io > 0) {
		if (b->listeners != NULL)
			stop_listening(s);
		for (unsigned int i = 0; i < b->n_io; i++)
			io_stop(b->io[i], NULL);
	}
	for (unsigned int i = 0; i < b->n_io; i++)
		io_join(b->io[i]);
	free(b->io);
	if (b->listeners != NULL)
		listeners_free(b->listeners);
	if (b->sessions != NULL)
		sessions_free(b->sessions);
}

/* Closes every log; says in the directory whether that went well. */
static int
close_logs(struct server *s, struct kerr *e)
{
	struct broker *b = &s->broker;
	int rc = b->logdir != NULL ? logdir_close(b->logdir, e) : 0;
	struct kerr other = KERR_INIT;

	/* jobs of the control thread may be under way */
	pool_free(b->pool);
	if (s->chores != NULL)
		chores_free(s->chores);
	if (b->txn_coordinator != NULL)
		txn_coordinator_free(b->txn_coordinator);
	if (b->coordinator != NULL)
		coordinator_free(b->coordinator);
	if (s->cleaner != NULL)
		cleaner_free(s->cleaner);
	if (b->control != NULL && control_free(b->control, &other) < 0)
		rc = kerr_set(e, other.code, "%s", other.msg);
	if (s->metalog != NULL && metalog_close(s->metalog, &other) < 0)
		rc = kerr_set(e, other.code, "%s", other.msg);
	if (rc == 0 && s->opened)
		rc = datadir_leave_clean(s->opt->datadir, -1, e);
	return rc;
}

/* Closes what is open; rc is how it went so far. */
static int
close_all(struct server *s, int rc, struct kerr *e)
{
	struct broker *b = &s->broker;
	struct kerr later = KERR_INIT;

	end_threads(s);
	if (close_logs(s, &later) < 0 && rc == 0)
		rc = kerr_set(e, later.code, "%s", later.msg);
	if (s->leave != NULL)
		leave_free(s->leave);
	image_slot_free(b->image);
	image_unref(s->image);
	if (b->logdir != NULL)
		logdir_release(b->logdir);
	if (s->loop != NULL)
		loop_free(s->loop);
	return rc;
}

int
server_run(const struct server_options *opt, struct kerr *e)
{
	struct server s = { .opt = opt };
	struct broker *b = &s.broker;
	int rc;

	b->sys = sys_real();
	b->config = opt->config;
	b->data_dir = datadir_path(opt->datadir);
	b->private_mode = opt->private_mode;
	b->budget.max = opt->config->queued_max_request_bytes > 0 ?
	    (size_t)opt->config->queued_max_request_bytes : FRAME_BUDGET;
	b->pool = pool_new(POOL_THREADS, 0);
	if ((s.loop = loop_new(e)) == NULL)
		rc = e->code;
	else if ((rc = load_identity(&s, e)) == 0 &&
	    (rc = datadir_take_clean(opt->datadir, &b->clean_start, e)) == 0 &&
	    (rc = open_metadata(&s, e)) == 0 &&
	    (rc = open_partitions(&s, e)) == 0 &&
	    (rc = start_threads(&s, e)) == 0 &&
	    (rc = start_loop(&s, e)) == 0)
		loop_run(s.loop);
	return close_all(&s, rc, e);
}
