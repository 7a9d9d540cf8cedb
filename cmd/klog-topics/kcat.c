/*
 * kcat.c: -L, for eyes and scripts that know kcat's listing.
 */
#include <stdio.h>

#include "client/admin.h"
#include "topics.h"
#include "wire/kerror.h"

/* "host:port/id" of the broker that answered; its id alone when unknown. */
static void
print_origin(const struct topics *t, const struct listing *l, bool json)
{
	int32_t id = l->reply->broker;
	int i;

	for (i = 0; i < l->msg->brokers.n; i++)
		if (l->msg->brokers.v[i].node_id == id)
			break;
	if (json)
		printf("{\"originating_broker\":{\"id\":%d,\"name\":\"",
		    (int)id);
	if (i < l->msg->brokers.n)
		printf("%.*s:%d/%d", (int)l->msg->brokers.v[i].host.len,
		    l->msg->brokers.v[i].host.p,
		    (int)l->msg->brokers.v[i].port, (int)id);
	else
		printf("%s/%d", t->common.brokers != NULL ? t->common.brokers :
		    "", (int)id);
	if (json)
		printf("\"},");
}

static void
print_ids(const char *before, const int32_t *v, int n)
{
	int i;

	printf("%s", before);
	for (i = 0; i < n; i++)
		printf("%s%d", i > 0 ? "," : "", (int)v[i]);
}

static void
print_partition(const struct metadata_response_partition *p)
{
	printf("    partition %d, leader %d", (int)p->partition_index,
	    (int)p->leader_id);
	print_ids(", replicas: ", p->replica_nodes.v, p->replica_nodes.n);
	print_ids(", isrs: ", p->isr_nodes.v, p->isr_nodes.n);
	if (p->error_code != 0)
		printf(", %s", kerror_name(p->error_code));
	putchar('\n');
}

static void
print_text(const struct topics *t, const struct listing *l)
{
	const struct metadata_response *m = l->msg;
	int i, k;

	printf("Metadata for %s (from broker %d: ", t->nnames > 0 ?
	    t->names[0] : "all topics", (int)l->reply->broker);
	print_origin(t, l, false);
	printf("):\n %d brokers:\n", (int)m->brokers.n);
	for (i = 0; i < m->brokers.n; i++)
		printf("  broker %d at %.*s:%d%s\n",
		    (int)m->brokers.v[i].node_id,
		    (int)m->brokers.v[i].host.len, m->brokers.v[i].host.p,
		    (int)m->brokers.v[i].port, m->brokers.v[i].node_id ==
		    m->controller_id ? " (controller)" : "");
	printf(" %d topics:\n", l->n);
	for (i = 0; i < l->n; i++) {
		printf("  topic \"%.*s\" with %d partitions:\n",
		    (int)l->v[i]->name.len, l->v[i]->name.p,
		    (int)l->v[i]->partitions.n);
		for (k = 0; k < l->v[i]->partitions.n; k++)
			print_partition(&l->v[i]->partitions.v[k]);
	}
}

static void
print_json_ids(const char *name, const int32_t *v, int n)
{
	int i;

	printf(",\"%s\":[", name);
	for (i = 0; i < n; i++)
		printf("%s{\"id\":%d}", i > 0 ? "," : "", (int)v[i]);
	putchar(']');
}

static void
print_json_topic(const struct metadata_response_topic *topic)
{
	const struct metadata_response_partition *p;
	int i;

	printf("{\"topic\":\"%.*s\",\"partitions\":[", (int)topic->name.len,
	    topic->name.p);
	for (i = 0; i < topic->partitions.n; i++) {
		p = &topic->partitions.v[i];
		printf("%s{\"partition\":%d", i > 0 ? "," : "",
		    (int)p->partition_index);
		if (p->error_code != 0)
			printf(",\"error\":\"%s\"",
			    kerror_name(p->error_code));
		printf(",\"leader\":%d", (int)p->leader_id);
		print_json_ids("replicas", p->replica_nodes.v,
		    p->replica_nodes.n);
		print_json_ids("isrs", p->isr_nodes.v, p->isr_nodes.n);
		putchar('}');
	}
	printf("]}");
}

static void
print_json(const struct topics *t, const struct listing *l)
{
	const struct metadata_response *m = l->msg;
	int i;

	print_origin(t, l, true);
	printf("\"query\":{\"topic\":\"%s\"},\"controllerid\":%d,"
	    "\"brokers\":[", t->nnames > 0 ? t->names[0] : "*",
	    (int)m->controller_id);
	for (i = 0; i < m->brokers.n; i++)
		printf("%s{\"id\":%d,\"name\":\"%.*s:%d\"}", i > 0 ? "," : "",
		    (int)m->brokers.v[i].node_id,
		    (int)m->brokers.v[i].host.len, m->brokers.v[i].host.p,
		    (int)m->brokers.v[i].port);
	printf("],\"topics\":[");
	for (i = 0; i < l->n; i++) {
		printf("%s", i > 0 ? "," : "");
		print_json_topic(l->v[i]);
	}
	printf("]}\n");
}

enum exit_class
topics_kcat(struct topics *t)
{
	enum exit_class status = EXIT_DONE;
	struct kerr e = KERR_INIT;
	struct listing l;

	t->all = true;
	if (topics_load(t, &l, &status, &e) != 0)
		return exit_report(&e, NULL);
	if (t->common.json)
		print_json(t, &l);
	else
		print_text(t, &l);
	topics_release(&l);
	return status;
}
