/*
 * test_consume_out.c: klog-consume's writer: what is told to have left is what
 * has left, however write(2) takes it: in bits, later, never. The writer's
 * write(2) is this file's: it takes what it is allowed to.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static ssize_t take(int fd, const void *p, size_t n);

#define write take
#include "cmd/klog-consume/out.c"
#undef write

#define SLOTS	3

/* What the writer may take: bytes, or less than 0: an errno. */
static struct {
	sem_t		allowed;
	atomic_int	taken;
	int		step[4096];
	int		n;
	bool		real;		/* pass on to write(2) */
	struct buf	got;
} hand;

static struct {
	struct consume	co;
	struct part	part[SLOTS];
	struct out	*o;
	struct buf	text;		/* being printed */
	int64_t		next[SLOTS];	/* offset of the next record */
	int		stdout_was, reader;
} w;

void
consumer_wake(struct consumer *c)
{
}

/* As group.c has them. */
void
group_passed(struct consume *co, int slot, int64_t next)
{
	struct part *p = &co->plan.part[slot];

	p->marks--;
	if (next > p->done)
		p->done = next;
}

void
group_dropped(struct consume *co, int slot)
{
	co->plan.part[slot].marks--;
	co->plan.part[slot].cut = true;
}

static ssize_t
take(int fd, const void *p, size_t n)
{
	int at, step;

	if (hand.real)
		return write(fd, p, n);
	if (sem_wait(&hand.allowed) != 0)
		return -1;		/* EINTR: out_hold() */
	at = atomic_load(&hand.taken);
	step = hand.step[at];
	if (step >= 0) {
		n = (size_t)step < n ? (size_t)step : n;
		buf_put(&hand.got, p, n);
	}
	atomic_store(&hand.taken, at + 1);
	errno = -step;
	return step < 0 ? -1 : (ssize_t)n;
}

/* Lets the writer take so much, and waits until it has; or until it wants
 * nothing. */
static void
allow(int step)
{
	hand.step[hand.n++] = step;
	sem_post(&hand.allowed);
	while (atomic_load(&hand.taken) < hand.n) {
		if (out_idle(w.o) && sem_trywait(&hand.allowed) == 0)
			hand.n--;
		sched_yield();
	}
}

/* What has left is known. */
static void
settle(bool unread)
{
	out_hold(w.o);
	out_settle(w.o, unread);
	out_go(w.o);
}

static int
begin(void **state)
{
	struct kerr e = KERR_INIT;
	int fd[2];

	memset(&w, 0, sizeof(w));
	sem_init(&hand.allowed, 0, 0);
	atomic_store(&hand.taken, 0);
	hand.n = 0;
	hand.real = false;
	buf_init(&hand.got, 0);
	signal(SIGPIPE, SIG_IGN);
	fflush(stdout);
	w.stdout_was = dup(STDOUT_FILENO);
	if (pipe(fd) != 0 || dup2(fd[1], STDOUT_FILENO) < 0)
		return -1;
	close(fd[1]);
	w.reader = fd[0];
	w.co.loop = loop_new(&e);
	w.co.plan.part = w.part;
	w.co.plan.n = SLOTS;
	w.o = out_new(&w.co);
	return 0;
}

static int
end(void **state)
{
	out_free(w.o);
	loop_free(w.co.loop);
	dup2(w.stdout_was, STDOUT_FILENO);
	close(w.stdout_was);
	if (w.reader >= 0)
		close(w.reader);
	buf_release(&w.text);
	buf_release(&hand.got);
	sem_destroy(&hand.allowed);
	return 0;
}

/* A record of a slot: "SLOT:OFFSET\n", filled up to a size. */
static void
print(int slot, int size)
{
	size_t at = w.text.len;

	buf_printf(&w.text, "%d:%lld", slot, (long long)w.next[slot]++);
	while ((int)(w.text.len - at) < size - 1)
		buf_putc(&w.text, '.');
	buf_putc(&w.text, '\n');
	out_mark(w.o, w.text.len, slot, w.next[slot]);
}

static void
push(void)
{
	out_push(w.o, &w.text);
}

static void
left(int64_t a, int64_t b)
{
	assert_int_equal(w.part[0].done, a);
	assert_int_equal(w.part[1].done, b);
}

