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
	const char		*which;		/* -p */

	/* operands of config */
	int			 action;	/* enum props_action */
	char			**props;	/* NAME or NAME=VALUE */
	int			 nprops;
	char			*list;		/* names point in */

	/* made by main */
	struct cluster		*cluster;
	struct loop		*loop;
	const char		**names;	/* topics named, or matched */
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
enum exit_class topics_config(struct topics *);
/* -L: as kcat prints it, or its JSON. */
enum exit_class topics_kcat(struct topics *);

/* Takes config's operands: an action, topics where -t names none, properties.
 * KE_USAGE with the reason. */
enum props_action { PROPS_GET, PROPS_SET, PROPS_UNSET };
int topics_config_operands(struct topics *, char **operands, int n,
    struct kerr *e);

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

/* Replaces the expressions in names by the topics that match them, anchored;
 * says which. EXIT_MISSING when none does. */
enum exit_class topics_match(struct topics *, struct kerr *e);
/* True when -y was given or a person at a terminal says yes. */
bool topics_agree(const struct topics *, const char *question);

/* "klog-topics: NAME: KAFKA_ERROR: what the broker adds"; returns the class. */
enum exit_class topics_failed(struct kstr name, int16_t error,
    struct kstr text);

#endif
