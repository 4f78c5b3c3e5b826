/* Targets: every quantity of every head against what the head's layer puts out, its seed against finite differences
 * with respect to the head's input. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine_pair.h"
#include "layer_harness.h"
#include "targets/probability.h"

enum { QUANTITIES = ATTR_TARGET_H + 1, SAMPLE = 1, BATCH = 2 };

/* A network whose last layer is the head; %s stands for the file with the tree. */
static const char *const classifiers[] = {
    "[net] inputs=5 [connected] output=7 activation=linear [softmax] [cost]",
    "[net] inputs=5 [connected] output=12 activation=linear [softmax] groups=3 temperature=2.5 [dropout]",
    "[net] inputs=5 [connected] output=9 activation=linear [softmax] tree=%s temperature=0.7",
    "[net] inputs=5 [connected] output=4 activation=tanh [logistic]",
    "[net] inputs=5 [connected] output=4 activation=leaky [dropout] [cost]",
    "[net] height=4 width=3 channels=2 [convolutional] filters=3 size=1 activation=linear [avgpool]",
};

#define GRID "[net] height=2 width=3 channels=2 [convolutional] size=1 activation=linear filters="
static const char *const detectors[] = {
    GRID "16 [yolo] mask=0,2 anchors=2,3,4,5,6,7 num=3 classes=3",
    GRID "16 [region] anchors=1,2,3,4 num=2 classes=3 coords=4 softmax=0",
    GRID "20 [region] anchors=1,2,3,4 num=2 classes=3 coords=6 softmax=1",
    GRID "16 [region] anchors=1,2,3,4 num=2 classes=3 coords=4 softmax=1 background=1",
    GRID "16 [region] anchors=1,2,3,4 num=2 classes=3 coords=4 softmax=0 background=1",
    GRID "28 [region] anchors=1,2,3,4 num=2 classes=9 coords=4 softmax=1 tree=%s",
    GRID "28 [region] anchors=1,2,3,4 num=2 classes=9 coords=4 softmax=1 background=1 tree=%s",
    "[net] inputs=5 [connected] output=52 activation=linear [detection] side=2 num=2 classes=3 coords=4 softmax=1",
    "[net] inputs=5 [connected] output=52 activation=linear [detection] side=2 num=2 classes=3 coords=4 softmax=0",
    "[net] inputs=5 [connected] output=52 activation=linear [detection] side=2 num=2 classes=3 coords=4 sqrt=1",
};

static const int parents[] = {-1, -1, 0, 0, 2, 2, 2, 1, 1};

static void make(engine_pair *out, const char *format) {
    static char cfg[512];
    char path[] = "/tmp/attr-tree-XXXXXX";
    int descriptor = mkstemp(path);
    cr_assert(descriptor >= 0, "%s", path);
    FILE *file = fdopen(descriptor, "w");
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) fprintf(file, "class%zu %d\n", i, parents[i]);
    fclose(file);
    snprintf(cfg, sizeof cfg, format, path);
    engine_pair_make(out, cfg, BATCH);
    unlink(path);
}

/* ---- What a target should be, read from the layer's input and output */

typedef struct {
    const double *in, *out; /* of the head, one sample */
    const layer *l;
    attr_detection place; /* of a detector; of a classifier only the class */
    int detector;
} reading;

static size_t planar(const reading *r, int entry) {
    const layer *l = r->l;
    int entries = (l->type == YOLO ? 4 : l->coords) + 1 + l->classes;
    return (((size_t)r->place.anchor * entries + entry) * l->h + r->place.row) * l->w + r->place.column;
}

static size_t class_place(const reading *r, int class_index) {
    const layer *l = r->l;
    if (!r->detector) return class_index;
    if (l->type == DETECTION) return (r->place.row * l->side + r->place.column) * l->classes + class_index;
    return planar(r, (l->type == YOLO ? 4 : l->coords) + 1 + class_index);
}

