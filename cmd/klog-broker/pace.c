/* pace.c: see pace.h. */
#include "pace.h"

enum {
	NAP_NS = 50000000,	/* a stop is noticed after that */
	GLANCE_NS = 1000000	/* the end of the rounds after that */
};

void
pace_begin(struct pace *p, double rate, int64_t size, int64_t now_ns)
{
	double least = (double)size / PACE_LONGEST_S;

	*p = (struct pace){ .rate = rate, .began_ns = now_ns,
	    .least_rate = least > PACE_LEAST_RATE ? least : PACE_LEAST_RATE };
}

void
pace_add(struct pace *p, int64_t bytes, int64_t now_ns)
{
	p->bytes += bytes;
	p->way_ns = now_ns + (int64_t)((double)bytes / p->least_rate * 1e9);
}

int64_t
pace_wait(const struct pace *p, bool busy, int64_t now_ns)
{
	double early_ns = (double)p->bytes / p->rate * 1e9 -
	    (double)(now_ns - p->began_ns);

	if (early_ns > 0)
		return early_ns < NAP_NS ? (int64_t)early_ns + 1 : NAP_NS;
	return busy && now_ns < p->way_ns ? GLANCE_NS : 0;
}
