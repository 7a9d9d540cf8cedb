/* wire_all.h: every message table, for tests that walk them all. */
#ifndef TESTS_WIRE_ALL_H
#define TESTS_WIRE_ALL_H

#include <stddef.h>

#include "wire/api.h"
#include "wire/meta.h"
#include "wire/msg_control.h"

#define WIRE_ALL_MAX	128

/* Fills v with all of them and returns how many; the order is stable. */
static inline size_t
wire_all(const struct kmessage *v[WIRE_ALL_MAX])
{
	static const struct kmessage *const control[] = {
		&leader_change_message_msg, &snapshot_header_record_msg,
		&snapshot_footer_record_msg, &kraft_version_record_msg,
		&voters_record_msg
	};
	size_t n = 0, napis;
	const struct kapi *apis = kapi_all(&napis);

	for (size_t i = 0; i < napis; i++) {
		v[n++] = apis[i].req;
		v[n++] = apis[i].rsp;
	}
	for (int16_t type = 0; type < 64; type++)
		if (meta_get(type) != NULL)
			v[n++] = meta_get(type);
	for (size_t i = 0; i < sizeof(control) / sizeof(control[0]); i++)
		v[n++] = control[i];
	return n;
}

#endif
