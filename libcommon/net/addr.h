/*
 * addr.h: names of places to dial or listen at.
 *
 *	HOST  HOST:PORT  [V6]  [V6]:PORT  /path/of/a/unix/socket
 *
 * A host that starts with '/' is a Unix socket everywhere in klog, also when
 * a broker's metadata names it (the port is then ignored).
 */
#ifndef KLOG_NET_ADDR_H
#define KLOG_NET_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/err.h"

#define ADDR_HOST_MAX	255
#define ADDR_TEXT_MAX	(ADDR_HOST_MAX + 9)	/* [host]:65535 and NUL */

struct addr {
	char	host[ADDR_HOST_MAX + 1];	/* no brackets */
	int	port;				/* 0 for a Unix socket */
};

/* One address. KE_USAGE when it is not one. */
int addr_parse(struct addr *a, const char *s, size_t n, int default_port,
    struct kerr *e);
/* "A,B,.." into fresh memory (free it); returns how many, at least one. */
int addr_parse_list(struct addr **out, const char *s, int default_port,
    struct kerr *e);
/* The text form, brackets where needed; returns out. */
const char *addr_text(const struct addr *a, char out[ADDR_TEXT_MAX]);
static inline bool
addr_is_unix(const struct addr *a)
{
	return a->host[0] == '/';
}

/* What getaddrinfo has for a name; blocks while it asks. */
struct addr_set {
	struct sockaddr_storage	*v;
	socklen_t		*len;
	int			 n;
};

int addr_resolve(struct addr_set *set, const struct addr *a, bool passive,
    struct kerr *e);
void addr_set_release(struct addr_set *set);
/* The other way: host and port of a socket address, numeric. */
void addr_from_sockaddr(struct addr *a, const struct sockaddr *sa,
    socklen_t len);

#endif
