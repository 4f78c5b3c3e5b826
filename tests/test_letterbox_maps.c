/* Maps are where things are: the centroid of a map, in pixels of the picture, is that of the object that the network
 * sees, wherever the object is and whatever the letterbox has done, to within half a pixel of the network. From files,
 * through a session, as a user does it. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attribution.h"
#include "engine_pair.h"
#include "fresh_folder.h"
#include "images/letterbox.h"
#include "images/png.h"
#include "sanitizers.h"

TestSuite(letterbox_maps, .init = enter_fresh_folder, .fini = leave_fresh_folder);

/* ---- Networks with weights made by hand. Grey, of which the bars are, leaves all of them cold. */

/* Convolutions that do one thing: `filter` of all takes the mean of a window of an input's first `inputs` channels,
 * times gain, plus bias; other filters have weights 0 and a bias of their own. */
typedef struct {
    int inputs, size, filters, filter;
    float gain, bias, other_bias;
} window;

typedef struct {
    const char *name, *layers;
    window windows[2];
    int count;
    double radius; /* of the objects, in pixels of the network */
    double core,
        reach;  /* so far from an object's middle, at most, pixels have a part in the map: core x radius + reach */
    bool finds; /* a detector's map is that of one cell: the object has to be near a pixel of the network */
} design;

/* How much of the picture is brighter than 0.6. */
static const design classifier = {
    .name = "classifier",
    .layers = "[convolutional]\nfilters=2\nsize=3\nstride=1\npad=1\nactivation=relu\n[avgpool]\n[softmax]\n",
    .windows = {{3, 3, 2, 0, 1, -.6f, 0}},
    .count = 1,
    .radius = 6,
    .core = .64, /* sqrt(1 - .6), the rest is darker */
    .reach = 2,
};

/* The same, seen in blocks of four pixels. */
static const design pooling = {
    .name = "classifier with a maximum",
    .layers = "[convolutional]\nfilters=1\nsize=3\nstride=1\npad=1\nactivation=relu\n[maxpool]\nsize=2\nstride=2\n"
              "[convolutional]\nfilters=2\nsize=3\nstride=1\npad=1\nactivation=relu\n[avgpool]\n[softmax]\n",
    .windows = {{3, 3, 1, 0, 1, 0, 0}, {1, 3, 2, 0, 1, -.52f, 0}},
    .count = 2,
    .radius = 8,
    .core = .7,
    .reach = 6, /* a window of blocks, a block, a window */
};

/* An object is where 5 x 5 pixels are bright. */
static const design detector = {
    .name = "detector",
    .layers = "[convolutional]\nfilters=6\nsize=5\nstride=1\npad=1\nactivation=linear\n"
              "[yolo]\nmask=0\nanchors=12,12\nclasses=1\nnum=1\n",
    .windows = {{3, 5, 6, 4, 20, -14, 0}},
    .count = 1,
    .radius = 6,
    .core = 0,
    .reach = 3,
    .finds = true,
};

static void put_floats(FILE *file, const float *values, size_t n) {
    cr_assert_eq(fwrite(values, sizeof *values, n, file), n);
}

static void put_window(FILE *file, const window *w) {
    int each = w->inputs * w->size * w->size;
    for (int f = 0; f < w->filters; f++) put_floats(file, f == w->filter ? &w->bias : &w->other_bias, 1);
    for (int f = 0; f < w->filters; f++)
        for (int i = 0; i < each; i++)
            put_floats(file, f == w->filter ? &(float){w->gain / (float)each} : &(float){0}, 1);
}

static attr_session *open_session(const design *d, int net_w, int net_h) {
    attr_session *session;
    FILE *file = fopen("net.cfg", "w");
    cr_assert(file);
    fprintf(file, "[net]\nwidth=%d\nheight=%d\nchannels=3\n%s", net_w, net_h, d->layers);
    cr_assert_eq(fclose(file), 0);
    file = fopen("net.weights", "w");
    cr_assert(file);
    cr_assert_eq(fwrite((int32_t[]){0, 2, 0, 0, 0}, 4, 5, file), 5);
    for (int i = 0; i < d->count; i++) put_window(file, &d->windows[i]);
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(attr_open(&session, NULL, "net.cfg", "net.weights"), ATTR_OK, "%s", attr_error_message());
    return session;
}

