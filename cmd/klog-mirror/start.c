/* start.c: --start-from (mirror.h). */
#include "mirror.h"

int
start_from(struct mirror *m, struct kerr *e)
{
	return kerr_set(e, KE_UNSUPPORTED, "--start-from");
}
