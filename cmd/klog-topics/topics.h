/*
 * topics.h: what the files of klog-topics share: options, the cluster, and
 * how one item's failure is told. A verb is one function over struct topics.
 */
#ifndef KLOG_TOPICS_H
#define KLOG_TOPICS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/common.h"
#include "cli/output.h"
#include "cli/where.h"
#include "client/cluster.h"
#include "wire/msg_metadata.h"

struct topics {
	struct common		 common;	/* first, for common_debug */
	struct opt_list		 more;		/* -t: names besides operands */
	bool			 kcat;		/* -L */
	bool			 all;		/* internal topics too */
	bool			 regex;
	bool			 yes;
	bool			 dry_run;
	bool			 if_exists;
	bool			 if_not_exists;
	bool			 committed;
	bool			 utc;
	int64_t			 partitions;	/* -1: the broker's default */
	int64_t			 replicas;	/* the same */
	struct opt_list		 configs;	/* NAME=VALUE */
	struct opt_list		 spec;		/* -o */
	bool			 one_end;	/* which may be no range */
	const char		*which;		/* -p */
	const char		*like;		/* a topic to be the model */
	int64_t			 window;	/* stat: ms that make the rate */
	bool			 under_replicated;
	bool			 unavailable;
	bool			 under_min_isr;

	/* operands of config */
	const char		*broker;	/* its id, or "all" */
	int			 action;	/* enum props_action */
	char			**props;	/* NAME or NAME=VALUE */
	int			 nprops;
	char			*list;		/* names point in */
	char			**owned;	/* and here */
	int			 nowned;

	/* made by main */
	struct cluster		*cluster;
	struct loop		*loop;
	const char		**names;	/* topics named, or matched */
	const char		**lists;	/* trim: of TOPIC:LIST, or NULL */
	int			 nnames;
	char			*matched;	/* memory of matched names */
	enum output_kind	 form;
	int64_t			 wait_ms;	/* for one answer */
};

enum exit_class topics_list(struct topics *);
enum exit_class topics_describe(struct topics *);
enum exit_class topics_create(struct topics *);
enum exit_class topics_delete(struct topics *);
enum exit_class topics_alter(struct topics *);
enum exit_class topics_offsets(struct topics *);
enum exit_class topics_trim(struct topics *);
enum exit_class topics_stat(struct topics *);
enum exit_class topics_config(struct topics *);
enum exit_class topics_transactions(struct topics *);
/* -L: as kcat prints it, or its JSON. */
enum exit_class topics_kcat(struct topics *);

/* Takes config's operands: an action, topics where -t names none, properties.
 * KE_USAGE with the reason. */
enum props_action { PROPS_GET, PROPS_SET, PROPS_UNSET };
int topics_config_operands(struct topics *, char **operands, int n,
    struct kerr *e);

/* The same for transactions: an action, transactional ids. */
enum txn_action { TXN_LIST, TXN_DESCRIBE, TXN_ABORT };
int topics_transactions_operands(struct topics *, char **operands, int n,
    struct kerr *e);

/* Properties (n -1: all) of topics; the answer to DescribeConfigs. */
int topics_describe_configs(struct topics *, const struct kstr *topics,
    int ntopics, const char *const *props, int n, struct reply **,
    struct kerr *);

/* Waits, up to a second, until the brokers know of topics that were made or
 * altered (want) or deleted, so that the next command sees it. */
void topics_settle(struct topics *, const char *const *names, int n,
    bool want);

/* How the outcomes of a change are told: rows of JSON, or lines on stderr. */
struct outcome {
	struct topics		*t;
	const char		*done;		/* "created" */
	struct output		 out;		/* JSON only */
	enum exit_class		 status;	/* the worst so far */
};

void outcome_open(struct outcome *, struct topics *, const char *done);
/* One topic: error 0, one that was allowed, or a failure. */
void outcome_add(struct outcome *, struct kstr name, int16_t error,
    bool allowed, struct kstr message);
enum exit_class outcome_close(struct outcome *);

/*
 * The metadata of the topics named (of all where none is), sorted by name,
 * partitions by index; internal ones are left out unless named or -a. A topic
 * that cannot be had is reported and left out: *status is made worse. The
 * caller frees with topics_release().
 */
struct listing {
	struct reply				 *reply;
	const struct metadata_response		 *msg;
	struct metadata_response_topic		**v;
	int					  n;
};

int topics_load(struct topics *, struct listing *, enum exit_class *status,
    struct kerr *e);
void topics_release(struct listing *);

/* The partitions of a request about offsets, in order. */
struct rows {
	struct topics	*t;
	struct spec	 sp;		/* -o */
	struct where	*v;
	int		 n;
	char		**name;		/* topics, v points in */
	int		 nnames;
	enum exit_class	 status;
};

/* Topics named, narrowed by -p, TOPIC:LIST and -o. What is wrong is reported:
 * -1 where nothing can be done. rows_release() returns the status. */
int rows_load(struct rows *, struct topics *);
/* Reports what a row failed with; false where it did not. */
bool rows_failed(struct rows *, const struct where *);
enum exit_class rows_release(struct rows *);

/* Filters of describe. */
struct health {
	struct topics	*t;
	int64_t		*min;		/* min.insync.replicas by topic, or NULL */
};

/* True where one of the filters was given. */
bool health_wanted(const struct topics *);
int health_init(struct health *, struct topics *, const struct listing *,
    enum exit_class *, struct kerr *);
bool health_is_ill(const struct health *, int topic,
    const struct metadata_response_partition *);
void health_release(struct health *);

/* Replaces the expressions in names by the topics that match them, anchored;
 * says which. EXIT_MISSING when none does. */
enum exit_class topics_match(struct topics *, struct kerr *e);
/* Shows the topics; true when -y was given or a person at a terminal says
 * yes. */
bool topics_agree(const struct topics *, const char *question);

/* "klog-topics: NAME: KAFKA_ERROR: what the broker adds"; returns the class. */
enum exit_class topics_failed(struct kstr name, int16_t error,
    struct kstr text);

#endif
