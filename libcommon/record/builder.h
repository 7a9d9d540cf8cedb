/*
 * builder.h: writes a record batch straight into the caller's memory: the
 * header's 61 bytes are left free, records are encoded behind it, and
 * builder_finish() fills the header in. A value is copied once, nothing is
 * allocated.
 *
 *	builder_init(&b, mem, size);
 *	while (builder_add(&b, &r) == 0) ...		full when 1
 *	n = builder_finish(&b, &opts, codecs, &scratch, e);
 *
 * The hot path of klog-produce is builder_add_lines(): a block of lines as
 * read() gave it becomes records at about the speed of memory.
 */
#ifndef KLOG_RECORD_BUILDER_H
#define KLOG_RECORD_BUILDER_H

#include "record/batch.h"
#include "record/iter.h"

struct builder {
	uint8_t	*mem;		/* borrowed */
	size_t	 cap;		/* bytes of mem; the batch grows to no more */
	size_t	 len;		/* bytes used, header included */
	int32_t	 count;		/* records so far */
	int32_t	 holes;		/* offsets that no record has */
	int64_t	 base_time;	/* the first record's time */
	int64_t	 max_time;
};

/* cap is at least BATCH_HEADER and at most 1 GiB. */
void builder_init(struct builder *b, void *mem, size_t cap);

/* What to add; len -1 means null. */
struct record_input {
	int64_t				 timestamp;	/* ms since 1970 */
	const void			*key;
	const void			*value;
	int32_t				 key_len;
	int32_t				 value_len;
	const struct record_header	*headers;	/* n_headers of them */
	int32_t				 n_headers;
};

/* 0, or 1 where the record would pass cap (nothing changed): finish this
 * batch and add it to the next; full at count 0 means that it fits in none
 * of this size. */
int builder_add(struct builder *b, const struct record_input *in);

/* Leaves n offsets out before the next record, or at the end. Count and holes
 * add up to no more than INT32_MAX. */
void builder_skip(struct builder *b, int32_t n);

/* An upper bound of what a record adds to a batch, for limits and for
 * accounting before the batch is known. */
size_t record_size_bound(const struct record_input *in);

enum lines_end {
	LINES_ALL,	/* no further delimiter in the block: the rest is the
			 * beginning of a line, or nothing */
	LINES_FULL,	/* the next line would pass cap (at count 0: it fits
			 * in no batch of this size) */
	LINES_COUNT	/* max records were added */
};

/*
 * Every line of [block, block+n) that ends with delim becomes a record with
 * that value (without delim), a null key, no headers, and the given time; an
 * empty line becomes an empty value. Stops as *why tells, after at most max
 * records. Returns the bytes consumed, delimiters included.
 */
size_t builder_add_lines(struct builder *b, const void *block, size_t n,
    int delim, int64_t timestamp, int32_t max, enum lines_end *why);

struct builder_opts {
	enum codec	codec;
	int		level;		/* CODEC_LEVEL_DEFAULT */
	int16_t		flags;		/* BATCH_TRANSACTIONAL, _CONTROL,
					 * _APPEND_TIME */
	int64_t		base_offset;	/* 0 towards a broker */
	int32_t		leader_epoch;	/* -1 towards a broker */
	int64_t		producer_id;	/* -1: not idempotent */
	int16_t		producer_epoch;
	int32_t		base_sequence;
};

/* What a plain producer sends: no codec, no producer id. */
#define BUILDER_OPTS	{ CODEC_NONE, CODEC_LEVEL_DEFAULT, 0, 0, -1, -1, -1, -1}

/*
 * Fills in the header and the CRC; returns the batch's size in bytes. With a
 * codec the records are compressed through scratch and put back; where that
 * does not make them smaller, they stay as they are, without a codec (as
 * librdkafka does). c and scratch may be NULL for CODEC_NONE. Errors are those
 * of codec_compress(). b must hold a record.
 */
ssize_t builder_finish(struct builder *b, const struct builder_opts *opts,
    struct codecs *c, struct buf *scratch, struct kerr *e);

#endif
