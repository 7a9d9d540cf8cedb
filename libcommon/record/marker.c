/* marker.c: see marker.h. */
#include "record/marker.h"

#include <assert.h>

#include "base/buf.h"
#include "record/builder.h"

enum { KEY_VERSION = 0, VALUE_VERSION = 0, KEY = 4, VALUE = 6 };

void
marker_put(void *mem, const struct marker *m)
{
	struct builder_opts o = BUILDER_OPTS;
	uint8_t key[KEY], value[VALUE];
	struct builder b;
	ssize_t n;

	put_be16(key, KEY_VERSION);
	put_be16(key + 2, m->commit ? CONTROL_COMMIT : CONTROL_ABORT);
	put_be16(value, VALUE_VERSION);
	put_be32(value + 2, (uint32_t)m->coordinator_epoch);
	builder_init(&b, mem, MARKER_SIZE);
	(void)builder_add(&b, &(struct record_input){
	    .timestamp = m->timestamp, .key = key, .key_len = KEY,
	    .value = value, .value_len = VALUE });
	o.flags = BATCH_TRANSACTIONAL | BATCH_CONTROL;
	o.producer_id = m->producer_id;
	o.producer_epoch = m->producer_epoch;
	n = builder_finish(&b, &o, NULL, NULL, NULL);
	assert(n == MARKER_SIZE);
}
