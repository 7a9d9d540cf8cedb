/* edit.c: see edit.h. */
#include "cli/edit.h"

#include <dlfcn.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"

enum { HISTORY = 1000, CTRL_D = 4 };

/* libedit's functions, as far as they are used here. */
static struct {
	void		*lib;
	EditLine	*(*init)(const char *, FILE *, FILE *, FILE *);
	void		 (*end)(EditLine *);
	int		 (*set)(EditLine *, int, ...);
	int		 (*get)(EditLine *, int, ...);
	const char	*(*gets)(EditLine *, int *);
	const LineInfo	*(*line)(EditLine *);
	int		 (*insert)(EditLine *, const char *);
	History		*(*history_init)(void);
	void		 (*history_end)(History *);
	int		 (*history)(History *, HistEvent *, int, ...);
} lib;

struct edit_list {
	char	**v;
	int	  n;
};

static bool
load(void)
{
	static const struct { const char *name; void **to; } names[] = {
		{ "el_init", (void **)&lib.init },
		{ "el_end", (void **)&lib.end },
		{ "el_set", (void **)&lib.set },
		{ "el_get", (void **)&lib.get },
		{ "el_gets", (void **)&lib.gets },
		{ "el_line", (void **)&lib.line },
		{ "el_insertstr", (void **)&lib.insert },
		{ "history_init", (void **)&lib.history_init },
		{ "history_end", (void **)&lib.history_end },
		{ "history", (void **)&lib.history },
	};

	lib.lib = dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL);
	if (lib.lib == NULL)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		*names[i].to = dlsym(lib.lib, names[i].name);
		if (*names[i].to == NULL)
			return false;
	}
	return true;
}

/* Where what was typed is kept; its directory is made. */
static char *
history_file(const char *name)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path, *s;

	if (state != NULL && state[0] == '/')
		path = xasprintf("%s/klog/%s", state, name);
	else if (home != NULL && home[0] == '/')
		path = xasprintf("%s/.local/state/klog/%s", home, name);
	else
		return NULL;
	for (s = strchr(path + 1, '/'); s != NULL; s = strchr(s + 1, '/')) {
		*s = '\0';
		mkdir(path, 0700);
		*s = '/';
	}
	return path;
}

static struct edit *
edit_of(EditLine *el)
{
	struct edit *ed;

	lib.get(el, EL_CLIENTDATA, &ed);
	return ed;
}

static char *
prompt(EditLine *el)
{
	return (char *)(uintptr_t)edit_of(el)->prompt;
}

/* Bytes that follow the first of a character of UTF-8. */
static int
more_bytes(unsigned char c)
{
	if (c >= 0xf0)
		return 3;
	return c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
}

/* A ^D that came while the terminal was not ours has been taken for an end of
 * file, and is a NUL since it is. */
static bool
get_byte(struct edit *ed, char *c)
{
	if (read(STDIN_FILENO, c, 1) != 1)
		return false;
	if (ed->ahead > 0) {
		ed->ahead--;
		if (*c == '\0')
			*c = CTRL_D;
	}
	return true;
}

static int
get_char(EditLine *el, wchar_t *out)
{
	struct edit *ed = edit_of(el);
	char bytes[8] = "";

	if ((ed->wait != NULL && !ed->wait(ed->arg)) ||
	    !get_byte(ed, bytes))
		return 0;
	for (int i = 1; i <= more_bytes((unsigned char)bytes[0]); i++)
		if (!get_byte(ed, bytes + i))
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
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
edit_add(struct edit_list *list, const char *candidate)
{
	list->v = xreallocarray(list->v, (size_t)list->n + 1,
	    sizeof(list->v[0]));
	list->v[list->n++] = xstrdup(candidate);
}

/* How far all candidates agree. */
static size_t
common_length(const struct edit_list *list)
{
	size_t n = strlen(list->v[0]);

	for (int i = 1; i < list->n; i++)
		for (size_t k = 0; k < n; k++)
			if (list->v[i][k] != list->v[0][k])
				n = k;
	return n;
}

static void
show(const struct edit_list *list)
{
	fputc('\n', stderr);
	for (int i = 0; i < list->n; i++)
		fprintf(stderr, "%s%s", list->v[i], i + 1 < list->n ?
		    "  " : "\n");
}

char
edit_open_quote(const char *line, size_t len)
{
	char quote = '\0';

	for (size_t i = 0; i < len; i++)
		if (line[i] == '\\' && quote != '\'')
			i++;
		else if (line[i] == quote)
			quote = '\0';
		else if (quote == '\0' && (line[i] == '\'' || line[i] == '"'))
			quote = line[i];
	return quote;
}

void
edit_quote(struct buf *b, char quote, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (quote == '\'' && s[i] == '\'')
			buf_puts(b, "'\\'");
		else if (s[i] == '\\' ? quote != '\'' : s[i] == '"' ?
		    quote != '\'' : quote == '\0' &&
		    strchr(" \t'", s[i]) != NULL)
			buf_putc(b, '\\');
		buf_putc(b, s[i]);
	}
}

