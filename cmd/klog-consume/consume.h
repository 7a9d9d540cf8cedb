/*
 * consume.h: what the files of klog-consume share.
 *
 *	main.c		options, and the order of things
 *	plan.c		which partitions, from where, to where
 *	offline.c	--offline: the same from a directory, without brokers
 *	last.c		-n: where the newest N records begin
 *	print.c		how they look
 *	sort.c		--sort: merging partitions by time
 *	stop.c		signals, and what is told about progress
 */
#ifndef KLOG_CONSUME_H
#define KLOG_CONSUME_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/sys.h"
#include "cli/common.h"
#include "cli/envelope.h"
#include "cli/format.h"
#include "cli/grep.h"
#include "cli/spec.h"
#include "client/consumer.h"
#include "record/iter.h"

struct admin_offset;
struct offline;

struct opts {
	struct common	 common;
	struct opt_list	 topics;	/* -t */
	const char	*partitions;	/* -p */
	struct opt_list	 offsets;	/* -o */
	int64_t		 last;		/* -n; -1: not given */
	bool		 exit;		/* -e */
	int64_t		 count;		/* -c; -1: no limit */
	struct opt_list	 greps;		/* -g */
	bool		 uncommitted;
	const char	*format;	/* -f */
	const char	*key_delim;	/* -K */
	bool		 with_offset;	/* -O */
	const char	*delim;		/* -D */
	bool		 nul;		/* -0 */
	const char	*null;		/* --null */
	bool		 null_word;	/* -Z */
	struct opt_list	 decode;	/* -s */
	bool		 sort;
	bool		 iso;
	bool		 utc;
	bool		 raw;
	int64_t		 idle;		/* ms; 0: for ever */
	bool		 wait;
	bool		 fail_empty;
	const char	*offline;	/* a directory instead of a cluster */
};

/* A partition to be read; its index is the consumer's slot. */
struct part {
	char			*topic;
	int32_t			 partition;
	struct spec_range	 range;		/* as asked */
	int64_t			 from;
	int64_t			 to;		/* -1: no end */
	int64_t			 start, end;	/* of the log; end pinned */
	int64_t			 since;		/* drop what is older, ms */
};

struct pattern;

struct plan {
	struct part	*part;
	size_t		 n;
	struct pattern	*pattern;	/* operands that are ^REGEX */
	size_t		 n_patterns;
	struct cluster_watch watch;
	bool		 stale;		/* metadata came: plan_grow */
};

/* The run. */
struct consume {
	const struct opts	*o;
	struct loop		*loop;
	struct cluster		*cl;		/* NULL: --offline */
	struct offline		*files;		/* --offline, else NULL */
	struct consumer		*c;
	struct plan		 plan;
	struct grep		*grep;		/* NULL: all records */
	struct printer		*printer;
	struct codecs		*codecs;
	struct buf		 scratch;
	bool			 bounded;	/* every partition has an end */
	int64_t			 left;		/* records to print; INT64_MAX */
	int64_t			 printed;
	bool			 progress;	/* tell it by itself */
	int64_t			 started, told;	/* ms of the loop */
};

/* plan.c: fills plan and resolves it; reports what is wrong itself and
 * returns an exit class. */
int plan_topics(struct consume *co, char *const *names, int n);
int plan_ranges(struct consume *co, const struct spec *spec);
void plan_release(struct plan *p);
/* Assigns the partitions, and topics that match, that have come since. */
void plan_grow(struct consume *co);

/* For offline.c: adds a partition; compiles an operand that is ^REGEX, whose
 * memory is the plan's; whether it matches. */
void plan_add(struct plan *p, const char *topic, int32_t partition);
int plan_compile(struct plan *p, const char *text, struct pattern **out,
    struct kerr *e);
bool plan_matches(const struct pattern *p, const char *topic, bool internal);

/* offline.c: partitions are directories. Damage is told as it is met. */
int offline_open(struct consume *co, const char *dir, struct kerr *e);
void offline_close(struct offline *f);
/* Whether the directory is one partition's: no topic has to be named. */
bool offline_single(const struct offline *f);
bool offline_damaged(const struct offline *f);
/* Plans the partitions of these topics, all of them where n is 0. */
int offline_plan(struct consume *co, const char *const *names, int n,
    struct kerr *e);
/* As admin_list_offsets(). */
int offline_offsets(struct consume *co, struct admin_offset *v, size_t n,
    bool committed, struct kerr *e);
struct consumer *offline_consumer(struct consume *co,
    const struct consumer_config *cf);

/* main.c: a consumer of the cluster, or of the directory. */
struct consumer *consume_open(struct consume *co,
    const struct consumer_config *cf);

/* last.c: moves from so that the newest o->last records up to the end
 * follow. */
int last_find(struct consume *co, struct kerr *e);

/* print.c: one printer a run; 0 or KE_SYS where stdout cannot be written. */
struct printer *printer_new(const struct opts *o, struct kerr *e);
void printer_free(struct printer *p);
/* Prints the wanted records of a batch, co->left at most. */
int printer_batch(struct printer *p, struct consume *co,
    const struct consumer_batch *b, struct kerr *e);
int printer_record(struct printer *p, struct consume *co,
    const struct consumer_batch *b, const struct record *r, struct kerr *e);
int printer_flush(struct printer *p, struct kerr *e);
/* Bytes handed to write(2) so far. */
int64_t printer_bytes(const struct printer *p);
/* True once stdout could not be written. */
bool printer_failed(const struct printer *p);

/* Whether a record is inside what was asked of its partition. */
bool record_wanted(const struct consume *co, const struct consumer_batch *b,
    const struct record *r);

/* sort.c: reads everything, merged by time. */
int sort_run(struct consume *co, struct kerr *e);

/* stop.c */
/* The signal that asked for an end, or 0. */
extern volatile sig_atomic_t stop_signal;
int stop_init(struct consume *co, struct kerr *e);
/* Before the loop is freed; a signal is still remembered afterwards. */
void stop_end(void);
/* Waits for records; prints first what waits to be written. The same returns
 * as consumer_wait(). */
int stop_wait(struct consume *co, int64_t wait_ms, int *slot, struct kerr *e);
void progress_init(struct consume *co);
void progress_tell(struct consume *co);
void progress_end(struct consume *co);
/* Ends the process by the signal that came. */
void stop_raise(void) __attribute__((noreturn));

#endif
