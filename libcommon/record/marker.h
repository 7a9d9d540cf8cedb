/*
 * marker.h: the control batch with which a transaction ends in a partition
 * (KIP-98), as a broker appends it.
 */
#ifndef KLOG_RECORD_MARKER_H
#define KLOG_RECORD_MARKER_H

#include <stdbool.h>
#include <stdint.h>

enum { MARKER_SIZE = 78 };	/* of the batch, in bytes */

struct marker {
	int64_t	producer_id;
	int16_t	producer_epoch;
	bool	commit;			/* else abort */
	int32_t	coordinator_epoch;
	int64_t	timestamp;		/* ms since 1970 */
};

/* Writes the MARKER_SIZE bytes at mem; offset and leader epoch are left to who
 * appends it. */
void marker_put(void *mem, const struct marker *m);

#endif