/* What a tab does to a line whose last word is word. */
static unsigned char
take_candidates(EditLine *el, const struct edit_list *list, const char *word,
    char quote)
{
	size_t have = strlen(word), n;
	struct buf more = { 0 };
	bool whole;

	if (list->n == 0)
		return CC_REFRESH_BEEP;
	n = common_length(list);
	if (n <= have && list->n > 1) {
		show(list);
		return CC_REDISPLAY;
	}
	if (have < n)
		edit_quote(&more, quote, list->v[0] + have, n - have);
	whole = list->n == 1 && strchr("=,:", list->v[0][n - 1]) == NULL;
	if (whole && quote != '\0')
		buf_putc(&more, quote);
	if (whole)
		buf_putc(&more, ' ');
	buf_putc(&more, '\0');
	lib.insert(el, (char *)more.p);
	buf_release(&more);
	return CC_REFRESH;
}

static unsigned char
complete(EditLine *el, int c)
{
	struct edit *ed = edit_of(el);
	const LineInfo *li = lib.line(el);
	struct edit_list list = { NULL, 0 };
	unsigned char what = CC_REFRESH_BEEP;
	char **words;
	int n;

	n = edit_split(li->buffer, (size_t)(li->cursor - li->buffer), true,
	    &words);
	if (n > 0) {
		ed->complete(ed->arg, words, n, &list);
		if (list.n > 0)
			qsort(list.v, (size_t)list.n, sizeof(list.v[0]),
			    by_text);
		what = take_candidates(el, &list, words[n - 1],
		    edit_open_quote(li->buffer,
		    (size_t)(li->cursor - li->buffer)));
	}
	edit_words_free(words, n);
	edit_words_free(list.v, list.n);
	return what;
}

bool
edit_open(struct edit *ed, const char *program, const char *history)
{
	HistEvent ev;

	if (!load())
		return false;
	choose_charset();
	ed->file = history_file(history);
	ed->history = lib.history_init();
	lib.history(ed->history, &ev, H_SETSIZE, HISTORY);
	lib.history(ed->history, &ev, H_SETUNIQUE, 1);
	if (ed->file != NULL)
		lib.history(ed->history, &ev, H_LOAD, ed->file);
	ed->el = lib.init(program, stdin, stderr, stderr);
	lib.set(ed->el, EL_CLIENTDATA, ed);
	lib.set(ed->el, EL_PROMPT, prompt);
	lib.set(ed->el, EL_EDITOR, "emacs");
	lib.set(ed->el, EL_HIST, lib.history, ed->history);
	lib.set(ed->el, EL_GETCFN, get_char);
	if (ed->complete != NULL) {
		lib.set(ed->el, EL_ADDFN, "klog-complete",
		    "complete the word", complete);
		lib.set(ed->el, EL_BIND, "^I", "klog-complete", NULL);
	}
	return true;
}

/* libedit prints the prompt first: who answers it at once would still be heard
 * by the terminal, which has an idea of its own of ^D. */
static void
take_terminal(struct edit *ed)
{
	lib.set(ed->el, EL_PREP_TERM, 1);
	if (ioctl(STDIN_FILENO, FIONREAD, &ed->ahead) != 0)
		ed->ahead = 0;
}

const char *
edit_line(struct edit *ed, size_t *n)
{
	const char *line;
	HistEvent ev;
	int len;

	take_terminal(ed);
	line = lib.gets(ed->el, &len);
	if (line == NULL || len <= 0)
		return NULL;
	if (line[len - 1] == '\n')
		len--;
	if (len > 0)
		lib.history(ed->history, &ev, H_ENTER, line);
	*n = (size_t)len;
	return line;
}

void
edit_close(struct edit *ed)
{
	HistEvent ev;

	lib.end(ed->el);
	if (ed->file != NULL &&
	    lib.history(ed->history, &ev, H_SAVE, ed->file) >= 0)
		chmod(ed->file, 0600);
	lib.history_end(ed->history);
	free(ed->file);
}

/* One word from *s on; *s stands behind it. False where a quote is open. */
static bool
take_word(const char **s, const char *end, struct buf *out)
{
	char quote = '\0';

	for (; *s < end; (*s)++) {
		char c = **s;

		if (quote == '\0' && (c == ' ' || c == '\t'))
			break;
		if (c == quote)
			quote = '\0';
		else if (quote == '\0' && (c == '\'' || c == '"'))
			quote = c;
		else if (c == '\\' && quote != '\'' && *s + 1 < end)
			buf_putc(out, *++*s);
		else
			buf_putc(out, c);
	}
	buf_putc(out, '\0');
	return quote == '\0';
}

int
edit_split(const char *line, size_t len, bool partial, char ***words)
{
	const char *s = line, *end = line + len;
	char **v = xcalloc(2, sizeof(v[0]));
	bool whole = true;
	int n = 0;

	for (;;) {
		struct buf b = { 0 };
		size_t size;

		while (s < end && (*s == ' ' || *s == '\t'))
			s++;
		if (s == end && !(partial && (len == 0 || s[-1] == ' ' ||
		    s[-1] == '\t')))
			break;
		whole = take_word(&s, end, &b);
		v = xreallocarray(v, (size_t)n + 2, sizeof(v[0]));
		v[n++] = (char *)buf_detach(&b, &size);
		if (s == end)
			break;
	}
	v[n] = NULL;
	*words = v;
	if (whole || partial)
		return n;
	edit_words_free(v, n);
	*words = NULL;
	return -1;
}

void
edit_words_free(char **words, int n)
{
	for (int i = 0; i < n; i++)
		free(words[i]);
	free(words);
}
