/* kerror.c: see kerror.h. */
#include "wire/kerror.h"

#include <stddef.h>
#include <string.h>

static const struct row {
	int16_t		 code;
	bool		 retriable;
	const char	*name;
	const char	*text;
} rows[] = {
#define X(code, name, retriable, text) { code, retriable, #name, text },
	KAFKA_ERRORS(X)
#undef X
};

#define NROWS	(sizeof(rows) / sizeof(rows[0]))

/* The table starts at -1 and has no holes; row 0 is UNKNOWN_SERVER_ERROR. */
static const struct row *
find(int16_t code)
{
	int i = code + 1;

	return &rows[i > 0 && (size_t)i < NROWS ? i : 0];
}

const char *
kerror_name(int16_t code)
{
	return find(code)->name;
}

const char *
kerror_text(int16_t code)
{
	return find(code)->text;
}

bool
kerror_retriable(int16_t code)
{
	return find(code)->retriable;
}

int
kerror_set(struct kerr *e, int16_t code, struct kstr text)
{
	if (text.len <= 0)
		text = kstr(kerror_text(code));
	return kerr_kafka(e, code, "%s: %.*s", kerror_name(code),
	    (int)text.len, text.p);
}

int16_t
kerror_by_name(const char *name)
{
	for (size_t i = 0; i < NROWS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].code;
	return INT16_MIN;
}
