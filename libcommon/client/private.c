/* private.c: see private.h. Places and broker.addr; starting: private_start.c */
#include "client/private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/xalloc.h"

#define BROKER		"klog-broker"
#define SOCKET_MAX	(sizeof(((struct private_addr *)NULL)->socket) - 1)

/* mkdir -p, new directories for the user alone. */
static int
make_dirs(const char *path, struct kerr *e)
{
	char *copy = xstrdup(path), *slash = copy;
	int rc = 0;

	while (rc == 0 && slash != NULL) {
		slash = strchr(slash + 1, '/');
		if (slash != NULL)
			*slash = '\0';
		if (mkdir(copy, 0700) != 0 && errno != EEXIST)
			rc = kerr_sys(e, "cannot make directory '%s'", copy);
		if (slash != NULL)
			*slash = '/';
	}
	free(copy);
	if (rc != 0)
		e->code = KE_CONFIG;
	return rc;
}

/* The directory is there, the effective user's own, and others have none of
 * the rights of mask. */
static int
check_owned(const char *path, mode_t mask, struct kerr *e)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		kerr_sys(e, "'%s'", path);
		return kerr_set(e, KE_CONFIG, "cannot use '%s': %s", path,
		    strerror(errno));
	}
	if (!S_ISDIR(st.st_mode))
		return kerr_set(e, KE_CONFIG, "'%s' is not a directory", path);
	if (st.st_uid != geteuid())
		return kerr_set(e, KE_CONFIG, "'%s' belongs to another user "
		    "(name a directory of your own with -b dir:PATH)", path);
	if ((st.st_mode & mask) != 0)
		return kerr_set(e, KE_CONFIG, "'%s' is open to others "
		    "(chmod 700 it)", path);
	return 0;
}

static bool
is_network(const char *path)
{
	static const unsigned long magic[] = {
		NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, 0xff534d42 /* cifs */,
		0xfe534d42 /* smb2 */, AFS_SUPER_MAGIC, 0x6b414653 /* kafs */,
		CODA_SUPER_MAGIC, 0x00c36400 /* ceph */,
		0x0bd00bd0 /* lustre */, 0x47504653 /* gpfs */,
	};
	struct statfs fs;

	if (statfs(path, &fs) != 0)
		return false;
	for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
		if ((unsigned long)fs.f_type == magic[i])
			return true;
	return false;
}

static bool
is_absolute(const char *s)
{
	return s != NULL && s[0] == '/';
}

static char *
usual_data(const struct private_env *env)
{
	if (is_absolute(env->data_home))
		return xasprintf("%s/klog", env->data_home);
	if (is_absolute(env->home))
		return xasprintf("%s/.local/share/klog", env->home);
	return NULL;
}

static int
find_data(struct private_place *pl, const struct private_env *env,
    const char *dir, struct kerr *e)
{
	char real[PATH_MAX];

	pl->data = dir != NULL ? xstrdup(dir) : usual_data(env);
	if (pl->data == NULL)
		return kerr_set(e, KE_CONFIG, "no home directory for the "
		    "private broker's data (name one with -b dir:PATH)");
	if (env->look && access(pl->data, R_OK) != 0)
		return kerr_set(e, KE_NOTFOUND, "'%s' is not there",
		    pl->data);
	if (make_dirs(pl->data, e) != 0 ||
	    check_owned(pl->data, dir != NULL ? 0022 : 0077, e) != 0)
		return e->code;
	if (is_network(pl->data))
		return kerr_set(e, KE_CONFIG, "'%s' lies on a network file "
		    "system (name a local directory with -b dir:PATH)",
		    pl->data);
	if (realpath(pl->data, real) != NULL) {
		free(pl->data);
		pl->data = xstrdup(real);
	}
	return 0;
}

/* The runtime directory; NULL where this candidate will not do, with an error
 * where it is there but not safe. */
static char *
try_runtime(const char *parent, const char *name, bool parent_ours,
    struct kerr *e)
{
	struct kerr ignored = KERR_INIT;
	char *path = xasprintf("%s/%s", parent, name);
	struct stat st;

	if (parent_ours && check_owned(parent, 0022, &ignored) != 0)
		goto no;
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		goto no;
	/* in /tmp anybody may have put a link there */
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	    check_owned(path, 0077, &ignored) == 0)
		return path;
	kerr_set(e, KE_CONFIG, "'%s', for the private broker's socket, is not "
	    "a directory that is yours alone (chmod 700 it, or set "
	    "XDG_RUNTIME_DIR)", path);
