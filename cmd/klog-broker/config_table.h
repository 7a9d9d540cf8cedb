/*
 * config_table.h: the table of properties (config_table.c), for config.c,
 * which reads it, and for DescribeConfigs, which shows it.
 */
#ifndef KLOG_BROKER_CONFIG_TABLE_H
#define KLOG_BROKER_CONFIG_TABLE_H

#include "config.h"

enum property_kind {		/* kept as */
	P_BOOL,			/* bool */
	P_SHORT,		/* int32_t */
	P_INT,			/* int32_t */
	P_LONG,			/* int64_t */
	P_DOUBLE,		/* double */
	P_STRING,		/* const char *, NULL = none */
	P_PASSWORD,		/* likewise, never shown */
	P_LIST,			/* likewise, with commas */
	P_CHOICE,		/* int32_t: index among choices */
	P_POLICY,		/* int32_t: bits of enum cleanup */
	P_CODEC			/* int32_t: codec number, -1 = producer's */
};

struct property {
	const char		*topic;		/* name for a topic, or NULL */
	const char		*broker;	/* name for the broker, or NULL */
	enum property_kind	 kind;
	const char		*dflt;		/* NULL = none */
	int64_t			 min, max;
	const char		*choices;	/* a|b|c */
	int			 off;		/* in struct broker_config;
						 * -1: text only */
};

extern const struct property properties[];
extern const unsigned int n_properties;

/* Another name of a property, in another unit. */
struct property_alias {
	const char	*name;
	const char	*of;
	int64_t		 scale;
};

extern const struct property_alias property_aliases[];	/* ends: name NULL */

#endif
