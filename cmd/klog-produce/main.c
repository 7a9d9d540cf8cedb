/* main.c: klog-produce: lines into a topic (produce.h). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/xalloc.h"
#include "cli/spec.h"
#include "client/admin.h"
#include "produce.h"

#define T struct opts
static const struct opt options[] = {
	OPT_WHERE(T, common)
	OPT_STR('t', "topic", "TOPIC", T, topic,
	    "the topic; every operand is a file then"),
	OPT_INT('p', "partition", "N", T, partition, 0, INT32_MAX,
	    "all into this partition"),
	OPT_FLAG(0, "create", T, create, "make the topic when it is missing"),
	OPT_INT(0, "partitions", "N", T, partitions, 1, 1000000,
	    "with so many partitions"),
	OPT_GROUP("Input"),
	OPT_STR('D', "delim", "STR", T, delim, "ends a record (\\n); -0: NUL"),
	OPT_FLAG('0', "nul", T, nul, NULL),
	OPT_FLAG(0, "whole", T, whole, "each file is one record"),
	OPT_STR('f', "format", "FMT", T, format,
	    "as klog-consume -f prints it: %k %s %T %h{N} .."),
	OPT_STR('K', "key-delim", "STR", T, key_delim,
	    "what comes before STR is the key"),
	OPT_STR('k', "key", "KEY", T, key, "the same key for all"),
	OPT_LIST('H', "header", "N[=V]", T, headers,
	    "a header for all; without '=' its value is null"),
	OPT_STR(0, "null", "STR", T, null,
	    "a key or value that is STR is null; -Z: an empty one"),
	OPT_FLAG('Z', "empty-null", T, empty_is_null, NULL),
	OPT_LIST('s', "encode", "[key|value=]json|hex|base64|PACK", T, encode,
	    "the form that bytes are in"),
	OPT_STR(0, "ts", "TIME", T, ts, "timestamp of all records"),
	OPT_JSON(T, common, "JSON as klog-consume -J prints it")
	OPT_FLAG(0, "keep-partition", T, keep_partition,
	    "into the partition that the JSON, or %p, names"),
	OPT_FLAG(0, "skip-bad", T, skip_bad,
	    "go on after a malformed record; exit 1"),
	OPT_INT('c', "count", "N", T, count, 1, INT64_MAX,
	    "stop after N records"),
	OPT_STR(0, "rate", "N/s", T, rate, "no faster than 200/s, 5MB/s"),
	OPT_GROUP("Output"),
	OPT_STR('z', "compress", "CODEC", T, codec,
	    "none, gzip, snappy, lz4, zstd"),
	OPT_STR(0, "partitioner", "NAME", T, partitioner,
	    "murmur2 (default), crc32, fnv1a, random, .."),
	OPT_FLAG(0, "txn", T, txn,
	    "all or nothing: the whole input is one transaction"),
	OPT_INT(0, "txn-every", "N", T, txn_every, 1, INT32_MAX,
	    "one transaction for each N records"),
	OPT_STR(0, "transactional-id", "ID", T, txn_id,
	    "of its own; a new run ends an older one's"),
	OPT_FLAG('T', "tee", T, tee, "copy the input to standard output"),
	OPT_STR(0, "report", "FMT", T, report,
	    "print %t %p %o %i of what is acknowledged"),
	OPT_GROUP("Waiting"),
	OPT_CONTACT(T, common)
	OPT_COMMON(T, common)
	OPT_IGNORE('P', NULL, NULL),
	OPT_IGNORE('l', NULL, NULL),
	OPT_END
};
#undef T

static const struct program program = {
	.name = "klog-produce",
	.usage = "[OPTION].. TOPIC [FILE..]",
	.summary = "Append each line of the files, or of standard input, as a "
	    "record.\nExit status 0 means that every record was acknowledged.",
	.options = options,
	.footer = COMMON_FOOTER,
};

/* The escapes of -D and -K: \n \t \r \0 \xNN \\. */
static size_t
unescape(char *s)
{
	char *from = s, *to = s, hex[3] = "";

	for (; *from != '\0'; from++, to++) {
		*to = *from;
		if (*from != '\\' || from[1] == '\0')
			continue;
		switch (*++from) {
		case 'n': *to = '\n'; break;
		case 't': *to = '\t'; break;
		case 'r': *to = '\r'; break;
		case '0': *to = '\0'; break;
		case 'x':
			hex[0] = from[1];
			hex[1] = hex[0] != '\0' ? from[2] : '\0';
			if (strspn(hex, "0123456789abcdefABCDEF") == 2) {
				*to = (char)strtol(hex, NULL, 16);
				from += 2;
				break;
			}
			/* FALLTHROUGH */
		default: *to = *from; break;
		}
	}
	*to = '\0';
	return (size_t)(to - s);
}

