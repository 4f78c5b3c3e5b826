/* The layers that move, add or normalize elements, see layer_harness.h for what is expected of each. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "layer_harness.h"
#include "model/engine.h"

#define CONV "[convolutional] size=3 stride=1 pad=1 activation=leaky filters="

static void check_all(const layer_row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) check_layers(&rows[i]);
}

#define CHECK(rows) check_all(rows, sizeof rows / sizeof *rows)

Test(layers_structure, route_joins_layers_sample_by_sample) {
    const layer_row rows[] = {
        {.cfg = "[net] height=5 width=7 channels=3 " CONV "2 " CONV "5 [route] layers=-1,-2 " CONV "3 "},
        {.cfg = "[net] height=4 width=5 channels=2 " CONV "3 [route] layers=-1,-1 "},
        {.cfg = "[net] height=4 width=6 channels=2 " CONV "3 [maxpool] size=2 stride=2 [route] layers=-1,-2,0 "},
        {.cfg = "[net] height=3 width=3 channels=1 " CONV "2 " CONV "2 [route] layers=0 " CONV "2 "},
    };
    CHECK(rows);
}

Test(layers_structure, dropout_and_cost_are_views) {
    const layer_row rows[] = {
        {.cfg = "[net] height=5 width=7 channels=3 " CONV "4 [dropout] probability=.5 " CONV "2 "},
        {.cfg = "[net] height=5 width=7 channels=3 " CONV "2 [dropout] probability=.5 [dropout] probability=.2 "},
        {.cfg = "[net] height=5 width=4 channels=3 " CONV "4 [dropout] probability=.5 [route] layers=-1,-2 [cost] "},
        {.cfg = "[net] height=4 width=4 channels=2 " CONV
                "3 [dropout] probability=.3 [shortcut] from=-2 activation=leaky "},
    };
    CHECK(rows);
}

Test(layers_structure, shortcut_adds_where_both_layers_have_a_place) {
    const layer_row rows[] = {
        {.cfg = "[net] height=6 width=8 channels=3 " CONV "4 " CONV "4 [shortcut] from=-2 activation=linear "},
        {.cfg = "[net] height=5 width=7 channels=3 " CONV "4 " CONV
                "4 [shortcut] from=-2 activation=leaky alpha=.6 beta=-1.5 " CONV "2 "},
        {.cfg = "[net] height=5 width=7 channels=3 " CONV "4 " CONV
                "6 [shortcut] from=-2 activation=logistic alpha=.5 beta=.8 "},
        {.cfg = "[net] height=5 width=7 channels=3 " CONV "6 " CONV
                "4 [shortcut] from=-2 activation=relu alpha=.5 beta=.8 "},
        /* the other layer is larger */
        {.cfg = "[net] height=8 width=12 channels=2 " CONV
                "3 [maxpool] size=2 stride=2 [shortcut] from=-2 activation=leaky alpha=.7 beta=.4 "},
        {.cfg = "[net] height=9 width=11 channels=2 " CONV
                "5 [convolutional] filters=3 size=3 stride=3 pad=0 activation=linear [shortcut] from=-2 alpha=.7 "},
        {.cfg =
             "[net] height=5 width=7 channels=2 " CONV
             "5 [convolutional] filters=3 size=3 stride=1 pad=0 activation=linear [shortcut] from=-2 alpha=.7 beta=2 "},
        /* the other layer is smaller */
        {.cfg = "[net] height=4 width=5 channels=2 " CONV "3 [upsample] stride=2 " CONV
                "4 [shortcut] from=-3 activation=leaky alpha=.7 beta=.4 "},
        {.cfg = "[net] height=3 width=4 channels=2 " CONV "5 [upsample] stride=3 " CONV
                "4 [shortcut] from=-3 activation=tanh alpha=-.7 beta=.4 "},
        {.cfg = "[net] height=3 width=4 channels=2 " CONV
                "5 [upsample] stride=2 [convolutional] filters=3 size=2 stride=1 activation=linear [shortcut] from=-3 "
                "activation=tanh alpha=-.7 beta=.4 "},
        /* twice the same layer; rows longer than the chunk that backward works on */
        {.cfg = "[net] height=4 width=5 channels=2 " CONV "3 [shortcut] from=-1 activation=elu alpha=.5 beta=.25 "},
        {.cfg =
             "[net] height=2 width=530 channels=1 " CONV "2 " CONV "2 [shortcut] from=-2 activation=leaky alpha=.5 "},
        {.cfg = "[net] height=4 width=540 channels=1 " CONV
                "2 [maxpool] size=2 stride=2 [upsample] stride=2 [shortcut] from=-2 activation=leaky alpha=.5 "},
        {.cfg = "[net] height=2 width=300 channels=1 " CONV
                "2 [upsample] stride=2 [shortcut] from=-2 activation=leaky alpha=.5 "},
    };
    CHECK(rows);
}

