#include "metric_case.h"

#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "metrics/picture_pixels.h"
#include "small_network.h"

static const attr_region part = {3, 7, 8, 1, 2, 6, 4};
static const char *const linear = "[net] height=7 width=8 channels=3 [connected] output=2 activation=linear";
static const char *const deep = "[net] height=7 width=8 channels=3 [connected] output=9 activation=tanh [connected] "
                                "output=3 activation=linear [softmax]";

/* A plane that is NAN around the picture. */
static double *map_room(const metric_case *c) {
    double *map = test_allocate(c->plane, sizeof *map);
    fill_map(map, NAN, c->plane);
    return map;
}

static metric_case begin(network *net, const attr_region *region, attr_precision precision, attr_quantity quantity,
                         int batch) {
    metric_case c = {.net = net, .region = *region};
    attr_keep all = {true, test_every_layer()};
    omp_set_num_threads(1);
    cr_assert_eq(attr_engine_create(&c.e, net, precision, batch, all), ATTR_OK, "%s", attr_error_message());
    c.t = test_target(c.e, quantity, 1);
    c.plane = (size_t)region->height * (size_t)region->width;
    c.inputs = attr_engine_inputs(c.e);
    c.x = test_allocate(c.inputs, sizeof *c.x);
    c.reference = test_allocate(c.inputs, sizeof *c.reference);
    c.gradient = map_room(&c);
    c.parts = map_room(&c);
    c.random_map = map_room(&c);
    for (size_t i = 0; i < c.inputs; i++) {
        c.x[i] = (float)test_uniform(0, 1);
        c.reference[i] = NAN;
    }
    for (size_t i = 0; i < attr_picture_pixels(region); i++)
        for (size_t k = 0; k < (size_t)region->channels; k++)
            c.reference[k * c.plane + attr_picture_place(region, i)] = (float)test_uniform(0, 1);
    draw_random_map(&c);
    return c;
}

/* Gradient and parts of a network of one linear layer. */
static void differentiate(metric_case *c) {
    const float *w = c->net->layers[0].weights + c->inputs;
    for (size_t i = 0; i < attr_picture_pixels(&c->region); i++) {
        size_t place = attr_picture_place(&c->region, i);
        c->gradient[place] = c->parts[place] = 0;
        for (size_t k = 0; k < (size_t)c->region.channels; k++) {
            size_t at = k * c->plane + place;
            c->gradient[place] += w[at];
            c->parts[place] += (double)w[at] * ((double)c->x[at] - c->reference[at]);
        }
    }
}

metric_case linear_case(int batch) {
    metric_case c = begin(make_test_network(linear, 1), &part, ATTR_F64, ATTR_TARGET_LOGIT, batch);
    differentiate(&c);
    return c;
}

metric_case deep_case(int batch) {
    return begin(make_test_network(deep, 1), &part, ATTR_F32, ATTR_TARGET_PROBABILITY, batch);
}

metric_case padding_case(int batch) {
    network *net = make_test_network(linear, 1);
    for (int k = 0; k < 6; k++) /* two classes, three channels */
        for (size_t i = 0; i < attr_picture_pixels(&part); i++)
            net->layers[0].weights[k * 56 + attr_picture_place(&part, i)] = 0;
    metric_case c = begin(net, &part, ATTR_F64, ATTR_TARGET_LOGIT, batch);
    differentiate(&c);
    return c;
}

metric_case row_case(size_t n, const float *x, const float *weights) {
    char cfg[100];
    attr_region row = {1, 1, (int)n, 0, 0, (int)n, 1};
    snprintf(cfg, sizeof cfg, "[net] height=1 width=%zu channels=1 [connected] output=2 activation=linear", n);
    network *net = make_test_network(cfg, 1);
    for (size_t i = 0; i < n; i++) net->layers[0].weights[n + i] = weights[i];
    net->layers[0].biases[1] = 0;
    metric_case c = begin(net, &row, ATTR_F64, ATTR_TARGET_LOGIT, 3);
    for (size_t i = 0; i < n; i++) {
        c.x[i] = x[i];
        c.reference[i] = 0;
    }
    differentiate(&c);
    return c;
}

void metric_case_free(metric_case *c) {
    attr_target_free(c->t);
    attr_engine_free(c->e);
    free_test_network(c->net);
    free(c->x);
    free(c->reference);
    free(c->gradient);
    free(c->parts);
    free(c->random_map);
}

void draw_random_map(metric_case *c) {
    for (size_t i = 0; i < attr_picture_pixels(&c->region); i++)
        c->random_map[attr_picture_place(&c->region, i)] = test_uniform(-1, 1);
}

void turn_map(double *room, const double *map, size_t plane) {
    for (size_t i = 0; i < plane; i++) room[i] = -map[i];
}

void fill_map(double *room, double v, size_t plane) {
    for (size_t i = 0; i < plane; i++) room[i] = v;
}
