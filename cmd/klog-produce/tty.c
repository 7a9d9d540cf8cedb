/* tty.c: lines typed at a terminal, with editing and history (produce.h).
 * libedit is loaded when it is needed: no other run pays for it. */
#include <dlfcn.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "produce.h"

enum { HISTORY = 1000 };

/* libedit's functions, as far as they are used here. */
static struct {
	void		*lib;
	EditLine	*(*init)(const char *, FILE *, FILE *, FILE *);
	void		 (*end)(EditLine *);
	int		 (*set)(EditLine *, int, ...);
	int		 (*get)(EditLine *, int, ...);
	const char	*(*gets)(EditLine *, int *);
	History		*(*history_init)(void);
	void		 (*history_end)(History *);
	int		 (*history)(History *, HistEvent *, int, ...);
} ed;

static char *prompt_text;

static int
load(void)
{
	static const struct { const char *name; void **to; } names[] = {
		{ "el_init", (void **)&ed.init },
		{ "el_end", (void **)&ed.end },
		{ "el_set", (void **)&ed.set },
		{ "el_get", (void **)&ed.get },
		{ "el_gets", (void **)&ed.gets },
		{ "history_init", (void **)&ed.history_init },
		{ "history_end", (void **)&ed.history_end },
		{ "history", (void **)&ed.history },
	};

	ed.lib = dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL);
	if (ed.lib == NULL)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		*names[i].to = dlsym(ed.lib, names[i].name);
		if (*names[i].to == NULL)
			return -1;
	}
	return 0;
}

/* Where what was typed is kept; its directory is made. */
static char *
history_file(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path, *s;

	if (state != NULL && state[0] == '/')
		path = xasprintf("%s/klog/history", state);
	else if (home != NULL && home[0] == '/')
		path = xasprintf("%s/.local/state/klog/history", home);
	else
		return NULL;
	for (s = strchr(path + 1, '/'); s != NULL; s = strchr(s + 1, '/')) {
		*s = '\0';
		mkdir(path, 0700);
		*s = '/';
	}
	return path;
}

static char *
prompt(EditLine *el)
{
	return prompt_text;
}

/* Bytes that follow the first of a character of UTF-8. */
static int
more_bytes(unsigned char c)
{
	if (c >= 0xf0)
		return 3;
	return c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
}

/* One character, with the loop running while none is typed. */
static int
get_char(EditLine *el, wchar_t *out)
{
	struct job *j;
	char bytes[8] = "";

	ed.get(el, EL_CLIENTDATA, &j);
	if (!input_wait(j, STDIN_FILENO) || read(STDIN_FILENO, bytes, 1) != 1)
		return 0;
	for (int i = 1; i <= more_bytes((unsigned char)bytes[0]); i++)
		if (read(STDIN_FILENO, bytes + i, 1) != 1)
			return 0;
	if (mbtowc(out, bytes, strlen(bytes)) < 0) {
		mbtowc(NULL, NULL, 0);
		*out = L'?';
	}
	return 1;
}

/* libedit thinks in characters; what is typed is UTF-8. */
static void
choose_charset(void)
{
	if (setlocale(LC_CTYPE, "") == NULL ||
	    strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

static int
take(struct job *j, const char *line, size_t n, struct kerr *e)
{
	char *copy = xmalloc(n + j->delim_len + INPUT_SPARE);
	ssize_t k;

	memcpy(copy, line, n);
	memcpy(copy + n, j->delim, j->delim_len);
	k = lines_take(j, copy, n + j->delim_len, true, e);
	free(copy);
	producer_push(j->producer);
	return k < 0 ? (int)k : 0;
}

static int
edit(struct job *j, EditLine *el, History *h, struct kerr *e)
{
	const char *line;
	HistEvent ev;
	int n, rc = 0;

	while (rc == 0 && !j->stop &&
	    (line = ed.gets(el, &n)) != NULL && n > 0) {
		if (line[n - 1] == '\n')
			n--;
		if (n > 0)
			ed.history(h, &ev, H_ENTER, line);
		rc = take(j, line, (size_t)n, e);
	}
	return rc;
}

int
tty_run(struct job *j, struct kerr *e)
{
	char *file;
	EditLine *el;
	History *h;
	HistEvent ev;
	int rc;

	if (load() != 0)
		return input_run(j, STDIN_FILENO, e);
	choose_charset();
	prompt_text = xasprintf("%s> ", j->o->topic);
	file = history_file();
	h = ed.history_init();
	ed.history(h, &ev, H_SETSIZE, HISTORY);
	ed.history(h, &ev, H_SETUNIQUE, 1);
	if (file != NULL)
		ed.history(h, &ev, H_LOAD, file);
	el = ed.init("klog-produce", stdin, stderr, stderr);
	ed.set(el, EL_CLIENTDATA, j);
	ed.set(el, EL_PROMPT, prompt);
	ed.set(el, EL_EDITOR, "emacs");
	ed.set(el, EL_HIST, ed.history, h);
	ed.set(el, EL_GETCFN, get_char);
	rc = edit(j, el, h, e);
	ed.end(el);
	if (file != NULL && ed.history(h, &ev, H_SAVE, file) >= 0)
		chmod(file, 0600);
	ed.history_end(h);
	free(file);
	free(prompt_text);
	return rc;
}
