/* test_envelope.c: records as JSON and back; output must be the same bytes
 * again after a round trip, and must parse with jansson, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "cli/envelope.h"

#define S(text)	(const uint8_t *)(text), sizeof(text) - 1

static const struct consumer_batch batch = {
	.topic = "orders", .partition = 3, .broker = 1,
	.header = { .leader_epoch = 5, .producer_id = -1 },
};

/* A record with one header or none; lengths -1 are null. */
static struct record
make(const void *key, int32_t key_len, const void *value, int32_t value_len)
{
	return (struct record){ .offset = 7, .timestamp = 1738310400123,
		.key = key, .key_len = key_len, .value = value,
		.value_len = value_len };
}

static char *
print(const struct envelope_opts *opts, const struct record *r)
{
	static const struct envelope_opts plain;
	struct buf b;
	size_t n;

	buf_init(&b, 0);
	envelope_print(opts != NULL ? opts : &plain, &batch, r, &b);
	assert_int_equal(b.err, 0);
	assert_int_equal(b.p[b.len - 1], '\n');
	b.p[b.len - 1] = '\0';
	return (char *)buf_detach(&b, &n);
}

static void
test_form(void **state)
{
	/* two headers: a=1, b=null */
	static const uint8_t headers[] = { 2, 'a', 2, '1', 2, 'b', 1 };
	struct envelope_opts iso = { .iso = true };
	struct record r = make("k\n", 2, "caf\xc3\xa9 \"\\\x01", 9);
	char *text = print(NULL, &r);

	assert_string_equal(text, "{\"topic\":\"orders\",\"partition\":3,"
	    "\"offset\":7,\"tstype\":\"create\",\"ts\":1738310400123,"
	    "\"broker\":1,\"key\":\"k\\n\","
	    "\"payload\":\"caf\xc3\xa9 \\\"\\\\\\u0001\",\"epoch\":5}");
	free(text);

	r = make(NULL, -1, NULL, -1);
	r.n_headers = 2;
	r.headers = headers;
	r.end = headers + sizeof(headers);
	text = print(&iso, &r);
	assert_string_equal(text, "{\"topic\":\"orders\",\"partition\":3,"
	    "\"offset\":7,\"tstype\":\"create\",\"ts\":1738310400123,"
	    "\"time\":\"2025-01-31T08:00:00.123Z\",\"broker\":1,"
	    "\"headers\":[\"a\",\"1\",\"b\",null],\"key\":null,"
	    "\"payload\":null,\"epoch\":5}");
	free(text);
}

