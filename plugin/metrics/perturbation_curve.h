/* Does a map find what the score depends on? The score while the most salient windows of the input are destroyed, one
 * after the other, and the area under that curve (AUPC). Lower is better; a map of no use leaves the curve at 1.
 *
 * Samek et al.: Evaluating the visualization of what a deep neural network has learned, IEEE TNNLS 2017, in the form of
 * Goh, Lapuschkin, Weber, Samek, Binder: Understanding Integrated Gradients with SmoothTaylor for deep neural network
 * attribution, ICPR 2020, section IV-A:
 *
 *   A(y, x)   mean of |heat map| over the window of k x k pixels with its first pixel at (y, x)
 *   windows   by A, largest first, each one that overlaps none of those before; L of them
 *   step l    P patches of uniform noise, each in place of the window, on top of what earlier steps have left:
 *             y_l = mean of the P scores; the patch whose score is closest to their median stays
 *   AUPC      Simpson's area (simpson.h) under y_0 = f(x), y_1, .. y_L, all divided by |f(x)|: L if nothing changes
 *
 * Inputs are in the network's own space, where a picture lies in [0, 1], and so do patches. Windows may reach into the
 * letterbox bars; windows that lie wholly on them show nothing of the picture and are left out. Of windows that are
 * equally salient the first in reading order is taken. For an even P two scores are closest to the median: the patch
 * with the smaller number stays. So the curve is a function of its arguments alone, whatever threads and batch. */
#ifndef ATTR_METRICS_PERTURBATION_CURVE_H
#define ATTR_METRICS_PERTURBATION_CURVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "methods/baseline.h"
#include "methods/schedule.h"
#include "model/engine.h"
#include "targets/target.h"

/* The paper's, for an input of 224 x 224. */
enum { ATTR_CURVE_WINDOW = 15, ATTR_CURVE_WINDOWS = 30, ATTR_CURVE_CANDIDATES = 50, ATTR_CURVE_SIDE = 224 };

typedef struct {
    int window;        /* k, in pixels of the network's input */
    size_t windows;    /* L */
    size_t candidates; /* P, 1 or more */
    uint64_t seed; /* patches are stream ATTR_STREAM_PATCHES: part = window, sample = candidate, element = c, y, x */
    bool last_position; /* also windows that touch the lower or right edge; the authors' code leaves them out */
    attr_region region; /* the network's input, and where the picture lies in it */
} attr_curve_settings;

/* k for an input whose shorter side is `side`: the same part of it as in the paper, 1 at least. */
int attr_curve_window(int side);

/* The paper's settings for such an input. */
attr_curve_settings attr_curve_settings_of(const attr_region *region, uint64_t seed);

/* The first pixel of a window. */
typedef struct {
    int y, x;
} attr_window;

/* Chooses up to settings->windows windows by a heat map [height][width]; *count is smaller where no more fit beside
 * each other. ATTR_NO_MEMORY is the only failure. */
attr_status attr_choose_windows(attr_window *windows, size_t *count, const double *heatmap,
                                const attr_curve_settings *settings);

typedef struct {
    double *values; /* [settings->windows + 1]: y / |f(x)| */
    size_t
        windows;   /* how many there were; behind them the curve holds its last value: it is too short if less than L */
    double target; /* f(x) */
    double area;   /* AUPC */
} attr_perturbation_curve;

/* The curve of one target, at the network's input x, for a heat map [height][width], signed (the absolute value is
 * taken here). The engine runs forwards only, as many candidates at once as its batch. ATTR_NUMERIC where f(x) is 0
 * (there is no curve then) or a score is not finite. `progress` (may be NULL) is called with the windows done. Released
 * with attr_perturbation_curve_free(), also after a failure. */
attr_status attr_perturbation_curve_make(attr_perturbation_curve *out, attr_engine *e, attr_target *target,
                                         const float *x, const double *heatmap, const attr_curve_settings *settings,
                                         attr_progress progress, void *context);
void attr_perturbation_curve_free(attr_perturbation_curve *curve);

#endif
