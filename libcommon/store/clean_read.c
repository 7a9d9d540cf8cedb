/* clean_read.c: see clean_read.h. */
#include "store/clean_read.h"

#include "record/msgset.h"
#include "store/file.h"
#include "store/scan.h"

enum { WINDOW = 1 << 20 };

void
clean_reader_start(struct clean_reader *r, int fd, int64_t from, int64_t end)
{
	r->fd = fd;
	r->at = r->next = r->window_at = from;
	r->end = end;
	buf_clear(&r->window);
}

/* Moves the window on to the current batch and makes want bytes of it be
 * there. */
static int
fill(struct clean_reader *r, size_t want, struct kerr *e)
{
	size_t size = want > WINDOW ? want : WINDOW;
	int64_t from, left;
	uint8_t *to;
	ssize_t got;

	if (r->window.len > 0)
		buf_consume(&r->window, (size_t)(r->at - r->window_at));
	r->window_at = r->at;
	from = r->at + (int64_t)r->window.len;
	left = r->end - from;
	size -= r->window.len;
	if ((int64_t)size > left)
		size = (size_t)left;
	if ((to = buf_reserve(&r->window, size)) == NULL)
		return kerr_set(e, r->window.err, "batch of %zu bytes", want);
	if ((got = file_read(r->sys, r->fd, to, size, from)) < 0)
		return kerr_sys(e, "reading at %lld", (long long)from);
	r->window.len += (size_t)got;
	r->read += got;
	if (r->window.len < want)
		return kerr_set(e, KE_CORRUPT, "batch at %lld: cut short",
		    (long long)r->at);
	if (r->pace != NULL && r->pace(r->arg, got) != 0)
		return kerr_set(e, KE_CANCELLED, "%s",
		    kerr_text(KE_CANCELLED));
	return 0;
}

static size_t
there(const struct clean_reader *r)
{
	return r->window.len - (size_t)(r->at - r->window_at);
}

/* Makes a batch of the messages at the cursor. */
static int
remake(struct clean_reader *r, struct batch_header *h, const uint8_t **batch,
    struct kerr *e)
{
	struct msgset_source from;
	int rc;

	if (r->codecs == NULL)
		r->codecs = codecs_new();
	buf_clear(&r->made);
	if ((rc = msgset_batch(*batch, there(r), MSGSET_PACK, r->codecs,
	    &r->raw, BATCH_MAX_RAW, &r->made, &from, e)) != 0)
		return rc;
	r->next = r->at + (int64_t)from.took;
	*batch = r->made.p;
	rc = batch_parse(r->made.p, r->made.len, h, e);
	return rc == 0 ? 1 : rc;
}

int
clean_reader_next(struct clean_reader *r, struct batch_header *h,
    const uint8_t **batch, struct kerr *e)
{
	struct kerr why = KERR_INIT;
	size_t want;
	int rc;

	r->at = r->next;
	if (r->at >= r->end)
		return 0;
	want = r->end - r->at < BATCH_HEADER ? (size_t)(r->end - r->at) :
	    BATCH_HEADER;
	if (there(r) < want && (rc = fill(r, want, e)) != 0)
		return rc;
	if (scan_header(r->window.p + (r->at - r->window_at), there(r), h,
	    &why) != 0)
		return kerr_set(e, KE_CORRUPT, "batch at %lld: %s",
		    (long long)r->at, why.msg);
	if ((int64_t)batch_size(h) > r->end - r->at)
		return kerr_set(e, KE_CORRUPT, "batch at %lld: cut short",
		    (long long)r->at);
	if (there(r) < batch_size(h) && (rc = fill(r, batch_size(h), e)) != 0)
		return rc;
	*batch = r->window.p + (r->at - r->window_at);
	if (h->magic < BATCH_MAGIC)
		return remake(r, h, batch, e);
	r->next = r->at + (int64_t)batch_size(h);
	return 1;
}

void
clean_reader_release(struct clean_reader *r)
{
	buf_release(&r->window);
	buf_release(&r->raw);
	buf_release(&r->made);
	codecs_free(r->codecs);
}
