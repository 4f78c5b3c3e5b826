/* valid: which method's maps are better, measured on a list of pictures. */
#include "commands/validating.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

/* ---- What is said */

/* How many other methods the best one is better than, and whether it is than random numbers. */
static void print_best(const attr_valid *v, int metric) {
    const attr_scoring *s = v->scoring;
    int best = attr_valid_best(v, metric), better = 0;
    char label[64];
    if (best < 0) return;
    attr_scoring_label(label, sizeof label, s, best);
    for (int row = 0; row < s->method_count; ++row)
        better += row != best && attr_valid_better(v, metric, best, row) > 0;
    printf("  best: %s", label);
    if (better == 0 && s->method_count > 1)
        printf(", not significantly better than another (Holm, 5 %%)");
    else if (s->method_count > 1)
        printf(", significantly better than %d of %d other%s (Holm, 5 %%)", better, s->method_count - 1,
               s->method_count == 2 ? "" : "s");
    double p = attr_valid_cell_of(v, best, metric)->chance_holm;
    if (!isnan(p)) printf("; p = %.2g against random", p);
    putchar('\n');
}

static void print_cell(const char *label, const attr_valid_cell *cell) {
    printf("  %-36s ", label);
    if (cell->n > 0) printf("%9.4g", cell->mean);
    if (cell->n > 0 && !isnan(cell->low)) printf("  [%.4g, %.4g]", cell->low, cell->high); /* one has none */
    if (cell->n > 0 && cell->undefined > 0) printf(", %d", cell->undefined);
    puts(cell->undefined > 0 || cell->n == 0 ? " undefined" : "");
}

static void print_table(const attr_validating *v) {
    const attr_scoring *s = &v->scoring;
    char label[64];
    for (int k = 0; k < s->metric_count; ++k) {
        const attr_metric *metric = s->metrics[k];
        printf("%s (%s)\n", metric->name,
               metric->direction > 0   ? "higher is better"
               : metric->direction < 0 ? "lower is better"
                                       : "neither is better");
        for (int row = 0; row < attr_scoring_rows(s); ++row) {
            attr_scoring_label(label, sizeof label, s, row);
            print_cell(label, attr_valid_cell_of(&v->valid, row, k));
        }
        print_best(&v->valid, k);
    }
}

/* ---- All */

static attr_status run(attr_validating *v, int count, char **arguments, const attr_options *flags) {
    ATTR_TRY(attr_validating_open(v, arguments[0], arguments[1], arguments[2], flags));
    ATTR_TRY(attr_scored_methods_read(&v->methods, &v->scoring.method_count, &v->given, true));
    v->scoring.methods = v->methods;
    if (v->given.verbose) ATTR_TRY(attr_options_write(stdout, &v->given, ATTR_WRITE_ORIGINS));
    if (count == 4) v->valid.list = arguments[3];
    ATTR_TRY(attr_validating_begin(v));
    ATTR_TRY(attr_validating_run(v));
    print_table(v);
    printf("%s: %d targets on %d pictures, %.3g seconds\n", v->valid.folder, v->valid.count, v->picture_count,
           v->valid.seconds);
    return attr_tally_end(&v->tally, v->valid.list);
}

attr_status attr_command_valid(int count, char **arguments, const attr_options *flags) {
    if (count < 3 || count > 4)
        return attr_fail(ATTR_BAD_INPUT, "usage: darknet attribute valid DATA CFG WEIGHTS [PICTURES] [-methods a,b,c] "
                                         "[-metrics a,b,c] [-option value]");
    attr_validating *v = NULL;
    ATTR_TRY(attr_allocate(&v, 1, sizeof *v, "a validation"));
    attr_catch_interrupts();
    attr_status status = run(v, count, arguments, flags);
    attr_validating_close(v);
    free(v);
    return status;
}
