/* Methods that look at a layer: made again from their formulas, with derivatives by a network that begins behind the
 * layer. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine_pair.h"
#include "layer_harness.h"
#include "methods/activation_map.h"
#include "small_network.h"

static const attr_method words[] = {ATTR_METHOD_GRADCAM, ATTR_METHOD_GRADCAM_PP, ATTR_METHOD_LAYERCAM,
                                    ATTR_METHOD_GRADIENT_X_ACTIVATION};
enum { WORDS = 4 };

static attr_method_settings settings_of(attr_method method, bool relu, const int *layers, size_t count) {
    return (attr_method_settings){.method = method, .relu = relu, .layers = layers, .layer_count = count};
}

static double sum_of(const double *values, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += values[i];
    return sum;
}

/* ---- The formulas made again */

typedef struct {
    int c, h, w;
    double *a, *g; /* [c][h][w] */
} activations;

static double at(const double *values, const activations *v, int c, int place) {
    return values[(size_t)c * v->h * v->w + place];
}

static double reference_weight(const activations *v, attr_method method, int c, int place) {
    int places = v->h * v->w;
    double sum_a = 0, weight = 0;
    if (method == ATTR_METHOD_LAYERCAM) return fmax(at(v->g, v, c, place), 0);
    if (method == ATTR_METHOD_GRADIENT_X_ACTIVATION) return at(v->g, v, c, place);
    for (int i = 0; i < places; i++) sum_a += at(v->a, v, c, i);
    for (int i = 0; i < places; i++) {
        double g = at(v->g, v, c, i), below = 2 * pow(g, 2) + sum_a * pow(g, 3);
        if (method == ATTR_METHOD_GRADCAM)
            weight += g / places;
        else if (below != 0)
            weight += pow(g, 2) / below * fmax(g, 0);
    }
    return weight;
}

static double tent(double where, int i, int n) {
    where = fmin(fmax(where, 0), n - 1);
    return fmax(0, 1 - fabs(where - i));
}

/* Every place of the layer has its part of every pixel. */
static void reference_enlarge(double *out, int H, int W, const double *in, int h, int w) {
    for (int i = 0; i < H * W; i++) {
        double y = (i / W + .5) / H * h - .5, x = (i % W + .5) / W * w - .5;
        out[i] = 0;
        for (int k = 0; k < h * w; k++) out[i] += tent(y, k / w, h) * tent(x, k % w, w) * in[k];
        out[i] *= (double)h / H * w / W;
    }
}

static void reference_map(double *out, int H, int W, const activations *v, attr_method method, bool relu) {
    double *plane = test_allocate((size_t)v->h * v->w, sizeof *plane);
    for (int i = 0; i < v->h * v->w; i++) {
        for (int c = 0; c < v->c; c++) plane[i] += reference_weight(v, method, c, i) * at(v->a, v, c, i);
        if (relu) plane[i] = fmax(plane[i], 0);
    }
    reference_enlarge(out, H, W, plane, v->h, v->w);
    free(plane);
}

/* ---- A network, and the one that begins behind one of its layers */

typedef struct {
    const char *name, *front, *rest; /* cfgs; the rest speaks of layers by negative numbers only */
    int layer;                       /* the last of the front */
    bool is_detector;
} cut_network;

