/*
 * match.c: --regex: from expressions to names, shown before anything is
 * changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cli/interact.h"
#include "cli/regex.h"
#include "topics.h"

/* Marks the topics that one expression matches. */
static int
mark(const struct listing *l, const char *expression, bool *hit,
    struct kerr *e)
{
	struct regex *re = regex_new(expression, e);

	if (re == NULL)
		return e->code;
	for (int i = 0; i < l->n; i++)
		if (regex_fits(re, l->v[i]->name.p,
		    (size_t)l->v[i]->name.len))
			hit[i] = true;
	regex_free(re);
	return 0;
}

/* Makes those that were hit the names; their text is one block. */
static void
name_hits(struct topics *t, const struct listing *l, const bool *hit)
{
	size_t size = 1;
	char *p;
	int i;

	for (i = 0; i < l->n; i++)
		size += hit[i] ? (size_t)l->v[i]->name.len + 1 : 0;
	p = t->matched = xcalloc(1, size);
	t->names = xcalloc((size_t)l->n + 1, sizeof(t->names[0]));
	for (i = 0; i < l->n; i++) {
		if (!hit[i])
			continue;
		memcpy(p, l->v[i]->name.p, (size_t)l->v[i]->name.len);
		t->names[t->nnames++] = p;
		p += l->v[i]->name.len + 1;
	}
}

enum exit_class
topics_match(struct topics *t, struct kerr *e)
{
	enum exit_class status = EXIT_DONE;
	const char **expressions = t->names;
	int i, n = t->nnames, error;
	struct listing l;
	bool *hit;

	t->nnames = 0;		/* all topics */
	error = topics_load(t, &l, &status, e);
	if (error != 0)
		return exit_report(e, NULL);
	hit = xcalloc((size_t)l.n + 1, sizeof(*hit));
	for (i = 0; i < n && error == 0; i++)
		error = mark(&l, expressions[i], hit, e);
	name_hits(t, &l, hit);
	if (error != 0)
		status = exit_report(e, NULL);
	else if (t->nnames == 0) {
		warn_line("no topic matches");
		status = EXIT_MISSING;
	}
	free(hit);
	free(expressions);
	topics_release(&l);
	return status;
}

bool
topics_agree(const struct topics *t, const char *question)
{
	char *all;
	bool yes;
	int i;

	for (i = 0; i < t->nnames; i++)
		fprintf(stderr, "%s\n", t->names[i]);
	if (t->yes)
		return true;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		warn_line("%d topics match; --yes is needed where nobody can "
		    "be asked", t->nnames);
		return false;
	}
	all = xasprintf("%d topics match; %s", t->nnames, question);
	yes = interact_agree(all);
	free(all);
	return yes;
}
