/* Detections: the plugin's decoder against Darknet's own. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "layer_harness.h"
#include "targets/heads.h"
#include "targets/nms.h"

typedef struct {
    const char *cfg;
    int picture_w, picture_h;
    float thresh, hier, nms;
    int ties; /* outputs are rounded to multiples of 1/8, so that many scores are equal */
} detect_row;

static char *describe(const detect_row *r) {
    static char text[1024];
    snprintf(text, sizeof text, "%s picture %dx%d thresh %g hier %g nms %g ties %d", r->cfg, r->picture_w, r->picture_h,
             r->thresh, r->hier, r->nms, r->ties);
    return text;
}

static int is_head(const layer *l) {
    return l->type == YOLO || l->type == REGION || l->type == DETECTION;
}

/* The part of a detection that Darknet, too, knows, and by which both lists are sorted. */
typedef struct {
    float score, x, y, w, h;
    int class_index;
} known;

static int compare_known(const void *pa, const void *pb) {
    const known *a = pa, *b = pb;
    if (a->class_index != b->class_index) return a->class_index - b->class_index;
    const float left[] = {a->score, a->x, a->y, a->w, a->h}, right[] = {b->score, b->x, b->y, b->w, b->h};
    for (int i = 0; i < 5; i++)
        if (left[i] != right[i]) return left[i] > right[i] ? -1 : 1;
    return 0;
}

/* What `darknet detector test` does after the forward; boxes relative to the picture. */
static known *ask_darknet(int *count, network *net, const detect_row *r) {
    /* YOLOv1's decoder multiplies by the size, whether or not relative boxes are asked for. */
    int v1 = net->layers[net->n - 1].type == DETECTION;
    int boxes = 0, classes = net->layers[net->n - 1].classes;
    detection *dets =
        get_network_boxes(net, v1 ? 1 : r->picture_w, v1 ? 1 : r->picture_h, r->thresh, r->hier, 0, 1, &boxes);
    if (r->nms > 0) do_nms_sort(dets, boxes, classes, r->nms);
    known *list = calloc((size_t)boxes * classes + 1, sizeof *list);
    *count = 0;
    for (int i = 0; i < boxes; i++) {
        const box b = dets[i].bbox;
        for (int c = 0; c < classes; c++)
            if (dets[i].prob[c] > r->thresh) list[(*count)++] = (known){dets[i].prob[c], b.x, b.y, b.w, b.h, c};
    }
    free_detections(dets, boxes);
    qsort(list, (size_t)*count, sizeof *list, compare_known);
    return list;
}

static known *ask_plugin(const attr_detection *found, int count) {
    known *list = calloc((size_t)count + 1, sizeof *list);
    for (int i = 0; i < count; i++) {
        const attr_detection *d = &found[i];
        list[i] = (known){d->score, d->x, d->y, d->w, d->h, d->class_index};
    }
    qsort(list, (size_t)count, sizeof *list, compare_known);
    return list;
}

/* Gives the engine's outputs of the heads to Darknet, so that the decoders read the same numbers. */
static void share_outputs(network *net, attr_engine *e, int sample, int ties) {
    for (int i = 0; i < net->n; i++) {
        layer *l = &net->layers[i];
        attr_op *op = attr_engine_op(e, i);
        if (!is_head(l)) continue;
        float *out = (float *)op->out + sample * op->outputs;
        for (size_t j = 0; ties && j < op->outputs; j++) out[j] = roundf(out[j] * 8) / 8;
        memcpy(l->output, out, op->outputs * sizeof *out);
    }
}

/* The number at the place that a detection says it comes from. */
static double value_at(attr_engine *e, int sample, const attr_detection *d, int entry) {
    const attr_op *op = attr_engine_op(e, d->layer);
    const layer *l = op->l;
    int entries = (l->type == YOLO ? 4 : l->coords) + 1 + l->classes, plane = l->w * l->h;
    double value;
    size_t place = (size_t)(d->anchor * entries + entry) * plane + d->row * l->w + d->column;
    attr_tensor_read(&value, op->writes, sample, place, 1);
    return value;
}

