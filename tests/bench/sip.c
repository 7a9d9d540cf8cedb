/*
 * sip.c: a slow reader: takes BYTES from standard input and throws them away,
 * then does nothing for MS milliseconds, again and again. Makes FILE when it has
 * taken so many for the first time.
 *
 *	sip BYTES MS FILE
 */
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char buf[1 << 18];

int
main(int argc, char **argv)
{
	struct timespec nap = { 0 };
	long bytes, left;
	ssize_t n;
	int fd;

	if (argc != 4)
		errx(2, "usage: sip BYTES MS FILE");
	bytes = atol(argv[1]);
	nap.tv_nsec = atol(argv[2]) * 1000000;
	for (;;) {
		for (left = bytes; left > 0; left -= n)
			if ((n = read(0, buf, (size_t)left < sizeof(buf) ?
			    (size_t)left : sizeof(buf))) <= 0)
				return 0;
		if ((fd = open(argv[3], O_WRONLY | O_CREAT, 0600)) < 0)
			err(1, "%s", argv[3]);
		close(fd);
		nanosleep(&nap, NULL);
	}
}
