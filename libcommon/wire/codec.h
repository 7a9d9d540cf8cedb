/*
 * codec.h: the engine over the tables of field.h, one function a verb.
 *
 * A version outside the message's range answers KE_UNSUPPORTED. Nothing from a
 * peer is trusted: strings, arrays and tags are bounded by the bytes that are
 * left, memory for arrays by the arena's max (KE_RANGE).
 */
#ifndef KLOG_WIRE_CODEC_H
#define KLOG_WIRE_CODEC_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "wire/chunks.h"
#include "wire/field.h"

/* Reads a body of that version into out, a struct of msg->size bytes, of which
 * every member is set. Strings, bytes and records borrow from r's memory,
 * arrays and optional structs lie in a. Bytes that follow the body stay in r:
 * Kafka does not mind them. On error out holds no more than garbage. */
int kmsg_decode(const struct kmessage *msg, int16_t version, struct rd *r,
    struct arena *a, void *out, struct kerr *e);

/* Appends the body to out. Records become borrowed chunks or file ranges, with
 * their hold handed over; all else is copied, so that in may go at once. A null
 * where the version has none is KE_DATA, a string or array too long for its
 * length field KE_RANGE; out is then as it was, and holds stay with the
 * caller. */
int kmsg_encode(const struct kmessage *msg, int16_t version, const void *in,
    struct chunks *out, struct kerr *e);

/* The same into plain memory, records copied as well; records that lie in a
 * file are KE_UNSUPPORTED, and holds stay with the caller. */
int kmsg_encode_buf(const struct kmessage *msg, int16_t version,
    const void *in, struct buf *out, struct kerr *e);

/* Bytes that kmsg_encode would append, records included. The message must be
 * one that can be encoded. */
int64_t kmsg_size(const struct kmessage *msg, int16_t version, const void *in);

/* Sets every member to its default: where a message to be sent starts. A zeroed
 * struct is not the same: its null arrays are empty, its -1 are 0, and tagged
 * fields whose default is not 0 would be sent. */
void kmsg_defaults(const struct kmessage *msg, void *out);
void kfields_defaults(const struct kfield *rows, void *out);
/* The same for *p, a struct S inside of a message: an element of an array. */
#define KDEFAULTS(S, p)							\
	((void)sizeof((struct S *)0 == (p)), kfields_defaults(S##_fields, (p)))

/* Appends the message as one line of JSON, fields of that version only. Records
 * show as their length, bytes in hexadecimal; in a string that is not UTF-8 all
 * bytes but ASCII become U+FFFD. */
void kmsg_print(const struct kmessage *msg, int16_t version, const void *in,
    struct buf *out);

#endif
