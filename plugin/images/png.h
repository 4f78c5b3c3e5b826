/* PNG files and PNG data in memory, 8 bits, red, green, blue. */
#ifndef ATTR_IMAGES_PNG_H
#define ATTR_IMAGES_PNG_H

#include <stddef.h>

#include "base/status.h"

/* Encodes rgb [h][w][3]; *png is released with free(). ATTR_BAD_INPUT for an empty picture or one of more than
 * ATTR_PICTURE_MAX_PIXELS pixels. */
attr_status attr_png_encode(unsigned char **png, size_t *size, const unsigned char *rgb, int w, int h);

/* Encodes into a file, all or nothing: ATTR_IO (a full disk, a missing folder) leaves what was there before. */
attr_status attr_png_write(const char *path, const unsigned char *rgb, int w, int h);

#endif
