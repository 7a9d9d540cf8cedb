/*
 * config_table.c: prints the broker's table of properties, one line a name,
 * tab-separated, for comparison with Kafka's own (tests/interop/configs.sh):
 *
 *	topic|broker NAME TYPE DEFAULT RANGE UPDATE VISIBLE
 *	synonym TOPIC-NAME BROKER-NAME
 */
#include <math.h>
#include <stdio.h>

#include "cmd/klog-broker/config_table.c"

static const char *const types[] = {
	[P_BOOL] = "BOOLEAN", [P_SHORT] = "SHORT", [P_INT] = "INT",
	[P_LEVEL] = "INT", [P_LONG] = "LONG", [P_DOUBLE] = "DOUBLE",
	[P_STRING] = "STRING", [P_CLASS] = "CLASS", [P_VERSION] = "STRING",
	[P_WORD] = "STRING", [P_PASSWORD] = "PASSWORD", [P_LIST] = "LIST",
	[P_REPLICAS] = "LIST", [P_CHOICE] = "STRING", [P_POLICY] = "LIST",
	[P_CODEC] = "STRING"
};

static void
print_words(const char *s)
{
	putchar('[');
	for (; *s != '\0'; s++)
		if (*s == '|')
			fputs(", ", stdout);
		else
			putchar(*s);
	putchar(']');
}

/* As Kafka's validators describe themselves. */
static void
print_range(const struct property *p)
{
	if (p->kind == P_POLICY)
		print_words("compact|delete");
	else if (p->kind == P_LEVEL)
		fputs("[1,...,9] or -1", stdout);
	else if (p->kind == P_REPLICAS)
		fputs("[partitionId]:[brokerId],[partitionId]:[brokerId],...",
		    stdout);
	else if (p->choices != NULL) {
		if (p->kind == P_WORD)
			fputs("(case insensitive) ", stdout);
		print_words(p->choices);
	} else if (isinf(p->min))
		putchar('-');
	else if (isinf(p->max))
		printf("[%.15g,...]", p->min);
	else
		printf("[%.15g,...,%.15g]", p->min, p->max);
}

static void
print_row(const char *what, const char *name, const struct property *p)
{
	static const char *const updates[] = { "read-only", "per-broker",
	    "cluster-wide" };

	printf("%s\t%s\t%s\t%s\t", what, name, types[p->kind],
	    p->dflt == NULL ? "-" : p->dflt[0] == '\0' ? "''" : p->dflt);
	print_range(p);
	printf("\t%s\t%s\n", what[0] == 't' ? "-" : updates[p->update],
	    p->of == INTERNAL ? "internal" : "public");
}

int
main(void)
{
	for (unsigned int i = 0; i < n_properties; i++) {
		const struct property *p = &properties[i];

		if (p->of == OURS || p->of == PLUGIN)
			continue;
		if (p->topic != NULL)
			print_row("topic", p->topic, p);
		if (p->broker != NULL)
			print_row("broker", p->broker, p);
		if (p->topic != NULL && p->broker != NULL)
			printf("synonym\t%s\t%s\n", p->topic, p->broker);
	}
	return 0;
}
