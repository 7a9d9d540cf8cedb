/*
 * topic_regex.h: the regular expression by which a member of a consumer group
 * subscribes to topics (KIP-848). Apache Kafka's is RE2/J's; here it is matched
 * by PCRE2, so that what only PCRE2 knows is refused: back references,
 * look-ahead and look-behind, possessive quantifiers, atomic groups,
 * conditions, recursion, comments, callouts, (*VERBS), the flags n, x and J,
 * escapes such as \Z, \G, \K, \h, \N, \R, \X, \e and \c, counts above 1000, and
 * one quantifier behind another. Not looked at is what one of them knows of
 * Unicode and the other does not: no topic's name has any.
 *
 * A client's expression must not hold the broker up: the usual way of matching
 * is given up after some steps, and the other one, which follows all ways at
 * once as RE2/J does, after that many ways.
 */
#ifndef KLOG_BROKER_TOPIC_REGEX_H
#define KLOG_BROKER_TOPIC_REGEX_H

#include <stdbool.h>

#include "wire/types.h"

struct topic_regex;

/* NULL: it is none. */
struct topic_regex *topic_regex_new(struct kstr text);
void topic_regex_free(struct topic_regex *);
/* The whole name. Where that cannot be found out, false, and it is logged
 * once. */
bool topic_regex_matches(struct topic_regex *, struct kstr topic);

#endif
