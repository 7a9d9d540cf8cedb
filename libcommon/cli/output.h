/*
 * output.h: rows of named columns, as an aligned table for people, as
 * tab-separated values for scripts, or as JSON, one object a line. Which one
 * is chosen once; the program only fills rows.
 *
 * A table has a heading and is printed at the end, since widths are known
 * then; TSV has none. In TSV, text is escaped (\t \n \r \\), null is empty, a
 * list is joined by commas. In JSON, null is null, text that is not UTF-8 is
 * {"base64":".."} and lists are arrays.
 */
#ifndef KLOG_CLI_OUTPUT_H
#define KLOG_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"

enum output_kind { OUTPUT_TABLE, OUTPUT_TSV, OUTPUT_JSON };

/* JSON when asked for, a table on a terminal, else TSV. */
enum output_kind output_choose(bool json, FILE *);
/* The headings of tables are bold from now on, or not (as it begins). TSV and
 * JSON are the same. */
void output_color(bool on);

enum cell_kind {
	CELL_NULL, CELL_TEXT, CELL_INT, CELL_REAL, CELL_BOOL, CELL_INTS
};

struct cell {
	enum cell_kind	 kind;
	const char	*p;		/* TEXT, borrowed for the call */
	int64_t		 n;		/* INT, BOOL; thousandths of REAL; length
					 * of TEXT and INTS */
	const int32_t	*v;		/* INTS, borrowed for the call */
};

#define CELL_STR(s)	cell_text((s), -1)
#define CELL_N(n_)	((struct cell){ CELL_INT, NULL, (n_), NULL })
/* A number with three decimals, in thousandths. */
#define CELL_MILLI(n_)	((struct cell){ CELL_REAL, NULL, (n_), NULL })
#define CELL_YES(b)	((struct cell){ CELL_BOOL, NULL, (b), NULL })
#define CELL_LIST(v_, n_) ((struct cell){ CELL_INTS, NULL, (n_), (v_) })
#define CELL_NONE	((struct cell){ CELL_NULL, NULL, 0, NULL })

/* len -1: NUL-terminated; p NULL: null. */
struct cell cell_text(const char *p, int64_t len);

struct output_ops;

struct output {
	const struct output_ops	*ops;
	FILE			*f;
	const char *const	*columns;	/* snake_case, NULL-ended */
	int			 n;
	struct buf		 line;		/* the row being made */
	struct buf		 held;		/* a table: NUL-ended cells */
	uint64_t		 numeric;	/* columns of numbers only */
	int64_t			 rows;
};

void output_open(struct output *, enum output_kind, FILE *,
    const char *const *columns);
/* One cell a column, at most 64. */
void output_row(struct output *, const struct cell *);
/* Prints what is held and releases the memory. Whether it was written is
 * exit_flush()'s to say. */
void output_close(struct output *);

/* Appends s as a JSON string, or as {"base64":".."} when it is not UTF-8. */
void output_json_text(struct buf *, const char *s, size_t len);

#endif
