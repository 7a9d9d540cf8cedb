/*
 * view_impl.h: the inside of a view, for view*.c.
 *
 *	view.c		opening, reading
 *	view_survey.c	the walk that finds the end and the transactions
 *	view_cursor.c	batch by batch through segments, over damage
 */
#ifndef KLOG_STORE_VIEW_IMPL_H
#define KLOG_STORE_VIEW_IMPL_H

#include "record/batch.h"
#include "store/scan.h"
#include "store/view.h"

enum {
	VIEW_WINDOW = 1 << 20,
	VIEW_HEADERS_WINDOW = 64 << 10
};

/* A transaction that has no marker yet. */
struct open_txn {
	int64_t	producer_id;
	int64_t	first;
};

struct view {
	const struct sys	*sys;
	char			*dir;
	view_damage		*damage;
	void			*arg;
	bool			 live;		/* a broker holds the lock */
	int64_t			*base;		/* of the segments, in order */
	int			 n;
	int64_t			 start, end, stable;
	struct view_aborted	*aborted;
	size_t			 n_aborted;
	struct open_txn		*open;
	size_t			 n_open;
	/* places that were told of: segment's base and position */
	struct place { int64_t base, at; } *told;
	size_t			 n_told;
	/* the cursor */
	int			 at;		/* segment; -1: none is open */
	int			 fd;
	int64_t			 size;		/* of its file */
	int64_t			 next;		/* offset behind what was read */
	struct scan		 scan;
	uint8_t			*window;
};

/* view_survey.c */
int view_survey(struct view *v, struct kerr *e);

/* view_cursor.c */
void view_close_segment(struct view *v);
/* Moves the cursor to the start of a segment, whose file is read in windows of
 * cap bytes: 1, or 0 where it is gone meanwhile. */
int view_open_segment(struct view *v, int at, size_t cap, struct kerr *e);
/* The next batch of the segment: 1, 0 at its end. Damage is stepped over. */
int view_next(struct view *v, struct batch_header *h, bool silent,
    struct kerr *e);
/* Tells of the damage at the cursor, once. */
void view_tell(struct view *v, const struct kerr *why, const char *then,
    int64_t n);

#endif
