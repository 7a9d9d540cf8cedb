/*
 * uuid.h: ids of topics, directories and clusters as text: URL-safe base64
 * without padding, 22 characters, as Kafka writes them.
 */
#ifndef KLOG_WIRE_UUID_H
#define KLOG_WIRE_UUID_H

#include <stddef.h>

#include "wire/types.h"

#define KUUID_TEXT	23	/* with the NUL */

/* Returns out. */
char *kuuid_format(const struct kuuid *u, char out[KUUID_TEXT]);
/* Takes n characters; 0, or -1 where they are no id. */
int kuuid_parse(const char *s, size_t n, struct kuuid *u);
/* Makes an id of 16 random bytes as Kafka does: version 4, so none of the ids
 * that Kafka keeps for itself, and never a text with '-' in front. */
void kuuid_make(const uint8_t random[16], struct kuuid *u);

#endif
