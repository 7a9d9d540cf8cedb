/* test_broker_pace.c: how fast a compaction goes, over minutes that do not
 * pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cmd/klog-broker/pace.h"

enum { MIB = 1 << 20, STEP_NS = 2000000 };	/* of work for a mebibyte */

/* Seconds that a pass over so many MiB takes while rounds run in busy of each
 * ten seconds. */
static double
run(double rate, int mib, int busy)
{
	int64_t now = 1000, began = now, ns, s;
	struct pace p;

	pace_begin(&p, rate, (int64_t)mib * MIB, now);
	for (int i = 0; i < mib; i++) {
		now += STEP_NS;
		pace_add(&p, MIB, now);
		while (s = (now - began) / 1000000000,
		    (ns = pace_wait(&p, s % 10 < busy, now)) != 0) {
			assert_true(ns > 0 && ns <= 50000000);
			now += ns;
		}
	}
	return (double)(now - began) / 1e9;
}

static void
test_pace(void **state)
{
	static const struct {
		const char	*what;
		double		 rate;
		int		 mib;
		int		 busy;
		double		 least, most;	/* seconds */
	} t[] = {
		{ "alone", 1e18, 1000, 0, 2, 2 },
		{ "beside rounds that never end, to its end all the same",
		    1e18, 1000, 10, 34, 36 },
		{ "nor for longer than ten minutes", 1e18, 100000, 10,
		    790, 900 },
		{ "rounds for half of the time", 1e18, 5000, 5, 19, 19.8 },
		{ "a rate that is lower than both", 10e6, 100, 10, 10.4,
		    10.6 },
		{ "a rate, and nobody else", 10e6, 100, 0, 10.4, 10.6 },
		{ "a rate that is higher", 2e9, 1000, 0, 2, 2 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		double s = run(t[i].rate, t[i].mib, t[i].busy);

		if (s < t[i].least - 1e-6 || s > t[i].most + 1e-6)
			fail_msg("%s: %.3f s", t[i].what, s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pace),
	};

	return cmocka_run_group_tests_name("broker_pace", tests, NULL, NULL);
}
