/*
 * config.h: properties by Kafka's names, from wherever they come.
 *
 * Sources, the stronger first: -X; files named by -F; the environment
 * ($KLOG_BROKERS, and $KLOG_SASL_PASSWORD for sasl.password and so on); the
 * profile's section of the configuration file; the part of that file before
 * any section. Names are the Java client's or librdkafka's: aliases meet in
 * one row of the table in props.c. A name that is in neither family gets a
 * warning with the nearest match and is otherwise ignored; a value out of its
 * type or range is KE_CONFIG.
 *
 * Secrets (sasl.password, ..) may be given as NAME.file, a file that holds the
 * value, or NAME.command, a shell command that prints it; they are read when
 * asked for, and a final newline is dropped.
 */
#ifndef KLOG_CLI_CONFIG_H
#define KLOG_CLI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

enum config_source {		/* weakest first */
	CONFIG_UNSET, CONFIG_FILE, CONFIG_PROFILE, CONFIG_ENV, CONFIG_FLAG_FILE,
	CONFIG_FLAG
};

struct config;

/* Says one line; where is "FILE:LINE", "-X" or the environment variable. */
typedef void config_warn(void *arg, const char *where, const char *text);

struct config *config_new(config_warn *, void *arg);
void config_free(struct config *);

/* Sets a property unless a stronger source has. */
int config_set(struct config *, enum config_source, const char *where,
    const char *name, const char *value, struct kerr *e);
/* The argument of -X: "name=value". */
int config_set_pair(struct config *, const char *pair, struct kerr *e);
/* Takes $KLOG_* of an environment. */
int config_set_environ(struct config *, char *const *env, struct kerr *e);
/*
 * Reads a file: ours, a Java properties file, a librdkafka one. What comes
 * before the first [section] gets the source given; the section named profile
 * gets it too, one step stronger for CONFIG_FILE. profile NULL: the value of
 * the file's own "profile" property, if any. *found tells whether the section
 * was there (true where none was asked for).
 */
int config_read(struct config *, enum config_source, const char *path,
    const char *profile, bool *found, struct kerr *e);
int config_parse(struct config *, enum config_source, const char *file,
    const char *text, size_t len, const char *profile, bool *found,
    struct kerr *e);

/*
 * The value of a property that is in the table (anything else is a bug). True
 * when some source set it; else *out becomes the table's default, or is left
 * alone where the table has none: the library below decides.
 */
bool config_str(const struct config *, const char *name, const char **out);
bool config_int(const struct config *, const char *name, int64_t *out);
bool config_bool(const struct config *, const char *name, bool *out);
/* A secret, from the property, its .file or its .command; NULL when none is
 * set. The caller frees it. */
int config_secret(const struct config *, const char *name, char **out,
    struct kerr *e);
enum config_source config_where(const struct config *, const char *name);
/* Name of the strongest property set that only makes sense with a real
 * cluster (security.protocol, sasl.*, ssl.*), or NULL. */
const char *config_security(const struct config *);

/* Prints the table: name, type, range, default, alias (-X list). */
void config_list(FILE *);

/* Which cluster: -b (NULL: not given), $KLOG_BROKERS, the profile, else the
 * private broker. */
struct config_cluster {
	const char	*brokers;	/* HOST[:PORT],..; NULL: private */
	const char	*dir;		/* private: NULL: the usual one */
	bool		 named;		/* false: fell back unnamed */
};
/* Borrowed strings live as long as the config and flag. KE_CONFIG for an empty
 * list, and for security properties when nothing names the cluster: a secret
 * log must not end up in a private one unasked. */
int config_cluster(const struct config *, const char *flag,
    struct config_cluster *out, struct kerr *e);

#endif
