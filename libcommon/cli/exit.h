/*
 * exit.h: how a program ends, and the one line it says about a failure.
 *
 *	klog-produce: orders[3]: NOT_LEADER_OR_FOLLOWER after 3 tries (hint)
 */
#ifndef KLOG_CLI_EXIT_H
#define KLOG_CLI_EXIT_H

#include <stdbool.h>

#include "base/err.h"

enum exit_class {
	EXIT_DONE = 0,
	EXIT_NO = 1,		/* the answer is no, or some items failed */
	EXIT_BAD_USAGE = 2,	/* usage, configuration, local input/output */
	EXIT_UNREACHABLE = 3,	/* or timed out: trying again may help */
	EXIT_MISSING = 4,	/* topic, group or offset not found */
	EXIT_DENIED = 5,	/* TLS, authentication, authorisation */
	EXIT_BAD_DATA = 6,	/* input line, CRC, decoding, gap */
	EXIT_CONFLICT = 7,	/* exists, group active, fenced, locked */
	EXIT_IDLE = 124		/* --idle elapsed */
};

/* The class that an error belongs to (its Kafka code decides where it has
 * one); EXIT_DONE where e->code is 0. */
enum exit_class exit_class(const struct kerr *e);
/* The worse of two: the higher number; EXIT_IDLE is just above EXIT_DONE. */
enum exit_class exit_worse(enum exit_class a, enum exit_class b);
/* What may help, or NULL. */
const char *exit_hint(const struct kerr *e);

/* Names the program in every line below; call first (common_start does). */
void exit_name(const char *program);
/* Whether that name is bold, and before an error red, on stderr; at first it is
 * not. */
void exit_color(bool on);
/* Prints "program: OBJECT: text (hint)" on stderr in one write, OBJECT made
 * from fmt (NULL: none); returns exit_class(e). A text that begins with the
 * object already is not given it twice. */
enum exit_class exit_report(const struct kerr *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Prints "program: text"; the caller says what it means for the status. */
void warn_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same, then ends the process with that status. */
void die(enum exit_class, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* For handlers of the signals that end a run: false for the first, and for one
 * within 100 ms of it, as timeout(1) signals the process and its group; true
 * for another, which ends the run at once. Async-signal-safe. */
bool exit_insisted(void);

/* Flushes stdout and makes sure that all of it was written: returns status, or
 * the worse of it and EXIT_BAD_USAGE after saying why not. The last call of
 * every main(). */
int exit_flush(enum exit_class status);

#endif
