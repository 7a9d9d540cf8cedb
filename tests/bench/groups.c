/*
 * groups.c: what a broker's group coordinator takes, by a client of its own
 * that is the same for every broker.
 *
 *	groups form PORT GROUP N	N members at once, each a connection:
 *					milliseconds until all have their part
 *					and a record, then, when one has left,
 *					until the others have
 *	groups kill PORT GROUP N MS	the same with one killed; session
 *					time-outs of MS: milliseconds until the
 *					others have a record, and how many of
 *					them are beyond MS
 *	groups stop PORT GROUP N MS	the same with one that only stops, its
 *					connection left open
 *	groups commit PORT N SECONDS D	N connections that commit one offset
 *					after the other, D of them under way:
 *					commits a second
 *	groups refuse PORT N SECONDS D	the same for a topic that there is not:
 *					what requests alone cost
 *	groups echo N SECONDS D		the same of a server that does nothing but
 *					answer: what the client and the loopback
 *					cost
 *	groups fill PORT N P		N groups with P offsets each
 *	groups reload PORT N P		seconds until all of these are told
 *
 * The topic `bench` has a record in each of its partitions.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "groups.h"
#include "wire/kerror.h"
#include "wire/msg_offset_fetch.h"

#define TOPIC	"bench"

struct kstr topic = { TOPIC, sizeof(TOPIC) - 1 };
int16_t expected;

static void
fill(int port, int n, int32_t parts)
{
	struct offset_commit_request_partition *p = xcalloc((size_t)parts,
	    sizeof(*p));
	struct offset_commit_request_topic t;
	struct offset_commit_request req;
	struct offset_commit_response rsp;
	struct arena a;
	char name[32];
	int fd = dial(port);

	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "reload-%d", i);
		if (i == 0)
			find_coordinator(fd, name);
		put_commit(&req, name, &t, p, parts, i);
		arena_init(&a, 0);
		ask(fd, API_OFFSET_COMMIT, 7, &req, &a, &rsp);
		arena_release(&a);
	}
	free(p);
	close(fd);
}

static void
reload(int port, int n, int32_t parts)
{
	struct offset_fetch_request req;
	struct offset_fetch_response rsp;
	struct arena a;
	char name[32];
	double start = now();
	int fd = dial(port);

	kmsg_defaults(&offset_fetch_request_msg, &req);
	req.topics.n = -1;
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "reload-%d", i);
		req.group_id = kstr(name);
		arena_init(&a, 0);
		ask(fd, API_OFFSET_FETCH, 5, &req, &a, &rsp);
		if (rsp.error_code == 0 && (rsp.topics.n != 1 ||
		    rsp.topics.v[0].partitions.n != parts ||
		    rsp.topics.v[0].partitions.v[0].committed_offset != i))
			errx(1, "%s is not what it was", name);
		if (rsp.error_code != 0)
			i--;		/* not loaded yet, as Kafka says it */
		arena_release(&a);
	}
	printf("%.3f\n", (now() - start) / 1000);
	close(fd);
}

int
main(int argc, char **argv)
{
	int port = argc > 2 ? atoi(argv[2]) : 0;

	if (argc == 5 && strcmp(argv[1], "form") == 0) {
		form(port, argv[3], atoi(argv[4]));
	} else if (argc == 6 && (strcmp(argv[1], "kill") == 0 ||
	    strcmp(argv[1], "stop") == 0)) {
		session_ms = atoi(argv[5]);
		die(port, argv[3], atoi(argv[4]), argv[1][0] == 's');
	} else if (argc == 6 && strcmp(argv[1], "commit") == 0) {
		commit(port, atoi(argv[3]), atof(argv[4]), atoi(argv[5]));
	} else if (argc == 6 && strcmp(argv[1], "refuse") == 0) {
		topic = kstr("no-such-topic");
		expected = ERR_UNKNOWN_TOPIC_OR_PARTITION;
		commit(port, atoi(argv[3]), atof(argv[4]), atoi(argv[5]));
	} else if (argc == 5 && strcmp(argv[1], "echo") == 0) {
		commit(echo(), atoi(argv[2]), atof(argv[3]), atoi(argv[4]));
	} else if (argc == 5 && strcmp(argv[1], "fill") == 0) {
		fill(port, atoi(argv[3]), atoi(argv[4]));
	} else if (argc == 5 && strcmp(argv[1], "reload") == 0) {
		reload(port, atoi(argv[3]), atoi(argv[4]));
	} else {
		errx(2, "usage: groups form|kill|stop|commit|refuse|fill|reload PORT .."
		    " | echo ..");
	}
	return 0;
}