/* Blocks of stride x stride summed, read with the true row length. */
static void downsample(double *out, const double *in, const layer *l) {
    memset(out, 0, l->outputs * sizeof *out);
    for (int k = 0; k < l->c; k++) {
        for (int i = 0; i < l->out_h * l->stride; i++) {
            for (int j = 0; j < l->out_w * l->stride; j++) {
                int to = (k * l->out_h + i / l->stride) * l->out_w + j / l->stride;
                out[to] += (double)l->scale * in[(k * l->h + i) * l->w + j];
            }
        }
    }
}

Test(layers_structure, upsample_repeats_and_its_reverse_sums) {
    const layer_row rows[] = {
        {.cfg = "[net] height=3 width=5 channels=3 [upsample] stride=2 "},
        {.cfg = "[net] height=3 width=5 channels=2 " CONV "3 [upsample] stride=3 scale=.5 " CONV "2 "},
        {.cfg = "[net] height=3 width=4 channels=2 [upsample] stride=1 scale=-2 "},
        {.cfg = "[net] height=6 width=4 channels=2 " CONV "3 [upsample] stride=-2 scale=.3 "},
        {.cfg = "[net] height=7 width=11 channels=3 [upsample] stride=-3 scale=.25 ", .formula = downsample},
        {.cfg = "[net] height=5 width=4 channels=2 [upsample] stride=-2 ", .formula = downsample},
    };
    CHECK(rows);
}

Test(layers_structure, reorg_permutes_as_darknet_does) {
    const layer_row rows[] = {
        {.cfg = "[net] height=4 width=6 channels=8 [reorg] stride=2 "},
        {.cfg = "[net] height=6 width=9 channels=3 " CONV "9 [reorg] stride=3 " CONV "2 "},
        {.cfg = "[net] height=4 width=6 channels=8 [reorg] stride=2 reverse=1 "},
        {.cfg = "[net] height=3 width=5 channels=3 " CONV "9 [reorg] stride=3 reverse=1 " CONV "2 "},
        {.cfg = "[net] height=3 width=5 channels=4 [reorg] stride=1 "},
        {.cfg = "[net] height=3 width=5 channels=4 [reorg] stride=1 flatten=1 "},
        {.cfg = "[net] height=4 width=6 channels=4 [reorg] stride=2 flatten=1 "},
        {.cfg = "[net] height=3 width=5 channels=4 [reorg] stride=1 flatten=1 reverse=1 "},
        {.cfg = "[net] height=3 width=5 channels=2 [reorg] stride=1 extra=7 [connected] output=5 activation=linear "},
    };
    CHECK(rows);
}

Test(layers_structure, crop_takes_the_middle) {
    const layer_row rows[] = {
        {.cfg = "[net] height=8 width=10 channels=3 [crop] crop_height=5 crop_width=6 flip=1 " CONV "2 "},
        {.cfg = "[net] height=7 width=9 channels=2 [crop] crop_height=4 crop_width=8 noadjust=1 "},
        {.cfg = "[net] height=4 width=5 channels=2 " CONV "3 [crop] crop_height=4 crop_width=5 "},
    };
    CHECK(rows);
}

