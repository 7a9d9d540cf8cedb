/* test_base_misc.c: arena, errors, CRC-32C, and the machine (struct sys). */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/crc32c.h"
#include "base/siphash.h"
#include "base/err.h"
#include "base/sys.h"

static void
test_arena(void **state)
{
	struct arena a;
	uint8_t *p;
	size_t sum = 0;

	arena_init(&a, 100000);
	for (size_t n = 1; n < 300; n += 7) {
		p = arena_alloc(&a, n);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xaa, n);
		sum += n;
	}
	assert_true(a.used >= sum);
	assert_null(arena_alloc(&a, 100000));
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_non_null(arena_alloc(&a, 50000));	/* still works */
	assert_string_equal(arena_strndup(&a, "abcdef", 3), "abc");
	arena_clear(&a);
	assert_int_equal(a.used, 0);
	p = arena_alloc(&a, 99000);
	assert_non_null(p);
	assert_int_equal(p[98999], 0);
	arena_release(&a);
}

static void
test_err(void **state)
{
	struct kerr e = KERR_INIT;
	char longer[700];

	assert_int_equal(kerr_set(&e, KE_CRC, "batch at %d", 1337), KE_CRC);
	assert_string_equal(e.msg, "batch at 1337");
	assert_int_equal(kerr_wrap(&e, "segment %d", 42), KE_CRC);
	assert_string_equal(e.msg, "segment 42: batch at 1337");
	errno = ENOSPC;
	assert_int_equal(kerr_sys(&e, "write '%s'", "f"), KE_SYS);
	assert_int_equal(e.sys, ENOSPC);
	assert_string_equal(e.msg, "write 'f': No space left on device");
	assert_int_equal(kerr_kafka(&e, 87, "refused"), KE_BROKER);
	assert_int_equal(e.kafka, 87);
	assert_int_equal(e.sys, 0);
	/* cut, never overrun */
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	kerr_set(&e, KE_DATA, "%s", longer);
	kerr_wrap(&e, "%s", longer);
	assert_true(strlen(e.msg) < sizeof(e.msg));
	kerr_clear(&e);
	assert_int_equal(e.code, 0);
	assert_int_equal(kerr_set(NULL, KE_EOF, "x"), KE_EOF);
	assert_string_equal(kerr_text(KE_CRC), "CRC mismatch");
	assert_non_null(kerr_text(-12345));
}

/* RFC 3720, appendix B.4, and in pieces of every length. */
static void
test_crc32c(void **state)
{
	uint8_t p[256];
	uint32_t whole;

	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	memset(p, 0, 32);
	assert_int_equal(crc32c(0, p, 32), 0x8a9136aa);
	memset(p, 0xff, 32);
	assert_int_equal(crc32c(0, p, 32), 0x62a8ab43);
	for (int i = 0; i < 256; i++)
		p[i] = (uint8_t)i;
	assert_int_equal(crc32c(0, p, 32), 0x46dd794e);
	assert_int_equal(crc32c(0, p, 0), 0);
	whole = crc32c(0, p, 256);
	for (size_t n = 0; n <= 256; n++)
		assert_int_equal(crc32c(crc32c(0, p, n), p + n, 256 - n),
		    whole);
}

/* Any bytes of a message, with any number of them behind. */
static void
test_crc32c_replace(void **state)
{
	enum { SIZE = 300000 };
	uint8_t *p = malloc(SIZE), old[64];
	uint32_t crc, r = 1;

	for (size_t i = 0; i < SIZE; i++)
		p[i] = (uint8_t)((r = r * 1103515245 + 12345) >> 16);
	for (size_t size = 1; size <= SIZE; size += 1 + size / 3)
		for (size_t at = 0; at < size; at += 1 + size / 5) {
			size_t n = size - at < 64 ? size - at : 64;

			crc = crc32c(0, p, size);
			memcpy(old, p + at, n);
			for (size_t i = 0; i < n; i++)
				p[at + i] ^= (uint8_t)(i * 37 + size);
			assert_int_equal(crc32c_replace(crc, old, p + at, n,
			    size - at - n), crc32c(0, p, size));
		}
	free(p);
}

