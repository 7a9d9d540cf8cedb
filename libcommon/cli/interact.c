/* interact.c: see interact.h. */
#include "cli/interact.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "cli/complete.h"
#include "cli/edit.h"

struct talk {
	const struct program	*p;
	struct cluster		*cluster;
	interact_run		*run;
	void			*arg;
};

enum { SLICE_MS = 50 };	/* between looks for ^C */

static volatile sig_atomic_t interrupted, running;

/* At the prompt ^C gives the line up; while a line runs it ends what waits,
 * and the second one, where nothing heard of the first, the program. */
static void
caught(int sig)
{
	if (running && interrupted) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
	interrupted = 1;
}

static void
catch_interrupt(void)
{
	struct sigaction sa = { .sa_handler = caught };	/* no SA_RESTART */

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
}

bool
interact_interrupted(void)
{
	return interrupted != 0;
}

bool
interact_pause(struct loop *l, int64_t ms)
{
	for (; ms > 0 && !interrupted; ms -= SLICE_MS)
		loop_run_for(l, ms < SLICE_MS ? ms : SLICE_MS);
	return !interrupted;
}

bool
interact_agree(const char *question)
{
	char line[16];

	fprintf(stderr, "%s [y/N] ", question);
	if (fgets(line, sizeof(line), stdin) == NULL) {
		clearerr(stdin);
		return false;
	}
	return line[0] == 'y' || line[0] == 'Y';
}

static bool
wait_key(void *arg)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };

	while (!interrupted)
		if (poll(&fd, 1, -1) > 0)
			return true;
		else if (errno != EINTR)
			return false;
	return false;
}

bool
interact_wanted(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
	    isatty(STDERR_FILENO);
}

static void
add(void *list, const char *candidate)
{
	edit_add(list, candidate);
}

static void
complete_line(void *arg, char **words, int n, struct edit_list *list)
{
	const struct talk *t = arg;

	complete_words(t->p, words, n, t->cluster, add, list);
}

/* The line's words behind the program's name; false to end. */
static bool
run_line(struct talk *t, const char *line, size_t len,
    enum exit_class *status)
{
	char **words, **argv;
	int n = edit_split(line, len, false, &words);

	if (n < 0)
		warn_line("a quote is open");
	if (n <= 0) {
		free(words);
		return true;
	}
	if (n == 1 && (strcmp(words[0], "quit") == 0 ||
	    strcmp(words[0], "exit") == 0)) {
		edit_words_free(words, n);
		return false;
	}
	argv = xcalloc((size_t)n + 2, sizeof(argv[0]));
	if (n == 1 && (strcmp(words[0], "help") == 0 ||
	    strcmp(words[0], "?") == 0)) {
		free(words[0]);
		words[0] = xstrdup("--help");
	}
	argv[0] = (char *)(uintptr_t)t->p->name;
	memcpy(argv + 1, words, (size_t)n * sizeof(argv[0]));
	running = 1;
	*status = exit_flush(t->run(t->arg, n + 1, argv));
	running = 0;
	if (interrupted)
		fputc('\n', stderr);
	interrupted = 0;
	free(argv);
	edit_words_free(words, n);
	return true;
}

/* Without libedit: as the terminal gives them. */
static enum exit_class
run_plain(struct talk *t, const char *prompt)
{
	enum exit_class status = EXIT_DONE;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	for (;;) {
		fputs(prompt, stderr);
		n = getline(&line, &cap, stdin);
		if (n < 0)
			break;
		if (n > 0 && line[n - 1] == '\n')
			n--;
		if (!run_line(t, line, (size_t)n, &status))
			break;
	}
	free(line);
	return status;
}

enum exit_class
interact(const struct program *p, struct cluster *open, interact_run *run,
    void *arg)
{
	struct talk t = { p, open, run, arg };
	struct edit ed = { .wait = wait_key, .complete = complete_line,
	    .arg = &t };
	char *prompt = xasprintf("%s> ", p->name);
	char *history = xasprintf("history-%s", p->name);
	enum exit_class status = EXIT_DONE;
	const char *line;
	size_t n;

	ed.prompt = prompt;
	if (!edit_open(&ed, p->name, history)) {
		status = run_plain(&t, prompt);
	} else {
		catch_interrupt();
		for (;;) {
			line = edit_line(&ed, &n);
			if (line == NULL && !interrupted)
				break;
			if (line == NULL)
				fputc('\n', stderr);
			else if (!run_line(&t, line, n, &status))
				break;
			interrupted = 0;
		}
		signal(SIGINT, SIG_DFL);
		edit_close(&ed);
	}
	free(history);
	free(prompt);
	return status;
}
