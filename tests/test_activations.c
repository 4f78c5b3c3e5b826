#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "layer_harness.h"

static const char *const activations[] = {"logistic", "relu", "relie", "linear", "ramp",    "tanh",  "plse",
                                          "leaky",    "elu",  "loggy", "stair",  "hardtan", "lhtan", "selu"};

Test(activations, hold_in_every_layer_that_has_one) {
    static const char *const sections[] = {"[convolutional] filters=5 size=3 pad=1 batch_normalize=1",
                                           "[deconvolutional] filters=3 size=2 stride=2", "[connected] output=60",
                                           "[local] filters=4 size=3",
                                           "[convolutional] filters=6 activation=linear [activation]"};
    char cfg[256];
    for (int i = 0; i < 14 * 5; i++) {
        snprintf(cfg, sizeof cfg, "[net] height=6 width=5 channels=4 %s activation=%s", sections[i % 5],
                 activations[i / 5]);
        check_layers(&(layer_row){.cfg = cfg, .gain = 3}); /* plse has its kinks at 4 and -4 */
    }
}

/* Darknet's, one value at a time. */
extern float activate(float x, ACTIVATION a);
extern float gradient(float y, ACTIVATION a);

void attr_activate_f32(float *values, size_t n, ACTIVATION activation);
void attr_activate_f64(double *values, size_t n, ACTIVATION activation);
void attr_activation_gradient_f32(float *delta, const float *outputs, size_t n, ACTIVATION activation);
void attr_activation_gradient_f64(double *delta, const double *outputs, size_t n, ACTIVATION activation);

Test(activations, agree_with_darknet_at_and_between_the_kinks) {
    for (int a = LOGISTIC; a <= SELU; a++) {
        for (int i = -80; i <= 80; i++) { /* steps of 1/8 hit all kinks exactly */
            float x = i / 8.f, y = x, dy = 3;
            double y64 = x, dy64 = 3, expected = activate(x, a);
            attr_activate_f32(&y, 1, a);
            attr_activate_f64(&y64, 1, a);
            cr_expect(fabs(y - expected) <= 1e-6 * fmax(fabs(expected), 1) &&
                          fabs(y - y64) <= 1e-6 * fmax(fabs(y64), 1),
                      "%s(%g): %.9g single, %.17g double, %.9g Darknet", activations[a], x, y, y64, expected);
            y64 = y;
            attr_activation_gradient_f32(&dy, &y, 1, a);
            attr_activation_gradient_f64(&dy64, &y64, 1, a);
            expected = 3 * gradient(y, a);
            cr_expect(fabs(dy - expected) <= 2e-6 && fabs(dy64 - expected) <= 2e-6,
                      "%s'(%g): %.9g single, %.17g double, %.9g Darknet", activations[a], x, dy, dy64, expected);
        }
    }
}

Test(activations, stay_finite_for_large_arguments_and_keep_nan) {
    for (int a = LOGISTIC; a <= SELU; a++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            float y = sign * 1e4f, dy = 1;
            attr_activate_f32(&y, 1, a);
            float value = y;
            attr_activation_gradient_f32(&dy, &y, 1, a);
            cr_expect(isfinite(value) && isfinite(dy), "%s(%g): %g, slope %g", activations[a], sign * 1e4, value, dy);
        }
        float y = NAN;
        attr_activate_f32(&y, 1, a);
        cr_expect(isnan(y), "%s(NaN): %g", activations[a], y);
    }
}
