/*
 * common.h: what every klog tool shares: options, configuration, the choice
 * of the cluster, what is said on stderr, and a clean end.
 *
 *	struct opts { struct common common; ... };	(common comes first)
 *
 *	int
 *	main(int argc, char **argv)
 *	{
 *		struct opts o = { .common = COMMON_DEFAULTS, ... };
 *		int n = common_start(&program, &o, &o.common, argc, argv);
 *
 *		(check operands argv[1..n] and values with usage_error())
 *		if (common_cluster(&o.common, &conf, &e) != 0)
 *			return exit_report(&e, NULL);
 *		(loop_new, cluster_open(loop, &conf, &e), the work)
 *		common_end(&o.common);
 *		return exit_flush(status);
 *	}
 */
#ifndef KLOG_CLI_COMMON_H
#define KLOG_CLI_COMMON_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/config.h"
#include "cli/exit.h"
#include "cli/options.h"
#include "client/cluster.h"
#include "client/private.h"

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct common {
	const char	*brokers;	/* -b */
	const char	*profile;	/* --profile */
	struct opt_list	 files;		/* -F */
	struct opt_list	 props;		/* -X */
	struct opt_list	 resolve;	/* --resolve HOST:PORT:ADDR */
	int64_t		 first_contact;	/* -m, ms */
	bool		 quiet;		/* -q */
	int		 verbose;	/* -v, how often */
	unsigned int	 debug;		/* -d, bits of enum log_area */
	bool		 json;		/* -J, --json */
	int		 color;		/* enum color_when */
	int		 progress;	/* 0: terminal says; 1 yes, -1 no */
	bool		 usage;		/* -h */
	bool		 help;		/* --help */
	bool		 version;	/* -V */
	bool		 look;		/* start and make nothing */
	struct config	*config;	/* filled by common_start */
	struct private_place private;	/* filled by common_cluster */
	char		*resolved;	/* --resolve as one list */
};

#define COMMON_DEFAULTS	{ .first_contact = 5000 }

extern const char *const color_choices[];
opt_fn common_debug;

/*
 * The rows, for a program's table: OPT_WHERE first, OPT_JSON (with what JSON
 * means there) and OPT_CONTACT under the program's own headings, OPT_COMMON
 * last: its rows have no text of their own, COMMON_FOOTER names them.
 */
#define OPT_WHERE(T, m)							\
	OPT_GROUP("Where"),						\
	OPT_STR('b', "brokers", "H[:P],..", T, m.brokers,		\
	    "else $KLOG_BROKERS, profile, private broker"),		\
	OPT_STR(0, "profile", "NAME", T, m.profile,			\
	    "section of the config; also -F FILE, -X PROP=VAL"),	\
	OPT_LIST('F', "config", "FILE", T, m.files, NULL),		\
	OPT_LIST('X', "property", "PROP=VAL", T, m.props, NULL),	\
	OPT_LIST(0, "resolve", "H:P:ADDR", T, m.resolve, NULL),
#define OPT_JSON(T, m, help_)						\
	OPT_FLAG('J', "json", T, m.json, help_),
#define OPT_CONTACT(T, m)						\
	OPT_DUR('m', "timeout", "SECS", T, m.first_contact,		\
	    "first contact (5)"),
#define OPT_COMMON(T, m)						\
	OPT_FLAG('q', "quiet", T, m.quiet, NULL),			\
	OPT_COUNT('v', "verbose", T, m.verbose, NULL),			\
	OPT_CALL('d', "debug", "AREA,..", common_debug, NULL),		\
	OPT_CHOICE(0, "color", "WHEN", T, m.color, color_choices, NULL), \
	OPT_SET(0, "progress", T, m.progress, 1, NULL),			\
	OPT_SET(0, "no-progress", T, m.progress, -1, NULL),		\
	OPT_FLAG('h', NULL, T, m.usage, NULL),				\
	OPT_FLAG(0, "help", T, m.help, NULL),				\
	OPT_FLAG('V', "version", T, m.version, NULL),
/* A last line of --help that names those without text. */
#define COMMON_FOOTER							\
	"Other: -q, -v, -d AREA, --color WHEN, --[no-]progress, "	\
	"--resolve H:P:ADDR,\n       -h (short), --help, -V, --version"

/*
 * Parses argv into base (whose member common is c), answers -h, --help and -V,
 * reads files, environment and -X, sets the log sink, and what is coloured.
 * Returns the number of operands, argv[1..n]. What is wrong with the command
 * line or the configuration ends the program here (exit 2).
 */
int common_start(const struct program *, void *base, struct common *c,
    int argc, char **argv);
/*
 * For a program that works on two clusters: fills *side (zeroed) with the
 * configuration of one of them, as if it were a program of its own. where is
 * the name of a profile, or brokers as of -b; $KLOG_BROKERS and $KLOG_PROFILE
 * do not count. c is what common_start() filled; files, -X and the other
 * options are its own. End it with common_end().
 */
int common_side(struct common *side, const struct common *c,
    const char *where, struct kerr *e);
/* The same for a line of a program that is running already: nothing ends it.
 * Operands as above; 0 where -h or --help was answered; KE_USAGE with the text
 * in e. The cluster is the one that is open: what would choose another is
 * refused. */
int common_line(const struct program *, void *base, struct common *c,
    int argc, char **argv, struct kerr *e);
/* Reads files, environment and -X into c->config, which is new. */
int common_read(struct common *c, struct kerr *e);
/* The file that is read where no -F names one, to be freed; NULL without a
 * home. */
char *common_file(void);
/* Gives all of it back: configuration, lists, places. */
void common_end(struct common *c);
/* "program: text" and "try --help" on stderr, then exit 2. */
void usage_error(const struct program *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), noreturn));
/*
 * Decides which cluster, and fills conf (defaults first) from the properties:
 * where it is, how long to wait. What conf points to lives as long as c. Says
 * in one line when it falls back to the private broker without being told to.
 */
int common_cluster(struct common *c, struct cluster_config *conf,
    struct kerr *e);

#endif
