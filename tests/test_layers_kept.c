/* What an engine keeps of layers for the methods that look at them, whatever else shares memory. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_pair.h"
#include "images/letterbox.h"
#include "layer_harness.h"
#include "methods/layer_choice.h"
#include "model/model.h"

static const attr_method words[] = {ATTR_METHOD_GRADCAM, ATTR_METHOD_GRADCAM_PP, ATTR_METHOD_LAYERCAM,
                                    ATTR_METHOD_GRADIENT_X_ACTIVATION};
enum { WORDS = 4 };

#define BODY                                                                                                           \
    "[net] height=8 width=8 channels=3 [convolutional] filters=6 size=3 pad=1 activation=leaky [maxpool] size=2 "      \
    "stride=2 "

/* Both heads depend on layers 0 and 1. */
static const char *const two_heads =
    BODY "[dropout] [convolutional] filters=14 size=1 activation=linear [yolo] mask=0,1 anchors=2,3,4,5,6,7 classes=2 "
         "num=3 [route] layers=1 [upsample] stride=2 [route] layers=-1,0 [convolutional] filters=7 size=1 "
         "activation=linear [yolo] mask=2 anchors=2,3,4,5,6,7 classes=2 num=3";

static attr_method_settings settings_of(attr_method method, bool relu, const int *layers, size_t count) {
    return (attr_method_settings){.method = method, .relu = relu, .layers = layers, .layer_count = count};
}

Test(layer_methods, refuse_what_the_engine_does_not_keep) {
    engine_pair n;
    engine_pair_make(&n, BODY "[avgpool] [softmax]", 1);
    attr_engine *e = NULL;
    cr_assert_eq(attr_engine_create(&e, n.net, ATTR_F32, 1, ATTR_KEEP_NEEDED), ATTR_OK);
    attr_target *t = test_target(e, ATTR_TARGET_LOGIT, 1);
    attr_map map;
    attr_method_settings s = settings_of(ATTR_METHOD_GRADCAM, true, NULL, 0);
    attr_job job = {.engine = e, .x = n.x, .targets = &t, .target_count = 1, .settings = &s};
    cr_expect_eq(attr_method_run(&map, &job), ATTR_BAD_INPUT);
    cr_expect(strstr(attr_error_message(), "the engine does not keep layer 1"), "\"%s\"", attr_error_message());
    attr_map_free(&map);
    attr_target_free(t);
    attr_engine_free(e);
    engine_pair_free(&n);
}

/* ---- What the engine keeps */

/* The same bits whatever else shares memory, at every layer that is possible; targets of both heads at once. */
static void check_keeping(const engine_pair *n, int layer) {
    enum { TARGETS = 2 };
    bool kept[16] = {false};
    attr_engine *e = NULL;
    attr_target *targets[TARGETS];
    attr_detection place = {.layer = 4, .anchor = 1, .row = 1, .column = 2, .class_index = 1};
    attr_map lean[TARGETS], all[TARGETS];
    kept[layer] = true;
    attr_keep keep = {.layers = kept};
    cr_assert_eq(attr_engine_create(&e, n->net, ATTR_F32, 2, keep), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_target_of_detection(&targets[0], e, ATTR_TARGET_SCORE, &place), ATTR_OK);
    place.layer = 9;
    place.anchor = 0;
    cr_assert_eq(attr_target_of_detection(&targets[1], e, ATTR_TARGET_SCORE, &place), ATTR_OK);
    for (int k = 0; k < WORDS; k++) {
        attr_method_settings s = settings_of(words[k], false, &layer, 1);
        attr_job job = {.engine = e, .x = n->x, .targets = targets, .target_count = TARGETS, .settings = &s};
        cr_assert_eq(attr_method_run(lean, &job), ATTR_OK, "%s", attr_error_message());
        job.engine = n->single;
        cr_assert_eq(attr_method_run(all, &job), ATTR_OK, "%s", attr_error_message());
        for (int t = 0; t < TARGETS; t++) {
            cr_expect_eq(0, memcmp(lean[t].values, all[t].values, all[t].size * sizeof(double)),
                         "layer %d, target %d, method=%s", layer, t, attr_method_name(words[k]));
            attr_map_free(&lean[t]);
            attr_map_free(&all[t]);
        }
    }
    for (int t = 0; t < TARGETS; t++) attr_target_free(targets[t]);
    attr_engine_free(e);
}

