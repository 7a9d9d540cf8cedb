/* kerror_table.h: the rows behind kerror.h. */
#ifndef KLOG_WIRE_KERROR_TABLE_H
#define KLOG_WIRE_KERROR_TABLE_H

#define KAFKA_ERRORS(X) \
	X(-1, UNKNOWN_SERVER_ERROR, false, \
	    "unexpected error in the broker") \
	X(0, NONE, false, \
	    "") \
	X(1, OFFSET_OUT_OF_RANGE, false, \
	    "the offset is outside the log's range") \
	X(2, CORRUPT_MESSAGE, true, \
	    "the record fails its CRC or is otherwise corrupt") \
	X(3, UNKNOWN_TOPIC_OR_PARTITION, true, \
	    "the broker does not have this topic or partition") \
	X(4, INVALID_FETCH_SIZE, false, \
	    "the fetch size is invalid") \
	X(5, LEADER_NOT_AVAILABLE, true, \
	    "the partition has no leader at the moment") \
	X(6, NOT_LEADER_OR_FOLLOWER, true, \
	    "the broker is not the leader of the partition") \
	X(7, REQUEST_TIMED_OUT, true, \
	    "the request timed out in the broker") \
	X(8, BROKER_NOT_AVAILABLE, false, \
	    "the broker is not available") \
	X(9, REPLICA_NOT_AVAILABLE, true, \
	    "the replica is not available") \
	X(10, MESSAGE_TOO_LARGE, false, \
	    "the message is larger than the broker accepts") \
	X(11, STALE_CONTROLLER_EPOCH, false, \
	    "the controller has moved") \
	X(12, OFFSET_METADATA_TOO_LARGE, false, \
	    "the metadata of the offset is too large") \
	X(13, NETWORK_EXCEPTION, true, \
	    "the broker closed the connection before it answered") \
	X(14, COORDINATOR_LOAD_IN_PROGRESS, true, \
	    "the coordinator is still loading") \
	X(15, COORDINATOR_NOT_AVAILABLE, true, \
	    "the coordinator is not available") \
	X(16, NOT_COORDINATOR, true, \
	    "the broker is not the coordinator") \
	X(17, INVALID_TOPIC_EXCEPTION, false, \
	    "the topic name is invalid or the topic cannot be used so") \
	X(18, RECORD_LIST_TOO_LARGE, false, \
	    "the batch is larger than a segment of the log") \
	X(19, NOT_ENOUGH_REPLICAS, true, \
	    "fewer replicas in sync than min.insync.replicas") \
	X(20, NOT_ENOUGH_REPLICAS_AFTER_APPEND, true, \
	    "written, but to fewer replicas than min.insync.replicas") \
	X(21, INVALID_REQUIRED_ACKS, false, \
	    "acks must be 0, 1 or -1") \
	X(22, ILLEGAL_GENERATION, false, \
	    "the group has gone on to another generation") \
	X(23, INCONSISTENT_GROUP_PROTOCOL, false, \
	    "the member's protocols do not fit those of the group") \
	X(24, INVALID_GROUP_ID, false, \
	    "the group id is invalid") \
	X(25, UNKNOWN_MEMBER_ID, false, \
	    "the coordinator does not know this member") \
	X(26, INVALID_SESSION_TIMEOUT, false, \
	    "the session timeout is outside the broker's limits") \
	X(27, REBALANCE_IN_PROGRESS, false, \
	    "the group is rebalancing") \
	X(28, INVALID_COMMIT_OFFSET_SIZE, false, \
	    "the offsets to commit are too large") \
	X(29, TOPIC_AUTHORIZATION_FAILED, false, \
	    "not authorised for this topic") \
	X(30, GROUP_AUTHORIZATION_FAILED, false, \
	    "not authorised for this group") \
	X(31, CLUSTER_AUTHORIZATION_FAILED, false, \
	    "not authorised for the cluster") \
	X(32, INVALID_TIMESTAMP, false, \
	    "the timestamp is outside the accepted range") \
	X(33, UNSUPPORTED_SASL_MECHANISM, false, \
	    "the broker does not support this SASL mechanism") \
	X(34, ILLEGAL_SASL_STATE, false, \
	    "the request does not fit the state of the SASL exchange") \
	X(35, UNSUPPORTED_VERSION, false, \
	    "the broker does not support this version of the request") \
	X(36, TOPIC_ALREADY_EXISTS, false, \
	    "the topic exists already") \
	X(37, INVALID_PARTITIONS, false, \
	    "the number of partitions is invalid") \
	X(38, INVALID_REPLICATION_FACTOR, false, \
	    "the replication factor is below 1 or above the brokers") \
	X(39, INVALID_REPLICA_ASSIGNMENT, false, \
	    "the replica assignment is invalid") \
	X(40, INVALID_CONFIG, false, \
	    "the configuration is invalid") \
	X(41, NOT_CONTROLLER, true, \
	    "the broker is not the controller") \
	X(42, INVALID_REQUEST, false, \
	    "the request is malformed or unexpected here") \
	X(43, UNSUPPORTED_FOR_MESSAGE_FORMAT, false, \
	    "the message format of the topic does not support this") \
	X(44, POLICY_VIOLATION, false, \
	    "the request violates the policy of the cluster") \
	X(45, OUT_OF_ORDER_SEQUENCE_NUMBER, false, \
	    "a sequence number is missing: earlier records were lost") \
	X(46, DUPLICATE_SEQUENCE_NUMBER, false, \
	    "the sequence number was used before") \
	X(47, INVALID_PRODUCER_EPOCH, false, \
	    "another producer with a newer epoch has taken over") \
	X(48, INVALID_TXN_STATE, false, \
	    "not possible in this state of the transaction") \
	X(49, INVALID_PRODUCER_ID_MAPPING, false, \
	    "the producer id does not belong to the transactional id") \
	X(50, INVALID_TRANSACTION_TIMEOUT, false, \
	    "the transaction timeout is above the broker's limit") \
	X(51, CONCURRENT_TRANSACTIONS, true, \
	    "an earlier operation on this transaction is still going on") \
	X(52, TRANSACTION_COORDINATOR_FENCED, false, \
	    "another transaction coordinator has taken over") \
	X(53, TRANSACTIONAL_ID_AUTHORIZATION_FAILED, false, \
	    "not authorised for this transactional id") \
	X(54, SECURITY_DISABLED, false, \
	    "security features are disabled") \
	X(55, OPERATION_NOT_ATTEMPTED, false, \
	    "not attempted, because another part of the request failed") \
	X(56, KAFKA_STORAGE_ERROR, true, \
	    "disk error in the broker") \
	X(57, LOG_DIR_NOT_FOUND, false, \
	    "the broker has no such log directory") \
	X(58, SASL_AUTHENTICATION_FAILED, false, \
	    "authentication failed") \
	X(59, UNKNOWN_PRODUCER_ID, false, \
	    "the broker no longer knows this producer id") \
	X(60, REASSIGNMENT_IN_PROGRESS, false, \
	    "a reassignment of the partition is in progress") \
	X(61, DELEGATION_TOKEN_AUTH_DISABLED, false, \
	    "delegation tokens are not enabled") \
	X(62, DELEGATION_TOKEN_NOT_FOUND, false, \
	    "the delegation token is not known") \
	X(63, DELEGATION_TOKEN_OWNER_MISMATCH, false, \
	    "not the owner or a renewer of the delegation token") \
	X(64, DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, false, \
	    "delegation tokens cannot be asked for on this connection") \
	X(65, DELEGATION_TOKEN_AUTHORIZATION_FAILED, false, \
	    "not authorised for this delegation token") \
	X(66, DELEGATION_TOKEN_EXPIRED, false, \
	    "the delegation token has expired") \
	X(67, INVALID_PRINCIPAL_TYPE, false, \
	    "this type of principal is not supported") \
	X(68, NON_EMPTY_GROUP, false, \
	    "the group is not empty") \
	X(69, GROUP_ID_NOT_FOUND, false, \
	    "the group does not exist") \
	X(70, FETCH_SESSION_ID_NOT_FOUND, true, \
	    "the fetch session does not exist") \
	X(71, INVALID_FETCH_SESSION_EPOCH, true, \
	    "the fetch session has another epoch") \
	X(72, LISTENER_NOT_FOUND, true, \
	    "the leader has no listener of that name") \
	X(73, TOPIC_DELETION_DISABLED, false, \
	    "deleting topics is disabled") \
	X(74, FENCED_LEADER_EPOCH, true, \
	    "the leader epoch in the request is out of date") \
	X(75, UNKNOWN_LEADER_EPOCH, true, \
	    "the leader epoch in the request is newer than the broker's") \
	X(76, UNSUPPORTED_COMPRESSION_TYPE, false, \
	    "the client's version cannot read this compression") \
	X(77, STALE_BROKER_EPOCH, false, \
	    "the broker epoch has changed") \
	X(78, OFFSET_NOT_AVAILABLE, true, \
	    "the new leader does not know its high watermark yet") \
	X(79, MEMBER_ID_REQUIRED, false, \
	    "the member must join again with the id it was given") \
	X(80, PREFERRED_LEADER_NOT_AVAILABLE, true, \
	    "the preferred leader is not available") \
	X(81, GROUP_MAX_SIZE_REACHED, false, \
	    "the group has its maximum size") \
	X(82, FENCED_INSTANCE_ID, false, \
	    "another member has joined with the same group.instance.id") \
	X(83, ELIGIBLE_LEADERS_NOT_AVAILABLE, true, \
	    "no replica can become leader") \
	X(84, ELECTION_NOT_NEEDED, true, \
	    "the election is not needed") \
	X(85, NO_REASSIGNMENT_IN_PROGRESS, false, \
	    "no reassignment is in progress") \
	X(86, GROUP_SUBSCRIBED_TO_TOPIC, false, \
	    "the group is subscribed to this topic") \
	X(87, INVALID_RECORD, false, \
	    "the broker rejects the record as invalid") \
	X(88, UNSTABLE_OFFSET_COMMIT, true, \
	    "the offsets belong to a transaction that is still open") \
	X(89, THROTTLING_QUOTA_EXCEEDED, true, \
	    "a quota is exceeded") \
	X(90, PRODUCER_FENCED, false, \
	    "another producer with the same transactional id has taken over") \
	X(91, RESOURCE_NOT_FOUND, false, \
	    "the resource does not exist") \
	X(92, DUPLICATE_RESOURCE, false, \
	    "the same resource is named twice") \
	X(93, UNACCEPTABLE_CREDENTIAL, false, \
	    "the credential does not meet the requirements") \
	X(94, INCONSISTENT_VOTER_SET, false, \
	    "the sets of voters differ") \
	X(95, INVALID_UPDATE_VERSION, false, \
	    "the version cannot be set") \
	X(96, FEATURE_UPDATE_FAILED, false, \
	    "the features could not be updated") \
	X(97, PRINCIPAL_DESERIALIZATION_FAILURE, false, \
	    "the forwarded principal cannot be read") \
	X(98, SNAPSHOT_NOT_FOUND, false, \
	    "the snapshot does not exist") \
	X(99, POSITION_OUT_OF_RANGE, false, \
	    "the position is outside the snapshot") \
	X(100, UNKNOWN_TOPIC_ID, true, \
	    "the broker does not know this topic id") \
	X(101, DUPLICATE_BROKER_REGISTRATION, false, \
	    "the broker id is in use") \
	X(102, BROKER_ID_NOT_REGISTERED, false, \
	    "the broker id is not registered") \
	X(103, INCONSISTENT_TOPIC_ID, true, \
	    "the topic id differs from that of the log") \
	X(104, INCONSISTENT_CLUSTER_ID, false, \
	    "the cluster id differs") \
	X(105, TRANSACTIONAL_ID_NOT_FOUND, false, \
	    "the transactional id is not known") \
	X(106, FETCH_SESSION_TOPIC_ID_ERROR, true, \
	    "the fetch session mixes topic ids and names") \
	X(107, INELIGIBLE_REPLICA, false, \
	    "a replica cannot join the in-sync set") \
	X(108, NEW_LEADER_ELECTED, false, \
	    "another leader has been elected") \
	X(109, OFFSET_MOVED_TO_TIERED_STORAGE, false, \
	    "the offset lies in tiered storage") \
	X(110, FENCED_MEMBER_EPOCH, false, \
	    "the member epoch is fenced: the member must join again") \
	X(111, UNRELEASED_INSTANCE_ID, false, \
	    "the instance id is still in use by another member") \
	X(112, UNSUPPORTED_ASSIGNOR, false, \
	    "the group does not support this assignor") \
	X(113, STALE_MEMBER_EPOCH, false, \
	    "the member epoch is out of date") \
	X(114, MISMATCHED_ENDPOINT_TYPE, false, \
	    "the endpoint is of another type") \
	X(115, UNSUPPORTED_ENDPOINT_TYPE, false, \
	    "this type of endpoint is not supported") \
	X(116, UNKNOWN_CONTROLLER_ID, false, \
	    "the controller id is not known") \
	X(117, UNKNOWN_SUBSCRIPTION_ID, false, \
	    "the telemetry subscription is not known") \
	X(118, TELEMETRY_TOO_LARGE, false, \
	    "the telemetry is larger than the broker accepts") \
	X(119, INVALID_REGISTRATION, false, \
	    "the controller rejects the registration") \
	X(120, TRANSACTION_ABORTABLE, false, \
	    "the transaction failed and must be aborted") \
	X(121, INVALID_RECORD_STATE, false, \
	    "the record is not in a state to be acknowledged") \
	X(122, SHARE_SESSION_NOT_FOUND, true, \
	    "the share session does not exist") \
	X(123, INVALID_SHARE_SESSION_EPOCH, true, \
	    "the share session has another epoch") \
	X(124, FENCED_STATE_EPOCH, false, \
	    "the state epoch of the share group differs") \
	X(125, INVALID_VOTER_KEY, false, \
	    "the voter key does not match") \
	X(126, DUPLICATE_VOTER, false, \
	    "the voter is there already") \
	X(127, VOTER_NOT_FOUND, false, \
	    "the voter is not known")

#endif
