/*
 * latency.c: how long one record takes.
 *
 *	latency sync FILE N		append 170 bytes + fdatasync
 *	latency ack PORT TOPIC N	Produce with acks=all until answered
 *	latency pass PORT TOPIC N	from Produce until a waiting Fetch has it
 *	latency seek PORT TOPIC N END	Fetch of a few KB at a random offset
 *	latency when PORT TOPIC N FROM TO
 *					ListOffsets at a random time (ms)
 *	latency pipe N PRODUCE.. -- CONSUME..
 *					from a line written to the one command
 *					until the other has printed it
 *
 * prints p50 and p99 in microseconds. Requests are built by hand (Produce 7,
 * Fetch 4, ListOffsets 1), so that nothing but the broker is measured.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "record/builder.h"

#define WARMUP	20

static double
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
report(double *us, int n)
{
	qsort(us, (size_t)n, sizeof(*us), compare);
	printf("%.1f %.1f\n", us[n / 2], us[n * 99 / 100]);
}

static int
dial(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	sin.sin_port = htons((uint16_t)port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		err(1, "port %d", port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void
put_string(struct buf *b, const char *s)
{
	buf_put_i16(b, (int16_t)strlen(s));
	buf_puts(b, s);
}

/* Size and header of a request; the size is patched when it is sent. */
static void
begin(struct buf *b, int key, int version)
{
	buf_clear(b);
	buf_put_i32(b, 0);
	buf_put_i16(b, (int16_t)key);
	buf_put_i16(b, (int16_t)version);
	buf_put_i32(b, 1);
	put_string(b, "latency");
}

static void
send_request(int fd, struct buf *b)
{
	buf_patch_i32(b, 0, (int32_t)(b->len - 4));
	if (write(fd, b->p, b->len) != (ssize_t)b->len)
		err(1, "write");
}

static void
read_response(int fd, struct buf *b)
{
	uint8_t size[4];
	size_t n;

	if (recv(fd, size, 4, MSG_WAITALL) != 4)
		errx(1, "the broker hung up");
	n = be32(size);
	buf_clear(b);
	if (n > 1 << 20 || recv(fd, buf_reserve(b, n), n, MSG_WAITALL) !=
	    (ssize_t)n)
		errx(1, "bad response");
	b->len = n;
}

/* The answer's error code stands behind the topic's name and the partition. */
static void
check(const struct buf *b, size_t at, const char *topic)
{
	at += 4 + 2 + strlen(topic) + 4 + 4;
	if (b->len < at + 10 || be16(b->p + at) != 0)
		errx(1, "refused with error %d", be16(b->p + at));
}

static int64_t
produce(int fd, const char *topic, const uint8_t *batch, size_t n)
{
	static struct buf b;

	begin(&b, 0, 7);
	buf_put_i16(&b, -1);		/* no transaction */
	buf_put_i16(&b, -1);		/* acks=all */
	buf_put_i32(&b, 30000);
	buf_put_i32(&b, 1);
	put_string(&b, topic);
	buf_put_i32(&b, 1);
	buf_put_i32(&b, 0);
	buf_put_i32(&b, (int32_t)n);
	buf_put(&b, batch, n);
	send_request(fd, &b);
	read_response(fd, &b);
	check(&b, 4, topic);
	return (int64_t)be64(b.p + 4 + 4 + 2 + strlen(topic) + 4 + 4 + 2);
}

static void
ask(int fd, const char *topic, int64_t offset, int32_t bytes)
{
	static struct buf b;

	begin(&b, 1, 4);
	buf_put_i32(&b, -1);
	buf_put_i32(&b, 5000);		/* wait so long */
	buf_put_i32(&b, 1);		/* for so many bytes */
	buf_put_i32(&b, 1 << 20);
	buf_put_i8(&b, 0);
	buf_put_i32(&b, 1);
	put_string(&b, topic);
	buf_put_i32(&b, 1);
	buf_put_i32(&b, 0);
	buf_put_i64(&b, offset);
	buf_put_i32(&b, bytes);
	send_request(fd, &b);
}

static void
ask_when(int fd, const char *topic, int64_t ms)
{
	static struct buf b;

	begin(&b, 2, 1);
	buf_put_i32(&b, -1);
	buf_put_i32(&b, 1);
	put_string(&b, topic);
	buf_put_i32(&b, 1);
	buf_put_i32(&b, 0);
	buf_put_i64(&b, ms);
	send_request(fd, &b);
}

static size_t
one_record(uint8_t *mem, size_t cap)
{
	struct builder_opts opts = BUILDER_OPTS;
	struct record_input in = { (int64_t)time(NULL) * 1000, NULL, mem, -1,
	    100, NULL, 0 };
	struct builder b;
	char value[100];

	memset(value, 'v', sizeof(value));
	in.value = value;
	builder_init(&b, mem, cap);
	builder_add(&b, &in);
	return (size_t)builder_finish(&b, &opts, NULL, NULL, NULL);
}

static void
measure_sync(const char *path, int n, double *us)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
	uint8_t record[170] = { 0 };
	double start;

	if (fd < 0)
		err(1, "%s", path);
	for (int i = -WARMUP; i < n; i++) {
		start = now_us();
		if (write(fd, record, sizeof(record)) < 0 ||
		    fdatasync(fd) < 0)
			err(1, "%s", path);
		us[i < 0 ? 0 : i] = now_us() - start;
	}
}

