/*
 * yardstick.c: what klog's main job costs without a protocol. Two processes
 * and a loopback TCP connection between them:
 *
 *	yardstick in FILE < LINES	frames lines as record batches with their
 *					CRC | checks the CRC, writes FILE
 *	yardstick out FILE > LINES	sends FILE by sendfile | checks the CRC,
 *					walks the records, writes lines
 *
 * Batches of 1 MiB as Kafka has them (format 2), nothing read ahead, nothing
 * asked, nothing answered but the end. Only the CRC comes from klog.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crc32c.h"
#include "base/varint.h"

#define BATCH	(1u << 20)
#define HEADER	61
#define MOST	40	/* more than a record takes beside its value */

static ssize_t
read_some(int fd, uint8_t *p, size_t n)
{
	ssize_t got = read(fd, p, n);

	if (got < 0)
		err(1, "read");
	return got;
}

/* False at the end of the stream. */
static bool
read_all(int fd, uint8_t *p, size_t n)
{
	ssize_t got;

	for (; n > 0; p += got, n -= (size_t)got)
		if ((got = read_some(fd, p, n)) == 0)
			return false;
	return true;
}

static void
write_all(int fd, const uint8_t *p, size_t n)
{
	ssize_t put;

	for (; n > 0; p += put, n -= (size_t)put)
		if ((put = write(fd, p, n)) < 0)
			err(1, "write");
}

static uint8_t *
put_record(uint8_t *to, const uint8_t *value, size_t len, int32_t index)
{
	size_t body = 1 + 1 + varint_size(index) + 1 +
	    varint_size((int64_t)len) + len + 1;

	to += varint_put(to, (int64_t)body);
	*to++ = 0;
	*to++ = 0;
	to += varint_put(to, index);
	*to++ = 1;	/* null key */
	to += varint_put(to, (int64_t)len);
	memcpy(to, value, len);
	to += len;
	*to++ = 0;
	return to;
}

static void
send_batch(int fd, uint8_t *batch, size_t len, int32_t count)
{
	memset(batch, 0, HEADER);
	put_be32(batch + 8, (uint32_t)(len - 12));
	batch[16] = 2;
	put_be32(batch + 23, (uint32_t)(count - 1));
	put_be32(batch + 57, (uint32_t)count);
	put_be32(batch + 17, crc32c(0, batch + 21, len - 21));
	write_all(fd, batch, len);
}

/* Frames lines from stdin and sends them. */
static void
send_lines(int fd)
{
	uint8_t *block = malloc(2 * BATCH), *batch = malloc(BATCH);
	uint8_t *to = batch + HEADER, *p, *end, *eol;
	size_t kept = 0, len;
	int32_t count = 0;
	ssize_t got;

	while ((got = read_some(STDIN_FILENO, block + kept, BATCH)) > 0) {
		end = block + kept + got;
		for (p = block; (eol = memchr(p, '\n', (size_t)(end - p))) !=
		    NULL; p = eol + 1) {
			len = (size_t)(eol - p);
			if (len + MOST > BATCH - HEADER)
				errx(1, "line too long");
			if (len + MOST > (size_t)(batch + BATCH - to)) {
				send_batch(fd, batch, (size_t)(to - batch),
				    count);
				to = batch + HEADER;
				count = 0;
			}
			to = put_record(to, p, len, count++);
		}
		kept = (size_t)(end - p);
		if (kept > BATCH)
			errx(1, "line too long");
		memmove(block, p, kept);
	}
	if (count > 0)
		send_batch(fd, batch, (size_t)(to - batch), count);
}

/* The next batch, its CRC checked; 0 at the end. */
static size_t
next_batch(int fd, uint8_t *batch)
{
	size_t len;

	if (!read_all(fd, batch, 12))
		return 0;
	len = (size_t)be32(batch + 8) + 12;
	if (len < HEADER || len > BATCH || !read_all(fd, batch + 12, len - 12))
		errx(1, "bad batch length");
	if (crc32c(0, batch + 21, len - 21) != be32(batch + 17))
		errx(1, "bad CRC");
	return len;
}

static void
receive_file(int fd, const char *path)
{
	uint8_t *batch = malloc(BATCH);
	int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	size_t n;

	if (out < 0)
		err(1, "%s", path);
	while ((n = next_batch(fd, batch)) > 0)
		write_all(out, batch, n);
	/* the sender's "it is done" */
	write_all(fd, (const uint8_t *)"", 1);
}

static void
send_file(int fd, const char *path)
{
	int in = open(path, O_RDONLY);
	struct stat st;
	off_t at = 0;

	if (in < 0 || fstat(in, &st) < 0)
		err(1, "%s", path);
	while (at < st.st_size)
		if (sendfile(fd, in, &at, (size_t)(st.st_size - at)) <= 0)
			err(1, "sendfile");
}

static int32_t
number(const uint8_t **p, const uint8_t *end)
{
	int32_t v;
	size_t n = varint32_get(*p, end, &v);

	if (n == 0)
		errx(1, "bad record");
	*p += n;
	return v;
}

static int32_t
field_len(const uint8_t **p, const uint8_t *end)
{
	int32_t len = number(p, end);

	if (len > end - *p)
		errx(1, "bad record");
	return len;
}

/* Walks a batch's records and writes their values as lines. */
static void
write_values(const uint8_t *p, const uint8_t *end, uint8_t *lines)
{
	uint8_t *to = lines;
	const uint8_t *next;
	int32_t len;

	for (; p < end; p = next) {
		len = field_len(&p, end);
		next = p + len;
		p++;
		number(&p, next);	/* time */
		number(&p, next);	/* offset */
		len = field_len(&p, next);
		p += len > 0 ? len : 0;
		len = field_len(&p, next);
		if (len > 0) {
			memcpy(to, p, (size_t)len);
			to += len;
		}
		*to++ = '\n';
	}
	write_all(STDOUT_FILENO, lines, (size_t)(to - lines));
}

static void
receive_lines(int fd)
{
	uint8_t *batch = malloc(BATCH), *lines = malloc(BATCH);
	size_t n;

	while ((n = next_batch(fd, batch)) > 0)
		write_values(batch + HEADER, batch + n, lines);
}

static int
listen_any(struct sockaddr_in *sin)
{
	socklen_t n = sizeof(*sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)sin, n) < 0 ||
	    listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)sin, &n) < 0)
		err(1, "listen");
	return fd;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in sin;
	int lfd, fd, status;
	uint8_t done;
	bool in;
	pid_t pid;

	if (argc != 3 || (strcmp(argv[1], "in") != 0 &&
	    strcmp(argv[1], "out") != 0))
		errx(2, "usage: yardstick in|out FILE");
	in = strcmp(argv[1], "in") == 0;
	lfd = listen_any(&sin);
	if ((pid = fork()) < 0)
		err(1, "fork");
	if (pid == 0) {		/* the broker's place */
		if ((fd = accept(lfd, NULL, NULL)) < 0)
			err(1, "accept");
		if (in)
			receive_file(fd, argv[2]);
		else
			send_file(fd, argv[2]);
		exit(0);
	}
	close(lfd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		err(1, "connect");
	if (in) {
		send_lines(fd);
		shutdown(fd, SHUT_WR);
		if (!read_all(fd, &done, 1))
			errx(1, "the receiver gave up");
	} else {
		receive_lines(fd);
	}
	if (waitpid(pid, &status, 0) < 0 || status != 0)
		errx(1, "the other process failed");
	return 0;
}
