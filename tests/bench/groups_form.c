/*
 * groups_form.c: members of a group, each a connection that joins, beats every
 * few milliseconds, so that nothing but the broker is waited for, and fetches a
 * record; see groups.h.
 */
#include <err.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "groups.h"
#include "wire/kerror.h"
#include "wire/msg_fetch.h"
#include "wire/msg_heartbeat.h"
#include "wire/msg_join_group.h"
#include "wire/msg_leave_group.h"
#include "wire/msg_offset_fetch.h"
#include "wire/msg_sync_group.h"

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

void
form(int port, const char *name, int n)
{
	struct leave_group_request req;
	struct member *last;
	double start, formed;
	int fd = dial(port);

	group = name;
	n_members = n;
	members = xcalloc((size_t)n, sizeof(*members));
	last = &members[n - 1];
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
