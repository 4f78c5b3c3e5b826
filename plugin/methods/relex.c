/* RelEx: a mask m in [0, 1] for every number of the input, optimised so that what it keeps shows the class and what it
 * leaves does not. Lim, Lee, Kim: Building reliable explanations of unreliable neural networks, CVPR 2021, and the
 * authors' code. Minimised, for copies x_b = x + noise that are new in every iteration, is the mean over b of
 *
 *   -log p(x' + m (x_b - x')) + lambda1 |m|_1 - lambda2 log(1 - p(x' + (1 - m) (x_b - x')) + 1e-7)
 *
 * where x' is the baseline (a masked picture of the authors is the mean colour, since they mask normalised pictures).
 * m starts uniform in [0, 0.01); a step is
 *
 *   G <- gradient / |gradient|_2,  v <- momentum v + G,  m <- m - rate v, cut to [0, 1]
 *
 * and left out where the gradient is 0. Seeds are the derivatives in closed form: -1 x that of log p, and lambda2 /
 * (1 - p + 1e-7) x that of p. Point 2 b of an iteration is what is kept of copy b, point 2 b + 1 the rest; points fill
 * the engine's batches and are added up in their order, in double precision. Copy b of iteration t has the noise of
 * number t x copies + b (attr_noisy_copy). Without noise all copies are the same, and one is taken. On letterbox bars
 * the baseline is the picture: there is nothing to keep, and only lambda1 acts. Of several baselines (noise) the first
 * is taken. */
#include "methods/method.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "targets/probability.h"

enum { block = 4096 };

static const double start_below = 0.01, least_rest = 1e-7;

typedef struct {
    const attr_job *job;
    const attr_method_settings *settings;
    size_t size, blocks;
    size_t copies, points; /* noisy copies, and points, of an iteration */
    float *reference;      /* [size] x' */
    float *copy;           /* [size] the noisy copy number copy_of; not used without noise */
    uint64_t copy_of;
    float *ways;  /* [batch][size] x_b - x' of each point of the batch */
    float *point; /* [size] */
    /* the mask that is being made */
    double *mask, *velocity, *gradient; /* [size] */
    double *squares, *masses;           /* [blocks] parts of |gradient|^2 and |m|_1 */
    attr_target *target;
    size_t done, all;
} optimiser;

void attr_mask_report_free(attr_mask_report *report) {
    if (!report) return;
    free(report->objective);
    free(report);
}

size_t attr_relex_copies(const attr_method_settings *settings) {
    return settings->sigma > 0 ? settings->samples : 1;
}

static size_t block_end(const optimiser *o, size_t first) {
    return o->size - first < block ? o->size : first + block;
}

/* ---- Points */

static const float *noisy_input(optimiser *o, uint64_t copy) {
    const attr_method_settings *s = o->settings;
    if (s->sigma <= 0) return o->job->x;
    if (o->copy_of != copy) attr_noisy_copy(o->copy, o->job->x, o->size, s->sigma, s->deviation, s->seed, copy);
    o->copy_of = copy;
    return o->copy;
}

static bool is_rest(const optimiser *o, size_t k) {
    return o->points > o->copies && k % 2 == 1;
}

/* Gives the engine, as sample b, what the mask keeps of an input, or the rest; `way` [size] receives x - x'. */
static void set_point(optimiser *o, const float *x, bool rest, float *way, int b) {
    const float *reference = o->reference;
    const double *m = o->mask;
    float *z = o->point;
    double constant = rest ? 1 : 0, slope = rest ? -1 : 1;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < o->size; ++i) {
        way[i] = x[i] - reference[i];
        z[i] = (float)(reference[i] + (constant + slope * m[i]) * way[i]);
    }
    attr_engine_set_input_f32(o->job->engine, b, z);
}

/* ---- One batch */

/* Seeds point k, sample b of the batch, with the derivative of its term, and adds the term to the objective. */
static void seed_point(const optimiser *o, attr_objective *sum, size_t k, int b) {
    attr_engine *e = o->job->engine;
    if (!is_rest(o, k)) {
        sum->foreground -= attr_target_log_probability(o->target, e, b);
        attr_target_seed_log_probability(o->target, e, b, -1);
        return;
    }
    double left = 1 - attr_target_probability(o->target, e, b) + least_rest;
    sum->background -= o->settings->background * log(left);
    attr_target_seed_probability(o->target, e, b, o->settings->background / left);
}

/* gradient <- gradient + what points first .. first + count - 1 say about the mask. */
static void gather(optimiser *o, size_t first_point, int count) {
    const attr_tensor *input = attr_engine_input(o->job->engine);
#pragma omp parallel for schedule(static)
    for (size_t first = 0; first < o->size; first += block) {
        double g[block];
        size_t n = block_end(o, first) - first;
        for (int b = 0; b < count; ++b) {
            const float *way = o->ways + (size_t)b * o->size + first;
            double sign = is_rest(o, first_point + (size_t)b) ? -1 : 1;
            attr_tensor_read_gradient(g, input, b, first, n);
            for (size_t i = 0; i < n; ++i) o->gradient[first + i] += sign * way[i] * g[i];
        }
    }
}

