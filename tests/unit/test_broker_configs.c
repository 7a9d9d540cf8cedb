/*
 * test_broker_configs.c: values of properties, what follows from several, and
 * changes of them as the controller decides.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cmd/klog-broker/config_list.h"
#include "cmd/klog-broker/config_table.h"
#include "cmd/klog-broker/controller_configs.h"
#include "image_util.h"
#include "wire/codec.h"
#include "wire/kerror.h"
#include "wire/msg_meta.h"

enum { TOPIC = 2, BROKER = 4 };
enum { SET, DELETE, APPEND, SUBTRACT };

static struct broker_config *config;
static struct image *image;
static struct arena arena;

static int
set_up(void **state)
{
	struct topic_record t;
	struct partition_record p;
	struct records rs = { 0 };
	int32_t one = 1;

	config = broker_config_new();
	image = image_new(config, 1);
	arena_init(&arena, 0);
	kmsg_defaults(&topic_record_msg, &t);
	t.name = kstr("t");
	t.topic_id.b[0] = 1;
	records_put(&rs, &topic_record_msg, 0, &t);
	kmsg_defaults(&partition_record_msg, &p);
	p.partition_id = 0;
	p.topic_id = t.topic_id;
	p.replicas.v = p.isr.v = &one;
	p.replicas.n = p.isr.n = 1;
	records_put(&rs, &partition_record_msg, 1, &p);
	image_apply(&image, &rs);
	return 0;
}

static int
tear_down(void **state)
{
	image_unref(image);
	broker_config_free(config);
	arena_release(&arena);
	return 0;
}

/* Every default is a value of its own row; names come once. */
static void
test_table(void **state)
{
	const struct property *p, *q;
	union property_value v;
	struct kerr e = KERR_INIT;

	for (unsigned int i = 0; i < n_properties; i++) {
		p = &properties[i];
		if (p->dflt != NULL &&
		    property_parse(p, "x", p->dflt, &v, &e) < 0)
			fail_msg("%s: %s", p->broker, e.msg);
		assert_true((p->use == INERT || p->use == IMPOSSIBLE) ==
		    (p->why != NULL));
		assert_true(p->dflt == NULL || property_is_default(p, p->dflt));
		if (p->broker != NULL)
			assert_ptr_equal(broker_property(p->broker), p);
		if (p->topic != NULL)
			assert_ptr_equal(topic_property(kstr(p->topic)), p);
		for (unsigned int j = 0; j < i; j++) {
			q = &properties[j];
			if (p->off >= 0 && p->off == q->off)
				fail_msg("%s and %s lie at one place",
				    p->broker, q->broker);
		}
	}
}

static void
test_values(void **state)
{
	static const struct {
		const char	*name, *value;
		int		 rc;
	} rows[] = {
		{ "num.partitions", "3", 0 },
		{ "num.partitions", "0", KE_CONFIG },
		{ "num.partitions", "3x", KE_CONFIG },
		{ "num.partitions", "", KE_CONFIG },
		{ "num.partitions", " 3\n", 0 },
		{ "num.partitions", "3 3", KE_CONFIG },
		{ "num.partitions", "99999999999", KE_CONFIG },
		{ "offsets.topic.replication.factor", "40000", KE_CONFIG },
		{ "log.cleaner.min.cleanable.ratio", "0.25", 0 },
		{ "log.cleaner.min.cleanable.ratio", "1.01", KE_CONFIG },
		{ "log.cleaner.min.cleanable.ratio", ".5f", 0 },
		{ "log.cleaner.min.cleanable.ratio", "0x1", KE_CONFIG },
		{ "log.cleaner.min.cleanable.ratio", "NaN", KE_CONFIG },
		{ "compression.gzip.level", "0", KE_CONFIG },
		{ "compression.gzip.level", "-1", 0 },
		{ "compression.gzip.level", "10", KE_CONFIG },
		{ "compression.lz4.level", "17", 0 },
		{ "compression.lz4.level", "0", KE_CONFIG },
		{ "compression.lz4.level", "18", KE_CONFIG },
		{ "compression.zstd.level", "-131072", 0 },
		{ "compression.zstd.level", "-131073", KE_CONFIG },
		{ "compression.zstd.level", "23", KE_CONFIG },
		{ "compression.type", "zstd", 0 },
		{ "compression.type", "ZSTD", KE_CONFIG },
		{ "compression.type", " zstd ", 0 },
		{ "log.preallocate", "TRUE", 0 },
		{ "log.preallocate", "1", KE_CONFIG },
		{ "log.cleanup.policy", "compact, delete", 0 },
		{ "log.cleanup.policy", "shred", KE_CONFIG },
		{ "log.cleanup.policy", " ", 0 },
		{ "log.cleanup.policy", "compact,", KE_CONFIG },
		{ "process.roles", "broker,controller", 0 },
		{ "process.roles", "broker,manager", KE_CONFIG },
		{ "log.message.format.version", "2.8", 0 },
		{ "log.message.format.version", "2.8-IV1", 0 },
		{ "log.message.format.version", "2", KE_CONFIG },
		{ "group.consumer.migration.policy", "Upgrade", 0 },
		{ "zookeeper.connect", "h:2181", KE_UNSUPPORTED },
		{ "remote.log.storage.system.enable", "false", 0 },
		{ "remote.log.storage.system.enable", "true", KE_UNSUPPORTED },
		{ "num.partition", "3", KE_NOTFOUND },
	};
	struct kerr e;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		kerr_clear(&e);
		if (broker_config_set(config, rows[i].name, rows[i].value,
		    &e) != rows[i].rc)
			fail_msg("%s=%s: %s", rows[i].name, rows[i].value,
			    e.msg);
	}
	assert_string_equal(e.msg, "unknown property 'num.partition' (did you "
	    "mean 'num.partitions'?)");
}

