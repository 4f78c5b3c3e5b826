/* Deletion and preservation: a linear network, whose curves are known, an independent computation, and random maps. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "engine_pair.h"
#include "metrics/pixel_removal.h"
#include "small_network.h"

enum { height = 5, width = 6, pixels = height * width };
static const char *const linear = "[net] height=5 width=6 channels=3 [connected] output=2 activation=linear";
static const char *const deep = "[net] height=5 width=6 channels=3 [connected] output=9 activation=tanh [connected] "
                                "output=3 activation=linear [softmax]";

/* What each pixel adds to class 1 of the linear network, against the reference. */
static void parts_of(double *parts, const engine_pair *n, const float *reference) {
    const float *w = n->net->layers[0].weights + n->inputs;
    for (int p = 0; p < pixels; p++) {
        parts[p] = 0;
        for (int c = 0; c < 3; c++)
            parts[p] += (double)w[c * pixels + p] * ((double)n->x[c * pixels + p] - reference[c * pixels + p]);
    }
}

Test(pixel_removal, of_a_linear_network_takes_away_the_parts_in_their_order) {
    engine_pair n;
    engine_pair_make(&n, linear, 4);
    float *reference = test_allocate(n.inputs, sizeof *reference);
    double parts[pixels], scores[pixels + 1], area;
    for (size_t i = 0; i < n.inputs; i++) reference[i] = (float)test_uniform(0, 1);
    parts_of(parts, &n, reference);
    attr_target *t = test_target(n.twin, ATTR_TARGET_LOGIT, 1);
    for (int order = ATTR_DELETION; order <= ATTR_PRESERVATION; order++)
        for (size_t each = 1; each <= 7; each += 3) {
            size_t steps = attr_removal_steps(pixels, each);
            cr_assert_eq(
                attr_pixel_removal(scores, &area, n.twin, t, n.x, reference, parts, (attr_removal_order)order, each),
                ATTR_OK, "%s", attr_error_message());
            double expected = scores[0], sum = scores[0] / 2, left[pixels];
            memcpy(left, parts, sizeof left);
            for (size_t l = 1; l <= steps; l++) {
                for (size_t k = 0; k < each && (l - 1) * each + k < pixels; k++) {
                    int best = -1;
                    for (int p = 0; p < pixels; p++)
                        if (!isnan(left[p]) &&
                            (best < 0 || (order == ATTR_DELETION ? left[p] > left[best] : left[p] < left[best])))
                            best = p;
                    expected -= left[best];
                    left[best] = NAN;
                }
                cr_expect(fabs(scores[l] - expected) < 1e-9, "order %d, %zu a step, step %zu: %g, expected %g", order,
                          each, l, scores[l], expected);
                sum += l == steps ? expected / 2 : expected;
            }
            cr_expect(fabs(area - sum / (double)steps) < 1e-9, "order %d, %zu a step: area %g, expected %g", order,
                      each, area, sum / (double)steps);
        }
    attr_target_free(t);
    free(reference);
    engine_pair_free(&n);
}

Test(pixel_removal, is_the_same_for_any_batch_and_number_of_threads) {
    double map[pixels], first[pixels + 1], scores[pixels + 1], first_area = 0, area;
    for (int i = 0; i < pixels; i++) map[i] = test_uniform(-1, 1);
    for (int batch = 1; batch <= 5; batch += 2) {
        engine_pair n;
        engine_pair_make(&n, deep, batch);
        float *black = test_allocate(n.inputs, sizeof *black);
        attr_target *t = test_target(n.single, ATTR_TARGET_PROBABILITY, 1);
        omp_set_num_threads(batch);
        cr_assert_eq(attr_pixel_removal(batch == 1 ? first : scores, batch == 1 ? &first_area : &area, n.single, t, n.x,
                                        black, map, ATTR_DELETION, 4),
                     ATTR_OK, "%s", attr_error_message());
        if (batch > 1)
            cr_expect(!memcmp(first, scores, (attr_removal_steps(pixels, 4) + 1) * sizeof *first) && area == first_area,
                      "batch and threads %d", batch);
        attr_target_free(t);
        free(black);
        engine_pair_free(&n);
    }
}

/* Methods paper 3, oracle 10: a map of no use removes the same in either order. */
Test(pixel_removal, deletion_and_preservation_of_random_maps_are_the_same_in_the_mean) {
    enum { trials = 400 };
    engine_pair n;
    engine_pair_make(&n, deep, 8);
    float *black = test_allocate(n.inputs, sizeof *black);
    attr_target *t = test_target(n.single, ATTR_TARGET_PROBABILITY, 2);
    double map[pixels], scores[pixels + 1], deletion, preservation, mean = 0, squares = 0;
    for (int trial = 0; trial < trials; trial++) {
        for (int i = 0; i < pixels; i++) map[i] = test_uniform(-1, 1);
        cr_assert_eq(attr_pixel_removal(scores, &deletion, n.single, t, n.x, black, map, ATTR_DELETION, 3), ATTR_OK);
        cr_assert_eq(attr_pixel_removal(scores, &preservation, n.single, t, n.x, black, map, ATTR_PRESERVATION, 3),
                     ATTR_OK);
        mean += (deletion - preservation) / trials;
        squares += (deletion - preservation) * (deletion - preservation) / trials;
    }
    double error = sqrt((squares - mean * mean) / trials);
    cr_expect(error > 0 && fabs(mean) < 4 * error, "mean difference %g +- %g", mean, error);
    attr_target_free(t);
    free(black);
    engine_pair_free(&n);
}
