/* call.c: the end of a request: its answer and who gets it (impl.h). */
#include <stdlib.h>

#include "base/xalloc.h"
#include "client/impl.h"
#include "wire/codec.h"

enum { ARENA_SPARE = 1 << 20 };	/* decoded arrays, above 16 bytes a byte */

struct answer {			/* a reply and its memory */
	struct reply	pub;
	struct arena	arena;
	struct frame	frame;		/* p NULL: none held */
	struct loop	*loop;
};

void
reply_free(struct reply *r)
{
	struct answer *a = (struct answer *)(void *)r;

	if (a == NULL)
		return;
	arena_release(&a->arena);
	if (a->frame.p != NULL)
		frame_recycle(a->loop, &a->frame);
	free(a);
}

static struct answer *
answer_new(const struct call *call)
{
	struct answer *a = xcalloc(1, sizeof(*a));

	a->loop = call->cl->loop;
	a->pub.api = call->api->key;
	a->pub.version = call->version;
	a->pub.broker = call->node != NULL ? call->node->pub.id : -1;
	a->pub.sent_ms = call->sent_ms;
	a->pub.came_ms = loop_now(call->cl->loop);
	return a;
}

void
call_answer(struct call *call, struct reply *r)
{
	if (call->done != NULL)
		call->done(call->arg, r);
	else
		reply_free(r);
	arena_release(&call->arena);
	free(call);
}

/* Called for the calls that ended without an answer. */
static void
answer_error(struct call *call)
{
	struct answer *a = answer_new(call);

	a->pub.err = call->err;
	call_answer(call, &a->pub);
}

static void
run_ending(struct loop_work *w)
{
	struct cluster *c = (struct cluster *)(void *)((char *)w -
	    offsetof(struct cluster, ending));
	struct call *call;

	while ((call = TAILQ_FIRST(&c->ended)) != NULL) {
		TAILQ_REMOVE(&c->ended, call, link);
		answer_error(call);
	}
}

void
call_end(struct call *call, const struct kerr *e)
{
	struct cluster *c = call->cl;

	call->err = *e;
	call->node = NULL;
	TAILQ_INSERT_TAIL(&c->ended, call, link);
	c->ending.run = run_ending;
	loop_defer(c->loop, &c->ending);
}

/* Decodes into an answer that owns frame and arena. */
struct reply *
call_decode(struct call *call, const struct frame *f, struct rd *r)
{
	struct answer *a = answer_new(call);
	const struct kmessage *m = call->api->rsp;
	void *msg;

	arena_init(&a->arena, f->len * 16 + ARENA_SPARE);
	msg = arena_alloc(&a->arena, m->size);
	if (kmsg_decode(m, call->version, r, &a->arena, msg,
	    &a->pub.err) != 0) {
		kerr_wrap(&a->pub.err, "answer to %s v%d", call->api->name,
		    call->version);
		return &a->pub;
	}
	a->pub.msg = msg;
	a->frame = *f;
	frame_hold(f);
	return &a->pub;
}