static void
set(const char *name, const char *value)
{
	struct kerr e = KERR_INIT;

	if (broker_config_set(config, name, value, &e) < 0)
		fail_msg("%s", e.msg);
}

/* The finer unit wins, whatever the order. */
static void
test_units(void **state)
{
	char room[32];

	assert_int_equal(config->topic.retention_ms, 7 * 86400000LL);
	set("log.retention.hours", "2");
	assert_int_equal(config->topic.retention_ms, 2 * 3600000);
	assert_string_equal(broker_config_topic_text(config,
	    broker_property("log.retention.ms"), room), "7200000");
	set("log.retention.ms", "5");
	set("log.retention.minutes", "3");
	assert_int_equal(config->topic.retention_ms, 5);
	set("log.roll.hours", "1");
	assert_int_equal(config->topic.segment_ms, 3600000);
	set("log.flush.scheduler.interval.ms", "9");
	assert_int_equal(config->topic.flush_ms, 9);
	set("log.message.timestamp.difference.max.ms", "100");
	assert_int_equal(config->topic.timestamp_before_max_ms, 100);
	set("log.message.timestamp.before.max.ms", "7");
	assert_int_equal(config->topic.timestamp_before_max_ms, 7);
	assert_int_equal(config->topic.timestamp_after_max_ms, 100);
	set("broker.id", "4");
	assert_int_equal(config->node_id, 4);
}

static void
test_copy(void **state)
{
	struct broker_config *c;

	set("broker.rack", "r1");
	set("log.segment.bytes", "2000");
	c = broker_config_copy(config);
	set("broker.rack", "r2");
	set("log.segment.bytes", "3000");
	assert_string_equal(c->rack, "r1");
	assert_int_equal(c->topic.segment_bytes, 2000);
	broker_config_free(c);
}

/* One resource changed; NULL ends the changes. */
static struct alteration
alter(int type, const char *name, bool replace, const struct config_change *v,
    int32_t n)
{
	const struct controller c = { .config = config, .node_id = 1 };
	struct alteration a = { .type = (int8_t)type, .name = kstr(name),
	    .v = v, .n = n, .replace = replace };
	struct records rs = { 0 };

	controller_alter_configs(&c, image, &a, 1, &arena, &rs);
	if (a.error != 0)
		assert_int_equal(rs.n, 0);
	image_apply(&image, &rs);
	return a;
}

#define CHANGE(op, name, value)	\
	(struct config_change){ op, kstr(name), kstr(value) }

static const char *
value_of(const char *name)
{
	const struct image_override *o;
	int32_t n;

	o = image_overrides(image_topic(image, kstr("t")), &n);
	for (int32_t i = 0; i < n; i++)
		if (strcmp(o[i].name, name) == 0)
			return o[i].value;
	return NULL;
}

