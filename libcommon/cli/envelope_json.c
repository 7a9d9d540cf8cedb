/* envelope_json.c: see envelope_json.h. */
#include "cli/envelope_json.h"

#include <string.h>

#include "cli/envelope_bytes.h"

void
json_init(struct json *j, char *p, size_t n)
{
	*j = (struct json){ p, p, p + n, NULL };
}

bool
json_fail(struct json *j, const char *what)
{
	if (j->bad == NULL)
		j->bad = what;
	return false;
}

int
json_error(const struct json *j, struct kerr *e)
{
	return kerr_set(e, KE_DATA, "invalid JSON at byte %zu: %s",
	    (size_t)(j->p - j->start) + 1,
	    j->bad != NULL ? j->bad : "malformed");
}

int
json_peek(struct json *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' ||
	    *j->p == '\n' || *j->p == '\r'))
		j->p++;
	return j->p < j->end ? (unsigned char)*j->p : 0;
}

bool
json_take(struct json *j, char c)
{
	if (json_peek(j) != c || c == '\0') {
		switch (c) {
		case ':':
			return json_fail(j, "expected ':'");
		case '{':
			return json_fail(j, "expected '{'");
		case '[':
			return json_fail(j, "expected '['");
		default:
			return json_fail(j, "unexpected character");
		}
	}
	j->p++;
	return true;
}

/* Moves on to the next quote, backslash or byte that needs a look. */
static char *
plain_run(char *p, const char *end)
{
	typedef uint8_t vec __attribute__((vector_size(16)));

	while (end - p >= (ptrdiff_t)sizeof(vec)) {
		uint64_t half[2];
		vec v, stop;

		memcpy(&v, p, sizeof(v));
		stop = (vec)(v - 0x20 >= 0x60) | (vec)(v == '"') |
		    (vec)(v == '\\');
		memcpy(half, &stop, sizeof(half));
		if ((half[0] | half[1]) != 0)
			break;
		p += sizeof(v);
	}
	while (p < end && (uint8_t)(*p - 0x20) < 0x60 && *p != '"' &&
	    *p != '\\')
		p++;
	return p;
}

/* The four hex digits at j->p; -1 where they are not there. */
static int
hex4(struct json *j)
{
	uint8_t b[2];

	if (j->end - j->p < 4 || get_hex(b, j->p, 4) < 0)
		return -1;
	j->p += 4;
	return b[0] << 8 | b[1];
}

