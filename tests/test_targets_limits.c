/* Targets at extreme logits, and those that are refused. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_pair.h"

/* ---- Extreme logits: formulas in long double, sums without cancellation */

typedef struct {
    long double log_p, p, rest; /* rest is 1 - p */
    long double *others;        /* p of each class */
} exact;

static exact exact_softmax(const double *z, int n, int chosen) {
    exact e = {.others = test_allocate((size_t)n, sizeof(long double))};
    long double sum = 0, rest = 0;
    for (int i = 0; i < n; i++) {
        e.others[i] = expl((long double)z[i] - z[chosen]);
        sum += e.others[i];
        if (i != chosen) rest += e.others[i];
    }
    for (int i = 0; i < n; i++) e.others[i] /= sum;
    e.log_p = -log1pl(rest);
    e.p = 1 / sum;
    e.rest = rest / sum;
    return e;
}

static void expect_close(double got, long double expected, const char *what, const double *z, int n, int chosen) {
    char list[200] = "";
    for (int i = 0; i < n; i++) snprintf(list + strlen(list), sizeof list - strlen(list), " %g", z[i]);
    cr_expect(fabsl(got - expected) <= 1e-12L * fabsl(expected), "logits%s, class %d, %s: %.17g, expected %.17Lg", list,
              chosen, what, got, expected);
}

/* Value and gradient of one quantity with z in the input of layer 1. */
static double evaluate(double *gradient, attr_engine *e, attr_quantity quantity, const double *z, int n, int chosen) {
    attr_op *op = attr_engine_op(e, 1);
    attr_target *t = test_target(e, quantity, chosen);
    memcpy((double *)op->in[0], z, (size_t)n * sizeof *z);
    attr_engine_clear_gradients(e, 1);
    attr_target_seed(t, e, 0, 1);
    memcpy(gradient, op->din[0], (size_t)n * sizeof *gradient);
    double value = attr_target_value(t, e, 0);
    attr_target_free(t);
    return value;
}

Test(targets, stay_exact_for_extreme_logits_of_a_softmax) {
    enum { N = 3 };
    static const double logits[][N] = {{80, -80, 0},   {-80, 80, 80}, {80, 80, 80}, {-80, -80, -80}, {80, 45, 44},
                                       {-80, -79, 40}, {0, 30, 0},    {36, 0, 0},   {2, 1, 0}};
    engine_pair n;
    engine_pair_make(&n, "[net] inputs=2 [connected] output=3 activation=linear [softmax]", 1);
    attr_engine_forward(n.twin, 1);
    for (size_t i = 0; i < sizeof logits / sizeof *logits; i++) {
        for (int c = 0; c < N; c++) {
            const double *z = logits[i];
            double g[N];
            exact e = exact_softmax(z, N, c);
            expect_close(evaluate(g, n.twin, ATTR_TARGET_PROBABILITY, z, N, c), e.p, "probability", z, N, c);
            for (int j = 0; j < N; j++)
                expect_close(g[j], e.p * (j == c ? e.rest : -e.others[j]), "its derivative", z, N, c);
            expect_close(evaluate(g, n.twin, ATTR_TARGET_LOG_PROBABILITY, z, N, c), e.log_p, "log probability", z, N,
                         c);
            for (int j = 0; j < N; j++) expect_close(g[j], j == c ? e.rest : -e.others[j], "its derivative", z, N, c);
            free(e.others);
        }
    }
    engine_pair_free(&n);
}

