/*
 * feed.c: how fast a broker takes batches that are there: those of a segment
 * file are sent as they are, five requests under way, and nothing else is done.
 *
 *	feed HOST:PORT TOPIC FILE.log
 *
 * What no producer and no mirror can be faster than. Partition 0, acks=all.
 */
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "net/addr.h"
#include "record/batch.h"

enum { IN_FLIGHT = 5 };

static int fd;
static const char *topic;

static void
dial(const char *to)
{
	struct kerr e = KERR_INIT;
	struct addr_set where;
	struct addr a;

	if (addr_parse(&a, to, strlen(to), 9092, &e) < 0 ||
	    addr_resolve(&where, &a, false, &e) < 0)
		errx(2, "%s", e.msg);
	fd = socket(where.v[0].ss_family, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&where.v[0],
	    where.len[0]) < 0)
		err(3, "%s", to);
	addr_set_release(&where);
}

static void
send_all(struct iovec *v, int n)
{
	ssize_t k;

	while (n > 0) {
		if ((k = writev(fd, v, n)) < 0)
			err(3, "writing");
		for (; n > 0 && (size_t)k >= v->iov_len; v++, n--)
			k -= (ssize_t)v->iov_len;
		if (n > 0) {
			v->iov_base = (char *)v->iov_base + k;
			v->iov_len -= (size_t)k;
		}
	}
}

/* Produce, version 7. */
static void
send_batch(uint8_t *p, size_t size, int32_t id)
{
	struct buf b = { 0 };
	int16_t len = (int16_t)strlen(topic);
	struct iovec v[2];

	buf_put_i32(&b, (int32_t)(10 + 4 + 2 + 2 + 4 + 4 + 2 + len + 4 + 4 +
	    4 + (int)size));
	buf_put_i16(&b, 0);
	buf_put_i16(&b, 7);
	buf_put_i32(&b, id);
	buf_put_i16(&b, 4);
	buf_put(&b, "feed", 4);
	buf_put_i16(&b, -1);		/* no transaction */
	buf_put_i16(&b, -1);		/* acks=all */
	buf_put_i32(&b, 30000);
	buf_put_i32(&b, 1);
	buf_put_i16(&b, len);
	buf_put(&b, topic, (size_t)len);
	buf_put_i32(&b, 1);
	buf_put_i32(&b, 0);
	buf_put_i32(&b, (int32_t)size);
	v[0] = (struct iovec){ b.p, b.len };
	v[1] = (struct iovec){ p, size };
	send_all(v, 2);
	buf_release(&b);
}

static void
read_all(uint8_t *p, size_t n)
{
	ssize_t k;

	for (; n > 0; p += k, n -= (size_t)k)
		if ((k = recv(fd, p, n, 0)) <= 0)
			errx(3, "the connection ended");
}

static void
hear(void)
{
	uint8_t answer[1024];
	size_t at = 18 + strlen(topic), n;

	read_all(answer, 4);
	n = be32(answer);
	if (n > sizeof(answer) || n < at + 2)
		errx(3, "an answer of %zu bytes", n);
	read_all(answer, n);
	/* id, topics, name, partitions, index */
	if (be16(answer + at) != 0)
		errx(1, "error %d", (int16_t)be16(answer + at));
}

int
main(int argc, char **argv)
{
	struct batch_header h;
	struct stat st;
	int32_t sent = 0, heard = 0;
	size_t left;
	uint8_t *p;
	int file;

	if (argc != 4)
		errx(2, "usage: feed HOST:PORT TOPIC FILE.log");
	topic = argv[2];
	if ((file = open(argv[3], O_RDONLY)) < 0 || fstat(file, &st) < 0)
		err(2, "%s", argv[3]);
	left = (size_t)st.st_size;
	p = mmap(NULL, left, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	if (p == MAP_FAILED)
		err(2, "%s", argv[3]);
	dial(argv[1]);
	for (; batch_parse(p, left, &h, NULL) == 0; p += batch_size(&h)) {
		left -= batch_size(&h);
		batch_assign(p, 0, -1);
		batch_set_producer(p, &h, -1, -1, -1);
		if (sent - heard == IN_FLIGHT) {
			hear();
			heard++;
		}
		send_batch(p, batch_size(&h), sent++);
	}
	for (; heard < sent; heard++)
		hear();
	return sent > 0 ? 0 : 1;
}