static void
got(const char *want)
{
	assert_int_equal(hand.got.len, strlen(want));
	assert_memory_equal(hand.got.p, want, strlen(want));
}

/* write(2) takes a byte, two, none: a record has left with its last byte. */
static void
short_writes(void **state)
{
	print(0, 4);
	print(1, 4);
	print(0, 4);
	push();
	settle(false);
	left(0, 0);
	allow(1);
	settle(false);
	left(0, 0);
	allow(2);
	allow(0);
	settle(false);
	left(0, 0);
	allow(1);
	settle(false);
	left(1, 0);
	allow(7);
	settle(false);
	left(1, 1);
	assert_int_equal(out_accepted(w.o), 11);
	assert_false(out_idle(w.o));
	allow(99);
	settle(false);
	left(2, 1);
	assert_int_equal(w.part[0].marks + w.part[1].marks, 0);
	assert_true(out_idle(w.o));
	got("0:0\n1:0\n0:1\n");
}

/* Neither is an error: it goes on where it was. */
static void
again(void **state)
{
	print(0, 4);
	print(0, 4);
	push();
	allow(-EAGAIN);
	allow(3);
	allow(-EINTR);
	allow(-EAGAIN);
	settle(false);
	left(0, 0);
	assert_int_equal(out_error(w.o), 0);
	allow(2);
	settle(false);
	left(1, 0);
	allow(3);
	settle(false);
	left(2, 0);
	got("0:0\n0:1\n");
}

/* What has left before the error has left; nothing else does. */
static void
fails(int error)
{
	print(0, 4);
	print(0, 4);
	push();
	print(1, 4);
	push();
	allow(6);
	allow(-error);
	settle(false);
	assert_int_equal(out_error(w.o), error);
	left(1, 0);
	assert_int_equal(w.part[0].marks, 1);
	assert_int_equal(w.part[1].marks, 1);
	got("0:0\n0:");
}

static void
broken_pipe(void **state)
{
	fails(EPIPE);
}

static void
disk_full(void **state)
{
	fails(ENOSPC);
}

/* The reader of a pipe ends: noticed without another write; exactly what it
 * took has left, though write(2) has accepted more. */
static void
reader_ends(void **state)
{
	char some[10];

	hand.real = true;
	for (int i = 0; i < 4; i++)
		print(0, 4);
	push();
	while (!out_idle(w.o))
		sched_yield();
	settle(true);
	left(0, 0);
	assert_int_equal(read(w.reader, some, 10), 10);
	settle(true);
	left(2, 0);
	close(w.reader);
	w.reader = -1;
	while (out_error(w.o) == 0)
		loop_once(w.co.loop, 1000);
	assert_int_equal(out_error(w.o), EPIPE);
	settle(true);
	left(2, 0);
	/* where the partition goes to another member all of it counts */
	settle(false);
	left(4, 0);
}

/* A pipe that is full: the writer waits in write(2), and can be held. */
static void
full_pipe(void **state)
{
	static char all[1 << 20];
	size_t n = 0, want;
	int size = 1000, full = 0;
	ssize_t rc;

	hand.real = true;
	for (int i = 0; i < 300; i++)
		print(0, size);
	want = w.text.len;
	push();
	while (full < 32768 && ioctl(w.reader, FIONREAD, &full) == 0)
		sched_yield();
	/* in the midst of write(2), which takes no more */
	out_hold(w.o);
	out_settle(w.o, true);
	left(0, 0);
	out_settle(w.o, false);
	left(out_accepted(w.o) / size, 0);
	assert_true(w.part[0].done > 0 && w.part[0].done < 300);
	out_go(w.o);
	while (n < want && (rc = read(w.reader, all + n, want - n)) > 0)
		n += (size_t)rc;
	assert_int_equal(n, want);
	while (!out_idle(w.o))
		sched_yield();
	settle(true);
	left(300, 0);
	assert_memory_equal(all + 299 * size, "0:299.", 6);
}

/* A partition goes: the record that has begun to leave is seen through and
 * counts, what is behind it is taken back, others' records stay. */