static size_t objectness_place(const reading *r) {
    const layer *l = r->l;
    if (l->type == DETECTION)
        return l->side * l->side * l->classes + (r->place.row * l->side + r->place.column) * l->n + r->place.anchor;
    return planar(r, l->type == YOLO ? 4 : l->coords);
}

/* Darknet's get_yolo_box(), get_region_box() and get_detection_boxes(), in double precision, without a letterbox. */
static double expected_of_box(const reading *r, int k) {
    const layer *l = r->l;
    int across = k % 2 == 0, cell = across ? r->place.column : r->place.row;
    if (l->type == DETECTION) {
        int box = (r->place.row * l->side + r->place.column) * l->n + r->place.anchor;
        double z = r->out[l->side * l->side * (l->classes + l->n) + 4 * box + k];
        return k < 2 ? (cell + z) / l->side : l->sqrt ? z * z : z;
    }
    double z = r->out[planar(r, k)], cells = across ? l->w : l->h;
    if (k < 2) return (cell + z) / cells;
    if (l->type == YOLO) return exp(z) * l->biases[2 * l->mask[r->place.anchor] + k - 2] / cells; /* stride 1 */
    return exp(z) * l->biases[2 * r->place.anchor + k - 2] / cells;
}

static double expected_value(const reading *r, attr_quantity quantity) {
    int is_tree = (r->l->type == SOFTMAX || r->l->type == REGION) && r->l->softmax_tree, c = r->place.class_index;
    int plain = !r->detector && r->l->type != SOFTMAX && r->l->type != LOGXENT;
    double p = r->out[class_place(r, c)], objectness = 1;
    for (int a = is_tree ? parents[c] : -1; a >= 0; a = parents[a]) p *= r->out[class_place(r, a)];
    if (r->detector && !(r->l->type == REGION && r->l->background)) objectness = r->out[objectness_place(r)];
    switch (quantity) {
    case ATTR_TARGET_AUTO:
        return r->detector ? objectness * p : plain ? p : r->in[class_place(r, c)];
    case ATTR_TARGET_LOGIT:
        return plain ? p : r->in[class_place(r, c)];
    case ATTR_TARGET_PROBABILITY:
        return p;
    case ATTR_TARGET_LOG_PROBABILITY:
        return log(p);
    case ATTR_TARGET_OBJECTNESS:
        return objectness;
    case ATTR_TARGET_OBJECTNESS_LOGIT:
        return r->in[objectness_place(r)];
    case ATTR_TARGET_SCORE:
        return objectness * p;
    default:
        return expected_of_box(r, (int)quantity - ATTR_TARGET_X);
    }
}

/* ---- The checks */

/* What the target reads: the head's input, or the output where no head follows. */
static double *tensor_of(const attr_op *op, double **gradient) {
    int plain = op->l->type == CONNECTED || op->l->type == AVGPOOL;
    *gradient = plain ? (double *)op->dout : (double *)op->din[0];
    return plain ? (double *)op->out : (double *)op->in[0];
}

typedef double (*value_function)(const attr_target *t, attr_engine *e, int sample);
typedef void (*seed_function)(const attr_target *t, attr_engine *e, int sample, double weight);

/* The seed against finite differences of the value. */
static void check_seed(const engine_pair *n, const attr_op *op, const attr_target *t, const char *name,
                       value_function value_of, seed_function seed) {
    double *gradient, *z = tensor_of(op, &gradient), h = 1e-3;
    size_t size = op->outputs;
    double *slopes = test_allocate(size, sizeof *slopes), *got = test_allocate(size, sizeof *got);
    for (size_t i = 0; i < size; i++) {
        double middle = z[SAMPLE * size + i], f[5];
        for (int k = -2; k <= 2; k++) {
            z[SAMPLE * size + i] = middle + k * h;
            f[k + 2] = value_of(t, n->twin, SAMPLE);
        }
        z[SAMPLE * size + i] = middle;
        slopes[i] = (8 * (f[3] - f[1]) - (f[4] - f[0])) / (12 * h);
    }
    attr_engine_clear_gradients(n->twin, attr_target_layer(t));
    seed(t, n->twin, SAMPLE, 0.75);
    seed(t, n->twin, SAMPLE, -2.75);
    for (size_t i = 0; i < size; i++) got[i] = gradient[SAMPLE * size + i] / -2;
    double error = relative_error(got, slopes, size);
    cr_expect(error < 1e-9, "%s: the seed is %g off finite differences", name, error);
    for (size_t i = 0; i < size; i++)
        cr_assert(gradient[i] == 0, "%s: the gradient of another sample was written, element %zu", name, i);
    free(slopes);
    free(got);
}

