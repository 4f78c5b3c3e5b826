#include "model/replacement.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/graph.h"
#include "model/moments.h"
#include "model/parameters.h"

/* A variance below so many times the layer's mean one counts as that. */
static const double least_variance = 1e-4;

typedef struct attr_layer_room {
    float *weights, *biases, *scales, *mean, *variance;
    double *trained; /* mean and variance of each channel in the trained network */
} layer_room;

bool attr_layer_has_parameters(const layer *l) {
    attr_parameter_counts n = attr_count_parameters(l);
    return n.weights + n.biases + n.statistics > 0;
}

attr_status attr_replacement_make(attr_replacement *out, const network *net) {
    *out = (attr_replacement){.net = net};
    ATTR_TRY(attr_allocate(&out->parameters, (size_t)net->n, sizeof *out->parameters, "parameters"));
    ATTR_TRY(attr_allocate(&out->drawn, (size_t)net->n, sizeof *out->drawn, "parameters"));
    ATTR_TRY(attr_allocate(&out->room, (size_t)net->n, sizeof *out->room, "parameters"));
    attr_replacement_clear(out);
    return ATTR_OK;
}

void attr_replacement_free(attr_replacement *r) {
    for (int i = 0; r->room && i < r->net->n; ++i) {
        layer_room *room = &r->room[i];
        free(room->weights);
        free(room->biases);
        free(room->scales);
        free(room->mean);
        free(room->variance);
        free(room->trained);
    }
    free(r->room);
    free(r->drawn);
    free(r->parameters);
    *r = (attr_replacement){0};
}

void attr_replacement_clear(attr_replacement *r) {
    for (int i = 0; i < r->net->n; ++i) {
        r->parameters[i] = attr_parameters_of(&r->net->layers[i]);
        r->drawn[i] = false;
    }
}

void attr_replacement_use(const attr_replacement *r, attr_engine *e) {
    attr_engine_replace_parameters(e, r->parameters);
}

/* Room for an array, made when first asked for. */
static attr_status make_room(float **room, size_t n) {
    return *room || n == 0 ? ATTR_OK : attr_allocate(room, n, sizeof **room, "parameters");
}

/* ---- Darknet's initialisers */

static double initial_scale(const layer *l) {
    double window = (double)l->size * l->size * l->c;
    switch (l->type) {
    case CONVOLUTIONAL:
        return sqrt(2 / (window / l->groups));
    case DECONVOLUTIONAL:
        return 0.02;
    case CONNECTED:
        return sqrt(2.0 / l->inputs);
    default:
        return sqrt(2 / window);
    }
}

static void draw_weights(float *out, size_t n, const layer *l, int index, uint64_t seed) {
    const attr_random random = {seed, ATTR_STREAM_RANDOM_WEIGHTS, attr_array_part(index, ATTR_ARRAY_WEIGHTS), 1};
    bool is_normal = l->type == CONVOLUTIONAL || l->type == DECONVOLUTIONAL;
    double scale = initial_scale(l);
    if (is_normal)
        attr_random_normal(out, &random, 0, n);
    else
        attr_random_uniform(out, &random, 0, n);
    for (size_t i = 0; i < n; ++i) out[i] = (float)(scale * (is_normal ? out[i] : 2 * out[i] - 1));
}

attr_status attr_replacement_draw(attr_replacement *r, int index, uint64_t seed) {
    const layer *l = &r->net->layers[index];
    attr_parameter_counts n = attr_count_parameters(l);
    layer_room *room = &r->room[index];
    attr_parameters *p = &r->parameters[index];
    ATTR_TRY(make_room(&room->weights, n.weights));
    ATTR_TRY(make_room(&room->biases, n.biases));
    ATTR_TRY(make_room(&room->scales, n.statistics));
    if (n.weights > 0) {
        draw_weights(room->weights, n.weights, l, index, seed);
        p->weights = room->weights;
    }
    for (size_t i = 0; i < n.biases; ++i) room->biases[i] = 0;
    for (size_t i = 0; i < n.statistics; ++i) room->scales[i] = 1;
    if (n.biases > 0) p->biases = room->biases;
    if (n.statistics > 0) p->scales = room->scales;
    r->drawn[index] = true;
    return ATTR_OK;
}

