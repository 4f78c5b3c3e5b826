/* JPEG files, for pictures that are only to be looked at: a tenth of a PNG's size. */
#ifndef ATTR_IMAGES_JPEG_H
#define ATTR_IMAGES_JPEG_H

#include "base/status.h"

/* Encodes rgb [h][w][3] into a file, all or nothing. ATTR_IO (a full disk, a missing folder) leaves what was there. */
attr_status attr_jpeg_write(const char *path, const unsigned char *rgb, int w, int h);

#endif
