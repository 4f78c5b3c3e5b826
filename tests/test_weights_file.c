#include "model/weights_file.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "cfg_files.h"
#include "model/model.h"
#include "model/parameters.h"

TestSuite(weights_file, .init = enter_folder, .fini = leave_folder);

/* 3 x 3 x 2 -> conv with batch norm (5 x 1 + 4 x 5 floats more), batchnorm (15), connected (4 x 5 x 9 + 4), local */
#define NET                                                                                                            \
    "[net]\nwidth=3\nheight=3\nchannels=2\n[conv]\nfilters=5\nbatch_normalize=1\n[batchnorm]\n[dropout]\n"             \
    "[local]\nfilters=2\nsize=2\n[connected]\noutput=4\nbatch_normalize=1\n"
enum { of_conv = 5 * 2 + 4 * 5, of_batchnorm = 3 * 5, of_local = 2 * 4 * (5 * 4 + 1), of_connected = 4 * 8 + 4 * 4 };
enum { floats = of_conv + of_batchnorm + of_local + of_connected };

/* Three of eight filters, two of five, no scales. */
#define SKIPPING_NET                                                                                                   \
    "[net]\nwidth=3\nheight=3\nchannels=8\n[conv]\nfilters=8\nsize=2\ngroups=4\nnumload=3\n[deconv]\nfilters=5\n"      \
    "size=2\nbatch_normalize=1\nnumload=2\n[conv]\nfilters=2\nbatch_normalize=1\ndontloadscales=1\n"
enum { of_skipping_net = (3 + 3 * 8) + (2 * 4 + 2 * 8 * 4) + (2 + 2 * 5) };

/* A weights file of version major.minor with `count` floats and some bytes. */
static void put_weights(int32_t major, int32_t minor, size_t seen_size, size_t count, size_t bytes) {
    int32_t version[3] = {major, minor, 0};
    size_t size = sizeof version + seen_size + 4 * count + bytes;
    char *text = calloc(size, 1);
    memcpy(text, version, sizeof version);
    for (size_t i = 0; i < count; i++) {
        float value = 1 + (float)i;
        memcpy(text + sizeof version + seen_size + 4 * i, &value, sizeof value);
    }
    put_bytes("net.weights", text, size);
    free(text);
}

static attr_status check(const char *cfg) {
    int count;
    put_text("net.cfg", cfg);
    attr_shape *shapes = shapes_of(&count, "net.cfg");
    attr_status status = attr_weights_check("net.weights", shapes, count);
    free(shapes);
    return status;
}

static void expect_message(attr_status status, const char *message) {
    cr_expect_eq(status, ATTR_BAD_INPUT, "%s: %s", attr_status_name(status), message);
    cr_expect_str_eq(attr_error_message(), message, "found:    %s\nexpected: %s", attr_error_message(), message);
}

Test(weights_file, fits_to_the_byte_whatever_its_version) {
    static const struct {
        int32_t major, minor;
        size_t seen_size;
    } versions[] = {
        {0, 1, 4}, {0, 2, 8}, {0, 999, 8}, {1, 0, 8}, {999, 0, 8}, {1000, 0, 4}, {981668463, 1063675494, 4}};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        int32_t major = versions[i].major, minor = versions[i].minor;
        size_t other = 12 - versions[i].seen_size;
        put_weights(major, minor, versions[i].seen_size, floats, 0);
        cr_expect_eq(check(NET), ATTR_OK, "version %d.%d: %s", major, minor, attr_error_message());
        put_weights(major, minor, other, floats, 0);
        cr_expect_eq(check(NET), ATTR_BAD_INPUT, "version %d.%d with %zu bytes for seen", major, minor, other);
    }
}

