/* What the report of `valid` makes of scores: means, differences and curves, by hand; its words and drawings. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/bands.h"
#include "reports/valid.h"

enum { METHODS = 3, METRICS = 2, TARGETS = 8, ROWS = METHODS + 3 }; /* a classifier has no box */
enum { A, B, C, AT_RANDOM };

static struct attr_session session;
static attr_options options;
static char gradient[] = "gradient", smoothgrad[] = "smoothgrad", gradcam[] = "gradcam";
static const attr_scored_method methods[] = {{gradient, &options}, {smoothgrad, &options}, {gradcam, &options}};
static const attr_metric low_is_good = {.name = "deletion", .direction = -1, .curve = "part of the pixels"},
                         around_zero = {.name = "sic",
                                        .direction = 1,
                                        .traits = ATTR_AROUND_ZERO | ATTR_MEDIAN_CURVE,
                                        .curve = "part"};
static const attr_metric *const metrics[] = {&low_is_good, &around_zero};
static attr_scoring scoring;
static attr_valid valid;

static double *value_of(int target, int row, int metric) {
    return &valid.targets[target].values[row * METRICS + metric];
}

/* By the first metric B is 1 more than A, C one more or less in turn, random numbers 10 more. By the second nothing is
 * known but of A, on one target. */
static void begin(void) {
    scoring = (attr_scoring){&session, &options, methods, METHODS, metrics, METRICS, false};
    valid = (attr_valid){.scoring = &scoring};
    for (int t = 0; t < TARGETS; t++) {
        attr_valid_target *target;
        cr_assert_eq(attr_new_valid_target(&target, &valid, t / 2), ATTR_OK);
        cr_assert(target == &valid.targets[t], "target %d stands at %td", t, target - valid.targets);
        for (int row = 0; row < ROWS; row++) *value_of(t, row, 1) = NAN;
        const double values[ROWS] = {t + 1, t + 2, t + 1 + (t % 2 ? -1 : 1), t + 11, NAN, 0};
        for (int row = 0; row < ROWS; row++) *value_of(t, row, 0) = values[row];
    }
    *value_of(5, A, 1) = 4;
}

static void end(void) {
    attr_valid_free(&valid);
}

TestSuite(valid, .init = begin, .fini = end);

Test(valid, differences_are_tested_by_pairs_and_corrected) {
    static const struct {
        int first, second;
        double difference, p, p_holm;
    } rows[] = {{A, B, -1, 2. / 256, 3 * 2. / 256}, /* all of one sign: 2 of 256 sums are as large; the surest of 3 */
                {A, C, 0, 1, 1},
                {B, C, 1, 2. / 16, 2 * 2. / 16}}; /* 0 and 2 in turn: four signs matter */
    cr_assert_eq(attr_valid_compare(&valid), ATTR_OK);
    cr_assert_eq(attr_valid_pairs(&valid), 3);
    for (size_t i = 0; i < 3; i++) {
        const attr_valid_pair *pair = attr_valid_pair_of(&valid, 0, rows[i].second, rows[i].first);
        cr_expect(pair == attr_valid_pair_of(&valid, 0, rows[i].first, rows[i].second));
        cr_expect(pair->first == rows[i].first && pair->second == rows[i].second && pair->n == TARGETS,
                  "row %zu: %d, %d, %d", i, pair->first, pair->second, pair->n);
        cr_expect(pair->difference == rows[i].difference && pair->low <= pair->difference &&
                      pair->high >= pair->difference,
                  "row %zu: %g, %g to %g", i, pair->difference, pair->low, pair->high);
        cr_expect(pair->p == rows[i].p && pair->p_holm == rows[i].p_holm, "row %zu: p = %g, %g", i, pair->p,
                  pair->p_holm);
    }
    cr_expect_eq(attr_valid_better(&valid, 0, A, B), 1, "lower is better");
    cr_expect_eq(attr_valid_better(&valid, 0, B, A), -1);
    cr_expect(attr_valid_better(&valid, 0, A, C) == 0 && attr_valid_better(&valid, 0, C, B) == 0);
    cr_expect_eq(attr_valid_best(&valid, 0), A, "the first of two equal means");
    for (int i = 0; i < 3; i++) {
        const attr_valid_pair *pair = &valid.pairs[3 + i];
        cr_expect(pair->n == 0 && isnan(pair->p) && isnan(pair->p_holm) && isnan(pair->difference), "pair %d", i);
    }
}

