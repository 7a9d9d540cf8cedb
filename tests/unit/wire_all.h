/* wire_all.h: every message table, for tests that walk them all. */
#ifndef TESTS_WIRE_ALL_H
#define TESTS_WIRE_ALL_H

#include <stddef.h>

#include "wire/api.h"
#include "wire/meta.h"
#include "wire/msg_consumer_protocol.h"
#include "wire/msg_control.h"
#include "wire/msg_group_records.h"
#include "wire/msg_txn_records.h"

#define WIRE_ALL_MAX	256

/* Fills v with all of them and returns how many; the order is stable. */
static inline size_t
wire_all(const struct kmessage *v[WIRE_ALL_MAX])
{
	static const struct kmessage *const records[] = {
		&leader_change_message_msg, &snapshot_header_record_msg,
		&snapshot_footer_record_msg, &kraft_version_record_msg,
		&voters_record_msg,
		&offset_commit_key_msg, &offset_commit_value_msg,
		&group_metadata_key_msg, &group_metadata_value_msg,
		&consumer_group_metadata_key_msg,
		&consumer_group_metadata_value_msg,
		&consumer_group_partition_metadata_key_msg,
		&consumer_group_partition_metadata_value_msg,
		&consumer_group_member_metadata_key_msg,
		&consumer_group_member_metadata_value_msg,
		&consumer_group_target_assignment_metadata_key_msg,
		&consumer_group_target_assignment_metadata_value_msg,
		&consumer_group_target_assignment_member_key_msg,
		&consumer_group_target_assignment_member_value_msg,
		&consumer_group_current_member_assignment_key_msg,
		&consumer_group_current_member_assignment_value_msg,
		&transaction_log_key_msg, &transaction_log_value_msg,
		&consumer_protocol_subscription_msg,
		&consumer_protocol_assignment_msg
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
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		v[n++] = records[i];
	return n;
}

#endif
