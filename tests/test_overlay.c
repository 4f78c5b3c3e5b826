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
#include <zlib.h>

#include "images/overlay.h"
#include "fresh_folder.h"

TestSuite(overlay, .init = enter_fresh_folder, .fini = leave_fresh_folder);

/* ---- scale: against sorting and adding up, written down without counting */

static int compare_floats(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double percentile_of(const float *sorted, size_t n) {
    double position = .99 * (double)(n - 1);
    size_t rank = (size_t)floor(position);
    return rank + 1 < n ? sorted[rank] + (position - (double)rank) * ((double)sorted[rank + 1] - sorted[rank])
                        : sorted[n - 1];
}

static double outlier_of(const float *sorted, size_t n) {
    double total = 0, sum = 0;
    for (size_t i = 0; i < n; i++) total += sorted[i];
    for (size_t i = 0; i < n; i++)
        if ((sum += sorted[i]) >= .98 * total) return sorted[i];
    return sorted[n - 1];
}

static attr_scale naive_scale(const float *map, size_t n, int normalisation) {
    float *sorted = malloc(n * sizeof *sorted);
    attr_scale scale = {0};
    double high = 0, low = 0;
    for (size_t i = 0; i < n; i++) {
        sorted[i] = fabsf(map[i]);
        if (map[i] > high) high = map[i];
        if (map[i] < low) low = map[i];
    }
    qsort(sorted, n, sizeof *sorted, compare_floats);
    double end = sorted[n - 1];
    if (normalisation == ATTR_NORMALISATION_PERCENTILE) {
        double value = percentile_of(sorted, n);
        if (value > 0) end = value;
        if (sorted[0] != end) scale.zero = sorted[0];
    }
    if (normalisation == ATTR_NORMALISATION_OUTLIER) end = outlier_of(sorted, n);
    scale.positive = scale.negative = end;
    if (normalisation == ATTR_NORMALISATION_SIGNS) {
        scale.positive = high > 0 ? high : -low;
        scale.negative = low < 0 ? -low : high;
    }
    free(sorted);
    return scale;
}

/* The colour's place by the formulas that options name. */
static double naive_place(double v, const attr_scale *s) {
    double end = v < 0 ? s->negative : s->positive, t = (fabs(v) - s->zero) / (end - s->zero);
    return copysign(t < 0 ? 0 : t > 1 ? 1 : t, v);
}

static const char *const normalisations[] = {"percentile", "outlier", "signs", "maximum"};

static void expect_scale(const float *map, size_t n, const char *what) {
    for (int k = 0; k < 4; k++) {
        attr_scale found = {-1, -1, -1}, wanted = naive_scale(map, n, k);
        attr_status status = attr_scale_of(&found, map, n, (attr_normalisation_word)k);
        cr_assert_eq(status, ATTR_OK, "%s, %zu values, %s: %s", what, n, normalisations[k], attr_error_message());
        double most = fmax(wanted.positive, wanted.negative);
        cr_expect(fabs(found.zero - wanted.zero) <= 1e-12 * most && found.zero >= 0 &&
                      fabs(found.positive - wanted.positive) <= 1e-12 * most &&
                      fabs(found.negative - wanted.negative) <= 1e-12 * most,
                  "%s, %zu values, %s: %.17g %.17g %.17g, expected %.17g %.17g %.17g", what, n, normalisations[k],
                  found.zero, found.positive, found.negative, wanted.zero, wanted.positive, wanted.negative);
        for (size_t i = 0; i < n; i += 1 + n / 50) {
            double t = attr_scale_place(&found, map[i]), expected = naive_place(map[i], &wanted);
            cr_expect(fabs(t - expected) < 1e-9, "%s, %zu values, %s: %g is at %g, expected %g", what, n,
                      normalisations[k], map[i], t, expected);
        }
    }
}

/* Magnitudes from 1e-12 to 1e7; kind 0: both signs, 1: positive, 2: negative, 3: nearly all alike, 4: few distinct. */
static void fill_map(float *map, size_t n, int kind) {
    unsigned int state = 7;
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        float value = (float)((int)(state >> 8) % 20001 - 10000) * powf(10, (float)((int)(state >> 28) - 12));
        if (kind == 1) value = fabsf(value);
        if (kind == 2) value = -fabsf(value) - 1e-9f;
        if (kind == 3) value = i % 97 ? .25f : value;
        if (kind == 4) value = (float)((int)(state >> 20) % 7 - 3);
        map[i] = value;
    }
}

