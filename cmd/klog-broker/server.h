/*
 * server.h: the broker put together: opened in order, run, and closed in the
 * opposite order.
 */
#ifndef KLOG_BROKER_SERVER_H
#define KLOG_BROKER_SERVER_H

#include <stdbool.h>

#include "base/err.h"
#include "config.h"

struct datadir;
struct server;

struct server_options {
	const struct broker_config *config;
	struct datadir	*datadir;	/* open; its lock is held */
	const char	*socket;	/* listen here only; NULL: by config */
	bool		 private_mode;	/* leaves when nobody is there */
	/* called once it takes connections; address is what it listens at */
	int		(*ready)(void *arg, const char *address,
			    struct kerr *);
	/* called before it stops to take them; perhaps more than once */
	void		(*leaving)(void *arg);
	void		*arg;
};

/* Runs until SIGTERM or SIGINT, or, where private, until nobody has been
 * there for idle.exit.ms. 0 after a clean stop. */
int server_run(const struct server_options *, struct kerr *);

#endif
