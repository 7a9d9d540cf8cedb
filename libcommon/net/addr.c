/* addr.c: see addr.h. */
#include "net/addr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/xalloc.h"

static int
parse_port(const char *s, size_t n, int *port)
{
	long v = 0;

	if (n == 0 || n > 5)
		return KE_USAGE;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)s[i]))
			return KE_USAGE;
		v = v * 10 + (s[i] - '0');
	}
	if (v > 65535)
		return KE_USAGE;
	*port = (int)v;
	return 0;
}

static bool
host_is_sane(const char *s, size_t n)
{
	if (n == 0 || n > ADDR_HOST_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f)
			return false;
	return true;
}

/* Splits [s, s+n) into host and port text; *port NULL where there is none. */
static int
split(const char **host, size_t *hostlen, const char **port, const char *s,
    size_t n)
{
	const char *end = s + n, *close, *colon;

	*port = NULL;
	if (n > 0 && s[0] == '[') {
		close = memchr(s, ']', n);
		if (close == NULL || (close + 1 < end && close[1] != ':'))
			return KE_USAGE;
		*host = s + 1;
		*hostlen = (size_t)(close - s) - 1;
		if (close + 1 < end)
			*port = close + 2;
		return 0;
	}
	*host = s;
	*hostlen = n;
	colon = memchr(s, ':', n);
	if (colon == NULL)
		return 0;
	/* two colons and no brackets: a bare IPv6 address */
	if (memchr(colon + 1, ':', (size_t)(end - colon) - 1) != NULL)
		return 0;
	*hostlen = (size_t)(colon - s);
	*port = colon + 1;
	return 0;
}

int
addr_parse(struct addr *a, const char *s, size_t n, int default_port,
    struct kerr *e)
{
	const char *host, *port;
	size_t hostlen;

	if (n > 0 && s[0] == '/') {
		host = s;
		hostlen = n;
		a->port = 0;
		if (n >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
			return kerr_set(e, KE_USAGE,
			    "'%.*s': path of a socket is too long", (int)n, s);
	} else {
		if (split(&host, &hostlen, &port, s, n) != 0)
			goto bad;
		a->port = default_port;
		if (port != NULL &&
		    parse_port(port, (size_t)(s + n - port), &a->port) != 0)
			return kerr_set(e, KE_USAGE,
			    "'%.*s': the port is not a number up to 65535",
			    (int)(n > 300 ? 300 : n), s);
		if (!host_is_sane(host, hostlen))
			goto bad;
	}
	memcpy(a->host, host, hostlen);
	a->host[hostlen] = '\0';
	return 0;
bad:
	return kerr_set(e, KE_USAGE, "'%.*s' is not HOST[:PORT]",
	    (int)(n > 300 ? 300 : n), s);
}

int
addr_parse_list(struct addr **out, const char *s, int default_port,
    struct kerr *e)
{
	struct addr *v = NULL;
	const char *end;
	int n = 0;

	for (;;) {
		end = s + strcspn(s, ",");
		while (s < end && isspace((unsigned char)*s))
			s++;
		while (end > s && isspace((unsigned char)end[-1]))
			end--;
		v = xreallocarray(v, (size_t)n + 1, sizeof(*v));
		if (addr_parse(&v[n], s, (size_t)(end - s), default_port,
			e) != 0) {
			free(v);
			return KE_USAGE;
		}
		n++;
		end += strcspn(end, ",");
		if (*end == '\0')
			break;
		s = end + 1;
	}
	*out = v;
	return n;
}

const char *
addr_text(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	if (addr_is_unix(a))
		snprintf(out, ADDR_TEXT_MAX, "%s", a->host);
	else if (strchr(a->host, ':') != NULL)
		snprintf(out, ADDR_TEXT_MAX, "[%s]:%d", a->host, a->port);
	else
		snprintf(out, ADDR_TEXT_MAX, "%s:%d", a->host, a->port);
	return out;
}

static void
set_add(struct addr_set *set, const void *sa, socklen_t len)
{
	size_t n = (size_t)set->n + 1;

	set->v = xreallocarray(set->v, n, sizeof(*set->v));
	set->len = xreallocarray(set->len, n, sizeof(*set->len));
	memset(&set->v[n - 1], 0, sizeof(*set->v));
	memcpy(&set->v[n - 1], sa, len);
	set->len[n - 1] = len;
	set->n++;
}

static int
resolve_unix(struct addr_set *set, const struct addr *a, struct kerr *e)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	if (strlen(a->host) >= sizeof(un.sun_path))
		return kerr_set(e, KE_UNREACHABLE,
		    "%s: path of a socket is too long", a->host);
	strcpy(un.sun_path, a->host);
	set_add(set, &un, sizeof(un));
	return 0;
}

int
addr_resolve(struct addr_set *set, const struct addr *a, bool passive,
    struct kerr *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	char port[8];
	int rc;

	memset(set, 0, sizeof(*set));
	if (addr_is_unix(a))
		return resolve_unix(set, a, e);
	snprintf(port, sizeof(port), "%d", a->port);
	/* a numeric address needs none of the resolver's libraries */
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV |
	    (passive ? AI_PASSIVE : 0);
	rc = getaddrinfo(a->host, port, &hints, &list);
	if (rc == EAI_NONAME) {
		hints.ai_flags &= ~AI_NUMERICHOST;
		rc = getaddrinfo(a->host, port, &hints, &list);
	}
	if (rc == EAI_SYSTEM)
		return kerr_sys(e, "'%s'", a->host);
	if (rc != 0)
		return kerr_set(e, KE_UNREACHABLE, "'%s' does not resolve: %s",
		    a->host, gai_strerror(rc));
	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next)
		set_add(set, ai->ai_addr, ai->ai_addrlen);
	freeaddrinfo(list);
	return 0;
}

void
addr_set_release(struct addr_set *set)
{
	free(set->v);
	free(set->len);
	memset(set, 0, sizeof(*set));
}

void
addr_from_sockaddr(struct addr *a, const struct sockaddr *sa, socklen_t len)
{
	memset(a, 0, sizeof(*a));
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		inet_ntop(AF_INET, &in->sin_addr, a->host, sizeof(a->host));
		a->port = ntohs(in->sin_port);
	} else if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)sa;

		inet_ntop(AF_INET6, &in6->sin6_addr, a->host, sizeof(a->host));
		a->port = ntohs(in6->sin6_port);
	} else if (sa->sa_family == AF_UNIX) {
		const struct sockaddr_un *un = (const void *)sa;
		size_t off = offsetof(struct sockaddr_un, sun_path);

		if (len > off)
			snprintf(a->host, sizeof(a->host), "%.*s",
			    (int)(len - off), un->sun_path);
	}
}
