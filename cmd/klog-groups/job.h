/*
 * job.h: what the files of klog-groups share. A verb is one function over
 * struct job.
 *
 *	main.c		options, and the order of things
 *	names.c		which groups: operands, expressions, states
 *	look.c		list, describe
 *	lag.c		how far behind
 *	place.c		partitions of groups with their offsets and bounds
 *	seek.c		seek, and what changes of offsets have in common
 *	transfer.c	export, import
 *	peek.c		records round the committed offset
 *	remove.c	delete
 */
#ifndef KLOG_GROUPS_JOB_H
#define KLOG_GROUPS_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/common.h"
#include "cli/output.h"
#include "cli/spec.h"
#include "cli/where.h"
#include "client/cluster.h"
#include "client/groups.h"

struct opts {
	struct common	 common;	/* first, for common_debug */
	struct opt_list	 topics;	/* -t */
	const char	*which;		/* -p */
	const char	*states;	/* --state */
	const char	*types;		/* --type */
	struct opt_list	 to;		/* --to */
	const char	*like;
	const char	*as;
	bool		 regex;
	bool		 yes;
	bool		 dry_run;
	bool		 wait;
	bool		 if_exists;
	bool		 members;
	bool		 each;		/* --partitions */
	bool		 time;
	bool		 committed;
	bool		 utc;
	int64_t		 max;		/* -1: none */
	int64_t		 max_time;	/* ms; -1: none */
	int64_t		 before, after;
	int64_t		 watch;		/* ms; 0: once */
};

struct job {
	const struct opts	*o;
	struct cluster		*cluster;
	struct loop		*loop;
	char			**names;	/* operands */
	int			 nnames;
	enum output_kind	 form;
	int64_t			 wait_ms;	/* for one answer */
};

enum exit_class job_list(struct job *);
enum exit_class job_describe(struct job *);
enum exit_class job_lag(struct job *);
enum exit_class job_seek(struct job *);
enum exit_class job_export(struct job *);
enum exit_class job_import(struct job *);
enum exit_class job_peek(struct job *);
enum exit_class job_delete(struct job *);

/* names.c: the groups that are meant: those named, those that the expressions
 * match (--regex), or, where all is true and none is named, all. What is wrong
 * is reported into *status; g is to be released all the same. */
int names_load(struct job *, struct groups *g, bool all,
    enum exit_class *status);
/* Reports a group's err; false where it has none. */
bool names_failed(const struct group *, enum exit_class *status);
/* Reports a group that has committed nothing, or that is not there at all. */
void names_lacks(const struct job *, const char *name,
    enum exit_class *status);
/* "--state Empty,Dead": whether a word is on the list (NULL: all are). Case
 * does not matter. */
bool names_listed(const char *list, const char *word);
/* Whether such a list has only words that are known. */
int names_check(const char *list, const char *const *known, struct kerr *e);
/* Shows what is about to be changed was the caller's part; asks where a person
 * can answer. True with --yes. */
bool names_agree(const struct job *, const char *question);

/* A partition of a group. */
struct place {
	struct group		*group;
	struct where		 w;		/* stored: what is committed */
	const struct group_offset *offset;	/* NULL: nothing is */
	const struct group_member *member;	/* who has it, or NULL */
	const char		*metadata;	/* to be committed, or NULL */
	int32_t			 epoch;		/* and this; -1: not known */
	bool			 news;		/* these differ from before */
};

struct places {
	struct job	*job;
	struct place	*v;		/* by group, topic, partition */
	int		 n;
};

/* place.c: the partitions that groups have committed offsets of and those that
 * their members are assigned, narrowed by -t and -p. with_topics: those of -t
 * that a group knows nothing of, too. */
int places_load(struct places *, struct job *, struct groups *g,
    bool with_topics, enum exit_class *status);
/* Adds the partitions that a SPEC names ("0=5") of topics that are there and of
 * which the group has committed nothing. KE_NOTFOUND: no topic has one. */
int places_name(struct places *, const struct spec *sp, struct kerr *e);
/* Start and end of each log. */
void places_bounds(struct places *);
/* What a SPEC comes to; bounds are known. */
void places_resolve(struct places *, const struct spec *sp);
/* Reports a partition's failure; false where there is none. */
bool place_failed(const struct place *, enum exit_class *status);
void places_release(struct places *);
/* Never negative, clamped to the log's start; -1: nothing is committed, or the
 * log is not known. */
int64_t place_lag(const struct place *);

/* Adds a place by hand. */
struct place *places_add(struct places *, struct group *, const char *topic,
    int32_t partition);
void places_sort(struct places *);

/* seek.c: fills the states of g; with --wait until no group has members. */
void change_prepare(struct job *, struct groups *g);
/* Targets are moved into the log. */
void change_clamp(struct places *p);
/* Commits to (w.from) of every place without an err that changes:
 * shows before and after, asks, refuses groups that are active. */
enum exit_class change_offsets(struct job *, struct groups *g,
    struct places *p, enum exit_class status);

#endif
