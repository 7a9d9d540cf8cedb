/* test_broker_controller.c: what the embedded controller answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/klog-broker/answer_text.h"
#include "cmd/klog-broker/controller.h"
#include "image_util.h"
#include "wire/codec.h"
#include "wire/kerror.h"

static struct controller c;
static struct broker_config *config;
static struct arena arena;
static struct image *image;

static int
setup(void **state)
{
	struct records rs = { 0 };

	config = broker_config_new();
	c = (struct controller){ sys_real(), config, 1, { { 9 } } };
	arena_init(&arena, 0);
	image = image_new(config, 1);
	controller_bootstrap(&c, &rs);
	image_apply(&image, &rs);
	return 0;
}

static int
teardown(void **state)
{
	image_unref(image);
	arena_release(&arena);
	broker_config_free(config);
	return 0;
}

static struct create_topics_request_topic
topic(const char *name, int32_t partitions, int16_t replicas)
{
	struct create_topics_request_topic t = { .name = kstr(name),
	    .num_partitions = partitions, .replication_factor = replicas };

	return t;
}

static struct create_topics_response_topic
create(struct create_topics_request_topic t)
{
	struct create_topics_request req = { .topics = { &t, 1 } };
	struct create_topics_response rsp;
	struct records rs = { 0 };

	controller_create_topics(&c, image, &req, &arena, &rsp, &rs);
	assert_int_equal(rsp.topics.n, 1);
	if (rsp.topics.v[0].error_code != 0)
		assert_int_equal(rs.n, 0);
	image_apply(&image, &rs);
	return rsp.topics.v[0];
}

static int16_t
error_of(const char *name, int32_t partitions, int16_t replicas)
{
	return create(topic(name, partitions, replicas)).error_code;
}

static void
test_create(void **state)
{
	struct create_topics_response_topic t = create(topic("a", 3, 1));
	const struct image_topic *it = image_topic(image, kstr("a"));

	assert_int_equal(t.error_code, 0);
	assert_int_equal(t.error_message.len, -1);
	assert_int_equal(t.num_partitions, 3);
	assert_int_equal(t.replication_factor, 1);
	assert_non_null(it);
	assert_true(kuuid_eq(&it->id, &t.topic_id));
	assert_int_equal(it->n, 3);
	assert_int_equal(it->partitions[1].leader, 1);
	assert_int_equal(it->partitions[1].leader_epoch, 0);
	assert_int_equal(it->partitions[1].directories[0].b[0], 9);
	/* the broker's defaults */
	config->num_partitions = 4;
	assert_int_equal(create(topic("d", -1, -1)).num_partitions, 4);
	config->num_partitions = 1;
}

static void
test_names(void **state)
{
	static const struct {
		const char	*name;
		int16_t		 error;
	} names[] = {
		{ "fine.name_-9", 0 },
		{ "", ERR_INVALID_TOPIC_EXCEPTION },
		{ ".", ERR_INVALID_TOPIC_EXCEPTION },
		{ "..", ERR_INVALID_TOPIC_EXCEPTION },
		{ "...", 0 },
		{ "with space", ERR_INVALID_TOPIC_EXCEPTION },
		{ "sl/ash", ERR_INVALID_TOPIC_EXCEPTION },
		{ "\xc3\xa4", ERR_INVALID_TOPIC_EXCEPTION },
		{ "fine_name_-9", ERR_INVALID_TOPIC_EXCEPTION },
		{ "fine.name_-9", ERR_TOPIC_ALREADY_EXISTS },
		{ "__cluster_metadata", ERR_INVALID_REQUEST },
	};
	char lengthy[251];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (error_of(names[i].name, 1, 1) != names[i].error)
			fail_msg("'%s'", names[i].name);
	memset(lengthy, 'x', sizeof(lengthy));
	lengthy[250] = '\0';
	assert_int_equal(error_of(lengthy, 1, 1), ERR_INVALID_TOPIC_EXCEPTION);
	lengthy[249] = '\0';
	assert_int_equal(error_of(lengthy, 1, 1), 0);
}

static void
test_sizes(void **state)
{
	assert_int_equal(error_of("s", 0, 1), ERR_INVALID_PARTITIONS);
	assert_int_equal(error_of("s", -2, 1), ERR_INVALID_PARTITIONS);
	assert_int_equal(error_of("s", 1, 0), ERR_INVALID_REPLICATION_FACTOR);
	assert_int_equal(error_of("s", 1, 2), ERR_INVALID_REPLICATION_FACTOR);
	assert_int_equal(error_of("s", 10001, 1), ERR_POLICY_VIOLATION);
	assert_int_equal(error_of("s", INT32_MAX, 1), ERR_POLICY_VIOLATION);
	assert_int_equal(error_of("s", 10000, 1), 0);
}

