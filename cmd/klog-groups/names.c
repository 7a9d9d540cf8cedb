/* names.c: which groups are meant; see job.h. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/interact.h"
#include "cli/regex.h"
#include "job.h"

bool
names_listed(const char *list, const char *word)
{
	size_t n;

	if (list == NULL)
		return true;
	for (; word != NULL && *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (strlen(word) == n && strncasecmp(list, word, n) == 0)
			return true;
	}
	return false;
}

int
names_check(const char *list, const char *const *known, struct kerr *e)
{
	size_t n;
	int i;

	for (; list != NULL && *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		for (i = 0; known[i] != NULL; i++)
			if (strlen(known[i]) == n &&
			    strncasecmp(list, known[i], n) == 0)
				break;
		if (known[i] == NULL)
			return kerr_set(e, KE_USAGE, "'%.*s' is none of those "
			    "that there are", (int)n, list);
	}
	return 0;
}

bool
names_failed(const struct group *q, enum exit_class *status)
{
	if (q->err.code == 0)
		return false;
	*status = exit_worse(*status, exit_report(&q->err, "%s", q->name));
	return true;
}

/* Named twice, or by two expressions, it is one. */
static struct group *
add_once(struct groups *g, const char *name)
{
	for (int i = 0; i < g->n; i++)
		if (strcmp(g->v[i].name, name) == 0)
			return &g->v[i];
	return groups_add(g, name);
}

static int
add_matches(struct groups *g, const struct groups *all,
    const char *expression, struct kerr *e)
{
	struct regex *re = regex_new(expression, e);
	int found = 0;

	if (re == NULL)
		return e->code;
	for (int i = 0; i < all->n; i++) {
		if (!regex_fits(re, all->v[i].name, strlen(all->v[i].name)))
			continue;
		found++;
		add_once(g, all->v[i].name)->coordinator =
		    all->v[i].coordinator;
	}
	regex_free(re);
	if (found == 0)
		return kerr_set(e, KE_NOTFOUND, "no group matches '%s'",
		    expression);
	return 0;
}

static int
match(struct job *j, struct groups *g, struct kerr *e)
{
	struct groups all;
	int rc;

	groups_init(&all, j->cluster, j->wait_ms);
	rc = groups_list_all(&all, e);
	for (int i = 0; i < j->nnames && rc == 0; i++)
		rc = add_matches(g, &all, j->names[i], e);
	groups_release(&all);
	return rc;
}

int
names_load(struct job *j, struct groups *g, bool all, enum exit_class *status)
{
	struct kerr e = KERR_INIT;
	int rc = 0;

	groups_init(g, j->cluster, j->wait_ms);
	if (j->o->regex)
		rc = match(j, g, &e);
	else if (j->nnames == 0 && all)
		rc = groups_list_all(g, &e);
	for (int i = 0; i < j->nnames && !j->o->regex; i++)
		add_once(g, j->names[i]);
	if (rc != 0)
		*status = exit_worse(*status, exit_report(&e, NULL));
	return rc != 0 && g->n == 0 ? -1 : 0;
}

bool
names_agree(const struct job *j, const char *question)
{
	if (j->o->yes)
		return true;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		warn_line("--yes is needed where nobody can be asked; nothing "
		    "was changed");
		return false;
	}
	return interact_agree(question);
}

void
names_lacks(const struct job *j, const char *name, enum exit_class *status)
{
	struct groups one;
	const struct group *q;

	groups_init(&one, j->cluster, j->wait_ms);
	q = groups_add(&one, name);
	groups_describe(&one);
	if (q->err.code == 0 && q->state != NULL &&
	    strcmp(q->state, "Dead") == 0)
		warn_line("%s: there is no such group", name);
	else
		warn_line("%s: has committed no offset%s", name,
		    j->o->topics.n > 0 ? " of these topics" : "");
	*status = exit_worse(*status, EXIT_MISSING);
	groups_release(&one);
}
