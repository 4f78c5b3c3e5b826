#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "images/overlay.h"
#include "fresh_folder.h"

TestSuite(overlay, .init = enter_fresh_folder, .fini = leave_fresh_folder);

/* ---- scale */

static int compare_floats(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

Test(overlay, scale_is_the_99th_percentile_of_the_magnitudes) {
    static const size_t counts[] = {1, 2, 3, 100, 101, 1000, 12345};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        size_t n = counts[k];
        float *map = malloc(n * sizeof *map), *sorted = malloc(n * sizeof *sorted);
        unsigned int state = 7;
        for (size_t i = 0; i < n; i++) {
            state = state * 1664525u + 1013904223u;
            map[i] = (float)((int)(state >> 8) % 20001 - 10000) * powf(10, (float)((int)(state >> 28) - 12));
            sorted[i] = fabsf(map[i]);
        }
        qsort(sorted, n, sizeof *sorted, compare_floats);
        double position = .99 * (double)(n - 1), part = position - floor(position), scale = -1;
        size_t rank = (size_t)position;
        double expected = (1 - part) * sorted[rank] + (part > 0 ? part * sorted[rank + 1] : 0);
        cr_assert_eq(attr_overlay_scale(&scale, map, n), ATTR_OK, "%zu values: %s", n, attr_error_message());
        cr_assert_float_eq(scale, expected, 1e-12 * expected, "%zu values: %.17g, expected %.17g", n, scale, expected);
        free(map);
        free(sorted);
    }
}

Test(overlay, scale_of_a_sparse_map_is_its_largest_magnitude) {
    float map[1000] = {[500] = -3, [600] = 2};
    double scale = 0;
    cr_assert_eq(attr_overlay_scale(&scale, map, 1000), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(scale, 3, "%g", scale);
}

/* ---- drawing */

static float grey[32 * 32 * 3];

static attr_picture grey_picture(int w, int h, float value) {
    for (int i = 0; i < w * h * 3; i++) grey[i] = value;
    return (attr_picture){.w = w, .h = h, .c = 3, .data = grey};
}

static attr_overlay draw(const attr_picture *picture, const float *map, attr_overlay_settings settings) {
    attr_overlay out;
    attr_status status = attr_overlay_draw(&out, picture, map, &settings);
    cr_assert_eq(status, ATTR_OK, "%d x %d: %s", picture->w, picture->h, attr_error_message());
    return out;
}

static const unsigned char *pixel(const attr_overlay *o, int x, int y) {
    return o->rgb + ((size_t)y * (size_t)o->w + (size_t)x) * 3;
}

Test(overlay, nothing_is_drawn_of_a_map_of_zeros_or_not_finite) {
    static const float broken[] = {0, NAN, INFINITY, -INFINITY};
    attr_picture picture = grey_picture(4, 4, .5f);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        for (double scale = 0; scale < 2; scale++) {
            float map[16] = {0};
            attr_overlay out;
            attr_overlay_settings settings = {.scale = scale};
            map[5] = broken[i];
            attr_status status = attr_overlay_draw(&out, &picture, map, &settings);
            cr_expect_eq(status, ATTR_NUMERIC, "%g: %s", broken[i], attr_status_name(status));
            cr_expect_null(out.rgb, "%g", broken[i]);
        }
    }
}

Test(overlay, settings_that_make_no_sense_are_refused) {
    float map[16] = {1};
    attr_picture picture = grey_picture(4, 4, .5f);
    attr_overlay_box box = {0, 0, NAN, 1};
    attr_overlay_settings cases[] = {
        {.scale = -1}, {.scale = NAN}, {.scale = INFINITY}, {.boxes = &box, .box_count = 1}};
    attr_status expected[] = {ATTR_BAD_INPUT, ATTR_BAD_INPUT, ATTR_BAD_INPUT, ATTR_NUMERIC};
    for (int i = 0; i < 4; i++) {
        attr_overlay out;
        attr_status status = attr_overlay_draw(&out, &picture, map, &cases[i]);
        cr_expect_eq(status, expected[i], "case %d: %s", i, attr_status_name(status));
        cr_expect_null(out.rgb, "case %d", i);
    }
}