static char *
delimiter(const char *option, const char *s, size_t *len)
{
	char *copy = xstrdup(s);

	*len = unescape(copy);
	if (*len == 0) {
		free(copy);
		usage_error(&program, "option %s: the delimiter is empty",
		    option);
	}
	return copy;
}

/* No offset can be meant here, so plain digits are a time as @EPOCH is. */
static void
parse_time(struct job *j, const char *s)
{
	char *at = xasprintf("%s%s", s[strspn(s, "0123456789")] == '\0' ?
	    "@" : "", s);
	struct kerr e = KERR_INIT;

	if (spec_time(at, strlen(at), sys_now_ms(sys_real()), false, &j->ts,
	    &e) != 0)
		usage_error(&program, "option --ts: %s", e.msg);
	free(at);
}

static void
parse_headers(struct job *j, const struct opt_list *list)
{
	j->n_headers = list->n;
	j->headers = xcalloc((size_t)list->n + 1, sizeof(*j->headers));
	for (int i = 0; i < list->n; i++) {
		const char *s = list->v[i], *eq = strchr(s, '=');
		struct record_header *h = &j->headers[i];

		if (eq == s || *s == '\0')
			usage_error(&program, "option -H: '%s' has no name", s);
		h->name = (const uint8_t *)s;
		h->name_len = (int32_t)(eq != NULL ? (size_t)(eq - s) :
		    strlen(s));
		h->value = eq != NULL ? (const uint8_t *)eq + 1 : NULL;
		h->value_len = eq != NULL ? (int32_t)strlen(eq + 1) : -1;
	}
}

/* What the options say about records. Ends the program when they make no
 * sense. */
static void
prepare(struct job *j, struct opts *o)
{
	struct kerr e = KERR_INIT;

	j->o = o;
	j->partition = (int32_t)o->partition;
	j->left = o->count;
	j->tag = 1;
	j->ts = -1;
	if (o->nul && o->delim != NULL)
		usage_error(&program, "options -0 and -D exclude each other");
	if (o->common.json && (o->key != NULL || o->key_delim != NULL ||
	    o->whole))
		usage_error(&program, "option -J excludes -k, -K and --whole");
	if (o->format != NULL && (o->common.json || o->key_delim != NULL ||
	    o->whole))
		usage_error(&program, "option -f excludes -J, -K and --whole");
	if (o->report != NULL && o->tee)
		usage_error(&program, "option --report excludes -T");
	if (o->partitions > 0 && !o->create)
		usage_error(&program, "option --partitions goes with --create");
	if (o->nul) {
		j->delim = "";
		j->delim_len = 1;
	} else
		j->delim = j->delim_memory = delimiter("-D",
		    o->delim != NULL ? o->delim : "\n", &j->delim_len);
	if (o->key_delim != NULL)
		j->key_delim = j->key_delim_memory = delimiter("-K",
		    o->key_delim, &j->key_delim_len);
	if (o->ts != NULL)
		parse_time(j, o->ts);
	if (o->rate != NULL && rate_parse(&j->rate, o->rate, &e) != 0)
		usage_error(&program, "option --rate: %s", e.msg);
	parse_headers(j, &o->headers);
	if (decode_parse(&j->decode, &o->encode, &e) != 0)
		usage_error(&program, "%s", e.msg);
	if (fields_set_key(j, &e) != 0)
		usage_error(&program, "option -k: %s", e.msg);
	if (o->report != NULL && report_new(&j->report, o->report, &e) != 0)
		usage_error(&program, "option --report: %s", e.msg);
}

