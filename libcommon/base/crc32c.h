/* crc32c.h: CRC-32C (Castagnoli, RFC 3720 appendix B.4), several bytes a
 * cycle by ISA-L. Start with 0; feed a result back in to continue.
 * crc32c(0, "123456789", 9) = 0xe3069283. */
#ifndef KLOG_BASE_CRC32C_H
#define KLOG_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(uint32_t crc, const void *p, size_t n);

/* What the CRC of a message becomes when n bytes of it, old, are replaced by as
 * many new ones; `behind` bytes follow them. The rest is not looked at: it takes
 * a microsecond whatever its size, and damage in it stays visible. */
uint32_t crc32c_replace(uint32_t crc, const void *old, const void *new,
    size_t n, size_t behind);

#endif
