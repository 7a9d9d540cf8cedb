/*
 * consume.h: what the files of klog-consume share.
 *
 *	main.c		the order of things
 *	options.c	what was asked for
 *	plan.c		which partitions
 *	ranges.c	from where, to where
 *	offline.c	--offline: the same from a directory, without brokers
 *	last.c		-n: where the newest N records begin
 *	print.c		how they look
 *	sort.c		--sort: merging partitions by time
 *	stop.c		signals, and what is told about progress
 *	group.c		-G: what the group wants
 *	group_config.c	-G: what was asked for
 *	handover.c	-G: partitions that come and go
 *	commit.c	-G: what is committed, and when
 *	place.c		-G: where a partition of the group is begun
 *	out.c		-G: writing, in a thread of its own
 *	each.c		--each, --commit=each: a record at a time
 *	on_fail.c	--each: a command that did not succeed
 *	command.c	--each: the command
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

enum bytes_form { BYTES_BASE64, BYTES_HEX };	/* --bytes */

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
	bool		 strict;	/* --strict */
	bool		 sort;
	int		 bytes;		/* enum bytes_form; -1: as they are */
	bool		 iso;
	bool		 utc;
	bool		 raw;
	int64_t		 idle;		/* ms; 0: for ever */
	bool		 wait;
	bool		 fail_empty;
	const char	*offline;	/* a directory instead of a cluster */
	const char	*group;		/* -G */
	int		 commit;	/* enum commit_how; -1: not given */
	const char	*reset;		/* --reset */
	const char	*each;		/* --each */
	int64_t		 retries;
	const char	*on_fail;
	int64_t		 jobs;
};

enum commit_how { COMMIT_AUTO, COMMIT_EACH, COMMIT_END, COMMIT_NONE };

/* A partition to be read; its index is the consumer's slot. */
struct part {
	char			*topic;
	int32_t			 partition;
	struct spec_range	 range;		/* as asked */
	int64_t			 from;
	int64_t			 to;		/* -1: no end */
	int64_t			 start, end;	/* of the log; end pinned */
	int64_t			 since;		/* drop what is older, ms */
	bool			 fresh;		/* came after the start */
	/* in a group: */
	bool			 held;		/* is this member's to read */
	int64_t			 done;		/* records before it have left */
	int64_t			 committed;	/* -1: nothing yet */
	int64_t			 marks;		/* printed, not left yet */
	bool			 cut;		/* a batch was left half way */
};

struct pattern;
struct out;
struct group;
struct each;

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
	struct cluster_config	 conf;
	struct group		*group;		/* NULL: no group */
	struct out		*out;		/* in a group */
	struct each		*each;		/* a record at a time */
};

/* options.c: the ranges of -o; both end the process where something is wrong
 * or does not go together. */
extern const struct program program;
void options_offsets(const struct opts *o, struct spec *spec);
void options_check(const struct opts *o, const struct spec *spec);

/* plan.c: fills plan; reports what is wrong itself and returns an exit
 * class. */
int plan_topics(struct consume *co, char *const *names, int n);
void plan_release(struct plan *p);
/* The slot of a partition; one that is not known is added, idle. */
int plan_slot(struct consume *co, const char *topic, int32_t partition);
/* Assigns the partitions, and topics that match, that have come since. */
void plan_grow(struct consume *co);

/* Whether the topic is among what is read, or will be once it is there. */
bool plan_reads(const struct plan *, const char *topic);

/* For offline.c: adds a partition; compiles an operand that is ^REGEX, whose
 * memory is the plan's; whether it matches. */
void plan_add(struct plan *p, const char *topic, int32_t partition);
int plan_compile(struct plan *p, const char *text, struct pattern **out,
    struct kerr *e);
bool plan_matches(const struct pattern *p, const char *topic, bool internal);

