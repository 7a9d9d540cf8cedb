/*
 * field.h: what a message looks like, as data.
 *
 * Beside each struct stands a table with one row a field, in wire order, with
 * Kafka's own names in snake case. One engine (codec.h) walks the tables. One
 * struct holds all versions of a message: fields that a version lacks take
 * their default when decoded and are passed over when encoded.
 *
 *	#define T struct offset_commit_request_partition
 *	const struct kfield offset_commit_request_partition_fields[] = {
 *		FIELD(partition_index, I32, 0, LATEST, NOTNULL, 0),
 *		FIELD(committed_metadata, STR, 0, LATEST, NULL_FROM(0), 0),
 *		FIELD_END
 *	};
 *	#undef T
 *
 * T is the struct the rows describe. A row whose kind does not fit the type of
 * its member does not compile. The columns:
 *
 *	member	name of the member, and (in CamelCase) of Kafka's field
 *	kind	enum kkind without its K_
 *	since	first version that has it
 *	until	last version that has it, LATEST where there is no end
 *	null	NULL_FROM(v): may be null from version v on; else NOTNULL
 *	default	a number; of strings, bytes and arrays DNULL or 0 (empty)
 *	TAG(n)	may follow: the field is tagged from its first version on
 *
 * Tagged rows stand last in their table, in ascending order of their tags.
 * Tables of nested structs are public, for the sake of KDEFAULTS() (codec.h).
 */
#ifndef KLOG_WIRE_FIELD_H
#define KLOG_WIRE_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "wire/types.h"

enum kkind {
	K_END,		/* closes a table */
	K_BOOL,		/* bool */
	K_I8,
	K_I16,
	K_I32,
	K_I64,
	K_U16,
	K_F64,		/* double */
	K_STR,		/* struct kstr */
	K_BYTES,	/* struct kbytes */
	K_RECORDS,	/* struct krecords */
	K_UUID,		/* struct kuuid */
	K_STRUCT,	/* a struct within the struct, never null */
	K_OPTION,	/* a pointer to a struct; NULL is null */
	K_ARRAY		/* KARRAY() of any kind but the last two */
};

struct kfield {
	const char		*name;
	const struct kfield	*child;	/* rows of K_STRUCT and K_OPTION, or
					 * of the elements of a K_ARRAY */
	int64_t			 dflt;
	uint32_t		 off;	/* of the member in its struct */
	uint32_t		 size;	/* of an element or child struct */
	int16_t			 since;
	int16_t			 until;
	int16_t			 null;	/* first version that allows null */
	int16_t			 tag1;	/* tag + 1; 0 = not tagged */
	uint8_t			 kind;	/* enum kkind */
	uint8_t			 elem;	/* enum kkind of a K_ARRAY's elements */
};

struct kmessage {
	const char		*name;	/* Kafka's, e.g. "FetchRequest" */
	int16_t			 key;	/* of the API or record type, or -1 */
	int16_t			 min;	/* versions that the table holds */
	int16_t			 max;
	int16_t			 flex;	/* first flexible version (KIP-482) */
	uint32_t		 size;	/* of the struct */
	const struct kfield	*fields;
};

#define LATEST		INT16_MAX
#define NEVER		INT16_MAX	/* as flex: no version is flexible */
#define NOTNULL		INT16_MAX
#define NULL_FROM(v)	(v)
#define DNULL		(-1)
#define TAG(n)		.tag1 = (n) + 1

/* The C type of each kind, and 0 as a constant where a member has it; where it
 * has not, the expression is no constant and the row fails to compile. */
#define KTYPE_BOOL	bool
#define KTYPE_I8	int8_t
#define KTYPE_I16	int16_t
#define KTYPE_I32	int32_t
#define KTYPE_I64	int64_t
#define KTYPE_U16	uint16_t
#define KTYPE_F64	double
#define KTYPE_STR	struct kstr
#define KTYPE_BYTES	struct kbytes
#define KTYPE_RECORDS	struct krecords
#define KTYPE_UUID	struct kuuid
#define KCHECK(expr, type) \
	(0 * sizeof(char[_Generic(&(expr), type *: 1, default: -1)]))

#define KROW(m, k, v0, v1, nul, ...)					\
	.name = #m, .kind = (k), .since = (v0), .until = (v1),		\
	.null = (nul), __VA_ARGS__

/* A field of one of the plain kinds. */
#define FIELD(m, K, v0, v1, nul, def, ...)				\
	{ KROW(m, K_##K, v0, v1, nul, .dflt = (def), ##__VA_ARGS__),	\
	  .off = offsetof(T, m) + KCHECK(((T *)0)->m, KTYPE_##K) }
/* An array of a plain kind. */
#define ARRAY(m, K, v0, v1, nul, def, ...)				\
	{ KROW(m, K_ARRAY, v0, v1, nul, .dflt = (def), ##__VA_ARGS__),	\
	  .elem = K_##K, .size = sizeof(KTYPE_##K),			\
	  .off = offsetof(T, m) + KCHECK(*((T *)0)->m.v, KTYPE_##K) }
/* An array of struct S, whose rows are S_fields. */
#define STRUCTS(m, S, v0, v1, nul, def, ...)				\
	{ KROW(m, K_ARRAY, v0, v1, nul, .dflt = (def), ##__VA_ARGS__),	\
	  .elem = K_STRUCT, .child = S##_fields, .size = sizeof(struct S), \
	  .off = offsetof(T, m) + KCHECK(*((T *)0)->m.v, struct S) }
/* A struct S in place. */
#define STRUCT(m, S, v0, v1, ...)					\
	{ KROW(m, K_STRUCT, v0, v1, NOTNULL, .dflt = 0, ##__VA_ARGS__),	\
	  .child = S##_fields, .size = sizeof(struct S),		\
	  .off = offsetof(T, m) + KCHECK(((T *)0)->m, struct S) }
/* A struct S by pointer. By default it is null (DNULL) or, where 0 is said, an
 * empty struct: a null one is then sent, and one that was not sent is null all
 * the same. */
#define OPTION(m, S, v0, v1, nul, def, ...)				\
	{ KROW(m, K_OPTION, v0, v1, nul, .dflt = (def), ##__VA_ARGS__),	\
	  .child = S##_fields, .size = sizeof(struct S),		\
	  .off = offsetof(T, m) + KCHECK(*((T *)0)->m, struct S) }
#define FIELD_END	{ .kind = K_END }

/* Defines S_msg, the message whose struct is S and whose rows are S_fields. */
#define MESSAGE(S, kafka_name, k, v0, v1, flexible)			\
	const struct kmessage S##_msg = {				\
		.name = kafka_name, .key = (k), .min = (v0), .max = (v1), \
		.flex = (flexible), .size = sizeof(struct S),		\
		.fields = S##_fields					\
	}

#endif
