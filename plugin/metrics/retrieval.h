/* Is what a map shows enough for the network? The part of pictures whose prediction stays when the input is multiplied
 * by the map: the retrieval rate of Lim, Lee, Kim: Building reliable explanations of unreliable neural networks, CVPR
 * 2021 (RelEx). Higher is better, 0 to 1; by chance about the part of the class that a dark picture is given.
 *
 * For each picture the predicted class of x, and of x (.) s with s the map in [0, 1], the same for all channels. The
 * paper's four rows are x (.) s(x), x' (.) s(x), x' (.) s(x') and x (.) s(x'), x' attacked; each is compared with the
 * class of x. There 0 is the mean colour, for inputs are normalised; here inputs are in [0, 1] and 0 is black: a
 * reference says what stands for "not shown". */
#ifndef ATTR_METRICS_RETRIEVAL_H
#define ATTR_METRICS_RETRIEVAL_H

#include <stddef.h>

#include "base/status.h"

/* x (.) s + reference (.) (1 - s) into out[channels][pixels]; s[pixels] from 0 to 1. reference: [channels][pixels],
 * NULL is black; for the paper's zero the mean colour. `out` may be x. */
void attr_masked_input(float *out, const float *x, const double *s, const float *reference, int channels,
                       size_t pixels);

/* The largest of n scores, of equal ones the first; -1 if n is 0 or a score is not a number. */
int attr_predicted_class(const float *scores, size_t n);

/* Counts, empty when zeroed. */
typedef struct {
    size_t retrieved, pictures;
} attr_retrieved;

/* Adds a picture by the classes predicted for it whole and masked; -1 is never retrieved. */
void attr_retrieval_add(attr_retrieved *r, int whole_class, int masked_class);

/* A part of n trials, with the interval of Wilson: Probable inference, JASA 1927: all p for which |part - p| is at most
 * z sqrt(p (1 - p) / n), hence within [0, 1], and not empty where part is 0 or 1,
 *
 *   (part + z^2 / 2n +- z sqrt(part (1 - part) / n + z^2 / 4n^2)) / (1 + z^2 / n)
 *
 * with z the quantile of the normal law of (1 + probability) / 2. All NAN for n = 0. */
typedef struct {
    double part, low, high;
} attr_part;

attr_part attr_wilson_interval(size_t successes, size_t trials, double probability);

/* The retrieval rate and its interval. */
attr_part attr_retrieval_rate(const attr_retrieved *r, double probability);

/* z with P(|Z| <= z) = probability for a standard normal Z: 1.959964 for .95. 0 < probability < 1. */
double attr_normal_quantile(double probability);

#endif