static void expect_number(double got, double expected, const char *name, const char *what) {
    cr_expect(fabs(got - expected) <= 1e-13 * (1 + fabs(expected)), "%s, %s: %.17g, expected %.17g", name, what, got,
              expected);
}

/* What a quantity's probability is, as a quantity. */
static attr_quantity probability_of(const reading *r, attr_quantity quantity) {
    if (quantity == ATTR_TARGET_AUTO) return r->detector ? ATTR_TARGET_SCORE : ATTR_TARGET_PROBABILITY;
    if (quantity == ATTR_TARGET_OBJECTNESS_LOGIT) return ATTR_TARGET_OBJECTNESS;
    return quantity >= ATTR_TARGET_OBJECTNESS ? quantity : ATTR_TARGET_PROBABILITY;
}

/* The largest of the classes that compete; in a tree on the way from the root. */
static int expected_winner(const reading *r) {
    int is_tree = (r->l->type == SOFTMAX || r->l->type == REGION) && r->l->softmax_tree, c = r->place.class_index;
    int classes = r->detector ? r->l->classes : r->l->outputs, groups = r->l->type == SOFTMAX ? r->l->groups : 1;
    int path[8], length = 0;
    for (int a = c; a >= 0; a = is_tree ? parents[a] : -1) path[length++] = a;
    for (int i = length - 1; i >= 0; i--) {
        int best = -1;
        for (int k = 0; k < classes; k++) {
            int rival = is_tree ? parents[k] == parents[path[i]] : k / (classes / groups) == c / (classes / groups);
            if (rival && (best < 0 || r->in[class_place(r, k)] > r->in[class_place(r, best)])) best = k;
        }
        /* the background stands where the objectness would */
        if (i == 0 && !is_tree && r->l->type == REGION && r->l->background && r->l->softmax &&
            r->in[objectness_place(r)] > r->in[class_place(r, best)])
            best = -1;
        if (best != path[i]) return best;
    }
    return c;
}

static void check_probability(const engine_pair *n, const attr_op *op, const attr_target *t, const reading *r,
                              attr_quantity quantity, const char *name) {
    double p = expected_value(r, probability_of(r, quantity));
    expect_number(attr_target_probability(t, n->twin, SAMPLE), p, name, "probability");
    expect_number(attr_target_log_probability(t, n->twin, SAMPLE), log(p), name, "its logarithm");
    check_seed(n, op, t, name, attr_target_probability, attr_target_seed_probability);
    check_seed(n, op, t, name, attr_target_log_probability, attr_target_seed_log_probability);
    int winner = attr_target_predicted(t, n->twin, SAMPLE), expected = expected_winner(r);
    cr_expect_eq(winner, expected, "%s: class %d wins, expected %d", name, winner, expected);
}

static void check(const engine_pair *n, const attr_op *op, const attr_target *t, const reading *r,
                  attr_quantity quantity) {
    char name[600];
    snprintf(name, sizeof name, "%s\n  target=%s, class %d, anchor %d, row %d, column %d", n->cfg,
             attr_quantity_name(quantity), r->place.class_index, r->place.anchor, r->place.row, r->place.column);
    expect_number(attr_target_value(t, n->twin, SAMPLE), expected_value(r, quantity), name, "value");
    check_seed(n, op, t, name, attr_target_value, attr_target_seed);
    int plain = op->l->type == CONNECTED || op->l->type == AVGPOOL || quantity >= ATTR_TARGET_X;
    attr_status status = attr_target_needs_probability(t, n->twin, "relex");
    cr_expect_eq(status, plain ? ATTR_BAD_INPUT : ATTR_OK, "%s: probabilities are %s", name, attr_status_name(status));
    if (!plain) check_probability(n, op, t, r, quantity, name);
}