Test(overlay, zero_shows_the_picture_red_is_more_blue_is_less) {
    float map[16] = {[1] = 1, [2] = -1, [3] = .25f};
    attr_picture picture = grey_picture(4, 4, .5f);
    attr_overlay o = draw(&picture, map, (attr_overlay_settings){.palette = ATTR_DIVERGING, .scale = 1});
    int side = o.w / 4;
    const unsigned char *zero = pixel(&o, 0, 0), *more = pixel(&o, side, 0), *less = pixel(&o, 2 * side, 0),
                        *little = pixel(&o, 3 * side, 0), *other = pixel(&o, side, side);
    cr_expect(zero[0] == zero[1] && zero[1] == zero[2], "zero: %d %d %d", zero[0], zero[1], zero[2]);
    cr_expect(memcmp(zero, other, 3) == 0, "zero elsewhere: %d %d %d", other[0], other[1], other[2]);
    cr_expect(more[0] > more[1] + 100 && more[0] > more[2] + 100, "more: %d %d %d", more[0], more[1], more[2]);
    cr_expect(less[2] > less[0] + 100 && less[2] > less[1] + 50, "less: %d %d %d", less[0], less[1], less[2]);
    cr_expect(little[0] > zero[0] && little[0] - little[1] < more[0] - more[1], "little: %d %d %d", little[0],
              little[1], little[2]);
    free(o.rgb);
}

Test(overlay, values_beyond_the_scale_have_the_last_colour) {
    float map[16] = {1, 50, -1, -3e38f};
    attr_picture picture = grey_picture(4, 4, .5f);
    attr_overlay o = draw(&picture, map, (attr_overlay_settings){.scale = 1});
    int side = o.w / 4;
    cr_expect(memcmp(pixel(&o, 0, 0), pixel(&o, side, 0), 3) == 0);
    cr_expect(memcmp(pixel(&o, 2 * side, 0), pixel(&o, 3 * side, 0), 3) == 0);
    cr_expect_eq(o.scale, 1, "%g", o.scale);
    free(o.rgb);
}

Test(overlay, tiny_pictures_are_enlarged_by_a_whole_number) {
    static const int cases[][4] = {{1, 1, 256, 256}, {32, 32, 256, 256}, {28, 28, 280, 280}, {30, 7, 270, 63}};
    float map[32 * 32];
    for (int i = 0; i < 32 * 32; i++) map[i] = (float)(i % 5) - 2;
    map[0] = 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int w = cases[i][0], h = cases[i][1];
        attr_picture picture = grey_picture(w, h, .7f);
        attr_overlay o = draw(&picture, map, (attr_overlay_settings){0});
        cr_assert(o.w == cases[i][2] && o.h == cases[i][3], "%d x %d: %d x %d", w, h, o.w, o.h);
        int side = o.w / w;
        for (int y = 0; y < o.h; y++)
            for (int x = 0; x < o.w; x++)
                cr_assert(memcmp(pixel(&o, x, y), pixel(&o, x / side * side, y / side * side), 3) == 0,
                          "%d x %d: pixel %d, %d is not that of its square", w, h, x, y);
        free(o.rgb);
    }
}

