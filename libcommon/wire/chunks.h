/*
 * chunks.h: what goes out on a connection: a list of pieces of memory and
 * counted ranges of files, in order.
 *
 * Memory is either owned (small pieces, gathered in one buffer) or borrowed. A
 * borrowed piece or a file range may come with a hold, which is dropped once
 * the piece has been consumed or the list is cleared: exactly once.
 *
 * Owned bytes are given back when the list runs empty, so a list is for one
 * message or a few, not for the life of a connection.
 *
 * The sender takes from the front: chunks_iov() and writev() while memory is
 * there, chunks_file() and sendfile() when a file range is; chunks_consume()
 * after each.
 */
#ifndef KLOG_WIRE_CHUNKS_H
#define KLOG_WIRE_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "wire/types.h"

enum chunk_kind {
	CHUNK_OWN,	/* own.p + off */
	CHUNK_SLICE,	/* p, borrowed */
	CHUNK_FILE	/* [off, off + len) of fd */
};

struct chunk {
	enum chunk_kind	 kind;
	int		 fd;
	const uint8_t	*p;
	off_t		 off;
	size_t		 len;	/* what is left of it */
	struct khold	*hold;	/* or NULL */
};

/* Zero-initialised means empty. */
struct chunks {
	struct buf	 own;
	struct chunk	*v;
	size_t		 n;
	size_t		 cap;
	size_t		 first;	/* chunks before it are consumed */
	uint64_t	 len;	/* bytes left in all */
};

void chunks_init(struct chunks *c);
/* Drops all holds; _clear keeps the memory for the next message. */
void chunks_release(struct chunks *c);
void chunks_clear(struct chunks *c);

/* Copies n bytes to the end. */
void chunks_put(struct chunks *c, const void *p, size_t n);
/* Takes up the bytes that the caller has put at the end of c->own since it was
 * `from` bytes long. */
void chunks_own(struct chunks *c, size_t from);
/* Appends borrowed bytes, or a range of a file; h may be NULL. Where n is 0, h
 * waits for its turn all the same. */
void chunks_slice(struct chunks *c, const void *p, size_t n, struct khold *h);
void chunks_file_range(struct chunks *c, int fd, off_t off, size_t n,
    struct khold *h);

/* Takes bytes off the end until len are left. Holds of what goes are not
 * dropped: they are the caller's again. */
void chunks_truncate(struct chunks *c, uint64_t len);

static inline bool
chunks_empty(const struct chunks *c)
{
	return c->len == 0;
}

/* Fills up to max entries with the memory at the front, up to the first file
 * range; returns how many. The entries last until c is touched. */
int chunks_iov(const struct chunks *c, struct iovec *iov, int max);
/* The file range at the front, or NULL. */
const struct chunk *chunks_file(const struct chunks *c);
/* Takes n bytes (n <= c->len) off the front and drops the holds of the chunks
 * that are done. */
void chunks_consume(struct chunks *c, uint64_t n);

/* Copies all bytes into b; files are read with pread(). For tests, tracing and
 * small messages. 0, or KE_SYS, or KE_EOF where a file is too short. */
int chunks_flatten(const struct chunks *c, struct buf *b);

#endif
