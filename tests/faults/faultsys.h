/*
 * faultsys.h: a disk in memory that tells the truth about what a real one may
 * do: struct sys over files and directories that keep apart what was written
 * and what was synced, that fails a chosen call, and that can lose power.
 *
 * After a power cut each page of a file is what was synced last, what was
 * written last, or torn between the two at a sector; a file's length lies
 * between the synced and the written one; of a directory's changes since its
 * last sync a prefix survives. A synced file without a synced name is gone.
 *
 * A sync that fails with EIO gives up on what it was to write, as Linux does:
 * calls go on to see it, the disk has the old pages, and no later sync writes
 * them, unless they are written to once more. sys->forget() shows the disk's.
 *
 * Numbers come from a seed, so a run can be had again. Time stands still
 * unless it is set.
 */
#ifndef TESTS_FAULTSYS_H
#define TESTS_FAULTSYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sys.h"

enum fault_call {
	FAULT_OPEN, FAULT_PREAD, FAULT_PWRITEV, FAULT_FDATASYNC, FAULT_FSYNC,
	FAULT_FTRUNCATE, FAULT_FSTAT, FAULT_RENAME, FAULT_UNLINK, FAULT_MKDIR,
	FAULT_RMDIR, FAULT_LIST, FAULT_SYNC_DIR, FAULT_SYNC_FS,
	FAULT_CALLS
};

struct faultsys;

struct faultsys *faultsys_new(uint64_t seed);
/* Fails the running test where an armed fault was never hit, or a descriptor
 * is still open. */
void faultsys_free(struct faultsys *f);
const struct sys *faultsys_sys(struct faultsys *f);

/* The nth call of that kind from now on (1: the next) fails with err. err 0,
 * for FAULT_PWRITEV: half of it is written, which is no failure. */
void faultsys_arm(struct faultsys *f, enum fault_call call, int nth, int err);
/* Whether the armed fault was hit; disarms it. */
bool faultsys_hit(struct faultsys *f);
/* Calls of a kind so far. */
int faultsys_calls(const struct faultsys *f, enum fault_call call);
const char *faultsys_name(enum fault_call call);

/* No room: whatever makes a file or writes to one fails with ENOSPC. */
void faultsys_fill(struct faultsys *f, bool full);

/* Power goes after n more calls of any kind: from then on nothing changes
 * any more and every call fails with EIO. 0: at once; -1: not at all. */
void faultsys_cut_after(struct faultsys *f, int n);
bool faultsys_is_dark(const struct faultsys *f);
/* Power comes back: what survived is there, old descriptors are not. */
void faultsys_restart(struct faultsys *f);

void faultsys_set_ms(struct faultsys *f, int64_t now_ms);
/* The seed's next number. */
uint64_t faultsys_random(struct faultsys *f);

#endif
