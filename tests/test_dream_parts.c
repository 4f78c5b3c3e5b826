/* What a dream is made of, against definitions, inner products and a case worked by hand: spectrum, canvas, views,
 * Adam. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dreams/adam.h"
#include "dreams/augmentation.h"
#include "dreams/canvas.h"
#include "engine_pair.h"
#include "layer_harness.h"
#include "small_network.h"

static const double two_pi = 2 * 3.14159265358979323846;

/* Height, width: even, odd, one of each, single rows and columns. */
static const int sizes[][2] = {{4, 4}, {5, 7}, {6, 5}, {7, 8}, {1, 6}, {6, 1}, {2, 2}, {1, 1}, {9, 3}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static double *random_numbers(size_t n) {
    double *values = test_allocate(n, sizeof *values);
    for (size_t i = 0; i < n; i++) values[i] = test_uniform(-1, 1);
    return values;
}

static double inner(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* <A p, q> = <p, A^T q>. */
static void expect_adjoint(double left, double right, const char *what, int height, int width) {
    cr_expect(fabs(left - right) <= 1e-10 * (1 + fabs(left)), "%s %d x %d: <Ap, q> = %.17g, <p, A'q> = %.17g", what,
              height, width, left, right);
}

/* ---- Spectrum */

static double scale_of(int i, int j, int height, int width) {
    double d = sqrt(0.5), fy = (i > height / 2. ? i - height : i) / (height * d), fx = j / (width * d);
    return 1 / fmax(pow(fy * fy + fx * fx, 0.75), 1 / (fmax(height, width) * d));
}

/* The sum of the header. */
static double plane_at(const double *p, int y, int x, int height, int width) {
    int columns = (width + 1) / 2;
    double sum = 0;
    for (int i = 0; i < height; i++)
        for (int j = 0; j < columns; j++) {
            double angle = two_pi * ((double)i * y / height + (double)j * x / width);
            const double *wave = p + 2 * (i * columns + j);
            sum += (j ? 2 : 1) * scale_of(i, j, height, width) * (wave[0] * cos(angle) - wave[1] * sin(angle));
        }
    return sum / sqrt((double)height * width);
}

Test(dream_parts, spectrum_is_its_sum_of_waves) {
    for (int k = 0; k < SIZES; k++) {
        int height = sizes[k][0], width = sizes[k][1];
        attr_spectrum *s = NULL;
        cr_assert_eq(attr_spectrum_make(&s, height, width), ATTR_OK);
        size_t n = attr_spectrum_size(s), pixels = (size_t)height * width;
        cr_expect_eq(n, (size_t)height * ((width + 1) / 2) * 2, "%d x %d: %zu", height, width, n);
        for (int i = 0; i < height; i++)
            for (int j = 0; j < (width + 1) / 2; j++)
                cr_expect_float_eq(attr_spectrum_scale(s)[i * ((width + 1) / 2) + j], scale_of(i, j, height, width),
                                   1e-12, "%d x %d: scale of %d, %d", height, width, i, j);
        double *p = random_numbers(n), *plane = test_allocate(pixels, sizeof *plane);
        attr_spectrum_to_plane(plane, s, p);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                cr_expect_float_eq(plane[y * width + x], plane_at(p, y, x, height, width), 1e-12,
                                   "%d x %d: at %d, %d: %g", height, width, y, x, plane[y * width + x]);
        free(p);
        free(plane);
        attr_spectrum_free(s);
    }
}

Test(dream_parts, spectrum_transposed) {
    for (int k = 0; k < SIZES; k++) {
        int height = sizes[k][0], width = sizes[k][1];
        attr_spectrum *s = NULL;
        cr_assert_eq(attr_spectrum_make(&s, height, width), ATTR_OK);
        size_t n = attr_spectrum_size(s), pixels = (size_t)height * width;
        double *p = random_numbers(n), *q = random_numbers(pixels);
        double *forward = test_allocate(pixels, sizeof *forward), *back = test_allocate(n, sizeof *back);
        attr_spectrum_to_plane(forward, s, p);
        attr_spectrum_transpose(back, s, q);
        expect_adjoint(inner(forward, q, pixels), inner(p, back, n), "spectrum", height, width);
        free(p);
        free(q);
        free(forward);
        free(back);
        attr_spectrum_free(s);
    }
}

/* ---- Canvas */

Test(dream_parts, canvas_has_the_colours_of_natural_pictures) {
    static const double matrix[3][3] = {{.26, .09, .02}, {.27, 0, -.05}, {.27, -.09, .03}};
    const double longest = sqrt(.26 * .26 + 2 * .27 * .27); /* the first column */
    attr_canvas c;
    cr_assert_eq(attr_canvas_make(&c, 3, 5, 4), ATTR_OK);
    double *p = random_numbers(c.parameters), x[3 * 20];
    size_t each = c.parameters / 3;
    attr_canvas_paint(x, &c, p);
    for (int i = 0; i < 20; i++)
        for (int rgb = 0; rgb < 3; rgb++) {
            double z = 0;
            for (int k = 0; k < 3; k++)
                z += matrix[rgb][k] / longest * plane_at(p + (size_t)k * each, i / 4, i % 4, 5, 4);
            cr_expect_float_eq(x[rgb * 20 + i], 1 / (1 + exp(-z)), 1e-12, "colour %d, pixel %d", rgb, i);
        }
    free(p);
    attr_canvas_free(&c);
}

/* The derivative by parameters of <q, x>: by differences in a random direction, and of every parameter. */
Test(dream_parts, canvas_transposed) {
    enum { HEIGHT = 6, WIDTH = 5, PIXELS = HEIGHT * WIDTH };
    const double h = 1e-5;
    for (int channels = 1; channels <= 3; channels += 2) {
        attr_canvas c;
        cr_assert_eq(attr_canvas_make(&c, channels, HEIGHT, WIDTH), ATTR_OK);
        size_t n = (size_t)channels * PIXELS;
        double *p = random_numbers(c.parameters), *q = random_numbers(n), x[3 * PIXELS], up[3 * PIXELS];
        double *by = test_allocate(c.parameters, sizeof *by), *expected = test_allocate(c.parameters, sizeof *by);
        for (size_t i = 0; i < c.parameters; i++) {
            double was = p[i];
            p[i] = was + h;
            attr_canvas_paint(up, &c, p);
            p[i] = was - h;
            attr_canvas_paint(x, &c, p);
            p[i] = was;
            expected[i] = (inner(q, up, n) - inner(q, x, n)) / (2 * h);
        }
        attr_canvas_paint(x, &c, p);
        attr_canvas_transpose(by, &c, x, q);
        double error = relative_error(by, expected, c.parameters);
        cr_expect(error < 1e-7, "%d channels: %g off", channels, error);
        free(p);
        free(q);
        free(by);
        free(expected);
        attr_canvas_free(&c);
    }
}

Test(dream_parts, canvas_starts_nearly_grey_and_differs_by_seed) {
    attr_canvas c;
    cr_assert_eq(attr_canvas_make(&c, 3, 32, 32), ATTR_OK);
    double *p = test_allocate(c.parameters, sizeof *p), *other = test_allocate(c.parameters, sizeof *p);
    double sum = 0, squares = 0;
    attr_canvas_start(p, &c, 1);
    attr_canvas_start(other, &c, 2);
    for (size_t i = 0; i < c.parameters; i++) {
        sum += p[i];
        squares += p[i] * p[i];
        cr_expect_neq(p[i], other[i]);
    }
    double n = (double)c.parameters, deviation = sqrt(squares / n);
    cr_expect(fabs(sum / n) < 4 * 0.01 / sqrt(n), "mean %g", sum / n);
    cr_expect(fabs(deviation - 0.01) < 4 * 0.01 / sqrt(2 * n), "standard deviation %g", deviation);
    free(p);
    free(other);
    attr_canvas_free(&c);
}

/* ---- Views */

static attr_augmentation still(void) {
    return (attr_augmentation){.scale_y = 1, .scale_x = 1};
}

Test(dream_parts, view_without_change_is_the_picture) {
    double in[2 * 35], out[2 * 35], back[2 * 35];
    attr_augmentation a = still();
    for (int i = 0; i < 70; i++) in[i] = test_uniform(0, 1);
    attr_augmentation_apply(out, in, 2, 5, 7, &a);
    attr_augmentation_transpose(back, in, 2, 5, 7, &a);
    cr_expect_arr_eq(out, in, sizeof in);
    cr_expect_arr_eq(back, in, sizeof in);
}

/* Moved by whole pixels, turned by a right angle, twice as large: pixels are where they must be. */
Test(dream_parts, views_of_known_places) {
    double in[25], out[25];
    for (int i = 0; i < 25; i++) in[i] = i;
    attr_augmentation moved = still(), turned = still(), larger = still();
    moved.shift_y = 1;
    moved.shift_x = -2;
    attr_augmentation_apply(out, in, 1, 5, 5, &moved);
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++)
            cr_expect_eq(out[5 * y + x], y >= 1 && x <= 2 ? in[5 * (y - 1) + x + 2] : .5, "moved %d, %d", y, x);
    turned.angle = two_pi / 4; /* from the x axis to the y axis: what was right of the centre is below it */
    attr_augmentation_apply(out, in, 1, 5, 5, &turned);
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++)
            cr_expect(fabs(out[5 * y + x] - in[5 * (4 - x) + y]) < 1e-9, "turned %d, %d: %g", y, x, out[5 * y + x]);
    larger.scale_x = 2;
    attr_augmentation_apply(out, in, 1, 5, 5, &larger);
    for (int y = 0; y < 5; y++)
        for (int x = 0; x < 5; x++)
            cr_expect(fabs(out[5 * y + x] - (5 * y + 1 + x / 2.)) < 1e-12, "larger %d, %d: %g", y, x, out[5 * y + x]);
}

