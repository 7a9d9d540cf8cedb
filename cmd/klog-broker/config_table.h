/*
 * config_table.h: the table of properties (config_table.c): every property of
 * a broker and of a topic that Apache Kafka 3.9 documents, and klog's own. For
 * config*.c, which read it, and for the handlers that show and change it.
 */
#ifndef KLOG_BROKER_CONFIG_TABLE_H
#define KLOG_BROKER_CONFIG_TABLE_H

#include "config.h"

enum property_kind {		/* kept as */
	P_BOOL,			/* bool */
	P_SHORT,		/* int32_t */
	P_INT,			/* int32_t */
	P_LEVEL,		/* int32_t: of gzip, any but 0 */
	P_LONG,			/* int64_t */
	P_DOUBLE,		/* double */
	P_STRING,		/* const char *, NULL = none */
	P_CLASS,		/* likewise: a Java class */
	P_VERSION,		/* likewise: of Kafka, among choices */
	P_WORD,			/* likewise: among choices in any case */
	P_PASSWORD,		/* likewise, never shown */
	P_LIST,			/* likewise, with commas */
	P_REPLICAS,		/* likewise: PARTITION:BROKER,.. or * */
	P_CHOICE,		/* int32_t: index among choices */
	P_POLICY,		/* int32_t: bits of enum cleanup */
	P_CODEC			/* int32_t: codec number, -1 = producer's */
};

/* How it may change while the broker runs (KIP-226). */
enum property_update { READ_ONLY, PER_BROKER, CLUSTER_WIDE };

/* What becomes of a value that is not the default. */
enum property_use {
	APPLIED,	/* at once where it changes */
	AT_START,	/* applied, but fixed from then on */
	INERT,		/* taken and shown, without effect: a warning says why */
	IMPOSSIBLE	/* refused with the reason */
};

enum property_of {
	KAFKA,
	INTERNAL,	/* Kafka's, shown only where it was given */
	PLUGIN,		/* likewise, and Kafka tells no type of it */
	OURS
};

struct property {
	const char		*topic;		/* name for a topic, or NULL */
	const char		*broker;	/* name for the broker, or NULL */
	enum property_kind	 kind;
	const char		*dflt;		/* NULL = none */
	double			 min, max;	/* of numbers */
	const char		*choices;	/* a|b|c */
	enum property_update	 update;	/* of the broker's */
	enum property_use	 use;
	const char		*why;		/* not applied */
	int			 off;		/* in struct broker_config;
						 * -1: text only */
	const char		*doc;
	enum property_of	 of;
};

extern const struct property properties[];
extern const unsigned int n_properties;

/* The broker's properties that say the same in other units, in the order in
 * which they count; NULL where name is alone. Ends with NULL. */
const char *const *property_synonyms(const char *name);

/* The rows by name, or NULL. */
const struct property *broker_property(const char *name);
const struct property *topic_property(struct kstr name);

/* A line in the log if it has no effect; it was set on that topic or broker. */
void property_remark(const struct property *, const char *what,
    struct kstr of, const char *name);

/* Checks a value and keeps it at `to`, which has the kind's type (text is
 * borrowed). KE_CONFIG in the words of Apache Kafka. */
int property_parse(const struct property *, const char *name,
    const char *value, void *to, struct kerr *);
/* Room for a parsed value of any kind. */
union property_value {
	bool		 flag;
	int32_t		 i32;
	int64_t		 i64;
	double		 number;
	const char	*text;
};

/* Same as the default, whatever it is spelt like. */
bool property_is_default(const struct property *, const char *value);

#endif
