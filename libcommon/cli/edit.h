/*
 * edit.h: lines typed at a terminal, with editing and history. libedit is
 * loaded when it is needed: no other run pays for it.
 *
 *	if (!edit_open(&ed, "klog-topics", "topics> ", "topics", wait, arg))
 *		(libedit is not installed: read lines plainly)
 *	while ((line = edit_line(&ed, &n)) != NULL)
 *		..
 *	edit_close(&ed);
 */
#ifndef KLOG_CLI_EDIT_H
#define KLOG_CLI_EDIT_H

#include <histedit.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Called before each character: true when one can be read from standard input,
 * false to end the line as an end of file would. */
typedef bool edit_wait(void *arg);
/* The candidates for the last of n words: add(list, s) for each. */
struct edit_list;
typedef void edit_complete(void *arg, char **words, int n,
    struct edit_list *list);

struct edit {
	EditLine	*el;
	History		*history;
	char		*file;		/* of the history, or NULL */
	int		 ahead;		/* bytes typed before the prompt */
	const char	*prompt;
	edit_wait	*wait;		/* NULL: read(2) blocks */
	edit_complete	*complete;	/* NULL: a tab is a tab */
	void		*arg;
};

/* program names the section of ~/.editrc, history the file in
 * $XDG_STATE_HOME/klog. Members of ed but the first four are the caller's to
 * set before. False where there is no libedit. */
bool edit_open(struct edit *ed, const char *program, const char *history);
/* A line without its newline, and how long it is; NULL at the end. It is good
 * until the next call. */
const char *edit_line(struct edit *ed, size_t *n);
/* Saves the history. */
void edit_close(struct edit *ed);

void edit_add(struct edit_list *list, const char *candidate);

/* Splits a line into words as a shell would: blanks, '..', "..", \x. Words are
 * copies, words[n] NULL; -1 where a quote is open. The last word may be empty:
 * where partial is set one is begun by a blank at the end. */
int edit_split(const char *line, size_t len, bool partial, char ***words);
void edit_words_free(char **words, int n);
/* The quote that is open at the end of a line, or NUL. */
char edit_open_quote(const char *line, size_t len);
/* Puts s so that edit_split() has it as it is, where that quote is open. */
void edit_quote(struct buf *b, char quote, const char *s, size_t len);

#endif
