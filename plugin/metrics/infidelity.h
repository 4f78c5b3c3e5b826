/* How far is what a map predicts for a perturbation from what the score does? Infidelity: Yeh, Hsieh, Suggala, Inouye,
 * Ravikumar: On the (in)fidelity and sensitivity of explanations, NeurIPS 2019.
 *
 *   infidelity   mean over perturbations I of (I.a - (f(x) - f(x - I)))^2, in units of f squared
 *   scaled       the same with the map times beta = mean(I.a drop) / mean((I.a)^2), which makes it least; drop is
 *                f(x) - f(x - I). The authors' code reports this one
 *   relative     scaled / mean(drop^2): 0 to 1, the part of the drops that no multiple of the map explains
 *   beta         1 for an exact map of a linear target
 *
 * Lower is better; 0 (up to rounding) for an exact map of a linear target, where beta is 1. The map has one value a
 * pixel, p, and perturbations one I_cp a channel. What I.a and an exact map are depends on the perturbation:
 *
 *   gaussian         I_cp = sigma n_p, n normal, the same in all channels, nothing is clipped: x - I may leave [0, 1].
 *                    I.a = sum over p of a_p x (mean over c of I_cp): a is the gradient, summed over channels
 *   noisy_baseline   x - I is clip(sigma n_p, 0, 1), the same in all channels: black with noise on it. I.a likewise, so
 *                    it is exact for one channel, or where I is the same in all. (The authors' code, "Gaussian" there,
 *                    has another sign of n; their data have one channel)
 *   square           x - I has the reference's values inside a square of pixels. I.a = sum of a_p inside it: a is what
 *                    pixels contribute (gradient x input, Integrated Gradients), against the same reference
 *
 * I is what the network really gets: of x - I as rounded to single precision. Squares have a side from 1 to `side`,
 * every one as likely, and a place inside the picture, every one as likely; with `every_square` they are all squares of
 * all these sides and no numbers are drawn (the authors': sides 1 to 10 of 28). Padding is never perturbed.
 *
 * NAN: scaled, relative and beta where all I.a are 0 (a map of zeros; infidelity is defined then, mean(drop^2));
 * relative where all drops are 0. A constant map is a map like any other here. */
#ifndef ATTR_METRICS_INFIDELITY_H
#define ATTR_METRICS_INFIDELITY_H

#include "metrics/picture_pixels.h"
#include "model/engine.h"
#include "targets/target.h"

typedef enum { ATTR_PERTURB_GAUSSIAN, ATTR_PERTURB_NOISY_BASELINE, ATTR_PERTURB_SQUARE } attr_perturbation;

/* The authors': 10 of 28 pixels. They take 10000 perturbations of an MNIST digit. */
#define ATTR_INFIDELITY_SIGMA .2
enum { ATTR_INFIDELITY_SIDE = 10, ATTR_INFIDELITY_OF_SIDE = 28, ATTR_INFIDELITY_SAMPLES = 1000 };

typedef struct {
    attr_region region; /* the network's input, and where the picture lies in it */
    attr_perturbation perturbation;
    double sigma;           /* not of squares */
    int side;               /* squares: the largest; more than fits is cut to the picture's shorter side */
    bool every_square;      /* squares: all of them instead of `samples` random ones */
    const float *reference; /* squares: [channels][height][width], its part inside the picture is read */
    size_t samples;         /* 1 or more */
    uint64_t seed; /* stream ATTR_STREAM_INFIDELITY: sample = number of the perturbation, element = number of the pixel
                      in the picture, or 0, 1, 2: side, y, x of a square */
} attr_infidelity_settings;

/* The constants above, the side being the same part of the picture's shorter side, 1 at least. */
attr_infidelity_settings attr_infidelity_settings_of(const attr_region *region, attr_perturbation perturbation,
                                                     const float *reference, uint64_t seed);

typedef struct {
    size_t samples; /* perturbations that were taken */
    double infidelity, scaled, relative, beta;
} attr_infidelity;

/* out[count] of count maps [height][width], all with the same perturbations; x [channels][height][width]. samples + 1
 * forwards, whatever count; as attr_score_series(). */
attr_status attr_infidelity_of(attr_infidelity *out, attr_engine *e, const attr_target *target, const float *x,
                               const double *const *maps, size_t count, const attr_infidelity_settings *settings);

#endif
