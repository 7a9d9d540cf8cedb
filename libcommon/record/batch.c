/* batch.c: see batch.h. The header: read, written, patched. */
#include "record/batch.h"

#include <string.h>

#include "base/crc32c.h"

#define KAFKA_CORRUPT_MESSAGE	2
#define KAFKA_INVALID_RECORD	87

int32_t
batch_last_sequence(const struct batch_header *h)
{
	int64_t seq = (int64_t)h->base_sequence + h->last_offset_delta;

	if (h->base_sequence < 0)
		return -1;
	return (int32_t)(seq & INT32_MAX);
}

int
batch_header_parse(const void *batch, size_t n, struct batch_header *h,
    struct kerr *e)
{
	const uint8_t *p = batch;

	/* formats 0 and 1 are shorter; their magic lies at the same place */
	if (n > BATCH_AT_MAGIC && p[BATCH_AT_MAGIC] != BATCH_MAGIC)
		return kerr_set(e, KE_UNSUPPORTED, "record format %d",
		    (int8_t)p[BATCH_AT_MAGIC]);
	if (n < BATCH_HEADER)
		return kerr_set(e, KE_AGAIN, "batch cut short at %zu bytes", n);
	h->base_offset = (int64_t)be64(p);
	h->length = (int32_t)be32(p + BATCH_AT_LENGTH);
	h->leader_epoch = (int32_t)be32(p + BATCH_AT_EPOCH);
	h->magic = BATCH_MAGIC;
	h->crc = be32(p + BATCH_AT_CRC);
	h->attributes = (int16_t)be16(p + BATCH_AT_ATTRIBUTES);
	h->last_offset_delta = (int32_t)be32(p + BATCH_AT_LAST_DELTA);
	h->base_timestamp = (int64_t)be64(p + BATCH_AT_BASE_TIME);
	h->max_timestamp = (int64_t)be64(p + BATCH_AT_MAX_TIME);
	h->producer_id = (int64_t)be64(p + BATCH_AT_PRODUCER_ID);
	h->producer_epoch = (int16_t)be16(p + BATCH_AT_PRODUCER_EPOCH);
	h->base_sequence = (int32_t)be32(p + BATCH_AT_SEQUENCE);
	h->count = (int32_t)be32(p + BATCH_AT_COUNT);
	if (h->length < BATCH_HEADER - BATCH_PREFIX)
		return kerr_set(e, KE_PROTO, "batch length %d", h->length);
	if (h->count < 0 || h->last_offset_delta < 0)
		return kerr_set(e, KE_DATA,
		    "batch of %d records, last offset delta %d", h->count,
		    h->last_offset_delta);
	return 0;
}

int
batch_parse(const void *p, size_t n, struct batch_header *h, struct kerr *e)
{
	int rc = batch_header_parse(p, n, h, e);

	if (rc == 0 && batch_size(h) > n)
		return kerr_set(e, KE_AGAIN,
		    "batch of %zu bytes cut short at %zu", batch_size(h), n);
	return rc;
}

int
batch_parse_error(int code)
{
	return code == KE_PROTO ? KAFKA_CORRUPT_MESSAGE : KAFKA_INVALID_RECORD;
}

void
batch_header_put(void *batch, const struct batch_header *h)
{
	uint8_t *p = batch;

	put_be64(p, (uint64_t)h->base_offset);
	put_be32(p + BATCH_AT_LENGTH, (uint32_t)h->length);
	put_be32(p + BATCH_AT_EPOCH, (uint32_t)h->leader_epoch);
	p[BATCH_AT_MAGIC] = BATCH_MAGIC;
	put_be16(p + BATCH_AT_ATTRIBUTES, (uint16_t)h->attributes);
	put_be32(p + BATCH_AT_LAST_DELTA, (uint32_t)h->last_offset_delta);
	put_be64(p + BATCH_AT_BASE_TIME, (uint64_t)h->base_timestamp);
	put_be64(p + BATCH_AT_MAX_TIME, (uint64_t)h->max_timestamp);
	put_be64(p + BATCH_AT_PRODUCER_ID, (uint64_t)h->producer_id);
	put_be16(p + BATCH_AT_PRODUCER_EPOCH, (uint16_t)h->producer_epoch);
	put_be32(p + BATCH_AT_SEQUENCE, (uint32_t)h->base_sequence);
	put_be32(p + BATCH_AT_COUNT, (uint32_t)h->count);
}

uint32_t
batch_crc(const void *batch, const struct batch_header *h)
{
	const uint8_t *p = batch;

	return crc32c(0, p + BATCH_AT_ATTRIBUTES,
	    batch_size(h) - BATCH_AT_ATTRIBUTES);
}

bool
batch_crc_ok(const void *p, const struct batch_header *h)
{
	return batch_crc(p, h) == h->crc;
}

/* The header's part of what the CRC covers. */
#define COVERED		(BATCH_HEADER - BATCH_AT_ATTRIBUTES)

/* That part was `old` until now. */
static void
update_crc(uint8_t *p, struct batch_header *h, const uint8_t *old)
{
	h->crc = crc32c_replace(h->crc, old, p + BATCH_AT_ATTRIBUTES, COVERED,
	    batch_size(h) - BATCH_HEADER);
	put_be32(p + BATCH_AT_CRC, h->crc);
}

void
batch_set_header(void *batch, struct batch_header *h)
{
	uint8_t *p = batch, old[COVERED];

	memcpy(old, p + BATCH_AT_ATTRIBUTES, COVERED);
	batch_header_put(p, h);
	update_crc(p, h, old);
}

void
batch_assign(void *batch, int64_t base_offset, int32_t leader_epoch)
{
	uint8_t *p = batch;

	put_be64(p, (uint64_t)base_offset);
	put_be32(p + BATCH_AT_EPOCH, (uint32_t)leader_epoch);
}

void
batch_set_time(void *batch, struct batch_header *h, bool append_time,
    int64_t max_timestamp)
{
	uint8_t *p = batch, old[COVERED];
	int bits = (h->attributes & ~BATCH_APPEND_TIME) |
	    (append_time ? BATCH_APPEND_TIME : 0);

	if (bits == h->attributes && max_timestamp == h->max_timestamp)
		return;
	memcpy(old, p + BATCH_AT_ATTRIBUTES, COVERED);
	h->attributes = (int16_t)bits;
	h->max_timestamp = max_timestamp;
	put_be16(p + BATCH_AT_ATTRIBUTES, (uint16_t)bits);
	put_be64(p + BATCH_AT_MAX_TIME, (uint64_t)max_timestamp);
	update_crc(p, h, old);
}

void
batch_set_producer(void *batch, struct batch_header *h, int64_t id,
    int16_t epoch, int32_t base_sequence)
{
	uint8_t *p = batch, old[COVERED];

	memcpy(old, p + BATCH_AT_ATTRIBUTES, COVERED);
	h->producer_id = id;
	h->producer_epoch = epoch;
	h->base_sequence = base_sequence;
	put_be64(p + BATCH_AT_PRODUCER_ID, (uint64_t)id);
	put_be16(p + BATCH_AT_PRODUCER_EPOCH, (uint16_t)epoch);
	put_be32(p + BATCH_AT_SEQUENCE, (uint32_t)base_sequence);
	update_crc(p, h, old);
}
