/* decode.c: see decode.h. */
#include "cli/decode.h"

#include <string.h>

#include "base/base64.h"
#include "cli/envelope_bytes.h"
#include "cli/envelope_json.h"
#include "cli/format_pack.h"

static bool
is_form(const char *s)
{
	return strcmp(s, "json") == 0 || strcmp(s, "hex") == 0 ||
	    strcmp(s, "base64") == 0 || format_pack_valid(s, strlen(s));
}

int
decode_parse(struct decode *d, const struct opt_list *l, struct kerr *e)
{
	for (int i = 0; i < l->n; i++) {
		const char *s = l->v[i];

		if (strncmp(s, "key=", 4) == 0)
			d->key = s += 4;
		else if (strncmp(s, "value=", 6) == 0)
			d->value = s += 6;
		else
			d->key = d->value = s;
		if (!is_form(s))
			return kerr_set(e, KE_USAGE, "-s: '%s' is none of "
			    "json, hex, base64 and no pack string", s);
	}
	return 0;
}

static int
check_json(char *p, size_t n, struct kerr *e)
{
	struct json j;
	struct json_text t;

	json_init(&j, p, n);
	if (json_skip(&j, &t) && (json_peek(&j) != 0 || j.p != j.end))
		json_fail(&j, "more after the value");
	return j.bad != NULL ? json_error(&j, e) : 0;
}

bool
decode_fits(const char *form, const void *p, size_t n, struct buf *room)
{
	buf_clear(room);
	if (strcmp(form, "json") == 0)	/* only looked at */
		return check_json((char *)(uintptr_t)p, n, NULL) == 0;
	return strcmp(form, "hex") == 0 || strcmp(form, "base64") == 0 ||
	    format_unpack(form, p, n, room);
}

int
decode_text(const char *form, char *p, size_t n, struct buf *room,
    const void **out, int32_t *len, struct kerr *e)
{
	ssize_t k = (ssize_t)n;

	*out = p;
	if (strcmp(form, "json") == 0) {
		if (check_json(p, n, e) != 0)
			return KE_DATA;
	} else if (strcmp(form, "hex") == 0) {
		k = get_hex((uint8_t *)p, p, n);
	} else if (strcmp(form, "base64") == 0) {
		k = base64_decode(p, n, (uint8_t *)p);
	} else {
		buf_clear(room);
		k = format_pack(form, p, n, room) ? (ssize_t)room->len : -1;
		*out = room->p;
	}
	if (k < 0)
		return kerr_set(e, KE_DATA, "is not as -s '%s' has it", form);
	*len = (int32_t)k;
	return 0;
}
