/* Batches in parts: the same bits as a batch as a whole, for all counts of samples, from all heads and layers that are
 * kept, one after the other. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine_compare.h"
#include "engine_pair.h"
#include "model/parameters.h"
#include "model/parts.h"
#include "small_network.h"

static const char *const networks[] = {
    /* two heads; route, upsampling, groups of one channel */
    "[net] height=16 width=24 channels=3 [convolutional] filters=16 size=3 pad=1 stride=2 batch_normalize=1 "
    "activation=leaky [convolutional] filters=16 groups=16 size=3 pad=1 batch_normalize=1 activation=leaky [maxpool] "
    "size=2 stride=2 [convolutional] filters=14 size=1 activation=linear [yolo] mask=0,1 anchors=2,3,4,5,6,7 "
    "classes=2 num=3 [route] layers=2 [upsample] stride=2 [route] layers=-1,1 [convolutional] filters=7 size=1 "
    "activation=linear [yolo] mask=2 anchors=2,3,4,5,6,7 classes=2 num=3",
    /* gradients in one place; layers that keep numbers of their own between forward and backward */
    "[net] height=12 width=12 channels=3 [convolutional] filters=16 size=3 pad=1 activation=leaky [convolutional] "
    "filters=16 size=3 pad=1 activation=relu [shortcut] from=-2 activation=leaky [maxpool] size=2 stride=2 [dropout] "
    "[l2norm] [normalization] [convolutional] filters=32 groups=2 size=3 pad=1 activation=tanh [deconvolutional] "
    "filters=8 size=2 stride=2 activation=relu [batchnorm] [activation] activation=logistic [local] filters=4 size=3 "
    "stride=2 activation=leaky [reorg] stride=1 [connected] output=12 activation=tanh [softmax] groups=2 [logistic]",
    /* plain tensors: channels of groups that fill no block */
    "[net] height=9 width=7 channels=4 [crop] crop_height=7 crop_width=6 [convolutional] filters=6 groups=2 size=3 "
    "pad=1 activation=elu [convolutional] filters=20 size=1 activation=leaky [avgpool] [connected] output=5 "
    "batch_normalize=1 activation=leaky [softmax] [cost] type=sse"};
enum { network_count = sizeof networks / sizeof *networks, batch = 5 };

static void compare(attr_engine *parted, attr_engine *whole, const network *net, bool keeps, const char *cfg) {
    for (int count = batch; count > 0; count--) {
        for (int b = 0; b < count; b++) {
            double *x = random_seeds((size_t)net->inputs);
            attr_engine_set_input_f64(parted, b, x);
            attr_engine_set_input_f64(whole, b, x);
            free(x);
        }
        attr_engine_forward(parted, count);
        attr_engine_forward(whole, count);
        for (int head = net->n - 1; head >= 0; head--)
            if (attr_is_head(attr_engine_op(whole, 0), net->n, head) || (keeps && attr_engine_kept(whole, head)))
                expect_same_head(parted, whole, head, count, cfg);
    }
}

static void expect_same(const network *net, const bool *kept, int parts, const char *cfg) {
    char about[2048];
    attr_engine *parted = NULL, *whole = NULL;
    attr_keep keep = {false, kept}, all = {true, kept};
    snprintf(about, sizeof about, "%s\n  %d parts%s", cfg, parts, kept ? ", layers kept" : "");
    cr_assert_eq(attr_engine_create_in_parts(&parted, net, batch, keep, parts), ATTR_OK, "%s", about);
    cr_assert_eq(attr_engine_create(&whole, net, ATTR_F32, batch, all), ATTR_OK, "%s", about);
    compare(parted, whole, net, kept, about);
    const attr_weight_noise noise = {.sigma = .2f, .noise = ATTR_NOISE_MULTIPLICATIVE, .seed = 3, .clone = 1};
    cr_assert_eq(attr_engine_perturb(parted, &noise), ATTR_OK);
    cr_assert_eq(attr_engine_perturb(whole, &noise), ATTR_OK);
    compare(parted, whole, net, kept, about);
    attr_engine_free(parted);
    attr_engine_free(whole);
}

Test(parts, give_the_bits_of_the_whole_batch) {
    for (int i = 0; i < network_count; i++)
        for (int parts = 2; parts <= batch; parts++) {
            network *net = make_test_network(networks[i], 1);
            expect_same(net, NULL, parts, networks[i]);
            expect_same(net, test_every_layer(), parts, networks[i]);
            free_test_network(net);
        }
}

static int parts_of(const char *cfg, int samples, int threads) {
    network *net = make_test_network(cfg, 1);
    attr_engine *e = NULL;
    cr_assert_eq(attr_engine_create(&e, net, ATTR_F32, samples, ATTR_KEEP_NEEDED), ATTR_OK);
    int parts = attr_parts_that_pay(attr_engine_op(e, 0), net->n, samples, threads);
    attr_engine_free(e);
    free_test_network(net);
    return parts;
}

Test(parts, are_taken_where_samples_have_more_to_do_than_weights) {
    const char *pixels = "[net] height=64 width=64 channels=3 [convolutional] filters=16 size=3 pad=1 activation=leaky "
                         "[convolutional] filters=16 size=3 pad=1 activation=leaky";
    const char *weights = "[net] height=4 width=4 channels=3 [convolutional] filters=256 size=3 pad=1 activation=leaky "
                          "[convolutional] filters=256 size=3 pad=1 activation=leaky";
    cr_expect_eq(parts_of(pixels, 8, 2), 2);
    cr_expect_eq(parts_of(pixels, 8, 1), 1);
    cr_expect_eq(parts_of(pixels, 3, 4), 1, "a thread would have no sample");
    cr_expect_eq(parts_of(weights, 8, 2), 1);
}
