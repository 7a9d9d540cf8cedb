/*
 * format_cut.h: the inside of format_read.h: format_read.c (formats, and from
 * fields to a record) and format_cut.c (from input to fields).
 */
#ifndef KLOG_CLI_FORMAT_CUT_H
#define KLOG_CLI_FORMAT_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "cli/format_parse.h"

/* What an operation found. */
struct field {
	char	*p;
	size_t	 n;
	int64_t	 number;	/* -1 of bytes: null */
	bool	 sized;		/* bytes: their length was given */
};

struct format_reader {
	struct format_op	*op;
	struct field		*field;		/* of each operation */
	size_t			 n;
	size_t			 max;
	size_t			 tail;		/* of the last text: bytes of it
						 * that may be missing at the
						 * end of the input */
	struct buf		 packed;	/* fields with pack strings */
};

/* Whether a field is bytes that go on until the text behind them comes. */
bool format_is_open(const struct format_reader *f, size_t i);
/* A field that is no number, or text of the format. */
bool format_is_bytes(const struct format_op *op);

#endif
