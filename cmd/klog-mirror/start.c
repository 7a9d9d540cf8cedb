/* start.c: --start-from: where parts begin that are not known (mirror.h). */
#include <string.h>

#include "client/groups.h"
#include "mirror.h"

static int
from_group(struct mirror *m, const char *name, struct kerr *e)
{
	struct groups g;
	struct part *pt;
	int rc;

	groups_init(&g, m->src.c, cluster_conf(m->src.c)->request_ms);
	groups_add(&g, name);
	groups_fetch(&g);
	rc = g.v[0].err.code;
	if (rc != 0)
		*e = g.v[0].err;
	for (int i = 0; rc == 0 && i < g.v[0].n_offsets; i++) {
		const struct group_offset *o = &g.v[0].offset[i];

		pt = mirror_part_of_source(m, o->topic, o->partition);
		if (pt != NULL && !pt->known && o->offset >= 0)
			pt->begin = o->offset;
	}
	groups_release(&g);
	return rc;
}

int
start_from(struct mirror *m, struct kerr *e)
{
	const char *where = m->o->start_from;
	int rc;

	if (strncmp(where, "group:", 6) == 0)
		rc = from_group(m, where + 6, e);
	else
		rc = store_load_way_back(m, where + 5, e);
	return rc == 0 ? 0 : kerr_wrap(e, "option --start-from: %s", where);
}
