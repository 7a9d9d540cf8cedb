#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/common.h"
#include "cli/options.h"

#define WORD(s)	((char *)(uintptr_t)(s))

struct opts {
	struct common	 common;
	bool		 exit;
	int64_t		 count;
	const char	*format;
	struct opt_list	 headers;
	int		 codec;
	char		 called[16];
};

static int
call(void *base, const struct opt *o, const char *arg, struct kerr *e)
{
	struct opts *p = base;

	if (strlen(arg) >= sizeof(p->called))
		return kerr_set(e, KE_USAGE, "'%s' is too long", arg);
	strcpy(p->called, arg);
	return 0;
}

static const char *const codecs[] = { "none", "gzip", "zstd", NULL };

static const struct opt table[] = {
	OPT_WHERE(struct opts, common)
	OPT_GROUP("Which records"),
	OPT_FLAG('e', "exit", struct opts, exit, "stop at the end"),
	OPT_INT('c', "count", "N", struct opts, count, 1, 1000,
	    "stop after N\nprinted"),
	OPT_STR('f', "format", "FMT", struct opts, format, "how"),
	OPT_LIST('H', "header", "N=V", struct opts, headers, "a header"),
	OPT_CHOICE('z', "codec", "NAME", struct opts, codec, codecs, "codec"),
	OPT_CALL(0, "call", "ARG", call, "calls"),
	OPT_IGNORE('P', NULL, NULL),
	OPT_JSON(struct opts, common, "one object a line")
	OPT_CONTACT(struct opts, common)
	OPT_COMMON(struct opts, common)
	OPT_END
};

static const struct program program = {
	"klog-test", "[OPTION].. TOPIC..", "Tests.", table, NULL,
	COMMON_FOOTER
};

/* Parses words (NULL-ended); returns what options_parse returned. */
static int
parse(const struct program *p, struct opts *o, struct kerr *e, ...)
{
	char *argv[32];
	va_list ap;
	int argc = 1;

	memset(o, 0, sizeof(*o));
	memset(e, 0, sizeof(*e));
	argv[0] = WORD("klog-test");
	va_start(ap, e);
	while ((argv[argc] = va_arg(ap, char *)) != NULL)
		argc++;
	va_end(ap);
	argc = options_parse(p, o, argc, argv, e);
	free(o->headers.v);
	return argc;
}

static void
test_kinds(void **state)
{
	struct opts o;
	struct kerr e;

	assert_int_equal(parse(&program, &o, &e, "-ec5", "-f", "-x-", "t1",
	    "--codec=zstd", "--call", "x", "-HA=1", "--header", "B=2", "t2",
	    "-m", "0.5", "-vvv", "--no-progress", "-P", "-", "--", "-e",
	    NULL), 4);
	assert_true(o.exit);
	assert_int_equal(o.count, 5);
	assert_string_equal(o.format, "-x-");
	assert_int_equal(o.codec, 2);
	assert_string_equal(o.called, "x");
	assert_int_equal(o.headers.n, 2);
	assert_int_equal(o.common.first_contact, 500);
	assert_int_equal(o.common.verbose, 3);
	assert_int_equal(o.common.progress, -1);
}

static void
test_operands(void **state)
{
	char *argv[] = { WORD("x"), WORD("a"), WORD("-e"), WORD("-"),
	    WORD("--"), WORD("-c"), NULL };
	struct opts o = { .exit = false };
	struct kerr e = KERR_INIT;

	assert_int_equal(options_parse(&program, &o, 6, argv, &e), 3);
	assert_string_equal(argv[1], "a");
	assert_string_equal(argv[2], "-");
	assert_string_equal(argv[3], "-c");
	assert_null(argv[4]);
}

static void
test_prefix(void **state)
{
	struct opts o;
	struct kerr e;

	assert_int_equal(parse(&program, &o, &e, "--form", "x", NULL), 0);
	assert_string_equal(o.format, "x");
	assert_int_equal(parse(&program, &o, &e, "--co=1", NULL), KE_USAGE);
	assert_string_equal(e.msg, "option '--co' is ambiguous");
}

static void
test_refused(void **state)
{
	static const struct {
		const char	*word, *text;
	} cases[] = {
		{ "--exti", "unknown option '--exti' (did you mean '--exit'?)" },
		{ "--frobnicate", "unknown option '--frobnicate'" },
		{ "-Q", "unknown option '-Q'" },
		{ "--exit=1", "option '--exit' takes no value" },
		{ "--count", "option '--count' needs a value: N" },
		{ "-c", "option '-c' needs a value: N" },
		{ "-cx", "option '--count': 'x' is not a whole number" },
		{ "-c0", "option '--count': 0 is not within 1..1000" },
		{ "-zztsd", "option '--codec': 'ztsd' is none of its values "
		    "(did you mean 'zstd'?)" },
		{ "--call=0123456789abcdef", "option '--call': "
		    "'0123456789abcdef' is too long" },
		{ "-dwier", "option '--debug': 'wier' is none of wire, net, "
		    "store, client, broker, group, all" },
		{ "-m1x", "option '--timeout': '1x' is not a duration such as "
		    "5, 0.5, 500ms or 1h30m" },
	};
	struct opts o;
	struct kerr e;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(&program, &o, &e, cases[i].word, NULL),
		    KE_USAGE);
		assert_string_equal(e.msg, cases[i].text);
	}
}

static void
test_verbs(void **state)
{
	static const struct opt rows[] = {
		{ .c = 'p', .name = "partitions", .arg = "N",
		    .kind = OPT_KIND_INT, .max = 9, .verbs = 1u << 1,
		    .target = offsetof(struct opts, count) },
		OPT_FLAG('e', "exit", struct opts, exit, "x"),
		OPT_END
	};
	static const struct opt_verb verbs[] = {
		{ "list", "", "lists" }, { "create", "TOPIC..", "creates" },
		{ NULL, NULL, NULL }
	};
	const struct program p = { "klog-test", "", "", rows, verbs, NULL };
	struct opts o;
	struct kerr e;

	assert_int_equal(parse(&p, &o, &e, "create", "-p3", "t", NULL), 2);
	assert_int_equal(parse(&p, &o, &e, "-e", "list", NULL), 1);
	assert_int_equal(parse(&p, &o, &e, "-p3", "list", NULL), KE_USAGE);
	assert_string_equal(e.msg, "option '--partitions' does not go with "
	    "'list'");
	assert_int_equal(parse(&p, &o, &e, "craete", "t", NULL), KE_USAGE);
	assert_string_equal(e.msg, "unknown verb 'craete' (did you mean "
	    "'create'?)");
}

static void
test_help(void **state)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	options_help(&program, f);
	fclose(f);
	assert_non_null(strstr(text, "usage: klog-test [OPTION].. TOPIC..\n"
	    "Tests.\nWhere\n  -b, --brokers H[:P],..  else $KLOG_BROKERS"));
	assert_non_null(strstr(text, "  -c, --count N           stop after N\n"
	    "                          printed\n"));
	assert_null(strstr(text, "-P"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_verbs),
		cmocka_unit_test(test_help),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
