/*
 * kerror.h: Kafka's error codes, as of 3.9, as one table.
 *
 * X(number, NAME, retriable, text): the enum has ERR_NAME.
 */
#ifndef KLOG_WIRE_KERROR_H
#define KLOG_WIRE_KERROR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/kerror_table.h"
#include "wire/types.h"

enum kafka_error {
#define X(code, name, retriable, text) ERR_##name = (code),
	KAFKA_ERRORS(X)
#undef X
};

/* Kafka's name, e.g. "NOT_LEADER_OR_FOLLOWER"; "UNKNOWN_SERVER_ERROR" for a
 * code that is not in the table. Never NULL, and so for the text: one line in
 * lower case that can follow a colon, "" for ERR_NONE. */
const char *kerror_name(int16_t code);
const char *kerror_text(int16_t code);
/* Whether trying again may help, as Kafka's own clients see it. */
bool kerror_retriable(int16_t code);
/* What a broker has answered: "NAME: its own text", or ours where that is null
 * or empty. Returns KE_BROKER. */
int kerror_set(struct kerr *e, int16_t code, struct kstr text);
/* The code of a name, or INT16_MIN. */
int16_t kerror_by_name(const char *name);

#endif
