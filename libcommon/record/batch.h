/*
 * batch.h: record batches, format 2 (KIP-98): a header of 61 bytes, then the
 * records, compressed as one stream or not. A batch is checked and patched
 * where it lies; nothing here copies one.
 *
 * The CRC covers the attributes and all that follows, so base offset, length
 * and partition leader epoch can be patched without touching it. For other
 * fields of the header it is corrected, without a look at the records: it has
 * to be right before, and whoever checks it next finds what was damaged on the
 * way, too.
 */
#ifndef KLOG_RECORD_BATCH_H
#define KLOG_RECORD_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "record/compress.h"

enum {
	BATCH_HEADER = 61,	/* bytes before the records */
	BATCH_PREFIX = 12,	/* base offset and length, not counted in it */
	BATCH_MAGIC = 2,

	/* where fields lie */
	BATCH_AT_LENGTH = 8,
	BATCH_AT_EPOCH = 12,
	BATCH_AT_MAGIC = 16,
	BATCH_AT_CRC = 17,
	BATCH_AT_ATTRIBUTES = 21,
	BATCH_AT_LAST_DELTA = 23,
	BATCH_AT_BASE_TIME = 27,
	BATCH_AT_MAX_TIME = 35,
	BATCH_AT_PRODUCER_ID = 43,
	BATCH_AT_PRODUCER_EPOCH = 51,
	BATCH_AT_SEQUENCE = 53,
	BATCH_AT_COUNT = 57
};

enum {				/* bits of the attributes */
	BATCH_CODEC_MASK = 0x07,	/* enum codec */
	BATCH_APPEND_TIME = 0x08,	/* LogAppendTime: records' times are
					 * max_timestamp */
	BATCH_TRANSACTIONAL = 0x10,
	BATCH_CONTROL = 0x20,
	BATCH_DELETE_HORIZON = 0x40	/* base_timestamp is one (KIP-534) */
};

struct batch_header {
	int64_t		base_offset;
	int32_t		length;		/* bytes after the length field */
	int32_t		leader_epoch;
	int8_t		magic;
	uint32_t	crc;
	int16_t		attributes;
	int32_t		last_offset_delta;
	int64_t		base_timestamp;	/* ms since 1970 */
	int64_t		max_timestamp;
	int64_t		producer_id;	/* -1: none */
	int16_t		producer_epoch;	/* -1: none */
	int32_t		base_sequence;	/* -1: none */
	int32_t		count;		/* records; 0 in a batch that the
					 * cleaner emptied */
};

static inline size_t
batch_size(const struct batch_header *h)
{
	return (size_t)h->length + BATCH_PREFIX;
}

static inline int64_t
batch_last_offset(const struct batch_header *h)
{
	return h->base_offset + h->last_offset_delta;
}

static inline enum codec
batch_codec(const struct batch_header *h)
{
	return (enum codec)(h->attributes & BATCH_CODEC_MASK);
}

static inline bool
batch_is_control(const struct batch_header *h)
{
	return (h->attributes & BATCH_CONTROL) != 0;
}

static inline bool
batch_is_transactional(const struct batch_header *h)
{
	return (h->attributes & BATCH_TRANSACTIONAL) != 0;
}

/* Sequence number of the last record; wraps from 2^31-1 to 0. */
int32_t batch_last_sequence(const struct batch_header *h);

/*
 * Reads the header of the batch at p, of which n bytes are there. Checks that
 * the length holds a header, the magic, and that count and last_offset_delta
 * are not negative; not the CRC, and not that the whole batch is there.
 *	KE_AGAIN	n is less than the header: a batch cut short
 *	KE_PROTO	the length is too small for a header
 *	KE_UNSUPPORTED	another magic (0 and 1: formats before Kafka 0.11)
 *	KE_DATA		a negative count or last_offset_delta
 */
int batch_header_parse(const void *p, size_t n, struct batch_header *h,
    struct kerr *e);

/* The same, and KE_AGAIN where the batch does not end within n. */
int batch_parse(const void *p, size_t n, struct batch_header *h,
    struct kerr *e);

/* What a broker answers to Produce where batch_parse() returned this: Kafka's
 * error code, CORRUPT_MESSAGE (2) or INVALID_RECORD (87). */
int batch_parse_error(int code);

/* Writes all fields of h but the CRC over the 61 bytes at p. */
void batch_header_put(void *p, const struct batch_header *h);

/* The same, and the CRC: h->crc is that of the header that lies there, and is
 * kept in step. */
void batch_set_header(void *p, struct batch_header *h);

/* The whole batch at p lies in memory: CRC as it is, and as it should be. */
uint32_t batch_crc(const void *p, const struct batch_header *h);
bool batch_crc_ok(const void *p, const struct batch_header *h);

/* What a topic asks of a batch that a client sends. */
struct batch_rules {
	int64_t	now;		/* ms since 1970 */
	int64_t	before_max;	/* message.timestamp.before.max.ms and */
	int64_t	after_max;	/* .after.max.ms; INT64_MAX: no limit */
	size_t	max_raw;	/* a compressed batch unpacks to no more */
	bool	append_time;	/* message.timestamp.type=LogAppendTime */
	bool	need_key;	/* cleanup.policy includes compact */
	bool	no_zstd;	/* the request is too old for zstd (76) */
	bool	relaxed;	/* a header's word is enough, see below */
};

#define BATCH_MAX_RAW	(256u << 20)	/* a sensible max_raw */

/* What batch_validate() found. */
struct batch_verdict {
	int		error;		/* Kafka's error code, 0 = fine */
	int32_t		record;		/* index of the bad one, -1: the batch*/
	const char	*message;	/* static text, NULL when fine */
	int64_t		max_timestamp;	/* for batch_set_time(): greatest time
					 * of its records, or rules->now */
};

/*
 * Everything that Apache Kafka's broker checks of a produced batch, in one
 * pass: base offset 0, CRC (2), count and last_offset_delta, no control
 * batch, every record's lengths, offset deltas 0..n-1, header counts, nothing
 * left over (87), keys where they are needed (87), times (32), codec (76). A
 * compressed batch is unpacked through a small window, so a zip bomb costs
 * time up to max_raw and no memory. p holds the whole batch; c is this
 * thread's. Returns v->error.
 *
 * Where rules are relaxed, a compressed batch is not unpacked if its header is
 * in order and answers for all that is asked of its records: neither for keys
 * nor for how old the oldest may be. What is packed may then be anything.
 */
int batch_validate(const void *p, const struct batch_header *h,
    const struct batch_rules *rules, struct codecs *c,
    struct batch_verdict *v);

/* Sets where the batch goes; the CRC stays right. */
void batch_assign(void *p, int64_t base_offset, int32_t leader_epoch);

/*
 * Sets the batch's time type and greatest time as a broker does after
 * validation: append_time with the broker's clock, else the verdict's maximum.
 * Keeps h and the CRC in step.
 */
void batch_set_time(void *p, struct batch_header *h, bool append_time,
    int64_t max_timestamp);

/* Sets the idempotent producer's fields. Keeps h and the CRC in step. */
void batch_set_producer(void *p, struct batch_header *h, int64_t id,
    int16_t epoch, int32_t base_sequence);

#endif
