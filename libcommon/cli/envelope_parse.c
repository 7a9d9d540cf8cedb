/* envelope_parse.c: records from JSON; see envelope.h. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/xalloc.h"
#include "cli/envelope.h"
#include "cli/envelope_bytes.h"
#include "cli/envelope_json.h"
#include "cli/spec_time.h"

/* Bytes in the line; p NULL is null. */
struct span {
	uint8_t	*p;
	int32_t	 n;
};

static bool
span_set(struct json *j, struct span *s, char *p, size_t n)
{
	if (n > INT32_MAX)
		return json_fail(j, "field too long");
	s->p = (uint8_t *)p;
	s->n = (int32_t)n;
	return true;
}

static bool
name_is(const struct json_text *t, const char *name)
{
	return t->n == strlen(name) && strncasecmp(t->p, name, t->n) == 0;
}

/*
 * The object at j as {"base64":".."} or {"hex":".."}. Returns false without a
 * failure where it is some other object; nothing is overwritten before that
 * is known.
 */
static bool
coded_bytes(struct json *j, struct span *s)
{
	bool hex;
	struct json_text name, text;
	struct json look = *j;
	uint8_t *to;
	ssize_t n;

	look.p++;
	if (json_peek(&look) != '"' || !json_skip(&look, &name))
		return false;
	if (name.n == 8 && memcmp(name.p, "\"base64\"", 8) == 0)
		hex = false;
	else if (name.n == 5 && memcmp(name.p, "\"hex\"", 5) == 0)
		hex = true;
	else
		return false;
	if (!json_take(&look, ':') || json_peek(&look) != '"' ||
	    !json_skip(&look, &text) || json_peek(&look) != '}')
		return false;
	look.p++;
	to = (uint8_t *)text.p + 1;
	n = hex ? get_hex(to, text.p + 1, text.n - 2) :
	    base64_decode(text.p + 1, text.n - 2, to);
	if (n < 0)
		return json_fail(j, hex ? "bad hex" : "bad base64");
	j->p = look.p;
	return span_set(j, s, text.p + 1, (size_t)n);
}

/* Bytes in any of their forms: null, string, coded; else the JSON text. */
static bool
bytes(struct json *j, struct span *s)
{
	struct json_text t;
	int c = json_peek(j);

	if (c == '"')
		return json_string(j, &t) && span_set(j, s, t.p, t.n);
	if (c == '{') {
		if (coded_bytes(j, s))
			return true;
		if (j->bad != NULL)
			return false;
	}
	if (!json_skip(j, &t))
		return false;
	if (c == 'n') {
		*s = (struct span){ NULL, -1 };
		return true;
	}
	return span_set(j, s, t.p, t.n);
}

int
envelope_get_bytes(char *p, size_t n, const void **out, int32_t *len,
    struct kerr *e)
{
	struct span s;
	struct json j;

	json_init(&j, p, n);
	if (!bytes(&j, &s))
		return json_error(&j, e);
	*out = s.p;
	*len = s.n;
	return 0;
}

void
envelope_add_header(struct envelope *env, const struct record_header *h)
{
	size_t n = (size_t)env->record.n_headers;

	if (n == env->headers_cap) {
		env->headers_cap = n > 0 ? 2 * n : 8;
		env->headers = xreallocarray(env->headers, env->headers_cap,
		    sizeof(*env->headers));
	}
	env->headers[n] = *h;
	env->record.n_headers++;
}

static bool
header_add(struct envelope *env, struct json *j, const struct span *name,
    const struct span *value)
{
	struct record_header h = { name->p, value->p, name->n, value->n };

	if (name->p == NULL)
		return json_fail(j, "a header's name is null");
	envelope_add_header(env, &h);
	return true;
}

/* {"key":NAME,"value":VALUE}, one of a list. */
static bool
header_object(struct envelope *env, struct json *j)
{
	struct span name = { NULL, -1 }, value = { NULL, -1 };
	struct json_text field, skipped;
	bool first = true, ok;

	json_take(j, '{');
	while (json_next(j, '}', &first)) {
		if (!json_string(j, &field) || !json_take(j, ':'))
			return false;
		if (name_is(&field, "key") || name_is(&field, "name"))
			ok = bytes(j, &name);
		else if (name_is(&field, "value"))
			ok = bytes(j, &value);
		else
			ok = json_skip(j, &skipped);
		if (!ok)
			return false;
	}
	return j->bad == NULL && header_add(env, j, &name, &value);
}

/* True where the object at j is a header of its own, not bytes. */
static bool
is_header_object(const struct json *j)
{
	struct json look = *j;
	struct json_text name;

	if (json_peek(&look) != '{')
		return false;
	look.p++;
	return json_peek(&look) == '}' || (json_skip(&look, &name) &&
	    !(name.n == 8 && memcmp(name.p, "\"base64\"", 8) == 0) &&
	    !(name.n == 5 && memcmp(name.p, "\"hex\"", 5) == 0));
}

