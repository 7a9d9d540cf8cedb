/* commits PORT GROUP TOPIC N: N OffsetCommit requests in one write, the last
 * but one of them with an OffsetFetch behind it. Every answer has to come in
 * its place and say that it is done, and the OffsetFetch what was committed
 * before it; else it says what came and exits 1. */
#include "ask.h"
#include "wire/msg_offset_commit.h"
#include "wire/msg_offset_fetch.h"

#define COMMIT_VERSION	7
#define FETCH_VERSION	5

static int fd;
static struct kstr group, topic;
static struct chunks out;

static void
put_commit(int32_t id, int64_t offset)
{
	struct offset_commit_request_partition p;
	struct offset_commit_request_topic t = { .name = topic,
	    .partitions = { &p, 1 } };
	struct offset_commit_request req;

	KDEFAULTS(offset_commit_request_partition, &p);
	p.committed_offset = offset;
	p.committed_metadata = kstr("");
	kmsg_defaults(&offset_commit_request_msg, &req);
	req.group_id = group;
	req.member_id = kstr("");
	req.generation_id_or_member_epoch = -1;
	req.topics.v = &t;
	req.topics.n = 1;
	ask_put(&out, API_OFFSET_COMMIT, COMMIT_VERSION, id, &req);
}

static void
put_fetch(int32_t id)
{
	int32_t partition = 0;
	struct offset_fetch_request_topic t = { .name = topic,
	    .partition_indexes = { &partition, 1 } };
	struct offset_fetch_request req;

	kmsg_defaults(&offset_fetch_request_msg, &req);
	req.group_id = group;
	req.topics.v = &t;
	req.topics.n = 1;
	ask_put(&out, API_OFFSET_FETCH, FETCH_VERSION, id, &req);
}

static void
take_commit(int32_t id)
{
	struct offset_commit_response rsp;
	struct arena a;

	arena_init(&a, 0);
	ask_answer(fd, API_OFFSET_COMMIT, COMMIT_VERSION, id, &a, &rsp);
	if (rsp.topics.v[0].partitions.v[0].error_code != 0)
		errx(1, "commit %d: error %d", id,
		    rsp.topics.v[0].partitions.v[0].error_code);
	arena_release(&a);
}

static void
take_fetch(int32_t id, int64_t offset)
{
	struct offset_fetch_response rsp;
	struct arena a;
	int64_t came;

	arena_init(&a, 0);
	ask_answer(fd, API_OFFSET_FETCH, FETCH_VERSION, id, &a, &rsp);
	came = rsp.topics.v[0].partitions.v[0].committed_offset;
	if (came != offset)
		errx(1, "offset %lld, committed was %lld", (long long)came,
		    (long long)offset);
	arena_release(&a);
}

int
main(int argc, char **argv)
{
	int n;

	if (argc != 5 || (n = atoi(argv[4])) < 2)
		errx(2, "usage: commits PORT GROUP TOPIC N");
	group = kstr(argv[2]);
	topic = kstr(argv[3]);
	fd = ask_dial(argv[1]);
	for (int i = 1; i <= n; i++) {
		if (i == n)
			put_fetch(0);
		put_commit(i, i);
	}
	ask_send(fd, &out);
	for (int i = 1; i <= n; i++) {
		if (i == n)
			take_fetch(0, n - 1);
		take_commit(i);
	}
	chunks_release(&out);
	return 0;
}
