/*
 * controller_alter.h: between controller_configs.c and
 * controller_config_check.c: one resource being altered.
 */
#ifndef KLOG_BROKER_CONTROLLER_ALTER_H
#define KLOG_BROKER_CONTROLLER_ALTER_H

#include "config_table.h"
#include "controller_configs.h"

struct pair {
	struct kstr	name;
	struct kstr	value;
};

/* One resource being altered. */
struct altering {
	const struct controller	*c;
	const struct image	*im;
	struct arena		*arena;
	struct alteration	*a;
	const struct image_override *old;
	int32_t			 n_old;
	struct pair		*v;	/* what it would have */
	int32_t			 n;
	int32_t			 n_kept;	/* of them, from old; null
						 * names are deleted */
};

/* Refuses it; false. */
bool alter_refuse(struct altering *, int16_t error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* NULL: there is no such property. */
const struct property *alter_property(const struct altering *,
    struct kstr name);

/* controller_config_check.c; false: refused */
/* What is wrong with the request before anything is looked up. */
bool alter_check_form(struct altering *);
/* The overrides that there would be. */
bool alter_check_topic(struct altering *);
bool alter_check_broker(struct altering *);
/* Only this broker's, or those of all brokers. */
bool alter_check_broker_name(struct altering *);

#endif