Test(overlay, large_pictures_are_shrunk_to_mean_values_if_asked) {
    int w = 601, h = 403;
    attr_picture picture = {.w = w, .h = h, .c = 1, .data = malloc(sizeof(float) * (size_t)(w * h))};
    float *map = malloc(sizeof(float) * (size_t)(w * h));
    for (int i = 0; i < w * h; i++) {
        picture.data[i] = (float)((i % w + i / w) % 2);
        map[i] = i % w < 300 ? 1 : -1;
    }
    attr_overlay o = draw(&picture, map, (attr_overlay_settings){.largest_side = 250});
    cr_assert(o.w == 201 && o.h == 135, "%d x %d", o.w, o.h);
    cr_assert_eq(o.scale, 1, "%g", o.scale);
    for (int y = 0; y < o.h; y++)
        for (int x = 0; x < o.w; x++) {
            const unsigned char *at = pixel(&o, x, y);
            int strong = at[x < 100 ? 0 : 2], weak = at[x < 100 ? 2 : 0];
            cr_assert(strong > weak + 100, "pixel %d, %d: %d %d %d", x, y, at[0], at[1], at[2]);
        }
    free(o.rgb);
    free(map);
    free(picture.data);
}

Test(overlay, the_sequential_palette_shows_magnitudes_also_of_a_shrunk_map) {
    float map[32 * 32];
    attr_picture picture = grey_picture(32, 32, .5f);
    for (int i = 0; i < 32 * 32; i++) map[i] = i % 2 ? 1 : -1;
    for (int side = 0; side <= 16; side += 16) {
        attr_overlay o = draw(&picture, map, (attr_overlay_settings){.palette = ATTR_SEQUENTIAL, .largest_side = side});
        for (int i = 0; i < o.w * o.h; i++) {
            const unsigned char *at = o.rgb + 3 * i;
            cr_assert(at[0] > 200 && at[1] > 180 && at[2] < 130, "largest side %d, pixel %d: %d %d %d, not yellow",
                      side, i, at[0], at[1], at[2]);
        }
        free(o.rgb);
    }
}

Test(overlay, a_colourful_picture_is_drawn_almost_grey) {
    float map[16] = {[15] = 1};
    attr_picture picture = grey_picture(4, 4, 0);
    picture.data[0] = 1; /* pure red */
    attr_overlay o = draw(&picture, map, (attr_overlay_settings){0});
    const unsigned char *at = pixel(&o, 0, 0), *black = pixel(&o, o.w / 2, 0);
    cr_expect(at[0] > at[1] + 5 && at[0] < at[1] + 60 && at[1] == at[2], "red: %d %d %d", at[0], at[1], at[2]);
    cr_expect(at[0] > black[0] && black[0] == black[2], "black: %d %d %d", black[0], black[1], black[2]);
    free(o.rgb);
}

Test(overlay, boxes_are_outlined_where_they_are) {
    float map[32 * 32] = {[0] = 1};
    attr_picture picture = grey_picture(32, 32, .5f);
    attr_overlay_box boxes[] = {{4, 8, 12, 20}, {-5, 28, 500, 90}};
    attr_overlay plain = draw(&picture, map, (attr_overlay_settings){0});
    attr_overlay o = draw(&picture, map, (attr_overlay_settings){.boxes = boxes, .box_count = 2});
    for (int y = 0; y < 256; y++)
        for (int x = 0; x < 256; x++) {
            bool edge = false;
            for (int i = 0; i < 2; i++) {
                int left = i ? 0 : 32, top = i ? 224 : 64, right = i ? 256 : 96, bottom = i ? 256 : 160;
                bool outer = x >= left && x < right && y >= top && y < bottom;
                edge = edge || (outer && (x < left + 4 || x >= right - 4 || y < top + 4 || y >= bottom - 4));
            }
            bool changed = memcmp(pixel(&o, x, y), pixel(&plain, x, y), 3) != 0;
            cr_assert_eq(changed, edge, "pixel %d, %d: changed %d, edge %d", x, y, changed, edge);
        }
    cr_expect(pixel(&o, 32, 100)[0] == 0 && pixel(&o, 33, 100)[0] == 255, "left edge");
    free(plain.rgb);
    free(o.rgb);
}

/* ---- PNG */

