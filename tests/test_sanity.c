/* What the numbers of sanity checks are taken to say. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "session/sanity_verdict.h"

enum { MOST = 16 };

typedef struct {
    attr_sanity v;
    attr_sanity_map map;
    attr_sanity_stage stages[MOST];
} one_map;

/* A map whose check has stages of these agreements (Spearman of magnitudes; the signed one is 0). */
static void begin(one_map *t, int check, const double *absolute, int count) {
    memset(t, 0, sizeof *t);
    for (int i = 0; i < count; i++)
        t->stages[i] =
            (attr_sanity_stage){.number = i, .layer = 10 + i, .ratio = NAN, .agreement = {0, absolute[i], 0, 0}};
    t->map.series[check] = (attr_sanity_series){t->stages, count, NULL};
    t->v = (attr_sanity){.maps = &t->map, .map_count = 1};
}

static attr_verdict judge(const one_map *t, int check) {
    attr_verdict v;
    cr_assert_eq(attr_sanity_judge(&v, &t->v, 0, check), ATTR_OK);
    return v;
}

Test(sanity, a_cascade_is_judged_by_its_end_and_by_chance) {
    static const struct {
        double end, chance;
        attr_verdict_word word;
    } rows[] = {{0.1, 0.05, ATTR_VERDICT_PASSES},  {-0.15, 0, ATTR_VERDICT_PASSES},   {0.3, 0.35, ATTR_VERDICT_PASSES},
                {0.3, 0.1, ATTR_VERDICT_DOUBTFUL}, {0.9, 0.4, ATTR_VERDICT_FAILS},    {-0.9, 0.1, ATTR_VERDICT_FAILS},
                {NAN, 0, ATTR_VERDICT_UNKNOWN},    {0.49, 0.1, ATTR_VERDICT_DOUBTFUL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        one_map t;
        begin(&t, ATTR_CHECK_CASCADE, (double[]){1, 0.6, rows[i].end}, 3);
        t.map.chance.high.absolute = rows[i].chance;
        if (isnan(rows[i].end)) t.stages[2].agreement.spearman = NAN;
        attr_verdict v = judge(&t, ATTR_CHECK_CASCADE);
        cr_expect_eq(v.word, rows[i].word, "end %g, chance %g: %s", rows[i].end, rows[i].chance, v.text);
        cr_expect_eq(v.maps, !isnan(rows[i].end));
    }
}

Test(sanity, the_layer_that_counts_least_is_named) {
    one_map t;
    begin(&t, ATTR_CHECK_INDEPENDENT, (double[]){1, 0.7, 0.9, 0.95, 0.8}, 5);
    attr_verdict v = judge(&t, ATTR_CHECK_INDEPENDENT);
    cr_expect_eq(v.word, ATTR_VERDICT_FAILS);
    cr_expect_float_eq(v.value, (0.7 + 0.9 + 0.95 + 0.8) / 4, 1e-12);
    cr_expect(strstr(v.text, "at most by 0.95 (layer 13)"), "%s", v.text);
}

Test(sanity, maps_of_other_classes_count_with_their_signs) {
    one_map t;
    begin(&t, ATTR_CHECK_LOGIT, (double[]){1, 1}, 2);
    t.stages[0].agreement.spearman = t.stages[1].agreement.spearman = -1; /* the other class of two */
    cr_expect_eq(judge(&t, ATTR_CHECK_LOGIT).word, ATTR_VERDICT_PASSES);
    t.stages[0].agreement.spearman = t.stages[1].agreement.spearman = 0.85;
    cr_expect_eq(judge(&t, ATTR_CHECK_LOGIT).word, ATTR_VERDICT_FAILS);
}

Test(sanity, maps_that_are_the_same_everywhere_are_left_out) {
    one_map t;
    begin(&t, ATTR_CHECK_LOGIT, (double[]){NAN, 0.9, NAN}, 3);
    t.stages[0].agreement.spearman = t.stages[2].agreement.spearman = NAN;
    t.stages[1].agreement.spearman = 0.9;
    attr_verdict v = judge(&t, ATTR_CHECK_LOGIT);
    cr_expect_eq(v.word, ATTR_VERDICT_FAILS);
    cr_expect(strstr(v.text, "(2 maps are the same everywhere and left out)"), "%s", v.text);
    t.stages[1].agreement.spearman = t.stages[1].agreement.absolute = NAN;
    cr_expect_eq(judge(&t, ATTR_CHECK_LOGIT).word, ATTR_VERDICT_UNKNOWN);
}

static attr_verdict_word perturbed(const double *ratio, const double *absolute, int count) {
    one_map t;
    begin(&t, ATTR_CHECK_PERTURBATION, absolute, count);
    for (int i = 0; i < count; i++) t.stages[i].ratio = ratio[i];
    return judge(&t, ATTR_CHECK_PERTURBATION).word;
}

Test(sanity, maps_must_go_as_the_probability_goes) {
    const double falls[] = {1, .9, .7, .5, .3, .1}, stays[] = {1, .99, 1, .98, .97, .99};
    cr_expect_eq(perturbed(falls, (double[]){1, .9, .8, .6, .4, .1}, 6), ATTR_VERDICT_PASSES);
    cr_expect_eq(perturbed(falls, (double[]){1, .6, .2, .5, .4, .3}, 6), ATTR_VERDICT_DOUBTFUL);
    cr_expect_eq(perturbed(falls, (double[]){.1, .2, .3, .4, .5, .6}, 6), ATTR_VERDICT_FAILS);
    cr_expect_eq(perturbed(falls, (double[]){1, .99, .98, .97, .96, .95}, 6), ATTR_VERDICT_FAILS);
    cr_expect_eq(perturbed(stays, (double[]){1, .9, .8, .6, .4, .1}, 6), ATTR_VERDICT_UNKNOWN);
    cr_expect_eq(perturbed(falls, (double[]){1, .9, .1}, 3), ATTR_VERDICT_UNKNOWN);
}

Test(sanity, a_shift_is_judged_beside_the_plain_gradient) {
    one_map t;
    begin(&t, ATTR_CHECK_SHIFT, (double[]){0.8, 0.82}, 2);
    cr_expect_eq(judge(&t, ATTR_CHECK_SHIFT).word, ATTR_VERDICT_PASSES);
    t.stages[0].agreement.absolute = 0.6;
    cr_expect_eq(judge(&t, ATTR_CHECK_SHIFT).word, ATTR_VERDICT_DOUBTFUL);
    t.stages[0].agreement.absolute = 0.1;
    cr_expect_eq(judge(&t, ATTR_CHECK_SHIFT).word, ATTR_VERDICT_FAILS);
}

Test(sanity, a_check_that_cannot_be_done_says_why) {
    one_map t;
    char problem[] = "the first layer is [crop]";
    begin(&t, ATTR_CHECK_SHIFT, NULL, 0);
    t.map.series[ATTR_CHECK_SHIFT].problem = problem;
    attr_verdict v = judge(&t, ATTR_CHECK_SHIFT);
    cr_expect_eq(v.word, ATTR_VERDICT_UNKNOWN);
    cr_expect_str_eq(v.text, problem);
    cr_expect_eq(judge(&t, ATTR_CHECK_CASCADE).word, ATTR_VERDICT_UNKNOWN);
}
