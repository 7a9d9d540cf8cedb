/* meta.c: see meta.h. */
#include "wire/meta.h"

#include "wire/codec.h"

#define FRAME_VERSION	1

static const struct kmessage *const types[] = {
	&register_broker_record_msg, &unregister_broker_record_msg,
	&topic_record_msg, &partition_record_msg, &config_record_msg,
	&partition_change_record_msg, &fence_broker_record_msg,
	&unfence_broker_record_msg, &remove_topic_record_msg,
	&feature_level_record_msg, &producer_ids_record_msg,
	&broker_registration_change_record_msg, &no_op_record_msg,
	&zk_migration_state_record_msg, &begin_transaction_record_msg,
	&end_transaction_record_msg, &abort_transaction_record_msg,
	&register_controller_record_msg
};

const struct kmessage *
meta_get(int16_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i]->key == type)
			return types[i];
	return NULL;
}

int
meta_encode(const struct kmessage *msg, int16_t version, const void *in,
    struct buf *out, struct kerr *e)
{
	buf_put_uvarint(out, FRAME_VERSION);
	buf_put_uvarint(out, (uint64_t)msg->key);
	buf_put_uvarint(out, (uint64_t)version);
	return kmsg_encode_buf(msg, version, in, out, e);
}

int
meta_read_frame(struct rd *r, int16_t *type, int16_t *version, struct kerr *e)
{
	uint64_t frame = rd_uvarint(r), t = rd_uvarint(r), v = rd_uvarint(r);

	if (r->err != 0 || t > INT16_MAX || v > INT16_MAX)
		return kerr_set(e, KE_PROTO, "metadata record: bad frame");
	if (frame != FRAME_VERSION)
		return kerr_set(e, KE_UNSUPPORTED,
		    "metadata record: frame version %llu",
		    (unsigned long long)frame);
	*type = (int16_t)t;
	*version = (int16_t)v;
	return 0;
}
