/* crc32c.h: CRC-32C (Castagnoli, RFC 3720 appendix B.4), several bytes a
 * cycle by ISA-L. Start with 0; feed a result back in to continue.
 * crc32c(0, "123456789", 9) = 0xe3069283. */
#ifndef KLOG_BASE_CRC32C_H
#define KLOG_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(uint32_t crc, const void *p, size_t n);

#endif
