/*
 * controller_configs.h: changes of properties, decided: IncrementalAlterConfigs
 * and AlterConfigs alike. Pure functions of an image and a request, as those
 * of controller.h; codes and texts are Apache Kafka's.
 */
#ifndef KLOG_BROKER_CONTROLLER_CONFIGS_H
#define KLOG_BROKER_CONTROLLER_CONFIGS_H

#include "base/arena.h"
#include "controller.h"
#include "image.h"
#include "records.h"

struct config_change {
	int8_t		op;		/* enum config_op */
	struct kstr	name;
	struct kstr	value;
};

/* Changes of one resource. */
struct alteration {
	int8_t		 type;		/* enum config_resource */
	struct kstr	 name;
	const struct config_change *v;
	int32_t		 n;
	bool		 replace;	/* what v does not name goes */

	int16_t		 error;		/* out */
	const char	*why;		/* out; NULL: none */
};

/* Each resource succeeds or fails by itself; the records of those that
 * succeed are appended. */
void controller_alter_configs(const struct controller *, const struct image *,
    struct alteration *, int32_t n, struct arena *, struct records *);

#endif
