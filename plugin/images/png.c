#include "images/png.h"

#include <stdlib.h>

#include "base/files.h"
#include "images/picture.h"

/* Static, because Darknet's objects define the same names for their older copy. */
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

/* stb_image_write goes on without checking some of its allocations. So what it may need at once is asked for first: the
 * filtered picture, and its compressed form (at worst 9/8 as large) while the buffer for it grows to more than double.
 */
static attr_status check_memory(size_t raw) {
    size_t needed = raw + raw / 8 * 9 * 4 + ((size_t)16 << 20);
    void *probe = malloc(needed);
    if (!probe) return attr_fail(ATTR_NO_MEMORY, "out of memory: %zu bytes for a PNG file", needed);
    free(probe);
    return ATTR_OK;
}

attr_status attr_png_encode(unsigned char **png, size_t *size, const unsigned char *rgb, int w, int h) {
    int length = 0;
    *png = NULL;
    *size = 0;
    if (w < 1 || h < 1 || (size_t)w * (size_t)h > ATTR_PICTURE_MAX_PIXELS)
        return attr_fail(ATTR_BAD_INPUT, "a PNG file of %d x %d pixels (1 to %d pixels expected)", w, h,
                         (int)ATTR_PICTURE_MAX_PIXELS);
    ATTR_TRY(check_memory((size_t)w * (size_t)h * 3 + (size_t)h));
    *png = stbi_write_png_to_mem(rgb, 0, w, h, 3, &length);
    if (!*png) return attr_fail(ATTR_NO_MEMORY, "out of memory for a PNG file of %d x %d pixels", w, h);
    *size = (size_t)length;
    return ATTR_OK;
}

attr_status attr_png_write(const char *path, const unsigned char *rgb, int w, int h) {
    attr_output output;
    unsigned char *png = NULL;
    size_t size = 0;
    ATTR_TRY(attr_write_begin(&output, path)); /* first, since encoding takes a while */
    attr_status status = attr_png_encode(&png, &size, rgb, w, h);
    if (status == ATTR_OK) {
        fwrite(png, 1, size, output.file);
        status = attr_write_commit(&output);
    } else {
        attr_write_abort(&output);
    }
    free(png);
    return status;
}
