/*
 * rate.h: --rate: at most so many records or bytes a second, but for what was
 * not used of the last few milliseconds. Pure.
 */
#ifndef KLOG_CLI_RATE_H
#define KLOG_CLI_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct rate {
	double	 per_ms;	/* 0: no limit */
	bool	 bytes;		/* else records */
	double	 credit;	/* negative: to be waited for */
	int64_t	 at;		/* when it was that */
};

/* "200/s", "5MB/s", "512kB/s": KE_USAGE with the reason. */
int rate_parse(struct rate *r, const char *s, struct kerr *e);
/* Something has passed. */
void rate_take(struct rate *r, uint64_t records, uint64_t bytes, int64_t now);
/* Ms until the next may. */
int64_t rate_wait(const struct rate *r, int64_t now);

#endif