static void check_place(attr_engine *e, int sample, const attr_detection *d, const char *text) {
    const layer *l = attr_engine_op(e, d->layer)->l;
    cr_expect(d->anchor >= 0 && d->anchor < l->n && d->row >= 0 && d->row < l->h && d->column >= 0 && d->column < l->w,
              "%s: anchor %d, row %d, column %d", text, d->anchor, d->row, d->column);
    if (l->type == DETECTION || l->softmax_tree) return; /* their scores, which are compared, say enough */
    int coords = l->type == YOLO ? 4 : l->coords;
    double objectness = l->background ? 1 : value_at(e, sample, d, coords);
    cr_expect_eq(d->objectness, (float)objectness, "%s: objectness %g, at its place %g", text, d->objectness,
                 objectness);
    double p = value_at(e, sample, d, coords + 1 + d->class_index);
    cr_expect_eq(d->class_probability, (float)p, "%s: class probability %g, at its place %g", text,
                 d->class_probability, p);
    cr_expect_eq(d->score, d->objectness * d->class_probability, "%s: score %g", text, d->score);
}

/* The last sample of a batch of two. Returns how many detections there are. */
static int check_detections(const detect_row *r) {
    const char *text = describe(r);
    network *net = make_test_network(r->cfg, 2);
    attr_engine *e;
    cr_assert_eq(attr_engine_create(&e, net, ATTR_F32, 2, ATTR_KEEP_ALL), ATTR_OK, "%s: %s", text,
                 attr_error_message());
    float *x = calloc(net->inputs, sizeof *x);
    for (int b = 0; b < 2; b++) {
        for (int i = 0; i < net->inputs; i++) x[i] = (float)test_uniform(-1.7, 1.7);
        attr_engine_set_input_f32(e, b, x);
    }
    attr_engine_forward(e, 2);
    share_outputs(net, e, 1, r->ties);

    attr_detection *found;
    int count, expected_count;
    attr_status status = attr_detect(&found, &count, e, 1, r->picture_w, r->picture_h, r->thresh, r->hier, r->nms);
    cr_assert_eq(status, ATTR_OK, "%s: %s", text, attr_error_message());
    known *list = ask_plugin(found, count), *expected = ask_darknet(&expected_count, net, r);
    cr_expect_eq(count, expected_count, "%s: %d detections, Darknet has %d", text, count, expected_count);
    for (int i = 0; i < count && i < expected_count; i++) {
        const float *a = &list[i].score, *b = &expected[i].score;
        cr_expect(list[i].class_index == expected[i].class_index && list[i].score == expected[i].score,
                  "%s: class %d score %.9g, Darknet's class %d score %.9g", text, list[i].class_index, list[i].score,
                  expected[i].class_index, expected[i].score);
        for (int j = 1; j < 5; j++)
            cr_expect(fabsf(a[j] - b[j]) <= 1e-6f * fmaxf(1, fabsf(b[j])),
                      "%s: box %d, number %d: %.9g, Darknet's %.9g", text, i, j, a[j], b[j]);
    }
    for (int i = 0; i < count; i++) {
        check_place(e, 1, &found[i], text);
        if (i > 0) cr_expect(found[i].score <= found[i - 1].score, "%s: not sorted at %d", text, i);
    }
    free(list);
    free(expected);
    free(found);
    free(x);
    attr_engine_free(e);
    free_test_network(net);
    return count;
}

static const struct { int w, h; } pictures[] = {{16, 12}, {640, 427}, {300, 500}, {33, 32}};