no:
	free(path);
	return NULL;
}

static char *
find_runtime(const struct private_env *env, struct kerr *e)
{
	char user[64], name[64];
	char *path = NULL;

	snprintf(user, sizeof(user), "/run/user/%u", (unsigned int)geteuid());
	snprintf(name, sizeof(name), "klog-%u", (unsigned int)geteuid());
	if (is_absolute(env->runtime_dir))
		path = try_runtime(env->runtime_dir, "klog", true, e);
	if (path == NULL && e->code == 0)
		path = try_runtime(user, "klog", true, e);
	if (path == NULL && e->code == 0)
		path = try_runtime("/tmp", name, false, e);
	return path;
}

/* FNV-1a, 64 bits: only has to keep directories apart. */
static uint64_t
hash(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h;
}

static int
find_socket(struct private_place *pl, const struct private_env *env,
    bool usual, struct kerr *e)
{
	char *runtime = find_runtime(env, e);

	if (runtime == NULL)
		return e->code != 0 ? e->code : kerr_set(e, KE_CONFIG, "no "
		    "directory for the private broker's socket (set "
		    "XDG_RUNTIME_DIR)");
	if (usual)
		pl->socket = xasprintf("%s/broker.sock", runtime);
	else
		pl->socket = xasprintf("%s/%016llx.sock", runtime,
		    (unsigned long long)hash(pl->data));
	free(runtime);
	if (strlen(pl->socket) > SOCKET_MAX)
		return kerr_set(e, KE_CONFIG, "'%s': the path of a socket is "
		    "at most %zu bytes (set XDG_RUNTIME_DIR)", pl->socket,
		    SOCKET_MAX);
	return 0;
}

static char *
if_executable(char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* Beside our own file, else in PATH. */
static char *
find_broker(const struct private_env *env)
{
	const char *s = env->path, *slash;
	char *found = NULL;
	size_t n;

	if (env->self != NULL && (slash = strrchr(env->self, '/')) != NULL)
		found = if_executable(xasprintf("%.*s/" BROKER,
		    (int)(slash - env->self), env->self));
	for (; found == NULL && s != NULL; s = s[n] != '\0' ? s + n + 1 : NULL) {
		n = strcspn(s, ":");
		if (n > 0)
			found = if_executable(xasprintf("%.*s/" BROKER, (int)n,
			    s));
	}
	return found;
}

int
private_place(struct private_place *pl, const struct private_env *env,
    const char *dir, struct kerr *e)
{
	memset(pl, 0, sizeof(*pl));
	pl->look = env->look;
	if (find_data(pl, env, dir, e) != 0 || (!env->look &&
	    find_socket(pl, env, dir == NULL, e) != 0)) {
		private_place_release(pl);
		return e->code;
	}
	pl->broker = find_broker(env);
	return 0;
}

void
private_place_release(struct private_place *pl)
{
	free(pl->data);
	free(pl->socket);
	free(pl->broker);
	memset(pl, 0, sizeof(*pl));
}

static void
take_line(struct private_addr *a, const char *line)
{
	char pid[24] = "";
	static const struct { const char *name; size_t off, size; } keys[] = {
#define KEY(k, m) { k, offsetof(struct private_addr, m), \
	    sizeof(((struct private_addr *)NULL)->m) }
		KEY("socket=", socket), KEY("host=", host), KEY("boot=", boot),
		KEY("version=", version),
#undef KEY
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strncmp(line, keys[i].name, strlen(keys[i].name)) == 0)
			snprintf((char *)a + keys[i].off, keys[i].size, "%s",
			    line + strlen(keys[i].name));
	if (strncmp(line, "pid=", 4) == 0) {
		snprintf(pid, sizeof(pid), "%s", line + 4);
		a->pid = (pid_t)strtol(pid, NULL, 10);
	}
}

int
private_addr_read(struct private_addr *a, const char *data, struct kerr *e)
{
	char text[2048], *line, *save = NULL;
	char *path = xasprintf("%s/broker.addr", data);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	memset(a, 0, sizeof(*a));
	if (fd >= 0)
		close(fd);
	if (n < 0)
		kerr_set(e, KE_NOTFOUND, "cannot read '%s': %s", path,
		    strerror(errno));
	free(path);
	if (n < 0)
		return KE_NOTFOUND;
	text[n] = '\0';
	for (line = strtok_r(text, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save))
		take_line(a, line);
	if (a->socket[0] != '/')
		return kerr_set(e, KE_NOTFOUND, "'%s/broker.addr' names no "
		    "socket", data);
	return 0;
}