Test(overlay, scales_are_those_of_their_definitions) {
    static const size_t counts[] = {1, 2, 3, 49, 50, 51, 100, 101, 1000, 12345};
    static const char *const kinds[] = {"both signs", "positive", "negative", "nearly constant", "whole numbers"};
    static float map[12345];
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
        for (int kind = 0; kind < 5; kind++) {
            fill_map(map, counts[k], kind);
            if (map[0] == 0) map[0] = 1;
            expect_scale(map, counts[k], kinds[kind]);
        }
}

Test(overlay, constant_maps_have_the_colour_of_the_end) {
    static const float values[] = {3, -3, 1e-38f, -3e38f};
    static float map[256];
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (size_t n = 1; n <= 256; n *= 16) {
            for (size_t k = 0; k < n; k++) map[k] = values[i];
            expect_scale(map, n, "constant");
            for (int k = 0; k < 4; k++) {
                attr_scale scale;
                cr_assert_eq(attr_scale_of(&scale, map, n, (attr_normalisation_word)k), ATTR_OK);
                double t = attr_scale_place(&scale, values[i]);
                cr_expect_eq(t, copysign(1, values[i]), "%zu x %g, %s: %g", n, values[i], normalisations[k], t);
            }
        }
}

Test(overlay, scale_of_a_sparse_map_is_its_largest_magnitude) {
    static float map[1000] = {[500] = -3, [600] = 2};
    expect_scale(map, 1000, "sparse");
    attr_scale scale = {0};
    cr_assert_eq(attr_scale_of(&scale, map, 1000, ATTR_NORMALISATION_PERCENTILE), ATTR_OK, "%s", attr_error_message());
    cr_assert(scale.zero == 0 && scale.positive == 3 && scale.negative == 3, "%g %g %g", scale.zero, scale.positive,
              scale.negative);
}

