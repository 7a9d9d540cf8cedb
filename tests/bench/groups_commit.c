/* groups_commit.c: commits a second, several of a connection under way; see
 * groups.h. */
#include <err.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "groups.h"
#include "wire/frame.h"
#include "wire/kerror.h"

void
put_commit(struct offset_commit_request *req, const char *name,
    struct offset_commit_request_topic *t,
    struct offset_commit_request_partition *p, int32_t n, int64_t offset)
{
	kmsg_defaults(&offset_commit_request_msg, req);
	for (int32_t i = 0; i < n; i++) {
		KDEFAULTS(offset_commit_request_partition, &p[i]);
		p[i].partition_index = i;
		p[i].committed_offset = offset;
		p[i].committed_metadata = kstr("");
	}
	t->name = topic;
	t->partitions.v = p;
	t->partitions.n = n;
	req->group_id = kstr(name);
	req->member_id = kstr("");
	req->generation_id_or_member_epoch = -1;
	req->topics.v = t;
	req->topics.n = 1;
}

/* One that is taken: a coordinator that has just been found may still be
 * loading. */
static void
first_commit(int fd, const struct offset_commit_request *req)
{
	struct offset_commit_response rsp;
	double until = now() + 30000;
	struct arena a;
	int16_t error;

	for (;;) {
		arena_init(&a, 0);
		ask(fd, API_OFFSET_COMMIT, 7, req, &a, &rsp);
		error = rsp.topics.v[0].partitions.v[0].error_code;
		arena_release(&a);
		if (error == expected)
			return;
		if (now() > until || (error != ERR_NOT_COORDINATOR &&
		    error != ERR_COORDINATOR_NOT_AVAILABLE &&
		    error != ERR_COORDINATOR_LOAD_IN_PROGRESS))
			errx(1, "commit: error %d", error);
		usleep(20000);
	}
}

/* A connection that commits for one group, several requests under way. */
struct committer {
	int		 fd;
	char		 name[32];
	int64_t		 sent;		/* commits, and offsets */
	uint8_t		 in[1 << 14];
	size_t		 have;
};

static void
send_commits(struct committer *c, int n)
{
	struct offset_commit_request_partition part;
	struct offset_commit_request_topic t;
	struct offset_commit_request req;
	struct chunks out = { 0 };

	for (int i = 0; i < n; i++) {
		put_commit(&req, c->name, &t, &part, 1, ++c->sent);
		put_request(&out, API_OFFSET_COMMIT, 7, &req);
	}
	if (write(c->fd, out.own.p, out.own.len) != (ssize_t)out.own.len)
		err(1, "write");
	chunks_release(&out);
}

/* How many answers came, all of them as expected. */
static int
read_commits(struct committer *c)
{
	struct offset_commit_response rsp;
	struct arena a;
	size_t at = 0, size;
	ssize_t n;
	int k = 0;

	if ((n = read(c->fd, c->in + c->have, sizeof(c->in) - c->have)) <= 0)
		err(1, "read");
	c->have += (size_t)n;
	for (; c->have - at >= 4; at += 4 + size, k++) {
		if (c->have - at < 4 + (size = be32(c->in + at)))
			break;
		arena_init(&a, 0);
		read_response(c->in + at + 4, size, API_OFFSET_COMMIT, 7, &a,
		    &rsp);
		if (rsp.topics.v[0].partitions.v[0].error_code != expected)
			errx(1, "commit: error %d", rsp.topics.v[0].
			    partitions.v[0].error_code);
		arena_release(&a);
	}
	c->have -= at;
	memmove(c->in, c->in + at, c->have);
	return k;
}

void
commit(int port, int n, double seconds, int depth)
{
	struct offset_commit_request_partition part;
	struct offset_commit_request_topic t;
	struct offset_commit_request req;
	struct committer *v = xcalloc((size_t)n, sizeof(*v));
	struct pollfd *p = xcalloc((size_t)n, sizeof(*p));
	double start, until;
	int64_t done = 0;
	int k;

	for (int i = 0; i < n; i++) {
		snprintf(v[i].name, sizeof(v[i].name), "commit-%d", i);
		p[i].fd = v[i].fd = dial(port);
		p[i].events = POLLIN;
		find_coordinator(v[i].fd, v[i].name);
		put_commit(&req, v[i].name, &t, &part, 1, 0);
		first_commit(v[i].fd, &req);
		send_commits(&v[i], depth);
	}
	start = now();
	until = start + seconds * 1000;
	while (now() < until) {
		if (poll(p, (nfds_t)n, 1000) < 0)
			err(1, "poll");
		for (int i = 0; i < n; i++) {
			if (p[i].revents == 0)
				continue;
			if ((k = read_commits(&v[i])) > 0)
				send_commits(&v[i], k);
			done += k;
		}
	}
	printf("%.0f\n", (double)done * 1000 / (now() - start));
	free(p);
	free(v);
}
