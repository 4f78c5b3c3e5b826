/* Methods that look at a layer: which one is taken, and which are refused. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_pair.h"
#include "methods/layer_choice.h"
#include "small_network.h"

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
    {"[net] height=4 width=4 channels=3 [connected] output=6 activation=relu [dropout] [connected] output=5 "
     "activation=linear [softmax]",
     3, -1},
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
        {"[net] height=4 width=4 channels=3 [connected] output=6 activation=relu [connected] output=5 "
         "activation=linear [softmax]",
         2, 0, "(possible: none)"},
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
