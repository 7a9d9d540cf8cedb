/*
 * test_wire_internal.c: records of Kafka's own topics as JSON, from bytes that
 * Apache Kafka 3.9.1 wrote.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wire/internal.h"

static const struct row {
	enum internal_topic	 topic;
	const char		*key, *value;	/* hex; NULL: null */
	const char		*key_json, *value_json;	/* NULL: refused */
} rows[] = {
	{ INTERNAL_OFFSETS, "0001000467727031" "00017a" "00000000",
	    "00030000000000000005ffffffff0000000001a214a9fba8",
	    "{\"type\":\"offset_commit\",\"version\":1,\"group\":\"grp1\","
	    "\"topic\":\"z\",\"partition\":0}",
	    "{\"version\":3,\"offset\":5,\"leader_epoch\":-1,\"metadata\":\"\","
	    "\"commit_timestamp\":1795643014056}" },
	{ INTERNAL_OFFSETS, "0002000467727031",
	    "00030008636f6e73756d657200000002ffffffff000001a214a9fbb8"
	    "00000000",
	    "{\"type\":\"group_metadata\",\"version\":2,\"group\":\"grp1\"}",
	    "{\"version\":3,\"protocol_type\":\"consumer\",\"generation\":2,"
	    "\"protocol\":null,\"leader\":null,"
	    "\"current_state_timestamp\":1795643014072,\"members\":[]}" },
	{ INTERNAL_OFFSETS, "0002000467727031", NULL,
	    "{\"type\":\"group_metadata\",\"version\":2,\"group\":\"grp1\"}",
	    NULL },
	{ INTERNAL_TRANSACTIONS, "00000003747831",
	    "0000" "0000000000000009" "0000" "0000ea60" "00" "ffffffff"
	    "000001a214aa1b56" "ffffffffffffffff",
	    "{\"type\":\"transaction_log\",\"version\":0,"
	    "\"transactional_id\":\"tx1\"}",
	    "{\"version\":0,\"producer_id\":9,\"producer_epoch\":0,"
	    "\"transaction_timeout_ms\":60000,\"transaction_status\":0,"
	    "\"transaction_partitions\":null,"
	    "\"transaction_last_update_timestamp_ms\":1795643022166,"
	    "\"transaction_start_timestamp_ms\":-1}" },
	{ INTERNAL_METADATA, NULL, "010c00116d657461646174612e76657273696f6e"
	    "001500", NULL,
	    "{\"type\":\"feature_level\",\"version\":0,"
	    "\"name\":\"metadata.version\",\"feature_level\":21}" },
	{ INTERNAL_METADATA, NULL, "01180000", NULL,
	    "{\"type\":\"end_transaction\",\"version\":0}" },

	/* a key that this version does not know, a body with a byte too many,
	 * one cut short, no key */
	{ INTERNAL_OFFSETS, "0063000467727031", "0003", NULL, NULL },
	{ INTERNAL_OFFSETS, "000200046772703100", "0003", NULL, NULL },
	{ INTERNAL_OFFSETS, "00020004677270", "00", NULL, NULL },
	{ INTERNAL_OFFSETS, NULL, "0003", NULL, NULL },
	{ INTERNAL_TRANSACTIONS, "00", "0000", NULL, NULL },
	{ INTERNAL_METADATA, NULL, "02180000", NULL, NULL },
	{ INTERNAL_METADATA, NULL, "", NULL, NULL },
	{ INTERNAL_NONE, "0002000467727031", "0003", NULL, NULL },
};

static struct kbytes
unhex(const char *s, uint8_t *mem)
{
	struct kbytes b = { mem, 0 };
	unsigned int c;

	if (s == NULL)
		return KBYTES_NULL;
	for (; sscanf(s, "%2x", &c) == 1; s += 2)
		mem[b.len++] = (uint8_t)c;
	return b;
}

static void
compare(bool ok, struct buf *b, const char *want)
{
	buf_putc(b, '\0');
	if (want != NULL)
		assert_string_equal((char *)b->p, want);
	else
		assert_string_equal((char *)b->p, "");
	assert_int_equal(ok, want != NULL);
	buf_clear(b);
}

static void
test_rows(void **state)
{
	uint8_t key_mem[256], value_mem[256];
	struct buf b = { 0 };
	bool ok;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kbytes key = unhex(rows[i].key, key_mem);
		struct kbytes value = unhex(rows[i].value, value_mem);

		ok = internal_print_key(rows[i].topic, key, &b);
		compare(ok, &b, rows[i].key_json);
		ok = internal_print_value(rows[i].topic, key, value, &b);
		compare(ok, &b, rows[i].value_json);
	}
	buf_release(&b);
}

static void
test_topics(void **state)
{
	assert_int_equal(internal_topic("__consumer_offsets"),
	    INTERNAL_OFFSETS);
	assert_int_equal(internal_topic("__transaction_state"),
	    INTERNAL_TRANSACTIONS);
	assert_int_equal(internal_topic("__cluster_metadata"),
	    INTERNAL_METADATA);
	assert_int_equal(internal_topic("__consumer_offset"), INTERNAL_NONE);
	assert_int_equal(internal_topic(""), INTERNAL_NONE);
	assert_int_equal(internal_topic("orders"), INTERNAL_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_topics),
	};

	return cmocka_run_group_tests_name("wire_internal", tests, NULL, NULL);
}
