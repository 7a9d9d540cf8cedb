/*
 * consumer_beat.h: between consumer_heartbeat.c and consumer_identify.c.
 */
#ifndef KLOG_BROKER_CONSUMER_BEAT_H
#define KLOG_BROKER_CONSUMER_BEAT_H

#include "consumer_group.h"

/* One heartbeat. */
struct beat {
	struct groups					*gs;
	struct group					*g;
	struct cmember					*m;
	const struct group_client			*client;
	const struct consumer_group_heartbeat_request	*req;
	struct arena					*arena;
	struct consumer_group_heartbeat_response	*rsp;
	bool						 is_new;
	bool						 bump;
};

/* An error and its text, into the answer; returns the error. */
int16_t beat_fail(struct beat *, int16_t error, const char *why);

/* consumer_identify.c */
/* The group, made or turned into one of this protocol if somebody joins. */
int16_t beat_find_group(struct beat *);
/* The member, which may be new or take another's place. */
int16_t beat_find_member(struct beat *);
/* The member, which leaves. */
int16_t beat_find_leaving(struct beat *);
/* The partitions that it says it owns. */
void beat_owned(const struct beat *, struct tpset *);

#endif
