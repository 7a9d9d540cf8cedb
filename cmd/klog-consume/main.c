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

static const char *const commit_choices[] = { "auto", "each", "end", "none",
	NULL };

static const char *const bytes_choices[] = { "base64", "hex", NULL };

static const struct opt options[] = {
	OPT_WHERE(struct opts, common)
	OPT_STR('p', "partition", "LIST", struct opts, partitions,
	    "such as 0,3-5"),
	OPT_LIST('t', "topic", "TOPIC", struct opts, topics, NULL),
	OPT_STR(0, "offline", "DIR", struct opts, offline,
	    "read a data directory's files, without a broker"),
	OPT_GROUP("Which records"),
	OPT_LIST('o', "offset", "SPEC", struct opts, offsets,
	    "beginning (default), end, stored, N, -N, +N, A..B,\n"
	    "2025-01-31, 09:00, -2h, @EPOCH, 0=N,1=M"),
	OPT_INT('n', "last", "N", struct opts, last, 0, INT64_C(1) << 40,
	    "start at the newest N of the topic (as tail -n)"),
	OPT_FLAG('e', "exit", struct opts, exit,
	    "stop at the end as it was when started"),
	OPT_INT('c', "count", "N", struct opts, count, 0, INT64_MAX,
	    "stop after N printed"),
	OPT_LIST('g', "grep", "[!]FIELD:RE", struct opts, greps,
	    "FIELD k, v, h.NAME; '=' for exact; repeat: and"),
	OPT_FLAG(0, "uncommitted", struct opts, uncommitted,
	    "include open and aborted transactions"),
	OPT_GROUP("Output"),
	OPT_STR('f', "format", "FMT", struct opts, format,
	    "%t %p %o %k %s %h %d, \\n \\t \\0; no newline added"),
	OPT_JSON(struct opts, common,
	    "one object a line; klog-produce -J takes it back")
	OPT_STR('K', "key-delim", "STR", struct opts, key_delim,
	    "print key, STR, value;  -O: offset too"),
	OPT_FLAG('O', "print-offset", struct opts, with_offset, NULL),
	OPT_STR('D', "delim", "STR", struct opts, delim,
	    "after each record (\\n);  -0: NUL"),
	OPT_FLAG('0', "nul", struct opts, nul, NULL),
	OPT_STR(0, "null", "STR", struct opts, null,
	    "text for null (nothing);  -Z: --null NULL"),
	OPT_FLAG('Z', "null-word", struct opts, null_word, NULL),
	OPT_LIST('s', "decode", "[key|value=]json|hex|base64|PACK",
	    struct opts, decode,
	    "how bytes are shown;  --strict: exit 6 when not so"),
	OPT_FLAG(0, "strict", struct opts, strict, NULL),
	OPT_FLAG(0, "sort", struct opts, sort,
	    "merge partitions by time; needs an end"),
	OPT_FLAG(0, "iso", struct opts, iso,
	    "readable time in JSON;  --bytes base64|hex: no text"),
	OPT_CHOICE(0, "bytes", "FORM", struct opts, bytes, bytes_choices, NULL),
	OPT_FLAG(0, "utc", struct opts, utc, "UTC for -o and %d"),
	OPT_FLAG(0, "raw", struct opts, raw,
	    "control bytes as they are on a terminal"),
	OPT_GROUP("Groups"),
	OPT_STR('G', "group", "NAME", struct opts, group,
	    "share the topics; resume where it committed"),
	OPT_CHOICE(0, "commit", "HOW", struct opts, commit, commit_choices,
	    "auto (after output), each, end, none"),
	OPT_STR(0, "reset", "SPEC", struct opts, reset,
	    "go here if the committed offset is gone"),
	OPT_STR(0, "each", "CMD", struct opts, each,
	    "run CMD for each record; commit if it exits 0;\n"
	    "also --retries N, --on-fail stop|skip|topic:NAME,\n"
	    "--jobs N partitions at once"),
	OPT_INT(0, "retries", "N", struct opts, retries, 0, INT32_MAX, NULL),
	OPT_STR(0, "on-fail", "HOW", struct opts, on_fail, NULL),
	OPT_INT(0, "jobs", "N", struct opts, jobs, 1, 1000, NULL),
	OPT_GROUP("Waiting"),
	OPT_CONTACT(struct opts, common)
	OPT_DUR(0, "idle", "DUR", struct opts, idle,
	    "exit 124 when nothing came;  --wait: for the topic"),
	OPT_FLAG(0, "wait", struct opts, wait, NULL),
	OPT_FLAG(0, "fail-empty", struct opts, fail_empty,
	    "exit 1 when nothing was printed"),
	OPT_IGNORE('C', NULL, NULL),
	OPT_IGNORE('u', NULL, NULL),
	OPT_COMMON(struct opts, common)
	OPT_END
};

