/*
 * exit.c: from an error to a class, a line and a status.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/exit.h"

static const char *program_name = "klog";
static bool color;

/* Two signals within this time are one. */
#define TWICE_MS	100

#define NOTE	"\033[1m"		/* bold */
#define ERROR	"\033[1;31m"	/* and red */

#define FENCED	"a newer run with the same transactional id, or one that was " \
	"open for longer than transaction.timeout.ms"

/* Kafka's codes whose class is not "trying again may help". */
static const struct {
	short			code;
	enum exit_class		class;
	const char		*hint;
} kafka_classes[] = {
	{ 1, EXIT_MISSING, NULL },	/* OFFSET_OUT_OF_RANGE */
	{ 2, EXIT_BAD_DATA, NULL },	/* CORRUPT_MESSAGE */
	{ 3, EXIT_MISSING, "'klog-topics list' shows what there is" },
	{ 10, EXIT_BAD_DATA, "the topic's max.message.bytes bounds a batch" },
	{ 12, EXIT_BAD_USAGE, NULL },	/* OFFSET_METADATA_TOO_LARGE */
	{ 15, EXIT_UNREACHABLE, "the broker's log says why, where it "
	    "lasts" },			/* COORDINATOR_NOT_AVAILABLE */
	{ 17, EXIT_BAD_USAGE, "a topic's name is at most 249 of A-Z a-z 0-9 . "
	    "_ -" },			/* INVALID_TOPIC_EXCEPTION */
	{ 18, EXIT_BAD_DATA, NULL },	/* RECORD_LIST_TOO_LARGE */
	{ 19, EXIT_UNREACHABLE, "fewer brokers in sync than "
	    "min.insync.replicas" },	/* NOT_ENOUGH_REPLICAS */
	{ 20, EXIT_UNREACHABLE, "fewer brokers in sync than "
	    "min.insync.replicas" },	/* .._AFTER_APPEND */
	{ 21, EXIT_BAD_USAGE, NULL },	/* INVALID_REQUIRED_ACKS */
	{ 23, EXIT_CONFLICT, "no partition.assignment.strategy is common to "
	    "all members" },		/* INCONSISTENT_GROUP_PROTOCOL */
	{ 24, EXIT_BAD_USAGE, NULL },	/* INVALID_GROUP_ID */
	{ 26, EXIT_BAD_USAGE, NULL },	/* INVALID_SESSION_TIMEOUT */
	{ 28, EXIT_BAD_USAGE, NULL },	/* INVALID_COMMIT_OFFSET_SIZE */
	{ 29, EXIT_DENIED, NULL },	/* TOPIC_AUTHORIZATION_FAILED */
	{ 30, EXIT_DENIED, NULL },	/* GROUP_AUTHORIZATION_FAILED */
	{ 31, EXIT_DENIED, NULL },	/* CLUSTER_AUTHORIZATION_FAILED */
	{ 32, EXIT_BAD_DATA, NULL },	/* INVALID_TIMESTAMP */
	{ 33, EXIT_DENIED, NULL },	/* UNSUPPORTED_SASL_MECHANISM */
	{ 34, EXIT_DENIED, NULL },	/* ILLEGAL_SASL_STATE */
	{ 35, EXIT_BAD_USAGE, NULL },	/* UNSUPPORTED_VERSION */
	{ 36, EXIT_CONFLICT, NULL },	/* TOPIC_ALREADY_EXISTS */
	{ 37, EXIT_BAD_USAGE, NULL },	/* INVALID_PARTITIONS */
	{ 38, EXIT_BAD_USAGE, "more replicas than brokers?" },
	{ 39, EXIT_BAD_USAGE, NULL },	/* INVALID_REPLICA_ASSIGNMENT */
	{ 40, EXIT_BAD_USAGE, NULL },	/* INVALID_CONFIG */
	{ 42, EXIT_BAD_USAGE, NULL },	/* INVALID_REQUEST */
	{ 43, EXIT_BAD_USAGE, NULL },	/* UNSUPPORTED_FOR_MESSAGE_FORMAT */
	{ 44, EXIT_BAD_USAGE, NULL },	/* POLICY_VIOLATION */
	{ 47, EXIT_CONFLICT, FENCED },	/* INVALID_PRODUCER_EPOCH */
	{ 48, EXIT_CONFLICT, NULL },	/* INVALID_TXN_STATE */
	{ 49, EXIT_CONFLICT, NULL },	/* INVALID_PRODUCER_ID_MAPPING */
	{ 50, EXIT_BAD_USAGE, "the broker's transaction.max.timeout.ms bounds "
	    "transaction.timeout.ms" },	/* INVALID_TRANSACTION_TIMEOUT */
	{ 52, EXIT_CONFLICT, NULL },	/* TRANSACTION_COORDINATOR_FENCED */
	{ 53, EXIT_DENIED, NULL },	/* TRANSACTIONAL_ID_AUTHORIZATION.. */
	{ 54, EXIT_DENIED, NULL },	/* SECURITY_DISABLED */
	{ 58, EXIT_DENIED, NULL },	/* SASL_AUTHENTICATION_FAILED */
	{ 60, EXIT_CONFLICT, NULL },	/* REASSIGNMENT_IN_PROGRESS */
	{ 65, EXIT_DENIED, NULL },	/* DELEGATION_TOKEN_AUTHORIZATION.. */
	{ 66, EXIT_DENIED, NULL },	/* DELEGATION_TOKEN_EXPIRED */
	{ 68, EXIT_CONFLICT, "the group has members: stop them first" },
	{ 69, EXIT_MISSING, NULL },	/* GROUP_ID_NOT_FOUND */
	{ 73, EXIT_BAD_USAGE, "the broker has delete.topic.enable=false" },
	{ 76, EXIT_BAD_DATA, NULL },	/* UNSUPPORTED_COMPRESSION_TYPE */
	{ 82, EXIT_CONFLICT, "another member has come with this "
	    "group.instance.id" },	/* FENCED_INSTANCE_ID */
	{ 86, EXIT_CONFLICT, NULL },	/* GROUP_SUBSCRIBED_TO_TOPIC */
	{ 87, EXIT_BAD_DATA, NULL },	/* INVALID_RECORD */
	{ 90, EXIT_CONFLICT, FENCED },	/* PRODUCER_FENCED */
	{ 91, EXIT_MISSING, NULL },	/* RESOURCE_NOT_FOUND */
	{ 92, EXIT_CONFLICT, NULL },	/* DUPLICATE_RESOURCE */
	{ 100, EXIT_MISSING, NULL },	/* UNKNOWN_TOPIC_ID */
	{ 105, EXIT_MISSING, NULL },	/* TRANSACTIONAL_ID_NOT_FOUND */
	{ 110, EXIT_CONFLICT, NULL },	/* FENCED_MEMBER_EPOCH */
	{ 111, EXIT_CONFLICT, "a member with this group.instance.id is there, "
	    "or was until its session has ended" },
	{ 112, EXIT_BAD_USAGE, NULL },	/* UNSUPPORTED_ASSIGNOR */
};