static attr_status report(optimiser *o, size_t gradients) {
    const attr_job *job = o->job;
    o->done += gradients;
    if (job->progress && job->progress(job->context, o->done, o->all))
        return attr_fail(ATTR_INTERRUPTED, "interrupted");
    return ATTR_OK;
}

static attr_status run_batch(optimiser *o, attr_objective *sum, size_t iteration, size_t first, int count) {
    attr_engine *e = o->job->engine;
    size_t points_of_copy = o->points / o->copies;
    for (int b = 0; b < count; ++b) {
        size_t k = first + (size_t)b;
        const float *x = noisy_input(o, iteration * o->copies + k / points_of_copy);
        set_point(o, x, is_rest(o, k), o->ways + (size_t)b * o->size, b);
    }
    attr_target_forward(o->target, e, count);
    attr_target_clear(o->target, e);
    for (int b = 0; b < count; ++b) seed_point(o, sum, first + (size_t)b, b);
    attr_target_backward(o->target, e);
    gather(o, first, count);
    return report(o, (size_t)count);
}

/* ---- One iteration */

static double sum_of(const double *parts, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sum += parts[i];
    return sum;
}

/* Makes the gradient a mean and adds that of lambda1 |m|_1 (0 where m is). */
static void finish_gradient(optimiser *o) {
    double copies = (double)o->copies, sparsity = o->settings->sparsity;
#pragma omp parallel for schedule(static)
    for (size_t k = 0; k < o->blocks; ++k) {
        double squares = 0, mass = 0;
        for (size_t i = k * block, end = block_end(o, i); i < end; ++i) {
            double g = o->gradient[i] / copies + (o->mask[i] > 0 ? sparsity : 0);
            o->gradient[i] = g;
            squares += g * g;
            mass += o->mask[i];
        }
        o->squares[k] = squares;
        o->masses[k] = mass;
    }
}

static attr_status step(optimiser *o) {
    double norm = sqrt(sum_of(o->squares, o->blocks)), momentum = o->settings->momentum, rate = o->settings->mask_rate;
    if (!isfinite(norm)) return attr_fail(ATTR_NUMERIC, "the gradient of the mask is not finite");
    if (norm == 0) return ATTR_OK;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < o->size; ++i) {
        double v = momentum * o->velocity[i] + o->gradient[i] / norm, m = o->mask[i] - rate * v;
        o->velocity[i] = v;
        o->mask[i] = m < 0 ? 0 : m > 1 ? 1 : m;
    }
    return ATTR_OK;
}

static attr_status iterate(attr_objective *objective, optimiser *o, size_t iteration) {
    size_t batch = (size_t)attr_engine_batch(o->job->engine);
    memset(o->gradient, 0, o->size * sizeof *o->gradient);
    *objective = (attr_objective){0};
    for (size_t k = 0; k < o->points; k += batch) {
        size_t left = o->points - k;
        ATTR_TRY(run_batch(o, objective, iteration, k, (int)(left < batch ? left : batch)));
    }
    finish_gradient(o);
    objective->foreground /= (double)o->copies;
    objective->background /= (double)o->copies;
    objective->sparsity = o->settings->sparsity * sum_of(o->masses, o->blocks);
    return step(o);
}

/* ---- One mask */

static void start_mask(optimiser *o) {
    attr_random random = {o->settings->seed, ATTR_STREAM_MASK, 0, attr_target_entry(o->target)};
    attr_random_uniform(o->point, &random, 0, o->size);
    for (size_t i = 0; i < o->size; ++i) o->mask[i] = start_below * o->point[i];
    memset(o->velocity, 0, o->size * sizeof *o->velocity);
}

static double mean_over_picture(const optimiser *o) {
    const attr_region *r = &o->settings->baseline.region;
    double sum = 0, count = (double)r->channels * r->h * r->w;
    for (int c = 0; c < r->channels; ++c)
        for (int y = r->y0; y < r->y0 + r->h; ++y)
            for (int x = r->x0; x < r->x0 + r->w; ++x) sum += o->mask[((size_t)c * r->height + y) * r->width + x];
    return count > 0 ? sum / count : 0;
}