/* A network in pictures of several shapes, with several thresholds, with and without NMS and ties. */
static void check_network(const char *cfg, float hier) {
    int most = 0, suppressed = 0;
    for (size_t p = 0; p < sizeof pictures / sizeof *pictures; p++) {
        for (int ties = 0; ties < 2; ties++) {
            detect_row row = {cfg, pictures[p].w, pictures[p].h, .1f + .15f * (p % 2), hier, 0, ties};
            int all = check_detections(&row);
            row.nms = p < 2 ? .45f : .3f;
            suppressed += all - check_detections(&row);
            if (all > most) most = all;
        }
    }
    cr_expect(most >= 10 && suppressed > 0, "%s: at most %d boxes, %d suppressed: nothing was tested", cfg, most,
              suppressed);
}

#define CONV "[convolutional] size=1 stride=1 activation=linear filters="

Test(heads, yolo_detections_are_those_of_darknet) {
    check_network("[net] height=12 width=16 channels=3 " CONV
                  "27 [yolo] classes=4 num=6 mask=1,3,5 anchors=4,5,6,4,7,9,9,7,12,11,14,10 [route] layers=-2 "
                  "[upsample] stride=2 " CONV
                  "27 [yolo] classes=4 num=6 mask=0,2,4 anchors=4,5,6,4,7,9,9,7,12,11,14,10 ",
                  .5);
    check_network("[net] height=9 width=5 channels=3 " CONV "6 [yolo] classes=1 num=1 anchors=4,5 ", .5);
}

Test(heads, region_detections_are_those_of_darknet) {
    check_network(
        "[net] height=7 width=9 channels=3 " CONV "24 [region] classes=3 num=3 softmax=1 anchors=1,2,3,1,2,2 ", .5);
    check_network(
        "[net] height=9 width=7 channels=3 " CONV "24 [region] classes=3 num=3 softmax=0 anchors=1,2,3,1,2,2 ", .5);
    check_network("[net] height=7 width=9 channels=3 " CONV
                  "24 [region] classes=3 num=3 softmax=1 background=1 anchors=1,2,3,1,2,2 ",
                  .5);
    check_network("[net] height=7 width=7 channels=3 " CONV
                  "20 [region] classes=3 num=2 coords=6 softmax=1 anchors=2,2,3,2 ",
                  .5);
}

Test(heads, region_detections_with_a_tree_are_those_of_darknet) {
    char path[] = "/tmp/attr-tree-XXXXXX", cfg[512];
    FILE *file = fdopen(mkstemp(path), "w");
    cr_assert(file, "%s", path);
    const int parents[] = {-1, -1, -1, 0, 0, 2, 2, 2, 3, 3};
    for (int i = 0; i < 10; i++) fprintf(file, "n%d %d\n", i, parents[i]);
    fclose(file);
    snprintf(cfg, sizeof cfg,
             "[net] height=7 width=9 channels=3 " CONV
             "45 [region] classes=10 num=3 softmax=1 anchors=1,2,3,1,2,2 tree=%s",
             path);
    const float hiers[] = {0, .1f, .3f, .5f, .9f};
    for (int i = 0; i < 5; i++) check_network(cfg, hiers[i]);
    unlink(path);
}

Test(heads, yolov1_detections_are_those_of_darknet) {
    check_network("[net] height=5 width=5 channels=3 [connected] output=325 activation=linear [detection] classes=3 "
                  "coords=4 side=5 num=2 softmax=1 sqrt=1 ",
                  .5);
    check_network("[net] height=5 width=5 channels=3 [connected] output=800 activation=linear [detection] classes=2 "
                  "coords=4 side=5 num=6 ",
                  .5);
}

