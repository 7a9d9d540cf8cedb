/*
 * transfer.c: offsets out into a file and in again: tab-separated group,
 * topic, partition, offset, metadata and leader epoch, escaped as all tables
 * are. The lines of Kafka's own tool, with commas, are taken as well.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "cli/parse.h"
#include "job.h"

enum { FIELDS = 6 };

enum exit_class
job_export(struct job *j)
{
	static const char *const columns[] = { "group", "topic", "partition",
	    "offset", "metadata", "epoch", NULL };
	enum exit_class status = EXIT_DONE;
	struct places p = { .n = 0 };
	struct output out;
	struct groups g;

	if (names_load(j, &g, true, &status) == 0) {
		groups_fetch(&g);
		output_open(&out, j->form, stdout, columns);
		places_load(&p, j, &g, false, &status);
		for (int i = 0; i < p.n; i++) {
			const struct group_offset *o = p.v[i].offset;

			if (!place_failed(&p.v[i], &status))
				output_row(&out, (struct cell[]){
				    CELL_STR(p.v[i].group->name),
				    CELL_STR(o->topic), CELL_N(o->partition),
				    CELL_N(o->offset), o->metadata != NULL &&
				    o->metadata[0] != '\0' ?
				    CELL_STR(o->metadata) : CELL_NONE,
				    o->leader_epoch >= 0 ?
				    CELL_N(o->leader_epoch) : CELL_NONE });
		}
		output_close(&out);
		for (int i = 0; i < g.n; i++)
			if (!names_failed(&g.v[i], &status) &&
			    j->nnames > 0 && g.v[i].n_offsets == 0)
				names_lacks(j, g.v[i].name, &status);
	}
	places_release(&p);
	groups_release(&g);
	return status;
}

/* A line that was read. */
struct line {
	char	*group;
	char	*topic;
	int32_t	 partition;
	int64_t	 offset;
	char	*metadata;
	bool	 has_metadata;
	int64_t	 epoch;		/* -1: none */
	bool	 has_epoch;
	int	 number;	/* among the lines; the last one counts */
};

struct lines {
	struct job	*j;
	struct line	*v;
	int		 n;
};

static int
hex(int c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : -1;
}

/* \t \n \r \\ \xNN, where it stands. */
static void
unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s != '\\') {
			*to++ = *s;
			continue;
		}
		s++;
		if (*s == 'x' && hex(s[1]) >= 0 && hex(s[2]) >= 0) {
			*to++ = (char)(hex(s[1]) << 4 | hex(s[2]));
			s += 2;
		} else if (*s == '\0')
			break;
		else
			*to++ = *s == 't' ? '\t' : *s == 'n' ? '\n' :
			    *s == 'r' ? '\r' : *s;
	}
	*to = '\0';
}

/* Fields of a line: by tabs, or by commas where there is no tab. */
static int
split(char *s, char **f)
{
	const char *sep = strchr(s, '\t') != NULL ? "\t" : ",";
	int n = 0;

	while (n < FIELDS && (f[n] = strsep(&s, sep)) != NULL)
		n++;
	return s != NULL ? FIELDS + 1 : n;
}

static int
take_line(struct lines *l, char *text, struct kerr *e)
{
	const char *as = l->j->o->as;
	char *f[FIELDS + 1] = { NULL };
	int64_t partition, offset, epoch = -1;
	struct line *line;
	int n, at;

	text[strcspn(text, "\r\n")] = '\0';
	n = split(text, f);
	at = n == 3 ? 0 : 1;	/* of the topic */
	if (n < 3 || n > FIELDS)
		return kerr_set(e, KE_DATA, "%d fields, where group, topic, "
		    "partition and offset are asked for", n);
	if (at == 0 && as == NULL)
		return kerr_set(e, KE_DATA, "no group: --as names one");
	if (parse_int(f[at + 1], 0, INT32_MAX, &partition) != 0)
		return kerr_set(e, KE_DATA, "'%s' is no partition",
		    f[at + 1]);
	if (parse_int(f[at + 2], 0, INT64_MAX, &offset) != 0)
		return kerr_set(e, KE_DATA, "'%s' is no offset", f[at + 2]);
	if (n == FIELDS && f[5][0] != '\0' &&
	    parse_int(f[5], 0, INT32_MAX, &epoch) != 0)
		return kerr_set(e, KE_DATA, "'%s' is no leader epoch", f[5]);
	l->v = xreallocarray(l->v, (size_t)l->n + 1, sizeof(l->v[0]));
	line = &l->v[l->n];
	line->number = l->n++;
	line->group = xstrdup(as != NULL ? as : f[0]);
	if (as == NULL)
		unescape(line->group);
	line->topic = xstrdup(f[at]);
	line->partition = (int32_t)partition;
	line->offset = offset;
	line->has_metadata = n > 4;
	line->metadata = n > 4 && f[4][0] != '\0' ? xstrdup(f[4]) : NULL;
	if (line->metadata != NULL)
		unescape(line->metadata);
	line->has_epoch = n == FIELDS;
	line->epoch = epoch;
	return 0;
}