static int
open_all(struct job *j, struct kerr *e)
{
	struct opts *o = j->o;
	struct cluster_config cc;
	struct producer_config pc;
	bool automatic;

	txn_choose(j);
	if (common_cluster(&o->common, &cc, e) != 0 ||
	    settings_take(j, &pc, e) != 0)
		return e->code;
	if (!config_bool(o->common.config, "allow.auto.create.topics",
	    &automatic))
		cc.auto_create = !o->create;
	pc.report = outcome_report;
	pc.arg = j;
	j->line_max = pc.message_max;
	if (o->format != NULL && format_reader_new(&j->format, o->format,
	    j->delim, j->delim_len, j->line_max, e) != 0)
		return kerr_wrap(e, "option -f");
	j->loop = loop_new(e);
	if (j->loop == NULL)
		return e->code;
	j->cluster = cluster_open(j->loop, &cc, e);
	if (j->cluster == NULL)
		return e->code;
	if (o->create && (admin_create_topic(j->cluster, o->topic,
	    o->partitions > 0 ? (int32_t)o->partitions : -1, -1, 0, e) != 0)) {
		if (e->code != KE_EXISTS)
			return kerr_wrap(e, "%s", o->topic);
		kerr_clear(e);
	}
	j->producer = producer_open(j->cluster, &pc, e);
	if (j->producer == NULL)
		return e->code;
	j->topic = producer_topic(j->producer, o->topic, cc.contact_ms, e);
	if (j->topic == NULL)
		return e->code == KE_BROKER ? kerr_wrap(e, "%s", o->topic) :
		    e->code;
	if (j->partition >= ptopic_partitions(j->topic))
		return kerr_set(e, KE_NOTFOUND, "%s: no partition %d: the topic "
		    "has %d", o->topic, (int)j->partition,
		    (int)ptopic_partitions(j->topic));
	if (j->txn_id != NULL)
		return txn_open(j, e);
	return 0;
}

/* A file to be read; -1 and errno. */
static int
open_file(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISDIR(st.st_mode))
		return fd;
	close(fd);
	errno = EISDIR;
	return -1;
}

/* Reads one operand; what is wrong is said here. The others are read even so
 * where a file is not there to be read. */
static enum exit_class
run_one(struct job *j, const char *name)
{
	bool std = strcmp(name, "-") == 0;
	struct kerr e = KERR_INIT;
	int fd = STDIN_FILENO, rc;
	uint64_t before = j->tag;

	j->where = std ? "standard input" : name;
	if (!std)
		fd = open_file(name);
	if (fd < 0 && j->stop)		/* a signal: nobody wrote there */
		return EXIT_DONE;
	if (fd < 0) {
		j->failed = true;
		kerr_sys(&e, "%s", name);
		return exit_report(&e, NULL);
	}
	if (std && !j->o->whole && isatty(fd))
		rc = tty_run(j, &e);
	else
		rc = input_run(j, fd, &e);
	if (!std)
		close(fd);
	if (rc == 0)
		return EXIT_DONE;
	j->stop = j->failed = true;
	if (e.code == KE_DATA || e.code == KE_RANGE) {
		exit_report(&e, "%s: record %llu", j->where,
		    (unsigned long long)(j->tag - before + 1));
		return EXIT_BAD_DATA;
	}
	return exit_report(&e, "%s", j->where);
}

static void
close_all(struct job *j)
{
	producer_close(j->producer);
	cluster_close(j->cluster);
	loop_free(j->loop);
	envelope_release(&j->envelope);
	format_reader_free(j->format);
	report_free(j->report);
	buf_release(&j->decoded[0]);
	buf_release(&j->decoded[1]);
	free(j->key_memory);
	buf_release(&j->key_decoded);
	free(j->o->encode.v);
	free(j->headers);
	free(j->txn_id);
	free(j->delim_memory);
	free(j->key_delim_memory);
	free(j->o->headers.v);
	common_end(&j->o->common);
}

/* Dies of the signal that ended the run, as a shell expects. */
static void
die_of(int signo)
{
	signal(signo, SIG_DFL);
	raise(signo);
}

int
main(int argc, char **argv)
{
	struct opts o = { .common = COMMON_DEFAULTS, .partition = -1,
	    .count = INT64_MAX };
	struct job j = { .stop = false };
	int n = common_start(&program, &o, &o.common, argc, argv), at = 1;
	struct kerr e = KERR_INIT;
	enum exit_class status = EXIT_DONE;

	if (o.topic == NULL) {
		if (n == 0)
			usage_error(&program, "no topic given");
		o.topic = argv[at++];
	}
	if (*o.topic == '\0')
		usage_error(&program, "the name of a topic is empty");
	prepare(&j, &o);
	if (open_all(&j, &e) != 0 || signals_init(&j, &e) != 0) {
		status = exit_report(&e, NULL);
		close_all(&j);
		return exit_flush(status);
	}
	progress_init(&j);
	if (at > n)
		status = run_one(&j, "-");
	for (; at <= n && !j.stop && !(j.failed && j.txn_id != NULL); at++)
		status = exit_worse(status, run_one(&j, argv[at]));
	status = exit_worse(status, outcome_finish(&j));
	progress_end(&j);
	signals_end();
	close_all(&j);
	status = exit_flush(status);
	if (j.signo != 0)
		die_of(j.signo);
	return (int)status;
}
