/*
 * groups_form.c: groups that form, and that form again when a member has left
 * or died; see groups.h.
 */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "groups.h"
#include "wire/msg_leave_group.h"

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
				member_beat(&members[i]);
		}
		poll(p, (nfds_t)n_members, 2);
		for (int i = 0; i < n_members; i++)
			if (p[i].fd >= 0 && p[i].revents != 0)
				member_read(&members[i]);
	}
	free(p);
}

/* n members join at once: how long until all are there. */
static double
gather(int port, const char *name, int n)
{
	double start;
	int fd = dial(port);

	group = name;
	n_members = n;
	members = xcalloc((size_t)n, sizeof(*members));
	find_coordinator(fd, group);
	close(fd);
	for (int i = 0; i < n_members; i++)
		members[i].fd = dial(port);
	start = now();
	for (int i = 0; i < n_members; i++)
		member_join(&members[i]);
	run_until_there(n_members, NULL);
	return now() - start;
}

/* One is there no more. */
static void
lose(struct member *m)
{
	m->step = GONE;
	member_forget(m);
}

void
form(int port, const char *name, int n)
{
	struct leave_group_request req;
	double start, formed = gather(port, name, n);
	struct member *last = &members[n - 1];

	run_until_there(n, last);
	kmsg_defaults(&leave_group_request_msg, &req);
	req.group_id = kstr(group);
	req.member_id = kstr(last->id);
	start = now();
	send_request(last->fd, API_LEAVE_GROUP, 1, &req);
	lose(last);
	run_until_there(n - 1, NULL);
	printf("%.1f %.1f\n", formed, now() - start);
}

void
die(int port, const char *name, int n, bool stops)
{
	struct member *last;
	double start, took;

	gather(port, name, n);
	last = &members[n - 1];
	run_until_there(n, last);
	member_beat(last);
	run_until_there(n, last);
	start = now();
	if (!stops)
		close(last->fd);
	lose(last);
	run_until_there(n - 1, NULL);
	took = now() - start;
	if (expelled > 0)
		errx(1, "members that live were expelled %d times", expelled);
	printf("%.1f %.1f\n", took, took - session_ms);
}
