/* commits PORT GROUP TOPIC N: N OffsetCommit requests in one write, the last
 * but one of them with an OffsetFetch behind it. Every answer has to come in
 * its place and say that it is done, and the OffsetFetch what was committed
 * before it; else it says what came and exits 1. */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/codec.h"
#include "wire/frame.h"
#include "wire/msg_offset_commit.h"
#include "wire/msg_offset_fetch.h"

#define COMMIT_VERSION	7
#define FETCH_VERSION	5

static int fd;
static struct kstr group, topic;
static struct chunks out;

static void
dial(const char *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	sin.sin_port = htons((uint16_t)atoi(port));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		err(2, "port %s", port);
}

static void
put(int16_t key, int16_t version, int32_t id, const void *body)
{
	struct kerr e = KERR_INIT;

	if (frame_put_request(&out, kapi_get(key), version, id,
	    kstr("commits"), body, &e) < 0)
		errx(2, "%s", e.msg);
}

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
	put(API_OFFSET_COMMIT, COMMIT_VERSION, id, &req);
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
	put(API_OFFSET_FETCH, FETCH_VERSION, id, &req);
}

static void
read_whole(uint8_t *p, size_t n)
{
	ssize_t got;

	for (size_t have = 0; have < n; have += (size_t)got)
		if ((got = read(fd, p + have, n - have)) <= 0)
			err(1, "the answer ends");
}

static void
answer(int16_t key, int16_t version, int32_t id, struct arena *a, void *rsp)
{
	static uint8_t in[1 << 16];
	struct kerr e = KERR_INIT;
	struct rd r;
	uint32_t size;
	int32_t came;

	read_whole(in, 4);
	size = be32(in);
	if (size > sizeof(in))
		errx(1, "an answer of %u bytes", size);
	read_whole(in, size);
	rd_init(&r, in, size);
	if (frame_read_response(&r, kapi_get(key), version, &came, &e) < 0 ||
	    kmsg_decode(kapi_get(key)->rsp, version, &r, a, rsp, &e) < 0)
		errx(1, "%s", e.msg);
	if (came != id)
		errx(1, "answer %d came in the place of %d", came, id);
}

static void
take_commit(int32_t id)
{
	struct offset_commit_response rsp;
	struct arena a;

	arena_init(&a, 0);
	answer(API_OFFSET_COMMIT, COMMIT_VERSION, id, &a, &rsp);
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
	answer(API_OFFSET_FETCH, FETCH_VERSION, id, &a, &rsp);
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
	dial(argv[1]);
	for (int i = 1; i <= n; i++) {
		if (i == n)
			put_fetch(0);
		put_commit(i, i);
	}
	if (write(fd, out.own.p, out.own.len) != (ssize_t)out.own.len)
		err(2, "write");
	for (int i = 1; i <= n; i++) {
		if (i == n)
			take_fetch(0, n - 1);
		take_commit(i);
	}
	chunks_release(&out);
	return 0;
}
