/*
 * props.c: see props.h. Ranges are librdkafka's, which are the narrower ones;
 * a default stands here only where klog's own differs by nothing else, or the
 * programs promise it in their manuals.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "cli/parse.h"
#include "cli/props.h"

#define HOUR	INT64_C(3600000)
#define STR(n, def, help)	{ n, PROP_STR, 0, 0, 0, NULL, NULL, def, help }
#define SEC(n, def, help) \
	{ n, PROP_STR, PROP_SECURITY, 0, 0, NULL, NULL, def, help }
#define SECRET(n, help) { n, PROP_STR, PROP_SECURITY | PROP_SECRET, 0, 0, \
	NULL, NULL, NULL, help }
#define INT(n, lo, hi, def, help) \
	{ n, PROP_INT, 0, lo, hi, NULL, NULL, def, help }
#define MS(n, lo, hi, def, help) \
	{ n, PROP_MS, 0, lo, hi, NULL, NULL, def, help }
#define BOOL(n, def, help)	{ n, PROP_BOOL, 0, 0, 0, NULL, NULL, def, help }
#define ENUM(n, words, def, help) \
	{ n, PROP_ENUM, 0, 0, 0, words, NULL, def, help }
#define ALIAS(n, of)	{ n, PROP_ALIAS, 0, 0, 0, NULL, of, NULL, NULL }
#define IGNORED(n)	{ n, PROP_IGNORED, 0, 0, 0, NULL, NULL, NULL, NULL }

const struct prop props[] = {
	/* the cluster */
	STR("bootstrap.servers", NULL, "brokers to start from: HOST[:PORT],.."),
	ALIAS("metadata.broker.list", "bootstrap.servers"),
	ALIAS("brokers", "bootstrap.servers"),
	STR("profile", NULL, "the section to use when --profile is not given"),
	STR("client.id", NULL, "how brokers name this client in their logs"),
	STR("client.rack", NULL, "where this client is; read from followers"),
	INT("socket.connection.setup.timeout.ms", 1000, INT32_MAX, "10000",
	    "to connect and agree on versions"),
	INT("request.timeout.ms", 1, 15 * 60000, "30000",
	    "for an answer to one request"),
	ALIAS("socket.timeout.ms", "request.timeout.ms"),
	INT("retry.backoff.ms", 1, 5 * 60000, "100", "before the first retry"),
	INT("retry.backoff.max.ms", 1, 5 * 60000, "1000",
	    "between retries at most"),
	INT("metadata.max.age.ms", 1, 24 * HOUR, NULL,
	    "refresh metadata that is older"),
	ALIAS("topic.metadata.refresh.interval.ms", "metadata.max.age.ms"),
	INT("receive.message.max.bytes", 1000, INT32_MAX, NULL,
	    "refuse an answer that is larger"),
	BOOL("allow.auto.create.topics", NULL,
	    "let the broker create a topic that is missing"),

	/* security */
	{ "security.protocol", PROP_ENUM, PROP_SECURITY, 0, 0,
	    "plaintext ssl sasl_plaintext sasl_ssl", NULL, "plaintext",
	    "what connections speak" },
	{ "sasl.mechanism", PROP_ENUM, PROP_SECURITY, 0, 0,
	    "PLAIN SCRAM-SHA-256 SCRAM-SHA-512 OAUTHBEARER", NULL, NULL,
	    "how to authenticate" },
	ALIAS("sasl.mechanisms", "sasl.mechanism"),
	SEC("sasl.username", NULL, "user for PLAIN and SCRAM"),
	SECRET("sasl.password", "password for PLAIN and SCRAM"),
	SECRET("sasl.token", "token for OAUTHBEARER"),
	SECRET("sasl.jaas.config", "Java's way to say user and password"),
	SEC("ssl.ca.location", NULL, "certificates to trust: PEM file"),
	ALIAS("ssl.truststore.location", "ssl.ca.location"),
	SECRET("ssl.truststore.password", "opens the trust store"),
	SEC("ssl.truststore.type", NULL, "PEM, PKCS12 or JKS"),
	SEC("ssl.certificate.location", NULL, "own certificate: PEM file"),
	SEC("ssl.key.location", NULL, "own private key: PEM file"),
	SECRET("ssl.key.password", "opens the private key"),
	SEC("ssl.keystore.location", NULL, "own certificate and key"),
	SECRET("ssl.keystore.password", "opens the key store"),
	SEC("ssl.keystore.type", NULL, "PEM, PKCS12 or JKS"),
	SEC("ssl.endpoint.identification.algorithm", "https",
	    "check the broker's name: https or none"),
	SEC("ssl.cipher.suites", NULL, "ciphers allowed"),
	{ "enable.ssl.certificate.verification", PROP_BOOL, PROP_SECURITY,
	    0, 0, NULL, NULL, "true", "check the broker's certificate" },

	/* producing */
	ENUM("acks", "all -1 0 1", "all", "who must have a record"),
	ALIAS("request.required.acks", "acks"),
	BOOL("enable.idempotence", "true", "nothing is doubled by a retry"),
	ENUM("compression.type", "none gzip snappy lz4 zstd", "none",
	    "how batches are compressed"),
	ALIAS("compression.codec", "compression.type"),
	INT("compression.level", -131072, 22, NULL, "the codec's own scale"),
	INT("compression.gzip.level", -1, 9, NULL, "as Kafka's producer, -1: 6"),
	INT("compression.lz4.level", 1, 17, NULL, "the same, 9: the fast way"),
	INT("compression.zstd.level", -131072, 22, NULL, "the same"),
	MS("linger.ms", 0, 900000, NULL, "let a batch gather for so long"),
	ALIAS("queue.buffering.max.ms", "linger.ms"),
	INT("batch.size", 1, INT32_MAX, NULL, "bytes of a batch at most"),
	INT("max.request.size", 1000, 1000000000, NULL,
	    "bytes of a record or request at most"),
	ALIAS("message.max.bytes", "max.request.size"),
	INT("buffer.memory", 1, INT64_MAX, NULL, "bytes unacknowledged"),
	MS("delivery.timeout.ms", 0, INT32_MAX, "120000",
	    "give up a record that is undelivered (0: never)"),
	ALIAS("message.timeout.ms", "delivery.timeout.ms"),
	INT("max.in.flight.requests.per.connection", 1, 1000000, NULL,
	    "requests under way at a time"),
	ALIAS("max.in.flight", "max.in.flight.requests.per.connection"),
	STR("partitioner", NULL, "murmur2, crc32, fnv1a, random, sticky"),
	STR("transactional.id", NULL, "produce in transactions of this id"),
	INT("transaction.timeout.ms", 1000, INT32_MAX, NULL,
	    "the broker aborts one that is open longer"),

	/* consuming */
	ENUM("isolation.level", "read_uncommitted read_committed",
	    "read_committed", "show open and aborted transactions or not"),
	ENUM("auto.offset.reset", "smallest earliest beginning largest latest "
	    "end error none", NULL, "where to start without an offset"),
	BOOL("check.crcs", "true", "check every batch's CRC"),
	INT("fetch.min.bytes", 1, 100000000, NULL,
	    "answer a fetch when there is so much"),
	INT("fetch.max.bytes", 0, INT32_MAX - 512, NULL, "bytes of an answer"),
	INT("max.partition.fetch.bytes", 1, 1000000000, NULL,
	    "bytes of one partition in it"),
	ALIAS("fetch.message.max.bytes", "max.partition.fetch.bytes"),
	INT("fetch.max.wait.ms", 0, 300000, NULL, "answer a fetch by then"),
	ALIAS("fetch.wait.max.ms", "fetch.max.wait.ms"),
	STR("group.id", NULL, "the consumer group"),
	ENUM("group.protocol", "classic consumer", NULL,
	    "how members talk to the group's coordinator"),
	STR("group.remote.assignor", NULL, "the broker's, such as uniform"),
	STR("group.instance.id", NULL, "static member of the group"),
	INT("session.timeout.ms", 1, HOUR, NULL, "a silent member is gone"),
	INT("heartbeat.interval.ms", 1, HOUR, NULL, "between heartbeats"),
	INT("max.poll.interval.ms", 1, 24 * HOUR, NULL,
	    "a member that does not go on is gone"),
	STR("partition.assignment.strategy", NULL, "range, roundrobin, .."),
	BOOL("enable.auto.commit", NULL, "commit while consuming"),
	INT("auto.commit.interval.ms", 0, 24 * HOUR, NULL, "between commits"),

	/* of other clients, accepted as they are found in shared files */
	IGNORED("api.version.request"), IGNORED("auto.commit.enable"),
	IGNORED("api.version.fallback.ms"), IGNORED("broker.version.fallback"),
	IGNORED("auto.include.jmx.reporter"), IGNORED("batch.num.messages"),
	IGNORED("broker.address.family"), IGNORED("broker.address.ttl"),
	IGNORED("client.dns.lookup"), IGNORED("connections.max.idle.ms"),
	IGNORED("debug"), IGNORED("enable.metrics.push"),
	IGNORED("enable.auto.offset.store"), IGNORED("enable.partition.eof"),
	IGNORED("enable.gapless.guarantee"), IGNORED("exclude.internal.topics"),
	IGNORED("fetch.error.backoff.ms"), IGNORED("interceptor.classes"),
	IGNORED("key.deserializer"), IGNORED("key.serializer"),
	IGNORED("log.connection.close"), IGNORED("log_level"),
	IGNORED("log.queue"), IGNORED("max.block.ms"),
	IGNORED("max.poll.records"), IGNORED("message.copy.max.bytes"),
	IGNORED("message.send.max.retries"), IGNORED("metric.reporters"),
	IGNORED("metrics.num.samples"), IGNORED("metrics.recording.level"),
	IGNORED("metrics.sample.window.ms"), IGNORED("offset.store.method"),
	IGNORED("partitioner.class"), IGNORED("plugin.library.paths"),
	IGNORED("queue.buffering.max.kbytes"), IGNORED("queued.min.messages"),
	IGNORED("queue.buffering.max.messages"),
	IGNORED("queued.max.messages.kbytes"), IGNORED("receive.buffer.bytes"),
	IGNORED("reconnect.backoff.jitter.ms"),
	IGNORED("reconnect.backoff.max.ms"), IGNORED("reconnect.backoff.ms"),
	IGNORED("retries"), IGNORED("send.buffer.bytes"),
	IGNORED("socket.keepalive.enable"), IGNORED("socket.max.fails"),
	IGNORED("socket.nagle.disable"),
	IGNORED("socket.receive.buffer.bytes"),
	IGNORED("socket.send.buffer.bytes"), IGNORED("statistics.interval.ms"),
	IGNORED("sticky.partitioning.linger.ms"),
	IGNORED("topic.blacklist"), IGNORED("value.deserializer"),
	IGNORED("topic.metadata.refresh.fast.interval.ms"),
	IGNORED("topic.metadata.refresh.sparse"),
	IGNORED("topic.metadata.propagation.max.ms"),
	IGNORED("value.serializer"),
	{ .name = NULL }
};

