/*
 * config_file.c: reading property files and secrets.
 *
 * One grammar takes the three kinds of file: "name=value", "name: value" or
 * "name value" a line, # and ! for comments, [section], a backslash at the
 * end of a line joins it with the next. Backslash before a character that
 * Java's format gives a meaning is an escape; before any other it stays, as
 * in librdkafka's files.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "cli/config_impl.h"

#define FILE_MAX_BYTES	(1 << 20)
#define SECRET_MAX	(64 << 10)

struct reader {
	struct config		*config;
	const char		*file;
	const char		*p, *end;
	int			 line;		/* of the line last taken */
	enum config_source	 source;	/* of the part being read */
	char			*profile;	/* section wanted, or NULL */
	bool			 skip;		/* in some other section */
	bool			 top;		/* before any section */
	bool			 found;
};

/* The next logical line without comment lines and leading blanks, in out
 * (NUL-ended). False at the end. */
static bool
next_line(struct reader *r, struct buf *out)
{
	const char *nl;
	size_t n, slashes;

	buf_clear(out);
	while (r->p < r->end) {
		nl = memchr(r->p, '\n', (size_t)(r->end - r->p));
		nl = nl != NULL ? nl : r->end;
		r->line++;
		while (r->p < nl && isspace((unsigned char)*r->p))
			r->p++;
		n = (size_t)(nl - r->p);
		if (n > 0 && r->p[n - 1] == '\r')
			n--;
		for (slashes = 0; slashes < n; slashes++)
			if (r->p[n - 1 - slashes] != '\\')
				break;
		if (out->len == 0 && (n == 0 || *r->p == '#' || *r->p == '!')) {
			r->p = nl + (nl < r->end);
			continue;
		}
		buf_put(out, r->p, n - slashes % 2);
		r->p = nl + (nl < r->end);
		if (slashes % 2 == 0)
			break;
	}
	if (out->len == 0)
		return false;
	buf_putc(out, '\0');
	return true;
}

static void
put_unicode(char **out, unsigned int c)
{
	char *o = *out;

	if (c < 0x80)
		*o++ = (char)c;
	else if (c < 0x800) {
		*o++ = (char)(0xc0 | c >> 6);
		*o++ = (char)(0x80 | (c & 63));
	} else {
		*o++ = (char)(0xe0 | c >> 12);
		*o++ = (char)(0x80 | (c >> 6 & 63));
		*o++ = (char)(0x80 | (c & 63));
	}
	*out = o;
}

/* Undoes escapes in place. */
static void
unescape(char *s)
{
	static const char from[] = "tnrf", to[] = "\t\n\r\f";
	const char *hit;
	char *out = s;
	unsigned int c;
	int n;

	while (*s != '\0') {
		if (*s != '\\' || s[1] == '\0') {
			*out++ = *s++;
			continue;
		}
		hit = strchr(from, s[1]);
		n = 0;
		if (hit != NULL) {
			*out++ = to[hit - from];
			s += 2;
		} else if (s[1] == 'u' && strspn(s + 2,
		    "0123456789abcdefABCDEF") >= 4 &&
		    sscanf(s + 2, "%4x%n", &c, &n) == 1 && n == 4 && c != 0) {
			put_unicode(&out, c);
			s += 6;
		} else if (strchr("\\:=#! \"'", s[1]) != NULL) {
			*out++ = s[1];
			s += 2;
		} else
			*out++ = *s++;
	}
	*out = '\0';
}

/* Cuts "name SEP value" in two; NULL when there is no value part at all. */
static char *
split(char *s)
{
	char *p = s, *value;

	while (*p != '\0' && *p != '=' && *p != ':' &&
	    !isspace((unsigned char)*p))
		p += p[0] == '\\' && p[1] != '\0' ? 2 : 1;
	value = p;
	while (isspace((unsigned char)*value))
		value++;
	if (*value == '=' || *value == ':')
		value++;
	else if (*value == '\0')
		return NULL;
	while (isspace((unsigned char)*value))
		value++;
	*p = '\0';
	return value;
}

static void
trim_end(char *s)
{
	size_t n = strlen(s);

	while (n > 0 && isspace((unsigned char)s[n - 1]))
		n--;
	s[n] = '\0';
}

