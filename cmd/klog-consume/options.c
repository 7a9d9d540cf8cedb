/* options.c: the options, and what does not go together. */
#include <string.h>

#include "consume.h"

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
	OPT_STR(0, "on-fail", "stop|skip|topic:", struct opts, on_fail, NULL),
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

const struct program program = {
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
	if (on_fail_check(o->on_fail, &e) != 0)
		usage_error(&program, "--on-fail: %s", e.msg);
}

void
options_check(const struct opts *o, const struct spec *spec)
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
	if (o->offline != NULL && (o->common.brokers != NULL ||
	    o->group != NULL || o->wait || o->idle > 0))
		usage_error(&program, "--offline reads files to their end: no "
		    "-b, -G, --wait or --idle beside it");
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
	check_group(o);
}

void
options_offsets(const struct opts *o, struct spec *spec)
{
	const struct sys *sys = sys_real();
	struct kerr e = KERR_INIT;

	for (int i = 0; i < o->offsets.n; i++)
		if (spec_parse(spec, o->offsets.v[i], sys_now_ms(sys), o->utc,
		    &e) != 0)
			usage_error(&program, "-o: %s", e.msg);
}
