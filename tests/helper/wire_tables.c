/*
 * wire_tables.c: prints all message tables, one line a field, tab-separated,
 * for comparison with Kafka's own definitions (tests/interop/schemas.py):
 *
 *	message NAME KEY MIN MAX FLEX
 *	field NAME PATH KIND SINCE UNTIL NULL TAG DEFAULT
 *
 * and the error table:
 *
 *	error CODE NAME RETRIABLE
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/wire_all.h"
#include "wire/kerror.h"

static const char *const kinds[] = {
	[K_BOOL] = "bool", [K_I8] = "int8", [K_I16] = "int16",
	[K_I32] = "int32", [K_I64] = "int64", [K_U16] = "uint16",
	[K_F64] = "float64", [K_STR] = "string", [K_BYTES] = "bytes",
	[K_RECORDS] = "records", [K_UUID] = "uuid", [K_STRUCT] = "struct",
	[K_OPTION] = "struct", [K_ARRAY] = "[]"
};

static void
print_version(int v)
{
	if (v == LATEST)
		printf("\t-");
	else
		printf("\t%d", v);
}

static void
print_rows(const struct kmessage *m, const struct kfield *rows,
    const char *path)
{
	char sub[512];

	for (const struct kfield *f = rows; f->kind != K_END; f++) {
		snprintf(sub, sizeof(sub), "%s%s%s", path,
		    path[0] != '\0' ? "." : "", f->name);
		printf("field\t%s\t%s\t%s%s", m->name, sub, kinds[f->kind],
		    f->kind == K_ARRAY ? kinds[f->elem] : "");
		print_version(f->since);
		print_version(f->until);
		print_version(f->null);
		printf("\t%d\t%lld\n", f->tag1 - 1, (long long)f->dflt);
		if (f->child != NULL)
			print_rows(m, f->child, sub);
	}
}

int
main(void)
{
	const struct kmessage *all[WIRE_ALL_MAX];
	size_t n = wire_all(all);

	for (size_t i = 0; i < n; i++) {
		printf("message\t%s\t%d\t%d\t%d", all[i]->name, all[i]->key,
		    all[i]->min, all[i]->max);
		print_version(all[i]->flex);
		printf("\n");
		print_rows(all[i], all[i]->fields, "");
	}
	for (int16_t c = -1; strcmp(kerror_name(c), "UNKNOWN_SERVER_ERROR") != 0
	    || c == -1; c++)
		printf("error\t%d\t%s\t%d\n", c, kerror_name(c),
		    kerror_retriable(c));
	return 0;
}
