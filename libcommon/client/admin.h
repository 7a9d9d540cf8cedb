/*
 * admin.h: blocking requests with retries, for programs that ask and print.
 */
#ifndef KLOG_CLIENT_ADMIN_H
#define KLOG_CLIENT_ADMIN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "client/cluster.h"

/* Sends one request until it is answered: lost connections, a controller that
 * has moved and a top-level error that passes are tried again, until wait_ms
 * (0: request.timeout.ms) have passed. Errors of single items inside the
 * answer are the caller's to look at. *r is the caller's on success. */
int admin_request(struct cluster *c, int32_t broker, int16_t api,
    const void *req, int64_t wait_ms, struct reply **r, struct kerr *e);

/* For loops of the same kind: waits before the next attempt (the first is 1),
 * unless the time (loop_clock()) is over: then false. */
bool admin_back_off(struct cluster *c, int attempt, int64_t until);

/* The metadata of topics (n -1: of all), never creating any. The answer is a
 * struct metadata_response. */
int admin_metadata(struct cluster *c, const char *const *names, int n,
    struct reply **r, struct kerr *e);

/* Offsets of many partitions by position or time, each from its leader;
 * follows leaders that move. */
enum {
	OFFSET_LATEST = -1, OFFSET_EARLIEST = -2, OFFSET_MAX_TIMESTAMP = -3,
};

struct admin_offset {
	const char	*topic;
	int32_t		 partition;
	int64_t		 at;		/* OFFSET_* or ms since 1970 */
	/* filled in: */
	int64_t		 offset;	/* -1: no record that late */
	int64_t		 ts;		/* of the record; -1: not by time */
	int32_t		 leader_epoch;	/* -1: not known */
	struct kerr	 err;		/* of this partition alone */
};

/* 0 when all were answered, else the code of the first that was not (each
 * has its own err). committed: the end is the last stable offset. */
int admin_list_offsets(struct cluster *c, struct admin_offset *v, size_t n,
    int committed, int64_t wait_ms, struct kerr *e);

/* Deletes the records of many partitions that lie before an offset, through
 * their leaders; follows leaders that move. The metadata of the topics is
 * there already. */
struct admin_trim {
	const char	*topic;
	int32_t		 partition;
	int64_t		 before;	/* -1: all, up to the high watermark */
	/* filled in: */
	int64_t		 low;		/* where the log starts now; -1: failed */
	struct kerr	 err;		/* of this partition alone */
};

void admin_trim(struct cluster *c, struct admin_trim *v, size_t n,
    int64_t wait_ms);

/* Creates one topic (partitions and replicas -1: the broker's default).
 * KE_EXISTS when it is there already. */
int admin_create_topic(struct cluster *c, const char *name,
    int32_t partitions, int16_t replicas, int64_t wait_ms, struct kerr *e);

#endif
