/* listeners.c: taking connections. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uthash.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "broker.h"
#include "control.h"
#include "io.h"
#include "listeners.h"
#include "net/listen.h"

#define LISTENERS_MAX	16
#define DEFAULT_PORT	9092

/* Connections from one address. */
struct origin {
	char		host[INET6_ADDRSTRLEN];
	int		n;
	UT_hash_handle	hh;
};

struct listeners {
	struct broker	*broker;
	struct listener	*v[LISTENERS_MAX];
	int		 n;
	bool		 local;		/* a Unix socket, own user only */
	bool		 advertised;
	struct addr	 advertise;
	unsigned int	 next;		/* I/O thread */
	pthread_mutex_t	 lock;		/* of the rest */
	struct origin	*origins;
	int		 count;
	bool		 full;		/* said so in the log */
};

/* Counts a newcomer in; false where the limits do not let it. */
static bool
admit(struct listeners *ls, const struct addr *from)
{
	const struct broker_config *cf = control_config(ls->broker);
	struct origin *o = NULL;
	bool ok = false;

	pthread_mutex_lock(&ls->lock);
	if (ls->count >= cf->max_connections)
		goto out;
	if (from->host[0] != '\0') {
		HASH_FIND_STR(ls->origins, from->host, o);
		if (o != NULL && o->n >= cf->max_connections_per_ip)
			goto out;
		if (o == NULL && cf->max_connections_per_ip > 0) {
			o = xcalloc(1, sizeof(*o));
			snprintf(o->host, sizeof(o->host), "%.*s",
			    INET6_ADDRSTRLEN - 1, from->host);
			HASH_ADD_STR(ls->origins, host, o);
		}
		if (o == NULL)
			goto out;
		o->n++;
	}
	ls->count++;
	ok = true;
out:
	pthread_mutex_unlock(&ls->lock);
	return ok;
}

void
listeners_left(struct listeners *ls, const struct addr *from)
{
	struct origin *o;

	pthread_mutex_lock(&ls->lock);
	ls->count--;
	HASH_FIND_STR(ls->origins, from->host, o);
	if (o != NULL && --o->n == 0) {
		HASH_DEL(ls->origins, o);
		free(o);
	}
	pthread_mutex_unlock(&ls->lock);
}

int
listeners_count(struct listeners *ls)
{
	int n;

	pthread_mutex_lock(&ls->lock);
	n = ls->count;
	pthread_mutex_unlock(&ls->lock);
	return n;
}

static bool
own_user(int fd)
{
	struct ucred c;
	socklen_t n = sizeof(c);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) == 0 &&
	    c.uid == geteuid();
}

static void
accepted(void *arg, int fd)
{
	struct listeners *ls = arg;
	struct broker *b = ls->broker;
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct addr from = { .host = "" };
	char name[ADDR_TEXT_MAX];

	if (ls->local ? !own_user(fd) :
	    getpeername(fd, (struct sockaddr *)&ss, &len) < 0) {
		close(fd);
		return;
	}
	if (!ls->local)
		addr_from_sockaddr(&from, (struct sockaddr *)&ss, len);
	if (!admit(ls, &from)) {
		if (!ls->full)
			log_line(LOG_WARN, LOG_BROKER, "%s: refused: too many "
			    "connections", addr_text(&from, name));
		ls->full = true;
		close(fd);
		return;
	}
	ls->full = false;
	io_adopt(b->io[ls->next++ % b->n_io], fd);
}

/* Is name among the comma-separated words? */
static bool
is_among(const char *words, const char *name, size_t n)
{
	for (size_t k; words != NULL; words = words[k] ? words + k + 1 : NULL) {
		k = strcspn(words, ",");
		if (k == n && memcmp(words, name, n) == 0)
			return true;
	}
	return false;
}

/*
 * One of `listeners` or `advertised.listeners`: [NAME://][HOST]:PORT. 1 and
 * *a, or 0 where it is the controller's, which nobody dials here. Without a
 * host it is no_host, as Kafka has it, or, without a name, the loopback.
 */
static int
parse(const struct broker_config *cf, const char *s, size_t n, struct addr *a,
    const char *no_host, struct kerr *e)
{
	const char *sep = memmem(s, n, "://", 3);
	size_t name = sep != NULL ? (size_t)(sep - s) : 0;
	char text[ADDR_TEXT_MAX];
	int rc;

	if (sep != NULL && is_among(broker_config_get(cf,
	    "controller.listener.names"), s, name))
		return 0;
	if (sep != NULL && (is_among("SSL,SASL_SSL,SASL_PLAINTEXT", s, name)))
		return kerr_set(e, KE_UNSUPPORTED,
		    "listener '%.*s': only PLAINTEXT is there", (int)n, s);
	if (sep != NULL) {
		s += name + 3;
		n -= name + 3;
	}
	if (n > 0 && *s == ':') {
		snprintf(text, sizeof(text), "%s%.*s", sep != NULL ? no_host :
		    "127.0.0.1", (int)n, s);
		s = text;
		n = strlen(text);
	}
	rc = addr_parse(a, s, n, DEFAULT_PORT, e);
	return rc < 0 ? kerr_wrap(e, "listener") : 1;
}