static void
test_several(void **state)
{
	struct create_topics_request_topic v[5] = {
		topic("m1", 1, 1), topic("m2", 0, 1), topic("m3.x", 2, 1),
		topic("twice", 1, 1), topic("m4", 1, 1)
	};
	struct create_topics_request req = { .topics = { v, 5 } };
	struct create_topics_response rsp;
	struct records rs = { 0 };

	v[1].name = kstr("twice");
	controller_create_topics(&c, image, &req, &arena, &rsp, &rs);
	assert_int_equal(rsp.topics.v[0].error_code, 0);
	assert_int_equal(rsp.topics.v[1].error_code, ERR_INVALID_REQUEST);
	assert_int_equal(rsp.topics.v[2].error_code, 0);
	/* named twice, answered once */
	assert_int_equal(rsp.topics.n, 4);
	assert_true(kstr_eq(rsp.topics.v[3].name, kstr("m4")));
	assert_int_equal(rsp.topics.v[3].error_code, 0);
	assert_int_equal(rs.n, 2 + 3 + 2);
	records_release(&rs);
	req.validate_only = true;
	controller_create_topics(&c, image, &req, &arena, &rsp, &rs);
	assert_int_equal(rsp.topics.v[0].error_code, 0);
	assert_int_equal(rs.n, 0);
	records_release(&rs);
}

static int16_t
with_config(const char *topic_name, const char *name, const char *value)
{
	struct create_topics_request_config cf = { kstr(name), kstr(value) };
	struct create_topics_request_topic t = topic(topic_name, 1, 1);

	t.configs.v = &cf;
	t.configs.n = 1;
	return create(t).error_code;
}

static void
test_configs(void **state)
{
	assert_int_equal(with_config("c1", "retention.ms", "5"), 0);
	assert_int_equal(image_topic(image, kstr("c1"))->config->retention_ms,
	    5);
	assert_int_equal(with_config("c3", "retention.ms", " 6 "), 0);
	assert_int_equal(image_topic(image, kstr("c3"))->config->retention_ms,
	    6);
	assert_int_equal(with_config("c2", "retention.ms", "x"),
	    ERR_INVALID_CONFIG);
	assert_int_equal(with_config("c2", "retention.ms", "-2"),
	    ERR_INVALID_CONFIG);
	assert_int_equal(with_config("c2", "retention.ms", NULL),
	    ERR_INVALID_CONFIG);
	assert_int_equal(with_config("c2", "cleanup.policy", "both"),
	    ERR_INVALID_CONFIG);
	assert_int_equal(with_config("c2", "no.such", "1"),
	    ERR_INVALID_CONFIG);
	assert_int_equal(with_config("c2", "segment.bytes", "4294967296"),
	    ERR_INVALID_CONFIG);
	assert_int_equal(with_config("c2", "compression.type", "zstd"), 0);
}

static void
test_assignments(void **state)
{
	int32_t one[] = { 1 }, stranger[] = { 2 }, twice[] = { 1, 1 };
	struct create_topics_request_assignment as[2] = {
		{ 0, { one, 1 } }, { 1, { one, 1 } }
	};
	struct create_topics_request_topic t = topic("by-hand", -1, -1);

	t.assignments.v = as;
	t.assignments.n = 2;
	as[1].partition_index = 2;
	assert_int_equal(create(t).error_code, ERR_INVALID_REPLICA_ASSIGNMENT);
	as[1].partition_index = 0;
	assert_int_equal(create(t).error_code, ERR_INVALID_REPLICA_ASSIGNMENT);
	as[1].partition_index = 1;
	as[1].broker_ids.v = stranger;
	assert_int_equal(create(t).error_code, ERR_INVALID_REPLICA_ASSIGNMENT);
	as[1].broker_ids.v = twice;
	as[1].broker_ids.n = 2;
	assert_int_equal(create(t).error_code, ERR_INVALID_REPLICA_ASSIGNMENT);
	as[1].broker_ids.n = 0;
	assert_int_equal(create(t).error_code, ERR_INVALID_REPLICA_ASSIGNMENT);
	as[1].broker_ids.n = 1;
	t.num_partitions = 2;
	assert_int_equal(create(t).error_code, ERR_INVALID_REQUEST);
	t.num_partitions = -1;
	assert_int_equal(create(t).num_partitions, 2);
	assert_int_equal(image_topic(image, kstr("by-hand"))->n, 2);
}

static void
test_delete(void **state)
{
	struct delete_topics_request_topic v[4] = {
		{ .name = kstr("gone") }, { .name = kstr("no") },
		{ .name = KSTR_NULL }, { .name = KSTR_NULL },
	};
	struct delete_topics_request req = { .topics = { v, 4 } };
	struct delete_topics_response rsp;
	struct records rs = { 0 };

	assert_int_equal(error_of("gone", 1, 1), 0);
	assert_int_equal(error_of("gone2", 1, 1), 0);
	v[2].topic_id = image_topic(image, kstr("gone2"))->id;
	v[3].topic_id.b[3] = 77;
	controller_delete_topics(&c, image, &req, 6, &arena, &rsp, &rs);
	assert_int_equal(rsp.responses.v[0].error_code, 0);
	assert_int_equal(rsp.responses.v[1].error_code,
	    ERR_UNKNOWN_TOPIC_OR_PARTITION);
	assert_int_equal(rsp.responses.v[2].error_code, 0);
	assert_true(kstr_eq(rsp.responses.v[2].name, kstr("gone2")));
	assert_int_equal(rsp.responses.v[3].error_code, ERR_UNKNOWN_TOPIC_ID);
	image_apply(&image, &rs);
	assert_null(image_topic(image, kstr("gone")));
	assert_null(image_topic(image, kstr("gone2")));
}

