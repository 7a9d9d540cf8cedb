/*
 * klog-broker: a Kafka broker in one small program.
 *
 * Alone it is a server at --listen; the klog tools start it with --private,
 * each user's own, when there is no other.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/complete.h"
#include "cli/exit.h"
#include "cli/options.h"
#include "client/private.h"
#include "config.h"
#include "listeners.h"
#include "notice.h"
#include "private.h"
#include "server.h"
#include "store/datadir.h"
#include "store/log.h"

#define DESCRIPTORS_MAX	1000000		/* for segments */

struct opts {
	const char	*listen;
	const char	*data;
	const char	*socket;
	struct opt_list	 files;
	struct opt_list	 props;
	int64_t		 ready_fd;
	int		 verbose;
	bool		 quiet;
	bool		 private_mode;
	bool		 status;
	bool		 stop;
	bool		 usage;
	bool		 help;
	bool		 version;
};

static const struct opt options[] = {
	OPT_GROUP("What it serves"),
	OPT_STR(0, "listen", "HOST:PORT", struct opts, listen,
	    "take connections there (127.0.0.1:9092); port 0: a free one"),
	OPT_STR('D', "data", "DIR", struct opts, data,
	    "keep everything in this directory"),
	OPT_LIST('F', "config", "FILE", struct opts, files,
	    "read a server.properties file"),
	OPT_LIST('X', "property", "PROP=VAL", struct opts, props,
	    "set a property, such as flush.acks=os"),
	OPT_GROUP("The private broker"),
	OPT_FLAG(0, "private", struct opts, private_mode,
	    "be the user's own, at a Unix socket; leave after a minute alone"),
	OPT_STR(0, "socket", "PATH", struct opts, socket, "that socket"),
	OPT_FLAG(0, "status", struct opts, status,
	    "tell whether it runs, and where"),
	OPT_FLAG(0, "stop", struct opts, stop, "end it"),
	OPT_GROUP("Other"),
	OPT_INT(0, "ready-fd", "N", struct opts, ready_fd, 0, 1 << 20,
	    "write a byte to this descriptor when ready"),
	OPT_COUNT('v', "verbose", struct opts, verbose, "say more"),
	OPT_FLAG('q', "quiet", struct opts, quiet, "say errors only"),
	OPT_FLAG('h', NULL, struct opts, usage, "short help"),
	OPT_FLAG(0, "help", struct opts, help, "this screen"),
	OPT_FLAG('V', "version", struct opts, version, "print the version"),
	OPT_END
};

static const struct program program = {
	.name = "klog-broker",
	.usage = "[OPTION]..",
	.summary = "Serve Apache Kafka's protocol from a directory of logs.",
	.options = options,
};

static int
bad_usage(struct kerr *e)
{
	exit_report(e, NULL);
	fprintf(stderr, "Try 'klog-broker --help'.\n");
	return EXIT_BAD_USAGE;
}

/* Files in their order, then -X, then the options that are properties. */
static int
configure(struct broker_config *cf, const struct opts *o, struct kerr *e)
{
	int rc = 0;

	for (int i = 0; i < o->files.n && rc == 0; i++)
		rc = broker_config_read(cf, o->files.v[i], e);
	for (int i = 0; i < o->props.n && rc == 0; i++)
		rc = broker_config_assign(cf, o->props.v[i], e);
	if (rc == 0 && o->listen != NULL)
		rc = broker_config_set(cf, "listeners", o->listen, e);
	if (rc == 0 && o->data != NULL)
		rc = broker_config_set(cf, "log.dirs", o->data, e);
	if (rc == 0)
		rc = listeners_check(cf, e);
	if (rc < 0)
		e->code = KE_CONFIG;
	return rc;
}

/* As many descriptors as the system lets us have: half of them for segments,
 * the others for connections and what is open for a moment. */
static void
raise_limits(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
		log_files_limit(rl.rlim_max / 2 < DESCRIPTORS_MAX ?
		    (int)(rl.rlim_max / 2) : DESCRIPTORS_MAX);
	}
	/* an arena a thread would cost more than it saves */
	mallopt(M_ARENA_MAX, 2);
}

