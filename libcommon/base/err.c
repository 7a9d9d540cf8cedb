/* err.c: see err.h. */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int		 code;
	const char	*text;
} texts[] = {
#define X(name, value, text) { name, text },
	KERR_CODES(X)
#undef X
};

const char *
kerr_text(int code)
{
	if (code == 0)
		return "no error";
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].code == code)
			return texts[i].text;
	return "unknown error";
}

void
kerr_clear(struct kerr *e)
{
	if (e == NULL)
		return;
	e->code = e->sys = e->kafka = 0;
	e->msg[0] = '\0';
}

int
kerr_set(struct kerr *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return code;
	kerr_clear(e);
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	return code;
}

int
kerr_sys(struct kerr *e, const char *fmt, ...)
{
	int saved = errno;
	size_t n;
	va_list ap;

	if (e == NULL)
		return KE_SYS;
	kerr_clear(e);
	e->code = KE_SYS;
	e->sys = saved;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	snprintf(e->msg + n, sizeof(e->msg) - n, ": %s", strerror(saved));
	errno = saved;
	return KE_SYS;
}

int
kerr_kafka(struct kerr *e, int kafka, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return KE_BROKER;
	kerr_clear(e);
	e->code = KE_BROKER;
	e->kafka = kafka;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	return KE_BROKER;
}

int
kerr_wrap(struct kerr *e, const char *fmt, ...)
{
	char old[sizeof(e->msg)];
	size_t n;
	va_list ap;

	if (e == NULL)
		return 0;
	memcpy(old, e->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	if (n + 3 < sizeof(e->msg)) {
		memcpy(e->msg + n, ": ", 2);
		snprintf(e->msg + n + 2, sizeof(e->msg) - n - 2, "%.*s",
		    (int)(sizeof(e->msg) - n - 3), old);
	}
	return e->code;
}
