/*
 * config_impl.h: what the files config*.c share.
 */
#ifndef KLOG_CLI_CONFIG_IMPL_H
#define KLOG_CLI_CONFIG_IMPL_H

#include "cli/config.h"
#include "cli/props.h"

enum value_form { VALUE_PLAIN, VALUE_FILE, VALUE_COMMAND };

struct value {
	char			*value;
	char			*where;		/* for messages */
	enum value_form		 form;
	enum config_source	 source;	/* CONFIG_UNSET: no value */
};

struct config {
	config_warn	*warn;
	void		*arg;
	struct value	*v;		/* a slot for each row of props */
};

const struct value *config_value(const struct config *, const char *name,
    const struct prop **row);

#endif