static char *
put_utf8(char *to, uint32_t c)
{
	if (c < 0x80)
		*to++ = (char)c;
	else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

/* Behind "\u"; writes the character at *to. */
static bool
unescape_unicode(struct json *j, char **to)
{
	int c = hex4(j), low;

	if (c < 0)
		return json_fail(j, "\\u needs four hex digits");
	if (c >= 0xd800 && c < 0xe000) {
		if (c >= 0xdc00 || j->end - j->p < 6 || j->p[0] != '\\' ||
		    j->p[1] != 'u')
			return json_fail(j, "half of a surrogate pair");
		j->p += 2;
		low = hex4(j);
		if (low < 0xdc00 || low >= 0xe000)
			return json_fail(j, "half of a surrogate pair");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	*to = put_utf8(*to, (uint32_t)c);
	return true;
}

/* Behind a backslash. */
static bool
unescape(struct json *j, char **to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	const char *at;
	char c;

	if (j->p == j->end)
		return json_fail(j, "string without end");
	c = *j->p++;
	if (c == 'u')
		return unescape_unicode(j, to);
	if (c == '\0' || (at = strchr(from, c)) == NULL)
		return json_fail(j, "unknown escape");
	*(*to)++ = into[at - from];
	return true;
}

bool
json_string(struct json *j, struct json_text *out)
{
	char *to, *run;
	size_t n;

	if (json_peek(j) != '"')
		return json_fail(j, "expected a string");
	out->p = to = ++j->p;
	for (;;) {
		run = j->p;
		j->p = plain_run(run, j->end);
		n = (size_t)(j->p - run);
		if (to != run)
			memmove(to, run, n);
		to += n;
		if (j->p == j->end)
			return json_fail(j, "string without end");
		if (*j->p == '"')
			break;
		if (*j->p == '\\') {
			j->p++;
			if (!unescape(j, &to))
				return false;
			continue;
		}
		n = (uint8_t)*j->p < 0x20 ? 0 :
		    utf8_length((uint8_t *)j->p, (size_t)(j->end - j->p));
		if (n == 0)
			return json_fail(j, (uint8_t)*j->p < 0x20 ?
			    "control character in a string" : "not UTF-8");
		memmove(to, j->p, n);
		to += n;
		j->p += n;
	}
	j->p++;
	out->n = (size_t)(to - out->p);
	return true;
}

bool
json_int(struct json *j, int64_t *out)
{
	bool neg = json_peek(j) == '-';
	const char *first;
	int64_t v = 0;

	j->p += neg;
	first = j->p;
	for (; j->p < j->end && *j->p >= '0' && *j->p <= '9'; j->p++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, *j->p - '0', &v))
			return json_fail(j, "number out of range");
	if (j->p == first || (j->p < j->end && strchr(".eE", *j->p) != NULL &&
	    *j->p != '\0'))
		return json_fail(j, "expected an integer");
	if (!neg && v == INT64_MIN)
		return json_fail(j, "number out of range");
	*out = neg ? v : -v;
	return true;
}

static bool
digit_run(struct json *j)
{
	const char *first = j->p;

	while (j->p < j->end && *j->p >= '0' && *j->p <= '9')
		j->p++;
	return j->p > first ? true : json_fail(j, "expected a digit");
}

static bool
skip_number(struct json *j)
{
	const char *first;

	j->p += *j->p == '-';
	first = j->p;
	if (!digit_run(j))
		return false;
	if (*first == '0' && j->p - first > 1)
		return json_fail(j, "number with a leading zero");
	if (j->p < j->end && *j->p == '.') {
		j->p++;
		if (!digit_run(j))
			return false;
	}
	if (j->p < j->end && (*j->p == 'e' || *j->p == 'E')) {
		j->p++;
		if (j->p < j->end && (*j->p == '+' || *j->p == '-'))
			j->p++;
		return digit_run(j);
	}
	return true;
}

/* A string, checked and left as it is. */
static bool
skip_string(struct json *j)
{
	char sink[4], *to;
	size_t n;

	for (j->p++;;) {
		j->p = plain_run(j->p, j->end);
		if (j->p == j->end)
			return json_fail(j, "string without end");
		if (*j->p == '"') {
			j->p++;
			return true;
		}
		if (*j->p == '\\') {
			to = sink;
			j->p++;
			if (!unescape(j, &to))
				return false;
			continue;
		}
		n = (uint8_t)*j->p < 0x20 ? 0 :
		    utf8_length((uint8_t *)j->p, (size_t)(j->end - j->p));
		if (n == 0)
			return json_fail(j, "bad character in a string");
		j->p += n;
	}
}

static bool
skip_word(struct json *j, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(j->end - j->p) < n || memcmp(j->p, word, n) != 0)
		return json_fail(j, "unexpected character");
	j->p += n;
	return true;
}

static bool
skip_scalar(struct json *j, int c)
{
	switch (c) {
	case '"':
		return skip_string(j);
	case 't':
		return skip_word(j, "true");
	case 'f':
		return skip_word(j, "false");
	case 'n':
		return skip_word(j, "null");
	case 0:
		return json_fail(j, "ends too early");
	default:
		if (c != '-' && (c < '0' || c > '9'))
			return json_fail(j, "unexpected character");
		return skip_number(j);
	}
}

/* The name and colon before an element of an object; nothing in an array. */
static bool
skip_name(struct json *j, char close)
{
	if (close == ']')
		return true;
	if (json_peek(j) != '"')
		return json_fail(j, "expected a name in quotes");
	return skip_string(j) && json_take(j, ':');
}

/* Arrays and objects by a stack of closing brackets, so that depth costs
 * a byte. */
bool
json_skip(struct json *j, struct json_text *out)
{
	char close[JSON_DEPTH_MAX];
	int depth = 0, c = json_peek(j);
	bool first;

	out->p = j->p;
	for (;;) {
		if (c == '{' || c == '[') {
			if (depth == JSON_DEPTH_MAX)
				return json_fail(j, "nested too deeply");
			close[depth++] = c == '{' ? '}' : ']';
			j->p++;
			first = true;
		} else {
			if (!skip_scalar(j, c))
				return false;
			first = false;
		}
		while (depth > 0 && !json_next(j, close[depth - 1], &first)) {
			if (j->bad != NULL)
				return false;
			depth--;
		}
		if (depth == 0)
			break;
		if (!skip_name(j, close[depth - 1]))
			return false;
		c = json_peek(j);
	}
	out->n = (size_t)(j->p - out->p);
	return true;
}

bool
json_next(struct json *j, char close, bool *first)
{
	int c = json_peek(j);
	bool was_first = *first;

	*first = false;
	if (j->bad != NULL)
		return false;
	if (c == close) {
		j->p++;
		return false;
	}
	if (was_first)
		return c != 0 ? true : json_fail(j, "ends too early");
	if (c != ',')
		return json_fail(j, c == 0 ? "ends too early" :
		    "expected ',' or the closing bracket");
	j->p++;
	return true;
}