static int
take_section(struct reader *r, char *s, struct kerr *e)
{
	size_t n = strlen(s);

	if (s[n - 1] != ']' || n < 3)
		return kerr_set(e, KE_CONFIG, "%s:%d: malformed section '%s'",
		    r->file, r->line, s);
	s[n - 1] = '\0';
	if (r->top && r->source == CONFIG_FILE)
		r->source = CONFIG_PROFILE;
	r->top = false;
	r->skip = r->profile == NULL || strcmp(s + 1, r->profile) != 0;
	r->found = r->found || !r->skip;
	return 0;
}

static int
take_line(struct reader *r, char *s, struct kerr *e)
{
	char where[512], *value;

	trim_end(s);
	if (*s == '[')
		return take_section(r, s, e);
	value = split(s);
	if (value == NULL)
		return kerr_set(e, KE_CONFIG, "%s:%d: '%s' is not of the form "
		    "property=value", r->file, r->line, s);
	if (r->skip)
		return 0;
	unescape(s);
	unescape(value);
	if (r->top && r->profile == NULL && strcmp(s, "profile") == 0)
		r->profile = xstrdup(value);
	snprintf(where, sizeof(where), "%s:%d", r->file, r->line);
	return config_set(r->config, r->source, where, s, value, e);
}

int
config_parse(struct config *c, enum config_source source, const char *file,
    const char *text, size_t len, const char *profile, bool *found,
    struct kerr *e)
{
	struct reader r = { .config = c, .file = file, .p = text,
	    .end = text + len, .source = source, .top = true };
	struct buf line;
	int error = 0;

	if (len > 0 && memchr(text, '\0', len) != NULL)
		return kerr_set(e, KE_CONFIG, "%s: not a text file", file);
	if (profile != NULL)
		r.profile = xstrdup(profile);
	buf_init(&line, 0);
	while (error == 0 && next_line(&r, &line))
		error = take_line(&r, (char *)line.p, e);
	*found = r.found || r.profile == NULL;
	buf_release(&line);
	free(r.profile);
	return error;
}

/* All of a descriptor, at most max bytes. */
static int
read_all(int fd, size_t max, struct buf *b, const char *name, struct kerr *e)
{
	ssize_t n;

	buf_init(b, 2 * max + 4096);
	for (;;) {
		if (buf_reserve(b, 4096) == NULL || b->len > max)
			return kerr_set(e, KE_CONFIG, "%s: more than %zu "
			    "bytes", name, max);
		n = read(fd, b->p + b->len, 4096);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return kerr_sys(e, "%s", name);
		b->len += n > 0 ? (size_t)n : 0;
	}
}

static int
read_file(const char *path, size_t max, struct buf *b, struct kerr *e)
{
	int fd, error;

	buf_init(b, 0);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return kerr_sys(e, "%s", path);
	error = read_all(fd, max, b, path, e);
	close(fd);
	return error;
}

int
config_read(struct config *c, enum config_source source, const char *path,
    const char *profile, bool *found, struct kerr *e)
{
	struct buf b;
	int error;

	error = read_file(path, FILE_MAX_BYTES, &b, e);
	if (error == 0)
		error = config_parse(c, source, path, (const char *)b.p, b.len,
		    profile, found, e);
	buf_release(&b);
	return error;
}

static int
run_command(const char *command, struct buf *b, struct kerr *e)
{
	FILE *p;
	int error, status;

	buf_init(b, 0);
	p = popen(command, "re");
	if (p == NULL)
		return kerr_sys(e, "%s", command);
	error = read_all(fileno(p), SECRET_MAX, b, command, e);
	status = pclose(p);
	if (error != 0 || status == 0)
		return error;
	if (WIFEXITED(status))
		return kerr_set(e, KE_CONFIG, "'%s' exits %d", command,
		    WEXITSTATUS(status));
	return kerr_set(e, KE_CONFIG, "'%s' is killed", command);
}

int
config_secret(const struct config *c, const char *name, char **out,
    struct kerr *e)
{
	const struct value *v = config_value(c, name, NULL);
	struct buf b;
	int error;

	*out = NULL;
	if (v->source == CONFIG_UNSET)
		return 0;
	if (v->form == VALUE_PLAIN) {
		*out = xstrdup(v->value);
		return 0;
	}
	if (v->form == VALUE_FILE)
		error = read_file(v->value, SECRET_MAX, &b, e);
	else
		error = run_command(v->value, &b, e);
	if (error != 0) {
		buf_release(&b);
		return kerr_wrap(e, "%s: property '%s'", v->where, name);
	}
	if (b.len > 0 && b.p[b.len - 1] == '\n')
		b.len--;
	*out = xstrndup(b.len > 0 ? (char *)b.p : "", b.len);
	buf_release(&b);
	return 0;
}
