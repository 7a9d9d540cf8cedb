/* shared_config.c: see shared_config.h. Partitions are made, and configured
 * anew, topic by topic, so the last one is all that has to be looked at. */
#include "shared_config.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "logdir.h"

struct shared_config {
	struct topic_config config;	/* first */
	int		    refs;	/* under the logdir's lock */
};

const struct topic_config *
shared_config(struct logdir *ld, const struct topic_config *config)
{
	struct shared_config *s;

	pthread_mutex_lock(&ld->lock);
	s = ld->last_config;
	/* bytes between the fields may differ: that costs memory, no more */
	if (s == NULL || memcmp(&s->config, config, sizeof(*config)) != 0) {
		s = xcalloc(1, sizeof(*s));
		memcpy(&s->config, config, sizeof(*config));
		ld->last_config = s;
	}
	s->refs++;
	pthread_mutex_unlock(&ld->lock);
	return &s->config;
}

void
shared_config_unref(struct logdir *ld, const struct topic_config *config)
{
	struct shared_config *s = (struct shared_config *)(uintptr_t)config;

	pthread_mutex_lock(&ld->lock);
	if (--s->refs == 0) {
		if (ld->last_config == s)
			ld->last_config = NULL;
		free(s);
	}
	pthread_mutex_unlock(&ld->lock);
}
