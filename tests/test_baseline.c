#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "methods/baseline.h"
#include "small_network.h"

/* A picture of 7 x 5 in a network's input of 7 x 9: bars above and below; and one of 4 x 6 with bars on the sides. */
static const attr_region regions[] = {
    {.channels = 3, .height = 9, .width = 7, .x0 = 0, .y0 = 2, .w = 7, .h = 5},
    {.channels = 1, .height = 6, .width = 9, .x0 = 3, .y0 = 0, .w = 4, .h = 6},
    {.channels = 2, .height = 5, .width = 4, .x0 = 0, .y0 = 0, .w = 4, .h = 5},
};
enum { REGIONS = sizeof regions / sizeof *regions, MOST = 3 * 9 * 7 };

static size_t size_of(const attr_region *r) {
    return (size_t)r->channels * r->height * r->width;
}

/* Whether element i shows the picture; its channel and place in the picture. */
static int inside(const attr_region *r, size_t i, int *c, int *y, int *x) {
    *c = (int)(i / (r->height * r->width));
    *y = (int)(i / r->width % r->height) - r->y0;
    *x = (int)(i % r->width) - r->x0;
    return *y >= 0 && *y < r->h && *x >= 0 && *x < r->w;
}

static void fill_random(float *x, const attr_region *r) {
    for (size_t i = 0; i < size_of(r); i++) x[i] = (float)test_uniform(0, 1);
}

static void make(float *baseline, const float *x, const attr_baseline_settings *settings, uint64_t seed, size_t k) {
    memset(baseline, 0xff, size_of(&settings->region) * sizeof *baseline);
    cr_assert_eq(attr_baseline_make(baseline, x, settings, seed, k), ATTR_OK, "%s", attr_error_message());
}

static double pixel(const float *x, const attr_region *r, int c, int row, int column) {
    return x[(c * r->height + r->y0 + row) * r->width + r->x0 + column];
}

static int nearest(int i, int n) {
    return i < 0 ? 0 : i > n - 1 ? n - 1 : i;
}

/* The Gaussian of two dimensions, out to 4 sigma a side, edges repeated. */
static double blurred(const float *x, const attr_region *r, int c, int row, int column, double sigma) {
    int radius = (int)ceil(4 * sigma);
    double sum = 0, total = 0;
    for (int dy = -radius; dy <= radius; dy++) {
        for (int dx = -radius; dx <= radius; dx++) {
            double weight = exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
            sum += weight * pixel(x, r, c, nearest(row + dy, r->h), nearest(column + dx, r->w));
            total += weight;
        }
    }
    return sum / total;
}

static double mean_colour(const float *x, const attr_region *r, int c) {
    double sum = 0;
    for (int row = 0; row < r->h; row++)
        for (int column = 0; column < r->w; column++) sum += pixel(x, r, c, row, column);
    return sum / (r->w * r->h);
}

static double expected_value(const float *x, const float *other, const attr_baseline_settings *s, uint64_t seed,
                             size_t k, int c, int row, int column) {
    const attr_region *r = &s->region;
    float noise;
    switch (s->kind) {
    case ATTR_BASELINE_BLACK:
        return 0;
    case ATTR_BASELINE_MEAN:
        return mean_colour(x, r, c);
    case ATTR_BASELINE_BLUR:
        return blurred(x, r, c, row, column, s->blur * fmax(r->w, r->h));
    case ATTR_BASELINE_COLOUR:
        return r->channels == 3 ? s->colour[c] : (s->colour[0] + s->colour[1] + s->colour[2]) / 3;
    case ATTR_BASELINE_NOISE: /* element = c, y, x of the picture's region */
        attr_random_uniform(&noise, &(attr_random){seed, ATTR_STREAM_BASELINE, 0, k},
                            ((uint64_t)c * r->h + row) * r->w + column, 1);
        return noise;
    default:
        return pixel(other, r, c, row, column);
    }
}

