/*
 * fetch.h: one Fetch under way, for the files that serve it:
 * handle_fetch.c (what is asked, reading, waiting), fetch_answer.c (the
 * response, and what the session remembers of it), fetch_cold.c (ranges that
 * are not in memory), fetch_small.c (those that are better copied).
 */
#ifndef KLOG_BROKER_FETCH_H
#define KLOG_BROKER_FETCH_H

#include "delayed.h"
#include "partition.h"
#include "pool.h"
#include "session.h"
#include "wire/msg_fetch.h"

/* One partition asked for. */
struct fetch_item {
	struct fetch_target	  target;	/* frame's or session's */
	struct session_partition *sp;		/* its place there, or NULL */
	struct partition	 *partition;	/* a reference, or NULL */
	struct partition_fetch	  got;		/* records may hold a file */
	int16_t			  error;
	int32_t			  diverging_epoch; /* -1: none */
	int64_t			  diverging_end;
	int32_t			  leader;	/* as the image says; -1 */
	int32_t			  leader_epoch;
	struct waiter		  waiter;
	bool			  waiting;	/* waiter is to be taken out */
};

struct fetch {
	struct request		   *r;
	const struct fetch_request *req;
	struct sessions		   *sessions;
	struct session		   *session;	/* held, or NULL */
	bool			    incremental; /* answer what changed only */
	struct fetch_item	   *items;
	int32_t			    n;
	int64_t			    bytes;	/* read so far */
	int64_t			    copied;	/* of them into memory */
	int32_t			    held;	/* ranges of files */
	bool			    failed;	/* an item does not wait */
	struct delayed		    delayed;
	struct job		    warming;
};

/* Fills rsp, in r's arena; records are handed over to it. False: the arena
 * is full. */
bool fetch_answer(struct fetch *f, struct fetch_response *rsp);

/* Takes a small range into memory and lets go of its file; other ranges are
 * counted. */
void fetch_copy(struct fetch *, struct krecords *);
/* So many files are held that the rest has to wait for the next fetch. */
bool fetch_is_full(const struct fetch *);

/* True where some of the ranges are not in the page cache. */
bool fetch_is_cold(const struct fetch *f);
/* Reads those into it; blocks. */
void fetch_warm(struct fetch *f);

#endif
