/* The file of an experiment: its grid, its sizes, what it refuses; its claims, by hand. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "cfg_files.h"
#include "reports/experiment.h"

TestSuite(experiment, .init = enter_folder, .fini = leave_folder);

#define HEAD                                                                                                           \
    "[experiment]\ntitle=A study of things\n[data]\ndata=a.data\n[model]\nname=net\ncfg=a.cfg\nweights=a.weights\n"
#define TAIL  "[metric]\nmetrics=gini, entropy\n"
#define SWEEP "[method]\nname=taylor\nmethod=smoothtaylor\nroot_sigma=.1, .3\nsmall.roots=5\npaper.roots=100,150\n"

static attr_experiment study;

static attr_status read_text(const char *text, bool is_small) {
    put_text("a-study.cfg", text);
    return attr_experiment_read(&study, "a-study.cfg", is_small);
}

static void expect_variants(const char *text, bool is_small, const char *const *names, int count) {
    cr_assert_eq(read_text(text, is_small), ATTR_OK, "%s", attr_error_message());
    cr_expect_eq(study.variant_count, count, "%d instead of %d", study.variant_count, count);
    for (int i = 0; i < study.variant_count && i < count; i++) cr_expect_str_eq(study.variants[i].name, names[i]);
    attr_experiment_free(&study);
}

Test(experiment, is_named_by_its_file_and_keeps_sentences) {
    cr_assert_eq(read_text(HEAD SWEEP TAIL, true), ATTR_OK, "%s", attr_error_message());
    cr_expect_str_eq(study.name, "a-study");
    cr_expect_str_eq(study.title, "A study of things");
    cr_expect_str_eq(study.metrics, "gini, entropy");
    cr_expect_str_eq(study.models[0].data, "a.data");
    attr_experiment_free(&study);
}

Test(experiment, has_a_grid_of_all_values_at_each_size) {
    expect_variants(HEAD SWEEP TAIL, true, (const char *const[]){"taylor, root_sigma .1", "taylor, root_sigma .3"}, 2);
    expect_variants(HEAD SWEEP TAIL, false,
                    (const char *const[]){"taylor, root_sigma .1, roots 100", "taylor, root_sigma .1, roots 150",
                                          "taylor, root_sigma .3, roots 100", "taylor, root_sigma .3, roots 150"},
                    4);
}

Test(experiment, has_methods_named_by_themselves_and_sweeps_behind_them) {
    expect_variants(HEAD "[method]\nmethod=gradient,smoothgrad\n[sweep]\nspace=pixel,normalised\n"
                         "[method]\nmethod=noisegrad\nbase=integrated_gradients\n" TAIL,
                    true,
                    (const char *const[]){"gradient, space pixel", "gradient, space normalised",
                                          "smoothgrad, space pixel", "smoothgrad, space normalised",
                                          "noisegrad:integrated_gradients"},
                    5);
}

Test(experiment, gives_options_by_rank) {
    attr_options o;
    cr_assert_eq(read_text("[attribution]\nseed=3\nsamples=10\n" HEAD "samples=20\n"
                           "[method]\nmethod=smoothgrad\nsamples=30\nsigma=.1,.2\n[method]\nmethod=vargrad\n" TAIL
                           "pictures=7\n",
                           true),
                 ATTR_OK, "%s", attr_error_message());
    attr_options_default(&o);
    cr_assert_eq(attr_options_set(&o, ATTR_FROM_FLAGS, NULL, 1, "threads", "1"), ATTR_OK);
    cr_assert_eq(attr_model_apply(&o, &study, &study.models[0]), ATTR_OK, "%s", attr_error_message());
    cr_expect_eq(o.seed, 3);
    cr_expect_eq(o.samples, 20);
    cr_expect_eq(o.pictures, 7);
    attr_options first = o;
    cr_assert_eq(attr_variant_apply(&first, &study, &study.variants[1]), ATTR_OK, "%s", attr_error_message());
    cr_expect_eq(first.samples, 30);
    cr_expect_eq(first.sigma, .2);
    cr_expect_eq(first.method, ATTR_METHOD_SMOOTHGRAD);
    cr_assert_eq(attr_variant_apply(&o, &study, &study.variants[2]), ATTR_OK, "%s", attr_error_message());
    cr_expect_eq(o.samples, 20);
    cr_expect_eq(o.method, ATTR_METHOD_VARGRAD);
    cr_expect_str_eq(attr_variant_value(&study.variants[1], "sigma"), ".2");
    cr_expect_null(attr_variant_value(&study.variants[1], "samples"));
    attr_experiment_free(&study);
}

Test(experiment, refuses_with_file_and_line) {
    static const char *const rows[][2] = {
        {"", "a-study.cfg: holds no experiment"},
        {"name=x\n", "a-study.cfg:1: key 'name' before any section (expected [experiment] first)"},
        {"[experiment]\nname=x\n" TAIL, "[model] is missing"},
        {HEAD TAIL, "[method] is missing"},
        {HEAD "[method]\nmethod=gradient\n", "[metric] is missing"},
        {HEAD "[metod]\n", "a-study.cfg:9: an experiment has no section [metod] (did you mean [method]?)"},
        {HEAD "[method]\nmethod=gradent\n" TAIL, "a-study.cfg:10: method=gradent: expected"},
        {HEAD "[method]\nmethod=smoothgrad\nsampels=3\n" TAIL, "unknown option sampels (did you mean samples?)"},
        {HEAD "[method]\nname=x\n" TAIL, "[method] without method="},
        {HEAD "[method]\nmethod=gradient\n[method]\nmethod=gradient\n" TAIL, "two methods have the name gradient"},
        {HEAD "[method]\nmethod=smoothgrad\nsigma=.1,,.2\n" TAIL, "a-study.cfg:11: sigma: a value is missing"},
        {HEAD "[model]\nname=net\ncfg=a\nweights=b\n", "a-study.cfg:9: a second network has the name net"},
        {HEAD SWEEP TAIL "[make]\nrun=rm x\nmakes=y\n", "run=rm x: expected a program in scripts/"},
        {HEAD SWEEP TAIL "[make]\nrun=scripts/../x\nmakes=y\n", "expected a program in scripts/"},
        {HEAD SWEEP TAIL "[plot]\nmetric=gini\nx=samples\n", "x=samples: no method has several values of it"},
        {HEAD SWEEP TAIL "[plot]\nmetric=gini\nof=tayler\n", "of=tayler: no method has that name"},
        {HEAD SWEEP TAIL "[claim]\ntext=a\nmetric=gini\nless=taylor\n", "[claim] needs less= with than="},
        {HEAD SWEEP TAIL "[claim]\ntext=a\nmetric=gini\nless=taylor\nthan=x\n", "than=x: no method has that name"},
        {HEAD SWEEP TAIL "[claim]\ntext=a\nmetric=gini\nfalls_with=samples\n", "several values of samples"},
        {HEAD SWEEP TAIL "[accuracy]\nclones=0\n", "[accuracy] needs clones=, a whole number from 1 up"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(read_text(rows[i][0], true), ATTR_BAD_INPUT, "%s", rows[i][0]);
        cr_expect(strstr(attr_error_message(), rows[i][1]), "%s\nsaid: %s\nexpected: %s", rows[i][0],
                  attr_error_message(), rows[i][1]);
        attr_experiment_free(&study);
    }
}

Test(experiment, means_methods_by_the_beginnings_of_their_names) {
    cr_expect(attr_label_is_meant("taylor, sigma .1", "taylor", 6));
    cr_expect(attr_label_is_meant("taylor, sigma .1", "taylor, sigma .1", 16));
    cr_expect(attr_label_is_meant("taylor", "taylor; other", 6));
    cr_expect_not(attr_label_is_meant("taylor, sigma .15", "taylor, sigma .1", 16));
    cr_expect_not(attr_label_is_meant("taylors", "taylor", 6));
    cr_expect_not(attr_label_is_meant("tay", "taylor", 6));
}

/* ---- Claims */

