/* log_epoch.c: leader epochs of a log, locked; see log.h and epochs.h. */
#include "store/log.h"

#include "store/log_impl.h"

int32_t
log_epoch(const struct log *cl)
{
	struct log *l = (struct log *)(uintptr_t)cl;
	int32_t epoch;

	pthread_mutex_lock(&l->lock);
	epoch = epochs_latest(&l->epochs);
	pthread_mutex_unlock(&l->lock);
	return epoch;
}

int32_t
log_epoch_at(struct log *l, int64_t offset)
{
	int32_t epoch;

	pthread_mutex_lock(&l->lock);
	epoch = epochs_at(&l->epochs, offset);
	pthread_mutex_unlock(&l->lock);
	return epoch;
}

void
log_epoch_end(struct log *l, int32_t asked, int32_t *found, int64_t *end)
{
	pthread_mutex_lock(&l->lock);
	epochs_end(&l->epochs, asked, l->end, found, end);
	pthread_mutex_unlock(&l->lock);
}