Test(overlay, maps_of_zeros_or_not_finite_have_no_scale) {
    static const float broken[] = {0, NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        for (int k = 0; k < 4; k++)
            for (size_t n = 1; n <= 16; n += 15) {
                float map[16] = {0};
                attr_scale scale;
                map[n / 2] = broken[i];
                attr_status status = attr_scale_of(&scale, map, n, (attr_normalisation_word)k);
                cr_expect_eq(status, ATTR_NUMERIC, "%g among %zu, %s: %s", broken[i], n, normalisations[k],
                             attr_status_name(status));
            }
}

Test(overlay, a_shared_scale_holds_the_values_of_both) {
    attr_scale shared = {0}, one = {.5, 2, 4}, other = {.25, 3, 1};
    attr_scale_widen(&shared, &one);
    cr_expect(memcmp(&shared, &one, sizeof one) == 0, "%g %g %g", shared.zero, shared.positive, shared.negative);
    attr_scale_widen(&shared, &other);
    cr_expect(shared.zero == .25 && shared.positive == 3 && shared.negative == 4, "%g %g %g", shared.zero,
              shared.positive, shared.negative);
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
            attr_overlay_settings settings = {.scale = {0, scale, scale}};
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
    attr_overlay_settings cases[] = {{.scale = {0, -1, 1}},          {.scale = {0, 1, 0}}, {.scale = {0, NAN, 1}},
                                     {.scale = {0, 1, INFINITY}},    {.scale = {1, 1, 2}}, {.scale = {NAN, 1, 1}},
                                     {.boxes = &box, .box_count = 1}};
    enum { count = sizeof cases / sizeof *cases };
    for (int i = 0; i < count; i++) {
        attr_status expected = cases[i].box_count ? ATTR_NUMERIC : ATTR_BAD_INPUT;
        attr_overlay out;
        attr_status status = attr_overlay_draw(&out, &picture, map, &cases[i]);
        cr_expect_eq(status, expected, "case %d: %s", i, attr_status_name(status));
        cr_expect_null(out.rgb, "case %d", i);
    }
}

Test(overlay, zero_shows_the_picture_red_is_more_blue_is_less) {
    float map[16] = {[1] = 1, [2] = -1, [3] = .25f};
    attr_picture picture = grey_picture(4, 4, .5f);
    attr_overlay o = draw(&picture, map, (attr_overlay_settings){.palette = ATTR_DIVERGING, .scale = {0, 1, 1}});
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
    attr_overlay o = draw(&picture, map, (attr_overlay_settings){.scale = {0, 1, 1}});
    int side = o.w / 4;
    cr_expect(memcmp(pixel(&o, 0, 0), pixel(&o, side, 0), 3) == 0);
    cr_expect(memcmp(pixel(&o, 2 * side, 0), pixel(&o, 3 * side, 0), 3) == 0);
    cr_expect_eq(o.scale.positive, 1, "%g", o.scale.positive);
    free(o.rgb);
}

Test(overlay, each_sign_has_its_own_end_and_small_values_none) {
    float map[16] = {2, 8, -.5f, -2, .5f, -.25f};
    attr_picture picture = grey_picture(4, 4, .5f);
    attr_overlay o = draw(&picture, map, (attr_overlay_settings){.palette = ATTR_DIVERGING, .scale = {.5, 2, 1}});
    int side = o.w / 4;
    const unsigned char *zero = pixel(&o, 3 * side, 3 * side);
    cr_expect(memcmp(pixel(&o, 0, 0), pixel(&o, side, 0), 3) == 0, "2 and 8 differ");
    cr_expect(memcmp(pixel(&o, 0, 0), zero, 3) != 0, "2 is drawn as 0");
    cr_expect(memcmp(pixel(&o, 3 * side, 0), zero, 3) != 0, "-2 is drawn as 0");
    cr_expect(memcmp(pixel(&o, 2 * side, 0), zero, 3) == 0, "-0.5 is not drawn as 0");
    cr_expect(memcmp(pixel(&o, 0, side), zero, 3) == 0, "0.5 is not drawn as 0");
    cr_expect(memcmp(pixel(&o, side, side), zero, 3) == 0, "-0.25 is not drawn as 0");
    free(o.rgb);
}

Test(overlay, the_normalisation_decides_the_scale_also_of_a_shrunk_map) {
    static float map[32 * 32];
    attr_picture picture = grey_picture(32, 32, .5f);
    for (int i = 0; i < 32 * 32; i++) map[i] = i / 2 % 16 == 3 && i / 64 == 5 ? -7 : (float)(1 + i / 512);
    for (int k = 0; k < 4; k++)
        for (int side = 0; side <= 16; side += 16) {
            attr_overlay o =
                draw(&picture, map,
                     (attr_overlay_settings){
                         .palette = ATTR_DIVERGING, .normalisation = (attr_normalisation_word)k, .largest_side = side});
            double negative = k == ATTR_NORMALISATION_SIGNS || k == ATTR_NORMALISATION_MAXIMUM ? 7 : 2;
            double positive = k == ATTR_NORMALISATION_MAXIMUM ? 7 : 2, zero = k == 0;
            cr_expect(o.scale.zero == zero && o.scale.positive == positive && o.scale.negative == negative,
                      "%s, largest side %d: %g %g %g, expected %g %g %g", normalisations[k], side, o.scale.zero,
                      o.scale.positive, o.scale.negative, zero, positive, negative);
            free(o.rgb);
        }
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
    cr_assert_eq(o.scale.positive, 1, "%g", o.scale.positive);
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
    cr_assert_eq(attr_png_encode(&png, &size, rgb, w, h, NULL, 0), ATTR_OK, "%s", attr_error_message());
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

/* ---- PNG texts, read as the standard says */

static size_t number_at(const unsigned char *at) {
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

/* The text of a keyword in Latin-1, released with free(); NULL: there is none. Every chunk's checksum is looked at. */
static char *read_text_chunk(const unsigned char *png, size_t size, const char *keyword) {
    char *found = NULL;
    size_t at = 8, keyword_size = strlen(keyword) + 1;
    while (at + 12 <= size) {
        size_t length = number_at(png + at);
        cr_assert(at + 12 + length <= size, "a chunk of %zu bytes at %zu of %zu", length, at, size);
        uLong checksum = crc32(0, png + at + 4, (uInt)length + 4);
        cr_assert_eq(number_at(png + at + 8 + length), checksum, "%.4s: wrong checksum", (const char *)png + at + 4);
        const char *data = (const char *)png + at + 8;
        if (memcmp(png + at + 4, "tEXt", 4) == 0 && length >= keyword_size && memcmp(data, keyword, keyword_size) == 0)
            found = strndup(data + keyword_size, length - keyword_size);
        at += 12 + length;
    }
    cr_assert_eq(at, size, "%zu bytes behind the last chunk", size - at);
    return found;
}

Test(overlay, texts_of_a_png_are_read_back_as_latin_1) {
    static const char *const cases[][2] = {
        {"smoothgrad, dog: score 0.6, error 64% of the map", "smoothgrad, dog: score 0.6, error 64% of the map"},
        {"", ""},
        {"Gr\xc3\xbc\xc3\x9f"
         "e \xc2\xb1"
         "5",
         "Gr\xfc\xdf"
         "e \xb1"
         "5"},
        {"\xe6\x97\xa5\xf0\x9f\x90\xb6!", "?"
                                          "?!"},
        {"two\nlines\t\x7f\xc2\x85", "two?lines?"
                                     "?"
                                     "?"},
        {"broken \xc3 \xff\xb0", "broken ? ?"},
    };
    enum { w = 3, h = 2 };
    unsigned char rgb[3 * w * h] = {1, 2, 3};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attr_png_text texts[] = {{"Software", "it"}, {"Comment", cases[i][0]}};
        unsigned char *png, *plain;
        size_t size, plain_size;
        cr_assert_eq(attr_png_encode(&png, &size, rgb, w, h, texts, 2), ATTR_OK, "%s", attr_error_message());
        char *software = read_text_chunk(png, size, "Software"), *comment = read_text_chunk(png, size, "Comment");
        cr_expect_str_eq(software, "it", "case %zu: %s", i, software);
        cr_assert(comment, "case %zu: there is no comment", i);
        cr_expect_str_eq(comment, cases[i][1], "case %zu: \"%s\", expected \"%s\"", i, comment, cases[i][1]);
        cr_assert_eq(attr_png_encode(&plain, &plain_size, rgb, w, h, NULL, 0), ATTR_OK);
        size_t rest = plain_size - 33; /* behind signature and header */
        cr_expect(memcmp(png, plain, 33) == 0 && memcmp(png + size - rest, plain + 33, rest) == 0,
                  "case %zu: header or pixels have changed", i);
        FILE *file = fopen("it.png", "wb");
        cr_assert(file && fwrite(png, 1, size, file) == size && fclose(file) == 0);
        attr_picture picture;
        cr_assert_eq(attr_picture_read(&picture, "it.png", 3), ATTR_OK, "case %zu: %s", i, attr_error_message());
        attr_picture_free(&picture);
        free(software);
        free(comment);
        free(plain);
        free(png);
    }
}

Test(overlay, keywords_of_png_texts_have_1_to_79_characters) {
    static const unsigned char rgb[3] = {0};
    char keyword[90] = "";
    for (int length = 0; length <= 80; length++) {
        attr_png_text text = {keyword, "x"};
        unsigned char *png;
        size_t size;
        attr_status status = attr_png_encode(&png, &size, rgb, 1, 1, &text, 1);
        bool good = length >= 1 && length <= 79;
        cr_expect_eq(status, good ? ATTR_OK : ATTR_BAD_INPUT, "%d characters: %s", length, attr_status_name(status));
        cr_expect_eq(png != NULL, good, "%d characters", length);
        free(png);
        keyword[length] = 'k';
    }
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
