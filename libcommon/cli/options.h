/*
 * options.h: what a program takes on its command line, as one static table.
 *
 * Parsing, the two help screens and the shell completions all walk the same
 * rows, so they cannot disagree. Values land in a struct of the program's own
 * (its address is passed to options_parse); a row's macro checks that the
 * member has the type that its kind stores:
 *
 *	struct opts { struct common common; bool exit; int64_t count; };
 *
 *	static const struct opt table[] = {
 *		OPT_GROUP("Which records"),
 *		OPT_FLAG('e', "exit", struct opts, exit, "stop at the end"),
 *		OPT_INT('c', "count", "N", struct opts, count, 1, INT64_MAX,
 *		    "stop after N printed"),
 *		OPT_COMMON(struct opts, common)		(common.h)
 *		OPT_END
 *	};
 *
 * The grammar is GNU's: -abc, -cN, -c N, --long=N, --long N, unambiguous
 * prefixes of long names, options and operands in any order, "--" ends the
 * options, "-" is an operand. An option's argument may begin with '-'.
 */
#ifndef KLOG_CLI_OPTIONS_H
#define KLOG_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct opt;

/* Takes arg (NULL where the option has none); base is the program's struct.
 * Returns 0, or KE_USAGE with the reason in e ("what's wrong with it" only:
 * the parser names the option). */
typedef int opt_fn(void *base, const struct opt *, const char *arg,
    struct kerr *e);

enum opt_kind {
	OPT_KIND_END,
	OPT_KIND_GROUP,		/* a heading of the help screen */
	OPT_KIND_FLAG,		/* bool = true */
	OPT_KIND_COUNT,		/* int, one more each time */
	OPT_KIND_SET,		/* int = value */
	OPT_KIND_STR,		/* const char *, borrowed from argv */
	OPT_KIND_INT,		/* int64_t within min..max */
	OPT_KIND_DUR,		/* int64_t, ms: 5 (seconds), 500ms, 1h30m */
	OPT_KIND_CHOICE,	/* int, index into choices */
	OPT_KIND_LIST,		/* struct opt_list, appended */
	OPT_KIND_CALL,		/* fn decides */
	OPT_KIND_IGNORE		/* taken for kcat's sake, changes nothing */
};

/* The arguments of an option given several times, in order. Strings are
 * borrowed from argv; the array ends with the process. */
struct opt_list {
	const char	**v;
	int		  n;
};

struct opt {
	int		  c;		/* short letter, 0 = none */
	const char	 *name;		/* long name, NULL = none */
	const char	 *arg;		/* its argument's name, NULL = none */
	enum opt_kind	  kind;
	const char	 *help;		/* NULL: named in another row's help */
	size_t		  target;	/* offset in the program's struct */
	int64_t		  min;		/* also the value of SET */
	int64_t		  max;
	const char *const *choices;	/* NULL-ended */
	opt_fn		 *fn;
	bool		  hidden;	/* not in any help or completion */
	unsigned int	  verbs;	/* bit n: goes with verb n; 0 = all */
};

/* A program that takes a verb as its first operand lists them here; the row's
 * position is its bit in opt.verbs. */
struct opt_verb {
	const char	*name;
	const char	*args;		/* operands, as shown in the help */
	const char	*help;
};

struct program {
	const char		*name;		/* klog-topics */
	const char		*usage;		/* "[OPTION].. TOPIC.." */
	const char		*summary;	/* one or two lines */
	const struct opt	*options;
	const struct opt_verb	*verbs;		/* or NULL; name NULL ends it */
	const char		*footer;	/* of --help, or NULL */
};

/*
 * Fills base from argv. Operands are moved to argv[1..n], argv[n + 1] is NULL;
 * returns n, or KE_USAGE with a text that names the option (and, for an
 * unknown one, the nearest that exists). Where the program has verbs, the
 * first operand is checked to be one (KE_USAGE, nearest match), and options
 * that do not go with it are refused; no operand at all is left to the caller.
 */
int options_parse(const struct program *, void *base, int argc, char **argv,
    struct kerr *e);
/* The row of a letter, or of a long name of len bytes (an unambiguous
 * beginning will do); NULL where there is none. */
const struct opt *options_find_short(const struct program *, int c);
const struct opt *options_find_long(const struct program *, const char *name,
    size_t len);
/* Which verb a name is, or -1. */
int options_verb(const struct program *, const char *name);
/* -h: usage and how to get more. */
void options_usage(const struct program *, FILE *);
/* --help: the whole screen, at most 45 lines of 80 columns. */
void options_help(const struct program *, FILE *);

/* Offset of a member that must have the type P points to. */
#define OPT_MEMBER(T, m, P)						\
	(offsetof(T, m) + 0 * sizeof(char[_Generic(&((T *)0)->m, P: 1)]))

#define OPT_END { .kind = OPT_KIND_END }
#define OPT_GROUP(title) { .kind = OPT_KIND_GROUP, .help = title }
#define OPT_FLAG(ch, long_, T, m, help_) {				\
	.c = ch, .name = long_, .kind = OPT_KIND_FLAG, .help = help_,	\
	.target = OPT_MEMBER(T, m, bool *) }
#define OPT_COUNT(ch, long_, T, m, help_) {				\
	.c = ch, .name = long_, .kind = OPT_KIND_COUNT, .help = help_,	\
	.target = OPT_MEMBER(T, m, int *) }
#define OPT_SET(ch, long_, T, m, value, help_) {			\
	.c = ch, .name = long_, .kind = OPT_KIND_SET, .help = help_,	\
	.min = value, .target = OPT_MEMBER(T, m, int *) }
#define OPT_STR(ch, long_, arg_, T, m, help_) {				\
	.c = ch, .name = long_, .arg = arg_, .kind = OPT_KIND_STR,	\
	.help = help_, .target = OPT_MEMBER(T, m, const char **) }
#define OPT_INT(ch, long_, arg_, T, m, min_, max_, help_) {		\
	.c = ch, .name = long_, .arg = arg_, .kind = OPT_KIND_INT,	\
	.help = help_, .target = OPT_MEMBER(T, m, int64_t *),		\
	.min = min_, .max = max_ }
#define OPT_DUR(ch, long_, arg_, T, m, help_) {				\
	.c = ch, .name = long_, .arg = arg_, .kind = OPT_KIND_DUR,	\
	.help = help_, .target = OPT_MEMBER(T, m, int64_t *) }
#define OPT_CHOICE(ch, long_, arg_, T, m, choices_, help_) {		\
	.c = ch, .name = long_, .arg = arg_, .kind = OPT_KIND_CHOICE,	\
	.help = help_, .target = OPT_MEMBER(T, m, int *),		\
	.choices = choices_ }
#define OPT_LIST(ch, long_, arg_, T, m, help_) {			\
	.c = ch, .name = long_, .arg = arg_, .kind = OPT_KIND_LIST,	\
	.help = help_, .target = OPT_MEMBER(T, m, struct opt_list *) }
#define OPT_CALL(ch, long_, arg_, fn_, help_) {				\
	.c = ch, .name = long_, .arg = arg_, .kind = OPT_KIND_CALL,	\
	.help = help_, .fn = fn_ }
#define OPT_IGNORE(ch, long_, arg_) {					\
	.c = ch, .name = long_, .arg = arg_, .kind = OPT_KIND_IGNORE,	\
	.hidden = true }

#endif
