/* The regular expressions by which members subscribe: what is one, and that
 * none holds the broker up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/klog-broker/topic_regex.h"

static bool
is_one(const char *text)
{
	struct topic_regex *re = topic_regex_new(kstr(text));

	topic_regex_free(re);
	return re != NULL;
}

/* As RE2/J 1.8 has it, which Apache Kafka 4.3 uses. */
static void
what_is_one(void **state)
{
	static const char *const good[] = { "orders.*", "a|b", "(a|b)+", "|",
		"()", "(?:a*)*", "(a*)+", "a*?", "a??", "a{2}?", "a{2,}",
		"a{0,1000}", "a{,3}", "a{", "(?i)a", "(?i-s:a)", "(?U)a+",
		"(?)", "(?<n>a)", "(?P<n_1>a)", "\\d\\D\\s\\S\\w\\W",
		"\\A\\b\\B\\z", "\\Qa*+\\E", "\\Qa", "\\Qa\\E*", "\\.\\_\\-",
		"\\x41\\x{41}", "\\07\\12", "\\a\\f\\n\\r\\t\\v",
		"\\pN\\p{Greek}", "[a-z]", "[^]a]", "[]a]",
		"[[:alpha:]_]", "[\\d_]", "[a\\]b]", "[*+?{]+", "[(?=]",
		"(a{100}){100}" };
	static const char *const bad[] = {
		/* back references */
		"(a)\\1", "(?<n>a)\\k<n>", "(?P<n>a)(?P=n)", "(a)\\g1",
		"(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)\\12",
		/* looking around */
		"(?=a)a", "(?!a)b", "(?<=a)b", "(?<!a)b",
		/* possessive, atomic */
		"a*+", "a++", "a?+", "a{2}+", "(?>a)",
		/* one behind another */
		"a**", "a*??", "a{2}{3}", "a+{2}", "{+",
		/* counts */
		"a{1001}", "a{0,1001}", "a{5,2}", "a{99999999999}",
		/* groups */
		"(?#a)", "(?x)a", "(?n)a", "(?J)a", "(?|a)", "(?R)", "(?1)",
		"(?(1)a)", "(?C)", "(?'n'a)", "(?P>n)", "(?-)", "(?i-)", "(?i",
		"(?<>a)", "(?<n-1>a)", "(?^)a", "(*UTF)a", "a(*COMMIT)b",
		/* escapes */
		"\\Z", "\\G", "\\K", "\\h", "\\H", "\\N", "\\R", "\\X",
		"\\e", "\\cA", "\\C", "\\E", "\\o{12}", "\\8", "\\x4",
		"\\x{}", "\\x", "\\y", "[\\b]", "[\\Qa]", "[\\R]", "[\\1]", "\\",
		/* what is none anywhere */
		"(", "a)", "[a", "[[:foo:]]", "[z-a]", "*", "+a", "(*)",
		"\\p{Foo}", "\xff"
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!is_one(good[i]))
			fail_msg("%s is refused", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (is_one(bad[i]))
			fail_msg("%s is taken", bad[i]);
}

static bool
matches(const char *text, struct kstr topic)
{
	struct topic_regex *re = topic_regex_new(kstr(text));
	bool yes;

	assert_non_null(re);
	yes = topic_regex_matches(re, topic);
	assert_int_equal(topic_regex_matches(re, topic), yes);
	topic_regex_free(re);
	return yes;
}

static void
the_whole_name(void **state)
{
	assert_true(matches("orders.*", kstr("orders-eu")));
	assert_false(matches("orders", kstr("orders-eu")));
	assert_false(matches("eu", kstr("orders-eu")));
	assert_true(matches("a|ab", kstr("ab")));
	assert_true(matches("a*?", kstr("aaa")));
	assert_true(matches("(?i)ORDERS", kstr("orders")));
	assert_true(matches("\\Qa.b\\E", kstr("a.b")));
	assert_false(matches("\\Qa.b\\E", kstr("acb")));
	assert_true(matches("[[:alpha:]]+", kstr("orders")));
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* What takes steps without end when each way is tried for itself. */
static void
none_holds_up(void **state)
{
	static const struct {
		const char *text;
		bool	    a, b, c;	/* aa..a, aa..ab, aa..ac */
	} t[] = {
		{ "(a+)+$", true, false, false },
		{ "(a+)+b", false, true, false },
		{ "(a|a)*b", false, true, false },
		{ "(a|aa)+[bc]", false, true, true },
		{ "((a+)+b|(a|aa)*c)", false, true, true },
		{ "(a*)*(a*)*(a*)*(a*)*c", false, false, true },
		{ "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)c", false, false, true },
	};
	char name[249];
	struct kstr topic = { name, sizeof(name) };
	double began = seconds();

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(name, 'a', sizeof(name));
		assert_int_equal(matches(t[i].text, topic), t[i].a);
		name[248] = 'b';
		assert_int_equal(matches(t[i].text, topic), t[i].b);
		name[248] = 'c';
		assert_int_equal(matches(t[i].text, topic), t[i].c);
	}
	/* so many ways that it is given up: no topic is better than no broker */
	for (int i = 0; i < 10; i++)
		assert_false(matches("((a{1,20}){1,20}){1,20}[de]",
		    topic));
	assert_true(seconds() - began < 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_one),
		cmocka_unit_test(the_whole_name),
		cmocka_unit_test(none_holds_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
