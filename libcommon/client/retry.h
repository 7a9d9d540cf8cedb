/*
 * retry.h: what to do about a failure, as pure functions.
 */
#ifndef KLOG_CLIENT_RETRY_H
#define KLOG_CLIENT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum retry_action {
	RETRY_FAIL,		/* give up: trying again cannot help */
	RETRY_AGAIN,		/* the same broker, after the back-off */
	RETRY_REFRESH,		/* ask for metadata first: leader, topic */
	RETRY_COORDINATOR,	/* ask for the coordinator first */
	RETRY_SPLIT,		/* the batch is too large: halve it */
	RETRY_NEW_ID,		/* a new producer id, sequences from 0 */
	RETRY_DONE,		/* a duplicate: it had succeeded before */
};

/* e is what a request came to (KE_BROKER: its error code; KE_EOF, KE_SYS,
 * KE_TIMEOUT, KE_UNREACHABLE: the connection); attempt counts from 1; idempotent
 * means that sending the same again cannot double anything. The deadline is
 * the caller's. */
enum retry_action retry_policy(const struct kerr *e, int attempt,
    bool idempotent);

/* Ms to wait before the next attempt: base doubled each time up to max, less
 * up to a fifth by chance (random: any 32 bits). */
int64_t retry_backoff(int attempt, int64_t base, int64_t max,
    uint32_t random);

#endif
