/* outcome.c: how changes of topics are told; see topics.h. */
#include "topics.h"
#include "wire/kerror.h"

void
outcome_open(struct outcome *o, struct topics *t, const char *done)
{
	static const char *const of_topics[] = { "topic", "status", "error",
	    "message", NULL };
	static const char *const of_brokers[] = { "broker", "status", "error",
	    "message", NULL };

	o->t = t;
	o->done = t->dry_run ? "checked" : done;
	o->status = EXIT_DONE;
	if (t->form == OUTPUT_JSON)
		output_open(&o->out, OUTPUT_JSON, stdout, t->broker != NULL ?
		    of_brokers : of_topics);
}

void
outcome_add(struct outcome *o, struct kstr name, int16_t error, bool allowed,
    struct kstr message)
{
	const char *status = error == 0 ? o->done : allowed ? "unchanged" :
	    "failed";

	if (error != 0 && !allowed)
		o->status = exit_worse(o->status,
		    topics_failed(name, error, message));
	else if (o->t->common.verbose > 0)
		warn_line("%.*s: %s", (int)name.len, name.p, status);
	if (o->t->form != OUTPUT_JSON)
		return;
	output_row(&o->out, (struct cell[]){ cell_text(name.p, name.len),
	    CELL_STR(status),
	    error != 0 ? CELL_STR(kerror_name(error)) : CELL_NONE,
	    cell_text(message.len >= 0 ? message.p : NULL, message.len) });
}

enum exit_class
outcome_close(struct outcome *o)
{
	if (o->t->form == OUTPUT_JSON)
		output_close(&o->out);
	return o->status;
}
