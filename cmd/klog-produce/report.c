/*
 * report.c: --report: where each record went, as soon as it is acknowledged
 * (produce.h). Of a record that left no more is kept than its number.
 */
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/format_parse.h"
#include "cli/stdout.h"
#include "produce.h"

#define TOKENS	"tpoi"
#define PIECE	(64u * 1024)	/* written at a time, about */

struct report {
	struct format_op	*op;
	size_t			 n;
	struct buf		 out;
};

int
report_new(struct report **out, const char *format, struct kerr *e)
{
	struct report *r = xcalloc(1, sizeof(*r));
	int rc = format_parse(format, &r->op, &r->n, e);

	if (rc != 0) {
		free(r);
		return rc;
	}
	*out = r;
	for (size_t i = 0; i < r->n; i++)
		if (r->op[i].token != FORMAT_LITERAL &&
		    strchr(TOKENS, r->op[i].token) == NULL)
			return kerr_set(e, KE_USAGE, "'%%%c' is not known of "
			    "what was sent: %%t, %%p, %%o and %%i are",
			    r->op[i].token);
	return 0;
}

void
report_free(struct report *r)
{
	if (r == NULL)
		return;
	format_ops_free(r->op, r->n);
	buf_release(&r->out);
	free(r);
}

int
report_write(struct job *j, const void *p, size_t n, struct kerr *e)
{
	size_t done;

	if (j->mute)
		return 0;
	if (stdout_write(p, n, &j->signo, &done) != 0)
		return kerr_sys(e, "cannot write to standard output");
	j->mute = done < n;
	return 0;
}

static int
flush(struct job *j, struct kerr *e)
{
	struct buf *b = &j->report->out;
	int rc = report_write(j, b->p, b->len, e);

	buf_clear(b);
	return rc;
}

static void
put(struct report *r, const struct format_op *op,
    const struct producer_report *b, int32_t k)
{
	uint64_t tag = b->first + (b->tags != NULL ? b->tags[k] : (uint64_t)k);

	switch (op->token) {
	case FORMAT_LITERAL:
		buf_put(&r->out, op->text, op->text_len);
		break;
	case 't':
		buf_puts(&r->out, b->topic);
		break;
	case 'p':
		format_put_number(op->length, b->partition, &r->out);
		break;
	case 'o':
		format_put_number(op->length, b->offset < 0 ? -1 :
		    b->offset + k, &r->out);
		break;
	default:
		format_put_number(op->length, (int64_t)tag, &r->out);
	}
}

int
report_print(struct job *j, const struct producer_report *b, struct kerr *e)
{
	struct report *r = j->report;

	for (int32_t k = 0; k < b->count; k++) {
		for (size_t i = 0; i < r->n; i++)
			put(r, &r->op[i], b, k);
		if (r->out.len >= PIECE && flush(j, e) != 0)
			return e->code;
	}
	return flush(j, e);
}
