/*
 * broker.h: the broker as a whole; what every room may reach. Filled in
 * before threads start, constant afterwards; what changes lies behind the
 * rooms' own functions.
 */
#ifndef KLOG_BROKER_BROKER_H
#define KLOG_BROKER_BROKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sys.h"
#include "config.h"
#include "net/conn.h"
#include "wire/types.h"

struct broker_config;
struct control;
struct coordinator;
struct image_slot;
struct io;
struct listeners;
struct logdir;
struct pool;
struct sessions;
struct txn_coordinator;

struct broker {
	const struct sys  *sys;
	const struct broker_config *config;
	const char	  *data_dir;	/* no slash at its end */
	struct kuuid	   directory_id;
	char		   cluster_id[64];
	int32_t		   node_id;
	bool		   private_mode;
	bool		   clean_start;	/* the last stop left its marker */
	struct image_slot *image;	/* where the current image hangs */
	struct pool	  *pool;
	struct logdir	  *logdir;	/* the partitions that lie here */
	struct sessions	  *sessions;	/* of fetches */
	struct control	  *control;
	struct coordinator *coordinator;	/* of groups */
	struct txn_coordinator *txn_coordinator;
	struct listeners  *listeners;
	struct io	 **io;		/* the I/O threads */
	unsigned int	   n_io;
	struct conn_budget budget;	/* memory of all frames being read */
};

#endif