Test(overlay, a_png_file_is_what_was_drawn) {
    enum { w = 37, h = 21 };
    unsigned char rgb[w * h * 3], *png = NULL, *file_bytes = malloc(8192);
    size_t size = 0;
    for (int i = 0; i < w * h * 3; i++) rgb[i] = (unsigned char)(i * i / 7);
    cr_assert_eq(attr_png_encode(&png, &size, rgb, w, h), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_png_write("a.png", rgb, w, h), ATTR_OK, "%s", attr_error_message());
    FILE *file = fopen("a.png", "rb");
    size_t found = fread(file_bytes, 1, 8192, file);
    fclose(file);
    cr_assert(found == size && memcmp(png, file_bytes, size) == 0, "%zu bytes in the file, %zu in memory", found, size);
    attr_picture picture;
    cr_assert_eq(attr_picture_read(&picture, "a.png", 3), ATTR_OK, "%s", attr_error_message());
    cr_assert(picture.w == w && picture.h == h, "%d x %d", picture.w, picture.h);
    for (int i = 0; i < w * h * 3; i++) {
        float value = picture.data[i % 3 * w * h + i / 3];
        cr_assert_eq(lrintf(value * 255), rgb[i], "byte %d is %g, expected %d", i, value * 255, rgb[i]);
    }
    attr_picture_free(&picture);
    free(png);
    free(file_bytes);
}

/* What compresses badly, well and not at all, in shapes that are narrow, too. */
Test(overlay, png_data_is_what_was_encoded) {
    enum { most = 200000 };
    static unsigned char rgb[3 * most];
    const int sizes[][2] = {{1, 1}, {1, 999}, {999, 1}, {2, 3}, {500, 400}};
    for (int kind = 0; kind < 3; kind++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            int w = sizes[i][0], h = sizes[i][1];
            unsigned int noise = 1;
            for (int k = 0; k < 3 * w * h; k++) {
                noise = noise * 1664525u + 1013904223u;
                rgb[k] = (unsigned char)(kind == 0 ? (int)(noise >> 24) : kind == 1 ? k / 3 % w / 10 * 9 : 200);
            }
            cr_assert_eq(attr_png_write("it.png", rgb, w, h), ATTR_OK, "%s", attr_error_message());
            attr_picture picture;
            cr_assert_eq(attr_picture_read(&picture, "it.png", 3), ATTR_OK, "%s", attr_error_message());
            cr_assert(picture.w == w && picture.h == h);
            size_t area = (size_t)w * (size_t)h, wrong = 0;
            for (size_t k = 0; k < 3 * area; k++) wrong += lrintf(255 * picture.data[k % 3 * area + k / 3]) != rgb[k];
            cr_expect_eq(wrong, 0, "kind %d, %d x %d: %zu values are wrong", kind, w, h, wrong);
            attr_picture_free(&picture);
        }
}

Test(overlay, a_png_file_that_cannot_be_written_is_an_error_and_leaves_the_old_one) {
    static unsigned char rgb[300 * 300 * 3];
    unsigned int state = 1;
    for (size_t i = 0; i < sizeof rgb; i++) rgb[i] = (unsigned char)((state = state * 1664525u + 1013904223u) >> 24);
    attr_status status = attr_png_write("missing/a.png", rgb, 4, 4);
    cr_expect_eq(status, ATTR_IO, "missing folder: %s", attr_status_name(status));
    status = attr_png_write("a.png", rgb, 0, 4);
    cr_expect_eq(status, ATTR_BAD_INPUT, "no pixels: %s", attr_status_name(status));
    cr_expect_neq(access("a.png", F_OK), 0, "no pixels: a file was left");
    cr_assert_eq(attr_png_write("a.png", rgb, 4, 4), ATTR_OK, "%s", attr_error_message());
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){16384, 16384}), 0);
    status = attr_png_write("a.png", rgb, 300, 300);
    cr_expect_eq(status, ATTR_IO, "full disk: %s", attr_status_name(status));
    attr_picture picture;
    cr_assert_eq(attr_picture_read(&picture, "a.png", 3), ATTR_OK, "%s", attr_error_message());
    cr_expect(picture.w == 4 && picture.h == 4, "%d x %d", picture.w, picture.h);
    attr_picture_free(&picture);
}