static void
measure_ack(int port, const char *topic, int n, double *us)
{
	int fd = dial(port);
	uint8_t batch[256];
	size_t len = one_record(batch, sizeof(batch));
	double start;

	for (int i = -WARMUP; i < n; i++) {
		start = now_us();
		produce(fd, topic, batch, len);
		us[i < 0 ? 0 : i] = now_us() - start;
	}
}

/* The consumer is a process of its own, which waits in Fetch and passes a
 * byte back as soon as it has the record. */
static void
consumer(int port, const char *topic, int64_t offset, int out)
{
	int fd = dial(port);
	struct buf b = { 0 };
	double at;

	for (;; offset++) {
		ask(fd, topic, offset, 1 << 20);
		read_response(fd, &b);
		at = now_us();
		check(&b, 8, topic);
		if (write(out, &at, sizeof(at)) != sizeof(at))
			exit(0);
	}
}

static void
nap_us(long us)
{
	nanosleep(&(struct timespec){ 0, us * 1000 }, NULL);
}

static void
measure_pass(int port, const char *topic, int n, double *us)
{
	int fd = dial(port), end[2];
	uint8_t batch[256];
	size_t len = one_record(batch, sizeof(batch));
	double start, at;
	int64_t offset;
	pid_t pid;

	offset = produce(fd, topic, batch, len) + 1;
	if (pipe(end) < 0 || (pid = fork()) < 0)
		err(1, "fork");
	if (pid == 0)
		consumer(port, topic, offset, end[1]);
	for (int i = -WARMUP; i < n; i++) {
		nap_us(2000);		/* until it waits again */
		start = now_us();
		produce(fd, topic, batch, len);
		if (read(end[0], &at, sizeof(at)) != sizeof(at))
			err(1, "read");
		us[i < 0 ? 0 : i] = at - start;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Seeks: by offset where to is 0, else by time. */
static void
measure_seek(int port, const char *topic, int n, int64_t from, int64_t to,
    double *us)
{
	int fd = dial(port);
	struct buf b = { 0 };
	int64_t range = to != 0 ? to - from : from, at;
	double start;

	srandom(1);
	for (int i = -WARMUP; i < n; i++) {
		at = (int64_t)((double)random() / RAND_MAX *
		    (double)(range - 1));
		start = now_us();
		if (to == 0)
			ask(fd, topic, at, 4096);
		else
			ask_when(fd, topic, from + at);
		read_response(fd, &b);
		us[i < 0 ? 0 : i] = now_us() - start;
		check(&b, to == 0 ? 8 : 4, topic);
	}
}

static pid_t
spawn(char **argv, int in, int out)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid > 0)
		return pid;
	if (in >= 0)
		dup2(in, STDIN_FILENO);
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	execvp(argv[0], argv);
	err(127, "%s", argv[0]);
}

static void
measure_pipe(int n, char **producer, char **consumer_argv, double *us)
{
	int to[2], from[2];
	char line[64], got[65536];
	pid_t p, c;
	double start;
	ssize_t len;

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
		err(1, "pipe");
	c = spawn(consumer_argv, -1, from[1]);
	p = spawn(producer, to[0], -1);
	nap_us(900000);			/* both have their connections */
	for (int i = -WARMUP; i < n; i++) {
		nap_us(2000);
		len = snprintf(line, sizeof(line), "line %d\n", i);
		start = now_us();
		if (write(to[1], line, (size_t)len) != len)
			err(1, "write");
		if (poll(&(struct pollfd){ from[0], POLLIN, 0 }, 1, 10000) !=
		    1 || read(from[0], got, sizeof(got)) <= 0)
			errx(1, "nothing comes out");
		us[i < 0 ? 0 : i] = now_us() - start;
	}
	close(to[1]);
	waitpid(p, NULL, 0);
	kill(c, SIGTERM);
	waitpid(c, NULL, 0);
}

int
main(int argc, char **argv)
{
	double *us;
	char **second = argv;
	int n;

	if (argc < 4)
		errx(2, "usage: latency sync|ack|pass|seek|when|pipe ..");
	n = atoi(strcmp(argv[1], "pipe") == 0 ? argv[2] :
	    argv[strcmp(argv[1], "sync") == 0 ? 3 : 4]);
	if (n <= 0)
		errx(2, "nothing to do");
	us = calloc((size_t)n, sizeof(*us));
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(argv[1], "sync") == 0) {
		measure_sync(argv[2], n, us);
	} else if (strcmp(argv[1], "ack") == 0) {
		measure_ack(atoi(argv[2]), argv[3], n, us);
	} else if (strcmp(argv[1], "pass") == 0) {
		measure_pass(atoi(argv[2]), argv[3], n, us);
	} else if (strcmp(argv[1], "seek") == 0 && argc > 5) {
		measure_seek(atoi(argv[2]), argv[3], n, atoll(argv[5]), 0, us);
	} else if (strcmp(argv[1], "when") == 0 && argc > 6) {
		measure_seek(atoi(argv[2]), argv[3], n, atoll(argv[5]),
		    atoll(argv[6]), us);
	} else {
		while (*second != NULL && strcmp(*second, "--") != 0)
			second++;
		if (*second == NULL)
			errx(2, "no -- between the commands");
		*second = NULL;
		measure_pipe(n, argv + 3, second + 1, us);
	}
	report(us, n);
	return 0;
}