static const cut_network cuts[] = {
    {"averages of a convolution",
     "[net] height=12 width=8 channels=3 [convolutional] filters=5 size=3 pad=1 batch_normalize=1 activation=leaky "
     "[convolutional] filters=6 size=3 pad=1 stride=2 activation=relu ",
     "[convolutional] filters=7 size=3 pad=1 activation=tanh [avgpool] [connected] output=4 activation=linear "
     "[softmax] ",
     1, false},
    {"a layer that is read twice, and changed in place",
     "[net] height=10 width=7 channels=3 [convolutional] filters=16 size=3 pad=1 activation=leaky [convolutional] "
     "filters=16 size=3 pad=1 batch_normalize=1 activation=leaky ",
     "[convolutional] filters=16 size=3 pad=1 activation=leaky [shortcut] from=-2 activation=leaky [connected] "
     "output=4 activation=linear [softmax] ",
     1, false},
    {"a join", "[net] height=9 width=7 channels=3 [convolutional] filters=16 size=3 pad=1 stride=2 activation=leaky ",
     "[convolutional] filters=16 size=1 activation=logistic [route] layers=-1,-2 [dropout] [maxpool] size=2 stride=2 "
     "[connected] output=4 activation=linear [logistic] ",
     0, false},
    {"a pool",
     "[net] height=12 width=12 channels=3 [convolutional] filters=20 size=3 pad=1 activation=elu [maxpool] "
     "size=3 stride=2 ",
     "[convolutional] filters=16 size=1 activation=linear [yolo] mask=0,2 anchors=2,3,4,5,6,7 num=3 classes=3 ", 1,
     true},
    {"what the head reads",
     "[net] height=6 width=4 channels=3 [convolutional] filters=16 size=3 pad=1 "
     "activation=linear ",
     "[region] anchors=1,2,3,4 num=2 classes=3 coords=4 softmax=1 ", 0, true},
};
enum { CUTS = sizeof cuts / sizeof *cuts };

static size_t weights_of(const layer *l) {
    return l->type == CONVOLUTIONAL ? (size_t)l->nweights : (size_t)l->inputs * (size_t)l->outputs;
}

static void copy_array(float *to, const float *from, size_t n) {
    if (to && from) memcpy(to, from, n * sizeof *to);
}

/* Layers 1 and on of the rest are those of the whole behind the cut. */
static void copy_parameters(network *rest, const network *whole, int cut) {
    for (int i = 1; i < rest->n; i++) {
        layer *to = &rest->layers[i];
        const layer *from = &whole->layers[cut + i];
        size_t channels = to->type == CONVOLUTIONAL ? (size_t)to->n : (size_t)to->outputs;
        cr_assert_eq(to->type, from->type);
        if (to->type != CONVOLUTIONAL && to->type != CONNECTED) continue;
        copy_array(to->weights, from->weights, weights_of(to));
        copy_array(to->biases, from->biases, channels);
        copy_array(to->scales, from->scales, channels);
        copy_array(to->rolling_mean, from->rolling_mean, channels);
        copy_array(to->rolling_variance, from->rolling_variance, channels);
    }
}

static attr_target *target_of(attr_engine *e, bool is_detector) {
    attr_target *t = NULL;
    attr_detection place = {.layer = attr_engine_layers(e) - 1, .anchor = 1, .row = 1, .column = 2, .class_index = 2};
    attr_status status = is_detector ? attr_target_of_detection(&t, e, ATTR_TARGET_SCORE, &place)
                                     : attr_target_of_class(&t, e, ATTR_TARGET_PROBABILITY, 2);
    cr_assert_eq(status, ATTR_OK, "%s", attr_error_message());
    return t;
}

/* The activations by the whole network's twin, their gradient by that of the rest. */
static activations reference_activations(const cut_network *cut, const engine_pair *whole) {
    char text[1024];
    const attr_tensor *kept = attr_engine_kept(whole->twin, cut->layer);
    activations v = {.c = kept->c, .h = kept->h, .w = kept->w};
    v.a = test_allocate(kept->size, sizeof *v.a);
    v.g = test_allocate(kept->size, sizeof *v.g);
    attr_engine_set_input_f32(whole->twin, 0, whole->x);
    attr_engine_forward(whole->twin, 1);
    attr_tensor_read(v.a, kept, 0, 0, kept->size);

    snprintf(text, sizeof text, "[net] height=%d width=%d channels=%d [activation] activation=linear %s", v.h, v.w, v.c,
             cut->rest);
    network *net = make_test_network(text, 1);
    attr_engine *twin = NULL;
    copy_parameters(net, whole->net, cut->layer);
    net->w = whole->net->w; /* of a head's anchors */
    net->h = whole->net->h;
    net->c = net->inputs;
    cr_assert_eq(attr_engine_create(&twin, net, ATTR_F64, 1, ATTR_KEEP_ALL), ATTR_OK, "%s", attr_error_message());
    attr_target *t = target_of(twin, cut->is_detector);
    test_gradient(v.g, twin, t, v.a);
    attr_target_free(t);
    attr_engine_free(twin);
    free_test_network(net);
    return v;
}

