#include "metrics/pixel_walk.h"

#include "metrics/input_series.h"

typedef struct {
    const attr_pixel_walk *walk;
    size_t pixels, channels;
} walker;

static attr_status make_step(void *context, size_t l, float *input) {
    const walker *w = context;
    size_t first = l > 1 ? w->walk->ends[l - 2] : 0, end = l > 0 ? w->walk->ends[l - 1] : 0;
    for (size_t i = first; i < end; ++i)
        for (size_t c = 0; c < w->channels; ++c) {
            size_t at = c * w->pixels + w->walk->order[i];
            input[at] = w->walk->to[at];
        }
    return ATTR_OK;
}

static void look(void *context, size_t l, attr_engine *e, int sample) {
    const walker *w = context;
    w->walk->look(w->walk->context, l, e, sample);
}

attr_status attr_walk_scores(double *scores, attr_engine *e, const attr_target *target, const attr_pixel_walk *walk) {
    const attr_tensor *input = attr_engine_input(e);
    walker w = {walk, (size_t)input->h * (size_t)input->w, (size_t)input->c};
    attr_input_series series = {make_step, walk->look ? look : NULL, &w};
    return attr_score_series(scores, e, target, walk->from, walk->steps + 1, &series);
}

double attr_walk_area(const double *scores, size_t steps) {
    double area = -(scores[0] + scores[steps]) / 2;
    for (size_t i = 0; i <= steps; ++i) area += scores[i];
    return area / (double)steps;
}
