/* settings.c: from options and properties to what the producer shall do. */
#include <stdlib.h>
#include <string.h>

#include "cli/config.h"
#include "produce.h"

/* By the hash alone: what Java, librdkafka and sarama do by default. In a
 * property "murmur2" and "fnv1a" mean what they mean to librdkafka. */
static const char *
partitioner_alias(const struct opts *o, const char *name)
{
	if (strcmp(name, "crc32") == 0)
		return "consistent_random";
	if (o->partitioner != NULL && strcmp(name, "murmur2") == 0)
		return "murmur2_random";
	if (o->partitioner != NULL && strcmp(name, "fnv1a") == 0)
		return "fnv1a_random";
	return name;
}

/* librdkafka has one property for the level of any codec, Java one for each,
 * on scales of their own. */
static int
choose_level(const struct config *c, enum codec codec, int *level,
    struct kerr *e)
{
	static const struct {
		const char	*name;		/* Java's */
		int		 least, most;	/* of librdkafka's */
	} of[CODEC_MAX] = {
		[CODEC_GZIP] = { "compression.gzip.level", 0, 9 },
		[CODEC_LZ4] = { "compression.lz4.level", 0, 12 },
		[CODEC_ZSTD] = { "compression.zstd.level", -131072, 22 },
	};
	int64_t n;

	if (of[codec].name == NULL)
		return 0;
	if (config_int(c, of[codec].name, &n)) {
		if (codec == CODEC_GZIP && n == 0)
			return kerr_set(e, KE_CONFIG, "%s is 1 to 9, or -1",
			    of[codec].name);
		*level = codec_level(codec, (int)n);
	} else if (config_int(c, "compression.level", &n) && n != -1) {
		if (n < of[codec].least || n > of[codec].most)
			return kerr_set(e, KE_CONFIG, "compression.level=%d: "
			    "of %s it is %d to %d", (int)n, codec_name(codec),
			    of[codec].least, of[codec].most);
		*level = (int)n;
	}
	return 0;
}

static int
choose_codec(const struct opts *o, struct producer_config *cf, struct kerr *e)
{
	const char *s = "none";
	int k;

	if (o->codec != NULL)
		s = o->codec;
	else
		config_str(o->common.config, "compression.type", &s);
	if ((k = codec_by_name(s)) < 0)
		return kerr_set(e, KE_CONFIG, "'%s' is no codec: none, gzip, "
		    "snappy, lz4 or zstd", s);
	cf->codec = (enum codec)k;
	return choose_level(o->common.config, cf->codec, &cf->level, e);
}

int
settings_take(const struct job *j, struct producer_config *cf, struct kerr *e)
{
	const struct opts *o = j->o;
	const struct config *c = o->common.config;
	const char *s;
	int64_t n;
	int k;

	producer_config_defaults(cf);
	cf->transactional_id = j->txn_id;
	config_int(c, "transaction.timeout.ms", &cf->txn_ms);
	s = "all";
	config_str(c, "acks", &s);
	cf->acks = strcmp(s, "all") == 0 ? -1 : atoi(s);
	if (!config_bool(c, "enable.idempotence", &cf->idempotent))
		cf->idempotent = cf->acks == -1;
	if ((k = choose_codec(o, cf, e)) < 0)
		return k;
	s = o->partitioner;
	if (s != NULL || config_str(c, "partitioner", &s)) {
		k = partitioner_by_name(partitioner_alias(o, s));
		if (k < 0)
			return kerr_set(e, KE_CONFIG, "'%s' is no partitioner: "
			    "murmur2, crc32, fnv1a, random, roundrobin or "
			    "sticky", s);
		cf->partitioner = (enum partitioner_kind)k;
	}
	if (config_int(c, "batch.size", &n))
		cf->batch_bytes = (size_t)(n < 4096 ? 4096 : n);
	if (config_int(c, "max.request.size", &n))
		cf->message_max = (size_t)n;
	if (config_int(c, "buffer.memory", &n))
		cf->buffer_bytes = (size_t)n;
	if (cf->buffer_bytes < 2 * cf->batch_bytes)
		cf->buffer_bytes = 2 * cf->batch_bytes;
	config_int(c, "linger.ms", &cf->linger_ms);
	config_int(c, "delivery.timeout.ms", &cf->delivery_ms);
	config_int(c, "request.timeout.ms", &cf->request_ms);
	if (config_int(c, "max.in.flight.requests.per.connection", &n))
		cf->in_flight = (int)n;
	if (cf->idempotent && cf->in_flight > 5)
		cf->in_flight = 5;
	return 0;
}