static void free_activations(activations *v) {
    free(v->a);
    free(v->g);
}

static void check_map(attr_engine *e, const engine_pair *n, const cut_network *cut, const activations *v,
                      const attr_method_settings *s, double tolerance) {
    int H = n->net->h, W = n->net->w;
    size_t size = (size_t)H * (size_t)W;
    double *expected = test_allocate(size, sizeof *expected);
    attr_target *t = target_of(e, cut->is_detector);
    attr_map map = test_map(e, n->x, t, s);
    reference_map(expected, H, W, v, s->method, s->relu);
    cr_assert(map.shape.channels == 1 && map.shape.height == H && map.shape.width == W && map.size == size);
    cr_expect(map.layer.index == cut->layer && map.layer.channels == v->c && map.layer.height == v->h &&
              map.layer.width == v->w && 0 == strcmp(map.layer.kind, attr_engine_op(e, cut->layer)->kind->name));
    cr_expect(map.gradients == 1 && map.samples == 1 && isfinite(map.target) && map.converged);
    bool is_zero = true;
    for (size_t i = 0; i < size; i++) is_zero &= expected[i] == 0;
    double error = is_zero ? fabs(sum_of(map.values, size)) : relative_error(map.values, expected, size);
    cr_expect(error < tolerance, "%s, method=%s relu=%d: %g off the formula", cut->name, attr_method_name(s->method),
              s->relu, error);
    cr_expect(!(is_zero && !s->relu), "%s, method=%s: all is 0", cut->name, attr_method_name(s->method));
    attr_map_free(&map);
    attr_target_free(t);
    free(expected);
}

Test(layer_methods, are_their_formulas) {
    for (int i = 0; i < CUTS; i++) {
        char text[1024];
        engine_pair n;
        snprintf(text, sizeof text, "%s%s", cuts[i].front, cuts[i].rest);
        text[strlen(text) - 1] = 0;
        engine_pair_make(&n, text, 2);
        activations v = reference_activations(&cuts[i], &n);
        for (int k = 0; k < 2 * WORDS; k++) {
            attr_method_settings s = settings_of(words[k / 2], k % 2, &cuts[i].layer, 1);
            check_map(n.twin, &n, &cuts[i], &v, &s, 1e-11);
            check_map(n.single, &n, &cuts[i], &v, &s, 1e-4);
        }
        free_activations(&v);
        engine_pair_free(&n);
    }
}

/* ---- What is known in closed form */

/* Zhou et al., CVPR 2016: weights of the class times channels, which their averages are multiplied by. */
Test(layer_methods, gradcam_is_the_class_activation_map_of_a_linear_head) {
    enum { H = 5, W = 4, CHANNELS = 6, CLASS = 2 };
    engine_pair n;
    engine_pair_make(&n,
                     "[net] height=5 width=4 channels=3 [convolutional] filters=6 size=3 pad=1 activation=leaky "
                     "[avgpool] [connected] output=4 activation=linear [softmax]",
                     1);
    attr_target *t = test_target(n.twin, ATTR_TARGET_LOGIT, CLASS);
    attr_method_settings s = settings_of(ATTR_METHOD_GRADCAM, false, NULL, 0);
    attr_map map = test_map(n.twin, n.x, t, &s);
    const float *weights = n.net->layers[2].weights + CLASS * CHANNELS;
    double a[CHANNELS * H * W], expected[H * W] = {0};
    attr_tensor_read(a, attr_engine_op(n.twin, 0)->writes, 0, 0, CHANNELS * H * W);
    for (int i = 0; i < CHANNELS * H * W; i++) expected[i % (H * W)] += (double)weights[i / (H * W)] * a[i] / (H * W);
    cr_expect_eq(map.layer.index, 0, "layer %d", map.layer.index);
    cr_expect_lt(relative_error(map.values, expected, H * W), 1e-14);
    cr_expect_lt(fabs(sum_of(map.values, H * W) + n.net->layers[2].biases[CLASS] - map.target), 1e-13);

    /* The gradient is the same at all places: both others that keep its sign are the same map. */
    s.method = ATTR_METHOD_GRADIENT_X_ACTIVATION;
    attr_map other = test_map(n.twin, n.x, t, &s);
    cr_expect_lt(relative_error(other.values, expected, H * W), 1e-14);
    attr_map_free(&other);
    attr_map_free(&map);
    attr_target_free(t);
    engine_pair_free(&n);
}

