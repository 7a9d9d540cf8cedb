/*
 * mirror.h: what the files of klog-mirror share.
 *
 *	main.c		options, the two clusters, one pass or many
 *	names.c		which topics, and their names in the target
 *	survey.c	what both clusters have
 *	plan.c		what is to be done about a partition
 *	prepare.c	topics of the target: made, grown, configured
 *	copy.c		batches from the source into transactions
 *	recode.c	batches that cannot go through as they are, or are small
 *	state.c		what is remembered, as records
 *	omap.c		where the records of the source lie in the target
 *	store.c		reading and writing what is remembered
 *	groups.c	--sync-groups: committed offsets
 *	claim.c		which of several runs has the link
 *	told.c		how far it is, as offsets of a group
 *	start.c		--start-from
 *	circle.c	records that would go round for ever
 *	report.c	what is told: troubles, progress, the last line
 *	signals.c	signals that end a run
 *
 * A pass surveys both clusters, plans each partition up to where its source
 * ends now, and copies. One transaction in the target holds copied batches and,
 * for each partition in it, the new position: what is there is remembered, and
 * what is remembered is there, whenever the pass is cut off. A second run on the
 * same link fences the first one before it reads the positions; one that was out
 * of touch comes back only where nobody has begun since.
 */
#ifndef KLOG_MIRROR_H
#define KLOG_MIRROR_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/common.h"
#include "cli/grep.h"
#include "client/cluster.h"
#include "client/consumer.h"
#include "client/producer.h"
#include "names.h"
#include "net/loop.h"
#include "omap.h"
#include "plan.h"
#include "cli/rate.h"
#include "state.h"

#define STATE_TOPIC	"__klog_mirror."	/* and the link's name */
#define OWN_GROUP	"klog-mirror."		/* the same */

enum { ON_FAIL, ON_SKIP };		/* --on-gap */
enum { ON_STOP, ON_RESTART };		/* --on-recreate */

struct opts {
	struct common	 common;	/* first */
	const char	*from, *to;
	const char	*link;		/* --link; NULL: the source's id */
	struct opt_list	 topics;
	bool		 once;
	bool		 follow;
	const char	*prefix;
	bool		 identity;
	bool		 sync_config;
	const char	*sync_groups;	/* expression */
	int		 on_gap;
	int		 on_recreate;
	const char	*start_from;
	const char	*rate;
	struct opt_list	 greps;
	bool		 dry_run;
	bool		 status;	/* the operand */
};

/* One of the two clusters. */
struct side {
	struct common	 common;
	struct cluster	*c;
	bool		 opened;	/* common is to be ended */
};

struct pair;

/* A partition on its way. */
struct part {
	struct pair	*pair;
	int32_t		 index;

	/* remembered, and then going on */
	bool		 known;
	bool		 other_cluster;
	struct kuuid	 old_id;
	int64_t		 src_next;	/* as committed */
	int64_t		 src_put;	/* in the open transaction, or -1 */
	int32_t		 epoch;		/* leader epoch before it, -1 */
	int64_t		 tgt_next;	/* -1: nothing was copied */
	struct omap	 map;
	int64_t		*bases;		/* of map records, ascending */
	size_t		 n_bases;

	/* in this pass */
	int64_t		 log_start, end, epoch_end, tgt_end, begin;
	struct plan	 plan;
	int		 slot;		/* of the consumer; -1: none */
	bool		 note;		/* write the position in any case */
	size_t		 reading;	/* store.c: which, from 1 on */
	int32_t		 epoch_now;	/* of the last batch passed */
	uint64_t	 records;	/* copied */
};

/* A topic of the source and its copy. */
struct pair {
	char		*source, *target;
	struct kuuid	 id;		/* of the source; zero: not known */
	int32_t		 n;		/* partitions of the source */
	struct part	*part;
	int32_t		 tgt_n;		/* partitions there; 0: no topic */
	struct ptopic	*topic;		/* NULL until needed */
	bool		 seen;		/* in the source, in this pass */
	bool		 checked;	/* that it goes in no circle */
	bool		 made;		/* the target, in this pass */
	bool		 from_target;	/* left out: it comes from there */
	bool		 configured;	/* in this run */
	size_t		 refused;	/* bytes of a record too large for the
					 * target, with its batch */
};

struct mirror {
	struct opts	*o;
	struct loop	*loop;
	struct side	 src, tgt;
	char		*link;
	char		*state_topic;
	char		*txn_id;	/* NULL: the target has none */
	char		*group;		/* that is told how far it is; NULL:
					 * the target does not allow it */
	bool		 told_denied;	/* which has just turned out */
	struct names	*names;
	struct grep	*grep;		/* NULL: all records */
	struct rate	 rate;
	struct pair	*pair;		/* by source */
	int		 n_pairs;
	char		**links;	/* topics of links to the source */
	int		 n_links;
	char		**left_out;	/* topics that come from the target */
	int		 n_left_out;
	bool		 loaded;	/* what is remembered has been read */
	struct kuuid	 run;		/* this run, among those on the link */
	bool		 claimed;	/* which is written there */
	int64_t		 was_id;	/* of the last producer, -1: none yet */
	int16_t		 was_epoch;
	bool		 want_maps;	/* sealed runs, too */

