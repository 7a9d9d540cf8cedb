/*
 * cluster.c: which cluster, and how to talk to it, from the properties.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "cli/common.h"

static int
use_private(struct common *c, const struct config_cluster *which,
    struct cluster_config *conf, struct kerr *e)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct private_env env = {
		.home = getenv("HOME"),
		.data_home = getenv("XDG_DATA_HOME"),
		.runtime_dir = getenv("XDG_RUNTIME_DIR"),
		.path = getenv("PATH"),
		.self = n > 0 ? self : NULL,
		.look = c->look,
	};
	int error;

	self[n > 0 ? n : 0] = '\0';
	error = private_place(&c->private, &env, which->dir, e);
	if (error != 0)
		return error;
	conf->locate = private_locate;
	conf->locate_arg = &c->private;
	if (!which->named && !c->quiet)
		warn_line("using the private broker in %s ('-b private' or -q "
		    "silences this)", c->private.data);
	return 0;
}

/* What this version cannot honour must not be left out in silence. */
static int
check_protocol(const struct config *cf, struct kerr *e)
{
	const char *protocol = "plaintext";

	config_str(cf, "security.protocol", &protocol);
	if (strcasecmp(protocol, "plaintext") == 0)
		return 0;
	return kerr_set(e, KE_UNSUPPORTED, "property 'security.protocol': "
	    "this version speaks plaintext only, not '%s'", protocol);
}

static char *
join(const struct opt_list *l)
{
	struct buf b;
	size_t n;
	int i;

	if (l->n == 0)
		return NULL;
	buf_init(&b, 0);
	for (i = 0; i < l->n; i++) {
		buf_puts(&b, i > 0 ? "," : "");
		buf_puts(&b, l->v[i]);
	}
	buf_putc(&b, '\0');
	return (char *)buf_detach(&b, &n);
}

int
common_cluster(struct common *c, struct cluster_config *conf, struct kerr *e)
{
	const struct config *cf = c->config;
	struct config_cluster which;
	int64_t max;
	int error;

	cluster_config_defaults(conf);
	error = config_cluster(cf, c->brokers, &which, e);
	if (error != 0)
		return error;
	conf->brokers = which.brokers;
	if (which.brokers == NULL)
		error = use_private(c, &which, conf, e);
	else
		error = check_protocol(cf, e);
	if (error != 0)
		return error;
	conf->contact_ms = c->first_contact;
	conf->resolve = c->resolved = join(&c->resolve);
	config_str(cf, "client.id", &conf->client_id);
	config_str(cf, "client.rack", &conf->rack);
	config_int(cf, "socket.connection.setup.timeout.ms",
	    &conf->connect_ms);
	config_int(cf, "request.timeout.ms", &conf->request_ms);
	config_int(cf, "retry.backoff.ms", &conf->backoff_ms);
	config_int(cf, "retry.backoff.max.ms", &conf->backoff_max_ms);
	config_int(cf, "metadata.max.age.ms", &conf->metadata_ms);
	config_bool(cf, "allow.auto.create.topics", &conf->auto_create);
	if (config_int(cf, "receive.message.max.bytes", &max))
		conf->frame_max = (size_t)max;
	return 0;
}
