#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/exit.h"
#include "cli/output.h"

static const char *const columns[] = { "topic", "leader_id", "replicas",
    "internal", NULL };

/* Two rows in one form, as text that the caller frees. */
static char *
print(enum output_kind kind)
{
	static const int32_t ids[] = { 1, 22 };
	struct output o;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	output_open(&o, kind, f, columns);
	output_row(&o, (struct cell[]){ CELL_STR("a\tb\"\n"), CELL_N(-7),
	    CELL_LIST(ids, 2), CELL_YES(true) });
	output_row(&o, (struct cell[]){ cell_text("x\377z", 2), CELL_N(12345),
	    CELL_LIST(ids, 0), CELL_NONE });
	output_close(&o);
	fclose(f);
	return text;
}

static void
test_forms(void **state)
{
	static const char *const want[] = {
		[OUTPUT_TABLE] =
		"TOPIC    LEADER-ID  REPLICAS  INTERNAL\n"
		"a\\tb\"\\n         -7  1,22      true\n"
		"x\377           12345            -\n",
		[OUTPUT_TSV] = "a\\tb\"\\n\t-7\t1,22\ttrue\nx\377\t12345\t\t\n",
		[OUTPUT_JSON] =
		"{\"topic\":\"a\\tb\\\"\\n\",\"leader_id\":-7,"
		"\"replicas\":[1,22],\"internal\":true}\n"
		"{\"topic\":{\"base64\":\"eP8=\"},\"leader_id\":12345,"
		"\"replicas\":[],\"internal\":null}\n",
	};
	char *text;
	int i;

	for (i = 0; i < 3; i++) {
		text = print((enum output_kind)i);
		assert_string_equal(text, want[i]);
		free(text);
	}
}

static void
test_classes(void **state)
{
	static const struct {
		struct kerr	e;
		enum exit_class	class;
	} cases[] = {
		{ { 0, 0, 0, "" }, EXIT_DONE },
		{ { KE_SYS, ENOENT, 0, "" }, EXIT_BAD_USAGE },
		{ { KE_SYS, ECONNREFUSED, 0, "" }, EXIT_UNREACHABLE },
		{ { KE_TIMEOUT, 0, 0, "" }, EXIT_UNREACHABLE },
		{ { KE_PROTO, 0, 0, "" }, EXIT_UNREACHABLE },
		{ { KE_CRC, 0, 0, "" }, EXIT_BAD_DATA },
		{ { KE_LOCKED, 0, 0, "" }, EXIT_CONFLICT },
		{ { KE_BROKER, 0, 3, "" }, EXIT_MISSING },
		{ { KE_BROKER, 0, 6, "" }, EXIT_UNREACHABLE },
		{ { KE_BROKER, 0, 17, "" }, EXIT_BAD_USAGE },
		{ { KE_BROKER, 0, 29, "" }, EXIT_DENIED },
		{ { KE_BROKER, 0, 36, "" }, EXIT_CONFLICT },
		{ { KE_BROKER, 0, -1, "" }, EXIT_UNREACHABLE },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(exit_class(&cases[i].e), cases[i].class);
}

static void
test_worse(void **state)
{
	assert_int_equal(exit_worse(EXIT_DONE, EXIT_DONE), EXIT_DONE);
	assert_int_equal(exit_worse(EXIT_NO, EXIT_MISSING), EXIT_MISSING);
	assert_int_equal(exit_worse(EXIT_CONFLICT, EXIT_MISSING),
	    EXIT_CONFLICT);
	assert_int_equal(exit_worse(EXIT_IDLE, EXIT_DONE), EXIT_IDLE);
	assert_int_equal(exit_worse(EXIT_DONE, EXIT_IDLE), EXIT_IDLE);
	assert_int_equal(exit_worse(EXIT_IDLE, EXIT_NO), EXIT_NO);
	assert_int_equal(exit_worse(EXIT_UNREACHABLE, EXIT_IDLE),
	    EXIT_UNREACHABLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_worse),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