	struct producer	*producer;
	struct ptopic	*state;
	struct consumer	*consumer;
	struct part	**by_slot;
	struct pair	*reported;	/* of the last report */
	struct recoder	*recoder;
	struct kerr	 lost;		/* the first batch that was refused */
	bool		 changed;	/* the source has no more the topic
					 * that was being read */
	int		 changes;	/* how often that was */
	uint64_t	 in_txn;	/* bytes */
	int64_t		 txn_began;

	uint64_t	 records, bytes;	/* of the run */
	uint64_t	 records_kept, bytes_kept; /* of them committed */
	int		 passes;
	bool		 chores;	/* this pass looks after properties and
					 * groups, too */
	int64_t		 chores_at;	/* when the next one does */
	int		 groups_synced, groups_active, groups_told;
	int64_t		 started;
	volatile bool	 stop;		/* by this signal: */
	volatile sig_atomic_t signo;
};

/* survey.c: pairs with their ids, partitions, starts and ends. */
int survey_source(struct mirror *m, struct kerr *e);
/* What the target has of them, and how long it is there. */
int survey_target(struct mirror *m, struct kerr *e);
struct part *mirror_part(struct mirror *m, struct kstr source,
    struct kstr target, int32_t partition);
struct part *mirror_part_of_source(struct mirror *m, const char *source,
    int32_t partition);
void mirror_forget(struct mirror *m);	/* all pairs */
/* Takes the pair out that is at that place. */
void mirror_drop(struct mirror *m, int at);

/* prepare.c: topics that are missing or too narrow, or whose configuration is
 * to follow; it is only told where dry_run. */
int prepare_targets(struct mirror *m, struct kerr *e);
/* Has the target take what it refused as too large; false where it cannot be
 * had to. */
bool prepare_larger(struct mirror *m);
/* A topic with properties: names and values in turn, NULL-ended. */
int prepare_create(struct side *s, const char *name, int32_t partitions,
    const char *const *configs, struct kerr *e);

/* store.c */
/* Makes sure that the topic of the link is there. */
int store_open(struct mirror *m, struct kerr *e);
/* Reads what is remembered of all parts. */
int store_load(struct mirror *m, struct kerr *e);
/* Of a link from the target to the source: where parts that are not known yet
 * begin, and where what it brought came from. */
int store_load_way_back(struct mirror *m, const char *link, struct kerr *e);
/* Calls each() for every committed record of a topic's partition 0. */
typedef int store_record(void *arg, const struct record *r, struct kerr *e);
int store_scan(struct side *s, const char *topic, store_record *each,
    void *arg, struct kerr *e);
/* Adds what is to be remembered of a part to the transaction. */
int store_put(struct mirror *m, struct part *pt, int64_t src_next,
    struct kerr *e);

/* Adds to the transaction that the link is this run's. */
int store_put_run(struct mirror *m, struct kerr *e);
/* Adds that the link makes the target of a pair. */
int store_put_made(struct mirror *m, const struct pair *p, struct kerr *e);

/* claim.c: opens the producer. A run that begins takes the link over; one that
 * comes back must find it as it left it, or is fenced (ERR_PRODUCER_FENCED). */
int claim_link(struct mirror *m, struct kerr *e);

/* copy.c */
int copy_open(struct mirror *m, struct kerr *e);
void copy_close(struct mirror *m);
/* Copies what is planned. */
int copy_run(struct mirror *m, struct kerr *e);
/* A transaction of its own in which put() adds to what is remembered; who reads
 * it afterwards finds it there. */
typedef int copy_puts(struct mirror *m, struct kerr *e);
int copy_note(struct mirror *m, copy_puts *put, struct kerr *e);

/* recode.c */
struct recoder *recoder_new(const char *origin, const char *skip,
    struct grep *grep);
void recoder_free(struct recoder *rc);
/* What a batch goes on as. p NULL: nothing of it does. */
struct recoded {
	uint8_t		*p;
	size_t		 n;
	uint64_t	 first;		/* offset of the first record */
	const uint32_t	*offsets;	/* of each - first; NULL: count up */
};
int recode(struct recoder *rc, const struct consumer_batch *b,
    struct recoded *out, struct kerr *e);
/* Takes a small batch apart: calls each() for every record of it, i counts
 * them. 1, and nothing was called: it goes on whole. */
typedef int recode_record(void *arg, int32_t i, const struct record_input *in,
    struct kerr *e);
int recode_small(struct recoder *rc, const struct recoded *r,
    recode_record *each, void *arg, struct kerr *e);

/* groups.c */
int groups_sync(struct mirror *m, struct kerr *e);

/* told.c */
/* Adds how far the copies are to the transaction, as offsets of m->group. */
int told_put(struct mirror *m, struct kerr *e);

/* circle.c: topics that come from the target themselves. */
/* Finds them; refuses those that would be copied back under the name that they
 * have there, leaves out those that would come back under another. */
int circle_check(struct mirror *m, struct kerr *e);

/* start.c: where parts that are not known yet begin. */
int start_from(struct mirror *m, struct kerr *e);

/* report.c */
/* What is wrong with a part, if its verdict is one to stop at; the class. */
enum exit_class report_trouble(const struct mirror *m, const struct part *pt);
void report_plan(const struct mirror *m);
void report_status(const struct mirror *m);
void report_end(const struct mirror *m);
void progress_start(struct mirror *m);
void progress_stop(struct mirror *m);

/* signals.c */
int signals_init(struct mirror *m, struct kerr *e);
/* Before the loop ends. */
void signals_end(void);
/* Lets the loop run for so long, or until a signal comes. */
void signals_idle(struct mirror *m, int64_t ms);

#endif
