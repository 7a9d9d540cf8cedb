/*
 * hostile.c: does to a broker what clients should not, and prints how it
 * answered: hostile HOST:PORT|/SOCKET WHAT [N|TOPIC]
 *
 *	huge		a frame that claims 2 GiB - 1
 *	negative	a frame of length -1
 *	truncated	half of a request, then the end of the stream
 *	stalled		half of a request, then silence
 *	rubbish		N random frames, each on its own connection
 *	key		a request with a key that does not exist
 *	version		a Metadata request of version 99
 *	apiversions	an ApiVersions request of version 99
 *	silent		N connections that send nothing, kept until stdin ends
 *	slow		a request byte by byte
 *	packed		a batch of two records for TOPIC, in lz4, its header and
 *			CRC in order and what is packed no lz4: "error N" is
 *			what the broker makes of it
 *
 * "closed" when the broker closed the connection, "reply N" with the bytes of
 * its answer, "open" when it said nothing for a second.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/addr.h"
#include "record/batch.h"

static struct addr_set where;

static int
dial(void)
{
	int fd = socket(where.v[0].ss_family, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&where.v[0],
	    where.len[0]) < 0) {
		perror("hostile: connect");
		exit(3);
	}
	return fd;
}

static void
put(int fd, const struct buf *b)
{
	/* a broker that has closed already is an answer as well */
	(void)!send(fd, b->p, b->len, MSG_NOSIGNAL);
}

static void
hear(int fd, int wait_ms)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	char answer[65536];
	ssize_t n;

	if (poll(&pfd, 1, wait_ms) == 0)
		puts("open");
	else if ((n = recv(fd, answer, sizeof(answer), 0)) <= 0)
		puts("closed");
	else
		printf("reply %zd\n", n);
	close(fd);
}

/* A whole frame with a request header; body are further bytes. */
static void
request(struct buf *b, int16_t key, int16_t version, const char *body,
    size_t n)
{
	buf_put_i32(b, (int32_t)(10 + 1 + n));
	buf_put_i16(b, key);
	buf_put_i16(b, version);
	buf_put_i32(b, 7);
	buf_put_i16(b, 1);
	buf_putc(b, 'x');
	buf_put(b, body, n);
}

static void
rubbish(int times)
{
	struct buf b = { 0 };
	int closed = 0, fd;
	char answer[4096];
	struct pollfd pfd = { .events = POLLIN };

	for (int i = 0; i < times; i++) {
		int len = rand() % 300 + 1;

		buf_clear(&b);
		buf_put_i32(&b, len);
		for (int j = 0; j < len; j++)
			buf_putc(&b, rand());
		/* half of them with a key and version that exist */
		if (i % 2 == 0 && len > 4) {
			b.p[4] = 0;
			b.p[5] = (uint8_t)(rand() % 70);
			b.p[6] = 0;
			b.p[7] = (uint8_t)(rand() % 14);
		}
		fd = dial();
		put(fd, &b);
		shutdown(fd, SHUT_WR);
		pfd.fd = fd;
		while (poll(&pfd, 1, 5000) > 0 &&
		    recv(fd, answer, sizeof(answer), 0) > 0)
			;
		closed += pfd.revents != 0;
		close(fd);
	}
	printf("%d of %d closed\n", closed, times);
	buf_release(&b);
}

static void
silent(int times)
{
	struct rlimit rl;
	char c;

	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	for (int i = 0; i < times; i++)
		dial();
	printf("%d connected\n", times);
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
}

static void
slow(void)
{
	struct buf b = { 0 };
	int fd = dial();

	request(&b, 18, 0, "", 0);
	for (size_t i = 0; i < b.len; i++) {
		(void)!send(fd, b.p + i, 1, MSG_NOSIGNAL);
		usleep(10000);
	}
	hear(fd, 1000);
	buf_release(&b);
}

static void
put_batch(struct buf *b)
{
	struct batch_header h = { .length = BATCH_HEADER + 100 - BATCH_PREFIX,
	    .attributes = CODEC_LZ4, .last_offset_delta = 1, .count = 2,
	    .base_timestamp = 1700000000000, .max_timestamp = 1700000000001,
	    .producer_id = -1, .producer_epoch = -1, .base_sequence = -1 };
	uint8_t p[BATCH_HEADER + 100];

	memset(p, 'x', sizeof(p));
	batch_header_put(p, &h);
	put_be32(p + BATCH_AT_CRC, batch_crc(p, &h));
	buf_put_i32(b, sizeof(p));
	buf_put(b, p, sizeof(p));
}

static void
packed(const char *topic)
{
	int16_t len = (int16_t)strlen(topic);
	struct buf body = { 0 }, b = { 0 };
	int fd = dial();
	uint8_t answer[512];
	ssize_t n;

	buf_put_i16(&body, -1);		/* no transaction */
	buf_put_i16(&body, -1);		/* acks=all */
	buf_put_i32(&body, 5000);
	buf_put_i32(&body, 1);
	buf_put_i16(&body, len);
	buf_put(&body, topic, (size_t)len);
	buf_put_i32(&body, 1);
	buf_put_i32(&body, 0);
	put_batch(&body);
	request(&b, 0, 3, (char *)body.p, body.len);
	put(fd, &b);
	n = recv(fd, answer, sizeof(answer), 0);
	/* length, correlation id, topics, name, partitions, index */
	if (n < 26 + len)
		puts("closed");
	else
		printf("error %d\n", (int16_t)be16(answer + 22 + len));
	close(fd);
	buf_release(&body);
	buf_release(&b);
}

static void
one(const char *what)
{
	struct buf b = { 0 };
	int fd = dial();

	if (strcmp(what, "huge") == 0)
		buf_put_i32(&b, INT32_MAX);
	else if (strcmp(what, "negative") == 0)
		buf_put_i32(&b, -1);
	else if (strcmp(what, "key") == 0)
		request(&b, 999, 0, "", 0);
	else if (strcmp(what, "version") == 0)
		request(&b, 3, 99, "\0", 1);
	else if (strcmp(what, "apiversions") == 0)
		request(&b, 18, 99, "\0", 1);
	else
		request(&b, 3, 1, "\0\0\0\1", 4);
	if (strcmp(what, "truncated") == 0 || strcmp(what, "stalled") == 0)
		b.len -= 3;
	put(fd, &b);
	if (strcmp(what, "truncated") == 0)
		shutdown(fd, SHUT_WR);
	hear(fd, 1000);
	buf_release(&b);
}

int
main(int argc, char **argv)
{
	int n = argc > 3 ? atoi(argv[3]) : 1;
	struct kerr e = KERR_INIT;
	struct addr a;

	if (argc < 3) {
		fprintf(stderr, "usage: hostile HOST:PORT WHAT [N|TOPIC]\n");
		return 2;
	}
	if (addr_parse(&a, argv[1], strlen(argv[1]), 9092, &e) < 0 ||
	    addr_resolve(&where, &a, false, &e) < 0) {
		fprintf(stderr, "hostile: %s\n", e.msg);
		return 2;
	}
	if (strcmp(argv[2], "rubbish") == 0)
		rubbish(n);
	else if (strcmp(argv[2], "silent") == 0)
		silent(n);
	else if (strcmp(argv[2], "slow") == 0)
		slow();
	else if (strcmp(argv[2], "packed") == 0 && argc > 3)
		packed(argv[3]);
	else
		one(argv[2]);
	addr_set_release(&where);
	return 0;
}