Test(layer_methods, see_the_same_where_tensors_share_memory) {
    engine_pair n;
    engine_pair_make(&n, two_heads, 2);
    check_keeping(&n, 0);
    check_keeping(&n, 1);
    engine_pair_free(&n);
}

/* Shortcuts work in place, dropout and routes of one layer are views. */
Test(layer_methods, see_layers_that_are_overwritten_or_passed_on) {
    engine_pair n;
    engine_pair_make(&n,
                     "[net] height=10 width=7 channels=3 [convolutional] filters=16 size=3 pad=1 activation=leaky "
                     "[convolutional] filters=16 size=3 pad=1 activation=leaky [convolutional] filters=16 size=1 "
                     "activation=leaky [shortcut] from=-2 activation=leaky [dropout] [shortcut] from=0 "
                     "activation=linear [route] layers=-1 [convolutional] filters=8 size=1 activation=leaky "
                     "[connected] output=4 activation=linear [softmax]",
                     1);
    attr_target *on_all = test_target(n.single, ATTR_TARGET_LOGIT, 1);
    for (int layer = 0; layer < 8; layer++) {
        bool kept[16] = {false};
        attr_engine *e = NULL;
        kept[layer] = true;
        attr_keep keep = {.layers = kept};
        cr_assert_eq(attr_engine_create(&e, n.net, ATTR_F32, 1, keep), ATTR_OK, "%s", attr_error_message());
        attr_target *t = test_target(e, ATTR_TARGET_LOGIT, 1);
        attr_method_settings s = settings_of(ATTR_METHOD_GRADIENT_X_ACTIVATION, false, &layer, 1);
        attr_map lean = test_map(e, n.x, t, &s), all = test_map(n.single, n.x, on_all, &s);
        attr_map twin = test_map(n.twin, n.x, on_all, &s);
        cr_expect_eq(0, memcmp(lean.values, all.values, all.size * sizeof(double)), "layer %d", layer);
        double error = relative_error(lean.values, twin.values, twin.size);
        cr_expect_lt(error, 1e-5, "layer %d is %g off double precision", layer, error);
        attr_map_free(&lean);
        attr_map_free(&all);
        attr_map_free(&twin);
        attr_target_free(t);
        attr_engine_free(e);
    }
    attr_target_free(on_all);
    engine_pair_free(&n);
}

Test(layer_methods, give_several_layers_in_their_order_as_each_alone) {
    static const int layers[] = {0, 1, 2};
    enum { LAYERS = 3, TARGETS = 2 };
    engine_pair n;
    engine_pair_make(&n, BODY "[convolutional] filters=5 size=3 activation=relu [avgpool] [softmax]", 1);
    attr_target *targets[TARGETS] = {test_target(n.single, ATTR_TARGET_LOGIT, 1),
                                     test_target(n.single, ATTR_TARGET_PROBABILITY, 4)};
    attr_map maps[TARGETS * LAYERS];
    attr_method_settings s = settings_of(ATTR_METHOD_LAYERCAM, true, layers, LAYERS);
    attr_job job = {.engine = n.single, .x = n.x, .targets = targets, .target_count = TARGETS, .settings = &s};
    cr_assert_eq(attr_method_maps(&s), LAYERS);
    cr_assert_eq(attr_method_run(maps, &job), ATTR_OK, "%s", attr_error_message());
    for (int i = 0; i < TARGETS * LAYERS; i++) {
        attr_method_settings single = settings_of(ATTR_METHOD_LAYERCAM, true, &layers[i % LAYERS], 1);
        attr_map alone = test_map(n.single, n.x, targets[i / LAYERS], &single);
        cr_expect_eq(maps[i].layer.index, i % LAYERS);
        cr_expect_eq(0, memcmp(alone.values, maps[i].values, alone.size * sizeof(double)), "map %d", i);
        cr_expect_eq(alone.target, maps[i].target, "map %d", i);
        attr_map_free(&alone);
        attr_map_free(&maps[i]);
    }
    for (int t = 0; t < TARGETS; t++) attr_target_free(targets[t]);
    engine_pair_free(&n);
}

/* ---- A real network */

typedef struct {
    attr_cfg *cfg;
    attr_model *model;
    float *x;
} real_network;

