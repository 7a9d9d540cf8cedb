/* msg_control.c: see msg_control.h. */
#include "wire/msg_control.h"

#define T struct leader_change_message_voter
const struct kfield leader_change_message_voter_fields[] = {
	FIELD(voter_id, I32, 0, LATEST, NOTNULL, 0),
	FIELD(voter_directory_id, UUID, 1, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct leader_change_message
static const struct kfield leader_change_message_fields[] = {
	FIELD(version, I16, 0, LATEST, NOTNULL, 0),
	FIELD(leader_id, I32, 0, LATEST, NOTNULL, 0),
	STRUCTS(voters, leader_change_message_voter, 0, LATEST, NOTNULL, 0),
	STRUCTS(granting_voters, leader_change_message_voter, 0, LATEST,
	    NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(leader_change_message, "LeaderChangeMessage", -1, 0, 1, 0);

#define T struct snapshot_header_record
static const struct kfield snapshot_header_record_fields[] = {
	FIELD(version, I16, 0, LATEST, NOTNULL, 0),
	FIELD(last_contained_log_timestamp, I64, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(snapshot_header_record, "SnapshotHeaderRecord", -1, 0, 0, 0);

#define T struct snapshot_footer_record
static const struct kfield snapshot_footer_record_fields[] = {
	FIELD(version, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(snapshot_footer_record, "SnapshotFooterRecord", -1, 0, 0, 0);

#define T struct kraft_version_record
static const struct kfield kraft_version_record_fields[] = {
	FIELD(version, I16, 0, LATEST, NOTNULL, 0),
	FIELD(kraft_version, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(kraft_version_record, "KRaftVersionRecord", -1, 0, 0, 0);

#define T struct voters_record_endpoint
const struct kfield voters_record_endpoint_fields[] = {
	FIELD(name, STR, 0, LATEST, NOTNULL, 0),
	FIELD(host, STR, 0, LATEST, NOTNULL, 0),
	FIELD(port, U16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct voters_record_kraft_version_feature
const struct kfield voters_record_kraft_version_feature_fields[] = {
	FIELD(min_supported_version, I16, 0, LATEST, NOTNULL, 0),
	FIELD(max_supported_version, I16, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

#define T struct voters_record_voter
const struct kfield voters_record_voter_fields[] = {
	FIELD(voter_id, I32, 0, LATEST, NOTNULL, 0),
	FIELD(voter_directory_id, UUID, 0, LATEST, NOTNULL, 0),
	STRUCTS(endpoints, voters_record_endpoint, 0, LATEST, NOTNULL, 0),
	STRUCT(kraft_version_feature, voters_record_kraft_version_feature,
	    0, LATEST),
	FIELD_END
};
#undef T

#define T struct voters_record
static const struct kfield voters_record_fields[] = {
	FIELD(version, I16, 0, LATEST, NOTNULL, 0),
	STRUCTS(voters, voters_record_voter, 0, LATEST, NOTNULL, 0),
	FIELD_END
};
#undef T

MESSAGE(voters_record, "VotersRecord", -1, 0, 0, 0);