static void set(attr_session *session, const char *option, const char *value) {
    cr_assert_eq(attr_set(session, option, value), ATTR_OK, "%s", attr_error_message());
}

/* ---- Pictures: an object on black, brightest in its middle, and its centroid */

typedef struct {
    double x, y;
} point;

/* What a picture's object, or a map, is the centroid of: |values|. */
typedef struct {
    double sum, x, y;
} moments;

static void add(moments *m, double value, int x, int y) {
    m->sum += fabs(value);
    m->x += fabs(value) * x;
    m->y += fabs(value) * y;
}

static point centroid(const moments *m) {
    return (point){m->x / m->sum, m->y / m->sum};
}

/* Pixels of the picture per pixel of the network, as the letterbox places centres. */
static double step(int picture, int fitted) {
    return fitted > 1 ? (picture - 1.) / (fitted - 1) : 1;
}

/* An object round a point of the fitted region, in pixels of the network; returns its centroid in the picture. */
static point put_picture(const attr_letterbox *b, point at, double radius) {
    int w = b->picture_w, h = b->picture_h;
    double step_x = step(w, b->new_w), step_y = step(h, b->new_h);
    unsigned char *rgb = test_allocate((size_t)w * (size_t)h, 3);
    moments m = {0};
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double distance = hypot(x / step_x - at.x, y / step_y - at.y) / radius;
            unsigned char value = (unsigned char)lround(255 * fmax(0, 1 - distance * distance));
            memset(rgb + 3 * ((size_t)y * (size_t)w + (size_t)x), value, 3);
            add(&m, value, x, y);
        }
    cr_assert_eq(attr_png_write("picture.png", rgb, w, h), ATTR_OK, "%s", attr_error_message());
    free(rgb);
    return centroid(&m);
}

/* ---- One picture by one method */

typedef struct {
    const design *d;
    attr_letterbox box;
    double radius;
    point at, object; /* in the region, in the picture */
    const char *method;
} trial;

/* All there is to know about a trial. */
static const char *describe(const trial *t) {
    static char text[512];
    const attr_letterbox *b = &t->box;
    snprintf(text, sizeof text,
             "%s, %s: network %d x %d, picture %d x %d, region %d x %d at %d, %d, object of radius %g round %g, %g of "
             "the region, in the picture round %.3f, %.3f",
             t->d->name, t->method, b->net_w, b->net_h, b->picture_w, b->picture_h, b->new_w, b->new_h, b->x0, b->y0,
             t->radius, t->at.x, t->at.y, t->object.x, t->object.y);
    return text;
}

/* Whether no pixel that has a part in the map is outside the region. */
static bool is_clear_of_bars(const trial *t) {
    double room = t->d->core * t->radius + t->d->reach;
    return t->at.x >= room && t->at.y >= room && t->at.x <= t->box.new_w - 1 - room &&
           t->at.y <= t->box.new_h - 1 - room;
}

static point centroid_of_map(const trial *t, const attr_result *r) {
    moments m = {0};
    for (int y = 0; y < r->height; y++)
        for (int x = 0; x < r->width; x++) add(&m, r->map[y * r->width + x], x, y);
    cr_assert(m.sum > 0, "%s: the map is 0", describe(t));
    return centroid(&m);
}

static void check_map(const trial *t, const attr_result *r) {
    const attr_letterbox *b = &t->box;
    cr_assert(r->width == b->picture_w && r->height == b->picture_h, "%s", describe(t));
    point found = centroid_of_map(t, r);
    double off_x = (found.x - t->object.x) * b->new_w / b->picture_w;
    double off_y = (found.y - t->object.y) * b->new_h / b->picture_h;
    cr_expect(fabs(off_x) < .5 && fabs(off_y) < .5,
              "%s: the map's centroid is %.3f, %.3f, that is %.3f, %.3f pixels of the network off", describe(t),
              found.x, found.y, off_x, off_y);
    if (is_clear_of_bars(t))
        cr_expect_eq(r->padding_share, 0, "%s: padding %g of the map", describe(t), r->padding_share);
}

