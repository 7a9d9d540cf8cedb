/*
 * groups.c: what a broker's group coordinator takes, by a client of its own
 * that is the same for every broker.
 *
 *	groups form PORT GROUP N	N members at once, each a connection:
 *					milliseconds until all have their part
 *					and a record, then, when one has left,
 *					until the others have
 *	groups commit PORT N SECONDS D	N connections that commit one offset
 *					after the other, D of them under way:
 *					commits a second
 *	groups refuse PORT N SECONDS D	the same for a topic that there is not:
 *					what requests alone cost
 *	groups fill PORT N P		N groups with P offsets each
 *	groups reload PORT N P		seconds until all of these are told
 *
 * The topic `bench` has a record in each of its partitions. Members beat every
 * 5 ms, so that nothing but the broker is waited for.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "wire/codec.h"
#include "wire/frame.h"
#include "wire/kerror.h"
#include "wire/msg_fetch.h"
#include "wire/msg_find_coordinator.h"
#include "wire/msg_heartbeat.h"
#include "wire/msg_join_group.h"
#include "wire/msg_leave_group.h"
#include "wire/msg_offset_commit.h"
#include "wire/msg_offset_fetch.h"
#include "wire/msg_sync_group.h"

#define TOPIC	"bench"
#define BEAT_MS	5

enum step { JOINING, SYNCING, ASKING, FETCHING, THERE, GONE };

struct member {
	int		 fd;
	enum step	 step;
	int32_t		 generation;
	char		 id[128];
	char		*leader_of[1024];	/* ids, where it leads */
	int32_t		 n_leads;
	uint8_t		 in[1 << 16];
	size_t		 have;
	bool		 asked;			/* an answer is to come */
	double		 beat;			/* when the next is due */
	bool		 beating;
};

