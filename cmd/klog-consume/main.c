/*
 * klog-consume: records of topics on stdout.
 */
#include "consume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define METADATA_MS	10000
#define GIVE_UP_MS	60000	/* of a partition, in a bounded read */

bool
record_wanted(const struct consume *co, const struct consumer_batch *b,
    const struct record *r)
{
	return r->offset >= b->from && r->offset < b->to &&
	    r->timestamp >= co->plan.part[b->slot].since &&
	    (co->grep == NULL || grep_match(co->grep, r));
}

/* Takes what is there, until the end or -c; 1 when it is over. */
static int
print_ready(struct consume *co, int64_t *came, struct kerr *e)
{
	const struct consumer_batch *b;
	int rc;

	while (co->left > 0 && (b = consumer_take(co->c)) != NULL) {
		rc = printer_batch(co->printer, co, b, e);
		if (rc < 0 && !printer_failed(co->printer))
			kerr_wrap(e, "%s[%d]", b->topic, (int)b->partition);
		consumer_release(co->c, b);
		if (rc < 0)
			return rc;
		*came = loop_now(co->loop);
		if (stop_signal != 0)
			return 1;
	}
	return co->left <= 0 || stop_signal != 0 || consumer_done(co->c);
}

/* The work: 0, KE_TIMEOUT for --idle, or what went wrong. */
static int
follow(struct consume *co, struct kerr *e)
{
	int64_t came = loop_clock(co->loop), left = -1;
	int rc;

	while ((rc = print_ready(co, &came, e)) == 0) {
		if (co->o->idle > 0) {
			left = came + co->o->idle - loop_clock(co->loop);
			if (left <= 0)
				return KE_TIMEOUT;
		}
		if ((rc = stop_wait(co, left, NULL, e)) < 0)
			return rc;
		plan_grow(co);
	}
	return rc < 0 ? rc : 0;
}

struct consumer *
consume_open(struct consume *co, const struct consumer_config *cf)
{
	return co->files != NULL ? offline_consumer(co, cf) :
	    consumer_new(co->cl, cf);
}

static void
assign(struct consume *co)
{
	struct consumer_config cf = CONSUMER_CONFIG;

	cf.uncommitted = co->o->uncommitted;
	if (co->bounded)
		cf.give_up_ms = GIVE_UP_MS;
	if (co->o->sort && co->plan.n > 16)
		cf.partition_max_bytes = 256 << 10;
	co->c = consume_open(co, &cf);
	for (size_t i = 0; i < co->plan.n; i++) {
		const struct part *p = &co->plan.part[i];

		if (co->o->group == NULL)
			consumer_assign(co->c, p->topic, p->partition, p->from,
			    p->to);
		else	/* idle until it is ours */
			consumer_assign(co->c, p->topic, p->partition, 0, 0);
	}
}

/* Where standard output was closed common_start() has put something that
 * cannot be written to. */
