/*
 * frame.h: how requests and responses are framed: int32 size, header, body.
 *
 * Header versions follow from the API and its version: request headers carry
 * tagged fields where the body is flexible, response headers too, except that
 * ApiVersions always answers with the plain one, so that a client can read the
 * answer to a version the broker does not know.
 */
#ifndef KLOG_WIRE_FRAME_H
#define KLOG_WIRE_FRAME_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "wire/api.h"
#include "wire/chunks.h"
#include "wire/types.h"

#define FRAME_SIZE_LEN	4	/* bytes of the size in front of a frame */

struct frame_header {
	int16_t		api_key;
	int16_t		api_version;
	int32_t		correlation_id;
	struct kstr	client_id;	/* borrowed; may be null */
};

/* Looks at the first n bytes of a stream: 0 when the size is not there yet, the
 * bytes that follow the size (1..max) when it is, else KE_PROTO (not positive)
 * or KE_RANGE (over max). */
int64_t frame_size(const void *p, size_t n, int32_t max, struct kerr *e);

/* Reads the header of a request; r then stands at the body. A key that the
 * registry lacks answers KE_UNSUPPORTED with the first three members set; an
 * unknown version is the caller's to check. */
int frame_read_request(struct rd *r, struct frame_header *h, struct kerr *e);

/* Reads the header of the response to a request of that key and version; r then
 * stands at the body. */
int frame_read_response(struct rd *r, const struct kapi *api, int16_t version,
    int32_t *correlation_id, struct kerr *e);

/* Appends a whole frame: size, header and body. On error the list is as it was,
 * and holds stay with the caller, as with kmsg_encode(). */
int frame_put_request(struct chunks *out, const struct kapi *api,
    int16_t version, int32_t correlation_id, struct kstr client_id,
    const void *body, struct kerr *e);
int frame_put_response(struct chunks *out, const struct kapi *api,
    int16_t version, int32_t correlation_id, const void *body, struct kerr *e);

#endif
