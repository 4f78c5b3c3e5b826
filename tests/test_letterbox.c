#include <criterion/criterion.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "darknet.h"
#include "images/letterbox.h"

static unsigned int next_random(unsigned int *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static int random_between(unsigned int *state, int low, int high) {
    return low + (int)(next_random(state) % (unsigned int)(high - low + 1));
}

static attr_picture random_picture(unsigned int *state, int w, int h, int c) {
    attr_picture p = {.w = w, .h = h, .c = c, .data = malloc(sizeof(float) * (size_t)w * (size_t)h * (size_t)c)};
    for (int i = 0; i < w * h * c; i++) p.data[i] = (float)(next_random(state) % 256 / 255.);
    return p;
}

static double *random_map(unsigned int *state, int w, int h) {
    double *map = malloc(sizeof(double) * (size_t)w * (size_t)h);
    for (int i = 0; i < w * h; i++) map[i] = random_between(state, -1000, 1000) / 1000.;
    return map;
}

static double *undo(const attr_letterbox *box, const double *net_map, double *padding_share) {
    double *map = malloc(sizeof(double) * (size_t)box->picture_w * (size_t)box->picture_h);
    cr_assert_eq(attr_letterbox_undo(map, padding_share, net_map, box), ATTR_OK, "%s", attr_error_message());
    return map;
}

static double sum_of(const double *map, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum += map[i];
    return sum;
}

static double sum_of_region(const attr_letterbox *b, const double *net_map) {
    double sum = 0;
    for (int y = b->y0; y < b->y0 + b->new_h; y++) sum += sum_of(net_map + y * b->net_w + b->x0, b->new_w);
    return sum;
}

static void compare_with_darknet(int net_w, int net_h, int w, int h, int c) {
    unsigned int state = (unsigned int)(w * 1000 + h);
    attr_picture picture = random_picture(&state, w, h, c);
    size_t count = (size_t)net_w * (size_t)net_h * (size_t)c;
    float *input = malloc(sizeof(float) * count);
    attr_letterbox box;
    attr_letterbox_make(&box, net_w, net_h, w, h);
    attr_letterbox_apply(input, &box, &picture);
    image im = {.w = w, .h = h, .c = c, .data = picture.data};
    image boxed = letterbox_image(im, net_w, net_h);
    for (size_t i = 0; i < count; i++)
        cr_assert(memcmp(&input[i], &boxed.data[i], sizeof *input) == 0,
                  "picture %d x %d x %d, net %d x %d, value %zu: %.9g, Darknet %.9g", w, h, c, net_w, net_h, i,
                  input[i], boxed.data[i]);
    free_image(boxed);
    free(input);
    attr_picture_free(&picture);
}

Test(letterbox, gives_darknets_input_bit_for_bit) {
    static const int sizes[][4] = {/* net, picture */
                                   {416, 416, 768, 576}, {416, 416, 576, 768}, {224, 224, 224, 224}, {224, 224, 1, 1},
                                   {64, 64, 1, 30},      {64, 64, 30, 1},      {64, 64, 2, 2},       {64, 64, 63, 65},
                                   {32, 96, 50, 20},     {96, 32, 20, 50},     {28, 28, 28, 28},     {64, 48, 64, 48},
                                   {64, 64, 128, 64},    {64, 64, 31, 32},     {320, 320, 427, 640}, {320, 320, 7, 5}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int c = 1; c <= 3; c += 2) compare_with_darknet(sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3], c);
}

Test(letterbox, gives_darknets_input_for_random_sizes) {
    unsigned int state = 1;
    for (int i = 0; i < 400; i++) {
        int net_w = random_between(&state, 2, 80), net_h = random_between(&state, 2, 80);
        int w = random_between(&state, 1, 150), h = random_between(&state, 1, 150);
        bool too_narrow = w * net_h < h, too_flat = h * net_w < 2 * w; /* stock reads outside of the picture */
        if (!too_narrow && !too_flat) compare_with_darknet(net_w, net_h, w, h, 1);
    }
}

