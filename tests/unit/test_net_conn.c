/* test_net_conn.c: loop, listeners and framed connections over real sockets. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "net/conn.h"
#include "net/listen.h"
#include "wire/chunks.h"

enum { SPIN = 2000 };

/* One side of a connection, and what came of it. */
struct side {
	struct conn	*c;
	struct buf	 got;		/* frames, each with a '|' behind it */
	int		 frames;
	int		 pause_after;	/* frames; 0: never */
	int		 drained;
	bool		 opened, closed;
	bool		 echo, close_on_frame;
	struct kerr	 why;
};

struct pair {
	struct loop	*l;
	struct listener	*at;
	struct conn_budget budget;
	size_t		 frame_max;
	bool		 use_budget;
	struct side	 a, b;		/* a dialled, b was accepted */
};

static void
send_bytes(struct conn *c, const void *p, size_t n)
{
	struct chunks out;
	uint8_t len[4];

	chunks_init(&out);
	put_be32(len, (uint32_t)n);
	chunks_put(&out, len, sizeof(len));
	chunks_put(&out, p, n);
	conn_send(c, &out);
	chunks_release(&out);
}

static void
on_open(struct conn *c)
{
	((struct side *)conn_arg(c))->opened = true;
}

static void
on_frame(struct conn *c, const struct frame *f)
{
	struct side *s = conn_arg(c);

	buf_put(&s->got, f->p, f->len);
	buf_putc(&s->got, '|');
	s->frames++;
	if (s->echo)
		send_bytes(c, f->p, f->len);
	if (s->frames == s->pause_after)
		conn_pause(c);
	if (s->close_on_frame) {
		s->c = NULL;
		conn_close(c);
	}
}

static void
on_drained(struct conn *c)
{
	((struct side *)conn_arg(c))->drained++;
}

static void
on_closed(struct conn *c, const struct kerr *e)
{
	struct side *s = conn_arg(c);

	s->closed = true;
	s->why = *e;
	s->c = NULL;
}

static const struct conn_ops ops = { on_open, on_frame, on_drained, on_closed };

static void
accepted(void *arg, int fd)
{
	struct pair *p = arg;
	struct conn_config cf = { &ops, &p->b, p->frame_max,
	    p->use_budget ? &p->budget : NULL, 0 };

	p->b.c = conn_adopt(p->l, fd, &cf);
}

static void
turn(struct pair *p, bool until(const struct pair *))
{
	for (int i = 0; i < SPIN && !until(p); i++)
		loop_once(p->l, 5);
	assert_true(until(p));
}

static bool both_open(const struct pair *p) { return p->a.opened && p->b.c; }
static bool b_frame(const struct pair *p) { return p->b.frames > 0; }
static bool b_three(const struct pair *p) { return p->b.frames >= 3; }
static bool a_frame(const struct pair *p) { return p->a.frames > 0; }
static bool a_closed(const struct pair *p) { return p->a.closed; }
static bool b_closed(const struct pair *p) { return p->b.closed; }

static void
open_pair(struct pair *p, const char *at)
{
	struct kerr e = KERR_INIT;
	struct addr a;
	struct conn_config cf = { &ops, &p->a, 1 << 30, NULL, 1000 };

	p->l = loop_new(&e);
	if (p->frame_max == 0)
		p->frame_max = 1 << 20;
	assert_int_equal(addr_parse(&a, at, strlen(at), 0, &e), 0);
	p->at = listener_open(p->l, &a, 0, accepted, p, &e);
	assert_non_null(p->at);
	p->a.c = conn_dial(p->l, listener_addr(p->at), &cf, &e);
	assert_non_null(p->a.c);
	turn(p, both_open);
}

static void
close_pair(struct pair *p)
{
	conn_close(p->a.c);
	conn_close(p->b.c);
	listener_close(p->at);
	buf_release(&p->a.got);
	buf_release(&p->b.got);
	loop_free(p->l);
}

