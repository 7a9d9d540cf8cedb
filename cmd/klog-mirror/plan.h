/*
 * plan.h: what is to be done about a partition, from what is remembered of it
 * and what both clusters say. Pure.
 */
#ifndef KLOG_MIRROR_PLAN_H
#define KLOG_MIRROR_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/types.h"

enum { OFFSET_UNKNOWN = -1 };

/* What is known of a partition. */
struct facts {
	bool		 known;		/* it was mirrored before: */
	bool		 other_cluster;	/* from another cluster */
	struct kuuid	 old_id;	/* the source's topic then */
	int64_t		 src_next;
	int64_t		 tgt_next;	/* -1: nothing was copied yet */

	/* the source now */
	struct kuuid	 id;		/* zero: it does not say */
	int64_t		 log_start;
	int64_t		 end;		/* last stable offset */
	int64_t		 epoch_end;	/* where the epoch that src_next was
					 * reached in ends there; or unknown */
	int64_t		 tgt_end;	/* the target's end; or unknown: the
					 * topic is not there */
	int64_t		 begin;		/* where a first run starts, unknown:
					 * at log_start */
};

enum verdict {
	PLAN_NOTHING,		/* all is copied */
	PLAN_NOTE,		/* nothing to copy, but to be remembered */
	PLAN_COPY,		/* [from, to) */
	/* and troubles: */
	PLAN_GAP,		/* the source lost [lost_from, lost_to) */
	PLAN_RECREATED,		/* it is another topic than it was */
	PLAN_TRUNCATED,		/* it lost records from lost_from on that
				 * were copied: an unclean election */
	PLAN_TARGET_LOST	/* the target lost what was copied */
};

struct plan {
	enum verdict	 verdict;
	int64_t		 from, to;
	int64_t		 lost_from, lost_to;
	bool		 anew;		/* what is remembered is of no use */
};

struct plan_rules {
	bool	skip_gap;		/* --on-gap=skip */
	bool	restart;		/* --on-recreate=restart */
};

/* Whether the partition is to be left alone. */
bool plan_is_trouble(const struct plan *p);
struct plan plan_partition(const struct facts *f,
    const struct plan_rules *rules);

#endif