/* The window of the early channels does not fit into the few channels that there are: Darknet reads what follows them.
 */
static void wide_normalization(double *out, const double *in, const layer *l) {
    int plane = l->w * l->h;
    for (int i = 0; i < plane; i++) {
        double sum = 0;
        for (int k = 0; k < l->c && k < l->size / 2; k++) sum += in[k * plane + i] * in[k * plane + i];
        for (int k = 0; k < l->c; k++) {
            int gone = k - (l->size - 1) / 2 - 1, come = k + l->size / 2;
            if (k > 0 && gone >= 0) sum -= in[gone * plane + i] * in[gone * plane + i];
            if (k > 0 && come < l->c) sum += in[come * plane + i] * in[come * plane + i];
            out[k * plane + i] = in[k * plane + i] * pow((double)l->kappa + (double)l->alpha * sum, -(double)l->beta);
        }
    }
}

Test(layers_structure, normalization_slides_as_darknet_does) {
    const layer_row rows[] = {
        {.cfg = "[net] height=3 width=5 channels=7 [normalization] size=5 alpha=.02 beta=.75 kappa=1 "},
        {.cfg = "[net] height=9 width=11 channels=3 " CONV "12 [normalization] size=5 alpha=.01 " CONV "2 "},
        {.cfg = "[net] height=3 width=5 channels=9 [normalization] size=4 alpha=.02 beta=.5 kappa=2 "},
        {.cfg = "[net] height=3 width=5 channels=5 [normalization] size=3 alpha=.05 beta=-.4 kappa=1.5 "},
        {.cfg = "[net] height=3 width=5 channels=4 [normalization] size=1 alpha=.05 beta=.75 kappa=1.5 "},
        {.cfg = "[net] height=3 width=5 channels=3 [normalization] size=5 alpha=.02 beta=.75 kappa=1 "},
        {.cfg = "[net] height=3 width=5 channels=2 [normalization] size=9 alpha=.02 beta=.75 kappa=1 ",
         .formula = wide_normalization},
    };
    CHECK(rows);
}

Test(layers_structure, l2norm_makes_unit_vectors) {
    const layer_row rows[] = {
        {.cfg = "[net] height=3 width=5 channels=7 [l2norm] "},
        {.cfg = "[net] height=4 width=3 channels=2 " CONV "5 [l2norm] " CONV "2 "},
        {.cfg = "[net] height=4 width=3 channels=2 [connected] output=6 activation=linear [l2norm] "},
    };
    CHECK(rows);
}

Test(layers_structure, l2norm_of_a_zero_vector_is_zero_with_gradient_zero) {
    network *net = make_test_network("[net] height=1 width=2 channels=3 [l2norm]", 1);
    attr_engine *e;
    cr_assert_eq(attr_engine_create(&e, net, ATTR_F64, 1, ATTR_KEEP_ALL), ATTR_OK, "%s", attr_error_message());
    const float x[] = {0, 3, 0, 0, 0, 4}; /* (0, 0, 0) and (3, 0, 4) */
    const double y[] = {0, .6, 0, 0, 0, .8}, dx[] = {0, .032, 0, .2, 0, -.024};
    attr_engine_set_input_f32(e, 0, x);
    attr_engine_forward(e, 1);
    attr_engine_clear_gradients(e, 0);
    for (size_t i = 0; i < 6; i++) attr_tensor_add_gradient(attr_engine_op(e, 0)->writes, 0, i, 1);
    attr_engine_backward(e, 0);
    const double *out = attr_engine_op(e, 0)->out, *gradient = attr_engine_input(e)->gradient;
    for (int i = 0; i < 6; i++) {
        cr_expect(fabs(out[i] - y[i]) < 1e-15, "y[%d] is %g, expected %g", i, out[i], y[i]);
        cr_expect(fabs(gradient[i] - dx[i]) < 1e-15, "dx[%d] is %g, expected %g", i, gradient[i], dx[i]);
    }
    attr_engine_free(e);
    free_test_network(net);
}
