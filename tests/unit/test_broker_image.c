/* test_broker_image.c: records of the metadata log -> images. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/klog-broker/config.h"
#include "cmd/klog-broker/image_records.h"
#include "cmd/klog-broker/image_slot.h"
#include "cmd/klog-broker/records.h"
#include "image_util.h"
#include "wire/codec.h"
#include "wire/msg_meta.h"

static struct broker_config *config;

static int
setup(void **state)
{
	config = broker_config_new();
	return 0;
}

static int
teardown(void **state)
{
	broker_config_free(config);
	return 0;
}

static struct kuuid
id_of(int n)
{
	struct kuuid id = { { 7, [14] = (uint8_t)(n >> 8),
	    [15] = (uint8_t)n } };

	return id;
}

static void
put_topic(struct records *rs, const char *name, int n, int32_t partitions)
{
	struct topic_record t = { kstr(name), id_of(n) };
	struct partition_record p;
	int32_t self = 1;

	records_put(rs, &topic_record_msg, 0, &t);
	for (int32_t i = 0; i < partitions; i++) {
		kmsg_defaults(&partition_record_msg, &p);
		p.partition_id = i;
		p.topic_id = id_of(n);
		p.replicas.v = p.isr.v = &self;
		p.replicas.n = p.isr.n = 1;
		p.leader = 1;
		p.leader_epoch = p.partition_epoch = 0;
		records_put(rs, &partition_record_msg, 1, &p);
	}
}

static void
put_config(struct records *rs, const char *topic, const char *name,
    const char *value)
{
	struct config_record c = { 2, kstr(topic), kstr(name), kstr(value) };

	records_put(rs, &config_record_msg, 0, &c);
}

static void
test_topics(void **state)
{
	struct image *none = image_new(config, 1), *two;
	const struct image_topic *t;
	struct records rs = { 0 };
	struct kuuid id = id_of(2);

	put_topic(&rs, "one", 1, 1);
	put_topic(&rs, "two", 2, 3);
	two = image_applied(none, &rs);
	assert_null(image_topic(none, kstr("one")));
	assert_int_equal(image_topic_count(two), 2);
	t = image_topic(two, kstr("two"));
	assert_non_null(t);
	assert_int_equal(t->n, 3);
	assert_int_equal(t->partitions[2].leader, 1);
	assert_int_equal(t->partitions[2].n_isr, 1);
	assert_null(t->partitions[2].local);
	assert_ptr_equal(t->config, &image_config(two)->topic);
	assert_ptr_equal(image_topic_by_id(two, &id), t);
	assert_null(image_partition(t, 3));
	assert_null(image_partition(t, -1));
	image_unref(none);
	image_unref(two);
}

/* What a later change leaves alone is the same object. */
static void
test_sharing(void **state)
{
	struct image *im = image_new(config, 1), *next;
	struct partition_change_record pc;
	struct records rs = { 0 };

	put_topic(&rs, "a", 1, 1);
	put_topic(&rs, "b", 2, 1);
	next = image_applied(im, &rs);
	image_unref(im);
	im = next;
	kmsg_defaults(&partition_change_record_msg, &pc);
	pc.partition_id = 0;
	pc.topic_id = id_of(2);
	pc.leader = 1;
	records_put(&rs, &partition_change_record_msg, 1, &pc);
	next = image_applied(im, &rs);
	assert_ptr_equal(image_topic(im, kstr("a")),
	    image_topic(next, kstr("a")));
	assert_ptr_not_equal(image_topic(im, kstr("b")),
	    image_topic(next, kstr("b")));
	assert_int_equal(image_topic(im, kstr("b"))->partitions[0].leader_epoch,
	    0);
	assert_int_equal(
	    image_topic(next, kstr("b"))->partitions[0].leader_epoch, 1);
	assert_int_equal(
	    image_topic(next, kstr("b"))->partitions[0].partition_epoch, 1);
	image_unref(im);
	assert_int_equal(image_topic(next, kstr("a"))->n, 1);
	image_unref(next);
}

static void
test_configs(void **state)
{
	struct image *none = image_new(config, 1), *im, *back;
	struct records rs = { 0 };
	int32_t n;

	put_topic(&rs, "t", 1, 1);
	put_config(&rs, "t", "retention.ms", "1234");
	put_config(&rs, "t", "cleanup.policy", "compact,delete");
	put_config(&rs, "t", "retention.ms", "77");
	im = image_applied(none, &rs);
	assert_int_equal(image_topic(im, kstr("t"))->config->retention_ms, 77);
	assert_int_equal(image_topic(im, kstr("t"))->config->cleanup,
	    CLEANUP_COMPACT | CLEANUP_DELETE);
	image_overrides(image_topic(im, kstr("t")), &n);
	assert_int_equal(n, 2);
	put_config(&rs, "t", "retention.ms", NULL);
	put_config(&rs, "t", "cleanup.policy", NULL);
	back = image_applied(im, &rs);
	assert_ptr_equal(image_topic(back, kstr("t"))->config,
	    &image_config(back)->topic);
	image_unref(none);
	image_unref(im);
	image_unref(back);
}