Test(valid, cells_leave_out_and_count_what_is_not_defined) {
    *value_of(3, B, 0) = NAN;
    cr_assert_eq(attr_valid_compare(&valid), ATTR_OK);
    const attr_valid_cell *a = attr_valid_cell_of(&valid, A, 0), *b = attr_valid_cell_of(&valid, B, 0);
    cr_expect(a->mean == 4.5 && a->n == 8 && a->undefined == 0 && a->low < 4.5 && a->high > 4.5, "%g", a->mean);
    cr_expect(fabs(b->mean - 39. / 7) < 1e-15 && b->n == 7 && b->undefined == 1, "%g of %d", b->mean, b->n);
    cr_expect(fabs(a->ratio[ATTR_CONTROL_RANDOM] - 4.5 / 14.5) < 1e-15 && isnan(a->ratio[ATTR_CONTROL_CENTRE]) &&
              isinf(a->ratio[ATTR_CONTROL_EDGES]) && isnan(a->ratio[ATTR_CONTROL_BOX]));
    cr_expect(fabs(b->ratio[ATTR_CONTROL_RANDOM] - 39. / 102) < 1e-15, "over the targets that both have: %g",
              b->ratio[ATTR_CONTROL_RANDOM]);
    cr_expect(a->from_random == -10 && a->chance == 2. / 256, "%g, %g", a->from_random, a->chance);
    cr_expect_eq(a->chance_holm, 3 * 2. / 256, "the surest of three: %g", a->chance_holm);
    cr_expect_eq(b->chance_holm, 3 * 2. / 256, "never below a surer one: %g", b->chance_holm);
    const attr_valid_cell *edges = attr_valid_cell_of(&valid, AT_RANDOM + 2, 0),
                          *one = attr_valid_cell_of(&valid, A, 1);
    cr_expect(edges->chance == 2. / 256 && isnan(edges->chance_holm), "%g, %g", edges->chance, edges->chance_holm);
    cr_expect(one->mean == 4 && one->n == 1 && one->undefined == 7 && isnan(one->low) && isnan(one->ratio[0]));
    cr_expect(isnan(attr_valid_cell_of(&valid, B, 1)->mean) && attr_valid_best(&valid, 1) == A);
}

/* 0, 1 and 5 at all points, but for one that only the last target has and one that none has. */
static void set_curves(int metric) {
    static const double values[] = {0, 1, 5};
    for (int t = 0; t < 3; t++)
        for (int i = 0; i < ATTR_METRIC_POINTS; i++)
            attr_valid_target_curve(&valid, &valid.targets[t], B, metric)[i] =
                i == 30 || (i == 29 && t < 2) ? NAN : values[t];
}

Test(valid, curves_are_means_or_medians) {
    for (int metric = 0; metric < METRICS; metric++) {
        double y[ATTR_METRIC_POINTS], low[ATTR_METRIC_POINTS], high[ATTR_METRIC_POINTS], middle = metric ? 1 : 2;
        int n;
        set_curves(metric);
        cr_assert_eq(attr_valid_curve_of(y, low, high, &n, &valid, B, metric), ATTR_OK);
        cr_expect_eq(n, 3);
        for (int i = 0; i < 29; i++)
            cr_expect(y[i] == middle && low[i] >= 0 && low[i] < middle && high[i] > middle && high[i] <= 5,
                      "metric %d, point %d: %g, %g to %g", metric, i, y[i], low[i], high[i]);
        cr_expect(y[29] == 5 && isnan(low[29]) && isnan(high[29]), "metric %d: of one target %g", metric, y[29]);
        cr_expect(isnan(y[30]) && isnan(low[30]), "metric %d: of none %g", metric, y[30]);
        cr_assert_eq(attr_valid_curve_of(y, low, high, &n, &valid, A, metric), ATTR_OK);
        cr_expect(n == 0 && isnan(y[0]), "metric %d: %d targets, %g", metric, n, y[0]);
    }
}