/* Random numbers in the head's input (positive ones for a [detection], so that logarithms exist), and its forward. */
static void fill_head(engine_pair *n, const attr_op *op) {
    int positive = op->l->type == DETECTION || op->l->type == CONNECTED || op->l->type == AVGPOOL;
    double *unused, *z = tensor_of(op, &unused);
    for (size_t i = 0; i < n->inputs; i++) n->x[i] = (float)test_uniform(0, 1);
    for (int b = 0; b < BATCH; b++) attr_engine_set_input_f32(n->twin, b, n->x);
    attr_engine_forward(n->twin, BATCH);
    for (size_t i = 0; i < BATCH * op->outputs; i++) z[i] = test_uniform(positive ? 0.2 : -3, positive ? 0.99 : 3);
    if (z != op->out) op->kind->forward((attr_op *)op);
}

static reading reading_of(const attr_op *op, int detector, attr_detection place) {
    double *unused;
    return (reading){tensor_of(op, &unused) + SAMPLE * op->outputs, (double *)op->out + SAMPLE * op->outputs, op->l,
                     place, detector};
}

Test(targets, of_classes_have_the_value_and_the_seed_of_their_formula) {
    for (size_t i = 0; i < sizeof classifiers / sizeof *classifiers; i++) {
        engine_pair n;
        make(&n, classifiers[i]);
        const attr_op *op = attr_engine_op(n.twin, attr_output_layer(n.twin));
        int head = op->l->type == SOFTMAX || op->l->type == LOGXENT;
        fill_head(&n, op);
        cr_expect(!attr_is_detector(n.twin), "%s: taken for a detector", n.cfg);
        cr_expect_eq((size_t)attr_class_count(n.twin), op->outputs, "%s: %d classes", n.cfg, attr_class_count(n.twin));
        for (int c = 0; c < attr_class_count(n.twin); c++) {
            reading r = reading_of(op, 0, (attr_detection){.class_index = c});
            for (int q = 0; q <= (head ? ATTR_TARGET_LOG_PROBABILITY : ATTR_TARGET_LOGIT); q++) {
                attr_target *t = test_target(n.single, q, c); /* made with another engine than the one read */
                check(&n, op, t, &r, q);
                attr_target_free(t);
            }
        }
        engine_pair_free(&n);
    }
}

static int is_possible(const layer *l, int quantity) {
    if (l->type == REGION && l->background)
        return quantity != ATTR_TARGET_OBJECTNESS && quantity != ATTR_TARGET_OBJECTNESS_LOGIT;
    return l->type != DETECTION || quantity != ATTR_TARGET_OBJECTNESS_LOGIT;
}

Test(targets, of_detections_have_the_value_and_the_seed_of_their_formula) {
    for (size_t i = 0; i < sizeof detectors / sizeof *detectors; i++) {
        engine_pair n;
        make(&n, detectors[i]);
        const attr_op *op = attr_engine_op(n.twin, n.net->n - 1);
        const layer *l = op->l;
        int columns = l->type == DETECTION ? l->side : l->w, rows = l->type == DETECTION ? l->side : l->h;
        fill_head(&n, op);
        cr_expect(attr_is_detector(n.twin), "%s: not taken for a detector", n.cfg);
        for (int k = 0; k < rows * columns * l->n * l->classes; k++) {
            attr_detection d = {.layer = op->index,
                                .class_index = k % l->classes,
                                .anchor = k / l->classes % l->n,
                                .row = k / l->classes / l->n / columns,
                                .column = k / l->classes / l->n % columns};
            reading r = reading_of(op, 1, d);
            for (int q = 0; q < QUANTITIES; q++) {
                attr_target *t = NULL;
                if (!is_possible(l, q)) continue;
                cr_assert_eq(attr_target_of_detection(&t, n.single, q, &d), ATTR_OK, "%s: %s", n.cfg,
                             attr_error_message());
                check(&n, op, t, &r, q);
                attr_target_free(t);
            }
        }
        engine_pair_free(&n);
    }
}

