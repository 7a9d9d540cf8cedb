/* retry.c: see retry.h. */
#include "client/retry.h"

#include "wire/kerror.h"

static enum retry_action
broker_said(int error, bool idempotent)
{
	switch (error) {
	case ERR_NOT_LEADER_OR_FOLLOWER:
	case ERR_LEADER_NOT_AVAILABLE:
	case ERR_UNKNOWN_TOPIC_OR_PARTITION:
	case ERR_UNKNOWN_TOPIC_ID:
	case ERR_INCONSISTENT_TOPIC_ID:
	case ERR_FENCED_LEADER_EPOCH:
	case ERR_UNKNOWN_LEADER_EPOCH:
	case ERR_KAFKA_STORAGE_ERROR:
	case ERR_NOT_CONTROLLER:
	case ERR_REPLICA_NOT_AVAILABLE:
	case ERR_OFFSET_NOT_AVAILABLE:
	case ERR_LISTENER_NOT_FOUND:
		return RETRY_REFRESH;
	case ERR_NOT_COORDINATOR:
	case ERR_COORDINATOR_NOT_AVAILABLE:
		return RETRY_COORDINATOR;
	case ERR_MESSAGE_TOO_LARGE:
	case ERR_RECORD_LIST_TOO_LARGE:
		return RETRY_SPLIT;
	case ERR_DUPLICATE_SEQUENCE_NUMBER:
		return RETRY_DONE;
	case ERR_UNKNOWN_PRODUCER_ID:
	case ERR_INVALID_PRODUCER_EPOCH:
	case ERR_OUT_OF_ORDER_SEQUENCE_NUMBER:
		return idempotent ? RETRY_NEW_ID : RETRY_FAIL;
	case ERR_REQUEST_TIMED_OUT:
	case ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
		/* it may have been written */
		return RETRY_AGAIN;
	default:
		return kerror_retriable((int16_t)error) ? RETRY_AGAIN :
		    RETRY_FAIL;
	}
}

enum retry_action
retry_policy(const struct kerr *e, int attempt, bool idempotent)
{
	switch (e->code) {
	case 0:
		return RETRY_DONE;
	case KE_BROKER:
		return broker_said(e->kafka, idempotent);
	case KE_SYS:
	case KE_EOF:
	case KE_TIMEOUT:
	case KE_UNREACHABLE:
	case KE_AGAIN:
		return RETRY_REFRESH;
	case KE_PROTO:
		/* rubbish once may be a broker that is just going down */
		return attempt < 3 ? RETRY_REFRESH : RETRY_FAIL;
	default:
		return RETRY_FAIL;
	}
}

int64_t
retry_backoff(int attempt, int64_t base, int64_t max, uint32_t random)
{
	int64_t ms = base;

	while (attempt-- > 1 && ms < max)
		ms *= 2;
	if (ms > max)
		ms = max;
	return ms - (int64_t)((uint64_t)ms * (random % 1000) / 5000);
}