/* Where it all lies: given, or the user's own place. */
struct place {
	const char		*data;
	const char		*socket;	/* private broker's */
	struct private_place	 own;
};

static int
find_place(struct place *p, const struct broker_config *cf,
    const struct opts *o, struct kerr *e)
{
	struct private_env env = {
		.home = getenv("HOME"),
		.data_home = getenv("XDG_DATA_HOME"),
		.runtime_dir = getenv("XDG_RUNTIME_DIR"),
	};
	int rc;

	p->data = cf->log_dirs != NULL ? cf->log_dirs :
	    broker_config_given(cf, "log.dir") ? cf->log_dir : NULL;
	if (p->data != NULL && strchr(p->data, ',') != NULL)
		return kerr_set(e, KE_CONFIG, "log.dirs=%s: one directory is "
		    "all that klog-broker can use", p->data);
	if (o->private_mode || (p->data == NULL && (o->status || o->stop))) {
		if ((rc = private_place(&p->own, &env, p->data, e)) < 0)
			return rc;
		p->data = p->own.data;
		p->socket = o->socket != NULL ? o->socket : p->own.socket;
	}
	if (p->data == NULL)
		return kerr_set(e, KE_USAGE,
		    "where shall the data lie? (--data DIR, or --private)");
	return 0;
}

static int
serve(const struct broker_config *cf, const struct place *p, bool own,
    int ready_fd, struct kerr *e)
{
	struct notice notice = { ready_fd, p->data, own, -1 };
	struct server_options so = {
		.config = cf,
		.socket = own ? p->socket : NULL,
		.private_mode = own,
		.ready = notice_ready,
		.leaving = notice_leaving,
		.arg = &notice,
	};
	int rc = datadir_open(&so.datadir, sys_real(), p->data, e);

	if (rc == 0) {
		/* the last one may have had no time to */
		private_withdraw(p->data);
		if (own)
			private_trim_log(p->data);
		rc = server_run(&so, e);
		private_withdraw(p->data);
		datadir_close(so.datadir);
	}
	if (rc < 0)
		notice_byte(notice.fd, '-', e->msg);
	return rc;
}

/* Everything but the option parsing; an exit class. */
static int
run(const struct opts *o)
{
	struct broker_config *cf = broker_config_new();
	struct place place = { 0 };
	struct kerr e = KERR_INIT;
	int rc, status = EXIT_DONE;

	if ((rc = configure(cf, o, &e)) == 0) {
		broker_config_remark(cf);
		rc = o->private_mode ? private_defaults(cf, &e) : 0;
	}
	if (rc == 0)
		rc = find_place(&place, cf, o, &e);
	if (rc < 0)
		notice_byte((int)o->ready_fd, '-', e.msg);
	else if (o->status)
		status = private_status(place.data);
	else if (o->stop)
		status = private_stop(place.data);
	else
		rc = serve(cf, &place, o->private_mode, (int)o->ready_fd, &e);
	private_place_release(&place.own);
	broker_config_free(cf);
	return rc < 0 ? (int)exit_report(&e, NULL) : status;
}

int
main(int argc, char **argv)
{
	struct opts o = { .ready_fd = -1 };
	struct kerr e = KERR_INIT;
	int n;

	exit_name(program.name);
	if (complete_asked(argc, argv))
		return complete(&program, NULL, NULL, argc, argv);
	if ((n = options_parse(&program, &o, argc, argv, &e)) < 0)
		return bad_usage(&e);
	if (o.usage || o.help || o.version) {
		if (o.version)
			printf("klog-broker %s\n", KLOG_VERSION);
		else if (o.usage)
			options_usage(&program, stdout);
		else
			options_help(&program, stdout);
		return exit_flush(EXIT_DONE);
	}
	if (n > 0) {
		kerr_set(&e, KE_USAGE, "unexpected operand '%s'", argv[1]);
		return bad_usage(&e);
	}
	notice_log(o.quiet ? LOG_ERROR : o.verbose > 1 ? LOG_DEBUG :
	    o.verbose == 1 ? LOG_INFO : LOG_WARN);
	raise_limits();
	n = run(&o);
	free(o.files.v);
	free(o.props.v);
	return n;
}