/* One box, worked out by hand: what the tests above take from Darknet. */
Test(heads, a_detection_keeps_its_place_and_leaves_the_letterbox) {
    network *net = make_test_network("[net] height=4 width=4 channels=6 [yolo] classes=1 num=1 anchors=2,1 ", 1);
    attr_engine *e;
    float x[96];
    for (int i = 0; i < 96; i++) x[i] = -9;
    const int cell = 2 * 4 + 1; /* row 2, column 1 */
    x[0 * 16 + cell] = x[1 * 16 + cell] = x[2 * 16 + cell] = x[3 * 16 + cell] = 0;
    x[4 * 16 + cell] = x[5 * 16 + cell] = 2;
    cr_assert_eq(attr_engine_create(&e, net, ATTR_F64, 1, ATTR_KEEP_ALL), ATTR_OK, "%s", attr_error_message());
    attr_engine_set_input_f32(e, 0, x);
    attr_engine_forward(e, 1);
    attr_detection *d;
    int count;
    cr_assert_eq(attr_detect(&d, &count, e, 0, 200, 100, .5f, .5f, .45f), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(count, 1, "%d detections", count);
    cr_expect(d->layer == 0 && d->anchor == 0 && d->row == 2 && d->column == 1 && d->class_index == 0,
              "layer %d anchor %d row %d column %d class %d", d->layer, d->anchor, d->row, d->column, d->class_index);
    /* The picture, twice as wide as high, fills rows 1 and 2 of the network's input. */
    const double p = 1 / (1 + exp(-2)), expected[] = {p, p, p * p, 1.5 / 4, (2.5 - 1) / 2, 2. / 4, 1. / 2};
    const float got[] = {d->objectness, d->class_probability, d->score, d->x, d->y, d->w, d->h};
    for (int i = 0; i < 7; i++)
        cr_expect(fabs(got[i] - expected[i]) < 1e-6, "%d: %g, expected %g", i, got[i], expected[i]);
    free(d);

    /* A picture so long that its letterbox would have no row (Darknet divides by 0 there). */
    cr_assert_eq(attr_detect(&d, &count, e, 0, 1000, 1, .5f, .5f, .45f), ATTR_OK, "%s", attr_error_message());
    cr_expect(count == 1 && isfinite(d->y) && isfinite(d->h), "%d detections", count);
    free(d);
    attr_engine_free(e);
    free_test_network(net);
}

Test(heads, equal_boxes_overlap_wholly_and_distant_ones_not) {
    const attr_detection a = {.x = .5f, .y = .5f, .w = .2f, .h = .4f}, b = {.x = .6f, .y = .5f, .w = .2f, .h = .4f};
    const attr_detection c = {.x = .8f, .y = .5f, .w = .2f, .h = .4f};
    cr_expect(fabsf(attr_box_iou(&a, &a) - 1) < 1e-6, "%g", attr_box_iou(&a, &a));
    cr_expect(fabsf(attr_box_iou(&a, &b) - 1 / 3.f) < 1e-6, "%g", attr_box_iou(&a, &b));
    cr_expect_eq(attr_box_iou(&a, &c), 0, "%g", attr_box_iou(&a, &c));
}

Test(heads, numbers_that_are_not_finite_are_no_detections) {
    network *net = make_test_network("[net] height=4 width=4 channels=6 [yolo] classes=1 num=1 anchors=2,1 ", 1);
    attr_engine *e;
    float x[96];
    for (int i = 0; i < 96; i++) x[i] = NAN;
    cr_assert_eq(attr_engine_create(&e, net, ATTR_F32, 1, ATTR_KEEP_ALL), ATTR_OK, "%s", attr_error_message());
    attr_engine_set_input_f32(e, 0, x);
    attr_engine_forward(e, 1);
    attr_detection *d;
    int count;
    cr_assert_eq(attr_detect(&d, &count, e, 0, 200, 100, .5f, .5f, .45f), ATTR_OK, "%s", attr_error_message());
    cr_expect(count == 0 && !d, "%d detections", count);
    attr_engine_free(e);
    free_test_network(net);
}

Test(heads, a_network_without_heads_is_refused) {
    network *net = make_test_network("[net] height=2 width=2 channels=3 [softmax] ", 1);
    attr_engine *e;
    cr_assert_eq(attr_engine_create(&e, net, ATTR_F32, 1, ATTR_KEEP_ALL), ATTR_OK, "%s", attr_error_message());
    attr_detection *d;
    int count;
    cr_expect_eq(attr_detect(&d, &count, e, 0, 20, 10, .5f, .5f, .45f), ATTR_BAD_INPUT, "accepted");
    attr_engine_free(e);
    free_test_network(net);
}

/* ---- A real detector */

typedef struct {
    char picture[64];
    int class_index;
    float numbers[5]; /* score, x, y, w, h */
} golden;

static int read_golden(golden *rows, int most, const char *path) {
    FILE *file = fopen(path, "r");
    cr_assert(file, "%s", path);
    int count = 0;
    for (golden g; count < most && fscanf(file, "%63s %d %f %f %f %f %f", g.picture, &g.class_index, &g.numbers[0],
                                          &g.numbers[1], &g.numbers[2], &g.numbers[3], &g.numbers[4]) == 7;)
        rows[count++] = g;
    fclose(file);
    return count;
}

static int matches(const golden *g, const attr_detection *d) {
    const float numbers[] = {d->score, d->x, d->y, d->w, d->h};
    int same = g->class_index == d->class_index;
    for (int i = 0; i < 5; i++) same &= fabsf(g->numbers[i] - numbers[i]) < 2e-4;
    return same;
}

static void check_picture(attr_engine *e, const network *net, const char *folder, const golden *rows, int count) {
    char path[4096];
    snprintf(path, sizeof path, "%s/data/%s", folder, rows->picture);
    image picture = load_image_color(path, 0, 0), boxed = letterbox_image(picture, net->w, net->h);
    attr_engine_set_input_f32(e, 0, boxed.data);
    attr_engine_forward(e, 1);
    attr_detection *d;
    int found;
    attr_status status = attr_detect(&d, &found, e, 0, picture.w, picture.h, .3f, .5f, .45f);
    cr_assert_eq(status, ATTR_OK, "%s: %s", path, attr_error_message());
    cr_expect_eq(found, count, "%s: %d detections, expected %d", path, found, count);
    for (int i = 0; i < count; i++) {
        int hits = 0;
        for (int j = 0; j < found; j++) hits += matches(&rows[i], &d[j]);
        cr_expect_eq(hits, 1, "%s: class %d score %.4f is found %d times", path, rows[i].class_index,
                     rows[i].numbers[0], hits);
    }
    free(d);
    free_image(picture);
    free_image(boxed);
}

Test(heads, yolo_fastest_finds_what_it_finds_in_darknet) {
    const char *data = getenv("ATTRIBUTION_TESTDATA"), *build = getenv("ATTRIBUTION_BUILD");
    if (!data || !build) cr_skip("ATTRIBUTION_TESTDATA or ATTRIBUTION_BUILD is not set");
    char cfg[4096], weights[4096], table[4096];
    snprintf(cfg, sizeof cfg, "%s/models/yolo-fastest/yolo-fastest-1.1.cfg", data);
    snprintf(weights, sizeof weights, "%s/models/yolo-fastest/yolo-fastest-1.1.weights", data);
    snprintf(table, sizeof table, "%s/golden/det_yolo-fastest-1.1.tsv", data);
    network *net = load_network(cfg, weights, 0);
    attr_engine *e;
    cr_assert_eq(attr_engine_create(&e, net, ATTR_F32, 1, ATTR_KEEP_ALL), ATTR_OK, "%s", attr_error_message());
    golden rows[256];
    int count = read_golden(rows, 256, table);
    cr_assert(count > 0, "%s is empty", table);
    for (int first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && strcmp(rows[last].picture, rows[first].picture) == 0;) last++;
        check_picture(e, net, build, rows + first, last - first);
    }
    attr_engine_free(e);
    free_network(net);
}
