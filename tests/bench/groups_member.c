/*
 * groups_member.c: what a member of a group asks and is told; see groups.h. It
 * is THERE when it has a part of the topic and a record of it.
 */
#include <err.h>
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
#include "wire/msg_offset_fetch.h"
#include "wire/msg_sync_group.h"

struct member *members;
int n_members;
const char *group;
int session_ms = 30000;
int expelled;

void
member_join(struct member *m)
{
	struct join_group_request req;
	struct join_group_request_protocol p = {
		kstr("range"), { (const uint8_t *)"\0\0\0\0\0\1\0\5bench"
		    "\377\377\377\377", 17 }
	};

	kmsg_defaults(&join_group_request_msg, &req);
	req.group_id = kstr(group);
	req.member_id = kstr(m->id);
	req.session_timeout_ms = session_ms;
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

void
member_beat(struct member *m)
{
	struct heartbeat_request req;

	kmsg_defaults(&heartbeat_request_msg, &req);
	req.group_id = kstr(group);
	req.member_id = kstr(m->id);
	req.generation_id = m->generation;
	m->asked = m->beating = true;
	send_request(m->fd, API_HEARTBEAT, 3, &req);
}

void
member_forget(struct member *m)
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
	else if (rsp->error_code == ERR_UNKNOWN_MEMBER_ID) {
		m->id[0] = '\0';
		expelled++;
	}
	if (rsp->error_code != 0) {
		member_join(m);
		return;
	}
	m->generation = rsp->generation_id;
	member_forget(m);
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
	if (error == ERR_UNKNOWN_MEMBER_ID) {
		m->id[0] = '\0';
		expelled++;
	}
	if (error != 0)
		member_join(m);
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
			member_join(m);
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

void
member_read(struct member *m)
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
