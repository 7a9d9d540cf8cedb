/* start.c: --start-from: where parts begin that are not known yet (mirror.h). */
#include <string.h>

#include "mirror.h"

int
start_from(struct mirror *m, struct kerr *e)
{
	const char *where = m->o->start_from;

	if (strncmp(where, "link:", 5) != 0)
		return kerr_set(e, KE_UNSUPPORTED, "option --start-from: %s: "
		    "not in this version", where);
	if (store_load_way_back(m, where + 5, e) != 0)
		return kerr_wrap(e, "option --start-from: %s", where);
	return 0;
}
