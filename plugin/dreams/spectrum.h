/* A plane by its frequencies: what an activation maximisation moves instead of pixels.
 *
 * Parameters are P[height][columns][2], (real, imaginary) of frequency (i, j), columns = (width + 1) / 2 rounded down:
 * for an even width the column of the highest horizontal frequency is left out, and counts as 0. The plane is
 *
 *   plane(y, x) = 1 / sqrt(H W)  sum_ij w_j s_ij Re(P_ij exp(2 pi i (i y / H + j x / W)))      w_0 = 1, else 2
 *
 * that is the real part of an orthonormal inverse Fourier transform. s scales frequencies to the spectrum of natural
 * pictures, as torch-dreams 2.3.1 does:
 *
 *   s_ij = 1 / max((fy^2 + fx^2)^0.75, 1 / (max(W, H) d))    fy = i' / (H d), fx = j / (W d), d = sqrt(0.5),
 *                                                            i' = i, or i - H if i > H / 2
 *
 * Computed by FFTW in double precision on one thread, with a plan that does not depend on measured times: the same
 * input gives the same bits. Plans must not be made by two threads at once. */
#ifndef ATTR_DREAMS_SPECTRUM_H
#define ATTR_DREAMS_SPECTRUM_H

#include <stddef.h>

#include "base/status.h"

typedef struct attr_spectrum attr_spectrum;

/* For planes [height][width], both 1 or more. ATTR_NO_MEMORY is the only failure. */
attr_status attr_spectrum_make(attr_spectrum **out, int height, int width);
void attr_spectrum_free(attr_spectrum *s);

/* How many parameters a plane has: height x columns x 2. */
size_t attr_spectrum_size(const attr_spectrum *s);

/* s_ij of all frequencies, [height][columns]. */
const double *attr_spectrum_scale(const attr_spectrum *s);

/* plane [height][width] of parameters. */
void attr_spectrum_to_plane(double *plane, attr_spectrum *s, const double *parameters);

/* The transpose of that linear map: from the derivative by the plane to the derivative by the parameters. */
void attr_spectrum_transpose(double *by_parameters, attr_spectrum *s, const double *by_plane);

#endif