Test(targets, stay_exact_for_extreme_logits_of_a_logistic) {
    static const double logits[] = {80, -80, 40, -40, 20, 0, -700, 700};
    engine_pair n;
    engine_pair_make(&n, "[net] inputs=2 [connected] output=1 activation=linear [logistic]", 1);
    attr_engine_forward(n.twin, 1);
    for (size_t i = 0; i < sizeof logits / sizeof *logits; i++) {
        const double *z = &logits[i];
        long double odds = expl(-(long double)*z), p = 1 / (1 + odds), rest = odds / (1 + odds);
        double g;
        expect_close(evaluate(&g, n.twin, ATTR_TARGET_PROBABILITY, z, 1, 0), p, "probability", z, 1, 0);
        expect_close(g, p * rest, "its derivative", z, 1, 0);
        expect_close(evaluate(&g, n.twin, ATTR_TARGET_LOG_PROBABILITY, z, 1, 0), -log1pl(odds), "log probability", z, 1,
                     0);
        expect_close(g, rest, "its derivative", z, 1, 0);
    }
    engine_pair_free(&n);
}

Test(targets, stay_exact_for_extreme_logits_of_a_detection) {
    static const double logits[] = {80, -80, 40, -40};
    engine_pair n;
    engine_pair_make(&n,
                     "[net] height=1 width=1 channels=2 [convolutional] filters=6 size=1 activation=linear [yolo] "
                     "mask=0 anchors=2,3 num=1 classes=1",
                     1);
    attr_engine_forward(n.twin, 1);
    attr_op *op = attr_engine_op(n.twin, 1);
    attr_target *t = NULL;
    attr_detection d = {.layer = 1};
    cr_assert_eq(attr_target_of_detection(&t, n.twin, ATTR_TARGET_SCORE, &d), ATTR_OK, "%s", attr_error_message());
    for (int i = 0; i < 16; i++) {
        double z[] = {logits[i % 4], logits[i / 4]}, *in = (double *)op->in[0], *gradient = op->din[0];
        memcpy(in + 4, z, sizeof z);
        attr_engine_clear_gradients(n.twin, 1);
        attr_target_seed(t, n.twin, 0, 1);
        long double odds[] = {expl(-(long double)z[0]), expl(-(long double)z[1])};
        long double score = 1 / (1 + odds[0]) / (1 + odds[1]);
        expect_close(attr_target_value(t, n.twin, 0), score, "score", z, 2, 0);
        for (int k = 0; k < 2; k++)
            expect_close(gradient[4 + k], score * odds[k] / (1 + odds[k]), "its derivative", z, 2, k);
    }
    attr_target_free(t);
    engine_pair_free(&n);
}

/* ---- Refused */

typedef struct {
    const char *cfg;
    attr_quantity quantity;
    attr_detection d; /* layer -1: a class */
    const char *message;
} refused;

#define SOFTMAX_NET "[net] inputs=2 [connected] output=3 activation=linear [softmax]"
#define PLAIN_NET   "[net] inputs=2 [connected] output=3 activation=linear"
#define YOLO_NET                                                                                                       \
    "[net] height=2 width=3 channels=2 [convolutional] size=1 activation=linear filters=16 [yolo] mask=0,2 "           \
    "anchors=2,3,4,5,6,7 num=3 classes=3"
#define BACKGROUND_NET                                                                                                 \
    "[net] height=2 width=3 channels=2 [convolutional] size=1 activation=linear filters=8 [region] anchors=1,2 num=1 " \
    "classes=3 coords=4 softmax=1 background=1"
#define DETECTION_NET                                                                                                  \
    "[net] inputs=2 [connected] output=52 activation=linear [detection] side=2 num=2 classes=3 coords=4"

#define OF_CLASS(c) ((attr_detection){.layer = -1, .class_index = c})
#define PLACE(...)  ((attr_detection){.layer = 1, __VA_ARGS__})

