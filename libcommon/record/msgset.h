/*
 * msgset.h: message sets, formats 0 and 1: what brokers wrote before Kafka
 * 0.11. Old topics still have them, and Fetch hands them out as they lie
 * there. They are read only: their records are made into batches of format 2
 * (batch.h), so that nobody further on has to know of them.
 *
 * A set is entry after entry, each of an offset, a size and a message. A
 * message is a record, or where it is compressed it has a set of its own for a
 * value, and the entry's offset is the one of its last record. Format 1 brought
 * timestamps (KIP-32), and offsets in the inner set that are relative (KIP-31).
 * Offset, size and format lie where a batch has them.
 */
#ifndef KLOG_RECORD_MSGSET_H
#define KLOG_RECORD_MSGSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/batch.h"

enum {
	MSGSET_PREFIX = BATCH_PREFIX,	/* offset and size */
	MSGSET_LEAST = 26,	/* bytes of the shortest entry */
	MSGSET_AT_MAGIC = BATCH_AT_MAGIC,	/* what the CRC counts from */

	/* bits of the attributes */
	MSGSET_CODEC_MASK = BATCH_CODEC_MASK,
	MSGSET_APPEND_TIME = BATCH_APPEND_TIME	/* format 1 only */
};

struct msgset_entry {
	int64_t		 offset;	/* of the last record */
	int32_t		 size;		/* bytes after the size field */
	uint32_t	 crc;
	int8_t		 magic;
	int8_t		 attributes;
	int64_t		 timestamp;	/* ms since 1970, -1: none */
};

static inline size_t
msgset_size(const struct msgset_entry *m)
{
	return (size_t)m->size + MSGSET_PREFIX;
}

static inline enum codec
msgset_codec(const struct msgset_entry *m)
{
	return (enum codec)(m->attributes & MSGSET_CODEC_MASK);
}

/* True where n bytes at p show that an entry begins there, not a batch. */
static inline bool
msgset_begins(const void *p, size_t n)
{
	const uint8_t *b = p;

	return n > MSGSET_AT_MAGIC && b[MSGSET_AT_MAGIC] < BATCH_MAGIC;
}

/*
 * Reads what comes before the key of the entry at p, of which n bytes are
 * there. Not the CRC, and not that the whole entry is there.
 *	KE_AGAIN	n is less than the shortest entry: cut short
 *	KE_PROTO	the size is too small for a message
 *	KE_UNSUPPORTED	another format
 *	KE_DATA		a negative offset
 */
int msgset_parse(const void *p, size_t n, struct msgset_entry *m,
    struct kerr *e);

/* Continues the CRC of an entry, which covers all from MSGSET_AT_MAGIC on;
 * begins with 0. */
uint32_t msgset_crc(uint32_t crc, const void *p, size_t n);

/* Where a batch came from. */
struct msgset_source {
	size_t		took;	/* bytes of entries */
	enum codec	codec;	/* theirs; the batch has none without PACK */
};

/*
 * Makes a batch of the entries at p, of which n bytes are there, and appends it
 * to out: of one where it is compressed, else of as many as go along, up to
 * MSGSET_RUN bytes. It begins with the first record's offset and ends with the
 * last entry's; records keep their offsets, and holes between them stay. They
 * have no headers, in format 0 no timestamp (-1). The inner set, at most max
 * bytes of it, is unpacked into scratch.
 *	KE_AGAIN	the first entry is cut short
 *	KE_CRC		damaged
 *	KE_RANGE	it unpacks to more
 *	KE_DATA		malformed
 * or as msgset_parse() and codec_decompress().
 */
#define MSGSET_RUN	(256u << 10)

enum msgset_flags {
	MSGSET_NO_CRC = 0x1,	/* CRCs are not looked at */
	MSGSET_PACK = 0x2	/* the batch has the entry's codec, too */
};

int msgset_batch(const void *p, size_t n, unsigned int flags,
    struct codecs *c, struct buf *scratch, size_t max, struct buf *out,
    struct msgset_source *from, struct kerr *e);

#endif