static attr_explanation *explain(trial *t, attr_session *session, const char *method) {
    attr_explanation *e;
    t->method = method;
    set(session, "method", method);
    cr_assert_eq(attr_explain(&e, session, "picture.png"), ATTR_OK, "%s: %s", describe(t), attr_error_message());
    cr_assert_eq(attr_result_count(e), 1, "%s: %d maps", describe(t), attr_result_count(e));
    return e;
}

static void try_method(trial *t, attr_session *session, const char *method) {
    attr_explanation *e = explain(t, session, method);
    check_map(t, attr_result_at(e, 0));
    attr_explanation_free(e);
}

/* ---- All sizes and places */

/* The point at this part of the way from the first place where an object touches the edge to the last one. */
static double place(double part, double radius, int fitted, bool finds) {
    double at = radius + part * (fitted - 1 - 2 * radius);
    return finds ? round(at) + .5 * part - .25 : at;
}

static attr_session *begin(trial *t, const design *d, const int sizes[4]) {
    *t = (trial){.d = d};
    attr_letterbox_make(&t->box, sizes[0], sizes[1], sizes[2], sizes[3]);
    t->radius = fmin(d->radius, .35 * fmin(t->box.new_w, t->box.new_h));
    attr_session *session = open_session(d, sizes[0], sizes[1]);
    set(session, d->finds ? "detections" : "class", d->finds ? "1" : "0");
    if (d->finds) set(session, "thresh", "0.2");
    return session;
}

static void put_object(trial *t, double part_x, double part_y) {
    t->at = (point){place(part_x, t->radius, t->box.new_w, t->d->finds),
                    place(part_y, t->radius, t->box.new_h, t->d->finds)};
    t->object = put_picture(&t->box, t->at, t->radius);
}

static void try_places(const design *d, const int sizes[4]) {
    static const double places[][2] = {{.5, .5}, {0, 0}, {1, 1}, {.23, .81}, {.9, .1}, {0, .62}};
    static const char *const methods[] = {"gradient", "gradient_x_input", "integrated_gradients"};
    trial t;
    attr_session *session = begin(&t, d, sizes);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        put_object(&t, places[i][0], places[i][1]);
        for (size_t k = 0; k < sizeof methods / sizeof *methods; k++) try_method(&t, session, methods[k]);
    }
    attr_close(session);
}

/* The network itself is not exact about where it looks; of what it says the letterbox changes next to nothing:
 * a tenth of a pixel where one of the picture is two of the network. */
static void compare_coordinates(const design *d, const int sizes[4]) {
    trial t;
    attr_session *session = begin(&t, d, sizes);
    const attr_letterbox *b = &t.box;
    put_object(&t, .23, .81);
    attr_explanation *in_picture = explain(&t, session, "gradient");
    set(session, "coordinates", "network");
    attr_explanation *in_network = explain(&t, session, "gradient");
    point picture = centroid_of_map(&t, attr_result_at(in_picture, 0));
    point network = centroid_of_map(&t, attr_result_at(in_network, 0));
    double off_x = picture.x / step(b->picture_w, b->new_w) + b->x0 - network.x;
    double off_y = picture.y / step(b->picture_h, b->new_h) + b->y0 - network.y;
    cr_expect(fabs(off_x) < .1 && fabs(off_y) < .1, "%s: %.3f, %.3f pixels of the network off", describe(&t), off_x,
              off_y);
    attr_explanation_free(in_picture);
    attr_explanation_free(in_network);
    attr_close(session);
}