static void
test_delete_refused(void **state)
{
	struct kstr names[2] = { kstr("stays"), kstr("stays") };
	struct delete_topics_request req = { .topic_names = { names, 1 } };
	struct delete_topics_response rsp;
	struct records rs = { 0 };

	assert_int_equal(error_of("stays", 1, 1), 0);
	config->delete_topics = false;
	controller_delete_topics(&c, image, &req, 2, &arena, &rsp, &rs);
	assert_int_equal(rsp.responses.v[0].error_code, ERR_INVALID_REQUEST);
	controller_delete_topics(&c, image, &req, 5, &arena, &rsp, &rs);
	assert_int_equal(rsp.responses.v[0].error_code,
	    ERR_TOPIC_DELETION_DISABLED);
	config->delete_topics = true;
	req.topic_names.n = 2;
	controller_delete_topics(&c, image, &req, 5, &arena, &rsp, &rs);
	assert_int_equal(rsp.responses.v[0].error_code, ERR_INVALID_REQUEST);
	assert_int_equal(rs.n, 0);
	req.topic_names.n = 1;
	controller_delete_topics(&c, image, &req, 5, &arena, &rsp, &rs);
	assert_int_equal(rsp.responses.v[0].error_code, 0);
	assert_int_equal(rs.n, 1);
	records_release(&rs);
}

static int16_t
grow(const char *name, int32_t count)
{
	struct create_partitions_request_topic t = { .name = kstr(name),
	    .count = count, .assignments = { NULL, -1 } };
	struct create_partitions_request req = { .topics = { &t, 1 } };
	struct create_partitions_response rsp;
	struct records rs = { 0 };

	controller_create_partitions(&c, image, &req, &arena, &rsp, &rs);
	image_apply(&image, &rs);
	return rsp.results.v[0].error_code;
}

static void
test_grow(void **state)
{
	assert_int_equal(error_of("g", 2, 1), 0);
	assert_int_equal(grow("g", 5), 0);
	assert_int_equal(image_topic(image, kstr("g"))->n, 5);
	assert_int_equal(grow("g", 5), ERR_INVALID_PARTITIONS);
	assert_int_equal(grow("g", 3), ERR_INVALID_PARTITIONS);
	assert_int_equal(grow("g", -1), ERR_INVALID_PARTITIONS);
	assert_int_equal(grow("g", INT32_MAX), ERR_POLICY_VIOLATION);
	assert_int_equal(grow("none", 5), ERR_UNKNOWN_TOPIC_OR_PARTITION);
}

static void
test_producer_ids(void **state)
{
	struct records rs = { 0 };

	assert_int_equal(controller_producer_ids(&c, image, &rs), 0);
	image_apply(&image, &rs);
	assert_int_equal(controller_producer_ids(&c, image, &rs), 1000);
	image_apply(&image, &rs);
	assert_int_equal(image_next_producer_id(image), 2000);
}

static void
test_raised_epochs(void **state)
{
	struct records rs = { 0 };
	const struct image_topic *t;

	assert_int_equal(error_of("e", 2, 1), 0);
	controller_elect(&c, image, false, &rs);
	assert_int_equal(rs.n, 0);
	controller_elect(&c, image, true, &rs);
	image_apply(&image, &rs);
	t = image_topic(image, kstr("e"));
	assert_int_equal(t->partitions[0].leader, 1);
	assert_int_equal(t->partitions[0].leader_epoch, 1);
	assert_int_equal(t->partitions[1].leader_epoch, 1);
}

/* Names of any length fit into an answer's text, as whole characters. */
static void
test_texts(void **state)
{
	/* the last one is none, and cut anywhere */
	static const char *const t[] = { "a", "\303\251", "\342\202\254",
	    "\360\237\220\247", "\200" };
	char name[INT16_MAX];
	const char *text;
	size_t n;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		n = strlen(t[i]);
		for (size_t j = 0; j < sizeof(name); j++)
			name[j] = t[i][j % n];
		for (size_t lead = 0; lead < 4; lead++) {
			text = answer_text(&arena, "%.*s%.*s", (int)lead,
			    "xxx", (int)sizeof(name), name);
			assert_int_equal(strlen(text), lead +
			    (ANSWER_TEXT_MAX - lead) / n * n);
		}
	}
	assert_string_equal(answer_text(&arena, "%s", "short"), "short");
	name[ANSWER_TEXT_MAX] = '\0';
	memset(name, 'a', ANSWER_TEXT_MAX);
	assert_string_equal(answer_text(&arena, "%s", name), name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_configs),
		cmocka_unit_test(test_assignments),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_delete_refused),
		cmocka_unit_test(test_grow),
		cmocka_unit_test(test_producer_ids),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_raised_epochs),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
