/*
 * err.h: how functions of libcommon fail.
 *
 * A function that can fail returns 0 (or a count) or one negative code of
 * enum kerr_code, and takes a caller-owned struct kerr as its last parameter,
 * where it leaves the text. The struct is left untouched on success, so calls
 * can be chained. Each level prefixes what it was doing with kerr_wrap(), so
 * that the text reads from the outside in:
 *
 *	orders-3: segment 00000000000000000042.log: batch at 1337: CRC mismatch
 */
#ifndef KLOG_BASE_ERR_H
#define KLOG_BASE_ERR_H

#include <stdarg.h>
#include <stdint.h>

#define KERR_CODES(X)							\
	X(KE_SYS,	  -1, "system call failed")	/* see kerr.sys */ \
	X(KE_EOF,	  -2, "connection closed by the peer")		\
	X(KE_TIMEOUT,	  -3, "timed out")				\
	X(KE_UNREACHABLE, -4, "cannot be reached")			\
	X(KE_PROTO,	  -5, "malformed message")			\
	X(KE_CRC,	  -6, "CRC mismatch")				\
	X(KE_CORRUPT,	  -7, "corrupt file")				\
	X(KE_RANGE,	  -8, "over the limit")				\
	X(KE_UNSUPPORTED, -9, "not supported")				\
	X(KE_BROKER,	 -10, "refused by the broker")	/* kerr.kafka */ \
	X(KE_CONFIG,	 -11, "bad configuration")			\
	X(KE_USAGE,	 -12, "bad usage")				\
	X(KE_NOTFOUND,	 -13, "not found")				\
	X(KE_EXISTS,	 -14, "exists already")				\
	X(KE_LOCKED,	 -15, "locked by another process")		\
	X(KE_AUTH,	 -16, "not authorised")				\
	X(KE_DATA,	 -17, "bad data")				\
	X(KE_OFFLINE,	 -18, "offline after a disk error")		\
	X(KE_CANCELLED,	 -19, "cancelled")				\
	X(KE_AGAIN,	 -20, "not now")	/* internal: try later */

enum kerr_code {
#define X(name, value, text) name = value,
	KERR_CODES(X)
#undef X
};

struct kerr {
	int	code;		/* enum kerr_code, 0 = no error */
	int	sys;		/* errno where code is KE_SYS, else 0 */
	int	kafka;		/* Kafka error code where KE_BROKER, else 0 */
	char	msg[512];	/* one line, no newline, cut when too long */
};

#define KERR_INIT	{ 0, 0, 0, "" }

/* Sets code and text; returns code. e may be NULL everywhere below. */
int kerr_set(struct kerr *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Sets KE_SYS from errno; the text becomes "fmt..: strerror". */
int kerr_sys(struct kerr *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Sets KE_BROKER with Kafka's error code (wire/kerror.h names them). */
int kerr_kafka(struct kerr *e, int kafka, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Prefixes the text with "fmt..: "; returns e->code. */
int kerr_wrap(struct kerr *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void kerr_clear(struct kerr *e);
/* The plain text of a code; never NULL. */
const char *kerr_text(int code);

#endif
