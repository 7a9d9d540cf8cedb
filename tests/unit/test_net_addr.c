/* test_net_addr.c: names of places to dial. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

#include "net/addr.h"

static int
parse(struct addr *a, const char *s)
{
	struct kerr e = KERR_INIT;

	return addr_parse(a, s, strlen(s), 9092, &e);
}

static void
forms(void **state)
{
	static const struct {
		const char *in, *host;
		int port;
		const char *out;
	} rows[] = {
		{ "localhost", "localhost", 9092, "localhost:9092" },
		{ "kafka-1.x.example:1", "kafka-1.x.example", 1, NULL },
		{ "10.0.0.1:65535", "10.0.0.1", 65535, NULL },
		{ "[::1]:9093", "::1", 9093, NULL },
		{ "[::1]", "::1", 9092, "[::1]:9092" },
		{ "fe80::1", "fe80::1", 9092, "[fe80::1]:9092" },
		{ "/run/x y:1.sock", "/run/x y:1.sock", 0, NULL },
		{ "h:0", "h", 0, NULL },
	};
	char text[ADDR_TEXT_MAX];
	struct addr a;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(&a, rows[i].in), 0);
		assert_string_equal(a.host, rows[i].host);
		assert_int_equal(a.port, rows[i].port);
		assert_string_equal(addr_text(&a, text),
		    rows[i].out != NULL ? rows[i].out : rows[i].in);
	}
}

static void
no_addresses(void **state)
{
	static const char *const bad[] = {
		"", ":", ":9092", "h:", "h:x", "h:65536", "h:-1", "h:123456",
		"[::1", "[::1]9092", "[]", "[]:1", "a b", "a\tb:1", "h:1 ",
	};
	char longest[400];
	struct addr a;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse(&a, bad[i]), KE_USAGE);
	memset(longest, 'h', sizeof(longest));
	longest[256] = '\0';
	assert_int_equal(parse(&a, longest), KE_USAGE);
	longest[255] = '\0';
	assert_int_equal(parse(&a, longest), 0);
	longest[0] = '/';
	assert_int_equal(parse(&a, longest), KE_USAGE);
	longest[107] = '\0';
	assert_int_equal(parse(&a, longest), 0);
}

static void
lists(void **state)
{
	struct kerr e = KERR_INIT;
	struct addr *v;

	assert_int_equal(addr_parse_list(&v, "a:1, b ,/s,[::1]:2", 9, &e), 4);
	assert_string_equal(v[1].host, "b");
	assert_int_equal(v[1].port, 9);
	assert_true(addr_is_unix(&v[2]));
	assert_int_equal(v[3].port, 2);
	free(v);
	assert_int_equal(addr_parse_list(&v, "", 9, &e), KE_USAGE);
	assert_int_equal(addr_parse_list(&v, "a,,b", 9, &e), KE_USAGE);
	assert_int_equal(addr_parse_list(&v, "a,", 9, &e), KE_USAGE);
}

static void
resolving(void **state)
{
	struct kerr e = KERR_INIT;
	struct addr a, back;
	struct addr_set set;

	assert_int_equal(parse(&a, "127.0.0.1:7"), 0);
	assert_int_equal(addr_resolve(&set, &a, false, &e), 0);
	assert_int_equal(set.n, 1);
	addr_from_sockaddr(&back, (struct sockaddr *)&set.v[0], set.len[0]);
	assert_string_equal(back.host, "127.0.0.1");
	assert_int_equal(back.port, 7);
	addr_set_release(&set);

	assert_int_equal(parse(&a, "/tmp/s"), 0);
	assert_int_equal(addr_resolve(&set, &a, false, &e), 0);
	assert_int_equal(set.v[0].ss_family, AF_UNIX);
	addr_from_sockaddr(&back, (struct sockaddr *)&set.v[0], set.len[0]);
	assert_string_equal(back.host, "/tmp/s");
	addr_set_release(&set);

	assert_int_equal(parse(&a, "no-such-host.invalid"), 0);
	assert_int_equal(addr_resolve(&set, &a, false, &e), KE_UNREACHABLE);
	assert_non_null(strstr(e.msg, "no-such-host.invalid"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms), cmocka_unit_test(no_addresses),
		cmocka_unit_test(lists), cmocka_unit_test(resolving),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