Test(baseline, replaces_the_picture_and_keeps_the_bars) {
    float x[MOST], other[MOST], baseline[MOST];
    for (int i = 0; i < REGIONS; i++) {
        const attr_region *r = &regions[i];
        fill_random(x, r);
        fill_random(other, r);
        for (int kind = ATTR_BASELINE_PICTURE; kind <= ATTR_BASELINE_NOISE; kind++) {
            attr_baseline_settings s = {
                .kind = kind, .region = *r, .count = 3, .colour = {.2, .5, .6}, .blur = 0.15, .picture = other};
            make(baseline, x, &s, 11, 2);
            for (size_t e = 0; e < size_of(r); e++) {
                int c, row, column;
                double expected =
                    inside(r, e, &c, &row, &column) ? expected_value(x, other, &s, 11, 2, c, row, column) : x[e];
                cr_expect(fabs(baseline[e] - expected) < 1e-6,
                          "region %d, baseline %d, channel %d, row %d, column %d: %g, expected %g", i, kind, c, row,
                          column, baseline[e], expected);
            }
        }
    }
}

Test(baseline, of_noise_depends_on_seed_and_number_only_and_lies_in_0_to_1) {
    attr_baseline_settings s = {.kind = ATTR_BASELINE_NOISE, .region = regions[0], .count = 5};
    const attr_region *r = &s.region;
    float x[MOST], first[MOST], again[MOST], other[MOST];
    double sum = 0;
    int numbers = 0;
    fill_random(x, r);
    for (size_t k = 0; k < s.count; k++) {
        make(first, x, &s, 7, k);
        make(again, x, &s, 7, k);
        cr_expect_arr_eq(first, again, size_of(r) * sizeof *x, "baseline %zu is not the same twice", k);
        make(other, x, &s, 8, k);
        cr_expect(memcmp(first, other, size_of(r) * sizeof *x) != 0, "baseline %zu: seeds 7 and 8 are equal", k);
        make(other, x, &s, 7, k + 1);
        cr_expect(memcmp(first, other, size_of(r) * sizeof *x) != 0, "baselines %zu and %zu are equal", k, k + 1);
        for (size_t e = 0; e < size_of(r); e++) {
            int c, row, column;
            if (!inside(r, e, &c, &row, &column)) continue;
            cr_expect(first[e] >= 0 && first[e] < 1, "baseline %zu, element %zu: %g", k, e, first[e]);
            sum += first[e];
            numbers++;
        }
    }
    /* the mean of 525 uniform numbers: 0.5, standard deviation 0.0126 */
    cr_expect(fabs(sum / numbers - 0.5) < 0.06, "the mean of %d numbers is %g", numbers, sum / numbers);
}

Test(baseline, of_blur_keeps_a_constant_picture_and_goes_from_the_picture_to_flat) {
    float x[MOST], baseline[MOST], narrow[MOST];
    for (int i = 0; i < REGIONS; i++) {
        const attr_region *r = &regions[i];
        attr_baseline_settings s = {.kind = ATTR_BASELINE_BLUR, .region = *r, .blur = 0.3};
        for (size_t e = 0; e < size_of(r); e++) x[e] = 0.37F;
        make(baseline, x, &s, 0, 0);
        for (size_t e = 0; e < size_of(r); e++)
            cr_expect(fabsf(baseline[e] - 0.37F) < 1e-6F, "region %d, element %zu of a constant picture: %g", i, e,
                      baseline[e]);
        fill_random(x, r);
        s.blur = 0.001; /* taps beside the middle are 0 */
        make(narrow, x, &s, 0, 0);
        cr_expect_arr_eq(narrow, x, size_of(r) * sizeof *x, "region %d: a blur of 0.007 pixels changes the picture", i);
        s.blur = 1;
        make(baseline, x, &s, 0, 0);
        float low = 1, high = 0;
        for (int row = 0; row < r->h; row++) {
            for (int column = 0; column < r->w; column++) {
                low = fminf(low, (float)pixel(baseline, r, 0, row, column));
                high = fmaxf(high, (float)pixel(baseline, r, 0, row, column));
            }
        }
        cr_expect(high - low < 0.2F && low > 0 && high < 1, "region %d: a blur as wide as the picture leaves %g to %g",
                  i, low, high);
    }
}

Test(baseline, of_black_is_zero_and_ignores_what_stood_there) {
    float x[MOST], baseline[MOST];
    attr_baseline_settings s = {.kind = ATTR_BASELINE_BLACK, .region = regions[2]};
    for (size_t e = 0; e < size_of(&s.region); e++) x[e] = NAN;
    make(baseline, x, &s, 0, 0);
    for (size_t e = 0; e < size_of(&s.region); e++) cr_expect_eq(baseline[e], 0, "element %zu is %g", e, baseline[e]);
}