Test(letterbox, keeps_at_least_one_pixel_of_extreme_pictures) {
    static const int sizes[][4] = {
        {64, 64, 5000, 1}, {64, 64, 1, 5000}, {64, 64, 129, 2}, {1, 1, 40, 30}, {1, 64, 9, 9}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int net_w = sizes[i][0], net_h = sizes[i][1], w = sizes[i][2], h = sizes[i][3];
        attr_letterbox b;
        attr_letterbox_make(&b, net_w, net_h, w, h);
        cr_assert(b.new_w >= 1 && b.new_h >= 1 && b.x0 >= 0 && b.y0 >= 0 && b.x0 + b.new_w <= net_w &&
                      b.y0 + b.new_h <= net_h,
                  "%d x %d in %d x %d: region %d x %d at %d, %d", w, h, net_w, net_h, b.new_w, b.new_h, b.x0, b.y0);
        unsigned int state = 2;
        attr_picture picture = random_picture(&state, w, h, 3);
        float *input = malloc(sizeof(float) * 3 * (size_t)net_w * (size_t)net_h);
        attr_letterbox_apply(input, &b, &picture);
        for (int k = 0; k < 3 * net_w * net_h; k++)
            cr_assert(input[k] >= 0 && input[k] <= 1, "%d x %d in %d x %d: value %d is %g", w, h, net_w, net_h, k,
                      input[k]);
        free(input);
        attr_picture_free(&picture);
    }
}

Test(letterbox, undo_keeps_the_sum_and_tells_the_padding) {
    unsigned int state = 3;
    for (int i = 0; i < 300; i++) {
        attr_letterbox b;
        attr_letterbox_make(&b, random_between(&state, 1, 60), random_between(&state, 1, 60),
                            random_between(&state, 1, 200), random_between(&state, 1, 200));
        double *net_map = random_map(&state, b.net_w, b.net_h), share = -1, all = 0, inside = 0;
        double *map = undo(&b, net_map, &share);
        double expected = sum_of_region(&b, net_map), sum = sum_of(map, b.picture_w * b.picture_h);
        for (int k = 0; k < b.net_w * b.net_h; k++) {
            int x = k % b.net_w - b.x0, y = k / b.net_w - b.y0;
            all += fabs(net_map[k]);
            if (x >= 0 && y >= 0 && x < b.new_w && y < b.new_h) inside += fabs(net_map[k]);
        }
        cr_assert_float_eq(sum, expected, 1e-12 * (1 + all), "net %d x %d, picture %d x %d: sum %.17g, expected %.17g",
                           b.net_w, b.net_h, b.picture_w, b.picture_h, sum, expected);
        cr_assert_float_eq(share, 1 - inside / all, 1e-12,
                           "net %d x %d, picture %d x %d: padding %.17g, expected %.17g", b.net_w, b.net_h, b.picture_w,
                           b.picture_h, share, 1 - inside / all);
        free(map);
        free(net_map);
    }
}

/* Pixel k of the picture, the plain way: each network pixel's share is the overlap of two rectangles. */
static double pixel_by_definition(const attr_letterbox *b, const double *net_map, int px, int py) {
    double sum = 0;
    for (int y = 0; y < b->new_h; y++)
        for (int x = 0; x < b->new_w; x++) {
            double sx = b->new_w > 1 ? (b->picture_w - 1.) / (b->new_w - 1) : 0;
            double sy = b->new_h > 1 ? (b->picture_h - 1.) / (b->new_h - 1) : 0;
            double left = x ? (x - .5) * sx : -.5, right = x < b->new_w - 1 ? (x + .5) * sx : b->picture_w - .5;
            double top = y ? (y - .5) * sy : -.5, bottom = y < b->new_h - 1 ? (y + .5) * sy : b->picture_h - .5;
            double wide = fmin(right, px + .5) - fmax(left, px - .5), high = fmin(bottom, py + .5) - fmax(top, py - .5);
            if (wide > 0 && high > 0)
                sum += net_map[(y + b->y0) * b->net_w + x + b->x0] * wide * high / ((right - left) * (bottom - top));
        }
    return sum;
}

