/*
 * common.c: the first steps of every program, up to its own work.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "cli/common.h"
#include "cli/complete.h"
#include "cli/output.h"
#include "cli/parse.h"

extern char **environ;

static int session_color;	/* of the program, not of a typed line */

const char *const color_choices[] = { "auto", "always", "never", NULL };

static const struct area {
	const char	*name;
	unsigned int	 bit;
} areas[] = {
	{ "wire", LOG_WIRE }, { "net", LOG_NET }, { "store", LOG_STORE },
	{ "client", LOG_CLIENT }, { "broker", LOG_BROKER },
	{ "group", LOG_GROUP }, { "all", LOG_ALL }, { NULL, 0 },
};

static int
add_area(struct common *c, const char *name, size_t n, struct kerr *e)
{
	const struct area *a;

	for (a = areas; a->name != NULL; a++)
		if (strncmp(a->name, name, n) == 0 && a->name[n] == '\0') {
			c->debug |= a->bit;
			return 0;
		}
	return kerr_set(e, KE_USAGE, "'%.*s' is none of wire, net, store, "
	    "client, broker, group, all", (int)n, name);
}

/* The program's struct begins with its struct common. */
int
common_debug(void *base, const struct opt *o, const char *arg, struct kerr *e)
{
	size_t n;
	int error;

	for (;; arg += n + 1) {
		n = strcspn(arg, ",");
		error = add_area(base, arg, n, e);
		if (error != 0 || arg[n] == '\0')
			return error;
	}
}

/*
 * Descriptors 0-2 that are closed would be given to sockets and files, and
 * output would go there. They get something that fails instead.
 */
static void
fill_standard_descriptors(void)
{
	int fd, flags;

	for (fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		flags = fd == 0 ? O_WRONLY : O_RDONLY;
		if (open("/dev/null", fd == 2 ? O_RDWR : flags) != fd)
			_exit(EXIT_BAD_USAGE);
	}
}

static void
log_to_stderr(enum log_level level, enum log_area area, const char *line)
{
	warn_line("%s", line);
}

static void
set_log(const struct common *c)
{
	enum log_level level = LOG_WARN;

	if (c->quiet)
		level = LOG_ERROR;
	else if (c->verbose > 0)
		level = c->verbose == 1 ? LOG_INFO :
		    c->verbose == 2 ? LOG_DEBUG : LOG_TRACE;
	log_set(log_to_stderr, level, c->debug);
}

void
usage_error(const struct program *p, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	die(EXIT_BAD_USAGE, "%s ('%s --help' lists the options)", text,
	    p->name);
}

static void
warn_config(void *arg, const char *where, const char *text)
{
	const struct common *c = arg;

	if (!c->quiet)
		warn_line("%s: %s", where, text);
}

char *
common_file(void)
{
	const char *dir = getenv("XDG_CONFIG_HOME");

	if (dir != NULL && *dir == '/')
		return xasprintf("%s/klog/config", dir);
	dir = getenv("HOME");
	if (dir != NULL && *dir != '\0')
		return xasprintf("%s/.config/klog/config", dir);
	return NULL;
}

static int
read_default_file(struct common *c, const char *profile, bool *found,
    struct kerr *e)
{
	char *path = common_file();
	int error = 0;

	*found = profile == NULL;
	if (path != NULL) {
		error = config_read(c->config, CONFIG_FILE, path, profile,
		    found, e);
		if (error == KE_SYS && (e->sys == ENOENT ||
		    e->sys == ENOTDIR)) {
			kerr_clear(e);
			error = 0;
		}
	}
	free(path);
	return error;
}

static int
read_files(struct common *c, const char *profile, bool *found, struct kerr *e)
{
	bool here;
	int error = 0, i;

	if (c->files.n == 0)
		return read_default_file(c, profile, found, e);
	for (i = 0; i < c->files.n && error == 0; i++) {
		error = config_read(c->config, CONFIG_FLAG_FILE, c->files.v[i],
		    profile, &here, e);
		*found = *found || here;
	}
	return error;
}

int
common_read(struct common *c, struct kerr *e)
{
	const char *profile = c->profile;
	bool found = false;
	int error, i;

	if (profile == NULL)
		profile = getenv("KLOG_PROFILE");
	if (profile != NULL && *profile == '\0')
		return kerr_set(e, KE_CONFIG, "the name of the profile is "
		    "empty");
	error = read_files(c, profile, &found, e);
	if (error == 0 && !found && profile == NULL)
		config_str(c->config, "profile", &profile);
	if (error == 0 && !found)
		error = kerr_set(e, KE_CONFIG, "profile '%s' is in no "
		    "configuration file", profile);
	if (error == 0)
		error = config_set_environ(c->config, environ, e);
	for (i = 0; i < c->props.n && error == 0; i++)
		error = config_set_pair(c->config, c->props.v[i], e);
	return error;
}

