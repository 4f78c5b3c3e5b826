#include "commands/explain_picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "commands/commands.h"
#include "session/place.h"

void attr_run_end(attr_run *run) {
    attr_close(run->session);
    for (int i = 0; i < run->count; ++i) free(run->names[i]);
    free(run->names);
    *run = (attr_run){0};
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
static void print_predictions(const attr_explanation *ex) {
    printf("%s: Predicted and explained in %f seconds.\n", ex->picture_path, ex->seconds);
    for (int i = 0; i < ex->prediction_count; ++i) {
        const attr_prediction *p = &ex->predictions[i];
        if (ex->is_detector)
            printf("%s: %.0f%%\n", p->class_name, p->score * 100);
        else
            printf("%5.2f%%: %s\n", p->score * 100, p->class_name);
    }
}

/* With many pixels most of a map can be chance; larger blocks of them are more certain. */
static void print_error(const attr_explained *item) {
    const attr_result *r = &item->result;
    const double *pooled = item->figures.pooled_error;
    printf(", error %.0f%% of the map", 100 * r->relative_error);
    if (pooled[3] < r->relative_error) printf(" (%.0f%% in blocks of 8 pixels)", 100 * pooled[3]);
    if (!r->converged) printf(" (above the tolerance)");
    if (r->split_half < ATTR_NOISE_CORRELATION)
        printf(", NOISE: two halves of the samples do not agree (rank correlation %.2f)", r->split_half);
}

/* What the mask keeps of the class, and what one for another class can force. */
static void print_mask(const attr_explained *item) {
    const attr_mask_report *mask = item->figures.mask;
    printf(", keeps %.2f of %s (%.2f on the picture, %.2f on the rest)%s", mask->own.kept, item->class_name,
           mask->own.original, mask->own.rest, mask->own.retrieved ? ", retrieved" : ", NOT retrieved");
    if (mask->has_control)
        printf("; control: %.2f of %s%s", mask->control.kept, item->control_name,
               mask->control.retrieved ? ", retrieved" : "");
}

static void print_maps(const attr_explanation *ex) {
    for (int i = 0; i < ex->count; ++i) {
        const attr_explained *item = &ex->explained[i];
        const attr_result *r = &item->result;
        printf("%s/%s/%s: %s %.4g, %zu gradient%s", ex->options.results, ex->picture_name, r->name,
               attr_quantity_name(item->quantity), r->target, r->gradients, r->gradients == 1 ? "" : "s");
        if (item->adaptive.evaluations > 0) printf(", root sigma %.2g (adaptive)", item->adaptive.sigma);
        if (isfinite(r->relative_error)) print_error(item);
        if (isfinite(r->completeness_gap)) {
            double expected = fabs(r->target - item->figures.baseline_target);
            printf(", gap %.2g of %.4g%s", r->completeness_gap, expected, r->converged ? "" : " (above the tolerance)");
        }
        if (item->figures.tried) printf(", %zu clones of %zu tried", r->samples, item->figures.tried);
        if (item->figures.mask) print_mask(item);
        putchar('\n');
    }
    if (ex->count == 0)
        printf("%s: nothing to explain: no detection%s above -thresh %g\n", ex->picture_path,
               ex->prediction_count > 0 ? " of the classes asked for" : "", ex->options.thresh);
}

void attr_print_explained(const attr_run *run, const attr_explanation *ex) {
    if (!run->quiet) print_predictions(ex);
    print_maps(ex);
    fflush(stdout);
}

attr_status attr_explain_and_write(void *context, const char *picture) {
    attr_run *run = context;
    attr_explanation *ex = NULL;
    if (attr_was_interrupted()) return attr_fail(ATTR_INTERRUPTED, "interrupted");
    attr_status status = attr_explain_picture(&ex, run->session, picture, attr_show_progress, NULL);
    attr_hide_progress();
    if (status != ATTR_OK) return status;
    status = attr_claim_folder(run, ex);
    if (status == ATTR_OK) status = attr_write(ex, ex->options.results);
    if (status == ATTR_OK) attr_print_explained(run, ex);
    attr_explanation_free(ex);
    return status;
}
