#include "images/jpeg.h"

#include "base/files.h"

/* Static, because Darknet's objects define the same names for their older copy. */
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

enum { quality = 88 /* of 100: artefacts are hardly to be seen */ };

static void write_bytes(void *context, void *bytes, int count) {
    fwrite(bytes, 1, (size_t)count, context);
}

attr_status attr_jpeg_write(const char *path, const unsigned char *rgb, int w, int h) {
    attr_output output;
    ATTR_TRY(attr_write_begin(&output, path));
    if (stbi_write_jpg_to_func(write_bytes, output.file, w, h, 3, rgb, quality)) return attr_write_commit(&output);
    attr_write_abort(&output);
    return attr_fail(ATTR_BAD_INPUT, "%s: a JPEG file of %d x %d pixels cannot be made", path, w, h);
}