static void
taken_back(void **state)
{
	bool gone[SLOTS] = { true };

	print(0, 4);
	print(1, 4);
	print(0, 4);
	print(0, 4);
	print(1, 4);
	push();
	print(0, 4);
	print(1, 4);
	push();
	allow(4);
	allow(5);			/* 0:1 has begun */
	out_hold(w.o);
	out_settle(w.o, false);
	left(1, 1);
	out_take_back(w.o, gone);
	left(2, 1);
	assert_int_equal(w.part[0].marks, 0);
	assert_true(w.part[0].cut);
	assert_false(w.part[1].cut);
	out_go(w.o);
	allow(100);
	allow(100);
	settle(false);
	left(2, 3);
	got("0:0\n1:0\n0:1\n1:1\n1:2\n");
}

/* Records without anything to print, such as those that do not match. */
static void
nothing_to_print(void **state)
{
	bool gone[SLOTS] = { false, true };

	out_mark(w.o, 0, 0, 5);
	out_mark(w.o, 0, 1, 7);
	push();
	while (!out_idle(w.o))
		sched_yield();
	settle(false);
	left(5, 7);
	print(0, 4);
	out_mark(w.o, w.text.len, 1, 9);
	push();
	out_hold(w.o);
	out_take_back(w.o, gone);
	out_settle(w.o, false);
	out_go(w.o);
	left(5, 7);
	assert_true(w.part[1].cut);
	allow(4);
	settle(false);
	left(5, 7);		/* offset 1 of slot 0 is long past */
	assert_int_equal(w.part[0].marks + w.part[1].marks, 0);
}

/* How many whole records of a slot the text has; they are in order. */
static int64_t
count(const struct buf *b, int slot)
{
	const char *p = (const char *)b->p, *to = p + b->len, *nl;
	int64_t n = 0;

	while ((nl = memchr(p, '\n', (size_t)(to - p))) != NULL) {
		if (*p - '0' == slot)
			assert_int_equal(strtoll(p + 2, NULL, 10), n++);
		p = nl + 1;
	}
	return n;
}

/* Whether the last record that has begun to leave is one of a slot. */
static bool
begun(const struct buf *b, int slot)
{
	size_t i = b->len;

	while (i > 0 && b->p[i - 1] != '\n')
		i--;
	return i < b->len && b->p[i] - '0' == slot;
}

/* A record that was seen through counts already. */
static void
check(int slot)
{
	int64_t more = w.part[slot].done - count(&hand.got, slot);

	assert_true(more == 0 || (more == 1 && begun(&hand.got, slot)));
}

/* Whatever is printed, taken bit by bit, held, given to others and taken up
 * again there: each partition stands where what has left says. */
static void
anything(void **state)
{
	bool gone[SLOTS];

	srandom(5);
	for (int turn = 0; turn < 1500; turn++) {
		for (int i = (int)(random() % 4); i > 0; i--)
			print((int)(random() % SLOTS),
			    6 + (int)(random() % 30));
		if (random() % 2)
			push();
		if (!out_idle(w.o))
			allow(random() % 9 == 0 ? -EAGAIN :
			    (int)(random() % 60));
		if (random() % 4)
			continue;
		out_hold(w.o);
		out_settle(w.o, false);
		for (int i = 0; i < SLOTS; i++)
			check(i);
		if (random() % 4 == 0) {
			push();
			for (int i = 0; i < SLOTS; i++)
				gone[i] = random() % 2;
			out_take_back(w.o, gone);
			/* the next reader begins where this one has ended */
			for (int i = 0; i < SLOTS; i++)
				if (gone[i]) {
					assert_int_equal(w.part[i].marks, 0);
					w.next[i] = w.part[i].done;
				}
		}
		out_go(w.o);
	}
	push();
	hand.n = 0;
	atomic_store(&hand.taken, 0);
	while (!out_idle(w.o))
		allow(1 << 20);
	settle(false);
	for (int i = 0; i < SLOTS; i++) {
		assert_int_equal(w.part[i].done, w.next[i]);
		assert_int_equal(count(&hand.got, i), w.next[i]);
		assert_int_equal(w.part[i].marks, 0);
	}
}

#define TEST(f)	cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(short_writes),
		TEST(again),
		TEST(broken_pipe),
		TEST(disk_full),
		TEST(reader_ends),
		TEST(full_pipe),
		TEST(taken_back),
		TEST(nothing_to_print),
		TEST(anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
