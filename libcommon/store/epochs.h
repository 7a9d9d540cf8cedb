/*
 * epochs.h: which leader epoch began at which offset (KIP-101), and its file
 * form, leader-epoch-checkpoint. Pure memory; the log locks and saves it.
 */
#ifndef KLOG_STORE_EPOCHS_H
#define KLOG_STORE_EPOCHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct epoch_start {
	int32_t	epoch;
	int64_t	start;		/* offset of its first record */
};

/* Both columns ascend. Zero-initialised means empty. */
struct epochs {
	struct epoch_start	*v;
	int			 n;
	int			 cap;
};

void epochs_release(struct epochs *x);
/* Notes that offset start begins epoch, unless the epoch is the latest one
 * already. What contradicts it (a higher epoch, a later start) goes. True
 * where something changed. */
bool epochs_assign(struct epochs *x, int32_t epoch, int64_t start);
int32_t epochs_latest(const struct epochs *x);		/* -1: none */
int32_t epochs_at(const struct epochs *x, int64_t offset);
/* Kafka's endOffsetFor: see log_epoch_end(). */
void epochs_end(const struct epochs *x, int32_t asked, int64_t log_end,
    int32_t *found, int64_t *end);
/* Forgets what begins at or above end; lets what began below start begin
 * there. True where something changed. */
bool epochs_cut_end(struct epochs *x, int64_t end);
bool epochs_cut_start(struct epochs *x, int64_t start);

/* The file's text. parse: KE_CORRUPT and an empty x where it is malformed. */
void epochs_format(const struct epochs *x, struct buf *b);
int epochs_parse(struct epochs *x, const void *p, size_t n, struct kerr *e);

#endif
