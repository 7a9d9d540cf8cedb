/* lost-groups PORT N [lost]: a member for each of N groups, g-0 and so on. With
 * lost the disk takes none of them, and somebody has the group described at
 * that moment, and asks for it by other APIs afterwards: each time he has to be
 * told which group it is that cannot be had. Prints how many were refused at
 * that moment. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "wire/msg_consumer_group_describe.h"
#include "wire/msg_consumer_group_heartbeat.h"
#include "wire/msg_delete_groups.h"
#include "wire/msg_describe_groups.h"
#include "wire/msg_offset_fetch.h"

#define DESCRIBE_GROUPS_VERSION	5
#define DELETE_GROUPS_VERSION	2
#define OFFSET_FETCH_VERSION	8

static int member, other;	/* connections */
static struct chunks out;

static void
put_heartbeat(struct kstr group)
{
	struct consumer_group_heartbeat_request req;
	struct kstr topic = kstr("t");

	kmsg_defaults(&consumer_group_heartbeat_request_msg, &req);
	req.group_id = group;
	req.member_id = kstr("");
	req.rebalance_timeout_ms = 60000;
	req.subscribed_topic_names.v = &topic;
	req.subscribed_topic_names.n = 1;
	req.topic_partitions.n = 0;
	ask_put(&out, API_CONSUMER_GROUP_HEARTBEAT, 0, 0, &req);
}

static void
put_describe(struct kstr *group)
{
	struct consumer_group_describe_request req = {
		.group_ids = { group, 1 }
	};

	ask_put(&out, API_CONSUMER_GROUP_DESCRIBE, 0, 0, &req);
}

/* Of one group, by that API. */
static void
check(const char *api, struct kstr asked, struct kstr told, int16_t error)
{
	if (!kstr_eq(asked, told))
		errx(1, "%s of '%.*s', error %d: answered for '%.*s'", api,
		    asked.len, asked.p, error, told.len, told.p);
	if (error == 0)
		errx(1, "%s of '%.*s': done", api, asked.len, asked.p);
}

static bool
take_describe(struct kstr asked)
{
	struct consumer_group_describe_response rsp;
	struct arena a;
	bool there;

	arena_init(&a, 0);
	ask_answer(other, API_CONSUMER_GROUP_DESCRIBE, 0, 0, &a, &rsp);
	there = rsp.groups.v[0].error_code == 0;
	if (!there)
		check("ConsumerGroupDescribe", asked, rsp.groups.v[0].group_id,
		    rsp.groups.v[0].error_code);
	arena_release(&a);
	return there;
}

static int16_t
take_heartbeat(void)
{
	struct consumer_group_heartbeat_response rsp;
	struct arena a;

	arena_init(&a, 0);
	ask_answer(member, API_CONSUMER_GROUP_HEARTBEAT, 0, 0, &a, &rsp);
	arena_release(&a);
	return rsp.error_code;
}

static void
join(struct kstr group)
{
	put_heartbeat(group);
	ask_send(member, &out);
	if (take_heartbeat() != 0)
		errx(1, "a member of '%.*s' is refused", group.len, group.p);
}

/* The member's records and the question go into one round of the broker's
 * thread, if all goes well: the answer waits for them then. */
static bool
describe_while_joining(struct kstr group)
{
	bool there;

	put_heartbeat(group);
	ask_send(member, &out);
	put_describe(&group);
	ask_send(other, &out);
	there = take_describe(group);
	if (take_heartbeat() == 0)
		errx(1, "a member of '%.*s' is taken", group.len, group.p);
	return !there;
}

static void
ask_others(struct kstr group)
{
	struct describe_groups_request describe = { { &group, 1 }, false };
	struct describe_groups_response described;
	struct delete_groups_request delete = { { &group, 1 } };
	struct delete_groups_response deleted;
	struct offset_fetch_request_group g = { .group_id = group,
	    .member_epoch = -1 };
	struct offset_fetch_request fetch;
	struct offset_fetch_response fetched;
	struct arena a;

	arena_init(&a, 0);
	kmsg_defaults(&offset_fetch_request_msg, &fetch);
	g.topics.n = -1;
	fetch.groups.v = &g;
	fetch.groups.n = 1;
	ask_put(&out, API_DESCRIBE_GROUPS, DESCRIBE_GROUPS_VERSION, 1,
	    &describe);
	ask_put(&out, API_OFFSET_FETCH, OFFSET_FETCH_VERSION, 2, &fetch);
	ask_put(&out, API_DELETE_GROUPS, DELETE_GROUPS_VERSION, 3, &delete);
	put_describe(&group);
	ask_send(other, &out);
	ask_answer(other, API_DESCRIBE_GROUPS, DESCRIBE_GROUPS_VERSION, 1, &a,
	    &described);
	check("DescribeGroups", group, described.groups.v[0].group_id,
	    described.groups.v[0].error_code);
	ask_answer(other, API_OFFSET_FETCH, OFFSET_FETCH_VERSION, 2, &a,
	    &fetched);
	check("OffsetFetch", group, fetched.groups.v[0].group_id,
	    fetched.groups.v[0].error_code);
	ask_answer(other, API_DELETE_GROUPS, DELETE_GROUPS_VERSION, 3, &a,
	    &deleted);
	check("DeleteGroups", group, deleted.results.v[0].group_id,
	    deleted.results.v[0].error_code);
	take_describe(group);
	arena_release(&a);
}

int
main(int argc, char **argv)
{
	char name[32];
	bool lost = argc > 3;
	int waited = 0;

	if (argc < 3)
		errx(2, "usage: lost-groups PORT N [lost]");
	member = ask_dial(argv[1]);
	other = ask_dial(argv[1]);
	for (int i = 0; i < atoi(argv[2]); i++) {
		snprintf(name, sizeof(name), "g-%d", i);
		if (lost) {
			waited += describe_while_joining(kstr(name));
			ask_others(kstr(name));
		} else {
			join(kstr(name));
		}
	}
	printf("%d\n", waited);
	chunks_release(&out);
	return 0;
}