static const struct program program = {
	.name = "klog-consume",
	.usage = "[OPTION].. TOPIC..",
	.summary = "(TOPIC may be ^REGEX)\n"
	    "Print records on stdout; follow until -e, -c or an end in -o "
	    "stops it.",
	.options = options,
	.footer = COMMON_FOOTER,
};

/* What does not go together, in a group and outside of one. */
static void
check_group(const struct opts *o)
{
	struct kerr e = KERR_INIT;

	if (o->group == NULL) {
		if (o->each != NULL || o->commit >= 0 || o->reset != NULL)
			usage_error(&program, "%s needs a group: -G",
			    o->each != NULL ? "--each" : o->commit >= 0 ?
			    "--commit" : "--reset");
	} else if (*o->group == '\0')
		usage_error(&program, "the name of the group is empty");
	else if (o->last >= 0 || o->partitions != NULL)
		usage_error(&program, "-G and %s exclude each other: the group "
		    "knows where to begin and what to read", o->last >= 0 ?
		    "-n" : "-p");
	else if (o->sort)
		usage_error(&program, "-G and --sort exclude each other");
	if (o->each == NULL && (o->retries > 0 || o->on_fail != NULL ||
	    o->jobs > 1))
		usage_error(&program, "%s goes with --each", o->retries > 0 ?
		    "--retries" : o->on_fail != NULL ? "--on-fail" : "--jobs");
	if (o->each != NULL && o->each[strspn(o->each, " \t\n")] == '\0')
		usage_error(&program, "--each: the command is empty");
	if (o->each != NULL && (o->format != NULL || o->common.json ||
	    o->key_delim != NULL || o->with_offset || o->delim != NULL ||
	    o->nul || o->decode.n > 0))
		usage_error(&program, "--each prints nothing: no -f, -J, -K, "
		    "-O, -D, -0 or -s beside it");
	if (place_check(o->reset, o->utc, &e) != 0)
		usage_error(&program, "--reset: %s", e.msg);
	if (each_check(o->on_fail, &e) != 0)
		usage_error(&program, "--on-fail: %s", e.msg);
}

/* What does not go together. */
static void
check(const struct opts *o, const struct spec *spec)
{
	if (o->format != NULL && o->common.json)
		usage_error(&program, "-f and -J exclude each other");
	if (o->strict && o->decode.n == 0)
		usage_error(&program, "--strict goes with -s");
	if (o->format != NULL && (o->delim != NULL || o->nul ||
	    o->key_delim != NULL || o->with_offset))
		usage_error(&program, "-f says all: no -D, -0, -K or -O "
		    "beside it");
	if (o->common.json && (o->delim != NULL || o->nul ||
	    o->key_delim != NULL || o->with_offset))
		usage_error(&program, "-J says all: no -D, -0, -K or -O "
		    "beside it");
	if (o->bytes >= 0 && !o->common.json)
		usage_error(&program, "--bytes goes with -J");
	if (o->nul && o->delim != NULL)
		usage_error(&program, "-0 and -D exclude each other");
	if (o->last >= 0 && (spec->nparts > 0 ||
	    spec->all.from.kind != SPEC_NONE))
		usage_error(&program,
		    "-n and a start in -o exclude each other");
	if (o->offline != NULL && (o->common.brokers != NULL || o->wait ||
	    o->idle > 0))
		usage_error(&program, "--offline reads files to their end: no "
		    "-b, --wait or --idle beside it");
	if (o->sort && !o->exit && o->offline == NULL &&
	    !spec_bounded(spec))
		usage_error(&program, "--sort needs an end: -e, or one in -o");
	for (size_t i = 0; i <= spec->nparts; i++) {
		const struct spec_range *r = i < spec->nparts ?
		    &spec->part[i].range : &spec->all;

		if (r->from.kind == SPEC_STORED && o->group == NULL)
			usage_error(&program,
			    "'-o stored' needs a group; there is none");
	}
}

static void
parse_offsets(const struct opts *o, struct spec *spec)
{
	const struct sys *sys = sys_real();
	struct kerr e = KERR_INIT;

	for (int i = 0; i < o->offsets.n; i++)
		if (spec_parse(spec, o->offsets.v[i], sys_now_ms(sys), o->utc,
		    &e) != 0)
			usage_error(&program, "-o: %s", e.msg);
}

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
	parse_offsets(&o, &spec);
	check(&o, &spec);
	check_group(&o);
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
