/*
 * help.c: the two help screens, from the options table.
 */
#include <string.h>

#include "cli/options.h"

#define HELP_COLUMN	26	/* where the text of an option begins */
#define HELP_WIDTH	80

void
options_usage(const struct program *p, FILE *f)
{
	fprintf(f, "usage: %s %s\n", p->name, p->usage);
	fprintf(f, "'%s --help' lists the options, 'man %s' explains them.\n",
	    p->name, p->name);
}

/* Where to break s so that at most width characters come before: at a newline,
 * at the end, at the last blank that fits, else at the first that does not. */
static size_t
line_break(const char *s, size_t width)
{
	size_t n = strcspn(s, "\n"), k;

	if (n <= width)
		return n;
	for (k = width; k > 0; k--)
		if (s[k] == ' ')
			return k;
	return strcspn(s, " \n");
}

/* The text, filled, each further line of it below the first. */
static void
print_text(FILE *f, const char *s)
{
	size_t n;

	for (;; s += n + 1) {
		n = line_break(s, HELP_WIDTH - HELP_COLUMN);
		fprintf(f, "%.*s\n", (int)n, s);
		if (s[n] == '\0')
			break;
		fprintf(f, "%*s", HELP_COLUMN, "");
	}
}

static void
print_row(FILE *f, const struct opt *o)
{
	char left[128];
	int n;

	if (o->c != 0 && o->name != NULL)
		n = snprintf(left, sizeof(left), "  -%c, --%s", o->c, o->name);
	else if (o->c != 0)
		n = snprintf(left, sizeof(left), "  -%c", o->c);
	else
		n = snprintf(left, sizeof(left), "      --%s", o->name);
	if (o->arg != NULL)
		n += snprintf(left + n, sizeof(left) - (size_t)n, " %s",
		    o->arg);
	if (n < HELP_COLUMN)
		fprintf(f, "%-*s", HELP_COLUMN, left);
	else if (n == HELP_COLUMN)
		fprintf(f, "%s ", left);
	else
		fprintf(f, "%s\n%*s", left, HELP_COLUMN, "");
	print_text(f, o->help);
}

static void
print_verbs(FILE *f, const struct opt_verb *v)
{
	char left[128];
	int n;

	for (; v->name != NULL; v++) {
		n = snprintf(left, sizeof(left), "  %s %s", v->name, v->args);
		if (n < HELP_COLUMN)
			fprintf(f, "%-*s", HELP_COLUMN, left);
		else
			fprintf(f, "%s ", left);
		print_text(f, v->help);
	}
}

/* A heading is printed when a row with text follows it. */
void
options_help(const struct program *p, FILE *f)
{
	const struct opt *o;
	const char *heading = NULL;

	fprintf(f, "usage: %s %s\n", p->name, p->usage);
	fprintf(f, "%s\n", p->summary);
	if (p->verbs != NULL)
		print_verbs(f, p->verbs);
	for (o = p->options; o->kind != OPT_KIND_END; o++) {
		if (o->kind == OPT_KIND_GROUP) {
			heading = o->help;
			continue;
		}
		if (o->hidden || o->help == NULL)
			continue;
		if (heading != NULL)
			fprintf(f, "%s\n", heading);
		heading = NULL;
		print_row(f, o);
	}
	if (p->footer != NULL)
		fprintf(f, "%s\n", p->footer);
}
