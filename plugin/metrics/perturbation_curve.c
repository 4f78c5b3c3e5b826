#include "metrics/perturbation_curve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "metrics/simpson.h"

int attr_curve_window(int side) {
    int window = (int)lround((double)ATTR_CURVE_WINDOW * side / ATTR_CURVE_SIDE);
    return window < 1 ? 1 : window;
}

attr_curve_settings attr_curve_settings_of(const attr_region *region, uint64_t seed) {
    int shorter = region->height < region->width ? region->height : region->width;
    return (attr_curve_settings){.window = attr_curve_window(shorter),
                                 .windows = ATTR_CURVE_WINDOWS,
                                 .candidates = ATTR_CURVE_CANDIDATES,
                                 .seed = seed,
                                 .region = *region};
}

/* ---- Windows */

/* The places where windows may be. */
typedef struct {
    int rows, columns;
    double *saliency; /* [rows][columns], sums over the window; below 0: not to be taken (any more) */
} places;

static int positions(int side, const attr_curve_settings *settings) {
    int count = side - settings->window + (settings->last_position ? 1 : 0);
    return count < 0 ? 0 : count;
}

static bool shows_picture(int y, int x, const attr_curve_settings *settings) {
    const attr_region *r = &settings->region;
    int k = settings->window;
    return y + k > r->y0 && y < r->y0 + r->h && x + k > r->x0 && x < r->x0 + r->w;
}

/* Sums along the rows first, so that a window costs 2 k additions; room is [height][columns]. */
static void add_up(places *p, double *room, const double *heatmap, const attr_curve_settings *settings) {
    int height = settings->region.height, width = settings->region.width, k = settings->window;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < p->columns; ++x) {
            double *sum = room + (size_t)y * (size_t)p->columns + x;
            *sum = 0;
            for (int i = 0; i < k; ++i) *sum += fabs(heatmap[(size_t)y * (size_t)width + x + i]);
        }
    }
    for (int y = 0; y < p->rows; ++y) {
        for (int x = 0; x < p->columns; ++x) {
            double sum = 0;
            for (int i = 0; i < k; ++i) sum += room[(size_t)(y + i) * (size_t)p->columns + x];
            p->saliency[(size_t)y * (size_t)p->columns + x] = shows_picture(y, x, settings) ? sum : -1;
        }
    }
}

/* The most salient place that is left, the first of several; false if there is none. */
static bool find_best(attr_window *out, const places *p) {
    size_t count = (size_t)p->rows * (size_t)p->columns, best = 0;
    for (size_t i = 1; i < count; ++i)
        if (p->saliency[i] > p->saliency[best]) best = i;
    if (count == 0 || p->saliency[best] < 0) return false;
    *out = (attr_window){(int)(best / (size_t)p->columns), (int)(best % (size_t)p->columns)};
    return true;
}

/* Windows that would overlap this one. */
static void cross_out(places *p, attr_window window, int k) {
    for (int y = window.y - k + 1; y < window.y + k; ++y)
        for (int x = window.x - k + 1; x < window.x + k; ++x)
            if (y >= 0 && y < p->rows && x >= 0 && x < p->columns) p->saliency[(size_t)y * (size_t)p->columns + x] = -1;
}

attr_status attr_choose_windows(attr_window *windows, size_t *count, const double *heatmap,
                                const attr_curve_settings *settings) {
    const attr_region *r = &settings->region;
    places p = {positions(r->height, settings), positions(r->width, settings), NULL};
    size_t area = (size_t)p.rows * (size_t)p.columns;
    double *room = NULL;
    *count = 0;
    attr_status status = attr_allocate(&p.saliency, area, sizeof *p.saliency, "saliencies of windows");
    if (status == ATTR_OK)
        status = attr_allocate(&room, (size_t)r->height * (size_t)p.columns, sizeof *room, "saliencies of windows");
    if (status == ATTR_OK && area > 0) {
        add_up(&p, room, heatmap, settings);
        while (*count < settings->windows && find_best(&windows[*count], &p)) {
            cross_out(&p, windows[*count], settings->window);
            ++*count;
        }
    }
    free(p.saliency);
    free(room);
    return status;
}

/* ---- Patches and their scores */

typedef struct {
    attr_engine *engine;
    attr_target *target;
    const attr_curve_settings *settings;
    float *accepted, *candidate; /* network inputs: what earlier steps have left, and that with a new patch */
    float *patch;                /* [channels][window][window] */
    double *scores, *sorted;     /* [candidates] */
} curve_maker;

static void put_patch(float *input, curve_maker *m, attr_window at, size_t window, size_t candidate) {
    const attr_region *r = &m->settings->region;
    size_t k = (size_t)m->settings->window;
    attr_random random = {m->settings->seed, ATTR_STREAM_PATCHES, (uint32_t)window, candidate};
    attr_random_uniform(m->patch, &random, 0, (size_t)r->channels * k * k);
    for (size_t c = 0; c < (size_t)r->channels; ++c) {
        for (size_t y = 0; y < k; ++y) {
            size_t row = (c * (size_t)r->height + (size_t)at.y + y) * (size_t)r->width + (size_t)at.x;
            memcpy(input + row, m->patch + (c * k + y) * k, k * sizeof *input);
        }
    }
}

