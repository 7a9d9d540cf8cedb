/*
 * varint.h: the variable-length integers of Kafka: unsigned (compact lengths,
 * tags; not zigzag) and zigzag-signed (inside records). Inline, because the
 * record paths call them for every line.
 *
 * The put functions write at p, which must have room (at most 5 bytes for 32
 * bits, 10 for 64), and return the bytes written. The get functions read from
 * [p, end) and return the bytes read, or 0 when the input ends inside the
 * number or the number is longer than its type.
 */
#ifndef KLOG_BASE_VARINT_H
#define KLOG_BASE_VARINT_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t
zigzag32(int32_t v)
{
	return ((uint32_t)v << 1) ^ (uint32_t)(v >> 31);
}

static inline uint64_t
zigzag64(int64_t v)
{
	return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static inline int64_t
unzigzag64(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static inline size_t
uvarint_size(uint64_t v)
{
	/* bits / 7 rounded up, for 1 to 64 bits, without a division */
	return (size_t)((63 - __builtin_clzll(v | 1)) * 9 + 73) / 64;
}

static inline size_t
uvarint_put(uint8_t *p, uint64_t v)
{
	size_t n = 0;

	while (v > 0x7f) {
		p[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	p[n++] = (uint8_t)v;
	return n;
}

static inline size_t
varint_size(int64_t v)
{
	return uvarint_size(zigzag64(v));
}

static inline size_t
varint_put(uint8_t *p, int64_t v)
{
	return uvarint_put(p, zigzag64(v));
}

static inline size_t
uvarint64_get(const uint8_t *p, const uint8_t *end, uint64_t *out)
{
	uint64_t v = 0;

	if (__builtin_expect(p < end && *p < 0x80, 1)) {
		*out = *p;
		return 1;
	}
	for (unsigned int i = 0; i < 10 && p + i < end; i++) {
		v |= (uint64_t)(p[i] & 0x7f) << (7 * i);
		if (p[i] < 0x80) {
			if (i == 9 && p[i] > 1)
				return 0;
			*out = v;
			return i + 1;
		}
	}
	return 0;
}

static inline size_t
uvarint32_get(const uint8_t *p, const uint8_t *end, uint32_t *out)
{
	uint64_t v;
	size_t n;

	/* one or two bytes: nearly every number in a record */
	if (p < end && *p < 0x80) {
		*out = *p;
		return 1;
	}
	if (end - p >= 2 && p[1] < 0x80) {
		*out = (uint32_t)(p[0] & 0x7f) | (uint32_t)p[1] << 7;
		return 2;
	}
	n = uvarint64_get(p, end, &v);
	if (n == 0 || n > 5 || v > UINT32_MAX)
		return 0;
	*out = (uint32_t)v;
	return n;
}

static inline size_t
varint64_get(const uint8_t *p, const uint8_t *end, int64_t *out)
{
	uint64_t v;
	size_t n = uvarint64_get(p, end, &v);

	if (n != 0)
		*out = unzigzag64(v);
	return n;
}

static inline size_t
varint32_get(const uint8_t *p, const uint8_t *end, int32_t *out)
{
	uint32_t v;
	size_t n = uvarint32_get(p, end, &v);

	if (n != 0)
		*out = (int32_t)unzigzag64(v);
	return n;
}

#endif
