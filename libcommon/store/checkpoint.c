/* checkpoint.c: see checkpoint.h. */
#include "store/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/xalloc.h"
#include "store/file.h"
#include "store/text.h"
#include "wire/uuid.h"

/* No sound file is larger; a topic's name has at most 249 bytes. */
enum { CHECKPOINT_MAX = 256 << 20, METADATA_MAX = 4096, TOPIC_MAX = 249 };

struct checkpoint_entry {
	char		*name;		/* topic, blank, partition */
	int64_t		 offset;
	UT_hash_handle	 hh;
};

static struct checkpoint_entry *
find(const struct checkpoint *c, const char *topic, int32_t partition,
    char name[TOPIC_MAX + 16])
{
	struct checkpoint_entry *x;

	snprintf(name, TOPIC_MAX + 16, "%s %" PRId32, topic, partition);
	HASH_FIND_STR(c->byname, name, x);
	return x;
}

int64_t
checkpoint_get(const struct checkpoint *c, const char *topic,
    int32_t partition, int64_t none)
{
	char name[TOPIC_MAX + 16];
	const struct checkpoint_entry *x = find(c, topic, partition, name);

	return x != NULL ? x->offset : none;
}

unsigned int
checkpoint_count(const struct checkpoint *c)
{
	return HASH_COUNT(c->byname);
}

void
checkpoint_set(struct checkpoint *c, const char *topic, int32_t partition,
    int64_t offset)
{
	char name[TOPIC_MAX + 16];
	struct checkpoint_entry *x = find(c, topic, partition, name);

	if (x == NULL) {
		x = xcalloc(1, sizeof(*x));
		x->name = xstrdup(name);
		HASH_ADD_KEYPTR(hh, c->byname, x->name, strlen(x->name), x);
	}
	x->offset = offset;
}

void
checkpoint_release(struct checkpoint *c)
{
	struct checkpoint_entry *x, *next;

	HASH_ITER(hh, c->byname, x, next) {
		HASH_DEL(c->byname, x);
		free(x->name);
		free(x);
	}
}

static int
parse(struct checkpoint *c, struct text *t)
{
	int64_t version, n, partition, offset;
	char topic[TOPIC_MAX + 1];
	const char *w;
	size_t len;

	if (text_i64(t, 0, 0, &version) != 0 ||
	    text_i64(t, 0, INT32_MAX, &n) != 0)
		return -1;
	for (; n > 0; n--) {
		w = text_word(t, &len);
		if (w == NULL || len > TOPIC_MAX ||
		    text_i64(t, 0, INT32_MAX, &partition) != 0 ||
		    text_i64(t, 0, INT64_MAX, &offset) != 0)
			return -1;
		memcpy(topic, w, len);
		topic[len] = '\0';
		checkpoint_set(c, topic, (int32_t)partition, offset);
	}
	return text_word(t, &len) == NULL ? 0 : -1;
}

int
checkpoint_load(struct checkpoint *c, const struct sys *s, const char *path,
    struct kerr *e)
{
	struct kerr why = KERR_INIT;
	struct text t;
	struct buf b;
	int rc;

	buf_init(&b, 0);
	rc = file_load(s, path, CHECKPOINT_MAX, &b, &why);
	t = (struct text){ (char *)b.p, (char *)b.p + b.len };
	if (rc == KE_NOTFOUND) {
		rc = 0;
	} else if (rc != 0) {
		if (e != NULL)
			*e = why;
	} else if (b.len > 0 && parse(c, &t) != 0) {
		checkpoint_release(c);
		rc = kerr_set(e, KE_CORRUPT, "%s: not a table of offsets",
		    path);
	}
	buf_release(&b);
	return rc;
}

int
checkpoint_save(const struct checkpoint *c, const struct sys *s,
    const char *path, struct kerr *e)
{
	const struct checkpoint_entry *x;
	struct buf b;
	int rc;

	buf_init(&b, 0);
	buf_printf(&b, "0\n%u\n", HASH_COUNT(c->byname));
	for (x = c->byname; x != NULL; x = x->hh.next)
		buf_printf(&b, "%s %" PRId64 "\n", x->name, x->offset);
	rc = file_save(s, path, b.p, b.len, true, e);
	buf_release(&b);
	return rc;
}

int
partition_metadata_load(const struct sys *s, const char *dir,
    struct kuuid *topic_id, struct kerr *e)
{
	char *path = xasprintf("%s/partition.metadata", dir);
	char id[KUUID_TEXT] = "";
	struct buf b;
	int rc, version;

	buf_init(&b, 0);
	rc = file_load(s, path, METADATA_MAX, &b, e);
	if (rc == 0) {
		buf_putc(&b, '\0');
		if (sscanf((char *)b.p, "version: %d topic_id: %22s", &version,
		    id) != 2 || version != 0 || kuuid_parse(id, strlen(id),
		    topic_id) != 0)
			rc = kerr_set(e, KE_CORRUPT, "%s: not a partition's "
			    "metadata", path);
	}
	buf_release(&b);
	free(path);
	return rc;
}

int
partition_metadata_save(const struct sys *s, const char *dir,
    const struct kuuid *topic_id, struct kerr *e)
{
	char *path = xasprintf("%s/partition.metadata", dir), id[KUUID_TEXT];
	char *text;
	int rc;

	kuuid_format(topic_id, id);
	text = xasprintf("version: 0\ntopic_id: %s", id);
	rc = file_save(s, path, text, strlen(text), false, e);
	free(text);
	free(path);
	return rc;
}