/* Also behind places that the input's size is a multiple of. */
Test(layer_methods, activations_times_gradients_sum_to_the_target_of_a_linear_rest) {
    engine_pair n;
    engine_pair_make(&n,
                     "[net] height=12 width=8 channels=3 [convolutional] filters=5 size=3 pad=1 stride=2 "
                     "activation=leaky [convolutional] filters=6 size=3 pad=1 stride=2 activation=linear [avgpool] "
                     "[connected] output=4 activation=linear [softmax]",
                     1);
    memset(n.net->layers[1].biases, 0, 6 * sizeof(float));
    memset(n.net->layers[3].biases, 0, 4 * sizeof(float));
    attr_engine_set_parameters(n.twin, NULL);
    attr_target *t = test_target(n.twin, ATTR_TARGET_LOGIT, 1);
    static const int layers[] = {0, 1};
    for (int k = 0; k < 2; k++) {
        attr_method_settings s = settings_of(ATTR_METHOD_GRADIENT_X_ACTIVATION, false, &layers[k], 1);
        attr_map map = test_map(n.twin, n.x, t, &s);
        double sum = sum_of(map.values, map.size);
        cr_expect_lt(fabs(sum - map.target), 1e-13, "layer %d: the sum is %.17g, the target %.17g", k, sum, map.target);
        attr_map_free(&map);
    }
    attr_target_free(t);
    engine_pair_free(&n);
}

Test(layer_methods, a_plane_is_enlarged_between_the_centres_of_its_places) {
    static const int sizes[][4] = {/* H, W, h, w */
                                   {12, 8, 3, 4}, {10, 10, 10, 10}, {7, 9, 1, 1},  {13, 11, 5, 7},    {16, 1, 4, 1},
                                   {9, 6, 3, 1},  {32, 24, 1, 8},   {5, 4, 10, 8}, {320, 320, 10, 10}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int H = sizes[i][0], W = sizes[i][1], h = sizes[i][2], w = sizes[i][3];
        size_t small = (size_t)h * (size_t)w, size = (size_t)H * (size_t)W;
        double *in = test_allocate(small, sizeof *in), *out = test_allocate(size, sizeof *out);
        double *expected = test_allocate(size, sizeof *expected), density = (double)small / (double)size;
        for (size_t k = 0; k < small; k++) in[k] = test_uniform(-1, 1);
        attr_enlarge_plane(out, H, W, in, h, w);
        reference_enlarge(expected, H, W, in, h, w);
        cr_expect_lt(relative_error(out, expected, size), 1e-13, "%d x %d to %d x %d", h, w, H, W);
        if (H % h == 0 && W % w == 0)
            cr_expect_lt(fabs(sum_of(out, size) - sum_of(in, small)), 1e-12, "%d x %d to %d x %d: the sum", h, w, H, W);
        for (size_t k = 0; k < small; k++) in[k] = 1;
        attr_enlarge_plane(out, H, W, in, h, w);
        for (size_t k = 0; k < size; k++) cr_expect_lt(fabs(out[k] - density), 1e-15 + 1e-14 * density);
        free(in);
        free(out);
        free(expected);
    }
}