static struct member *members;
static int n_members;
static const char *group;
static struct kstr topic = { TOPIC, sizeof(TOPIC) - 1 };
static int16_t expected;			/* what a commit is answered */

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int
dial(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	sin.sin_port = htons((uint16_t)port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		err(1, "port %d", port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static void
put_request(struct chunks *out, int16_t key, int16_t version,
    const void *body)
{
	struct kerr e = KERR_INIT;

	if (frame_put_request(out, kapi_get(key), version, 1, kstr("bench"),
	    body, &e) < 0)
		errx(1, "%s", e.msg);
}

static void
send_request(int fd, int16_t key, int16_t version, const void *body)
{
	struct chunks out = { 0 };

	put_request(&out, key, version, body);
	if (write(fd, out.own.p, out.own.len) != (ssize_t)out.own.len)
		err(1, "write");
	chunks_release(&out);
}

/* The body of the frame at p, which is n bytes long. */
static void
read_response(const uint8_t *p, size_t n, int16_t key, int16_t version,
    struct arena *a, void *out)
{
	const struct kapi *api = kapi_get(key);
	struct kerr e = KERR_INIT;
	struct rd r;
	int32_t id;

	rd_init(&r, p, n);
	if (frame_read_response(&r, api, version, &id, &e) < 0 ||
	    kmsg_decode(api->rsp, version, &r, a, out, &e) < 0)
		errx(1, "%s", e.msg);
}

/* A request and its answer, on a connection where nothing else goes on. */
static void
ask(int fd, int16_t key, int16_t version, const void *body, struct arena *a,
    void *out)
{
	static uint8_t in[4 << 20];
	size_t have = 0, size = 4;
	ssize_t n;

	send_request(fd, key, version, body);
	while (have < size) {
		if ((n = read(fd, in + have, size - have)) <= 0)
			err(1, "read");
		have += (size_t)n;
		if (have == 4) {
			size = 4 + be32(in);
			if (size > sizeof(in))
				errx(1, "answer of %zu bytes", size);
		}
	}
	read_response(in + 4, size - 4, key, version, a, out);
}

/* Waits until the broker looks after the group. */
static void
find_coordinator(int fd, const char *name)
{
	struct find_coordinator_request req;
	struct find_coordinator_response rsp;
	struct arena a;

	kmsg_defaults(&find_coordinator_request_msg, &req);
	req.key = kstr(name);
	arena_init(&a, 0);
	for (;;) {
		ask(fd, API_FIND_COORDINATOR, 1, &req, &a, &rsp);
		if (rsp.error_code == 0)
			break;
		usleep(20000);
	}
	arena_release(&a);
}

static void
join(struct member *m)
{
	struct join_group_request req;
	struct join_group_request_protocol p = {
		kstr("range"), { (const uint8_t *)"\0\0\0\0\0\1\0\5bench"
		    "\377\377\377\377", 17 }
	};

	kmsg_defaults(&join_group_request_msg, &req);
	req.group_id = kstr(group);
	req.member_id = kstr(m->id);
	req.session_timeout_ms = 30000;
	req.rebalance_timeout_ms = 30000;
	req.protocol_type = kstr("consumer");
	req.protocols.v = &p;
	req.protocols.n = 1;
	m->step = JOINING;
	m->asked = true;
	send_request(m->fd, API_JOIN_GROUP, 5, &req);
}

static void
send_sync(struct member *m)
{
	struct sync_group_request req;
	struct sync_group_request_assignment as[1024];

	kmsg_defaults(&sync_group_request_msg, &req);
	req.group_id = kstr(group);
	req.member_id = kstr(m->id);
	req.generation_id = m->generation;
	for (int32_t i = 0; i < m->n_leads; i++) {
		as[i].member_id = kstr(m->leader_of[i]);
		as[i].assignment = (struct kbytes){ (const uint8_t *)
		    "\0\0\0\0\0\0\377\377\377\377", 10 };
	}
	req.assignments.v = as;
	req.assignments.n = m->n_leads;
	m->step = SYNCING;
	m->asked = true;
	send_request(m->fd, API_SYNC_GROUP, 3, &req);
}

static void
ask_offset(struct member *m)
{
	struct offset_fetch_request req;
	struct offset_fetch_request_topic t;
	int32_t partition = (int32_t)(m - members);

	kmsg_defaults(&offset_fetch_request_msg, &req);
	t.name = topic;
	t.partition_indexes.v = &partition;
	t.partition_indexes.n = 1;
	req.group_id = kstr(group);
	req.topics.v = &t;
	req.topics.n = 1;
	m->step = ASKING;
	m->asked = true;
	send_request(m->fd, API_OFFSET_FETCH, 5, &req);
}

static void
fetch(struct member *m)
{
	struct fetch_request req;
	struct fetch_request_topic t;
	struct fetch_request_partition p;

	kmsg_defaults(&fetch_request_msg, &req);
	KDEFAULTS(fetch_request_topic, &t);
	KDEFAULTS(fetch_request_partition, &p);
	p.partition = (int32_t)(m - members);
	p.partition_max_bytes = 4096;
	t.topic = topic;
	t.partitions.v = &p;
	t.partitions.n = 1;
	req.max_bytes = 4096;
	req.min_bytes = 1;
	req.max_wait_ms = 1000;
	req.topics.v = &t;
	req.topics.n = 1;
	m->step = FETCHING;
	m->asked = true;
	send_request(m->fd, API_FETCH, 4, &req);
}

static void
heartbeat(struct member *m)
{
	struct heartbeat_request req;

	kmsg_defaults(&heartbeat_request_msg, &req);
	req.group_id = kstr(group);
	req.member_id = kstr(m->id);
	req.generation_id = m->generation;
	m->asked = m->beating = true;
	send_request(m->fd, API_HEARTBEAT, 3, &req);
}

static void
forget_members(struct member *m)
{
	for (int32_t i = 0; i < m->n_leads; i++)
		free(m->leader_of[i]);
	m->n_leads = 0;
}

static void
got_join(struct member *m, const struct join_group_response *rsp)
{
	if (rsp->error_code == ERR_MEMBER_ID_REQUIRED ||
	    rsp->error_code == 0)
		snprintf(m->id, sizeof(m->id), "%.*s", rsp->member_id.len,
		    rsp->member_id.p);
	else if (rsp->error_code == ERR_UNKNOWN_MEMBER_ID)
		m->id[0] = '\0';
	if (rsp->error_code != 0) {
		join(m);
		return;
	}
	m->generation = rsp->generation_id;
	forget_members(m);
	for (int32_t i = 0; i < rsp->members.n && i < 1024; i++)
		m->leader_of[m->n_leads++] = xstrndup(
		    rsp->members.v[i].member_id.p,
		    (size_t)rsp->members.v[i].member_id.len);
	send_sync(m);
}

static void
got_beat(struct member *m, int16_t error)
{
	m->beating = false;
	m->beat = now() + BEAT_MS;
	if (error == ERR_UNKNOWN_MEMBER_ID)
		m->id[0] = '\0';
	if (error != 0)
		join(m);
}

static void
got(struct member *m, const uint8_t *p, size_t n)
{
	union {
		struct join_group_response	join;
		struct sync_group_response	sync;
		struct heartbeat_response	beat;
		struct offset_fetch_response	offset;
		struct fetch_response		fetch;
	} u;
	struct arena a;

	arena_init(&a, 0);
	m->asked = false;
	if (m->beating) {
		read_response(p, n, API_HEARTBEAT, 3, &a, &u);
		got_beat(m, u.beat.error_code);
	} else if (m->step == JOINING) {
		read_response(p, n, API_JOIN_GROUP, 5, &a, &u);
		got_join(m, &u.join);
	} else if (m->step == SYNCING) {
		read_response(p, n, API_SYNC_GROUP, 3, &a, &u);
		if (u.sync.error_code == 0)
			ask_offset(m);
		else
			join(m);
	} else if (m->step == ASKING) {
		read_response(p, n, API_OFFSET_FETCH, 5, &a, &u);
		fetch(m);
	} else if (m->step == FETCHING) {
		read_response(p, n, API_FETCH, 4, &a, &u);
		m->step = THERE;
		m->beat = now() + BEAT_MS;
	}
	arena_release(&a);
}

static void
readable(struct member *m)
{
	ssize_t n = read(m->fd, m->in + m->have, sizeof(m->in) - m->have);
	size_t size;

	if (n <= 0)
		err(1, "member %d", (int)(m - members));
	m->have += (size_t)n;
	while (m->have >= 4 && m->have >= 4 + (size = be32(m->in))) {
		got(m, m->in + 4, size);
		m->have -= 4 + size;
		memmove(m->in, m->in + 4 + size, m->have);
	}
}

/* All have a record, in one generation that has all of them. */
static bool
all_there(int wanted)
{
	int32_t generation = -1, leads = 0;

	for (int i = 0; i < n_members; i++) {
		if (members[i].step == GONE)
			continue;
		if (members[i].step != THERE || (generation >= 0 &&
		    members[i].generation != generation))
			return false;
		generation = members[i].generation;
		leads += members[i].n_leads;
	}
	return leads == wanted;
}

/* Until all are there, and this one has nothing to hear any more. */
static void
run_until_there(int wanted, const struct member *quiet)
{
	struct pollfd *p = xcalloc((size_t)n_members, sizeof(*p));
	double until = now() + 60000;

	while (!all_there(wanted) || (quiet != NULL && quiet->asked)) {
		if (now() > until)
			errx(1, "the group does not form");
		for (int i = 0; i < n_members; i++) {
			p[i].fd = members[i].step == GONE ? -1 :
			    members[i].fd;
			p[i].events = POLLIN;
			if (members[i].step == THERE && !members[i].asked &&
			    &members[i] != quiet && members[i].beat <= now())
				heartbeat(&members[i]);
		}
		poll(p, (nfds_t)n_members, 2);
		for (int i = 0; i < n_members; i++)
			if (p[i].fd >= 0 && p[i].revents != 0)
				readable(&members[i]);
	}
	free(p);
}

static void
form(int port)
{
	struct leave_group_request req;
	struct member *last = &members[n_members - 1];
	double start, formed;
	int fd = dial(port);

	find_coordinator(fd, group);
	for (int i = 0; i < n_members; i++)
		members[i].fd = dial(port);
	start = now();
	for (int i = 0; i < n_members; i++)
		join(&members[i]);
	run_until_there(n_members, NULL);
	formed = now() - start;
	run_until_there(n_members, last);
	kmsg_defaults(&leave_group_request_msg, &req);
	req.group_id = kstr(group);
	req.member_id = kstr(last->id);
	start = now();
	send_request(last->fd, API_LEAVE_GROUP, 1, &req);
	last->step = GONE;
	forget_members(last);
	run_until_there(n_members - 1, NULL);
	printf("%.1f %.1f\n", formed, now() - start);
	close(fd);
}

static void
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

static void
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
		group = argv[3];
		n_members = atoi(argv[4]);
		members = xcalloc((size_t)n_members, sizeof(*members));
		form(port);
	} else if (argc == 6 && strcmp(argv[1], "commit") == 0) {
		commit(port, atoi(argv[3]), atof(argv[4]), atoi(argv[5]));
	} else if (argc == 6 && strcmp(argv[1], "refuse") == 0) {
		topic = kstr("no-such-topic");
		expected = ERR_UNKNOWN_TOPIC_OR_PARTITION;
		commit(port, atoi(argv[3]), atof(argv[4]), atoi(argv[5]));
	} else if (argc == 5 && strcmp(argv[1], "fill") == 0) {
		fill(port, atoi(argv[3]), atoi(argv[4]));
	} else if (argc == 5 && strcmp(argv[1], "reload") == 0) {
		reload(port, atoi(argv[3]), atoi(argv[4]));
	} else {
		errx(2, "usage: groups form|commit|refuse|fill|reload PORT ..");
	}
	return 0;
}