const int props_n = sizeof(props) / sizeof(props[0]) - 1;

static const struct prop *
find(const char *name)
{
	const struct prop *p;

	for (p = props; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p->type == PROP_ALIAS ? find(p->of) : p;
	return NULL;
}

/* librdkafka: "topic." in front of a topic's property changes nothing. */
const struct prop *
prop_find(const char *name)
{
	const struct prop *p = find(name);

	if (p == NULL && strncmp(name, "topic.", 6) == 0)
		p = find(name + 6);
	return p;
}

static bool
has_word(const char *words, const char *word)
{
	size_t n = strlen(word), len;

	for (; *words != '\0'; words += len + (words[len] == ' ')) {
		len = strcspn(words, " ");
		if (len == n && strncasecmp(words, word, n) == 0)
			return true;
	}
	return false;
}

static bool
check_number(const struct prop *p, const char *value)
{
	char whole[32];
	int64_t v;
	size_t n = strcspn(value, ".");

	if (value[n] == '\0')
		return parse_int(value, p->min, p->max, &v) == 0;
	if (p->type != PROP_MS || n == 0 || n >= sizeof(whole) ||
	    value[n + 1 + strspn(value + n + 1, "0123456789")] != '\0')
		return false;
	memcpy(whole, value, n);
	whole[n] = '\0';
	return parse_int(whole, p->min, p->max, &v) == 0;
}

bool
prop_check(const struct prop *p, const char *value, char *why,
    unsigned int size)
{
	int b;

	switch (p->type) {
	case PROP_INT:
	case PROP_MS:
		snprintf(why, size, "a number within %lld..%lld",
		    (long long)p->min, (long long)p->max);
		return check_number(p, value);
	case PROP_BOOL:
		snprintf(why, size, "true or false");
		return parse_bool(value, &b) == 0;
	case PROP_ENUM:
		snprintf(why, size, "one of: %s", p->choices);
		return has_word(p->choices, value);
	case PROP_STR:
	case PROP_ALIAS:
	case PROP_IGNORED:
		break;
	}
	return true;
}
