/*
 * private.h: the user's private broker: where it lies, whether it runs, and
 * starting it (DESIGN: "The private broker").
 *
 * Between the two programs:
 *
 *	klog-broker --private --data DIR --ready-fd N
 *
 * takes the lock DIR/.lock, listens on a Unix socket, writes DIR/broker.addr
 * (to a temporary name in DIR, then rename), and only then one byte '+' to
 * descriptor N, which it closes. Where it cannot start it writes '-' and one
 * line of text instead, and exits 2, 3 or, where another host or process
 * holds the lock, 7. broker.addr is lines of
 *
 *	socket=/run/user/1000/klog/broker.sock
 *	host=NAME		gethostname()
 *	boot=ID			/proc/sys/kernel/random/boot_id
 *	pid=N
 *	version=V
 *
 * of which unknown ones are skipped. The socket lies in the runtime directory
 * (--socket PATH on the command line names it: for the default data directory
 * RUNTIME/broker.sock, else RUNTIME/HASH.sock with HASH of the real path of
 * DIR). A file whose host or boot differ is stale unless the lock is held.
 */
#ifndef KLOG_CLIENT_PRIVATE_H
#define KLOG_CLIENT_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* What the environment says; the caller reads it. NULL: not set. */
struct private_env {
	const char	*home;		/* HOME */
	const char	*data_home;	/* XDG_DATA_HOME */
	const char	*runtime_dir;	/* XDG_RUNTIME_DIR */
	const char	*path;		/* PATH */
	const char	*self;		/* the program's own file, or NULL */
	bool		 look;		/* make no directory, start no broker */
};

struct private_addr {
	char	socket[108];
	char	host[256];
	char	boot[64];
	pid_t	pid;
	char	version[32];
};

struct private_place {
	char	*data;		/* the data directory */
	char	*socket;	/* where its broker shall listen */
	char	*broker;	/* klog-broker's file; NULL: not found */
	bool	 told;		/* that an older one runs there */
	bool	 look;		/* start none */
};

/* Finds the places and makes the directories, 0700 and the effective user's
 * own. dir: of -b dir:PATH, or NULL for the user's own. KE_CONFIG with the way
 * out when there is no home, the directory is another's, or it lies on a
 * network file system; with look KE_NOTFOUND where there is no such directory
 * yet. */
int private_place(struct private_place *pl, const struct private_env *env,
    const char *dir, struct kerr *e);
void private_place_release(struct private_place *pl);

/* Reads DATA/broker.addr. KE_NOTFOUND when there is none. */
int private_addr_read(struct private_addr *a, const char *data,
    struct kerr *e);

/* A cluster_locate: arg is a struct private_place. The broker that answers
 * there, else one it starts (with look: else KE_NOTFOUND). KE_LOCKED when
 * another host holds it. Logs a warning, once, where the one that answers is
 * older than this program. */
int private_locate(void *arg, int64_t left_ms, char **brokers,
    struct kerr *e);

#endif