/* ---- Words and drawings */

static char *text;
static size_t text_size;

static FILE *open_text(void) {
    FILE *file = open_memstream(&text, &text_size);
    cr_assert(file);
    return file;
}

static int count_of(const char *part) {
    int count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) count++;
    return count;
}

Test(valid, verdicts_say_who_is_better) {
    cr_assert_eq(attr_valid_compare(&valid), ATTR_OK);
    FILE *file = open_text();
    attr_write_valid_verdicts(file, &valid);
    fclose(file);
    cr_expect(strstr(text, "<b>gradient</b> is better than smoothgrad (<i>p</i>&nbsp;=&nbsp;0.023). "), "%s", text);
    cr_expect(strstr(text,
                     "No difference can be told between gradient and gradcam (<i>p</i>&nbsp;=&nbsp;1), nor between "
                     "smoothgrad and gradcam (<i>p</i>&nbsp;=&nbsp;0.25)."),
              "%s", text);
    cr_expect(strstr(text, "Better than the random control: all."), "%s", text);
    cr_expect(count_of("class=\"won\"") == 1 && count_of("class=\"lost\"") == 1 && count_of("<td></td>") == 3 + 9, "%s",
              text);
    cr_expect(strstr(text, "No target has a number of two methods."), "%s", text);
    free(text);
}

Test(valid, too_few_targets_are_said_to_be_so) {
    valid.count = 4; /* p is at least 1/8 */
    cr_assert_eq(attr_valid_compare(&valid), ATTR_OK);
    FILE *file = open_text();
    attr_write_valid_verdicts(file, &valid);
    fclose(file);
    valid.count = TARGETS;
    cr_expect(strstr(text, "4 targets cannot tell methods apart: with 3 comparisons <i>p</i> is at least 0.38."), "%s",
              text);
    free(text);
}

Test(valid, curves_are_drawn_for_what_has_one) {
    set_curves(0);
    FILE *file = open_text();
    cr_assert_eq(attr_write_valid_curves(file, &valid), ATTR_OK);
    fclose(file);
    cr_expect(count_of("<svg class=\"bands\"") == 2 && count_of("<polyline") == 1 && count_of("<polygon") == 1, "%s",
              text);
    cr_expect(count_of("<svg class=\"key\"") == 1 && strstr(text, ">mean of 3 targets<") &&
                  strstr(text, ">median of 0 targets<"),
              "%s", text);
    cr_expect(!strstr(text, "nan") && !strstr(text, "inf"), "%s", text);
    free(text);
}

Test(bands, gaps_stay_gaps) {
    static const double x[] = {0, 1, 2, 3, 4, 5, 6}, y[] = {1, 2, NAN, 3, 4, 5, NAN}, low[] = {0, 1, NAN, 2, NAN, 4, 5},
                        high[] = {2, 3, NAN, 4, NAN, 6, 7};
    const attr_band_curve curves[] = {{"a < b", 0, y, low, high}};
    const attr_band_drawing drawing = {"it", "x", "y", x, 7, curves, 1};
    FILE *file = open_text();
    attr_bands_write_svg(file, &drawing);
    fclose(file);
    cr_expect_eq(count_of("<polyline"), 2, "%s", text);
    cr_expect_eq(count_of("<polygon"), 2, "0 and 1, 5 and 6: %s", text);
    cr_expect(strstr(text, "<title>a &#60; b</title>") && !strstr(text, "nan"), "%s", text);
    free(text);
}

Test(bands, twenty_looks_differ) {
    char *keys[20 + 4];
    for (int i = 0; i < 24; i++) {
        FILE *file = open_text();
        attr_bands_write_key(file, i - 4);
        fclose(file);
        keys[i] = text;
        for (int k = 0; k < i; k++) cr_expect(strcmp(keys[i], keys[k]) != 0, "looks %d and %d: %s", i - 4, k - 4, text);
    }
    for (int i = 0; i < 24; i++) free(keys[i]);
}