static void
test_topic_changes(void **state)
{
	static const struct {
		int		 op;
		const char	*name, *value;
		int		 error;
		const char	*after;		/* NULL: no override */
	} rows[] = {
		{ SET, "retention.ms", "7", 0, "7" },
		{ SET, "retention.ms", "-2", ERR_INVALID_CONFIG, "7" },
		{ SET, "retention.ms", NULL, ERR_INVALID_REQUEST, "7" },
		{ APPEND, "retention.ms", "8", ERR_INVALID_CONFIG, "7" },
		{ DELETE, "retention.ms", NULL, 0, NULL },
		{ DELETE, "retention.ms", NULL, 0, NULL },
		{ SET, "no.such", "7", ERR_INVALID_CONFIG, NULL },
		{ APPEND, "cleanup.policy", "delete", 0, "delete" },
		{ APPEND, "cleanup.policy", "compact,delete", 0,
		    "delete,compact" },
		{ SUBTRACT, "cleanup.policy", "delete", 0, "compact" },
		{ APPEND, "cleanup.policy", "del", ERR_INVALID_CONFIG,
		    "compact" },
		{ SUBTRACT, "cleanup.policy", "compact,x", 0, "" },
		{ APPEND, "leader.replication.throttled.replicas", "0:1,0:2",
		    0, "0:1,0:2" },
		{ SUBTRACT, "leader.replication.throttled.replicas", "0:1", 0,
		    "0:2" },
		{ 9, "retention.ms", "7", ERR_INVALID_REQUEST, NULL },
	};
	struct config_change ch;
	struct alteration a;
	const char *now;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ch = CHANGE((int8_t)rows[i].op, rows[i].name, rows[i].value);
		a = alter(TOPIC, "t", false, &ch, 1);
		now = value_of(rows[i].name);
		if (a.error != rows[i].error || (now == NULL) !=
		    (rows[i].after == NULL) || (now != NULL &&
		    strcmp(now, rows[i].after) != 0))
			fail_msg("row %zu: %d %s, now %s", i, a.error,
			    a.why != NULL ? a.why : "", now);
	}
}

static void
test_topic_whole(void **state)
{
	struct config_change v[] = {
		CHANGE(SET, "retention.ms", "1"),
		CHANGE(SET, "segment.bytes", "2000"),
		CHANGE(SET, "retention.ms", "2"),
	};
	struct alteration a;

	assert_int_equal(alter(TOPIC, "t", true, v, 2).error, 0);
	assert_string_equal(value_of("segment.bytes"), "2000");
	assert_int_equal(alter(TOPIC, "t", true, v, 1).error, 0);
	assert_null(value_of("segment.bytes"));
	assert_string_equal(value_of("retention.ms"), "1");
	assert_int_equal(alter(TOPIC, "t", true, v, 3).error,
	    ERR_INVALID_REQUEST);
	a = alter(TOPIC, "u", false, v, 1);
	assert_int_equal(a.error, ERR_UNKNOWN_TOPIC_OR_PARTITION);
	assert_string_equal(a.why, "The topic 'u' does not exist.");
	assert_int_equal(alter(TOPIC, "a/b", false, v, 1).error,
	    ERR_INVALID_TOPIC_EXCEPTION);
	assert_int_equal(alter(1, "t", false, v, 1).error,
	    ERR_INVALID_REQUEST);
	v[0] = CHANGE(SET, "min.compaction.lag.ms", "9");
	v[1] = CHANGE(SET, "max.compaction.lag.ms", "8");
	assert_int_equal(alter(TOPIC, "t", false, v, 2).error,
	    ERR_INVALID_CONFIG);
}

/* More names than there are properties cost no more than their bytes. */
static void
test_many(void **state)
{
	enum { MANY = 200000 };
	struct config_change *v = calloc(MANY, sizeof(*v));
	char (*names)[16] = calloc(MANY, sizeof(*names));
	struct alteration a;
	size_t before = arena.used;

	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "no.such.%d", i);
		v[i] = CHANGE(SET, names[i], "1");
	}
	a = alter(BROKER, "", false, v, MANY);
	assert_int_equal(a.error, ERR_INVALID_REQUEST);
	assert_int_equal(strlen(a.why), 1023);
	assert_int_equal(alter(TOPIC, "t", false, v, MANY).error,
	    ERR_INVALID_CONFIG);
	v[MANY - 1].name = v[0].name;
	a = alter(TOPIC, "t", false, v, MANY);
	assert_string_equal(a.why, "Error due to duplicate config keys");
	assert_true(arena.used - before < 200 * MANY);
	free(names);
	free(v);
}