/* Scores of all candidates for a window. */
static attr_status score(curve_maker *m, attr_window at, size_t window) {
    size_t batch = (size_t)attr_engine_batch(m->engine), candidates = m->settings->candidates;
    size_t inputs = attr_engine_inputs(m->engine);
    /* All candidates differ from what is accepted in the same window: one copy is enough. */
    memcpy(m->candidate, m->accepted, inputs * sizeof *m->candidate);
    for (size_t first = 0; first < candidates; first += batch) {
        int count = (int)(candidates - first < batch ? candidates - first : batch);
        for (int b = 0; b < count; ++b) {
            put_patch(m->candidate, m, at, window, first + (size_t)b);
            attr_engine_set_input_f32(m->engine, b, m->candidate);
        }
        attr_target_forward(m->target, m->engine, count);
        for (int b = 0; b < count; ++b) {
            double value = attr_target_value(m->target, m->engine, b);
            if (!isfinite(value)) return attr_fail(ATTR_NUMERIC, "a perturbed input's score is not finite (%g)", value);
            m->scores[first + (size_t)b] = value;
        }
    }
    return ATTR_OK;
}

static int compare(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The first candidate whose score is closest to the median. That lies between the two scores in the middle (which are
 * one for an odd number), and nothing is closer than they are: no distance is computed, for rounding would choose. */
static size_t closest_to_median(curve_maker *m) {
    size_t n = m->settings->candidates, i = 0;
    memcpy(m->sorted, m->scores, n * sizeof *m->sorted);
    qsort(m->sorted, n, sizeof *m->sorted, compare);
    while (m->scores[i] != m->sorted[(n - 1) / 2] && m->scores[i] != m->sorted[n / 2]) ++i;
    return i;
}

/* The mean score over the candidates; the accepted patch is written. */
static attr_status perturb(double *mean, curve_maker *m, attr_window at, size_t window) {
    ATTR_TRY(score(m, at, window));
    double change = 0; /* from the first: the mean of equal scores is that score */
    for (size_t i = 0; i < m->settings->candidates; ++i) change += m->scores[i] - m->scores[0];
    *mean = m->scores[0] + change / (double)m->settings->candidates;
    put_patch(m->accepted, m, at, window, closest_to_median(m));
    return ATTR_OK;
}

/* ---- The curve */

static attr_status allocate(curve_maker *m) {
    size_t inputs = attr_engine_inputs(m->engine), candidates = m->settings->candidates;
    size_t k = (size_t)m->settings->window, patch = (size_t)m->settings->region.channels * k * k;
    ATTR_TRY(attr_allocate(&m->accepted, inputs, sizeof *m->accepted, "a perturbed input"));
    ATTR_TRY(attr_allocate(&m->candidate, inputs, sizeof *m->candidate, "a perturbed input"));
    ATTR_TRY(attr_allocate(&m->patch, patch, sizeof *m->patch, "a patch"));
    ATTR_TRY(attr_allocate(&m->scores, candidates, sizeof *m->scores, "scores"));
    return attr_allocate(&m->sorted, candidates, sizeof *m->sorted, "scores");
}

static void release(curve_maker *m) {
    free(m->accepted);
    free(m->candidate);
    free(m->patch);
    free(m->scores);
    free(m->sorted);
}

static attr_status draw(attr_perturbation_curve *out, curve_maker *m, const float *x, const attr_window *windows,
                        attr_progress progress, void *context) {
    size_t most = m->settings->windows;
    memcpy(m->accepted, x, attr_engine_inputs(m->engine) * sizeof *x);
    out->values[0] = out->target;
    for (size_t w = 0; w < out->windows; ++w) {
        ATTR_TRY(perturb(&out->values[w + 1], m, windows[w], w));
        if (progress && progress(context, w + 1, out->windows)) return attr_fail(ATTR_INTERRUPTED, "interrupted");
    }
    for (size_t w = 0; w <= most; ++w)
        out->values[w] = w <= out->windows ? out->values[w] / fabs(out->target) : out->values[w - 1];
    out->area = attr_simpson(out->values, most + 1);
    return ATTR_OK;
}

static attr_status make(attr_perturbation_curve *out, curve_maker *m, attr_window *windows, const float *x,
                        const double *heatmap, attr_progress progress, void *context) {
    ATTR_TRY(attr_target_values(&out->target, m->engine, &m->target, 1, x));
    if (out->target == 0)
        return attr_fail(ATTR_NUMERIC, "the perturbation curve is undefined: the target is 0 at the picture");
    ATTR_TRY(attr_choose_windows(windows, &out->windows, heatmap, m->settings));
    ATTR_TRY(allocate(m));
    return draw(out, m, x, windows, progress, context);
}

attr_status attr_perturbation_curve_make(attr_perturbation_curve *out, attr_engine *e, attr_target *target,
                                         const float *x, const double *heatmap, const attr_curve_settings *settings,
                                         attr_progress progress, void *context) {
    curve_maker m = {.engine = e, .target = target, .settings = settings};
    attr_window *windows = NULL;
    *out = (attr_perturbation_curve){0};
    attr_status status = attr_allocate(&out->values, settings->windows + 1, sizeof *out->values, "a curve");
    if (status == ATTR_OK) status = attr_allocate(&windows, settings->windows, sizeof *windows, "windows");
    if (status == ATTR_OK) status = make(out, &m, windows, x, heatmap, progress, context);
    release(&m);
    free(windows);
    return status;
}

void attr_perturbation_curve_free(attr_perturbation_curve *curve) {
    free(curve->values);
    *curve = (attr_perturbation_curve){0};
}