/* The environment but for what says which cluster. */
static int
read_environ(struct config *cf, struct kerr *e)
{
	char **env;
	size_t n = 0, k = 0;
	int error;

	while (environ[n] != NULL)
		n++;
	env = xcalloc(n + 1, sizeof(*env));
	for (n = 0; environ[n] != NULL; n++)
		if (strncmp(environ[n], "KLOG_BROKERS=", 13) != 0 &&
		    strncmp(environ[n], "KLOG_PROFILE=", 13) != 0)
			env[k++] = environ[n];
	error = config_set_environ(cf, env, e);
	free(env);
	return error;
}

static struct opt_list
copy_list(const struct opt_list *l)
{
	struct opt_list copy = { NULL, l->n };

	copy.v = xcalloc((size_t)l->n + 1, sizeof(*copy.v));
	for (int i = 0; i < l->n; i++)
		copy.v[i] = l->v[i];
	return copy;
}

int
common_side(struct common *side, const struct common *c, const char *where,
    struct kerr *e)
{
	bool found = false;
	int error, i;

	*side = (struct common)COMMON_DEFAULTS;
	side->first_contact = c->first_contact;
	side->quiet = c->quiet;
	side->files = copy_list(&c->files);
	side->resolve = copy_list(&c->resolve);
	side->config = config_new(warn_config, side);
	error = read_files(side, where, &found, e);
	if (error == 0)
		error = read_environ(side->config, e);
	for (i = 0; i < c->props.n && error == 0; i++)
		error = config_set_pair(side->config, c->props.v[i], e);
	if (!found)
		side->brokers = where;
	else if (config_where(side->config, "bootstrap.servers") ==
	    CONFIG_UNSET && error == 0)
		error = kerr_set(e, KE_CONFIG, "profile '%s' has no "
		    "bootstrap.servers", where);
	return error;
}

/* What ends the program before it begins. */
static void
answer(const struct program *p, const struct common *c)
{
	int i;

	if (c->help)
		options_help(p, stdout);
	else if (c->usage)
		options_usage(p, stdout);
	else if (c->version)
		printf("%s %s\n", p->name, KLOG_VERSION);
	else {
		for (i = 0; i < c->props.n; i++)
			if (strcmp(c->props.v[i], "list") == 0)
				break;
		if (i == c->props.n)
			return;
		config_list(stdout);
	}
	exit(exit_flush(EXIT_DONE));
}

/* --color, NO_COLOR, TERM, a terminal: whether to colour what goes to f. */
static bool
wants_color(int when, FILE *f)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (when != COLOR_AUTO)
		return when == COLOR_ALWAYS;
	return (no == NULL || *no == '\0') && term != NULL &&
	    *term != '\0' && strcmp(term, "dumb") != 0 && isatty(fileno(f));
}

static void
set_color(int when)
{
	output_color(wants_color(when, stdout));
	exit_color(wants_color(when, stderr));
}

int
common_start(const struct program *p, void *base, struct common *c, int argc,
    char **argv)
{
	struct kerr e = KERR_INIT;
	int n;

	fill_standard_descriptors();
	exit_name(p->name);
	if (complete_asked(argc, argv))
		exit(complete(p, base, c, argc, argv));
	n = options_parse(p, base, argc, argv, &e);
	session_color = c->color;
	set_color(c->color);
	if (n < 0)
		usage_error(p, "%s", e.msg);
	answer(p, c);
	set_log(c);
	c->config = config_new(warn_config, c);
	if (common_read(c, &e) != 0) {
		exit_report(&e, NULL);
		exit(EXIT_BAD_USAGE);
	}
	return n;
}

int
common_line(const struct program *p, void *base, struct common *c, int argc,
    char **argv, struct kerr *e)
{
	int n = options_parse(p, base, argc, argv, e);

	set_color(c->color != COLOR_AUTO ? c->color : session_color);
	if (n < 0)
		return n;
	if (c->help || c->usage) {
		(c->help ? options_help : options_usage)(p, stdout);
		return 0;
	}
	if (c->brokers != NULL || c->profile != NULL || c->files.n > 0 ||
	    c->props.n > 0 || c->resolve.n > 0)
		return kerr_set(e, KE_USAGE, "another cluster needs another "
		    "run: no -b, --profile, -F, -X or --resolve here");
	return n > 0 ? n : kerr_set(e, KE_USAGE, "no verb");
}

void
common_end(struct common *c)
{
	config_free(c->config);
	free(c->files.v);
	free(c->props.v);
	free(c->resolve.v);
	free(c->resolved);
	private_place_release(&c->private);
}
