/* session.c: fetch sessions; see session.h. */
#include "session.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "wire/kerror.h"

/* A session that was used within this many ms is not evicted. */
#define REST_MS		120000

TAILQ_HEAD(session_lru, session);

struct sessions {
	pthread_mutex_t	 lock;
	struct session	*by_id;		/* hash */
	struct session_lru lru;		/* the longest unused first */
	int32_t		 n, max;
	int32_t		 partitions, max_partitions;
};

struct sessions *
sessions_new(int32_t max, int32_t max_partitions)
{
	struct sessions *c = xcalloc(1, sizeof(*c));

	pthread_mutex_init(&c->lock, NULL);
	TAILQ_INIT(&c->lru);
	c->max = max;
	c->max_partitions = max_partitions;
	return c;
}

static void
session_free(struct session *s)
{
	struct session_partition *sp;

	HASH_CLEAR(hh, s->index);
	while ((sp = TAILQ_FIRST(&s->partitions)) != NULL) {
		TAILQ_REMOVE(&s->partitions, sp, link);
		free(sp);
	}
	free(s);
}

/* Out of the cache. One that a request holds is freed when it comes back. */
static void
drop(struct sessions *c, struct session *s)
{
	HASH_DEL(c->by_id, s);
	TAILQ_REMOVE(&c->lru, s, lru);
	c->n--;
	if (s->held) {
		s->dropped = true;
		return;
	}
	c->partitions -= s->n;
	session_free(s);
}

