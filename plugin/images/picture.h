/* Pictures: reading a JPEG, PNG, BMP, PNM, GIF (first picture) or TGA file into what Darknet would have read.
 *
 * Pixels are decoded by stb_image as Darknet does without OpenCV: 8 bits a channel (16-bit files lose their lower byte,
 * palettes are looked up, alpha is dropped, grey becomes three equal channels), then divided by 255. */
#ifndef ATTR_IMAGES_PICTURE_H
#define ATTR_IMAGES_PICTURE_H

#include "base/status.h"

enum { ATTR_PICTURE_MAX_PIXELS = 1 << 26 };

typedef struct {
    int w, h, c;
    float *data; /* [c][h][w] in [0, 1]; channels red, green, blue for c = 3, grey for c = 1 */
} attr_picture;

/* Reads a picture with `channels` (1 to 4) whatever the file has. Release with attr_picture_free().
 * ATTR_BAD_INPUT, naming the file, if it is missing, a folder, empty, no picture, broken, truncated (stock Darknet
 * takes some truncated files and goes on with grey), or has more than ATTR_PICTURE_MAX_PIXELS pixels. */
attr_status attr_picture_read(attr_picture *out, const char *path, int channels);

/* Cuts the picture down to w x h pixels from column x and row y on. ATTR_BAD_INPUT if they are not all in it; `path` is
 * for the message. */
attr_status attr_picture_crop(attr_picture *picture, const char *path, int x, int y, int w, int h);

/* Releases the pixels and zeroes the struct; harmless on a zeroed one. */
void attr_picture_free(attr_picture *picture);

#endif