static void
test_sys(void **state)
{
	const struct sys *s = sys_real();
	char dir[] = "/tmp/klog-test-XXXXXX", a[64], b[64], got[8];
	char text[] = "abcdef";
	struct iovec iov[2] = { { text, 3 }, { text + 3, 3 } };
	struct stat st;
	uint64_t r1 = 0, r2 = 0;
	int64_t t;
	int fd;

	assert_non_null(mkdtemp(dir));
	snprintf(a, sizeof(a), "%s/a", dir);
	snprintf(b, sizeof(b), "%s/b", dir);
	fd = s->open(s, a, O_RDWR | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(s->pwritev(s, fd, iov, 2, 2), 6);
	assert_int_equal(s->pread(s, fd, got, 8, 0), 8);
	assert_memory_equal(got, "\0\0abcdef", 8);
	s->reserve(s, fd, 0, 1 << 20);
	s->writeback(s, fd, 0, 8);
	s->forget(s, fd);
	assert_int_equal(s->pread(s, fd, got, 8, 0), 8);
	assert_memory_equal(got, "\0\0abcdef", 8);
	assert_int_equal(s->await_writeback(s, fd, 0, 8), 0);
	assert_int_equal(s->fdatasync(s, fd), 0);
	assert_int_equal(s->fsync(s, fd), 0);
	assert_int_equal(s->fstat(s, fd, &st), 0);
	assert_int_equal(st.st_size, 8);	/* reserving left it alone */
	assert_int_equal(s->ftruncate(s, fd, 4), 0);
	assert_int_equal(s->close(s, fd), 0);
	assert_int_equal(s->rename(s, a, b), 0);
	assert_int_equal(s->sync_dir(s, dir), 0);
	assert_int_equal(s->open(s, a, O_RDONLY, 0), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(s->unlink(s, b), 0);
	assert_int_equal(s->rmdir(s, dir), 0);

	t = sys_mono_ns(s);
	assert_true(sys_mono_ns(s) >= t);
	assert_true(sys_now_ms(s) > 1600000000000);
	s->random(s, &r1, sizeof(r1));
	s->random(s, &r2, sizeof(r2));
	assert_true(r1 != r2);
}

/* From OpenSSL: mac -macopt size:16 -macopt c-rounds:1 -macopt d-rounds:3
 * -macopt hexkey:000102030405060708090a0b0c0d0e0f SIPHASH */
static void
test_siphash(void **state)
{
	static const struct {
		const char	*text;
		uint8_t		 digest[16];
	} rows[] = {
		{ "", { 0xe7, 0x7e, 0xbc, 0xb2, 0x27, 0x88, 0xa5, 0xbe, 0xfd,
		    0x62, 0xdb, 0x6a, 0xdd, 0x30, 0x30, 0x01 } },
		{ "a", { 0x08, 0x3c, 0x37, 0xde, 0x63, 0x7c, 0x4f, 0xa8, 0x49,
		    0x2f, 0xd7, 0x5d, 0x37, 0xae, 0x8a, 0x67 } },
		{ "abcdefgh", { 0x73, 0xa0, 0x26, 0x5a, 0x47, 0xfc, 0xbd, 0x46,
		    0xc8, 0xab, 0x9f, 0x0f, 0x5a, 0x33, 0x95, 0x2d } },
		{ "abcdefghijklmno", { 0x78, 0x79, 0x72, 0x73, 0x9c, 0x1e,
		    0xc9, 0x01, 0x1f, 0xf9, 0x4f, 0x41, 0x96, 0x94, 0x89,
		    0xf0 } },
	};
	const struct siphash_key k = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct digest128 d = siphash128(&k, rows[i].text,
		    strlen(rows[i].text));

		d.a = htole64(d.a);
		d.b = htole64(d.b);
		assert_memory_equal(&d, rows[i].digest, 16);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_err),
		cmocka_unit_test(test_crc32c),
		cmocka_unit_test(test_crc32c_replace),
		cmocka_unit_test(test_siphash),
		cmocka_unit_test(test_sys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