static int
check_all(const struct broker_config *cf, const char *s, struct kerr *e)
{
	struct addr a;
	size_t n;
	int rc = 0;

	for (; s != NULL && rc >= 0; s = s[n] != '\0' ? s + n + 1 : NULL) {
		n = strcspn(s, ",");
		rc = parse(cf, s, n, &a, "localhost", e);
	}
	return rc < 0 ? rc : 0;
}

int
listeners_check(const struct broker_config *cf, struct kerr *e)
{
	int rc = check_all(cf, cf->listeners, e);

	return rc < 0 ? rc : check_all(cf, cf->advertised_listeners, e);
}

static int
listen_at(struct listeners *ls, struct loop *l, const struct addr *a,
    struct kerr *e)
{
	if (ls->n == LISTENERS_MAX)
		return kerr_set(e, KE_CONFIG, "more than %d listeners",
		    LISTENERS_MAX);
	ls->v[ls->n] = listener_open(l, a, 0, accepted, ls, e);
	if (ls->v[ls->n] == NULL)
		return e->code;
	ls->n++;
	return 0;
}

static int
listen_all(struct listeners *ls, struct loop *l, struct kerr *e)
{
	const struct broker *b = ls->broker;
	bool given = broker_config_given(b->config, "listeners");
	const char *s = b->config->listeners;
	struct addr a;
	size_t n;
	int rc;

	for (; s != NULL; s = s[n] != '\0' ? s + n + 1 : NULL) {
		n = strcspn(s, ",");
		rc = parse(b->config, s, n, &a, given ? "0.0.0.0" :
		    "127.0.0.1", e);
		if (rc < 0 || (rc > 0 && (rc = listen_at(ls, l, &a, e)) < 0))
			return rc;
	}
	if (ls->n == 0)
		return kerr_set(e, KE_CONFIG, "no listener for clients");
	return 0;
}

static int
set_advertised(struct listeners *ls, struct kerr *e)
{
	const char *s = ls->broker->config->advertised_listeners;
	size_t n;
	int rc;

	for (; s != NULL && !ls->advertised; s = s[n] ? s + n + 1 : NULL) {
		n = strcspn(s, ",");
		rc = parse(ls->broker->config, s, n, &ls->advertise,
		    "localhost", e);
		if (rc < 0)
			return rc;
		ls->advertised = rc > 0;
	}
	return 0;
}

/* At the path, or beside it where another takes connections: that one has lost
 * the data directory which we hold, or has one of its own. */
static int
listen_local(struct listeners *ls, struct loop *l, const char *path,
    struct kerr *e)
{
	struct addr a = { .port = 0 };
	int rc;

	snprintf(a.host, sizeof(a.host), "%s", path);
	rc = listen_at(ls, l, &a, e);
	if (rc == KE_SYS && e->sys == EADDRINUSE) {
		kerr_clear(e);
		snprintf(a.host, sizeof(a.host), "%s.%d", path, (int)getpid());
		rc = listen_at(ls, l, &a, e);
	}
	return rc;
}

struct listeners *
listeners_open(struct broker *b, struct loop *l, const char *path,
    struct kerr *e)
{
	struct listeners *ls = xcalloc(1, sizeof(*ls));
	int rc;

	ls->broker = b;
	ls->local = path != NULL;
	pthread_mutex_init(&ls->lock, NULL);
	if (path != NULL) {
		rc = listen_local(ls, l, path, e);
	} else if ((rc = set_advertised(ls, e)) == 0) {
		rc = listen_all(ls, l, e);
	}
	if (rc == 0)
		return ls;
	listeners_stop(ls);
	listeners_free(ls);
	return NULL;
}

void
listeners_stop(struct listeners *ls)
{
	while (ls->n > 0)
		listener_close(ls->v[--ls->n]);
}

void
listeners_free(struct listeners *ls)
{
	pthread_mutex_destroy(&ls->lock);
	free(ls);
}

void
listeners_text(const struct listeners *ls, char *out, size_t n)
{
	char text[ADDR_TEXT_MAX];
	size_t len = 0;

	out[0] = '\0';
	for (int i = 0; i < ls->n && len < n; i++)
		len += (size_t)snprintf(out + len, n - len, "%s%s",
		    i > 0 ? ", " : "", addr_text(listener_addr(ls->v[i]),
		    text));
}

void
listeners_advertise(const struct listeners *ls, const struct addr *local,
    struct addr *out)
{
	*out = ls->advertised && !ls->local ? ls->advertise : *local;
}
