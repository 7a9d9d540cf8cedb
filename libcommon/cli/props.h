/*
 * props.h: the properties a client program knows: a row each, by the Java
 * client's name; librdkafka's other names, and names that are accepted and
 * change nothing here, are rows of their own.
 */
#ifndef KLOG_CLI_PROPS_H
#define KLOG_CLI_PROPS_H

#include <stdbool.h>
#include <stdint.h>

enum prop_type {
	PROP_STR,
	PROP_INT,
	PROP_MS,		/* as INT, but a fraction may follow */
	PROP_BOOL,
	PROP_ENUM,		/* one of the words in choices */
	PROP_ALIAS,		/* another name for of */
	PROP_IGNORED		/* known, of no effect here, no warning */
};

enum prop_flag {
	PROP_SECRET = 1,	/* NAME.file and NAME.command exist */
	PROP_SECURITY = 2	/* makes sense with a real cluster only */
};

struct prop {
	const char	*name;
	enum prop_type	 type;
	int		 flags;		/* enum prop_flag */
	int64_t		 min, max;	/* INT, MS */
	const char	*choices;	/* ENUM: words with a blank between */
	const char	*of;		/* ALIAS */
	const char	*def;		/* NULL: set by the library, or none */
	const char	*help;
};

/* Ends with a row without name. */
extern const struct prop props[];
extern const int props_n;

/* The row that a name stands for (aliases followed, "topic." taken off), or
 * NULL. */
const struct prop *prop_find(const char *name);
/* Whether a value is of the row's type and range; *why tells what would be
 * (static or in buf). */
bool prop_check(const struct prop *, const char *value, char *why,
    unsigned int size);

#endif