#define NKAFKA	(sizeof(kafka_classes) / sizeof(kafka_classes[0]))

static enum exit_class
class_of_kafka(int code)
{
	size_t i;

	for (i = 0; i < NKAFKA; i++)
		if (kafka_classes[i].code == code)
			return kafka_classes[i].class;
	return EXIT_UNREACHABLE;
}

/* A failing system call is the network's fault or this machine's. */
static enum exit_class
class_of_errno(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ECONNRESET:
	case ECONNABORTED:
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENETDOWN:
	case EPIPE:
		return EXIT_UNREACHABLE;
	default:
		return EXIT_BAD_USAGE;
	}
}

enum exit_class
exit_class(const struct kerr *e)
{
	switch (e->code) {
	case 0:
		return EXIT_DONE;
	case KE_BROKER:
		return class_of_kafka(e->kafka);
	case KE_SYS:
		return class_of_errno(e->sys);
	case KE_UNSUPPORTED:
	case KE_CONFIG:
	case KE_USAGE:
		return EXIT_BAD_USAGE;
	case KE_NOTFOUND:
		return EXIT_MISSING;
	case KE_AUTH:
		return EXIT_DENIED;
	case KE_CRC:
	case KE_CORRUPT:
	case KE_RANGE:
	case KE_DATA:
		return EXIT_BAD_DATA;
	case KE_EXISTS:
	case KE_LOCKED:
		return EXIT_CONFLICT;
	case KE_CANCELLED:
		return EXIT_NO;
	default:
		return EXIT_UNREACHABLE;
	}
}

enum exit_class
exit_worse(enum exit_class a, enum exit_class b)
{
	if (a == EXIT_IDLE || b == EXIT_DONE)
		return b == EXIT_DONE ? a : b;
	if (b == EXIT_IDLE)
		return a == EXIT_DONE ? b : a;
	return a > b ? a : b;
}

const char *
exit_hint(const struct kerr *e)
{
	size_t i;

	switch (e->code) {
	case KE_UNREACHABLE:
		return "is a broker running there?";
	case KE_LOCKED:
		return "one broker at a time may use a data directory";
	case KE_BROKER:
		for (i = 0; i < NKAFKA; i++)
			if (kafka_classes[i].code == e->kafka)
				return kafka_classes[i].hint;
		break;
	}
	return NULL;
}

void
exit_name(const char *program)
{
	program_name = program;
}

void
exit_color(bool on)
{
	color = on;
}

/* look is how the name is shown. One write, so that lines of several processes
 * do not mix. */
static void
say(const char *look, const char *object, const char *text, const char *hint)
{
	char line[2048];
	int n;

	n = snprintf(line, sizeof(line), "%s%s:%s %s%s%s%s%s%s\n",
	    color ? look : "", program_name, color ? "\033[0m" : "", object,
	    object[0] != '\0' ? ": " : "", text,
	    hint != NULL ? " (" : "", hint != NULL ? hint : "",
	    hint != NULL ? ")" : "");
	if (n >= (int)sizeof(line)) {
		n = sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
		return;		/* nobody left to tell */
}

enum exit_class
exit_report(const struct kerr *e, const char *fmt, ...)
{
	char object[512] = "";
	const char *text = e->msg[0] != '\0' ? e->msg : kerr_text(e->code);
	size_t n;
	va_list ap;

	if (fmt != NULL) {
		va_start(ap, fmt);
		vsnprintf(object, sizeof(object), fmt, ap);
		va_end(ap);
	}
	n = strlen(object);
	if (strncmp(text, object, n) == 0 && text[n] == ':')
		object[0] = '\0';
	say(ERROR, object, text, exit_hint(e));
	return exit_class(e);
}

void
warn_line(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(NOTE, "", text, NULL);
}

void
die(enum exit_class status, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(ERROR, "", text, NULL);
	exit(status);
}

int
exit_flush(enum exit_class status)
{
	int failed = ferror(stdout);

	errno = 0;
	if (fflush(stdout) != 0)
		failed = 1;
	if (!failed)
		return status;
	if (errno != 0)
		warn_line("standard output: %s", strerror(errno));
	else
		warn_line("standard output: write error");
	return exit_worse(status, EXIT_BAD_USAGE);
}

bool
exit_insisted(void)
{
	static int64_t first;
	struct timespec ts;
	int64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
	if (first == 0)
		first = now;
	return now - first >= TWICE_MS;
}
