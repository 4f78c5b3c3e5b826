/* Does a map keep what some methods promise?
 *
 * Completeness (Sundararajan, Taly, Yan: Axiomatic attribution for deep networks, ICML 2017): the numbers of a map sum
 * to f(x) - f(x'), x' the baseline. A promise of Integrated Gradients and its kin alone; gradients make none. Lower is
 * better, 0 the best: what remains is the error of the quadrature.
 *
 * Input invariance (Kindermans et al.: The (un)reliability of saliency methods, 2019): a network f1, and f2 whose first
 * bias takes a shift of the input back, f2(x + c) = f1(x) for all x, do the same; a method is invariant if its maps do
 * not differ either: E1(x) = E2(x + c). Lower is better, 0 the best. Gradients are, Input x Gradient is not, Integrated
 * Gradients are if the baseline is shifted with the input and not if it stays black. Quantus asks for equal bits, and
 * leaves the network as it is. */
#ifndef ATTR_METRICS_AXIOMS_H
#define ATTR_METRICS_AXIOMS_H

#include <stddef.h>

#include "base/status.h"
#include "darknet.h"

/* ---- Completeness */

typedef struct {
    double sum;      /* of the map */
    double expected; /* f(x) - f(x') */
    double gap;      /* |sum - expected|, 0 up */
    double relative; /* gap / |expected|, 0 up; NAN if expected is 0 */
} attr_completeness;

/* Of n numbers, all channels, signed. */
attr_completeness attr_completeness_of(const double *map, size_t n, double value, double baseline_value);

/* ---- Input invariance */

/* ||shifted - map||_2 / ||map||_2, 0 up: of E2(x + c) and E1(x), n numbers each. About 1 and more means that the shift
 * made the map. NAN if E1(x) is 0. */
double attr_invariance_error(const double *map, const double *shifted, size_t n);

/* The same without `border` pixels along each edge of planes [channels][height][width]. NAN also if nothing remains. */
double attr_invariance_error_inside(const double *map, const double *shifted, int channels, int height, int width,
                                    int border);

/* The first layer's biases in f2: biases[l->n] for a shift of shift[l->c], one number a channel of the input,
 *
 *   biases[n] = b[n] - factor[n] sum over c, ky, kx of W[n][c][ky][kx] shift[c]
 *
 * over the channels of filter n's group; factor is 1, or batch norm's: scale / (sqrt(rolling variance) + 1e-6). Sums in
 * double, rounded once. The layer is not changed.
 *
 * Borders: Darknet pads with 0, which is not shifted. f2(x + c) is f1(x) exactly (but for rounding) without padding
 * (pad=0). With padding the first layer's outputs whose windows reach into it, those of attr_padded_border(), differ,
 * and with every layer behind the difference goes farther in; what is fully connected or averaged over the plane
 * differs everywhere. Then compare maps inside, or choose another network. A shift that differs from pixel to pixel
 * cannot be taken back by biases.
 *
 * ATTR_UNSUPPORTED for a layer that is not [convolutional], or with binary or xnor. */
attr_status attr_compensated_biases(float *biases, const layer *l, const float *shift);

/* How many rows and columns along each edge of a convolution's output see padding, at most: 0 without. */
int attr_padded_border(const layer *l);

#endif
