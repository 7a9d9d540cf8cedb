/* txn-offsets BROKERS GROUP TOPIC: three transactions, each with a record for
 * TOPIC and offsets of TOPIC for GROUP: 5 is committed, 50 is aborted, 7 is
 * committed. */
#include <stdio.h>

#include "client/cluster.h"
#include "client/producer.h"
#include "net/loop.h"

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

	if (argc != 4)
		return 2;
	cluster_config_defaults(&cc);
	cc.brokers = argv[1];
	producer_config_defaults(&pc);
	pc.transactional_id = argv[2];
	l = loop_new(&e);
	if (l == NULL || (c = cluster_open(l, &cc, &e)) == NULL ||
	    (p = producer_open(c, &pc, &e)) == NULL ||
	    producer_start(p, &e) != 0 ||
	    (t = producer_topic(p, argv[3], 5000, &e)) == NULL ||
	    run(p, t, argv[2], argv[3], 5, true, &e) != 0 ||
	    run(p, t, argv[2], argv[3], 50, false, &e) != 0 ||
	    run(p, t, argv[2], argv[3], 7, true, &e) != 0)
		fprintf(stderr, "txn-offsets: %s\n", e.msg);
	producer_close(p);
	cluster_close(c);
	loop_free(l);
	return e.code != 0;
}