Test(weights_file, counts_what_darknet_leaves_out) {
    char text[1024];
    static const struct {
        const char *keys;
        int missing;
    } cases[] = {
        {"dontload=1\n", of_connected}, {"dontloadscales=1\n", 3 * 4}, {"numload=2\n", 0}, {"dontload=0\n", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, NET "%s", cases[i].keys);
        put_weights(0, 2, 8, floats - cases[i].missing, 0);
        cr_expect_eq(check(text), ATTR_OK, "%s%s", cases[i].keys, attr_error_message());
    }
    put_weights(0, 2, 8, of_skipping_net, 0);
    cr_expect_eq(check(SKIPPING_NET), ATTR_OK, "%s", attr_error_message());
}

/* What is counted is what Darknet reads: the file's last float, its number, is the last layer's last parameter. */
Test(weights_file, is_read_by_darknet_to_the_last_float) {
    put_text("net.cfg", NET);
    put_weights(0, 2, 8, floats, 0);
    network *net = parse_quietly("net.cfg");
    load_weights_quietly(net, "net.weights");
    cr_expect_eq(net->layers[0].biases[0], 1);
    cr_expect_eq(net->layers[4].rolling_variance[3], floats, "%g, not %d", net->layers[4].rolling_variance[3], floats);
    free_network(net);

    put_text("net.cfg", SKIPPING_NET);
    put_weights(0, 2, 8, of_skipping_net, 0);
    net = parse_quietly("net.cfg");
    net->layers[1].groups = 1; /* of [deconvolutional] Darknet leaves it 0, and divides by it */
    load_weights_quietly(net, "net.weights");
    cr_expect_eq(net->layers[2].weights[9], of_skipping_net, "%g, not %d", net->layers[2].weights[9], of_skipping_net);
    free_network(net);
}

static attr_model *load_model(const char *cfg_path, const char *weights_path) {
    attr_cfg *cfg = NULL;
    attr_model *model = NULL;
    cr_assert_eq(attr_cfg_read(&cfg, cfg_path, ATTR_CFG_NET), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_model_load(&model, cfg, weights_path, 3, false), ATTR_OK, "%s", attr_error_message());
    attr_cfg_free(cfg);
    return model;
}

/* Where the file has all weights, or they come from a seed, Darknet draws none; what it loads is hashed. */
Test(weights_file, makes_random_weights_needless) {
    char hash[65];
    put_text("net.cfg", NET);
    put_weights(0, 2, 8, floats, 0);
    srand(5);
    int first = rand();
    for (int with_file = 0; with_file < 2; with_file++) {
        srand(5);
        attr_model *model = load_model("net.cfg", with_file ? "net.weights" : NULL);
        cr_expect_eq(rand(), first, "with a file %d: numbers were drawn", with_file);
        cr_expect_eq(attr_sets_weights(), 0);
        cr_expect_eq(attr_hash_file(hash, "net.weights"), ATTR_OK);
        cr_expect_str_eq(model->weights_hash, with_file ? hash : "");
        if (with_file) cr_expect_eq(model->net->layers[4].rolling_variance[3], floats);
        attr_model_free(model);
    }
}

/* What a file leaves out is as Darknet draws it. */
Test(weights_file, leaves_out_weights_that_are_those_of_darknet) {
    static const char *const cfgs[] = {
        SKIPPING_NET,
        "[net]\nwidth=3\nheight=3\nchannels=8\n[conv]\nfilters=4\nsize=2\ndontload=1\n[conv]\nfilters=7\n"};
    const size_t sizes[] = {of_skipping_net, 7 * 5};
    for (int i = 0; i < 2; i++) {
        put_text("net.cfg", cfgs[i]);
        put_weights(0, 2, 8, sizes[i], 0);
        srand(5);
        attr_model *model = load_model("net.cfg", "net.weights");
        srand(5);
        network *net = parse_quietly("net.cfg");
        for (int k = 0; k < net->n; k++)
            if (net->layers[k].type == DECONVOLUTIONAL) net->layers[k].groups = 1;
        load_weights_quietly(net, "net.weights");
        for (int k = 0; k < net->n; k++) {
            size_t bytes = attr_count_parameters(&net->layers[k]).weights * sizeof(float);
            cr_expect_eq(memcmp(net->layers[k].weights, model->net->layers[k].weights, bytes), 0, "%s\n  layer %d",
                         cfgs[i], k);
        }
        free_network(net);
        attr_model_free(model);
    }
}

