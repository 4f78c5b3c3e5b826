/* Methods that look at a layer: which one is taken, and what the engine keeps of it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine_pair.h"
#include "layer_harness.h"
#include "methods/layer_choice.h"
#include "small_network.h"

static const attr_method words[] = {ATTR_METHOD_GRADCAM, ATTR_METHOD_GRADCAM_PP, ATTR_METHOD_LAYERCAM,
                                    ATTR_METHOD_GRADIENT_X_ACTIVATION};
enum { WORDS = 4 };

static attr_method_settings settings_of(attr_method method, bool relu, const int *layers, size_t count) {
    return (attr_method_settings){.method = method, .relu = relu, .layers = layers, .layer_count = count};
}

/* ---- Which layer */

#define BODY                                                                                                           \
    "[net] height=8 width=8 channels=3 [convolutional] filters=6 size=3 pad=1 activation=leaky [maxpool] size=2 "      \
    "stride=2 "
#define YOLO_HEAD                                                                                                      \
    "[convolutional] filters=14 size=1 activation=linear [yolo] mask=0,1 anchors=2,3,4,5,6,7 classes=2 num=3 "

static const struct {
    const char *cfg;
    int head, layer;
} choices[] = {
    {BODY YOLO_HEAD, 3, 1},
    {BODY "[convolutional] filters=4 size=1 activation=linear " YOLO_HEAD, 4, 2}, /* as in Yolo-Fastest */
    {BODY "[dropout] " YOLO_HEAD "[route] layers=1 [upsample] stride=2 [route] layers=-1,0 " YOLO_HEAD, 4, 1},
    {BODY "[dropout] " YOLO_HEAD "[route] layers=1 [upsample] stride=2 [route] layers=-1,0 " YOLO_HEAD, 9, 7},
    {BODY "[convolutional] filters=14 size=1 activation=linear [region] anchors=1,2,3,4 num=2 classes=2 coords=4", 3,
     1},
    {BODY "[convolutional] filters=14 size=1 activation=leaky [region] anchors=1,2,3,4 num=2 classes=2 coords=4", 3, 1},
    {BODY "[connected] output=48 activation=linear [detection] side=2 num=2 classes=2 coords=4", 3, 1},
    {BODY "[local] filters=3 size=3 pad=1 activation=leaky [dropout] [connected] output=48 activation=linear "
          "[detection] side=2 num=2 classes=2 coords=4",
     5, 2},
    /* scores averaged, averages scored, scores that are activations */
    {BODY "[convolutional] filters=5 size=1 activation=linear [avgpool] [softmax]", 4, 1},
    {BODY "[convolutional] filters=5 size=1 activation=linear [avgpool] [dropout] [softmax] [cost] type=sse", 5, 1},
    {BODY "[shortcut] from=-1 activation=leaky [avgpool] [convolutional] filters=5 size=1 activation=linear [softmax]",
     5, 2},
    {BODY "[convolutional] filters=5 size=1 activation=leaky [avgpool]", 3, 2},
    {BODY "[convolutional] filters=5 size=1 activation=linear [avgpool] [connected] output=3 activation=linear", 4, 2},
    {BODY "[connected] output=9 activation=relu [dropout] [connected] output=5 activation=linear [softmax]", 5, 1},
    {"[net] height=4 width=4 channels=3 [convolutional] filters=5 size=1 activation=linear [avgpool] [softmax]", 2, 0},
    {"[net] height=4 width=4 channels=3 [connected] output=5 activation=linear [softmax]", 1, -1},
    {"[net] height=4 width=4 channels=3 [dropout] [connected] output=5 activation=linear [softmax]", 2, -1},
};

Test(layer_methods, take_the_last_activations_before_the_head) {
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s", choices[i].cfg);
        if (text[strlen(text) - 1] == ' ') text[strlen(text) - 1] = 0;
        network *net = make_test_network(text, 1);
        bool keep[16];
        int got = -1;
        attr_method_settings s = settings_of(ATTR_METHOD_LAYERCAM, true, NULL, 0);
        attr_status status = attr_layer_of_head(&got, net->layers, choices[i].head);
        cr_expect_eq(status, choices[i].layer < 0 ? ATTR_BAD_INPUT : ATTR_OK, "%s: %s", text, attr_status_name(status));
        cr_expect(status != ATTR_OK || got == choices[i].layer, "%s\n  head %d: layer %d, expected %d", text,
                  choices[i].head, got, choices[i].layer);
        attr_layers_to_keep(keep, net->layers, net->n, &s);
        if (status == ATTR_OK) cr_expect(keep[got], "%s\n  head %d: is not kept", text, choices[i].head);
        if (status != ATTR_OK)
            cr_expect(strstr(attr_error_message(), "depends on no layer with more than one place"), "\"%s\"",
                      attr_error_message());
        free_test_network(net);
    }
}

Test(layer_methods, keep_no_layer_for_other_methods) {
    network *net = make_test_network(BODY "[avgpool] [softmax]", 1);
    bool keep[4] = {true, true, true, true};
    static const int layers[] = {0, 1};
    attr_method_settings s = settings_of(ATTR_METHOD_RELEX, true, layers, 2);
    attr_layers_to_keep(keep, net->layers, net->n, &s);
    for (int i = 0; i < 4; i++) cr_expect_not(keep[i], "layer %d", i);
    free_test_network(net);
}

static const char *const two_heads =
    BODY "[dropout] " YOLO_HEAD "[route] layers=1 [upsample] stride=2 [route] layers=-1,0 "
         "[convolutional] filters=7 size=1 activation=linear [yolo] mask=2 anchors=2,3,4,5,6,7 classes=2 num=3";

Test(layer_methods, refuse_layers_that_the_target_does_not_hang_on) {
    static const struct {
        const char *cfg;
        int head, layer;
        const char *message; /* NULL: possible */
    } rows[] = {
        {two_heads, 4, 3, NULL},
        {two_heads, 4, 2, NULL},
        {two_heads, 4, 0, NULL},
        {two_heads, 4, 4, "layer 4 [yolo] is not before layer 4 [yolo], which the target hangs on (possible: 0-3)"},
        {two_heads, 4, 6, "layer 6 [upsample] is not before layer 4 [yolo]"},
        {two_heads, 9, 3,
         "layer 3 [convolutional] does not lead to layer 9 [yolo], which the target hangs on "
         "(possible: 0-1,5-8)"},
        {two_heads, 9, 2, "layer 2 [dropout] does not lead to"},
        {two_heads, 9, 5, NULL},
        {BODY "[avgpool] [softmax]", 3, 2, "layer 2 [avgpool] has only one place (width x height)"},
        {"[net] height=4 width=4 channels=3 [dropout] [connected] output=5 activation=linear [softmax]", 2, 0,
         "(possible: none)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        network *net = make_test_network(rows[i].cfg, 1);
        attr_status status = attr_layer_check(net->layers, rows[i].head, rows[i].layer);
        cr_expect_eq(status, rows[i].message ? ATTR_BAD_INPUT : ATTR_OK, "head %d, layer %d: %s", rows[i].head,
                     rows[i].layer, attr_status_name(status));
        if (status != ATTR_OK && rows[i].message)
            cr_expect(strstr(attr_error_message(), rows[i].message), "\"%s\", expected \"%s\"", attr_error_message(),
                      rows[i].message);
        free_test_network(net);
    }
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
