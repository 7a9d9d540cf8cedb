/* What members of a group may send each other, as their leader takes it:
 * every partition goes to one member that subscribes to it, whatever they
 * say. A length (two bytes) stands before each member's subscription. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/assign.h"

#define MEMBERS	6

static const struct assign_topic all[] = {
	{ { "a", 1 }, 3 }, { { "b", 1 }, 5 }, { { "cc", 2 }, 1 },
};

enum { TOPICS = sizeof(all) / sizeof(all[0]), PARTS = 5 };

/* Those that somebody subscribes to. */
static struct assign_topic topics[TOPICS];
static int32_t n_topics;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
subscribes(const struct assign_member *m, int32_t topic)
{
	for (int32_t i = 0; i < m->sub.topics.n; i++)
		if (kstr_eq(m->sub.topics.v[i], topics[topic].name))
			return true;
	return false;
}

static void
check(enum assign_kind kind, const struct assign_member *m, size_t n,
    const struct assign_list *got)
{
	int owners[TOPICS][PARTS];

	memset(owners, 0, sizeof(owners));
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < got[i].n; k++) {
			const struct assign_part *p = &got[i].v[k];

			if (p->topic >= n_topics ||
			    p->partition >= topics[p->topic].partitions ||
			    !subscribes(&m[i], p->topic) ||
			    owners[p->topic][p->partition]++ > 0)
				abort();
		}
	for (int32_t t = 0; t < n_topics; t++)
		for (int32_t p = 0; p < topics[t].partitions; p++)
			if (kind != ASSIGN_COOPERATIVE && owners[t][p] == 0)
				abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct assign_member m[MEMBERS];
	struct assign_list got[MEMBERS];
	struct consumer_protocol_assignment as;
	char id[MEMBERS][8];
	struct arena a;
	size_t n = 0;

	arena_init(&a, 16 << 20);
	(void)assign_read_assignment((struct kbytes){ data, (int32_t)size }, &a,
	    &as, NULL);
	while (n < MEMBERS && size >= 2) {
		size_t len = (size_t)data[0] << 8 | data[1];

		data += 2;
		size -= 2;
		len = len < size ? len : size;
		memset(&m[n], 0, sizeof(m[n]));
		if (assign_read_subscription((struct kbytes){ data,
		    (int32_t)len }, &a, &m[n].sub, NULL) != 0)
			memset(&m[n].sub, 0, sizeof(m[n].sub));
		snprintf(id[n], sizeof(id[n]), "m%zu", n);
		m[n].id = kstr(id[n]);
		m[n].instance = len % 5 == 4 ? m[n].id : KSTR_NULL;
		data += len;
		size -= len;
		n++;
	}
	n_topics = 0;
	for (size_t t = 0; t < TOPICS; t++) {
		topics[n_topics] = all[t];
		for (size_t i = 0; i < n; i++)
			if (subscribes(&m[i], n_topics)) {
				n_topics++;
				break;
			}
	}
	for (int kind = 0; kind < ASSIGN_KINDS; kind++) {
		struct arena work;

		arena_init(&work, 0);
		assign_run((enum assign_kind)kind, topics, (size_t)n_topics, m, n, got,
		    &work);
		check((enum assign_kind)kind, m, n, got);
		arena_release(&work);
	}
	arena_release(&a);
	return 0;
}