/* ---- Batch norm */

/* One value a channel: mean and variance over the channels. Then the floor of variances. */
static void steady(double *moments, size_t channels, size_t area) {
    double *variance = moments + channels, mean = 0, spread = 0;
    for (size_t c = 0; c < channels; ++c) mean += moments[c] / (double)channels;
    for (size_t c = 0; c < channels; ++c)
        spread += (area > 1 ? variance[c] : (moments[c] - mean) * (moments[c] - mean)) / (double)channels;
    if (!(spread > 0)) spread = 1;
    for (size_t c = 0; c < channels; ++c) {
        if (area <= 1) moments[c] = mean;
        variance[c] = area > 1 ? fmax(variance[c], least_variance * spread) : spread;
    }
}

static attr_status measure(double *moments, attr_engine *e, const layer *l, int index) {
    size_t channels = (size_t)l->out_c, area = (size_t)l->out_h * l->out_w;
    ATTR_TRY(attr_measure_moments(moments, moments + channels, e, index));
    for (size_t c = 0; c < channels; ++c)
        if (!isfinite(moments[c]) || !isfinite(moments[channels + c]))
            return attr_fail(ATTR_NUMERIC, "with other parameters the sums of layer %d are not finite", index);
    steady(moments, channels, area);
    return ATTR_OK;
}

static void begin_pass(attr_engine *e, const float *x) {
    attr_engine_set_input_f32(e, 0, x);
    for (int i = 0; i < attr_engine_layers(e); ++i) attr_engine_op(e, i)->count = 1;
}

attr_status attr_replacement_measure(attr_replacement *r, attr_engine *e, const float *x) {
    attr_engine_replace_parameters(e, NULL);
    begin_pass(e, x);
    for (int i = 0; i < r->net->n; ++i) {
        const layer *l = &r->net->layers[i];
        double **trained = &r->room[i].trained;
        if (attr_layer_normalises(l)) {
            if (!*trained) ATTR_TRY(attr_allocate(trained, 2 * (size_t)l->out_c, sizeof **trained, "statistics"));
            ATTR_TRY(measure(*trained, e, l, i));
        }
        attr_engine_forward_layer(e, i);
    }
    return ATTR_OK;
}

static void set_statistics(layer_room *room, const double *now, const layer *l, bool drawn) {
    size_t channels = (size_t)l->out_c;
    for (size_t c = 0; c < channels; ++c) {
        double mean = now[c], variance = now[channels + c];
        if (!drawn) {
            double ratio = variance / room->trained[channels + c];
            variance = l->rolling_variance[c] * ratio;
            mean += (l->rolling_mean[c] - room->trained[c]) * sqrt(ratio);
        }
        room->mean[c] = (float)mean;
        room->variance[c] = (float)variance;
    }
}

static attr_status calibrate_layer(attr_replacement *r, attr_engine *e, int i) {
    const layer *l = &r->net->layers[i];
    layer_room *room = &r->room[i];
    attr_op *op = attr_engine_op(e, i);
    double *now = NULL;
    ATTR_TRY(make_room(&room->mean, (size_t)l->out_c));
    ATTR_TRY(make_room(&room->variance, (size_t)l->out_c));
    ATTR_TRY(attr_allocate(&now, 2 * (size_t)l->out_c, sizeof *now, "statistics"));
    attr_status status = measure(now, e, l, i);
    if (status == ATTR_OK) {
        set_statistics(room, now, l, r->drawn[i]);
        r->parameters[i].rolling_mean = room->mean;
        r->parameters[i].rolling_variance = room->variance;
        op->own = op->parameters = r->parameters[i];
        if (op->kind->fold) op->kind->fold(op);
    }
    free(now);
    return status;
}

