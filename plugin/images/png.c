#include "images/png.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/files.h"
#include "images/picture.h"

/* What stb_image_write compresses with. Its own compressor takes four times as long and makes files that are a third
 * larger, for it has one fixed code for all. Filtered rows of photographs repeat nothing but runs, so zlib is told to
 * look for nothing else. NULL if memory is short. */
static unsigned char *compress_rows(unsigned char *rows, int size, int *compressed_size, int level) {
    enum { largest_window = 15, default_memory = 8 };
    z_stream stream = {.next_in = rows, .avail_in = (uInt)size};
    if (deflateInit2(&stream, level, Z_DEFLATED, largest_window, default_memory, Z_RLE) != Z_OK) return NULL;
    uLong room = deflateBound(&stream, (uLong)size);
    unsigned char *out = malloc(room);
    stream.next_out = out;
    stream.avail_out = (uInt)room;
    if (out && deflate(&stream, Z_FINISH) != Z_STREAM_END) {
        free(out);
        out = NULL;
    }
    *compressed_size = (int)stream.total_out;
    deflateEnd(&stream);
    return out;
}

/* Static, because Darknet's objects define the same names for their older copy. */
#define STBIW_ZLIB_COMPRESS compress_rows
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

attr_status attr_png_encode(unsigned char **png, size_t *size, const unsigned char *rgb, int w, int h) {
    int length = 0;
    *png = NULL;
    *size = 0;
    if (w < 1 || h < 1 || (size_t)w * (size_t)h > ATTR_PICTURE_MAX_PIXELS)
        return attr_fail(ATTR_BAD_INPUT, "a PNG file of %d x %d pixels (1 to %d pixels expected)", w, h,
                         (int)ATTR_PICTURE_MAX_PIXELS);
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
