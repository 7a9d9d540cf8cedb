/*
 * envelope.h: a record as one JSON object on a line, both ways, byte-exact.
 *
 *	{"topic":"t","partition":0,"offset":7,"tstype":"create","ts":17..,
 *	 "broker":1,"headers":["n","v"],"key":null,"payload":"text","epoch":0}
 *
 * Bytes are a string where they are UTF-8, else {"base64":".."}; null is null;
 * a key that is absent on input is null. Headers keep order and duplicates.
 *
 * Output is the hot path of klog-consume -J: no allocation, one pass that
 * validates and escapes sixteen bytes at a time. Input is decoded where it
 * lies: the line is overwritten by what it unpacks to, and the record borrows
 * from it.
 */
#ifndef KLOG_CLI_ENVELOPE_H
#define KLOG_CLI_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "client/consumer.h"
#include "record/builder.h"
#include "record/iter.h"

enum envelope_form {
	ENVELOPE_AUTO,		/* text where UTF-8, else base64 */
	ENVELOPE_BASE64,
	ENVELOPE_HEX,
	ENVELOPE_JSON		/* a JSON document as it is, not as a string;
				 * what would not come back the same, as AUTO,
				 * and so what is none, which is said */
};

struct envelope_opts {
	enum envelope_form	key;
	enum envelope_form	value;
	enum envelope_form	headers;	/* their values */
	bool			iso;		/* "time" as RFC 3339, in UTC */
};

/* Appends one record and a newline. */
void envelope_print(const struct envelope_opts *opts,
    const struct consumer_batch *b, const struct record *r, struct buf *out);

/* Appends bytes as JSON: string, {"base64":".."}, {"hex":".."} or null
 * (p NULL). */
void envelope_put_bytes(struct buf *out, const void *p, size_t n,
    enum envelope_form form);

/* A decoded line. Zero-initialise it once and use it for every line: it keeps
 * the memory of its headers. */
struct envelope {
	struct record_input	 record;	/* borrows from the line */
	const char		*topic;		/* not NUL-terminated, or NULL*/
	size_t			 topic_len;
	int32_t			 partition;	/* -1: not said */
	int64_t			 offset;	/* -1: not said */
	bool			 has_time;	/* record.timestamp was said */
	bool			 has_value;	/* false: there was no value */
	struct record_header	*headers;	/* memory of record.headers */
	size_t			 headers_cap;
};

/*
 * Decodes the object at [line, line+n) (no newline needed), which it
 * overwrites. Takes klog's and kcat's names, and those of kaf, kafkactl and
 * rpk: "value" for "payload", "timestamp" (ms, or RFC 3339) for "ts"; headers
 * as [n,v,..], [{"key":n,"value":v},..] or {n:v,..}; a key or value that is
 * some other JSON (number, object, ..) is its text. Unknown fields are
 * checked and skipped. KE_DATA tells what is wrong and at which byte; the
 * caller adds the line's number.
 */
int envelope_parse(struct envelope *env, char *line, size_t n, struct kerr *e);
/* Nothing said yet; its memory is kept. */
void envelope_clear(struct envelope *env);
/* One value alone, as envelope_put_bytes() writes it, in place; *out NULL, *len
 * -1: null. */
int envelope_get_bytes(char *p, size_t n, const void **out, int32_t *len,
    struct kerr *e);
/* One more header; name and value are borrowed, value NULL is null. */
void envelope_add_header(struct envelope *env, const struct record_header *h);
void envelope_release(struct envelope *env);

#endif