Test(letterbox, undo_spreads_over_the_nearest_part_of_the_picture) {
    unsigned int state = 4;
    for (int i = 0; i < 60; i++) {
        attr_letterbox b;
        attr_letterbox_make(&b, random_between(&state, 1, 20), random_between(&state, 1, 20),
                            random_between(&state, 2, 40), random_between(&state, 2, 40));
        double *net_map = random_map(&state, b.net_w, b.net_h), *map = undo(&b, net_map, NULL);
        for (int y = 0; y < b.picture_h; y++)
            for (int x = 0; x < b.picture_w; x++) {
                double expected = pixel_by_definition(&b, net_map, x, y), got = map[y * b.picture_w + x];
                cr_assert_float_eq(got, expected, 1e-11, "net %d x %d, picture %d x %d, pixel %d, %d: %.17g not %.17g",
                                   b.net_w, b.net_h, b.picture_w, b.picture_h, x, y, got, expected);
            }
        free(map);
        free(net_map);
    }
}

Test(letterbox, undo_of_a_constant_map_is_constant_inside_the_outermost_footprints) {
    static const int sizes[][2] = {{500, 333}, {64, 64}, {31, 20}, {3000, 100}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        attr_letterbox b;
        attr_letterbox_make(&b, 64, 64, sizes[i][0], sizes[i][1]);
        double net_map[64 * 64];
        for (int k = 0; k < 64 * 64; k++) net_map[k] = 2.5;
        double *map = undo(&b, net_map, NULL);
        double sx = (b.picture_w - 1.) / (b.new_w - 1), sy = b.new_h > 1 ? (b.picture_h - 1.) / (b.new_h - 1) : 0;
        int rim_x = (int)ceil(fmax(sx, 1)), rim_y = (int)ceil(fmax(sy, 1));
        for (int y = rim_y; y < b.picture_h - rim_y; y++)
            for (int x = rim_x; x < b.picture_w - rim_x; x++)
                cr_assert_float_eq(map[y * b.picture_w + x], 2.5 / (sx * sy), 1e-12,
                                   "picture %d x %d, pixel %d, %d: %.17g, expected %.17g", b.picture_w, b.picture_h, x,
                                   y, map[y * b.picture_w + x], 2.5 / (sx * sy));
        free(map);
    }
}

Test(letterbox, undo_leaves_things_where_they_are) {
    static const int sizes[][2] = {{768, 576}, {100, 400}, {64, 64}, {23, 17}, {16, 200}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        attr_letterbox b;
        attr_letterbox_make(&b, 64, 64, sizes[i][0], sizes[i][1]);
        double net_map[64 * 64] = {0};
        double cx = b.x0 + .7 * (b.new_w - 1), cy = b.y0 + .4 * (b.new_h - 1), sum = 0, x_sum = 0, y_sum = 0;
        for (int k = 0; k < 64 * 64; k++) {
            double dx = k % 64 - cx, dy = k / 64 - cy;
            net_map[k] = exp(-(dx * dx + dy * dy) / 2);
        }
        double *map = undo(&b, net_map, NULL);
        for (int k = 0; k < b.picture_w * b.picture_h; k++) {
            sum += map[k];
            x_sum += map[k] * (k % b.picture_w);
            y_sum += map[k] * (k / b.picture_w);
        }
        double x = .7 * (b.picture_w - 1), y = .4 * (b.picture_h - 1);
        cr_expect_float_eq(x_sum / sum, x, .5 * b.picture_w / b.new_w, "picture %d x %d: column %g, expected %g",
                           b.picture_w, b.picture_h, x_sum / sum, x);
        cr_expect_float_eq(y_sum / sum, y, .5 * b.picture_h / b.new_h, "picture %d x %d: row %g, expected %g",
                           b.picture_w, b.picture_h, y_sum / sum, y);
        free(map);
    }
}

Test(letterbox, undo_changes_nothing_if_the_sizes_are_equal) {
    unsigned int state = 5;
    attr_letterbox b;
    attr_letterbox_make(&b, 37, 22, 37, 22);
    double *net_map = random_map(&state, 37, 22), share = 1, *map = undo(&b, net_map, &share);
    for (int k = 0; k < 37 * 22; k++)
        cr_assert_float_eq(map[k], net_map[k], 1e-13, "value %d: %.17g, expected %.17g", k, map[k], net_map[k]);
    cr_assert_eq(share, 0, "padding %g", share);
    free(map);
    free(net_map);
}

Test(letterbox, a_map_of_zeros_has_no_padding_share) {
    attr_letterbox b;
    double net_map[8 * 8] = {0}, share = 1;
    attr_letterbox_make(&b, 8, 8, 16, 4);
    free(undo(&b, net_map, &share));
    cr_assert_eq(share, 0, "padding %g", share);
}