/* ---- Scores are those of the detections */

Test(targets, give_the_numbers_of_the_detections) {
    static const char *const two_heads =
        GRID "16 [yolo] mask=0,2 anchors=2,3,4,5,6,7 num=3 classes=3 [route] layers=0 [convolutional] size=1 "
             "filters=8 activation=linear [yolo] mask=1 anchors=2,3,4,5,6,7 num=3 classes=3";
    for (size_t i = 0; i <= sizeof detectors / sizeof *detectors; i++) {
        engine_pair n;
        make(&n, i < sizeof detectors / sizeof *detectors ? detectors[i] : two_heads);
        attr_detection *found = NULL;
        int count = 0;
        attr_engine_set_input_f32(n.single, 0, n.x);
        attr_engine_forward(n.single, 1);
        attr_status status = attr_detect(&found, &count, n.single, 0, 30, 20, 0.05F, 0.1F, 0);
        cr_assert_eq(status, ATTR_OK, "%s: %s", n.cfg, attr_error_message());
        cr_expect(count > 0, "%s: no detection", n.cfg);
        for (int k = 0; k < count; k++) {
            const attr_detection *d = &found[k];
            const layer *l = attr_engine_op(n.single, d->layer)->l;
            /* with a tree of classes Darknet's score is the objectness alone */
            int tree_score = l->type == REGION && l->softmax_tree;
            double expected[] = {d->class_probability, d->objectness,
                                 tree_score ? d->objectness * d->class_probability : d->score};
            static const attr_quantity quantities[] = {ATTR_TARGET_PROBABILITY, ATTR_TARGET_OBJECTNESS,
                                                       ATTR_TARGET_SCORE};
            for (int q = 0; q < 3; q++) {
                attr_target *t = NULL;
                if (!is_possible(l, quantities[q])) continue;
                cr_assert_eq(attr_target_of_detection(&t, n.single, quantities[q], d), ATTR_OK, "%s",
                             attr_error_message());
                double value = attr_target_value(t, n.single, 0);
                cr_expect(fabs(value - expected[q]) < 1e-6, "%s\n  detection %d, target=%s: %g, the detection has %g",
                          n.cfg, k, attr_quantity_name(quantities[q]), value, expected[q]);
                attr_target_free(t);
            }
        }
        free(found);
        engine_pair_free(&n);
    }
}

/* ---- Probabilities that are taken as they come */

Test(targets, of_a_layer_that_predicts_probabilities_directly_are_finite_whatever_it_predicts) {
    static const double z[] = {-1e6, -1, 0, 9e-4, 1.1e-3, 0.5, 1, 1e6};
    engine_pair n;
    make(&n, detectors[8]);
    attr_op *op = attr_engine_op(n.twin, n.net->n - 1);
    attr_detection d = {.layer = op->index, .class_index = 1, .row = 1};
    attr_target *t = NULL;
    cr_assert_eq(attr_target_of_detection(&t, n.single, ATTR_TARGET_PROBABILITY, &d), ATTR_OK);
    fill_head(&n, op);
    double before = -INFINITY, *gradient = op->din[0];
    for (size_t i = 0; i < sizeof z / sizeof *z; i++) {
        size_t at = attr_target_entry(t);
        ((double *)op->in[0])[at] = z[i];
        double p = attr_target_probability(t, n.twin, 0), log_p = attr_target_log_probability(t, n.twin, 0);
        double inside = z[i] < 0 ? 0 : z[i] > 1 ? 1 : z[i];
        cr_expect_eq(p, inside, "z = %g: p is %g", z[i], p);
        cr_expect(isfinite(log_p) && log_p <= 0 && log_p >= before, "z = %g: log p is %g, before %g", z[i], log_p,
                  before);
        if (z[i] >= 1e-3 && z[i] <= 1) cr_expect_eq(log_p, log(z[i]), "z = %g: log p is %g", z[i], log_p);
        before = log_p;
        attr_engine_clear_gradients(n.twin, op->index);
        attr_target_seed_probability(t, n.twin, 0, 1);
        cr_expect_eq(gradient[at], z[i] >= 0 && z[i] <= 1, "z = %g: the slope is %g", z[i], gradient[at]);
        attr_engine_clear_gradients(n.twin, op->index);
        attr_target_seed_log_probability(t, n.twin, 0, 1);
        cr_expect(isfinite(gradient[at]) && (z[i] >= 1 || gradient[at] > 0), "z = %g: the logarithm's slope is %g",
                  z[i], gradient[at]);
    }
    attr_target_free(t);
    engine_pair_free(&n);
}