static bool open_real(real_network *out) {
    char path[1024];
    const char *folder = getenv("ATTRIBUTION_TESTDATA");
    attr_picture picture = {0};
    attr_letterbox box;
    if (!folder) return false;
    snprintf(path, sizeof path, "%s/models/yolo-fastest/yolo-fastest-1.1.cfg", folder);
    cr_assert_eq(attr_cfg_read(&out->cfg, path, ATTR_CFG_NET), ATTR_OK, "%s", attr_error_message());
    snprintf(path, sizeof path, "%s/models/yolo-fastest/yolo-fastest-1.1.weights", folder);
    cr_assert_eq(attr_model_load(&out->model, out->cfg, path, 0, false), ATTR_OK, "%s", attr_error_message());
    const network *net = out->model->net;
    snprintf(path, sizeof path, "%s/coco/images/000000000086.jpg", folder);
    cr_assert_eq(attr_picture_read(&picture, path, net->c), ATTR_OK, "%s", attr_error_message());
    out->x = test_allocate((size_t)net->inputs, sizeof *out->x);
    attr_letterbox_make(&box, net->w, net->h, picture.w, picture.h);
    attr_letterbox_apply(out->x, &box, &picture);
    attr_picture_free(&picture);
    return true;
}

/* Every layer of activations that the head depends on; returns how many. */
static size_t list_possible(int layers[128], const network *net, int head) {
    size_t count = 0;
    for (int i = 0; i < head; i++)
        if (attr_layer_check(net->layers, head, i) == ATTR_OK) layers[count++] = i;
    return count;
}

static attr_map *maps_of(const real_network *n, attr_precision precision, attr_keep keep, int head,
                         const attr_method_settings *s) {
    attr_engine *e = NULL;
    attr_target *t = NULL;
    attr_detection place = {.layer = head, .anchor = 1, .row = 5, .column = 4, .class_index = 16};
    attr_map *maps = test_allocate(attr_method_maps(s), sizeof *maps);
    cr_assert_eq(attr_engine_create(&e, n->model->net, precision, 1, keep), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_target_of_detection(&t, e, ATTR_TARGET_LOGIT, &place), ATTR_OK, "%s", attr_error_message());
    attr_job job = {.engine = e, .x = n->x, .targets = &t, .target_count = 1, .settings = s};
    cr_assert_eq(attr_method_run(maps, &job), ATTR_OK, "%s", attr_error_message());
    attr_target_free(t);
    attr_engine_free(e);
    return maps;
}

/* What an engine keeps of all its layers while they share memory is what one keeps in which they do not, and nearly
 * what double precision has. */
static void check_real(const real_network *n, int head) {
    int layers[128];
    bool kept[256];
    attr_method_settings s = settings_of(ATTR_METHOD_GRADIENT_X_ACTIVATION, false, layers, 0);
    s.layer_count = list_possible(layers, n->model->net, head);
    attr_layers_to_keep(kept, n->model->net->layers, n->model->net->n, &s);
    attr_keep needed = {false, kept}, all = {true, kept};
    attr_map *lean = maps_of(n, ATTR_F32, needed, head, &s), *full = maps_of(n, ATTR_F32, all, head, &s);
    attr_map *twin = maps_of(n, ATTR_F64, needed, head, &s);
    double worst = 0;
    for (size_t k = 0; k < s.layer_count; k++) {
        cr_expect_eq(0, memcmp(lean[k].values, full[k].values, full[k].size * sizeof(double)), "head %d, layer %d",
                     head, layers[k]);
        double error = relative_error(lean[k].values, twin[k].values, twin[k].size);
        worst = error > worst ? error : worst;
        attr_map_free(&lean[k]);
        attr_map_free(&full[k]);
        attr_map_free(&twin[k]);
    }
    cr_expect_lt(worst, 1e-4, "head %d: a map of %zu is %g off double precision", head, s.layer_count, worst);
    free(lean);
    free(full);
    free(twin);
}

Test(layer_methods, see_every_layer_of_yolo_fastest) {
    real_network n;
    int layer;
    if (!open_real(&n)) cr_skip_test("ATTRIBUTION_TESTDATA is not set");
    static const int heads[][2] = {{121, 119}, {130, 128}};
    for (int k = 0; k < 2; k++) {
        cr_expect_eq(attr_layer_of_head(&layer, n.model->net->layers, heads[k][0]), ATTR_OK);
        cr_expect_eq(layer, heads[k][1], "head %d: layer %d", heads[k][0], layer);
        check_real(&n, heads[k][0]);
    }
    attr_model_free(n.model);
    attr_cfg_free(n.cfg);
    free(n.x);
}
