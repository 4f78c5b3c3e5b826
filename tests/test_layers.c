/* The layers with weights or windows, see layer_harness.h for what is expected of each. */
#include <criterion/criterion.h>
#include <float.h>
#include <stdio.h>

#include "layer_harness.h"
#include "model/engine.h"
#include "model/parameters.h"

static const layer_row rows[] = {
    {.cfg = "[net] height=9 width=13 channels=3 [convolutional] filters=20 size=3 pad=1 batch_normalize=1 "
            "activation=leaky"},
    {.cfg = "[net] height=16 width=16 channels=16 [convolutional] filters=16 size=1 batch_normalize=1 activation=relu"},
    {.cfg = "[net] height=7 width=20 channels=4 [convolutional] filters=9 size=3 stride=2 pad=1 activation=linear "
            "[convolutional] filters=18 groups=9 size=3 pad=1 activation=leaky [convolutional] filters=5 "
            "activation=logistic"},

    {.cfg = "[net] height=5 width=7 channels=6 [deconvolutional] filters=4 size=2 stride=2 activation=leaky"},
    {.cfg =
         "[net] height=4 width=6 channels=17 [deconvolutional] filters=5 size=4 stride=2 padding=1 batch_normalize=1 "
         "activation=relu [deconvolutional] filters=3 size=3 pad=1 batch_normalize=1 activation=tanh"},

    {.cfg = "[net] inputs=37 [connected] output=19 activation=tanh"},
    {.cfg = "[net] height=5 width=3 channels=7 [connected] output=300 batch_normalize=1 activation=leaky "
            "[connected] output=1 activation=linear"},

    {.cfg = "[net] height=9 width=8 channels=3 [local] filters=5 size=3 stride=2 pad=1 activation=leaky "
            "[local] filters=2 size=3 activation=logistic"},

    {.cfg = "[net] height=9 width=8 channels=3 [maxpool] size=2 stride=2 [maxpool] size=2 stride=1 [maxpool] size=3 "
            "stride=2"},
    {.cfg = "[net] height=7 width=5 channels=17 [avgpool]"},
    {.cfg = "[net] height=6 width=5 channels=4 [convolutional] filters=3 size=3 activation=relu [avgpool] "
            "[connected] output=4 activation=linear"},
    {.cfg = "[net] height=6 width=5 channels=4 [batchnorm]"},
    {.cfg = "[net] height=6 width=5 channels=4 [convolutional] filters=7 size=3 activation=linear [batchnorm] "
            "[activation] activation=relu [batchnorm]"},
};

Test(layers, hold_in_every_row_of_the_table) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) check_layers(&rows[i]);
}

/* ---- Special cases */

/* Windows without a pixel: Darknet's backward writes to index -1 there. */
Test(maxpool, window_without_a_pixel_has_no_gradient) {
    network *net = make_test_network("[net] height=2 width=2 channels=1 [maxpool] size=1 stride=1 padding=2", 1);
    attr_engine *e;
    cr_assert_eq(attr_engine_create(&e, net, ATTR_F32, 1, ATTR_KEEP_ALL), ATTR_OK, "%s", attr_error_message());
    const float x[4] = {1, 2, 3, 4};
    float *out = attr_engine_op(e, 0)->out, *dout = attr_engine_op(e, 0)->dout;
    const float *gradient_in = attr_engine_input(e)->gradient;
    attr_engine_set_input_f32(e, 0, x);
    attr_engine_forward(e, 1);
    attr_engine_clear_gradients(e, 0);
    for (int i = 0; i < 16; i++) dout[i] = i + 1;
    attr_engine_backward(e, 0);
    for (int i = 0; i < 16; i++) {
        int y = i / 4 - 1, column = i % 4 - 1, holds = y >= 0 && y < 2 && column >= 0 && column < 2;
        float expected = holds ? x[y * 2 + column] : -FLT_MAX;
        cr_expect(out[i] == expected, "output %d: %g, expected %g", i, out[i], expected);
        if (holds)
            cr_expect(gradient_in[y * 2 + column] == i + 1, "gradient %d: %g, expected %d", y * 2 + column,
                      gradient_in[y * 2 + column], i + 1);
    }
    attr_engine_free(e);
    free_test_network(net);
}

