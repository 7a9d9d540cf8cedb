/*
 * compress.h: Kafka's codecs: gzip, snappy, lz4 (frames), zstd.
 *
 * A struct codecs holds the reusable contexts of one thread; nothing is set up
 * before a codec is first used (snappy's library is even loaded only then,
 * since it brings the C++ runtime along). Input is never trusted: output is
 * bounded by the caller, and a decoder stops at the first byte past it.
 *
 * Framing, as the Java client's: gzip reads several members; snappy writes
 * xerial frames of 32 KiB blocks and reads those and raw blocks (librdkafka);
 * lz4 writes frames of independent 64 KiB blocks; zstd reads several frames,
 * with or without a content size.
 */
#ifndef KLOG_RECORD_COMPRESS_H
#define KLOG_RECORD_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* The low three bits of a batch's attributes. */
enum codec {
	CODEC_NONE, CODEC_GZIP, CODEC_SNAPPY, CODEC_LZ4, CODEC_ZSTD,
	CODEC_MAX
};

/* A level is on the codec's own scale: gzip 0 to 9, lz4 to 12 (below 3 its fast
 * way), zstd to 22, where less than 0 is faster still. */
#define CODEC_LEVEL_DEFAULT	INT32_MIN	/* each codec's own */

struct codecs;

struct codecs *codecs_new(void);
void codecs_free(struct codecs *c);

/* "none", "gzip", "snappy", "lz4", "zstd"; NULL for any other number. */
const char *codec_name(int codec);
/* enum codec, or -1. "uncompressed" is another word for none. */
int codec_by_name(const char *name);

/* The level that a value of Kafka's compression.gzip.level (-1 or 1 to 9),
 * compression.lz4.level (1 to 17) or compression.zstd.level means (KIP-390). */
int codec_level(enum codec codec, int value);

/* Appends the compressed form of [in, in+n) to out. KE_UNSUPPORTED where the
 * library is missing, KE_RANGE when out->max would be passed. */
int codec_compress(struct codecs *c, enum codec codec, int level,
    const void *in, size_t n, struct buf *out, struct kerr *e);

/* Appends what [in, in+n) unpacks to, at most max bytes (KE_RANGE when there
 * is more). KE_DATA: damaged or cut short; KE_UNSUPPORTED: no such codec. */
int codec_decompress(struct codecs *c, enum codec codec, const void *in,
    size_t n, size_t max, struct buf *out, struct kerr *e);

/* The same piece by piece: begin, then read until 0. One stream at a time per
 * struct codecs; the input is borrowed until the last read. codec_read()
 * returns the bytes put at to (> 0), 0 at the end, or an error as above. */
int codec_begin(struct codecs *c, enum codec codec, const void *in, size_t n,
    struct kerr *e);
ssize_t codec_read(struct codecs *c, void *to, size_t cap, struct kerr *e);

/* An lz4 frame of a message in format 0 has a header whose checksum is wrong:
 * Kafka counted the frame's magic in (KAFKA-3160). Sets the right one. */
void codec_mend_lz4(uint8_t *frame, size_t n);

#endif