static bool
no_output(void)
{
	return (fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_RDONLY;
}

/* As a member of a group: what ended it, and what came of the end itself. */
static int
run_group(struct consume *co)
{
	struct kerr e = KERR_INIT, last = KERR_INIT;
	int status = group_begin(co), rc;

	if (status != EXIT_DONE)
		return status;
	progress_init(co);
	rc = group_run(co, &e);
	if (rc < 0 && rc != KE_TIMEOUT)
		status = exit_report(&e, NULL);
	if (group_end(co, &last) != 0)
		status = (int)exit_worse((enum exit_class)status,
		    exit_report(&last, NULL));
	progress_end(co);
	if (rc == KE_TIMEOUT && status == EXIT_DONE)
		status = e.code == 0 ? EXIT_IDLE : (int)exit_report(&e, NULL);
	if (status == EXIT_DONE && co->o->fail_empty && co->printed == 0)
		status = EXIT_NO;
	return status;
}

/* From a plan to an exit class. */
static int
run(struct consume *co)
{
	struct kerr e = KERR_INIT;
	int rc, status = EXIT_DONE;

	assign(co);
	if (stop_init(co, &e) != 0)
		return exit_report(&e, NULL);
	progress_init(co);
	if (co->o->group != NULL)
		return run_group(co);
	rc = co->o->sort ? sort_run(co, &e) : follow(co, &e);
	if (rc == 0)
		rc = printer_flush(co->printer, &e);
	else if (!printer_failed(co->printer))
		printer_flush(co->printer, NULL);
	progress_end(co);
	if (rc == KE_TIMEOUT && e.code == 0)
		status = EXIT_IDLE;
	else if (rc < 0)
		status = exit_report(&e, NULL);
	if (printer_failed(co->printer))
		status = EXIT_BAD_USAGE;
	if (co->files != NULL && offline_damaged(co->files))
		status = exit_worse(status, EXIT_BAD_DATA);
	if (status == EXIT_DONE && co->o->fail_empty && co->printed == 0)
		status = EXIT_NO;
	return status;
}

static int
open_cluster(struct consume *co, struct common *c)
{
	struct kerr e = KERR_INIT;

	if (common_cluster(c, &co->conf, &e) != 0)
		return exit_report(&e, NULL);
	/* a follower wants to hear of new partitions and topics soon */
	if (!co->bounded &&
	    config_where(c->config, "metadata.max.age.ms") == CONFIG_UNSET)
		co->conf.metadata_ms = METADATA_MS;
	if ((co->loop = loop_new(&e)) == NULL ||
	    (co->cl = cluster_open(co->loop, &co->conf, &e)) == NULL ||
	    cluster_connect(co->cl, &e) != 0)
		return exit_report(&e, NULL);
	return EXIT_DONE;
}

/* The end of a directory's files is always pinned: -e. */
static int
open_files(struct consume *co, struct opts *o)
{
	struct kerr e = KERR_INIT;

	o->exit = true;
	if ((co->loop = loop_new(&e)) == NULL ||
	    offline_open(co, o->offline, &e) != 0)
		return exit_report(&e, NULL);
	return EXIT_DONE;
}

static void
release(struct consume *co, struct opts *o)
{
	each_free(co->each);
	out_free(co->out);
	group_free(co->group);
	consumer_free(co->c);
	co->c = NULL;
	stop_end();
	if (co->cl != NULL)
		cluster_close(co->cl);
	offline_close(co->files);
	if (co->loop != NULL)
		loop_free(co->loop);
	printer_free(co->printer);
	grep_free(co->grep);
	plan_release(&co->plan);
	codecs_free(co->codecs);
	buf_release(&co->scratch);
	free(o->topics.v);
	free(o->offsets.v);
	free(o->greps.v);
	free(o->decode.v);
	common_end(&o->common);
}

int
main(int argc, char **argv)
{
	struct opts o = { .common = COMMON_DEFAULTS, .last = -1, .count = -1,
		.commit = -1, .bytes = -1, .jobs = 1 };
	struct consume co = { .o = &o };
	struct spec spec = { 0 };
	struct kerr e = KERR_INIT;
	int n = common_start(&program, &o, &o.common, argc, argv), status;
	bool broken;

	if (n == 0 && o.topics.n == 0 && o.offline == NULL)
		usage_error(&program, "which topic?");
	for (int i = 0; i < n + o.topics.n; i++)
		if (*(i < n ? argv[1 + i] : o.topics.v[i - n]) == '\0')
			usage_error(&program, "the name of a topic is empty");
	options_offsets(&o, &spec);
	options_check(&o, &spec);
	if (grep_compile(&co.grep, &o.greps, &e) != 0 ||
	    (co.printer = printer_new(&o, &e)) == NULL)
		usage_error(&program, "%s", e.msg);
	if (o.group != NULL && group_configure(&co, &e) != 0)
		usage_error(&program, "%s", e.msg);
	if (no_output())
		die(EXIT_BAD_USAGE, "standard output: %s", strerror(EBADF));
	co.left = o.count >= 0 ? o.count : INT64_MAX;
	co.codecs = codecs_new();
	co.bounded = o.exit || o.offline != NULL;
	status = o.offline != NULL ? open_files(&co, &o) :
	    open_cluster(&co, &o.common);
	if (status == EXIT_DONE && co.files != NULL && n == 0 &&
	    o.topics.n == 0 && !offline_single(co.files))
		usage_error(&program, "which topic of this directory?");
	if (status == EXIT_DONE)
		status = plan_topics(&co, argv + 1, n);
	if (status == EXIT_DONE)
		status = plan_ranges(&co, &spec);
	if (status == EXIT_DONE && o.sort && !co.bounded)
		usage_error(&program, "--sort needs an end of each partition");
	if (status == EXIT_DONE)
		status = run(&co);
	broken = group_broken_pipe(&co);
	release(&co, &o);
	spec_release(&spec);
	if (broken && stop_signal == 0)
		stop_signal = SIGPIPE;
	if (stop_signal != 0)
		stop_raise();
	return exit_flush(status);
}
