/* txn-offsets BROKERS GROUP TOPIC: three transactions, each with a record for
 * TOPIC and offsets of TOPIC for GROUP: 5 is committed, 50 is aborted, 7 is
 * committed.
 * txn-offsets BROKERS GROUP: one that is left open for a second at most, with
 * nothing but the word that offsets for GROUP will come. */
#include <stdio.h>

#include "client/cluster.h"
#include "client/producer.h"
#include "net/loop.h"
#include "wire/api.h"
#include "wire/codec.h"
#include "wire/msg_add_offsets_to_txn.h"
#include "wire/msg_init_producer_id.h"

static int
run(struct producer *p, struct ptopic *t, const char *group,
    const char *topic, int64_t offset, bool commit, struct kerr *e)
{
	struct producer_offset v = { topic, 0, offset, "left with it" };
	struct record_input r = { -1, NULL, "x", -1, 1, NULL, 0 };

	producer_begin(p);
	if (producer_add(p, t, 0, &r, 0, e) != 0 ||
	    producer_add_offsets(p, group, &v, 1, e) != 0)
		return e->code;
	return commit ? producer_commit(p, e) : producer_abort(p, e);
}

static int
announce(struct cluster *c, const char *group, struct kerr *e)
{
	struct init_producer_id_request init;
	struct add_offsets_to_txn_request add;
	const struct init_producer_id_response *id;
	const struct add_offsets_to_txn_response *said;
	struct reply *r;

	kmsg_defaults(&init_producer_id_request_msg, &init);
	init.transactional_id = kstr(group);
	init.transaction_timeout_ms = 1000;
	if (cluster_call(c, BROKER_ANY, API_INIT_PRODUCER_ID, &init, NULL, &r,
	    e) != 0)
		return e->code;
	id = r->msg;
	kmsg_defaults(&add_offsets_to_txn_request_msg, &add);
	add.transactional_id = add.group_id = kstr(group);
	add.producer_id = id->producer_id;
	add.producer_epoch = id->producer_epoch;
	reply_free(r);
	if (cluster_call(c, BROKER_ANY, API_ADD_OFFSETS_TO_TXN, &add, NULL,
	    &r, e) != 0)
		return e->code;
	said = r->msg;
	if (said->error_code != 0)
		kerr_kafka(e, said->error_code, "AddOffsetsToTxn");
	reply_free(r);
	return e->code;
}

int
main(int argc, char **argv)
{
	struct cluster_config cc;
	struct producer_config pc;
	struct kerr e = KERR_INIT;
	struct loop *l;
	struct cluster *c = NULL;
	struct producer *p = NULL;
	struct ptopic *t;

	if (argc != 3 && argc != 4)
		return 2;
	cluster_config_defaults(&cc);
	cc.brokers = argv[1];
	producer_config_defaults(&pc);
	pc.transactional_id = argv[2];
	l = loop_new(&e);
	if (l == NULL || (c = cluster_open(l, &cc, &e)) == NULL ||
	    (p = producer_open(c, &pc, &e)) == NULL ||
	    producer_start(p, &e) != 0 ||
	    (argc == 3 ? announce(c, argv[2], &e) != 0 :
	    (t = producer_topic(p, argv[3], 5000, &e)) == NULL ||
	    run(p, t, argv[2], argv[3], 5, true, &e) != 0 ||
	    run(p, t, argv[2], argv[3], 50, false, &e) != 0 ||
	    run(p, t, argv[2], argv[3], 7, true, &e) != 0))
		fprintf(stderr, "txn-offsets: %s\n", e.msg);
	producer_close(p);
	cluster_close(c);
	loop_free(l);
	return e.code != 0;
}