Test(dream_parts, views_transposed) {
    const attr_augmentation_range range = {40, 0.4, 1.7, 3};
    for (int k = 0; k < SIZES; k++)
        for (uint64_t step = 0; step < 5; step++) {
            int height = sizes[k][0], width = sizes[k][1];
            size_t n = 2 * (size_t)height * width;
            attr_augmentation a = attr_augmentation_draw(&range, 3, step);
            double *p = random_numbers(n), *q = random_numbers(n), *zero = test_allocate(n, sizeof *zero);
            double *forward = test_allocate(n, sizeof *p), *of_zero = test_allocate(n, sizeof *p),
                   *back = test_allocate(n, sizeof *p);
            attr_augmentation_apply(forward, p, 2, height, width, &a);
            attr_augmentation_apply(of_zero, zero, 2, height, width, &a); /* the grey outside */
            for (size_t i = 0; i < n; i++) forward[i] -= of_zero[i];
            attr_augmentation_transpose(back, q, 2, height, width, &a);
            expect_adjoint(inner(forward, q, n), inner(p, back, n), "view", height, width);
            free(p);
            free(q);
            free(zero);
            free(forward);
            free(of_zero);
            free(back);
        }
}

Test(dream_parts, views_stay_in_their_range_and_fill_it) {
    enum { DRAWS = 4000 };
    const attr_augmentation_range range = {15, 0.5, 1.2, 2};
    double low[5] = {9, 9, 9, 9, 9}, high[5] = {-9, -9, -9, -9, -9}, turn = 15 * two_pi / 360;
    const double least[] = {-turn, .5, .5, -2, -2}, most[] = {turn, 1.2, 1.2, 2, 2};
    for (uint64_t step = 0; step < DRAWS; step++) {
        attr_augmentation a = attr_augmentation_draw(&range, 1, step);
        const double values[] = {a.angle, a.scale_y, a.scale_x, a.shift_y, a.shift_x};
        for (int k = 0; k < 5; k++) {
            low[k] = fmin(low[k], values[k]);
            high[k] = fmax(high[k], values[k]);
        }
    }
    for (int k = 0; k < 5; k++) {
        double span = most[k] - least[k];
        cr_expect(low[k] >= least[k] && low[k] < least[k] + .01 * span, "number %d from %g", k, low[k]);
        cr_expect(high[k] <= most[k] && high[k] > most[k] - .01 * span, "number %d to %g", k, high[k]);
    }
}

