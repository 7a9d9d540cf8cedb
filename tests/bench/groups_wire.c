/* groups_wire.c: requests and answers; see groups.h. */
#include "groups.h"

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wire/frame.h"
#include "wire/msg_find_coordinator.h"

double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

int
dial(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	sin.sin_port = htons((uint16_t)port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		err(1, "port %d", port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

void
put_request(struct chunks *out, int16_t key, int16_t version,
    const void *body)
{
	struct kerr e = KERR_INIT;

	if (frame_put_request(out, kapi_get(key), version, 1, kstr("bench"),
	    body, &e) < 0)
		errx(1, "%s", e.msg);
}

void
send_request(int fd, int16_t key, int16_t version, const void *body)
{
	struct chunks out = { 0 };

	put_request(&out, key, version, body);
	if (write(fd, out.own.p, out.own.len) != (ssize_t)out.own.len)
		err(1, "write");
	chunks_release(&out);
}

void
read_response(const uint8_t *p, size_t n, int16_t key, int16_t version,
    struct arena *a, void *out)
{
	const struct kapi *api = kapi_get(key);
	struct kerr e = KERR_INIT;
	struct rd r;
	int32_t id;

	rd_init(&r, p, n);
	if (frame_read_response(&r, api, version, &id, &e) < 0 ||
	    kmsg_decode(api->rsp, version, &r, a, out, &e) < 0)
		errx(1, "%s", e.msg);
}

void
ask(int fd, int16_t key, int16_t version, const void *body, struct arena *a,
    void *out)
{
	static uint8_t in[4 << 20];
	size_t have = 0, size = 4;
	ssize_t n;

	send_request(fd, key, version, body);
	while (have < size) {
		if ((n = read(fd, in + have, size - have)) <= 0)
			err(1, "read");
		have += (size_t)n;
		if (have == 4) {
			size = 4 + be32(in);
			if (size > sizeof(in))
				errx(1, "answer of %zu bytes", size);
		}
	}
	read_response(in + 4, size - 4, key, version, a, out);
}

void
find_coordinator(int fd, const char *name)
{
	struct find_coordinator_request req;
	struct find_coordinator_response rsp;
	struct arena a;

	kmsg_defaults(&find_coordinator_request_msg, &req);
	req.key = kstr(name);
	arena_init(&a, 0);
	for (;;) {
		ask(fd, API_FIND_COORDINATOR, 1, &req, &a, &rsp);
		if (rsp.error_code == 0)
			break;
		usleep(20000);
	}
	arena_release(&a);
}