static void
test_lists(void **state)
{
	static const struct {
		const char *list, *words, *more, *less;
	} rows[] = {
		{ "", "a,b,a", "a,b", "" },
		{ "a,b,c", "b", "a,b,c", "a,c" },
		{ "a,b,c", "c,a", "a,b,c", "b" },
		{ "a,b,c", "c,b,a", "a,b,c", "" },
		{ "ab,abc", "abc,bc,a", "ab,abc,bc,a", "ab" },
		{ "a,a", "a", "a,a", "a" },
		{ "a", "", "a", "a" },
	};
	struct kstr more, less;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		more = config_list_append(&arena, kstr(rows[i].list),
		    kstr(rows[i].words));
		less = config_list_subtract(&arena, kstr(rows[i].list),
		    kstr(rows[i].words));
		if (!kstr_eq(less, kstr(rows[i].less)))
			fail_msg("row %zu: less is %.*s", i, less.len, less.p);
		if (!kstr_eq(more, kstr(rows[i].more)))
			fail_msg("row %zu: more is %.*s", i, more.len, more.p);
	}
}

static void
test_broker_changes(void **state)
{
	static const struct {
		const char	*id, *name, *value;
		int		 error;
	} rows[] = {
		{ "", "log.segment.bytes", "5000", 0 },
		{ "1", "log.segment.bytes", "6000", 0 },
		{ "2", "log.segment.bytes", "7000", ERR_INVALID_REQUEST },
		{ "x", "log.segment.bytes", "7000", ERR_INVALID_REQUEST },
		{ "", "log.segment.bytes", "x", ERR_INVALID_REQUEST },
		{ "", "node.id", "2", ERR_INVALID_REQUEST },
		{ "", "no.such", "2", ERR_INVALID_REQUEST },
		{ "", "sasl.jaas.config", "x", ERR_INVALID_REQUEST },
		{ "1", "num.network.threads", "2", ERR_INVALID_REQUEST },
		{ "1", "ssl.keystore.location", "x", ERR_INVALID_REQUEST },
		{ "1", "log.cleaner.threads", "2", 0 },
	};
	struct config_change ch;
	struct alteration a;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ch = CHANGE(SET, rows[i].name, rows[i].value);
		a = alter(BROKER, rows[i].id, false, &ch, 1);
		if (a.error != rows[i].error)
			fail_msg("row %zu: %d %s", i, a.error,
			    a.why != NULL ? a.why : "");
	}
	assert_int_equal(image_config(image)->topic.segment_bytes, 6000);
	assert_int_equal(image_topic(image, kstr("t"))->config->segment_bytes,
	    6000);
	alter(BROKER, "1", true, NULL, 0);
	assert_int_equal(image_topic(image, kstr("t"))->config->segment_bytes,
	    5000);
}

static void
test_twice(void **state)
{
	const struct controller c = { .config = config, .node_id = 1 };
	struct config_change ch = CHANGE(SET, "retention.ms", "1");
	struct alteration v[] = {
		{ .type = TOPIC, .name = kstr("t"), .v = &ch, .n = 1 },
		{ .type = TOPIC, .name = kstr("u"), .v = &ch, .n = 1 },
		{ .type = TOPIC, .name = kstr("t"), .v = &ch, .n = 1 },
	};
	struct records rs = { 0 };

	controller_alter_configs(&c, image, v, 3, &arena, &rs);
	assert_int_equal(rs.n, 0);
	assert_int_equal(v[0].error, ERR_INVALID_REQUEST);
	assert_int_equal(v[1].error, ERR_UNKNOWN_TOPIC_OR_PARTITION);
	assert_int_equal(v[2].error, ERR_INVALID_REQUEST);
	records_release(&rs);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_table), T(test_values), T(test_units), T(test_copy),
		T(test_topic_changes), T(test_topic_whole),
		T(test_many), T(test_lists), T(test_broker_changes),
		T(test_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
