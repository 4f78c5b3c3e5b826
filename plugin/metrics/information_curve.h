/* How much of the picture's information must be shown until the network knows the picture again? Softmax and accuracy
 * information curves, SIC and AIC: Kapishnikov, Bolukbasi, Viegas, Terry: XRAI, ICCV 2019, in two variants:
 *
 *   ggig   Rahman, Lewis, Plis: Geometrically guided integrated gradients, by its code
 *     shown         seeds, .5 % of the pixels at random; all others get the value of the nearest seed, once. The first
 *                   p % of the pixels by the map get their own values; p = 0, 1, .. 100 (101 points)
 *     information   gray entropy of the picture in which only seeds and those pixels are, the others black
 *     score         f(p) / f(x), f being a probability
 *
 *   pic    performance information curves of PAIR's library "saliency", the origin of both
 *     shown         1 % random pixels and the picture's four corners are known; of the map the first .5, 1, 2, 3, 4,
 *                   5, 7, 10, 13, 21, 34, 50, 75 % are, too (14 points with 0); all others are made of the known ones,
 *                   anew at each point: by the linear imputation of imputation.h (there: in a triangulation)
 *     information   gray entropy of that picture (there: the size of its lossless WebP file)
 *     score         (f(p) - f(0)) / (f(x) - f(0)), cut to 0 .. 1
 *     left out      pictures with f(x) < .8 (settings.least_score)
 *
 *   gray entropy   - sum of q log q (natural) over the parts q of the picture's pixels that have each of 256 grays,
 *                  round(255 (.299 r + .587 g + .114 b)); of other numbers of channels, their mean
 *   E(p)           (entropy(p) - entropy(0)) / (entropy(x) - entropy(0)), cut to 0 .. 1: the abscissa
 *   curve          of the points (E(p), score), in the order of E, linearly interpolated at E = 0, .01, .. 1
 *     ggig         points with the same E are merged to their mean
 *     pic          the point of p = 0 is (0, 0), and there is one more, (1, 1); of points with the same E the largest
 *                  score counts, and each point gets the largest up to it
 *   SIC            trapezoid area under the median of the curves over pictures
 *   AIC            ggig: for each p the part of the pictures that are recognised, over the mean of E(p), made a curve
 *                  the same way; pic: mean of the pictures' curves of recognised (0, 1). Trapezoid area
 *
 * Higher is better. 0 to 1 but for SIC with as_published. `recognised` is the caller's; for classifiers it is whether
 * the most probable class is that at x. Areas depend on the information that a picture can gain, so compare maps of
 * the same pictures, and with a random map.
 *
 * as_published, ggig: scores are not cut, and beyond the first and the last point the curve goes on along the line
 * through the two points there. Without, scores are cut to 0 .. 1 and the curve keeps the value of its end. (The code
 * does not merge points of the same E, and gets infinities; that is not followed.) pic: each point gets the largest
 * score up to it in the order of p, not of E, as in the library (which leaves points of the same E side by side).
 *
 * NAN: a picture's curves, where entropy(x) = entropy(0), f(x) = 0 (ggig) or f(x) = f(0) (pic), f(x) < least_score, or
 * the map is the same at all of the picture's pixels. Aggregates leave such pictures out, and are NAN without any.
 * Padding stays as it is in x and has no part in entropies. */
#ifndef ATTR_METRICS_INFORMATION_CURVE_H
#define ATTR_METRICS_INFORMATION_CURVE_H

#include "metrics/picture_pixels.h"
#include "model/engine.h"
#include "targets/target.h"

typedef enum { ATTR_INFORMATION_GGIG, ATTR_INFORMATION_PIC } attr_information_variant;

enum { ATTR_INFORMATION_POINTS = 101 };
#define ATTR_INFORMATION_GGIG_SEEDS .005
#define ATTR_INFORMATION_PIC_SEEDS  .01
#define ATTR_INFORMATION_PIC_LEAST  .8

typedef struct {
    attr_region region; /* the network's input, and where the picture lies in it */
    attr_information_variant variant;
    bool as_published;
    double seeds;       /* part of the picture's pixels, the nearest integer, one at least */
    double least_score; /* a picture with a smaller f(x) has no curve */
    uint64_t seed;      /* stream ATTR_STREAM_SEEDS */
    /* Whether a sample of a forward is recognised; NULL: the most probable class of the classifier is that at x. */
    bool (*recognised)(void *context, attr_engine *e, int sample);
    void *context;
} attr_information_settings;

/* The variant's own numbers, not as published. */
attr_information_settings attr_information_settings_of(const attr_region *region, attr_information_variant variant,
                                                       uint64_t seed);

typedef struct {
    attr_information_variant variant;
    bool as_published;
    size_t points;                                                     /* 101 or 14 */
    double part[ATTR_INFORMATION_POINTS];                              /* of the pixels that are shown; p */
    double information[ATTR_INFORMATION_POINTS];                       /* E(p) */
    double score[ATTR_INFORMATION_POINTS];                             /* as above, before merging */
    double recognised[ATTR_INFORMATION_POINTS];                        /* 0 or 1 */
    double sic[ATTR_INFORMATION_POINTS], aic[ATTR_INFORMATION_POINTS]; /* curves at E = 0, .01, .. 1 */
    double sic_area, aic_area;                                         /* of this picture alone */
} attr_information_curve;

/* The curves of one picture; map [height][width], x [channels][height][width]. points + 1 forwards; as
 * attr_score_series() and attr_impute_linear(). Where there is no curve, all numbers are NAN but `points` and `part`.
 */
attr_status attr_information_curve_of(attr_information_curve *out, attr_engine *e, const attr_target *target,
                                      const float *x, const double *map, const attr_information_settings *settings);

typedef struct {
    size_t pictures; /* that have a curve */
    double sic_area, aic_area;
    double sic[ATTR_INFORMATION_POINTS], aic[ATTR_INFORMATION_POINTS];
} attr_information_summary;

/* SIC and AIC of several pictures' curves[count], of one variant. ATTR_NO_MEMORY is the only failure. */
attr_status attr_information_summarise(attr_information_summary *out, const attr_information_curve *curves,
                                       size_t count);

/* The gray entropy of the picture; shown[attr_picture_pixels()] (NULL: all) != 0 for pixels that are not black. */
double attr_gray_entropy(const float *x, const unsigned char *shown, const attr_region *r);

/* curve[ATTR_INFORMATION_POINTS]: points (at[i], value[i]) in any order, those with the same `at` merged to their mean,
 * linearly interpolated at 0, .01, .. 1; beyond the ends along the last line (`extrapolate`) or level. One point: its
 * value everywhere. count >= 1; ATTR_NO_MEMORY is the only failure. */
attr_status attr_curve_through(double *curve, const double *at, const double *value, size_t count, bool extrapolate);

/* The curve of `value`, score or recognised, of a picture, by its variant's rules: what makes `sic` and `aic`. */
attr_status attr_information_fit(double *curve, const attr_information_curve *of, const double *value);

#endif
