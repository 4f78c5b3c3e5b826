#include "dreams/spectrum.h"

#include <fftw3.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* FFTW's half spectrum has W / 2 + 1 columns: one more than ours if the width is even. */
struct attr_spectrum {
    int height, width, columns, half;
    double *scale;       /* [height][columns] */
    double *plane;       /* [height][width] */
    fftw_complex *waves; /* [height][half] */
    fftw_plan inverse, forward;
};

static void fill_scale(attr_spectrum *s) {
    const double d = sqrt(0.5);
    int longer = s->width > s->height ? s->width : s->height;
    for (int i = 0; i < s->height; ++i)
        for (int j = 0; j < s->columns; ++j) {
            double fy = (2 * i > s->height ? i - s->height : i) / (s->height * d), fx = j / (s->width * d);
            s->scale[i * s->columns + j] = 1 / fmax(pow(fy * fy + fx * fx, 0.75), 1 / (longer * d));
        }
}

static attr_status allocate(attr_spectrum *s) {
    size_t rows = (size_t)s->height;
    ATTR_TRY(attr_allocate(&s->scale, rows * (size_t)s->columns, sizeof *s->scale, "a spectrum"));
    ATTR_TRY(attr_allocate(&s->plane, rows * (size_t)s->width, sizeof *s->plane, "a spectrum"));
    ATTR_TRY(attr_allocate(&s->waves, rows * (size_t)s->half, sizeof *s->waves, "a spectrum"));
    s->inverse = fftw_plan_dft_c2r_2d(s->height, s->width, s->waves, s->plane, FFTW_ESTIMATE);
    s->forward = fftw_plan_dft_r2c_2d(s->height, s->width, s->plane, s->waves, FFTW_ESTIMATE);
    if (s->inverse && s->forward) return ATTR_OK;
    return attr_fail(ATTR_NO_MEMORY, "FFTW has no plan for %d x %d", s->width, s->height);
}

attr_status attr_spectrum_make(attr_spectrum **out, int height, int width) {
    attr_spectrum *s = NULL;
    *out = NULL;
    ATTR_TRY(attr_allocate(&s, 1, sizeof *s, "a spectrum"));
    s->height = height;
    s->width = width;
    s->columns = (width + 1) / 2;
    s->half = width / 2 + 1;
    attr_status status = allocate(s);
    if (status != ATTR_OK) {
        attr_spectrum_free(s);
        return status;
    }
    fill_scale(s);
    *out = s;
    return ATTR_OK;
}

void attr_spectrum_free(attr_spectrum *s) {
    if (!s) return;
    if (s->inverse) fftw_destroy_plan(s->inverse);
    if (s->forward) fftw_destroy_plan(s->forward);
    free(s->scale);
    free(s->plane);
    free(s->waves);
    free(s);
}

size_t attr_spectrum_size(const attr_spectrum *s) {
    return 2 * (size_t)s->height * (size_t)s->columns;
}

const double *attr_spectrum_scale(const attr_spectrum *s) {
    return s->scale;
}

/* FFTW wants of column 0 that row -i is the conjugate of row i. Free parameters need not be so: only the part of them
 * that is has a real part, so that it is what the sum of the header sees. */
static void make_column_hermitian(attr_spectrum *s) {
    for (int i = 0; i <= s->height / 2; ++i) {
        double *a = s->waves[(size_t)i * s->half], *b = s->waves[(size_t)((s->height - i) % s->height) * s->half];
        double real = (a[0] + b[0]) / 2, imaginary = (a[1] - b[1]) / 2;
        a[0] = b[0] = real;
        a[1] = imaginary;
        b[1] = -imaginary;
        if (a == b) a[1] = 0;
    }
}

void attr_spectrum_to_plane(double *plane, attr_spectrum *s, const double *parameters) {
    size_t size = (size_t)s->height * (size_t)s->width;
    double norm = 1 / sqrt((double)size);
    memset(s->waves, 0, (size_t)s->height * (size_t)s->half * sizeof *s->waves);
    for (int i = 0; i < s->height; ++i)
        for (int j = 0; j < s->columns; ++j) {
            size_t k = (size_t)i * s->columns + j;
            double *wave = s->waves[(size_t)i * s->half + j];
            wave[0] = norm * s->scale[k] * parameters[2 * k];
            wave[1] = norm * s->scale[k] * parameters[2 * k + 1];
        }
    make_column_hermitian(s);
    fftw_execute(s->inverse);
    memcpy(plane, s->plane, size * sizeof *plane);
}

void attr_spectrum_transpose(double *by_parameters, attr_spectrum *s, const double *by_plane) {
    size_t size = (size_t)s->height * (size_t)s->width;
    double norm = 1 / sqrt((double)size);
    memcpy(s->plane, by_plane, size * sizeof *by_plane);
    fftw_execute(s->forward);
    for (int i = 0; i < s->height; ++i)
        for (int j = 0; j < s->columns; ++j) {
            size_t k = (size_t)i * s->columns + j;
            const double *wave = s->waves[(size_t)i * s->half + j];
            double weight = (j == 0 ? 1 : 2) * norm * s->scale[k];
            by_parameters[2 * k] = weight * wave[0];
            by_parameters[2 * k + 1] = weight * wave[1];
        }
}
