/* seeds.h: a test of many random runs: seeds 0 to n - 1, then one from the
 * clock, which is printed; KLOG_SEED chooses one. Included behind cmocka.h. */
#ifndef TESTS_SEEDS_H
#define TESTS_SEEDS_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static inline void
run_seeds(void (*run)(uint64_t seed), uint64_t n)
{
	const char *env = getenv("KLOG_SEED");
	uint64_t seed = (uint64_t)time(NULL);

	if (env != NULL) {
		run(strtoull(env, NULL, 10));
		return;
	}
	for (uint64_t i = 0; i < n; i++) {
		print_message("# seed %llu\r", (unsigned long long)i);
		run(i);
	}
	print_message("# seed %llu\n", (unsigned long long)seed);
	run(seed);
}

#endif