static bool
headers_list(struct envelope *env, struct json *j)
{
	struct span name, value;
	bool first = true;

	json_take(j, '[');
	while (json_next(j, ']', &first)) {
		if (is_header_object(j)) {
			if (!header_object(env, j))
				return false;
			continue;
		}
		if (!bytes(j, &name))
			return false;
		if (!json_next(j, ']', &first))
			return json_fail(j, "a header has no value");
		if (!bytes(j, &value) || !header_add(env, j, &name, &value))
			return false;
	}
	return j->bad == NULL;
}

static bool
headers(struct envelope *env, struct json *j)
{
	struct json_text name, skipped;
	struct span value, n = { NULL, -1 };
	bool first = true;
	int c = json_peek(j);

	env->record.n_headers = 0;
	if (c == '[')
		return headers_list(env, j);
	if (c == 'n')
		return json_skip(j, &skipped);
	if (!json_take(j, '{'))
		return json_fail(j, "headers are a list or an object");
	while (json_next(j, '}', &first)) {
		if (!json_string(j, &name) || !json_take(j, ':') ||
		    !bytes(j, &value) || !span_set(j, &n, name.p, name.n) ||
		    !header_add(env, j, &n, &value))
			return false;
	}
	return j->bad == NULL;
}

static bool
timestamp(struct envelope *env, struct json *j)
{
	struct spec_clock clock = { .utc = true };
	struct json_text t;
	int c = json_peek(j);

	if (c == 'n')
		return json_skip(j, &t);
	env->has_time = true;
	if (c != '"')
		return json_int(j, &env->record.timestamp);
	if (!json_string(j, &t))
		return false;
	if (t.n < 10 || !spec_clock_parse(t.p, t.n, &clock,
	    &env->record.timestamp))
		return json_fail(j, "the time is neither ms nor RFC 3339");
	return true;
}

static bool
small_int(struct json *j, int64_t max, int64_t *out)
{
	struct json_text t;

	if (json_peek(j) == 'n')
		return json_skip(j, &t);
	if (!json_int(j, out))
		return false;
	return *out >= -1 && *out <= max ? true :
	    json_fail(j, "number out of range");
}

static bool
field(struct envelope *env, struct json *j, const struct json_text *name)
{
	struct span s;
	struct json_text t;
	int64_t n = -1;

	if (name_is(name, "payload") || name_is(name, "value")) {
		if (!bytes(j, &s))
			return false;
		env->record.value = s.p;
		env->record.value_len = s.n;
		env->has_value = true;
	} else if (name_is(name, "key")) {
		if (!bytes(j, &s))
			return false;
		env->record.key = s.p;
		env->record.key_len = s.n;
	} else if (name_is(name, "headers"))
		return headers(env, j);
	else if (name_is(name, "ts") || name_is(name, "timestamp"))
		return timestamp(env, j);
	else if (name_is(name, "topic") && json_peek(j) == '"') {
		if (!json_string(j, &t))
			return false;
		env->topic = t.p;
		env->topic_len = t.n;
	} else if (name_is(name, "partition")) {
		if (!small_int(j, INT32_MAX, &n))
			return false;
		env->partition = (int32_t)n;
	} else if (name_is(name, "offset"))
		return small_int(j, INT64_MAX, &env->offset);
	else
		return json_skip(j, &t);
	return true;
}

static bool
object(struct envelope *env, struct json *j)
{
	struct json_text name;
	bool first = true;

	if (!json_take(j, '{'))
		return false;
	while (json_next(j, '}', &first))
		if (!json_string(j, &name) || !json_take(j, ':') ||
		    !field(env, j, &name))
			return false;
	if (j->bad != NULL)
		return false;
	return json_peek(j) == 0 && j->p == j->end ? true :
	    json_fail(j, "more after the object");
}

void
envelope_clear(struct envelope *env)
{
	env->record = (struct record_input){ .key_len = -1, .value_len = -1 };
	env->topic = NULL;
	env->topic_len = 0;
	env->partition = -1;
	env->offset = -1;
	env->has_time = env->has_value = false;
}

int
envelope_parse(struct envelope *env, char *line, size_t n, struct kerr *e)
{
	struct json j;

	envelope_clear(env);
	json_init(&j, line, n);
	if (!object(env, &j))
		return json_error(&j, e);
	env->record.headers = env->headers;
	return 0;
}

void
envelope_release(struct envelope *env)
{
	free(env->headers);
	memset(env, 0, sizeof(*env));
}