Test(weights_file, is_refused_when_truncated_or_too_long) {
    char message[256];
    static const struct {
        int count, layer;
        const char *name;
    } cases[] = {{0, 0, "convolutional"},
                 {of_conv - 1, 0, "convolutional"},
                 {of_conv, 1, "batchnorm"},
                 {of_conv + of_batchnorm, 3, "local"},
                 {floats - of_connected, 4, "connected"},
                 {floats - 1, 4, "connected"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_weights(0, 2, 8, cases[i].count, i % 4);
        snprintf(message, sizeof message,
                 "net.weights: is truncated: has %d floats, the net needs %d (first missing: layer %d %s)",
                 cases[i].count, floats, cases[i].layer, cases[i].name);
        expect_message(check(NET), message);
    }
    put_weights(0, 2, 8, floats + 1, 0);
    snprintf(message, sizeof message,
             "net.weights: has 1 floats more than the net needs, which is %d (weights of another "
             "net?)",
             floats);
    expect_message(check(NET), message);
    put_weights(0, 2, 8, floats, 3);
    snprintf(message, sizeof message, "net.weights: has 3 bytes more than the net needs (expected %d floats)", floats);
    expect_message(check(NET), message);
}

Test(weights_file, is_refused_when_it_is_something_else) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "net.weights: is empty (expected a weights file)"},
        {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 248007048\n",
         "net.weights: is a pointer of git-lfs (expected the weights themselves: git lfs pull)"},
        {"\n <!DOCTYPE html>\n<html>",
         "net.weights: is a web page (expected a weights file: try to download it again)"},
        {"<HTML><body>Not found</body>",
         "net.weights: is a web page (expected a weights file: try to download it again)"},
        {"Not found", "net.weights: is a text file (expected a weights file)"},
        {"\x01\x02", "net.weights: is truncated: has 2 bytes, the header alone needs 16"},
        {"\x01\x01\x01\xff\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01",
         "net.weights: is no weights file: version -16711423.16843009 (expected numbers from 0 on)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_text("net.weights", cases[i].text);
        expect_message(check(NET), cases[i].message);
    }
    char text[2000];
    memset(text, 'a', sizeof text);
    put_bytes("net.weights", text, sizeof text);
    expect_message(check(NET), "net.weights: is a text file (expected a weights file)");
}

Test(weights_file, is_refused_when_it_is_no_regular_file) {
    unlink("net.weights");
    expect_message(check(NET), "net.weights: cannot open: No such file or directory");
    cr_assert_eq(mkdir("net.weights", 0777), 0);
    expect_message(check(NET), "net.weights: is not a regular file (expected a weights file)");
    rmdir("net.weights");
    cr_assert_eq(mkfifo("net.weights", 0666), 0);
    expect_message(check(NET), "net.weights: is not a regular file (expected a weights file)");
    unlink("net.weights");
    if (geteuid() == 0) return; /* who may read everything */
    put_weights(0, 2, 8, floats, 0);
    cr_assert_eq(chmod("net.weights", 0), 0);
    expect_message(check(NET), "net.weights: cannot open: Permission denied");
}

/* The array that one parameter of a layer stands in. */
static float *array_of(layer *l, const char *name) {
    if (strcmp(name, "bias") == 0) return l->biases;
    if (strcmp(name, "weight") == 0) return l->weights;
    if (strcmp(name, "scale") == 0) return l->scales;
    return strcmp(name, "rolling mean") == 0 ? l->rolling_mean : l->rolling_variance;
}