static void
put_broker_config(struct records *rs, const char *id, const char *name,
    const char *value)
{
	struct config_record c = { 4, kstr(id), kstr(name), kstr(value) };

	records_put(rs, &config_record_msg, 0, &c);
}

static int64_t
segment_bytes(const struct image *im, const char *topic)
{
	return image_topic(im, kstr(topic))->config->segment_bytes;
}

/* A broker's properties reach the topics that do not override them; its own
 * count more than those of all brokers; a snapshot keeps them. */
static void
test_broker_configs(void **state)
{
	struct image *none = image_new(config, 1), *im, *one, *all, *again;
	struct records rs = { 0 };
	int32_t n;

	put_topic(&rs, "own", 1, 1);
	put_config(&rs, "own", "segment.bytes", "77");
	put_topic(&rs, "plain", 2, 1);
	im = image_applied(none, &rs);
	put_broker_config(&rs, "", "log.segment.bytes", "1000");
	put_broker_config(&rs, "", "log.retention.minutes", "2");
	put_broker_config(&rs, "", "max.connections", "5");
	put_broker_config(&rs, "1", "log.segment.bytes", "2000");
	put_broker_config(&rs, "2", "log.segment.bytes", "3000");
	one = image_applied(im, &rs);
	assert_int_equal(segment_bytes(im, "plain"), 1 << 30);
	assert_int_equal(segment_bytes(one, "plain"), 2000);
	assert_int_equal(segment_bytes(one, "own"), 77);
	assert_int_equal(image_config(one)->max_connections, 5);
	assert_int_equal(config->topic.segment_bytes, 1 << 30);
	image_broker_overrides(one, IMAGE_ALL_BROKERS, &n);
	assert_int_equal(n, 3);
	image_records(one, &rs);
	again = image_applied(none, &rs);
	assert_int_equal(segment_bytes(again, "plain"), 2000);
	image_broker_overrides(again, 2, &n);
	assert_int_equal(n, 1);
	put_broker_config(&rs, "1", "log.segment.bytes", NULL);
	all = image_applied(one, &rs);
	assert_int_equal(segment_bytes(all, "plain"), 1000);
	image_unref(none);
	image_unref(im);
	image_unref(one);
	image_unref(all);
	image_unref(again);
}

static void
test_removal(void **state)
{
	struct image *none = image_new(config, 1), *im, *less;
	struct remove_topic_record rt = { id_of(1) };
	struct records rs = { 0 };
	struct image_iter it = { 0 };

	put_topic(&rs, "t", 1, 2);
	put_topic(&rs, "u", 2, 1);
	im = image_applied(none, &rs);
	records_put(&rs, &remove_topic_record_msg, 0, &rt);
	put_topic(&rs, "t", 3, 1);	/* a new one of the same name */
	less = image_applied(im, &rs);
	assert_int_equal(image_topic_count(less), 2);
	assert_int_equal(image_topic(less, kstr("t"))->n, 1);
	assert_null(image_topic_by_id(less, &rt.topic_id));
	assert_non_null(image_topic_by_id(im, &rt.topic_id));
	assert_non_null(image_next(less, &it));
	assert_non_null(image_next(less, &it));
	assert_null(image_next(less, &it));
	image_unref(none);
	image_unref(im);
	image_unref(less);
}

/* Made and removed in one transaction: nothing is left. */
static void
test_made_and_removed(void **state)
{
	struct image *none = image_new(config, 1), *im;
	struct remove_topic_record rt = { id_of(1) };
	struct records rs = { 0 };

	put_topic(&rs, "t", 1, 2);
	records_put(&rs, &remove_topic_record_msg, 0, &rt);
	im = image_applied(none, &rs);
	assert_int_equal(image_topic_count(im), 0);
	image_unref(none);
	image_unref(im);
}

static void
refused(const struct image *im, struct records *rs)
{
	struct image_edit *ed = image_edit_begin(im);
	struct kerr e = KERR_INIT;

	assert_true(image_edit_apply(ed, rs->bytes.p, rs->v[0].len, &e) < 0);
	assert_true(e.msg[0] != '\0');
	records_release(rs);
	image_edit_drop(ed);
}