void
sessions_free(struct sessions *c)
{
	struct session *s;

	while ((s = TAILQ_FIRST(&c->lru)) != NULL)
		drop(c, s);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

int32_t
sessions_count(struct sessions *c)
{
	int32_t n;

	pthread_mutex_lock(&c->lock);
	n = c->n;
	pthread_mutex_unlock(&c->lock);
	return n;
}

/* Epochs count from 1 and wrap to 1: 0 and -1 mean something else. */
static int32_t
next_epoch(int32_t epoch)
{
	return epoch == INT32_MAX ? 1 : epoch + 1;
}

static void
touch(struct sessions *c, struct session *s, int64_t now_ms)
{
	s->used_ms = now_ms;
	TAILQ_REMOVE(&c->lru, s, lru);
	TAILQ_INSERT_TAIL(&c->lru, s, lru);
}

int16_t
session_take(struct sessions *c, int32_t id, int32_t epoch, int32_t n,
    bool topic_ids, int64_t now_ms, struct session **out)
{
	struct session *s;
	int16_t error = ERR_NONE;

	pthread_mutex_lock(&c->lock);
	HASH_FIND_INT(c->by_id, &id, s);
	if (s == NULL)
		error = ERR_FETCH_SESSION_ID_NOT_FOUND;
	else if (s->topic_ids != topic_ids)
		error = ERR_FETCH_SESSION_TOPIC_ID_ERROR;
	else if (s->held || s->epoch != epoch)
		error = ERR_INVALID_FETCH_SESSION_EPOCH;
	else if (n > c->max_partitions - c->partitions) {
		error = ERR_FETCH_SESSION_ID_NOT_FOUND;
		drop(c, s);
	}
	if (error == ERR_NONE) {
		s->held = true;
		s->epoch = next_epoch(s->epoch);
		touch(c, s, now_ms);
	}
	pthread_mutex_unlock(&c->lock);
	*out = error == ERR_NONE ? s : NULL;
	return error;
}

void
session_give(struct sessions *c, struct session *s, int64_t now_ms)
{
	pthread_mutex_lock(&c->lock);
	s->held = false;
	if (s->dropped) {
		c->partitions -= s->n;
		session_free(s);
	} else if (s->n == 0) {
		drop(c, s);
	} else {
		touch(c, s, now_ms);
	}
	pthread_mutex_unlock(&c->lock);
}

void
session_close(struct sessions *c, int32_t id)
{
	struct session *s;

	pthread_mutex_lock(&c->lock);
	HASH_FIND_INT(c->by_id, &id, s);
	if (s != NULL)
		drop(c, s);
	pthread_mutex_unlock(&c->lock);
}

/* Drops rested sessions, oldest first, until n more partitions and one more
 * session have room. */
static bool
make_room(struct sessions *c, int32_t n, int64_t now_ms)
{
	struct session *s;

	while (c->n >= c->max || n > c->max_partitions - c->partitions) {
		s = TAILQ_FIRST(&c->lru);
		if (s == NULL || s->held || now_ms - s->used_ms < REST_MS)
			return false;
		drop(c, s);
	}
	return true;
}

static int32_t
fresh_id(struct sessions *c, uint32_t random)
{
	struct session *s;
	int32_t id;

	do {
		id = (int32_t)(random & INT32_MAX);
		random++;
		HASH_FIND_INT(c->by_id, &id, s);
	} while (id == 0 || s != NULL);
	return id;
}

struct session *
session_create(struct sessions *c, int32_t n, bool topic_ids, uint32_t random,
    int64_t now_ms)
{
	struct session *s = NULL;

	pthread_mutex_lock(&c->lock);
	if (n > 0 && make_room(c, n, now_ms)) {
		s = xcalloc(1, sizeof(*s));
		s->id = fresh_id(c, random);
		s->epoch = 1;
		s->topic_ids = topic_ids;
		s->held = true;
		s->used_ms = now_ms;
		TAILQ_INIT(&s->partitions);
		HASH_ADD_INT(c->by_id, id, s);
		TAILQ_INSERT_TAIL(&c->lru, s, lru);
		c->n++;
	}
	pthread_mutex_unlock(&c->lock);
	return s;
}

/* Room for a key: partition, topic id, name. */
#define KEY_MAX		(4 + 16 + 32767)

static size_t
key_make(const struct fetch_target *t, uint8_t *key)
{
	size_t len = t->topic.len > 0 ? (size_t)t->topic.len : 0;

	put_be32(key, (uint32_t)t->partition);
	memcpy(key + 4, t->id.b, 16);
	if (len > 0)
		memcpy(key + 20, t->topic.p, len);
	return 20 + len;
}

static struct session_partition *
find(struct session *s, const uint8_t *key, size_t len)
{
	struct session_partition *sp;

	HASH_FIND(hh, s->index, key, len, sp);
	return sp;
}

static void
count(struct sessions *c, int32_t n)
{
	pthread_mutex_lock(&c->lock);
	c->partitions += n;
	pthread_mutex_unlock(&c->lock);
}

struct session_partition *
session_add(struct sessions *c, struct session *s,
    const struct fetch_target *t)
{
	uint8_t key[KEY_MAX];
	size_t len = key_make(t, key);
	struct session_partition *sp = find(s, key, len);

	if (sp == NULL) {
		count(c, 1);
		sp = xcalloc(1, sizeof(*sp) + len);
		memcpy(sp->key, key, len);
		sp->high_watermark = sp->log_start = -1;
		sp->target = *t;
		sp->target.topic.p = (const char *)sp->key + 20;
		HASH_ADD_KEYPTR(hh, s->index, sp->key, len, sp);
		TAILQ_INSERT_TAIL(&s->partitions, sp, link);
		s->n++;
		return sp;
	}
	sp->target.max_bytes = t->max_bytes;
	sp->target.offset = t->offset;
	sp->target.current_leader_epoch = t->current_leader_epoch;
	sp->target.last_fetched_epoch = t->last_fetched_epoch;
	return sp;
}

void
session_forget(struct sessions *c, struct session *s,
    const struct fetch_target *t)
{
	uint8_t key[KEY_MAX];
	struct session_partition *sp = find(s, key, key_make(t, key));

	if (sp == NULL)
		return;
	HASH_DEL(s->index, sp);
	TAILQ_REMOVE(&s->partitions, sp, link);
	free(sp);
	s->n--;
	count(c, -1);
}

void
session_rotate(struct session *s, struct session_partition *sp)
{
	TAILQ_REMOVE(&s->partitions, sp, link);
	TAILQ_INSERT_TAIL(&s->partitions, sp, link);
}
