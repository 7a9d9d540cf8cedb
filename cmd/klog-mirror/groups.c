/* groups.c: --sync-groups: committed offsets (mirror.h). */
#include "mirror.h"

int
groups_sync(struct mirror *m, struct kerr *e)
{
	return kerr_set(e, KE_UNSUPPORTED, "--sync-groups: not in this version");
}
