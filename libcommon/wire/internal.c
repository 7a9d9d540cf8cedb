/* internal.c: see internal.h. */
#include "wire/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "wire/codec.h"
#include "wire/meta.h"
#include "wire/msg_group_records.h"
#include "wire/msg_txn_records.h"

enum { ARENA_SPARE = 64 << 10 };

/* What the number in front of a key means. */
struct kind {
	int16_t			 type;
	const struct kmessage	*key;
	const struct kmessage	*value;
};

static const struct kind offsets_kinds[] = {
	{ 0, &offset_commit_key_msg, &offset_commit_value_msg },
	{ 1, &offset_commit_key_msg, &offset_commit_value_msg },
	{ 2, &group_metadata_key_msg, &group_metadata_value_msg },
	{ 3, &consumer_group_metadata_key_msg,
	    &consumer_group_metadata_value_msg },
	{ 4, &consumer_group_partition_metadata_key_msg,
	    &consumer_group_partition_metadata_value_msg },
	{ 5, &consumer_group_member_metadata_key_msg,
	    &consumer_group_member_metadata_value_msg },
	{ 6, &consumer_group_target_assignment_metadata_key_msg,
	    &consumer_group_target_assignment_metadata_value_msg },
	{ 7, &consumer_group_target_assignment_member_key_msg,
	    &consumer_group_target_assignment_member_value_msg },
	{ 8, &consumer_group_current_member_assignment_key_msg,
	    &consumer_group_current_member_assignment_value_msg },
	{ -1, NULL, NULL }
};

static const struct kind transaction_kinds[] = {
	{ 0, &transaction_log_key_msg, &transaction_log_value_msg },
	{ -1, NULL, NULL }
};

enum internal_topic
internal_topic(const char *name)
{
	if (name[0] != '_' || name[1] != '_')
		return INTERNAL_NONE;
	if (strcmp(name, "__consumer_offsets") == 0)
		return INTERNAL_OFFSETS;
	if (strcmp(name, "__transaction_state") == 0)
		return INTERNAL_TRANSACTIONS;
	if (strcmp(name, "__cluster_metadata") == 0)
		return INTERNAL_METADATA;
	return INTERNAL_NONE;
}

/* "OffsetCommitKey" as "offset_commit": without its last word. */
static void
put_type(const char *name, struct buf *out)
{
	size_t n = strlen(name);

	while (n > 0 && !isupper((unsigned char)name[n - 1]))
		n--;
	for (size_t i = 0; i + 1 < n; i++) {
		if (i > 0 && isupper((unsigned char)name[i]))
			buf_putc(out, '_');
		buf_putc(out, tolower((unsigned char)name[i]));
	}
}

/* {"type":T,"version":V,FIELDS}, type only where it is asked for. False where
 * the body does not decode to its end. */
static bool
put_body(const struct kmessage *m, int16_t version, struct rd *r, bool type,
    struct buf *out)
{
	struct kerr e = KERR_INIT;
	struct arena a;
	size_t at;
	bool ok;
	void *body;

	if (r->err != 0 || version < m->min || version > m->max)
		return false;
	arena_init(&a, rd_left(r) * 16 + ARENA_SPARE);
	body = xcalloc(1, m->size);
	ok = kmsg_decode(m, version, r, &a, body, &e) == 0 && rd_left(r) == 0;
	if (ok) {
		buf_putc(out, '{');
		if (type) {
			buf_puts(out, "\"type\":\"");
			put_type(m->name, out);
			buf_puts(out, "\",");
		}
		buf_printf(out, "\"version\":%d", version);
		at = out->len;
		kmsg_print(m, version, body, out);
		/* the fields go on in the same object */
		if (out->err == 0 && out->len == at + 2)
			out->len = at + 1;	/* there are none */
		if (out->err == 0)
			out->p[at] = out->len == at + 1 ? '}' : ',';
	}
	free(body);
	arena_release(&a);
	return ok;
}

static const struct kind *
find_kind(enum internal_topic t, struct rd *key, int16_t *type)
{
	const struct kind *k = t == INTERNAL_OFFSETS ? offsets_kinds :
	    transaction_kinds;

	*type = rd_i16(key);
	if (key->err != 0)
		return NULL;
	for (; k->key != NULL; k++)
		if (k->type == *type)
			return k;
	return NULL;
}

bool
internal_print_key(enum internal_topic t, struct kbytes key, struct buf *out)
{
	const struct kind *k;
	int16_t type;
	struct rd r;

	if (key.len < 0 || t == INTERNAL_NONE || t == INTERNAL_METADATA)
		return false;
	rd_init(&r, key.p, (size_t)key.len);
	k = find_kind(t, &r, &type);
	return k != NULL && put_body(k->key, type, &r, true, out);
}

static bool
print_meta(struct kbytes value, struct buf *out)
{
	const struct kmessage *m;
	int16_t type, version;
	struct rd r;

	rd_init(&r, value.p, (size_t)value.len);
	if (meta_read_frame(&r, &type, &version, NULL) != 0)
		return false;
	m = meta_get(type);
	return m != NULL && put_body(m, version, &r, true, out);
}

bool
internal_print_value(enum internal_topic t, struct kbytes key,
    struct kbytes value, struct buf *out)
{
	const struct kind *k;
	int16_t type;
	struct rd r;

	if (value.len < 0 || t == INTERNAL_NONE)
		return false;
	if (t == INTERNAL_METADATA)
		return print_meta(value, out);
	if (key.len < 0)
		return false;
	rd_init(&r, key.p, (size_t)key.len);
	k = find_kind(t, &r, &type);
	if (k == NULL)
		return false;
	rd_init(&r, value.p, (size_t)value.len);
	type = rd_i16(&r);
	return put_body(k->value, type, &r, false, out);
}