/* Whether a layer was drawn or reads what such a one has changed. */
static attr_status is_behind(bool *out, const attr_replacement *r, const bool *behind, int i) {
    const layer *l = &r->net->layers[i];
    int most = l->type == ROUTE ? l->n : 2, *reads = NULL;
    ATTR_TRY(attr_allocate(&reads, (size_t)most, sizeof *reads, "a layer's inputs"));
    int count = attr_layer_reads(reads, r->net->layers, i, most);
    *out = r->drawn[i];
    for (int j = 0; j < count; ++j) *out |= reads[j] >= 0 && behind[reads[j]];
    free(reads);
    return ATTR_OK;
}

attr_status attr_replacement_calibrate(attr_replacement *r, attr_engine *e, const float *x) {
    bool *behind = NULL;
    attr_replacement_use(r, e);
    begin_pass(e, x);
    ATTR_TRY(attr_allocate(&behind, (size_t)r->net->n, sizeof *behind, "layers"));
    attr_status status = ATTR_OK;
    for (int i = 0; i < r->net->n && status == ATTR_OK; ++i) {
        status = is_behind(&behind[i], r, behind, i);
        if (status == ATTR_OK && behind[i] && attr_layer_normalises(&r->net->layers[i]))
            status = calibrate_layer(r, e, i);
        if (status == ATTR_OK) attr_engine_forward_layer(e, i);
    }
    free(behind);
    return status;
}

/* ---- Noise */

static double deviation_of(const float *values, size_t n) {
    double mean = 0, squares = 0;
    for (size_t i = 0; i < n; ++i) mean += values[i];
    mean /= (double)n;
    for (size_t i = 0; i < n; ++i) squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (double)(n - 1));
}

static attr_status perturb(const float **array, float **room, const float *own, size_t n, const attr_random *random) {
    *array = own;
    if (n < 2) return ATTR_OK;
    ATTR_TRY(make_room(room, n));
    double sigma = (double)random->sample / 100 * deviation_of(own, n);
    attr_random_perturb(*room, own, random, (float)sigma, ATTR_NOISE_ADDITIVE, 0, n);
    *array = *room;
    return ATTR_OK;
}

attr_status attr_replacement_perturb(attr_replacement *r, int percent, uint64_t seed) {
    for (int i = 0; i < r->net->n; ++i) {
        const layer *l = &r->net->layers[i];
        attr_parameter_counts n = attr_count_parameters(l);
        attr_parameters own = attr_parameters_of(l), *p = &r->parameters[i];
        layer_room *room = &r->room[i];
        attr_random random = {seed, ATTR_STREAM_SANITY_NOISE, attr_array_part(i, ATTR_ARRAY_WEIGHTS),
                              (uint64_t)percent};
        ATTR_TRY(perturb(&p->weights, &room->weights, own.weights, n.weights, &random));
        random.part = attr_array_part(i, ATTR_ARRAY_BIASES);
        ATTR_TRY(perturb(&p->biases, &room->biases, own.biases, n.biases, &random));
        random.part = attr_array_part(i, ATTR_ARRAY_SCALES);
        ATTR_TRY(perturb(&p->scales, &room->scales, own.scales, n.statistics, &random));
    }
    return ATTR_OK;
}

/* ---- A shifted input */

attr_status attr_replacement_shift(attr_replacement *r, double shift) {
    const layer *l = &r->net->layers[0];
    attr_parameter_counts n = attr_count_parameters(l);
    layer_room *room = &r->room[0];
    if (l->type != CONVOLUTIONAL && l->type != CONNECTED)
        return attr_fail(ATTR_UNSUPPORTED, "the first layer is [%s]: its bias cannot undo a shift of the input",
                         attr_layer_name(l->type));
    bool normalises = attr_layer_normalises(l);
    float **array = normalises ? &room->mean : &room->biases;
    ATTR_TRY(make_room(array, n.biases));
    size_t each = n.weights / n.biases;
    for (size_t f = 0; f < n.biases; ++f) {
        double sum = 0;
        for (size_t k = 0; k < each; ++k) sum += l->weights[f * each + k];
        (*array)[f] = (float)(normalises ? l->rolling_mean[f] + shift * sum : l->biases[f] - shift * sum);
    }
    if (normalises)
        r->parameters[0].rolling_mean = *array;
    else
        r->parameters[0].biases = *array;
    return ATTR_OK;
}