Test(targets, that_cannot_be_are_refused_with_a_reason) {
    const refused rows[] = {
        {SOFTMAX_NET, ATTR_TARGET_OBJECTNESS, OF_CLASS(0), "target=objectness needs a detector"},
        {SOFTMAX_NET, ATTR_TARGET_OBJECTNESS_LOGIT, OF_CLASS(0), "target=objectness_logit needs a detector"},
        {SOFTMAX_NET, ATTR_TARGET_SCORE, OF_CLASS(0), "target=score needs a detector"},
        {SOFTMAX_NET, ATTR_TARGET_LOGIT, OF_CLASS(3), "class 3 does not exist (the network has classes 0 to 2)"},
        {SOFTMAX_NET, ATTR_TARGET_AUTO, OF_CLASS(-1), "class -1 does not exist"},
        {PLAIN_NET, ATTR_TARGET_PROBABILITY, OF_CLASS(0), "ends in [connected]"},
        {PLAIN_NET, ATTR_TARGET_LOG_PROBABILITY, OF_CLASS(0), "target=log_probability needs a network that ends in"},
        {BACKGROUND_NET, ATTR_TARGET_OBJECTNESS, PLACE(), "background=1 predicts no objectness"},
        {BACKGROUND_NET, ATTR_TARGET_OBJECTNESS_LOGIT, PLACE(), "background=1 predicts no objectness"},
        {DETECTION_NET, ATTR_TARGET_OBJECTNESS_LOGIT, PLACE(), "predicts objectness directly"},
        {SOFTMAX_NET, ATTR_TARGET_SCORE, PLACE(), "layer 1 is no detection head"},
        {YOLO_NET, ATTR_TARGET_SCORE, {.layer = 0}, "layer 0 is no detection head"},
        {YOLO_NET, ATTR_TARGET_SCORE, {.layer = 2}, "layer 2 is no detection head"},
        {YOLO_NET, ATTR_TARGET_SCORE, {.layer = -2}, "layer -2 is no detection head"},
        {YOLO_NET, ATTR_TARGET_SCORE, PLACE(.class_index = 3), "layer 1 has no class 3 at anchor 0"},
        {YOLO_NET, ATTR_TARGET_SCORE, PLACE(.class_index = -1), "no class -1"},
        {YOLO_NET, ATTR_TARGET_SCORE, PLACE(.anchor = 2), "anchor 2"},
        {YOLO_NET, ATTR_TARGET_SCORE, PLACE(.anchor = -1), "anchor -1"},
        {YOLO_NET, ATTR_TARGET_SCORE, PLACE(.row = 2), "row 2"},
        {YOLO_NET, ATTR_TARGET_SCORE, PLACE(.row = -1), "row -1"},
        {YOLO_NET, ATTR_TARGET_SCORE, PLACE(.column = 3), "column 3"},
        {YOLO_NET, ATTR_TARGET_SCORE, PLACE(.column = -1), "column -1"},
        {DETECTION_NET, ATTR_TARGET_SCORE, PLACE(.row = 2), "row 2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const refused *r = &rows[i];
        engine_pair n;
        engine_pair_make(&n, r->cfg, 1);
        attr_target *t = (attr_target *)&n;
        attr_status status = r->d.layer == -1 ? attr_target_of_class(&t, n.single, r->quantity, r->d.class_index)
                                              : attr_target_of_detection(&t, n.single, r->quantity, &r->d);
        cr_expect_eq(status, ATTR_BAD_INPUT, "%s\n  \"%s\": status %s", r->cfg, r->message, attr_status_name(status));
        cr_expect_null(t, "%s\n  \"%s\": a target was returned", r->cfg, r->message);
        cr_expect(strstr(attr_error_message(), r->message), "%s\n  the message is \"%s\", expected \"%s\"", r->cfg,
                  attr_error_message(), r->message);
        engine_pair_free(&n);
    }
}

Test(targets, bear_the_names_of_the_option) {
    static const char *const names[] = {
        "auto", "logit", "probability", "log_probability", "objectness", "objectness_logit", "score", "x", "y",
        "w",    "h"};
    for (int q = 0; q <= ATTR_TARGET_H; q++)
        cr_expect_str_eq(attr_quantity_name(q), names[q], "quantity %d is %s", q, attr_quantity_name(q));
}