Test(weights_file, is_refused_when_a_loaded_parameter_is_not_finite) {
    static const struct {
        int layer, place;
        const char *kind, *name;
    } cases[] = {{0, 4, "convolutional", "bias"},
                 {0, 9, "convolutional", "weight"},
                 {0, 4, "convolutional", "scale"},
                 {0, 4, "convolutional", "rolling mean"},
                 {0, 4, "convolutional", "rolling variance"},
                 {1, 4, "batchnorm", "scale"},
                 {1, 4, "batchnorm", "rolling mean"},
                 {1, 4, "batchnorm", "rolling variance"},
                 {3, 7, "local", "bias"},
                 {3, 159, "local", "weight"},
                 {4, 3, "connected", "bias"},
                 {4, 31, "connected", "weight"},
                 {4, 3, "connected", "scale"},
                 {4, 3, "connected", "rolling mean"},
                 {4, 3, "connected", "rolling variance"}};
    char message[256];
    put_text("net.cfg", NET);
    network *net = parse_quietly("net.cfg");
    cr_expect_eq(attr_weights_check_values(net, "net.weights"), ATTR_OK, "%s", attr_error_message());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float *value = array_of(&net->layers[cases[i].layer], cases[i].name) + cases[i].place, before = *value;
        static const float bad[] = {NAN, INFINITY, -INFINITY, -1};
        for (int k = 0; k < 4; k++) {
            int is_variance = strcmp(cases[i].name, "rolling variance") == 0;
            *value = bad[k];
            snprintf(message, sizeof message, "net.weights: a %s of layer %d %s is %g at place %d (expected %s)",
                     cases[i].name, cases[i].layer, cases[i].kind, bad[k], cases[i].place,
                     k < 3 ? "a finite number" : "0 or more");
            attr_status status = attr_weights_check_values(net, "net.weights");
            if (k < 3 || is_variance)
                expect_message(status, message);
            else
                cr_expect_eq(status, ATTR_OK, "%s", attr_error_message());
        }
        *value = before;
    }
    free_network(net);
}

/* A real model passes, and fails with one float less or more. */
static void expect_real(const char *model) {
    const char *folder = getenv("ATTRIBUTION_TESTDATA");
    char cfg[4096], weights[4096], message[256], *bytes;
    size_t size;
    int count;
    if (!folder) cr_skip_test("ATTRIBUTION_TESTDATA is not set");
    snprintf(cfg, sizeof cfg, "%s/models/%s.cfg", folder, model);
    snprintf(weights, sizeof weights, "%s/models/%s.weights", folder, model);
    attr_shape *shapes = shapes_of(&count, cfg);
    cr_expect_eq(attr_weights_check(weights, shapes, count), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_read_file(&bytes, &size, weights, 1 << 28), ATTR_OK, "%s", attr_error_message());
    bytes = realloc(bytes, size + 4);
    memset(bytes + size, 0, 4);
    put_bytes("net.weights", bytes, size - 4);
    size_t needed = 0;
    for (int i = 0; i < count; i++) needed += shapes[i].parameters;
    int last = count - 1;
    while (shapes[last].parameters == 0) last--;
    snprintf(message, sizeof message,
             "net.weights: is truncated: has %zu floats, the net needs %zu (first missing: layer %d convolutional)",
             needed - 1, needed, last);
    expect_message(attr_weights_check("net.weights", shapes, count), message);
    put_bytes("net.weights", bytes, size + 4);
    snprintf(message, sizeof message,
             "net.weights: has 1 floats more than the net needs, which is %zu (weights of "
             "another net?)",
             needed);
    expect_message(attr_weights_check("net.weights", shapes, count), message);

    network *net = parse_quietly(cfg);
    load_weights_quietly(net, weights);
    cr_expect_eq(attr_weights_check_values(net, weights), ATTR_OK, "%s", attr_error_message());
    free_network(net);
    free(bytes);
    free(shapes);
}

Test(weights_file, of_tiny_darknet_fits) {
    expect_real("tiny-darknet/tiny");
}

Test(weights_file, of_yolo_fastest_fits) {
    expect_real("yolo-fastest/yolo-fastest-1.1");
}
