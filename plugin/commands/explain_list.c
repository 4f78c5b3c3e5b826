/* Explaining a list or a folder: while a picture is computed, the next one is read and the files of the one before are
 * written. No more than these three are in memory. Everything is printed by the thread that computes. */
#include "commands/explain_picture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/background.h"
#include "commands/commands.h"

typedef struct {
    attr_run *run;
    attr_list list; /* its path is the picture ahead */
    attr_tally tally;
    attr_background reader, writer;
    attr_explanation *ahead;  /* the reader's: prepared when it has ended */
    attr_explanation *behind; /* the writer's; NULL: there is nothing to be written */
    char *line;               /* the writer's, for -json */
} pipeline;

static attr_status read_ahead(void *context) {
    pipeline *p = context;
    return attr_prepare(&p->ahead, p->run->session, p->list.path);
}

static attr_status write_behind(void *context) {
    pipeline *p = context;
    return attr_write_files(&p->line, p->run, p->behind);
}

static void start_reading(pipeline *p) {
    p->ahead = NULL;
    if (p->list.path) attr_background_start(&p->reader, read_ahead, p);
}

static void count(pipeline *p, const char *picture, attr_status status) {
    attr_lines_failure(&p->run->lines, picture, status);
    attr_tally_add(&p->tally, status);
}

/* Waits for the files of the picture before and says how it went. */
static void settle(pipeline *p) {
    if (!p->behind) return;
    attr_status status = attr_background_wait(&p->writer);
    attr_hide_progress();
    if (status == ATTR_OK) attr_print_explained(p->run, p->behind, p->line);
    count(p, p->behind->picture_path, status);
    attr_explanation_free(p->behind);
    free(p->line);
    p->behind = NULL;
    p->line = NULL;
}

/* An attr_progress: what is written is told as soon as possible. */
static int show_progress(void *context, size_t done, size_t all) {
    pipeline *p = context;
    if (attr_background_ended(&p->writer)) settle(p);
    return attr_show_progress(NULL, done, all);
}

/* Takes over the picture ahead, lets the next one be read, and computes. */
static attr_status explain(attr_explanation **out, pipeline *p) {
    attr_status status = attr_background_wait(&p->reader);
    *out = p->ahead;
    attr_list_next(&p->list);
    start_reading(p);
    if (status == ATTR_OK) status = attr_explain_prepared(*out, p->run->session, show_progress, p);
    if (status == ATTR_OK) status = attr_claim_folder(p->run, *out);
    attr_hide_progress();
    return status;
}

static void explain_next(pipeline *p) {
    char message[ATTR_MESSAGE_SIZE];
    const char *picture = p->list.path; /* the list holds it to the end */
    attr_explanation *ex;
    attr_status status = explain(&ex, p);
    if (status == ATTR_OK) {
        settle(p);
        p->behind = ex;
        attr_background_start(&p->writer, write_behind, p);
        if (attr_explanation_is_large(ex)) settle(p);
        return;
    }
    snprintf(message, sizeof message, "%s", attr_error_message()); /* the picture before may have failed, too */
    settle(p);
    count(p, picture, attr_fail(status, "%s", message));
    attr_explanation_free(ex);
}

attr_status attr_explain_list(attr_run *run, const char *path) {
    pipeline p = {.run = run};
    ATTR_TRY(attr_list_open(&p.list, path));
    start_reading(&p);
    while (p.list.path && !attr_was_interrupted()) explain_next(&p);
    settle(&p);
    attr_background_wait(&p.reader); /* an interrupt has come before the last picture */
    attr_explanation_free(p.ahead);
    attr_list_close(&p.list);
    return attr_tally_end(&p.tally, path);
}
