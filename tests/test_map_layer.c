/* Maps to be laid over a picture: what their pixels say, decoded again; JPEG files. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "fresh_folder.h"
#include "images/colour.h"
#include "images/jpeg.h"
#include "images/map_layer.h"
#include "images/picture.h"
#include "small_network.h"

/* Darknet's copy, in the library. */
unsigned char *stbi_load_from_memory(unsigned char const *buffer, int length, int *w, int *h, int *channels,
                                     int wanted);

static attr_map_layer make(const float *map, int w, int h, int side) {
    attr_map_layer layer;
    attr_status status = attr_map_layer_make(&layer, map, w, h, side, ATTR_NORMALISATION_MAXIMUM);
    cr_assert_eq(status, ATTR_OK, "%d x %d, side %d: %s", w, h, side, attr_error_message());
    return layer;
}

static unsigned char *decode(const attr_map_layer *layer) {
    int w, h, channels;
    unsigned char *rgba = stbi_load_from_memory(layer->png, (int)layer->size, &w, &h, &channels, 0);
    cr_assert(rgba && w == layer->w && h == layer->h && channels == 4, "%d x %d, %d channels", w, h, channels);
    return rgba;
}

Test(map_layer, opacity_squared_is_the_value_and_the_colour_its_sign) {
    enum { W = 31, H = 17 };
    float map[W * H];
    double red[3], blue[3], opacity, largest = 0;
    for (int i = 0; i < W * H; i++) largest = fmax(largest, fabs((double)(map[i] = (float)test_uniform(-3, 2))));
    map[5] = 0;
    attr_map_layer layer = make(map, W, H, 100);
    unsigned char *rgba = decode(&layer);
    attr_colour(red, &opacity, ATTR_DIVERGING, 1);
    attr_colour(blue, &opacity, ATTR_DIVERGING, -1);
    cr_expect(layer.largest == largest && layer.end == largest, "largest %g, end %g, expected %g", layer.largest,
              layer.end, largest);
    for (int i = 0; i < W * H; i++) {
        double alpha = rgba[4 * i + 3] / 255.;
        cr_expect(fabs(alpha * alpha * largest - fabs((double)map[i])) < 0.006 * largest, "pixel %d: %g, shown %g", i,
                  (double)map[i], alpha * alpha * largest);
        for (int k = 0; k < 3 && map[i] != 0; k++)
            cr_expect_eq(rgba[4 * i + k], lrint(255 * (map[i] > 0 ? red : blue)[k]), "pixel %d, colour %d", i, k);
    }
    free(rgba);
    free(layer.png);
}

Test(map_layer, larger_ones_are_shrunk_to_means) {
    enum { W = 10, H = 7 };
    float map[W * H];
    for (int i = 0; i < W * H; i++) map[i] = (float)(i % W / 4 + 1); /* 1 1 1 1 2 2 2 2 3 3 */
    attr_map_layer layer = make(map, W, H, 3);
    unsigned char *rgba = decode(&layer);
    cr_expect(layer.w == 3 && layer.h == 2, "%d x %d", layer.w, layer.h);
    for (int i = 0; i < 6; i++) {
        long expected = lrint(255 * sqrt((i % 3 + 1) / 3.));
        cr_expect_eq(rgba[4 * i + 3], expected, "pixel %d: %d, expected %ld", i, rgba[4 * i + 3], expected);
    }
    free(rgba);
    free(layer.png);
}

Test(map_layer, of_zeros_is_transparent_and_of_no_numbers_refused) {
    float map[12] = {0};
    attr_map_layer layer = make(map, 4, 3, 10);
    unsigned char *rgba = decode(&layer);
    cr_expect(layer.largest == 0 && layer.end == 0);
    for (int i = 0; i < 12; i++) cr_expect_eq(rgba[4 * i + 3], 0);
    free(rgba);
    free(layer.png);
    map[7] = NAN;
    cr_expect_eq(attr_map_layer_make(&layer, map, 4, 3, 10, ATTR_NORMALISATION_PERCENTILE), ATTR_NUMERIC);
    free(layer.png);
}

Test(map_layer, a_jpeg_is_nearly_the_picture, .init = enter_fresh_folder, .fini = leave_fresh_folder) {
    enum { W = 40, H = 24 };
    unsigned char rgb[W * H * 3];
    attr_picture read = {0};
    for (int i = 0; i < W * H; i++)
        for (int k = 0; k < 3; k++) rgb[3 * i + k] = (unsigned char)(i % W * 3 + i / W * 2 + 20 * k);
    cr_assert_eq(attr_jpeg_write("it.jpg", rgb, W, H), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_picture_read(&read, "it.jpg", 3), ATTR_OK, "%s", attr_error_message());
    cr_assert(read.w == W && read.h == H);
    for (int i = 0; i < W * H; i++)
        for (int k = 0; k < 3; k++)
            cr_assert(fabs(read.data[k * W * H + i] - rgb[3 * i + k] / 255.) < 0.04,
                      "pixel %d, colour %d: %g, expected %g", i, k, (double)read.data[k * W * H + i],
                      rgb[3 * i + k] / 255.);
    attr_picture_free(&read);
    cr_expect_eq(attr_jpeg_write("none/it.jpg", rgb, W, H), ATTR_IO);
}
