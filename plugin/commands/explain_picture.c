#include "commands/explain_picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "commands/commands.h"
#include "reports/reports.h"

attr_status attr_run_begin(attr_run *run, char **model, const attr_options *flags) {
    if (flags->json) ATTR_TRY(attr_lines_open(&run->lines));
    return attr_session_open(&run->session, model[0], model[1], model[2], flags);
}

attr_status attr_run_end(attr_run *run, attr_status status) {
    status = attr_lines_close(&run->lines, status);
    attr_close(run->session);
    for (int i = 0; i < run->count; ++i) free(run->names[i]);
    free(run->names);
    *run = (attr_run){0};
    return status;
}

static bool is_used(const attr_run *run, const char *name) {
    for (int i = 0; i < run->count; ++i)
        if (0 == strcmp(run->names[i], name)) return true;
    return false;
}

attr_status attr_claim_folder(attr_run *run, attr_explanation *ex) {
    size_t size = strlen(ex->picture_name) + 16;
    char *name = NULL;
    char **names = realloc(run->names, (size_t)(run->count + 1) * sizeof *names);
    if (!names) return attr_fail(ATTR_NO_MEMORY, "out of memory for the names of pictures");
    run->names = names;
    ATTR_TRY(attr_allocate(&name, size, 1, "a name"));
    snprintf(name, size, "%s", ex->picture_name);
    for (int i = 2; is_used(run, name); ++i) snprintf(name, size, "%s_%d", ex->picture_name, i);
    attr_status status = attr_copy_text(&names[run->count], name);
    if (status != ATTR_OK) {
        free(name);
        return status;
    }
    ++run->count;
    free(ex->picture_name);
    ex->picture_name = name;
    return ATTR_OK;
}

/* In the words of Darknet's own commands, so that scripts that read those read these. */
void attr_print_predictions(const attr_explanation *ex) {
    for (int i = 0; i < ex->prediction_count; ++i) {
        const attr_prediction *p = &ex->predictions[i];
        if (ex->is_detector)
            printf("%s: %.0f%%\n", p->class_name, p->score * 100);
        else
            printf("%5.2f%%: %s\n", p->score * 100, p->class_name);
    }
}

void attr_print_maps(const attr_explanation *ex) {
    for (int i = 0; i < ex->count; ++i) {
        printf("%s/%s/%s: ", ex->options.results, ex->picture_name, ex->explained[i].name);
        attr_describe_map(stdout, &ex->explained[i]);
        putchar('\n');
    }
    if (ex->count == 0)
        printf("%s: nothing to explain: no detection%s above -thresh %g\n", ex->picture_path,
               ex->prediction_count > 0 ? " of the classes asked for" : "", ex->options.thresh);
    fflush(stdout);
}

attr_status attr_write_files(char **line, const attr_run *run, const attr_explanation *ex) {
    *line = NULL;
    return run->lines.open ? attr_write_with_line(line, ex, ex->options.results) : attr_write(ex, ex->options.results);
}

void attr_print_explained(attr_run *run, const attr_explanation *ex, const char *line) {
    if (line) {
        attr_lines_write(&run->lines, line);
        return;
    }
    if (!run->quiet) {
        printf("%s: Predicted and explained in %f seconds.\n", ex->picture_path, ex->seconds);
        attr_print_predictions(ex);
    }
    attr_print_maps(ex);
}

static attr_status explain_and_write(attr_run *run, const char *picture) {
    attr_explanation *ex = NULL;
    char *line = NULL;
    if (attr_was_interrupted()) return attr_fail(ATTR_INTERRUPTED, "interrupted");
    attr_status status = attr_explain_picture(&ex, run->session, picture, attr_show_progress, NULL);
    attr_hide_progress();
    if (status != ATTR_OK) return status;
    status = attr_claim_folder(run, ex);
    if (status == ATTR_OK) status = attr_write_files(&line, run, ex);
    if (status == ATTR_OK) attr_print_explained(run, ex, line);
    free(line);
    attr_explanation_free(ex);
    return status;
}

attr_status attr_explain_and_write(void *context, const char *picture) {
    attr_run *run = context;
    attr_status status = explain_and_write(run, picture);
    attr_lines_failure(&run->lines, picture, status);
    return status;
}