Test(maxpool, first_of_equal_maxima_gets_the_gradient) {
    network *net = make_test_network("[net] height=2 width=2 channels=1 [maxpool] size=2 stride=2 padding=0", 1);
    attr_engine *e;
    cr_assert_eq(attr_engine_create(&e, net, ATTR_F32, 1, ATTR_KEEP_ALL), ATTR_OK, "%s", attr_error_message());
    const float x[4] = {1, 5, 5, 5}, expected[4] = {0, 7, 0, 0};
    attr_engine_set_input_f32(e, 0, x);
    attr_engine_forward(e, 1);
    attr_engine_clear_gradients(e, 0);
    *(float *)attr_engine_op(e, 0)->dout = 7;
    attr_engine_backward(e, 0);
    for (int i = 0; i < 4; i++) {
        float value = ((const float *)attr_engine_input(e)->gradient)[i];
        cr_expect(value == expected[i], "gradient %d: %g, expected %g", i, value, expected[i]);
    }
    attr_engine_free(e);
    free_test_network(net);
}

/* A clone's parameters, not Darknet's, are those that count after attr_engine_set_parameters. */
Test(layers, use_the_parameters_that_they_are_given) {
    static const char *const sections[] = {"[convolutional] filters=5 size=3 batch_normalize=1 activation=leaky",
                                           "[deconvolutional] filters=3 size=2 batch_normalize=1 activation=leaky",
                                           "[connected] output=6 batch_normalize=1 activation=leaky",
                                           "[local] filters=4 size=3 activation=leaky", "[batchnorm]"};
    char cfg[256];
    for (int i = 0; i < 5; i++) {
        snprintf(cfg, sizeof cfg, "[net] height=6 width=5 channels=4 %s", sections[i]);
        network *given = make_test_network(cfg, 1), *other = make_test_network(cfg, 2);
        for (int precision = ATTR_F32; precision <= ATTR_F64; precision++) {
            attr_engine *e, *expected;
            cr_assert_eq(attr_engine_create(&expected, other, precision, 1, ATTR_KEEP_ALL), ATTR_OK, "%s",
                         attr_error_message());
            cr_assert_eq(attr_engine_create(&e, given, precision, 1, ATTR_KEEP_ALL), ATTR_OK, "%s",
                         attr_error_message());
            attr_parameters parameters = attr_engine_op(expected, 0)->parameters;
            attr_engine_set_parameters(e, &parameters);
            double x[120], seed[300], gradients[2][120], outputs[2][300];
            size_t n = attr_engine_op(e, 0)->outputs;
            for (int j = 0; j < 120; j++) x[j] = test_uniform(-1, 1);
            for (size_t j = 0; j < n; j++) seed[j] = test_uniform(-1, 1);
            for (int j = 0; j < 2; j++) {
                attr_engine *engine = j ? expected : e;
                attr_op *op = attr_engine_op(engine, 0);
                attr_engine_set_input_f64(engine, 0, x);
                attr_engine_forward(engine, 1);
                attr_tensor_read(outputs[j], op->writes, 0, 0, n);
                attr_engine_clear_gradients(engine, 0);
                for (size_t k = 0; k < n; k++) attr_tensor_add_gradient(op->writes, 0, k, seed[k]);
                attr_engine_backward(engine, 0);
                attr_tensor_read_gradient(gradients[j], attr_engine_input(engine), 0, 0, 120);
            }
            cr_expect(relative_error(outputs[0], outputs[1], n) == 0, "%s: output", cfg);
            cr_expect(relative_error(gradients[0], gradients[1], 120) == 0, "%s: gradient", cfg);
            attr_engine_free(e);
            attr_engine_free(expected);
        }
        free_test_network(given);
        free_test_network(other);
    }
}