static void
frames_of_all_sizes(void **state)
{
	static const size_t sizes[] = { 0, 1, 5, 4096, 65531, 65532, 65533,
	    131072, 1 << 20, 3, 1 << 20, 1 << 20 };
	struct pair p = { 0 };
	char *big = malloc(1 << 20);
	size_t at = 0;

	for (size_t i = 0; i < 1 << 20; i++)
		big[i] = (char)(i * 31 >> 3);
	open_pair(&p, "127.0.0.1:0");
	for (size_t i = 0; i < 12; i++)
		send_bytes(p.a.c, big + i, sizes[i] < 12 ? sizes[i] :
		    sizes[i] - 12);
	while (p.b.frames < 12)
		loop_once(p.l, 100);
	for (size_t i = 0; i < 12; i++) {
		size_t n = sizes[i] < 12 ? sizes[i] : sizes[i] - 12;

		assert_memory_equal(p.b.got.p + at, big + i, n);
		assert_int_equal(p.b.got.p[at + n], '|');
		at += n + 1;
	}
	assert_int_equal(at, p.b.got.len);
	assert_true(p.a.drained > 0);
	free(big);
	close_pair(&p);
}

static void
over_a_unix_socket(void **state)
{
	struct pair p = { 0 };
	char path[64];
	uid_t uid;
	pid_t pid;

	snprintf(path, sizeof(path), "/tmp/klog-test-%d.sock", (int)getpid());
	p.b.echo = true;
	open_pair(&p, path);
	assert_true(conn_is_unix(p.b.c));
	assert_int_equal(conn_peer_uid(p.b.c, &uid, &pid), 0);
	assert_int_equal(uid, getuid());
	assert_int_equal(pid, getpid());
	send_bytes(p.a.c, "hello", 5);
	turn(&p, a_frame);
	assert_memory_equal(p.a.got.p, "hello|", 6);
	close_pair(&p);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
too_long_a_frame(void **state)
{
	static const uint32_t lengths[] = { 1001, INT32_MAX, 0x80000000,
	    UINT32_MAX };

	for (size_t i = 0; i < 4; i++) {
		struct pair p = { .frame_max = 1000 };
		struct chunks out;
		uint8_t len[4];

		open_pair(&p, "127.0.0.1:0");
		chunks_init(&out);
		put_be32(len, lengths[i]);
		chunks_put(&out, len, 4);
		conn_send(p.a.c, &out);
		turn(&p, b_closed);
		assert_int_equal(p.b.why.code, KE_PROTO);
		assert_int_equal(p.b.frames, 0);
		turn(&p, a_closed);
		assert_int_equal(p.a.why.code, KE_EOF);
		chunks_release(&out);
		close_pair(&p);
	}
}

static void
paused_and_resumed(void **state)
{
	struct pair p = { 0 };

	p.b.pause_after = 1;
	open_pair(&p, "127.0.0.1:0");
	for (int i = 0; i < 3; i++)
		send_bytes(p.a.c, "x", 1);
	turn(&p, b_frame);
	for (int i = 0; i < 5; i++)
		loop_once(p.l, 2);
	assert_int_equal(p.b.frames, 1);
	conn_resume(p.b.c);
	assert_int_equal(p.b.frames, 1);	/* never from within */
	turn(&p, b_three);
	close_pair(&p);
}

static void
closed_inside_its_own_frame(void **state)
{
	struct pair p = { 0 };

	p.b.close_on_frame = true;
	open_pair(&p, "127.0.0.1:0");
	send_bytes(p.a.c, "x", 1);
	send_bytes(p.a.c, "y", 1);
	turn(&p, a_closed);
	assert_int_equal(p.b.frames, 1);
	assert_false(p.b.closed);
	close_pair(&p);
}

static void
nobody_there(void **state)
{
	struct pair p = { 0 };
	struct kerr e = KERR_INIT;
	struct addr a;
	struct conn_config cf = { &ops, &p.a, 1000, NULL, 1000 };

	p.l = loop_new(&e);
	addr_parse(&a, "127.0.0.1:1", 11, 0, &e);
	p.a.c = conn_dial(p.l, &a, &cf, &e);
	assert_false(p.a.closed);
	turn(&p, a_closed);
	assert_int_equal(p.a.why.code, KE_UNREACHABLE);
	p.a.closed = false;
	addr_parse(&a, "/tmp/klog-no-such.sock", 22, 0, &e);
	p.a.c = conn_dial(p.l, &a, &cf, &e);
	assert_false(p.a.closed);
	turn(&p, a_closed);
	loop_free(p.l);
}

static int drops;

static void
count_drop(struct khold *h)
{
	drops++;
}

static void
memory_and_files_in_turn(void **state)
{
	struct pair p = { 0 };
	struct khold hold = { count_drop };
	char name[] = "/tmp/klog-test.XXXXXX";
	int fd = mkstemp(name);
	struct chunks out;
	uint8_t len[4];

	unlink(name);
	assert_int_equal(write(fd, "0123456789", 10), 10);
	open_pair(&p, "127.0.0.1:0");
	drops = 0;
	chunks_init(&out);
	put_be32(len, 4 + 3 + 4);
	chunks_put(&out, len, 4);
	chunks_slice(&out, "abcd", 4, &hold);
	chunks_file_range(&out, fd, 5, 3, &hold);
	chunks_slice(&out, "efgh", 4, &hold);
	conn_send(p.a.c, &out);
	assert_true(chunks_empty(&out));
	turn(&p, b_frame);
	assert_memory_equal(p.b.got.p, "abcd567efgh|", 12);
	assert_int_equal(drops, 3);
	/* what is queued when the connection ends is given back, too */
	chunks_slice(&out, "abcd", 4, &hold);
	conn_send(p.a.c, &out);
	conn_close(p.a.c);
	p.a.c = NULL;
	assert_int_equal(drops, 4);
	chunks_release(&out);
	close_pair(&p);
	close(fd);
}

/* Memory for a frame is charged as its bytes come. */
static void
under_a_budget(void **state)
{
	struct pair p = { .frame_max = 1 << 30, .use_budget = true };
	static char half[512 * 1024];
	struct chunks out;
	uint8_t len[4];

	p.budget.max = 256 * 1024;
	open_pair(&p, "127.0.0.1:0");
	chunks_init(&out);
	put_be32(len, sizeof(half));
	chunks_put(&out, len, 4);
	chunks_put(&out, half, sizeof(half));
	conn_send(p.a.c, &out);
	for (int i = 0; i < 20; i++) {
		loop_once(p.l, 5);
		assert_true(atomic_load(&p.budget.used) <= p.budget.max);
	}
	assert_int_equal(p.b.frames, 0);
	p.budget.max = 2 * sizeof(half);
	turn(&p, b_frame);
	conn_close(p.b.c);
	p.b.c = NULL;
	assert_int_equal(atomic_load(&p.budget.used), 0);
	chunks_release(&out);
	close_pair(&p);
}

static void
finish_sends_what_is_queued(void **state)
{
	struct pair p = { 0 };

	open_pair(&p, "127.0.0.1:0");
	send_bytes(p.a.c, "last words", 10);
	conn_finish(p.a.c);
	p.a.c = NULL;
	turn(&p, b_closed);
	assert_memory_equal(p.b.got.p, "last words|", 11);
	assert_int_equal(p.b.why.code, KE_EOF);
	close_pair(&p);
}

/* Messages from threads, deferred work, timers, signals. */
enum { POSTERS = 4, POSTS = 1000 };

struct post {
	struct loop_msg	 m;
	int		 from, nth;
};

static int last_nth[POSTERS], ran;
static bool in_order;

static void
ran_post(struct loop_msg *m)
{
	struct post *p = (struct post *)m;

	in_order = in_order && p->nth == last_nth[p->from] + 1;
	last_nth[p->from] = p->nth;
	ran++;
	free(p);
}

struct poster {
	struct loop	*l;
	int		 from;
};

static void *
poster(void *arg)
{
	struct poster *me = arg;

	for (int i = 1; i <= POSTS; i++) {
		struct post *p = calloc(1, sizeof(*p));

		p->m.run = ran_post;
		p->from = me->from;
		p->nth = i;
		loop_post(me->l, &p->m);
	}
	return NULL;
}

static void
messages_of_threads(void **state)
{
	struct kerr e = KERR_INIT;
	struct loop *l = loop_new(&e);
	struct poster who[POSTERS];
	pthread_t t[POSTERS];

	in_order = true;
	for (int i = 0; i < POSTERS; i++) {
		who[i] = (struct poster){ l, i };
		pthread_create(&t[i], NULL, poster, &who[i]);
	}
	while (ran < POSTERS * POSTS)
		loop_once(l, 1000);
	for (int i = 0; i < POSTERS; i++)
		pthread_join(t[i], NULL);
	assert_true(in_order);
	loop_free(l);
}

static int left;

static void
ran_left(struct loop_msg *m)
{
	left++;
}

/* What is left there wakes nobody; it runs before what does. */
static void
messages_that_wait(void **state)
{
	struct kerr e = KERR_INIT;
	struct loop *l = loop_new(&e);
	struct loop_msg a = { .run = ran_left }, b = { .run = ran_left };
	struct post *p = calloc(1, sizeof(*p));

	loop_leave(l, &a);
	loop_once(l, 10);
	assert_int_equal(left, 0);
	loop_wake(l);
	loop_once(l, 1000);
	assert_int_equal(left, 1);
	loop_leave(l, &b);
	ran = 0;
	p->m.run = ran_post;
	loop_post(l, &p->m);
	loop_once(l, 1000);
	assert_int_equal(left, 2);
	assert_int_equal(ran, 1);
	loop_free(l);
}

static struct loop *the_loop;
static struct loop_work work;
static int worked, fired, signalled;

static void
do_work(struct loop_work *w)
{
	if (++worked < 3)
		loop_defer(the_loop, w);
}

static void
do_fire(struct loop_timer *t)
{
	if (++fired < 3)
		loop_timer_set(t, 1);
	else
		loop_stop(the_loop);
}

static void
do_signal(struct loop_signal *s)
{
	signalled++;
}

static void
work_timers_signals(void **state)
{
	struct kerr e = KERR_INIT;
	struct loop_timer t;
	struct loop_signal s;

	the_loop = loop_new(&e);
	work.run = do_work;
	loop_defer(the_loop, &work);
	loop_defer(the_loop, &work);
	loop_once(the_loop, 0);
	assert_int_equal(worked, 3);
	loop_timer_init(&t, the_loop, do_fire);
	assert_false(loop_timer_armed(&t));
	loop_timer_set(&t, 1);
	assert_true(loop_timer_armed(&t));
	loop_run(the_loop);
	assert_int_equal(fired, 3);
	loop_signal_init(&s, the_loop, SIGUSR2, do_signal);
	loop_signal_start(&s);
	raise(SIGUSR2);
	loop_once(the_loop, 100);
	assert_int_equal(signalled, 1);
	loop_signal_stop(&s);
	loop_free(the_loop);
}

static int64_t seen_at;

static void
look_fired(struct loop_timer *t)
{
	seen_at = loop_now(t->loop);
}

static void
look_ready(struct loop_io *io, int what)
{
	seen_at = loop_now(io->loop);
	loop_io_want(io, 0);
}

/* What a wait brings is told when it is, not when the wait began: a timer that
 * asks whether it is time finds that it is. */
static void
the_time_after_a_wait(void **state)
{
	struct kerr e = KERR_INIT;
	struct loop *l = loop_new(&e);
	const struct itimerspec late = { .it_value = { 0, 60000000 } };
	struct loop_timer t;
	struct loop_io io;
	int64_t began;
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	loop_timer_init(&t, l, look_fired);
	began = loop_clock(l);
	loop_timer_set(&t, 60);
	loop_once(l, -1);
	assert_true(seen_at - began >= 50);
	loop_io_init(&io, l, fd, look_ready);
	loop_io_want(&io, LOOP_READ);
	began = loop_clock(l);
	assert_int_equal(timerfd_settime(fd, 0, &late, NULL), 0);
	loop_once(l, -1);
	assert_true(seen_at - began >= 50);
	close(fd);
	loop_free(l);
}

static void
regular_files_cannot_be_waited_for(void **state)
{
	struct kerr e = KERR_INIT;
	struct loop *l = loop_new(&e);
	struct loop_io io;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	loop_io_init(&io, l, fd, NULL);
	assert_int_not_equal(loop_io_want(&io, LOOP_READ), 0);
	assert_int_equal(loop_io_want(&io, 0), 0);
	close(fd);
	loop_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_all_sizes),
		cmocka_unit_test(over_a_unix_socket),
		cmocka_unit_test(too_long_a_frame),
		cmocka_unit_test(paused_and_resumed),
		cmocka_unit_test(closed_inside_its_own_frame),
		cmocka_unit_test(nobody_there),
		cmocka_unit_test(memory_and_files_in_turn),
		cmocka_unit_test(under_a_budget),
		cmocka_unit_test(finish_sends_what_is_queued),
		cmocka_unit_test(messages_of_threads),
		cmocka_unit_test(messages_that_wait),
		cmocka_unit_test(work_timers_signals),
		cmocka_unit_test(the_time_after_a_wait),
		cmocka_unit_test(regular_files_cannot_be_waited_for),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