/* "# words"; a group's name may begin so, but then tabs follow. */
static bool
is_comment(const char *text)
{
	return text[0] == '#' && strchr(text, '\t') == NULL;
}

/* A bad line ends it before anything is changed. */
static int
read_file(struct lines *l, const char *name, struct kerr *e)
{
	FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
	char *text = NULL;
	size_t cap = 0;
	long number = 0;
	int rc = 0;

	if (f == NULL)
		return kerr_sys(e, "%s", name);
	while (rc == 0 && getline(&text, &cap, f) >= 0) {
		number++;
		if (text[0] != '\n' && !is_comment(text))
			rc = take_line(l, text, e);
	}
	if (rc != 0)
		kerr_wrap(e, "%s: line %ld", f == stdin ? "standard input" :
		    name, number);
	else if (ferror(f))
		rc = kerr_sys(e, "%s", name);
	free(text);
	if (f != stdin)
		fclose(f);
	return rc;
}

static void
line_release(struct line *line)
{
	free(line->group);
	free(line->topic);
	free(line->metadata);
}

static void
release(struct lines *l)
{
	for (int i = 0; i < l->n; i++)
		line_release(&l->v[i]);
	free(l->v);
}

static int
by_partition(const struct line *x, const struct line *y)
{
	int d = strcmp(x->group, y->group);

	if (d == 0)
		d = strcmp(x->topic, y->topic);
	return d != 0 ? d : (x->partition > y->partition) -
	    (x->partition < y->partition);
}

static int
by_line(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int d = by_partition(x, y);

	return d != 0 ? d : x->number - y->number;
}

/* Where a partition comes again, the last line counts. */
static void
keep_last(struct lines *l)
{
	int n = 0;

	if (l->n > 0)
		qsort(l->v, (size_t)l->n, sizeof(l->v[0]), by_line);
	for (int i = 0; i < l->n; i++)
		if (i + 1 < l->n && by_partition(&l->v[i], &l->v[i + 1]) == 0)
			line_release(&l->v[i]);
		else
			l->v[n++] = l->v[i];
	l->n = n;
}

static void
add_groups(const struct lines *l, struct groups *g)
{
	int k;

	for (int i = 0; i < l->n; i++) {
		for (k = 0; k < g->n; k++)
			if (strcmp(g->v[k].name, l->v[i].group) == 0)
				break;
		if (k == g->n)
			groups_add(g, l->v[i].group);
	}
}

static bool
is_wanted(const struct opts *o, const char *topic)
{
	for (int i = 0; i < o->topics.n; i++)
		if (strcmp(o->topics.v[i], topic) == 0)
			return true;
	return o->topics.n == 0;
}

/* Whether a line says something else than what is committed beside the
 * offset. */
static bool
is_news(const struct line *line, const struct group_offset *o)
{
	const char *was = o->metadata != NULL ? o->metadata : "";
	const char *now = line->metadata != NULL ? line->metadata : "";

	return (line->has_metadata && strcmp(was, now) != 0) ||
	    (line->has_epoch && line->epoch != o->leader_epoch);
}

static void
add_places(const struct lines *l, struct groups *g, struct places *p)
{
	for (int i = 0; i < l->n; i++) {
		const struct line *line = &l->v[i];
		struct group *q = g->v;
		struct place *at;

		if (!is_wanted(l->j->o, line->topic))
			continue;
		while (strcmp(q->name, line->group) != 0)
			q++;
		at = places_add(p, q, line->topic, line->partition);
		at->metadata = line->metadata;
		at->epoch = (int32_t)line->epoch;
		at->w.from = line->offset;
		for (int k = 0; k < q->n_offsets; k++)
			if (q->offset[k].partition == line->partition &&
			    strcmp(q->offset[k].topic, line->topic) == 0) {
				at->w.stored = q->offset[k].offset;
				at->news = is_news(line, &q->offset[k]);
			}
	}
	places_sort(p);
}

enum exit_class
job_import(struct job *j)
{
	enum exit_class status = EXIT_DONE;
	struct lines l = { .j = j };
	struct places p = { .job = j };
	struct kerr e = KERR_INIT;
	struct groups g;
	int rc = 0;

	groups_init(&g, j->cluster, j->wait_ms);
	if (j->nnames == 0)
		rc = read_file(&l, "-", &e);
	for (int i = 0; i < j->nnames && rc == 0; i++)
		rc = read_file(&l, j->names[i], &e);
	if (rc != 0) {
		status = exit_report(&e, NULL);
	} else {
		add_groups(&l, &g);
		keep_last(&l);
		change_prepare(j, &g);
		groups_fetch(&g);
		add_places(&l, &g, &p);
		places_bounds(&p);
		change_clamp(&p);
		status = change_offsets(j, &g, &p, status);
	}
	places_release(&p);
	groups_release(&g);
	release(&l);
	return status;
}