static void
test_bytes(void **state)
{
	static const struct {
		const uint8_t	*p;
		size_t		 n;
		const char	*want;
	} v[] = {
		{ S(""), "\"\"" },
		{ S("\xff\xfe\x22\x78"), "{\"base64\":\"//4ieA==\"}" },
		{ S("\xc3"), "{\"base64\":\"ww==\"}" },
		{ S("\xed\xa0\x80"), "{\"base64\":\"7aCA\"}" },
		{ S("\xc0\x80"), "{\"base64\":\"wIA=\"}" },
		{ S("\xf4\x90\x80\x80"), "{\"base64\":\"9JCAgA==\"}" },
		{ S("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"" },
		{ S("\x7f\0x"), "\"\x7f\\u0000x\"" },
		{ S("\b\f\r\t\v/"), "\"\\b\\f\\r\\t\\u000b/\"" },
		{ S("0123456789abcdef0123456789abcde\""),
		    "\"0123456789abcdef0123456789abcde\\\"\"" },
		{ S("0123456789abcdef\xff"),
		    "{\"base64\":\"MDEyMzQ1Njc4OWFiY2RlZv8=\"}" },
		{ NULL, 0, "null" },
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct buf b;

		buf_init(&b, 0);
		envelope_put_bytes(&b, v[i].p, v[i].n, ENVELOPE_AUTO);
		buf_putc(&b, '\0');
		assert_string_equal((char *)b.p, v[i].want);
		buf_release(&b);
	}
}

/* Random bytes of every mixture come back as they were. */
static void
test_round_trip(void **state)
{
	static const char alphabet[] = "ab\"\\\n\x01\x7f\xc3\xa9\xff\xf0\x9f";
	struct envelope env = { 0 };

	srandom(7);
	for (int i = 0; i < 20000; i++) {
		uint8_t key[80], value[80];
		int32_t kn = (int32_t)(random() % 80) - 1;
		int32_t vn = (int32_t)(random() % 80) - 1;
		struct record r;
		json_error_t je;
		json_t *root;
		char *text;

		for (int k = 0; k < 80; k++) {
			key[k] = i % 2 != 0 ? (uint8_t)random() :
			    (uint8_t)alphabet[random() % 12];
			value[k] = i % 3 != 0 ? (uint8_t)(random() % 96 + 32) :
			    (uint8_t)alphabet[random() % 12];
		}
		r = make(kn < 0 ? NULL : key, kn, vn < 0 ? NULL : value, vn);
		text = print(NULL, &r);
		root = json_loads(text, JSON_ALLOW_NUL, &je);
		if (root == NULL)
			fail_msg("%s: %s", je.text, text);
		json_decref(root);
		assert_int_equal(envelope_parse(&env, text, strlen(text), NULL),
		    0);
		assert_int_equal(env.record.key_len, kn);
		assert_int_equal(env.record.value_len, vn);
		if (kn > 0)
			assert_memory_equal(env.record.key, key, kn);
		if (vn > 0)
			assert_memory_equal(env.record.value, value, vn);
		assert_int_equal(env.partition, 3);
		assert_int_equal(env.offset, 7);
		assert_int_equal(env.record.timestamp, 1738310400123);
		free(text);
	}
	envelope_release(&env);
}

static int
parse(struct envelope *env, char *copy, const char *text, struct kerr *e)
{
	strcpy(copy, text);
	return envelope_parse(env, copy, strlen(copy), e);
}

static void
same(const void *p, int32_t n, const char *want)
{
	if (want == NULL) {
		assert_null(p);
		assert_int_equal(n, -1);
		return;
	}
	assert_int_equal(n, strlen(want));
	assert_memory_equal(p, want, n);
}

static void
test_input(void **state)
{
	static const struct {
		const char	*text, *key, *value;
		int64_t		 time;		/* -1: none */
		const char	*headers;	/* n=v;.. */
	} v[] = {
		{ "{}", NULL, NULL, -1, "" },
		{ " {\"payload\" : \"x\" } ", NULL, "x", -1, "" },
		{ "{\"key\":\"\",\"payload\":\"null\"}", "", "null", -1, "" },
		{ "{\"value\":\"v\",\"timestamp\":5}", NULL, "v", 5, "" },
		{ "{\"Value\":\"v\",\"Key\":\"k\"}", "k", "v", -1, "" },
		{ "{\"payload\":{\"a\": [1,\"}\"]}}", NULL,
		    "{\"a\": [1,\"}\"]}", -1, "" },
		{ "{\"payload\":42,\"key\":true}", "true", "42", -1, "" },
		{ "{\"payload\":{\"base64\":\"//4ieA\"}}", NULL,
		    "\xff\xfe\x22\x78", -1, "" },
		{ "{\"payload\":{\"hex\":\"00fF\"}}", NULL, NULL, -1, "" },
		{ "{\"payload\":{\"base64\":\"eA==\",\"b\":1}}", NULL,
		    "{\"base64\":\"eA==\",\"b\":1}", -1, "" },
		{ "{\"payload\":\"\\u00e9\\ud83d\\ude00\\/\\b\"}", NULL,
		    "\xc3\xa9\xf0\x9f\x98\x80/\b", -1, "" },
		{ "{\"ts\":\"2025-01-31T08:00:00.123Z\"}", NULL, NULL,
		    1738310400123, "" },
		{ "{\"headers\":[\"a\",\"1\",\"a\",null,\"b\",\"\"]}", NULL, NULL,
		    -1, "a=1;a;b=;" },
		{ "{\"headers\":[{\"key\":\"a\",\"value\":\"1\"},"
		    "{\"key\":\"b\",\"value\":null}]}", NULL, NULL, -1,
		    "a=1;b;" },
		{ "{\"headers\":{\"a\":\"1\",\"a\":\"2\",\"c\":null}}", NULL,
		    NULL, -1, "a=1;a=2;c;" },
		{ "{\"headers\":[\"a\",{\"base64\":\"eA==\"}]}", NULL, NULL, -1,
		    "a=x;" },
		{ "{\"headers\":null,\"x\":{\"y\":[[],{}]}}", NULL, NULL, -1,
		    "" },
	};
	struct envelope env = { 0 };
	char copy[256];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct kerr e = KERR_INIT;
		struct buf b;

		if (parse(&env, copy, v[i].text, &e) != 0)
			fail_msg("%s: %s", v[i].text, e.msg);
		same(env.record.key, env.record.key_len, v[i].key);
		if (strstr(v[i].text, "hex") == NULL)
			same(env.record.value, env.record.value_len,
			    v[i].value);
		else
			assert_int_equal(env.record.value_len, 2);
		assert_int_equal(env.has_time ? env.record.timestamp : -1,
		    v[i].time);
		buf_init(&b, 0);
		for (int k = 0; k < env.record.n_headers; k++) {
			const struct record_header *h = &env.record.headers[k];

			buf_put(&b, h->name, (size_t)h->name_len);
			if (h->value_len >= 0) {
				buf_putc(&b, '=');
				buf_put(&b, h->value, (size_t)h->value_len);
			}
			buf_putc(&b, ';');
		}
		buf_putc(&b, '\0');
		assert_string_equal((char *)b.p, v[i].headers);
		buf_release(&b);
	}
	envelope_release(&env);
}

static void
test_bad_input(void **state)
{
	static const char *const v[] = {
		"", "x", "[]", "null", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
		"{\"payload\":\"a}", "{\"payload\":\"\\x\"}",
		"{\"payload\":\"\\ud800\"}", "{\"payload\":\"\\ud800\\u0041\"}",
		"{\"payload\":\"\\u12\"}", "{\"payload\":\"\x01\"}",
		"{\"payload\":\"\xff\"}", "{\"payload\":01}",
		"{\"payload\":{\"base64\":\"!\"}}", "{\"ts\":1.5}",
		"{\"ts\":99999999999999999999}", "{\"ts\":\"yesterday\"}",
		"{\"partition\":-2}", "{\"partition\":4294967296}",
		"{\"headers\":[\"a\"]}", "{\"headers\":[null,\"x\"]}",
		"{\"headers\":\"a\"}", "{} {}", "{}x", "{\"payload\":nul}",
		"{\"payload\":[1,2}", "{\"payload\":[1 2]}",
		"{\"payload\":1.}", "{\"payload\":1e}", "{\"payload\":-}",
	};
	struct envelope env = { 0 };
	char copy[256];

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct kerr e = KERR_INIT;

		if (parse(&env, copy, v[i], &e) != KE_DATA)
			fail_msg("taken: %s", v[i]);
		assert_non_null(strstr(e.msg, "at byte"));
	}
	envelope_release(&env);
}

