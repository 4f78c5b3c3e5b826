/* PNG files and PNG data in memory, 8 bits, red, green, blue, and opacity if there is any. */
#ifndef ATTR_IMAGES_PNG_H
#define ATTR_IMAGES_PNG_H

#include <stddef.h>

#include "base/status.h"

/* A text chunk (tEXt). Both texts are UTF-8 and become Latin-1; what has no place there becomes question marks. The
 * keyword, "Comment" or "Software", has 1 to 79 characters. */
typedef struct {
    const char *keyword, *text;
} attr_png_text;

/* Encodes rgb [h][w][3] with `text_count` texts in front of the pixels; *png is released with free(). ATTR_BAD_INPUT
 * for an empty picture, one of more than ATTR_PICTURE_MAX_PIXELS pixels, or a keyword that is none. */
attr_status attr_png_encode(unsigned char **png, size_t *size, const unsigned char *rgb, int w, int h,
                            const attr_png_text *texts, int text_count);

/* The same of rgba [h][w][4], without texts. */
attr_status attr_png_encode_transparent(unsigned char **png, size_t *size, const unsigned char *rgba, int w, int h);

/* Encodes into a file, without texts, all or nothing: ATTR_IO (a full disk, a missing folder) leaves what was there
 * before. */
attr_status attr_png_write(const char *path, const unsigned char *rgb, int w, int h);

#endif
