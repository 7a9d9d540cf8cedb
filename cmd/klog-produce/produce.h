/*
 * produce.h: what the files of klog-produce share.
 *
 *	main.c		options, opening, the end
 *	settings.c	properties
 *	input.c		files and standard input, block by block
 *	lines.c		blocks to records: lines, keys, whole files
 *	fields.c	those that say more: JSON, -f, and what -s decodes
 *	report.c	--report
 *	outcome.c	what became of the records
 *	txn.c		transactions
 *	signals.c	signals, and how far it is
 *	tty.c		the prompt
 */
#ifndef KLOG_PRODUCE_H
#define KLOG_PRODUCE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "cli/common.h"
#include "cli/decode.h"
#include "cli/envelope.h"
#include "cli/format_read.h"
#include "cli/rate.h"
#include "client/cluster.h"
#include "client/producer.h"
#include "net/loop.h"
#include "record/builder.h"

struct opts {
	struct common	 common;	/* first */
	const char	*topic;		/* -t */
	int64_t		 partition;	/* -p; -1: the partitioner chooses */
	const char	*key;		/* -k */
	const char	*key_delim;	/* -K */
	const char	*delim;		/* -D */
	bool		 nul;		/* -0 */
	struct opt_list	 headers;	/* -H */
	bool		 empty_is_null;	/* -Z */
	const char	*null;		/* --null */
	const char	*codec;		/* -z */
	const char	*partitioner;	/* --partitioner */
	bool		 tee;		/* -T */
	int64_t		 count;		/* -c; INT64_MAX: all */
	const char	*ts;		/* --ts */
	bool		 whole;		/* --whole */
	bool		 create;	/* --create */
	int64_t		 partitions;	/* --partitions */
	bool		 keep_partition; /* --keep-partition */
	bool		 skip_bad;	/* --skip-bad */
	bool		 txn;		/* --txn */
	int64_t		 txn_every;	/* --txn-every; 0: all is one */
	const char	*txn_id;	/* --transactional-id */
	const char	*rate;		/* --rate */
	const char	*format;	/* -f */
	struct opt_list	 encode;	/* -s */
	const char	*report;	/* --report */
};

struct outcome {
	uint64_t	 lost;		/* records not acknowledged */
	uint64_t	 lines;		/* lost ones reported one by one */
	struct kerr	 first;		/* why the first was lost */
	uint64_t	 first_tag;
	bool		 first_alone;	/* first_tag is certain to be it */
	enum exit_class	 status;	/* the worst so far */
};

struct job {
	struct opts		*o;
	struct loop		*loop;
	struct cluster		*cluster;
	struct producer		*producer;
	struct ptopic		*topic;
	int32_t			 partition;
	int64_t			 ts;		/* -1: the present */
	struct record_header	*headers;
	int32_t			 n_headers;
	const char		*delim, *key_delim;
	char			*delim_memory, *key_delim_memory;
	size_t			 delim_len, key_delim_len;
	struct envelope		 envelope;
	struct format_reader	*format;	/* -f; NULL: lines */
	struct decode		 decode;	/* -s */
	struct buf		 decoded[2];	/* by pack strings */
	const void		*key;		/* -k; NULL: none */
	int32_t			 key_len;
	char			*key_memory;
	struct buf		 key_decoded;
	struct report		*report;	/* NULL: none is wanted */
	uint64_t		 tag;		/* of the next record: its
						 * line number in all inputs */
	struct rate		 rate;
	int64_t			 left;		/* records still to take */
	size_t			 line_max;	/* bytes of a record at most */
	volatile bool		 stop;		/* read no further */
	volatile bool		 hurry;		/* stop, as a signal said */
	volatile sig_atomic_t	 signo;		/* that signal, 0: none */
	bool			 mute;		/* stdout took no more of it
						 * when that came */
	const char		*where;		/* the file being read */
	struct outcome		 out;
	char			*txn_id;	/* NULL: no transactions */
	int64_t			 in_txn;	/* records in the open one */
	uint64_t		 committed;	/* in those before it */
	bool			 failed;	/* input ended in an error */
};

/* settings.c */
int settings_take(const struct job *j, struct producer_config *cf,
    struct kerr *e);

/* input.c */
enum { INPUT_SPARE = 64 };	/* bytes that may be written behind a block */

/* Reads a descriptor to its end, or until j->stop. */
int input_run(struct job *j, int fd, struct kerr *e);
/* Waits until fd is readable, with the loop running; false: j->stop. */
bool input_wait(struct job *j, int fd);

/* lines.c */
/* Takes the complete records at the front of [p, p + n), all of it when last;
 * returns the bytes taken, less than n where the rest is incomplete. p may be
 * overwritten. */
ssize_t lines_take(struct job *j, char *p, size_t n, bool last,
    struct kerr *e);
int lines_whole(struct job *j, char *p, size_t n, struct kerr *e);
/* What the options say of every record. */
void lines_start(const struct job *j, struct record_input *r);
/* Is this text, of a key or value, the word for null? */
bool lines_is_null(const struct job *j, const void *p, size_t n);
/* Adds one record, waiting for room where there is none. */
int lines_add(struct job *j, int32_t partition, const struct record_input *r,
    struct kerr *e);

/* fields.c */
/* -k, decoded. */
int fields_set_key(struct job *j, struct kerr *e);
/* Keys and values as -s has them, where they lie; the record is r. */
int fields_decode(struct job *j, struct record_input *r, struct kerr *e);
/* A record that is malformed: passed over with --skip-bad, else e's code. */
int fields_bad(struct job *j, struct kerr *e);
/* One line of JSON. */
int fields_take_json(struct job *j, char *p, size_t n, struct kerr *e);
/* What -f cut out last. */
int fields_take_format(struct job *j, struct kerr *e);

/* report.c */
/* All of it to standard output; KE_SYS where that takes no more. After a
 * signal as much as it takes at once, and from there on nothing. */
int report_write(struct job *j, const void *p, size_t n, struct kerr *e);
int report_new(struct report **out, const char *format, struct kerr *e);
void report_free(struct report *r);
/* One line, or what the format has, for each record of an acknowledged batch;
 * KE_SYS where standard output takes no more. */
int report_print(struct job *j, const struct producer_report *b,
    struct kerr *e);

/* outcome.c */
void outcome_report(void *arg, const struct producer_report *r);
/* A record that could not be taken: it is counted and said. */
void outcome_refused(struct job *j, const struct kerr *e);
/* Waits for what is under way, says what was lost; the exit status. */
enum exit_class outcome_finish(struct job *j);

/* txn.c */
/* Decides on j->txn_id. */
void txn_choose(struct job *j);
/* Gets the producer's id and begins the first transaction. */
int txn_open(struct job *j, struct kerr *e);
/* A record was added: commits where it was the last of its transaction. */
int txn_count(struct job *j, struct kerr *e);
/* Commits what is open, or aborts it where something has failed. */
void txn_finish(struct job *j);

/* signals.c */
int signals_init(struct job *j, struct kerr *e);
void signals_end(void);
void progress_init(struct job *j);
void progress_end(struct job *j);

/* tty.c */
/* Reads lines with editing and history; 0 at the end of the input. */
int tty_run(struct job *j, struct kerr *e);

#endif