/* A nested document is put as it is only where it comes back the same. */
static void
test_nested(void **state)
{
	static const struct {
		const char	*doc, *put;
	} v[] = {
		{ "{\"a\":1}", "{\"a\":1},\"value_format\":\"json\"" },
		{ "[1,\n2]", "[1, 2],\"value_format\":\"json\"" },
		{ "1.5", "1.5,\"value_format\":\"json\"" },
		{ "\"x\"", "\"\\\"x\\\"\"" },
		{ "null", "\"null\"" },
		{ "{\"a\":", "\"{\\\"a\\\":\",\"value_error\":\"no JSON\"" },
		{ "1 2", "\"1 2\",\"value_error\":\"no JSON\"" },
		{ "{\"base64\":\"x\"}", "\"{\\\"base64\\\":\\\"x\\\"}\"" },
		{ "", "\"\",\"value_error\":\"no JSON\"" },
	};
	struct envelope_opts opts = { .value = ENVELOPE_JSON };

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct record r = make(NULL, -1, v[i].doc,
		    (int32_t)strlen(v[i].doc));
		char *text = print(&opts, &r), *want;

		want = malloc(200);
		snprintf(want, 200, "\"payload\":%s,\"epoch\":5}", v[i].put);
		assert_string_equal(strstr(text, "\"payload\""), want);
		free(want);
		free(text);
	}
}

/* Depth costs a byte a level, and is bounded. */
static void
test_depth(void **state)
{
	struct envelope env = { 0 };
	char text[2100] = "{\"x\":";

	memset(text + 5, '[', 1000);
	memset(text + 1005, ']', 1000);
	strcpy(text + 2005, "}");
	assert_int_equal(envelope_parse(&env, text, 2006, NULL), KE_DATA);
	envelope_release(&env);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_bad_input),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
