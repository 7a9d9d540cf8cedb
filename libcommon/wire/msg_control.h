/*
 * msg_control.h: control records of a metadata log and its snapshots.
 *
 * The value of the control record is the body alone; each starts with its own
 * version, which is that of the encoding.
 */
#ifndef KLOG_WIRE_MSG_CONTROL_H
#define KLOG_WIRE_MSG_CONTROL_H

#include "wire/field.h"

struct leader_change_message_voter {
	int32_t		voter_id;
	struct kuuid	voter_directory_id;
};

struct leader_change_message {
	int16_t	version;
	int32_t	leader_id;
	KARRAY(struct leader_change_message_voter)	voters;
	KARRAY(struct leader_change_message_voter)	granting_voters;
};

struct snapshot_header_record {
	int16_t	version;
	int64_t	last_contained_log_timestamp;
};

struct snapshot_footer_record {
	int16_t	version;
};

struct kraft_version_record {
	int16_t	version;
	int16_t	kraft_version;
};

struct voters_record_endpoint {
	struct kstr	name;
	struct kstr	host;
	uint16_t	port;
};

struct voters_record_kraft_version_feature {
	int16_t	min_supported_version;
	int16_t	max_supported_version;
};

struct voters_record_voter {
	int32_t		voter_id;
	struct kuuid	voter_directory_id;
	KARRAY(struct voters_record_endpoint)	endpoints;
	struct voters_record_kraft_version_feature	kraft_version_feature;
};

struct voters_record {
	int16_t	version;
	KARRAY(struct voters_record_voter)	voters;
};

extern const struct kfield leader_change_message_voter_fields[];
extern const struct kfield voters_record_endpoint_fields[];
extern const struct kfield voters_record_kraft_version_feature_fields[];
extern const struct kfield voters_record_voter_fields[];
extern const struct kmessage leader_change_message_msg;
extern const struct kmessage snapshot_header_record_msg;
extern const struct kmessage snapshot_footer_record_msg;
extern const struct kmessage kraft_version_record_msg;
extern const struct kmessage voters_record_msg;

#endif
