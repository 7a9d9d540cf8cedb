/*
 * member_impl.h: what the two protocols of member.h share: member.c has the
 * classic one and what is common, member_consumer.c the consumer protocol.
 */
#ifndef KLOG_CLIENT_MEMBER_IMPL_H
#define KLOG_CLIENT_MEMBER_IMPL_H

#include "client/member.h"

/* A request is under way from now on, in that phase. */
enum member_do member_request(struct member *m, enum member_phase phase,
    enum member_do what);
/* Nothing is asked for a while, longer after each failure. */
void member_back_off(struct member *m, int64_t now);
/* It is no member any more: what it had may be others' by now. */
void member_drop_out(struct member *m, bool forget);
/* What an error means that no protocol has a meaning of its own for: the
 * coordinator is looked for again, or it is over. */
void member_trouble(struct member *m, int64_t now, const struct kerr *e);
/* The error code of an answer; 0: another failure. */
int member_error(const struct kerr *e);

/* member_consumer.c: the parts of member.h by the consumer protocol. */
enum member_do member_consumer_next(struct member *m, int64_t now,
    int64_t *at);
void member_consumer_error(struct member *m, int64_t now,
    const struct kerr *e);
bool member_consumer_settled(const struct member *m);

#endif
