/* NumPy's .npy files, format 1.0, of single-precision numbers: '<f4' (little endian on every machine), C order. */
#ifndef ATTR_IMAGES_NPY_H
#define ATTR_IMAGES_NPY_H

#include <stddef.h>

#include "base/status.h"

enum { ATTR_NPY_MAX_DIMS = 8 };

/* Writes an array of dims (0 to ATTR_NPY_MAX_DIMS) dimensions shape[0] x shape[1] x ..., the last one running fastest.
 * The numbers begin at a multiple of 64 bytes, so that the file can be mapped into memory. All or nothing: ATTR_IO
 * leaves what was there before. */
attr_status attr_npy_write(const char *path, const float *data, int dims, const size_t *shape);

/* Reads such a file; *data is released with free(). Strict: ATTR_BAD_INPUT for any other type, order or version, for a
 * header that NumPy would not write, and for missing or surplus bytes. */
attr_status attr_npy_read(float **data, int *dims, size_t shape[ATTR_NPY_MAX_DIMS], const char *path);

#endif
