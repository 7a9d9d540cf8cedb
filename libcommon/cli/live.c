/* live.c: see live.h. */
#include "cli/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "client/admin.h"
#include "client/groups.h"
#include "net/loop.h"
#include "wire/msg_metadata.h"

enum { CONTACT_MS = 500, ANSWER_MS = 1000 };

static void
say_nothing(void *arg, const char *where, const char *text)
{
}

/* Options so far, as the program itself would read them. */
static int
read_words(struct live *n, struct kerr *e)
{
	struct common *c = n->common;
	char **argv = xcalloc((size_t)n->n + 2, sizeof(argv[0]));
	int rc;

	argv[0] = (char *)(uintptr_t)n->p->name;
	for (int i = 0; i < n->n; i++)
		argv[i + 1] = n->words[i];
	rc = options_parse(n->p, n->base, n->n + 1, argv, e);
	free(argv);
	if (rc < 0)
		return rc;
	c->quiet = c->look = true;
	c->first_contact = CONTACT_MS;
	c->config = config_new(say_nothing, NULL);
	return common_read(c, e);
}

static bool
is_open(struct live *n)
{
	struct cluster_config conf;
	struct kerr e = KERR_INIT;

	if (n->cluster != NULL)
		return true;
	if (n->common == NULL || n->loop != NULL)
		return false;
	log_set(NULL, LOG_ERROR, 0);
	n->loop = loop_new(&e);
	if (n->loop == NULL || read_words(n, &e) != 0 ||
	    common_cluster(n->common, &conf, &e) != 0)
		return false;
	conf.request_ms = ANSWER_MS;
	n->cluster = cluster_open(n->loop, &conf, &e);
	if (n->cluster == NULL || cluster_connect(n->cluster, &e) == 0)
		return n->cluster != NULL;
	cluster_close(n->cluster);
	n->cluster = NULL;
	return false;
}

void
live_topics(struct live *n, bool internal, live_each *each, void *arg)
{
	const struct metadata_response *m;
	struct kerr e = KERR_INIT;
	struct reply *r;

	if (!is_open(n) || admin_metadata(n->cluster, NULL, -1, &r, &e) != 0)
		return;
	m = r->msg;
	for (int i = 0; i < m->topics.n; i++) {
		char *name;

		if (m->topics.v[i].name.len <= 0 ||
		    (m->topics.v[i].is_internal && !internal))
			continue;
		name = xstrndup(m->topics.v[i].name.p,
		    (size_t)m->topics.v[i].name.len);
		each(arg, name);
		free(name);
	}
	reply_free(r);
}

void
live_groups(struct live *n, live_each *each, void *arg)
{
	struct kerr e = KERR_INIT;
	struct groups g;

	if (!is_open(n))
		return;
	groups_init(&g, n->cluster, ANSWER_MS);
	groups_list_all(&g, &e);
	for (int i = 0; i < g.n; i++)
		each(arg, g.v[i].name);
	groups_release(&g);
}

void
live_profiles(struct live *n, live_each *each, void *arg)
{
	char *path = common_file(), *line = NULL;
	FILE *f = path != NULL ? fopen(path, "r") : NULL;
	size_t cap = 0;

	while (f != NULL && getline(&line, &cap, f) >= 0) {
		char *s = line + strspn(line, " \t");

		if (*s != '[' || strchr(s, ']') == NULL)
			continue;
		*strchr(s, ']') = '\0';
		each(arg, s + 1);
	}
	free(line);
	if (f != NULL)
		fclose(f);
	free(path);
}

void
live_forget_last(struct live *n)
{
	if (n->n > 0)
		n->n--;
}

void
live_close(struct live *n)
{
	if (n->loop == NULL)
		return;
	if (n->cluster != NULL)
		cluster_close(n->cluster);
	loop_free(n->loop);
	common_end(n->common);
}