static void judge(attr_retrieval *out, optimiser *o) {
    attr_engine *e = o->job->engine;
    out->class_index = attr_target_class(o->target);
    attr_engine_set_input_f32(e, 0, o->job->x);
    attr_target_forward(o->target, e, 1);
    out->original = attr_target_probability(o->target, e, 0);
    set_point(o, o->job->x, true, o->ways, 0);
    attr_target_forward(o->target, e, 1);
    out->rest = attr_target_probability(o->target, e, 0);
    set_point(o, o->job->x, false, o->ways, 0);
    attr_target_forward(o->target, e, 1);
    out->kept = attr_target_probability(o->target, e, 0);
    out->predicted = attr_target_predicted(o->target, e, 0);
    out->retrieved = out->predicted == out->class_index;
    out->area = mean_over_picture(o);
}

/* Leaves the target's mask in o->mask. `objective` [iterations] may be NULL. */
static attr_status optimise(attr_retrieval *retrieval, attr_objective *objective, optimiser *o, attr_target *target) {
    o->target = target;
    start_mask(o);
    for (size_t t = 0; t < o->settings->iterations; ++t) {
        attr_objective terms;
        ATTR_TRY(iterate(&terms, o, t));
        if (objective) objective[t] = terms;
    }
    judge(retrieval, o);
    return ATTR_OK;
}

/* ---- The whole run */

static attr_status explain(attr_map *map, optimiser *o, attr_target *target, attr_target *other) {
    attr_mask_report *r = NULL;
    ATTR_TRY(attr_allocate(&map->mask, 1, sizeof *map->mask, "a mask's report"));
    r = map->mask;
    r->iterations = o->settings->iterations;
    ATTR_TRY(attr_allocate(&r->objective, r->iterations, sizeof *r->objective, "an objective"));
    ATTR_TRY(optimise(&r->own, r->objective, o, target));
    memcpy(map->values, o->mask, o->size * sizeof *map->values);
    map->samples = o->copies;
    map->gradients = o->points * r->iterations;
    if (!other) return ATTR_OK;
    r->has_control = true;
    ATTR_TRY(optimise(&r->control, NULL, o, other));
    map->gradients *= 2;
    return ATTR_OK;
}

/* The class of a target's control is chosen by the target alone. */
static attr_status make_control(attr_target **out, const optimiser *o, const attr_target *target) {
    float u;
    attr_random random = {o->settings->seed, ATTR_STREAM_CONTROL, 0, attr_target_entry(target)};
    *out = NULL;
    if (!o->settings->control) return ATTR_OK;
    attr_random_uniform(&u, &random, 0, 1);
    return attr_target_of_other_class(out, target, o->job->engine, u);
}

static attr_status allocate(optimiser *o) {
    size_t batch = (size_t)attr_engine_batch(o->job->engine);
    ATTR_TRY(attr_allocate(&o->reference, o->size, sizeof(float), "a baseline"));
    ATTR_TRY(attr_allocate(&o->copy, o->size, sizeof(float), "a noisy copy"));
    ATTR_TRY(attr_allocate(&o->point, o->size, sizeof(float), "points"));
    ATTR_TRY(attr_allocate(&o->ways, (batch < o->points ? batch : o->points) * o->size, sizeof(float), "points"));
    ATTR_TRY(attr_allocate(&o->mask, o->size, sizeof(double), "a mask"));
    ATTR_TRY(attr_allocate(&o->velocity, o->size, sizeof(double), "a mask"));
    ATTR_TRY(attr_allocate(&o->gradient, o->size, sizeof(double), "a mask"));
    ATTR_TRY(attr_allocate(&o->squares, o->blocks, sizeof(double), "a mask"));
    ATTR_TRY(attr_allocate(&o->masses, o->blocks, sizeof(double), "a mask"));
    return attr_baseline_make(o->reference, o->job->x, &o->settings->baseline, o->settings->seed, 0);
}

static void release(optimiser *o) {
    free(o->reference);
    free(o->copy);
    free(o->point);
    free(o->ways);
    free(o->mask);
    free(o->velocity);
    free(o->gradient);
    free(o->squares);
    free(o->masses);
}

attr_status attr_relex(attr_map *maps, const attr_job *job) {
    const attr_method_settings *s = job->settings;
    size_t copies = attr_relex_copies(s), size = attr_engine_inputs(job->engine);
    optimiser o = {.job = job,
                   .settings = s,
                   .size = size,
                   .blocks = (size + block - 1) / block,
                   .copies = copies,
                   .points = s->background > 0 ? 2 * copies : copies,
                   .copy_of = UINT64_MAX};
    o.all = o.points * s->iterations * job->target_count * (s->control ? 2 : 1);
    for (size_t t = 0; t < job->target_count; ++t)
        ATTR_TRY(attr_target_needs_probability(job->targets[t], job->engine, attr_method_name(s->method)));
    attr_status status = allocate(&o);
    for (size_t t = 0; status == ATTR_OK && t < job->target_count; ++t) {
        attr_target *other = NULL;
        status = make_control(&other, &o, job->targets[t]);
        if (status == ATTR_OK) status = explain(&maps[t], &o, job->targets[t], other);
        attr_target_free(other);
    }
    release(&o);
    return status;
}