/* ---- Adam */

/* Two steps by hand: gradients (3, -4), of length 5, and (0.3, 0.4), of length 0.5, both with the limit 1. */
Test(dream_parts, adam_by_hand) {
    attr_adam a;
    double p[2] = {1, 2};
    const double first[2] = {3, -4}, second[2] = {0.3, 0.4};
    cr_assert_eq(attr_adam_make(&a, 2, 0.1, 1), ATTR_OK);
    attr_adam_step(p, &a, first);
    /* g = (0.6, -0.8): m = 0.1 g, v = 0.001 g^2; corrected they are g and g^2: a step of the rate, by the sign */
    cr_expect_float_eq(p[0], 0.9, 1e-8, "%.12g", p[0]);
    cr_expect_float_eq(p[1], 2.1, 1e-8, "%.12g", p[1]);
    attr_adam_step(p, &a, second);

    const double m[2] = {.9 * .06 + .1 * .3, .9 * -.08 + .1 * .4};
    const double v[2] = {.999 * .00036 + .001 * .09, .999 * .00064 + .001 * .16};
    const double was[2] = {.9, 2.1};
    for (int k = 0; k < 2; k++) {
        double expected = was[k] - .1 * (m[k] / (1 - .81)) / (sqrt(v[k] / (1 - .999 * .999)) + 1e-8);
        cr_expect_float_eq(p[k], expected, 1e-6, "%d: %.12g, expected %.12g", k, p[k], expected);
    }
    cr_expect_arr_eq(second, ((const double[]){0.3, 0.4}), sizeof second);
    attr_adam_free(&a);
}

Test(dream_parts, adam_without_a_limit_finds_a_minimum) {
    attr_adam a;
    double p[2] = {3, -2};
    cr_assert_eq(attr_adam_make(&a, 2, 0.05, 0), ATTR_OK);
    for (int i = 0; i < 2000; i++) attr_adam_step(p, &a, ((const double[]){200 * (p[0] - 1), 2 * (p[1] + 1)}));
    cr_expect(fabs(p[0] - 1) < 1e-3 && fabs(p[1] + 1) < 1e-3, "%g, %g", p[0], p[1]);
    attr_adam_free(&a);
}