enum { ROWS = 3, METRICS = 2, TARGETS = 6 };

static struct attr_session session;
static attr_options given;
static const attr_metric gini = {.name = "gini"}, entropy = {.name = "entropy"};
static const attr_metric *const metrics[] = {&gini, &entropy};
static attr_scored_method methods[ROWS];
static attr_scoring scoring = {.session = &session,
                               .given = &given,
                               .methods = methods,
                               .method_count = ROWS,
                               .metrics = metrics,
                               .metric_count = METRICS,
                               .without_controls = true};

/* gini of target t: 1 + t, and 2 + t, 4 + t; entropy the other way round; the last target has nothing. */
static void fill(attr_valid *v) {
    *v = (attr_valid){.scoring = &scoring};
    for (int t = 0; t < TARGETS; t++) {
        attr_valid_target *target;
        cr_assert_eq(attr_new_valid_target(&target, v, t), ATTR_OK);
        for (int row = 0; row < ROWS; row++) {
            target->values[row * METRICS] = t == TARGETS - 1 ? NAN : (1 << row) + t;
            target->values[row * METRICS + 1] = t == TARGETS - 1 ? NAN : -(1 << row) + (t % 2 ? .1 : -.1) * row;
        }
    }
}

static void expect_claim(const attr_study *s, attr_claim claim, attr_claim_verdict verdict, double mean, int n) {
    attr_claim_result r;
    cr_assert_eq(attr_claim_judge(&r, &s->parts[0], s, &claim), ATTR_OK);
    const char *what = claim.less ? claim.less : claim.falls_with ? claim.falls_with : claim.rises_with;
    cr_expect_eq(r.verdict, verdict, "%s of %s: %d", claim.metric, what, (int)r.verdict);
    cr_expect_eq(r.n, n, "%s of %s: n = %d", claim.metric, what, r.n);
    if (n > 0) cr_expect(fabs(r.mean - mean) < 1e-12, "%s of %s: %g instead of %g", claim.metric, what, r.mean, mean);
}