static void with_all_sizes(void (*each)(const design *d, const int sizes[4]), const design *d) {
    static const int sizes[][4] = {
        /* network, picture */
        {64, 64, 64, 64},   /* as it is */
        {64, 64, 128, 128}, /* half as large */
        {64, 64, 33, 33},   /* twice as large */
        {64, 64, 256, 100}, /* bars above and below, shrunk */
        {64, 64, 97, 301},  /* bars left and right, shrunk */
        {64, 64, 40, 17},   /* bars above and below, enlarged */
        {64, 64, 19, 37},   /* bars left and right, enlarged */
        {64, 64, 641, 359}, /* odd sizes */
        {64, 64, 333, 500}, {64, 64, 63, 61},   {64, 64, 1280, 960}, {96, 48, 200, 300},
        {96, 48, 500, 177}, {48, 96, 301, 200}, {48, 96, 63, 127},   {96, 64, 150, 99},
    };
    size_t step = with_sanitizers ? 3 : 1; /* shrunk, enlarged, with and without bars, both forms of the network */
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i += step) each(d, sizes[i]);
}

Test(letterbox_maps, of_a_classifier_are_where_the_object_is) {
    with_all_sizes(try_places, &classifier);
}

Test(letterbox_maps, of_a_classifier_with_a_maximum_are_where_the_object_is) {
    with_all_sizes(try_places, &pooling);
}

Test(letterbox_maps, of_a_detector_are_where_the_object_is) {
    with_all_sizes(try_places, &detector);
}

Test(letterbox_maps, are_in_the_picture_where_they_are_in_the_network) {
    with_all_sizes(compare_coordinates, &classifier);
    with_all_sizes(compare_coordinates, &detector);
}

/* ---- Objects that hang over the edge: the map's part on the bars is counted the plain way */

/* The part of the pixels of all windows that see something that is not in the region. */
static double padding_of_windows(const trial *t) {
    const attr_letterbox *b = &t->box;
    attr_picture picture;
    int w = b->net_w, h = b->net_h, outside = 0, all = 0;
    float *x = test_allocate((size_t)w * (size_t)h, sizeof *x);
    cr_assert_eq(attr_picture_read(&picture, "picture.png", 1), ATTR_OK, "%s", attr_error_message());
    attr_letterbox_apply(x, b, &picture);
    attr_picture_free(&picture);
    for (int row = 1; row < h - 1; row++)
        for (int column = 1; column < w - 1; column++) {
            double sum = 0;
            int off = 0;
            for (int k = 0; k < 9; k++) {
                int px = column + k % 3 - 1, py = row + k / 3 - 1;
                sum += x[py * w + px];
                off += px < b->x0 || py < b->y0 || px >= b->x0 + b->new_w || py >= b->y0 + b->new_h;
            }
            if (sum / 9 <= .6) continue;
            outside += off;
            all += 9;
        }
    free(x);
    cr_assert(all > 0, "%s: nothing is seen", describe(t));
    return (double)outside / all;
}

static void compare_padding(const design *d, const int sizes[4]) {
    trial t;
    attr_session *session = begin(&t, d, sizes);
    const attr_letterbox *b = &t.box;
    bool at_right = b->new_w < b->net_w; /* bars left and right */
    t.at = at_right ? (point){b->new_w - 2, .5 * b->new_h} : (point){.5 * b->new_w, b->new_h - 2};
    t.object = put_picture(b, t.at, t.radius);
    attr_explanation *e = explain(&t, session, "gradient");
    double expected = padding_of_windows(&t), found = attr_result_at(e, 0)->padding_share;
    bool has_bars = b->new_w < b->net_w || b->new_h < b->net_h;
    cr_expect_float_eq(found, expected, 1e-6, "%s: padding %.9g of the map, expected %.9g", describe(&t), found,
                       expected);
    cr_expect(has_bars ? found > .05 && found < .5 : found == 0, "%s: padding %g", describe(&t), found);
    attr_explanation_free(e);
    attr_close(session);
}

Test(letterbox_maps, on_the_bars_are_told_by_the_padding_share) {
    with_all_sizes(compare_padding, &classifier);
}
