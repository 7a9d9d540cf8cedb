/* fields.c: records that say more than a value: JSON, -f; and the forms that -s
 * takes keys and values in (produce.h). */
#include <string.h>

#include "base/xalloc.h"
#include "produce.h"

static int
decode_one(const char *form, const void **p, int32_t *len, struct buf *room,
    const char *what, struct kerr *e)
{
	if (form == NULL || *len < 0)
		return 0;
	/* the input's own memory, which is ours to change */
	if (decode_text(form, (char *)(uintptr_t)*p, (size_t)*len, room, p, len,
	    e) != 0)
		return kerr_wrap(e, "%s", what);
	return 0;
}

int
fields_decode(struct job *j, struct record_input *r, struct kerr *e)
{
	/* -k has been decoded */
	if (r->key != j->key && decode_one(j->decode.key, &r->key, &r->key_len,
	    &j->decoded[0], "the key", e) != 0)
		return e->code;
	return decode_one(j->decode.value, &r->value, &r->value_len,
	    &j->decoded[1], "the value", e);
}

int
fields_set_key(struct job *j, struct kerr *e)
{
	const char *s = j->o->key;

	j->key_len = -1;
	if (s == NULL || lines_is_null(j, s, strlen(s)))
		return 0;
	j->key = j->key_memory = xstrdup(s);
	j->key_len = (int32_t)strlen(s);
	return decode_one(j->decode.key, &j->key, &j->key_len, &j->key_decoded,
	    "the key", e);
}

int
fields_bad(struct job *j, struct kerr *e)
{
	if (!j->o->skip_bad)
		return e->code;
	outcome_refused(j, e);
	kerr_clear(e);
	j->tag++;
	return 0;
}

/* Adds what env holds; the options fill in what it does not say. */
static int
take_envelope(struct job *j, struct kerr *e)
{
	const struct envelope *env = &j->envelope;
	struct record_input r = env->record;

	if (!env->has_time)
		r.timestamp = j->ts;
	if (r.n_headers == 0) {
		r.headers = j->headers;
		r.n_headers = j->n_headers;
	}
	if (fields_decode(j, &r, e) != 0)
		return fields_bad(j, e);
	return lines_add(j, j->o->keep_partition && env->partition >= 0 ?
	    env->partition : j->partition, &r, e);
}

int
fields_take_json(struct job *j, char *p, size_t n, struct kerr *e)
{
	int rc = envelope_parse(&j->envelope, p, n, e);

	if (rc == 0 && !j->envelope.has_value)
		rc = kerr_set(e, KE_DATA, "no \"payload\"");
	return rc != 0 ? fields_bad(j, e) : take_envelope(j, e);
}

static void
apply_null(const struct job *j, const void **p, int32_t *len)
{
	if (*len >= 0 && lines_is_null(j, *p, (size_t)*len)) {
		*p = NULL;
		*len = -1;
	}
}

int
fields_take_format(struct job *j, struct kerr *e)
{
	struct record_input *r = &j->envelope.record;

	if (format_take(j->format, &j->envelope, e) != 0)
		return fields_bad(j, e);
	apply_null(j, &r->key, &r->key_len);
	apply_null(j, &r->value, &r->value_len);
	if (r->key == NULL) {
		r->key = j->key;
		r->key_len = j->key_len;
	}
	return take_envelope(j, e);
}
