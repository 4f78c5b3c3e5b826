/* How much do two maps look alike? Structural similarity in the forms that the papers use, and distances.
 *
 * SSIM (Wang, Bovik, Sheikh, Simoncelli: Image quality assessment, IEEE TIP 2004): the mean over all windows that lie
 * wholly in the plane, hence without any rule for borders, of
 *
 *   (2 mu_a mu_b + C1) (2 s_ab + C2) / ((mu_a^2 + mu_b^2 + C1) (s_aa + s_bb + C2))   C1 = (.01 R)^2, C2 = (.03 R)^2
 *
 * with mu the means in the window and s the variances and covariance, by weights that sum to 1, times a factor:
 *
 *   form      window                          factor   R                            source
 *   uniform   7 x 7, equal weights            49 / 48  given                        Rahman et al., scikit-image
 *   gaussian  11 x 11, sigma 1.5 (radius 5)   1        given                        Wang et al.; Ye, Farnia 2025
 *   flat      7 numbers of a series           7 / 6    largest - smallest of both   Quantus' random logit test
 *
 * Higher is more alike: 1 for equal planes, about 0 for independent ones, -1 the least. Whether high is good depends on
 * what is compared: for maps of two networks or of noisy inputs it is, for maps of two classes low is.
 *
 * NAN where a plane or series is smaller than a window, and where 0 is divided by 0 (R = 0: both one number). Numbers
 * are finite; the results of others are not. */
#ifndef ATTR_METRICS_SIMILARITY_H
#define ATTR_METRICS_SIMILARITY_H

#include <stddef.h>

#include "base/status.h"

enum { ATTR_SSIM_SIDE = 7, ATTR_SSIM_RADIUS = 5 };
#define ATTR_SSIM_SIGMA 1.5

/* Of planes [height][width] whose numbers can differ by `range`. */
double attr_ssim_uniform(const double *a, const double *b, int height, int width, double range);
double attr_ssim_gaussian(const double *a, const double *b, int height, int width, double range);

/* Of series of n numbers: maps of several channels as they lie in memory, row after row, so that windows go around
 * the ends of rows. As Quantus calls it, take |a| / max |a| first. */
double attr_ssim_flat(const double *a, const double *b, size_t n);

/* As Ye and Farnia: Gaussian smoothing in saliency maps, compare heat maps: the Gaussian form with R = 1 of grey
 * pictures, which are attr_saliency() of total_variation.h: |h|, the smallest moved to 0 and the 99th percentile to 1.
 * ATTR_NO_MEMORY is the only failure. */
attr_status attr_ssim_of_maps(double *out, const double *a, const double *b, int height, int width);

/* ---- Distances: 0 for equal maps, lower is more alike. Pearson's correlation has pearson.h, Spearman's and the
 * overlap of the largest values rank.h. */

/* ||a - b||_2 of n numbers, 0 or more. In the numbers' own scale: it falls when maps get smaller. */
double attr_map_distance(const double *a, const double *b, size_t n);

/* || a / ||a|| - b / ||b|| ||_2, 0 to 2 (opposite); the root of 2 for orthogonal maps. NAN if a map is 0. */
double attr_normalised_difference(const double *a, const double *b, size_t n);

/* Mean over pictures of ||a_i - b_i||_2; a[pictures], b[pictures] point to n numbers each, all channels, signed. NAN
 * for no picture.
 *   stability error  a: maps of a network, b: maps of one that was trained on other samples
 *   fidelity error   a: smoothed maps of a network, b: its own maps without smoothing */
double attr_stability_error(const double *const *a, const double *const *b, size_t pictures, size_t n);
double attr_fidelity_error(const double *const *smoothed, const double *const *plain, size_t pictures, size_t n);

#endif