/* ---- Another class */

static int related(int a, int b) {
    for (int c = a; c >= 0; c = parents[c])
        if (c == b) return 1;
    for (int c = b; c >= 0; c = parents[c])
        if (c == a) return 1;
    return 0;
}

static void count_others(const engine_pair *n, const attr_target *t, int class_index, int classes, int is_tree) {
    enum { DRAWS = 720 };
    int seen[16] = {0}, others = 0;
    for (int i = 0; i < DRAWS; i++) {
        attr_target *other = NULL;
        cr_assert_eq(attr_target_of_other_class(&other, t, n->single, (i + 0.5) / DRAWS), ATTR_OK, "%s: %s", n->cfg,
                     attr_error_message());
        cr_expect(attr_target_quantity(other) == attr_target_quantity(t) &&
                      attr_target_layer(other) == attr_target_layer(t),
                  "%s", n->cfg);
        seen[attr_target_class(other)]++;
        attr_target_free(other);
    }
    for (int k = 0; k < classes; k++) others += is_tree ? !related(k, class_index) : k != class_index;
    for (int k = 0; k < classes; k++) {
        int expected = (is_tree ? !related(k, class_index) : k != class_index) ? DRAWS / others : 0;
        cr_expect(abs(seen[k] - expected) <= 1, "%s\n  class %d instead of %d: %d times of %d, expected %d", n->cfg, k,
                  class_index, seen[k], DRAWS, expected);
    }
}

Test(targets, of_another_class_are_chosen_evenly_and_never_from_the_same_path) {
    for (int i = 0; i < 4; i++) {
        engine_pair n;
        make(&n, classifiers[i]);
        for (int c = 0; c < attr_class_count(n.single); c++) {
            attr_target *t = test_target(n.single, ATTR_TARGET_AUTO, c);
            count_others(&n, t, c, attr_class_count(n.single), i == 2);
            attr_target_free(t);
        }
        engine_pair_free(&n);
    }
    engine_pair n;
    make(&n, detectors[0]);
    attr_detection d = {.layer = 1, .class_index = 2, .anchor = 1, .row = 1, .column = 2};
    attr_target *t = NULL, *other = NULL;
    cr_assert_eq(attr_target_of_detection(&t, n.single, ATTR_TARGET_SCORE, &d), ATTR_OK);
    count_others(&n, t, 2, 3, 0);
    cr_assert_eq(attr_target_of_other_class(&other, t, n.single, 0), ATTR_OK);
    cr_expect_eq(attr_target_entry(other) + 2 * (size_t)(2 * 3), attr_target_entry(t), "another cell");
    attr_target_free(other);
    attr_target_free(t);
    cr_assert_eq(attr_target_of_detection(&t, n.single, ATTR_TARGET_OBJECTNESS, &d), ATTR_OK);
    cr_expect_eq(attr_target_of_other_class(&other, t, n.single, 0), ATTR_BAD_INPUT);
    attr_target_free(t);
    engine_pair_free(&n);
}