Test(experiment, judges_claims_by_pairs_and_by_trends) {
    attr_valid valid;
    cr_assert_eq(read_text(HEAD "[method]\nname=taylor\nmethod=smoothtaylor\nroots=5,10,20\n" TAIL, true), ATTR_OK,
                 "%s", attr_error_message());
    attr_options_default(&given);
    for (int i = 0; i < ROWS; i++) methods[i] = (attr_scored_method){study.variants[i].name, &given};
    fill(&valid);
    const attr_study_part part = {&study.models[0], {&valid, NULL}};
    const attr_study s = {.experiment = &study, .parts = &part, .count = 1};
    expect_claim(&s, (attr_claim){.metric = "gini", .less = "taylor, roots 5", .than = "taylor, roots 20"},
                 ATTR_CLAIM_HELD, -3, 5);
    expect_claim(&s, (attr_claim){.metric = "gini", .less = "taylor, roots 20", .than = "taylor, roots 5"},
                 ATTR_CLAIM_FAILED, 3, 5);
    expect_claim(&s, (attr_claim){.metric = "gini", .less = "taylor", .than = "taylor, roots 10"}, ATTR_CLAIM_FAILED,
                 7. / 3 - 2, 5); /* a mean over all its settings */
    expect_claim(&s, (attr_claim){.metric = "gini", .less = "taylor", .than = "taylor"}, ATTR_CLAIM_OPEN, 0, 5);
    expect_claim(&s, (attr_claim){.metric = "entropy", .less = "taylor, roots 10", .than_metric = "gini"},
                 ATTR_CLAIM_HELD, (-2 - .02) - 4, 5);
    expect_claim(&s, (attr_claim){.metric = "gini", .rises_with = "roots"}, ATTR_CLAIM_HELD, 1, 5);
    expect_claim(&s, (attr_claim){.metric = "entropy", .rises_with = "roots"}, ATTR_CLAIM_FAILED, -1, 5);
    expect_claim(&s, (attr_claim){.metric = "entropy", .falls_with = "roots", .of = "taylor"}, ATTR_CLAIM_HELD, -1, 5);
    expect_claim(&s, (attr_claim){.metric = "gini", .rises_with = "roots", .of = "taylor, roots 5"}, ATTR_CLAIM_UNKNOWN,
                 0, 0); /* one value is no trend */
    expect_claim(&s, (attr_claim){.metric = "aupc", .rises_with = "roots"}, ATTR_CLAIM_UNKNOWN, 0, 0);
    attr_valid_free(&valid);
    attr_experiment_free(&study);
}

Test(experiment, has_students_interval_over_networks) {
    double mean, low, high;
    attr_student_interval(&mean, &low, &high, (const double[]){1, 2, 3, 6}, 4); /* s = sqrt(14 / 3), t = 3.182 */
    double half = 3.182 * sqrt(14. / 3 / 4);
    cr_expect(fabs(mean - 3) < 1e-12 && fabs(low - (3 - half)) < 1e-9 && fabs(high - (3 + half)) < 1e-9, "%g %g %g",
              mean, low, high);
    attr_student_interval(&mean, &low, &high, (const double[]){7}, 1);
    cr_expect(mean == 7 && isnan(low) && isnan(high));
}