/* ranges.c: resolves a plan; the same. */
int plan_ranges(struct consume *co, const struct spec *spec);
/* Where a point lies now; p's start and end, too. */
int plan_point(struct consume *co, struct part *p, const struct spec_point *pt,
    int64_t *at, struct kerr *e);
/* Whether a part's start lies in its log. */
int plan_check_start(struct consume *co, struct part *p, struct kerr *e);

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

/* In a group: out writes. */
void printer_to(struct printer *p, struct out *sink);
/* In a group: all up to next has been looked at of the slot. */
void printer_passed(struct printer *p, int slot, int64_t next);

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
/* Told, too, when a child has ended. */
void stop_on_child(void);
/* Ends the process by the signal that came. */
void stop_raise(void) __attribute__((noreturn));

/* out.c: one thread that writes. */
struct out *out_new(struct consume *co);
void out_free(struct out *o);
/* Behind byte end of what is being printed slot stands at next. */
void out_mark(struct out *o, size_t end, int slot, int64_t next);
/* Has it written; b comes back empty. */
void out_push(struct out *o, struct buf *b);
/* Whether more should be printed now; whether nothing waits. */
bool out_room(struct out *o);
bool out_idle(struct out *o);
int64_t out_accepted(struct out *o);
/* The errno of write(2) after which nothing is written any more, or 0. */
int out_error(struct out *o);
/* Tells group_passed() of what has left; unread: less what still lies in the
 * pipe, for its reader has not had that. */
void out_settle(struct out *o, bool unread);
/* No write(2) runs until out_go(), and what was accepted is known. */
void out_hold(struct out *o);
void out_go(struct out *o);
/* Held: takes back what has not begun to leave of the slots that are gone. */
void out_take_back(struct out *o, const bool *gone);

/* group_config.c: what the properties say of it. */
int group_configure(struct consume *co, struct kerr *e);
/* group.c: joins: an exit class. */
int group_begin(struct consume *co);
void group_free(struct group *g);
/* The work in a group: 0, KE_TIMEOUT for --idle, or what went wrong. */
int group_run(struct consume *co, struct kerr *e);
/* Commits what has left, leaves the group. */
int group_end(struct consume *co, struct kerr *e);
/* The reader of stdout is gone: died of that, once all is tidied up. */
bool group_broken_pipe(const struct consume *co);
/* Records before next have left, or were taken back (out.c). */
void group_passed(struct consume *co, int slot, int64_t next);
void group_dropped(struct consume *co, int slot);
/* What there is to do: events, commits that are due. */
int group_turn(struct consume *co, struct kerr *e);
/* Waits until something happens, wait_ms at most (-1). */
int group_wait(struct consume *co, int64_t wait_ms, bool more,
    struct kerr *e);
/* Everything that is this member's, up to its end, has been taken. */
bool group_read(const struct consume *co);
void group_commit_soon(struct consume *co);
enum commit_how group_how(const struct consume *co);
struct subscriber *group_subscriber(const struct consume *co);

/* place.c: moves newly assigned slots to where they begin. */
int place_slots(struct consume *co, const int *slots, size_t n,
    struct kerr *e);
/* The committed offset is gone: to --reset, or an error. */
int place_reset(struct consume *co, int slot, struct kerr *e);
int place_check(const char *reset, bool utc, struct kerr *e);

/* each.c */
struct each *each_new(struct consume *co, struct kerr *e);
void each_free(struct each *x);
/* Takes and begins what can be; 1 when nothing more is to come. */
int each_turn(struct consume *co, int64_t *came, struct kerr *e);
/* Ends what is under way of slots that are gone (NULL: of all); runs the loop
 * until it has. */
void each_quiet(struct consume *co, const bool *gone);
/* When to look again, ms from now; -1: no such time. */
int64_t each_wait(const struct consume *co);
bool each_idle(const struct consume *co);
bool each_slot_idle(const struct consume *co, int slot);

/* on_fail.c: whether --on-fail is understood. */
int on_fail_check(const char *on_fail, struct kerr *e);

#endif
