/*
 * spec.h: where to read: the one offset grammar of every tool (-o, seek --to).
 *
 *	SPEC   = RANGE | PARTITION=RANGE | SPEC,SPEC
 *	RANGE  = POINT | [POINT]..[POINT] | [POINT]..+N
 *	POINT  = beginning | start | end | stored | N | -N | +N | TIME |
 *	         @EPOCH | s@MS | e@MS
 *	TIME   = RFC 3339 | YYYY-MM-DD[ HH:MM[:SS]] | [DAY ]HH:MM[:SS] |
 *	         now | today | yesterday | -DUR | DUR ago
 *	DUR    = 1d2h30m15s500ms (also w), in falling units
 *
 * A range does not include its end. "A..+N" counts N offsets from A. A time
 * of day alone is the latest past one; as the end of a range it is the first
 * one after the start. Where no zone is given the time is local (TZ), or UTC
 * when asked. "s@MS" names a start and "e@MS" an end (kcat's), so
 * "-o s@1 -o e@2" is a range: parsing into one spec adds up.
 *
 * Pure: the present is an argument. Times come out as ms since 1970.
 */
#ifndef KLOG_CLI_SPEC_H
#define KLOG_CLI_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum spec_kind {
	SPEC_NONE,	/* not given: as a start the default, as an end none */
	SPEC_BEGINNING,	/* the log start */
	SPEC_END,	/* the log end (last stable offset: read_committed) */
	SPEC_STORED,	/* where the group committed */
	SPEC_OFFSET,	/* offset n */
	SPEC_TAIL,	/* n before the end, not before the log start */
	SPEC_HEAD,	/* n after the log start; as an end: n after the start */
	SPEC_TIME	/* first record with a timestamp >= n ms */
};

struct spec_point {
	enum spec_kind	kind;
	int64_t		n;	/* >= 0 but for times, else 0 */
};

struct spec_range {
	struct spec_point	from;
	struct spec_point	to;	/* first one not wanted */
};

struct spec_part {
	int32_t			partition;
	struct spec_range	range;
};

/* Zero-initialised means: everything from the default start on, for ever. */
struct spec {
	struct spec_range	 all;	/* for partitions not named */
	struct spec_part	*part;	/* in the order named, each once */
	size_t			 nparts;
};

/* Adds what text says to sp; a later word overrides an earlier one. On error
 * (KE_USAGE, with a text that names the bad word) sp is unchanged. */
int spec_parse(struct spec *sp, const char *text, int64_t now_ms, bool utc,
    struct kerr *e);
void spec_release(struct spec *sp);
/* What to read of a partition; points into sp. */
const struct spec_range *spec_for(const struct spec *sp, int32_t partition);
/* True where some partition has an end. */
bool spec_bounded(const struct spec *sp);
/* A point as text that parses to the same point: "end", "-5", "@1738310400000". */
void spec_print(const struct spec_point *pt, struct buf *out);

/* "1d2h30m15s500ms" as ms, n bytes long; -1 where it is no duration or does
 * not fit. A number needs a unit. */
int64_t spec_duration(const char *s, size_t n);
/* A partition list such as "0,3-5": calls add for each, in order. KE_USAGE
 * where it is none, or where it names more than 100,000. */
int spec_partitions(const char *text, void (*add)(void *, int32_t), void *arg,
    struct kerr *e);
/* RFC 3339 or any TIME above, as ms; used for timestamps on input. */
int spec_time(const char *s, size_t n, int64_t now_ms, bool utc,
    int64_t *ms, struct kerr *e);

#endif