static void
test_nonsense(void **state)
{
	struct image *im = image_new(config, 1);
	struct remove_topic_record rt = { id_of(1) };
	struct unregister_broker_record ub = { 5, 0 };
	struct image_edit *ed = image_edit_begin(im);
	struct records rs = { 0 };
	struct kerr e = KERR_INIT;
	struct partition_record p;

	records_put(&rs, &remove_topic_record_msg, 0, &rt);
	refused(im, &rs);
	put_config(&rs, "t", "retention.ms", "1");
	refused(im, &rs);
	records_put(&rs, &unregister_broker_record_msg, 0, &ub);
	refused(im, &rs);
	kmsg_defaults(&partition_record_msg, &p);
	records_put(&rs, &partition_record_msg, 1, &p);
	refused(im, &rs);
	/* unknown type, unknown frame, nothing at all */
	assert_int_equal(image_edit_apply(ed, "\1\177\0", 3, &e),
	    KE_UNSUPPORTED);
	assert_int_equal(image_edit_apply(ed, "\5\2\0", 3, &e),
	    KE_UNSUPPORTED);
	assert_true(image_edit_apply(ed, "", 0, &e) < 0);
	image_edit_drop(ed);
	image_unref(im);
}

static struct register_broker_record
a_broker(int32_t id)
{
	static struct register_broker_record_endpoint ep;
	struct register_broker_record r;

	kmsg_defaults(&register_broker_record_msg, &r);
	ep.name = kstr("PLAINTEXT");
	ep.host = kstr("h");
	ep.port = 9092;
	r.broker_id = id;
	r.end_points.v = &ep;
	r.end_points.n = 1;
	r.rack = kstr("r");
	return r;
}

static void
test_brokers(void **state)
{
	struct image *none = image_new(config, 1), *im, *less;
	const struct image_broker *const *b;
	struct register_broker_record r;
	struct broker_registration_change_record change;
	struct unregister_broker_record ub = { 2, 0 };
	struct feature_level_record f = { kstr("metadata.version"), 21 };
	struct records rs = { 0 };
	int32_t n;

	for (int32_t id = 3; id > 0; id--) {
		r = a_broker(id);
		records_put(&rs, &register_broker_record_msg, 3, &r);
	}
	kmsg_defaults(&broker_registration_change_record_msg, &change);
	change.broker_id = 3;
	change.fenced = -1;
	records_put(&rs, &broker_registration_change_record_msg, 0, &change);
	records_put(&rs, &feature_level_record_msg, 0, &f);
	im = image_applied(none, &rs);
	b = image_brokers(im, &n);
	assert_int_equal(n, 3);
	assert_int_equal(b[0]->id, 1);
	assert_true(b[0]->fenced);
	assert_false(b[2]->fenced);
	assert_string_equal(b[2]->endpoints[0].host, "h");
	records_put(&rs, &unregister_broker_record_msg, 0, &ub);
	less = image_applied(im, &rs);
	b = image_brokers(less, &n);
	assert_int_equal(n, 2);
	assert_int_equal(b[1]->id, 3);
	assert_int_equal(image_features(less, &n)->level, 21);
	image_brokers(im, &n);
	assert_int_equal(n, 3);
	image_unref(none);
	image_unref(im);
	image_unref(less);
}

/* A snapshot's records make the same image, whose snapshot is the same. */
static void
test_snapshot(void **state)
{
	struct image *none = image_new(config, 1), *im, *again;
	struct register_broker_record r = a_broker(1);
	struct records rs = { 0 }, first = { 0 }, second = { 0 };
	struct producer_ids_record ids = { 1, -1, 3000 };
	char name[32];

	records_put(&rs, &register_broker_record_msg, 3, &r);
	records_put(&rs, &producer_ids_record_msg, 0, &ids);
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "topic-%d", i);
		put_topic(&rs, name, i, 1 + i % 3);
		if (i % 7 == 0)
			put_config(&rs, name, "segment.bytes", "1000000");
	}
	im = image_applied(none, &rs);
	assert_int_equal(image_topic_count(im), 500);
	image_records(im, &first);
	image_records(im, &rs);
	again = image_applied(none, &rs);
	image_records(again, &second);
	assert_int_equal(first.bytes.len, second.bytes.len);
	assert_memory_equal(first.bytes.p, second.bytes.p, first.bytes.len);
	assert_int_equal(image_next_producer_id(again), 3000);
	records_release(&first);
	records_release(&second);
	image_unref(none);
	image_unref(im);
	image_unref(again);
}

static void
test_slot(void **state)
{
	struct image_slot *s = image_slot_new();
	struct image *a = image_new(config, 1), *mine = NULL;
	struct image *b = image_new(config, 1);
	uint64_t version = 0;

	image_slot_refresh(s, &mine, &version);
	assert_null(mine);
	image_slot_publish(s, a);
	image_slot_refresh(s, &mine, &version);
	assert_ptr_equal(mine, a);
	image_slot_publish(s, b);	/* a lives on in mine */
	assert_int_equal(image_topic_count(mine), 0);
	image_slot_refresh(s, &mine, &version);
	assert_ptr_equal(mine, b);
	image_unref(mine);
	image_slot_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_topics),
		cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_configs),
		cmocka_unit_test(test_broker_configs),
		cmocka_unit_test(test_removal),
		cmocka_unit_test(test_made_and_removed),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_brokers),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_slot),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
