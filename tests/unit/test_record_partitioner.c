/* test_record_partitioner.c: partitions as Java and librdkafka choose them
 * (tests/data/record/partitioners.txt). */
#include "record_data.h"

#include <stdlib.h>

#include "record/partitioner.h"

static size_t
unhex(const char *s, uint8_t *to)
{
	unsigned int byte;
	size_t n = 0;

	for (; sscanf(s, "%2x", &byte) == 1; s += 2)
		to[n++] = (uint8_t)byte;
	return n;
}

static int
pick(enum partitioner_kind kind, const uint8_t *key, int32_t len, int32_t n)
{
	struct partitioner p;

	partitioner_init(&p, kind, 1);
	return partitioner_pick(&p, key, len, n);
}

static void
test_vectors(void **state)
{
	FILE *f = fopen("tests/data/record/partitioners.txt", "r");
	char line[256], hex[128];
	int hash, m4, m7, c4, c7, f4, f7, seen = 0;
	uint8_t key[64];
	int32_t n;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%127s %d %d %d %d %d %d %d", hex, &hash, &m4,
		    &m7, &c4, &c7, &f4, &f7) != 8 || line[0] == '#')
			continue;
		n = strcmp(hex, "-") == 0 ? 0 : (int32_t)unhex(hex, key);
		assert_int_equal(murmur2(key, (size_t)n), hash);
		assert_int_equal(pick(PARTITIONER_MURMUR2, key, n, 4), m4);
		assert_int_equal(pick(PARTITIONER_MURMUR2_RANDOM, key, n, 7),
		    m7);
		assert_int_equal(pick(PARTITIONER_CONSISTENT, key, n, 4), c4);
		assert_int_equal(pick(PARTITIONER_CONSISTENT, key, n, 7), c7);
		if (n > 0)
			assert_int_equal(pick(PARTITIONER_CONSISTENT_RANDOM,
			    key, n, 7), c7);
		assert_int_equal(pick(PARTITIONER_FNV1A, key, n, 4), f4);
		assert_int_equal(pick(PARTITIONER_FNV1A_RANDOM, key, n, 7),
		    f7);
		seen++;
	}
	fclose(f);
	assert_true(seen >= 20);
}

static void
test_null(void **state)
{
	/* librdkafka's answers for a null key, 7 partitions */
	assert_int_equal(pick(PARTITIONER_CONSISTENT, NULL, -1, 7), 0);
	assert_int_equal(pick(PARTITIONER_MURMUR2, NULL, -1, 7), 2);
	assert_int_equal(pick(PARTITIONER_FNV1A, NULL, -1, 7), 2);
}

/* Null keys stay on one partition until told, then go to another. */
static void
test_sticky(void **state)
{
	static const enum partitioner_kind kinds[] = {
		PARTITIONER_MURMUR2_RANDOM, PARTITIONER_CONSISTENT_RANDOM,
		PARTITIONER_FNV1A_RANDOM, PARTITIONER_STICKY
	};
	struct partitioner p;
	int32_t now, next, seen[5] = { 0 };

	for (size_t k = 0; k < 4; k++) {
		partitioner_init(&p, kinds[k], 42);
		assert_true(partitioner_is_sticky(&p, -1));
		for (int i = 0; i < 200; i++) {
			now = partitioner_pick(&p, NULL, -1, 5);
			assert_int_equal(partitioner_pick(&p, NULL, -1, 5),
			    now);
			seen[now]++;
			partitioner_next(&p, 5);
			next = partitioner_pick(&p, NULL, -1, 5);
			assert_int_not_equal(now, next);
		}
	}
	for (int i = 0; i < 5; i++)
		assert_in_range(seen[i], 100, 220);
	partitioner_next(&p, 1);
	assert_int_equal(partitioner_pick(&p, NULL, -1, 1), 0);
}

static void
test_spread(void **state)
{
	struct partitioner p;
	int32_t seen[4] = { 0 };

	partitioner_init(&p, PARTITIONER_ROUNDROBIN, 3);
	for (int i = 0; i < 40; i++)
		seen[partitioner_pick(&p, "same", 4, 4)]++;
	for (int i = 0; i < 4; i++)
		assert_int_equal(seen[i], 10);
	partitioner_init(&p, PARTITIONER_RANDOM, 3);
	for (int i = 0; i < 4000; i++)
		seen[partitioner_pick(&p, "same", 4, 4)]++;
	for (int i = 0; i < 4; i++)
		assert_in_range(seen[i], 900, 1120);
}

static void
test_names(void **state)
{
	for (int i = 0; i < PARTITIONER_MAX; i++)
		assert_int_equal(partitioner_by_name(partitioner_name(i)), i);
	assert_null(partitioner_name(PARTITIONER_MAX));
	assert_int_equal(partitioner_by_name("default"),
	    PARTITIONER_MURMUR2_RANDOM);
	assert_int_equal(partitioner_by_name("murmur3"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_null),
		cmocka_unit_test(test_sticky),
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
