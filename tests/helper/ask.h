/*
 * ask.h: requests to a broker on a port of this machine, and their answers,
 * for the helpers that look at single messages. Whatever goes wrong ends the
 * program: 1 where it is the broker's fault, else 2.
 */
#ifndef TEST_ASK_H
#define TEST_ASK_H

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/codec.h"
#include "wire/frame.h"

static inline int
ask_dial(const char *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_port = htons((uint16_t)atoi(port));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		err(2, "port %s", port);
	return fd;
}

/* Behind what out has. */
static inline void
ask_put(struct chunks *out, int16_t key, int16_t version, int32_t id,
    const void *body)
{
	struct kerr e = KERR_INIT;

	if (frame_put_request(out, kapi_get(key), version, id, kstr("ask"),
	    body, &e) < 0)
		errx(2, "%s", e.msg);
}

/* In one write. */
static inline void
ask_send(int fd, struct chunks *out)
{
	if (write(fd, out->own.p, out->own.len) != (ssize_t)out->own.len)
		err(2, "write");
	chunks_clear(out);
}

static inline void
ask_read(int fd, uint8_t *p, size_t n)
{
	ssize_t got;

	for (size_t have = 0; have < n; have += (size_t)got)
		if ((got = read(fd, p + have, n - have)) <= 0)
			err(1, "the answer ends");
}

/* The next answer, which has to be to that request. Its texts are good until
 * the next. */
static inline void
ask_answer(int fd, int16_t key, int16_t version, int32_t id, struct arena *a,
    void *rsp)
{
	static uint8_t in[1 << 16];
	struct kerr e = KERR_INIT;
	struct rd r;
	uint32_t size;
	int32_t came;

	ask_read(fd, in, 4);
	size = be32(in);
	if (size > sizeof(in))
		errx(1, "an answer of %u bytes", size);
	ask_read(fd, in, size);
	rd_init(&r, in, size);
	if (frame_read_response(&r, kapi_get(key), version, &came, &e) < 0 ||
	    kmsg_decode(kapi_get(key)->rsp, version, &r, a, rsp, &e) < 0)
		errx(1, "%s", e.msg);
	if (came != id)
		errx(1, "answer %d came in the place of %d", came, id);
}

#endif
