/* produce_check.c: see produce_check.h. */
#include "produce_check.h"

#include <pthread.h>

#include "wire/kerror.h"

static pthread_key_t codecs_key;
static pthread_once_t codecs_once = PTHREAD_ONCE_INIT;

static void
free_codecs(void *p)
{
	codecs_free(p);
}

static void
make_codecs_key(void)
{
	pthread_key_create(&codecs_key, free_codecs);
}

struct codecs *
thread_codecs(void)
{
	struct codecs *c;

	pthread_once(&codecs_once, make_codecs_key);
	if ((c = pthread_getspecific(codecs_key)) == NULL) {
		c = codecs_new();
		pthread_setspecific(codecs_key, c);
	}
	return c;
}

static int16_t
refuse(struct batch_verdict *v, int16_t error, const char *message)
{
	v->error = error;
	v->record = -1;
	v->message = message;
	return error;
}

/* Formats 0 and 1 are the past, the others are nothing. */
static int16_t
other_format(const struct krecords *rec, struct batch_verdict *v)
{
	if (rec->p[BATCH_AT_MAGIC] > BATCH_MAGIC)
		return refuse(v, ERR_CORRUPT_MESSAGE, NULL);
	return refuse(v, ERR_INVALID_RECORD,
	    "only record batches of format 2 are allowed");
}

static int16_t
something_behind(const struct krecords *rec, size_t at,
    struct batch_verdict *v)
{
	struct batch_header h;

	if (batch_parse(rec->p + at, (size_t)rec->len - at, &h, NULL) < 0)
		return refuse(v, ERR_CORRUPT_MESSAGE, NULL);
	return refuse(v, ERR_INVALID_RECORD,
	    "only one record batch a partition is allowed");
}

/* Exactly one batch of format 2 (Produce 3 and later). */
static int16_t
find_batch(const struct krecords *rec, struct batch_header *h,
    struct batch_verdict *v)
{
	if (rec->len > 0)
		switch (batch_parse(rec->p, (size_t)rec->len, h, NULL)) {
		case 0:
			if (batch_size(h) == (size_t)rec->len)
				return ERR_NONE;
			return something_behind(rec, batch_size(h), v);
		case KE_UNSUPPORTED:
			return other_format(rec, v);
		case KE_PROTO:
			return refuse(v, ERR_CORRUPT_MESSAGE, NULL);
		}
	return refuse(v, ERR_INVALID_RECORD, "a record batch is needed");
}

/* A batch that will be encoded anew has to be unpacked in any case. */
static bool
may_relax(const struct topic_config *c, const struct batch_header *h)
{
	return c->batch_validation == VALIDATION_RELAXED &&
	    (c->compression < 0 || c->compression == (int)batch_codec(h));
}

int16_t
produce_check(const struct krecords *rec, const struct topic_config *config,
    int16_t version, int64_t now_ms, struct codecs *c, struct batch_header *h,
    struct batch_verdict *v)
{
	struct batch_rules rules = {
		.now = now_ms,
		.before_max = config->timestamp_before_max_ms,
		.after_max = config->timestamp_after_max_ms,
		.max_raw = BATCH_MAX_RAW,
		.append_time = config->timestamp_type == TIMESTAMP_LOG_APPEND,
		.need_key = (config->cleanup & CLEANUP_COMPACT) != 0,
		.no_zstd = version < 7,
	};

	if (find_batch(rec, h, v) != 0)
		return (int16_t)v->error;
	if (batch_size(h) > (size_t)config->max_message_bytes)
		return refuse(v, ERR_MESSAGE_TOO_LARGE, NULL);
	rules.relaxed = may_relax(config, h);
	if (batch_validate(rec->p, h, &rules, c, v) != 0)
		return (int16_t)v->error;
	if (!rules.append_time)
		batch_set_time((void *)(uintptr_t)rec->p, h, false,
		    v->max_timestamp);
	return ERR_NONE;
}
