#include "images/picture.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"

/* Static, because Darknet's objects define the same names for their older copy. The header of 2022 declares a static
 * function that it forgets to define; gcc looks at this setting at the end of the file only, so it stays. */
#pragma GCC diagnostic ignored "-Wunused-function"
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_NO_STDIO
#define STBI_NO_PSD
#define STBI_NO_PIC
#define STBI_NO_HDR
#include <stb/stb_image.h>

static const size_t largest_file = (size_t)1 << 30;

/* A file in memory, handed to stb_image through its callbacks: they show when it asks for bytes behind the end, which
 * it answers with zeros and often without an error. */
typedef struct {
    const char *bytes;
    size_t size, position;
    bool missed; /* bytes behind the end were needed */
} source;

static int read_source(void *user, char *out, int wanted) {
    source *s = user;
    size_t left = s->size - s->position;
    size_t given = (size_t)wanted < left ? (size_t)wanted : left;
    /* Filling its own buffer stb_image asks for as much as fits; a short answer is no harm unless it is empty. */
    bool fills_buffer = (size_t)wanted == sizeof((stbi__context *)0)->buffer_start;
    if (given == 0 || (given < (size_t)wanted && !fills_buffer)) s->missed = true;
    memcpy(out, s->bytes + s->position, given);
    s->position += given;
    return (int)given;
}

static void skip_source(void *user, int count) {
    source *s = user;
    if (count < 0) { /* back, into what has been read */
        s->position -= (size_t)-count < s->position ? (size_t)-count : s->position;
        return;
    }
    size_t left = s->size - s->position;
    s->position += (size_t)count < left ? (size_t)count : left;
}

static int source_ended(void *user) {
    const source *s = user;
    return s->position >= s->size;
}

static const stbi_io_callbacks callbacks = {read_source, skip_source, source_ended};

static attr_status check_size(const char *path, int w, int h) {
    if ((size_t)w * (size_t)h <= ATTR_PICTURE_MAX_PIXELS) return ATTR_OK;
    return attr_fail(ATTR_BAD_INPUT, "%s: %d x %d = %zu pixels are too many (at most %d)", path, w, h,
                     (size_t)w * (size_t)h, (int)ATTR_PICTURE_MAX_PIXELS);
}

static attr_status refuse(const char *path, const source *s, const char *reason) {
    bool unknown = reason && strcmp(reason, "unknown image type") == 0;
    if (s->missed && !unknown)
        return attr_fail(ATTR_BAD_INPUT, "%s: the picture is truncated (its %zu bytes are not all)", path, s->size);
    return attr_fail(ATTR_BAD_INPUT, "%s: cannot be read as a picture: %s (expected JPEG, PNG, BMP, PNM, GIF or TGA)",
                     path, reason ? reason : "broken file");
}

/* [h][w][channels] bytes, released with stbi_image_free(). */
static attr_status decode(stbi_uc **pixels, int *w, int *h, const char *path, const char *bytes, size_t size,
                          int channels) {
    int file_channels;
    source s = {.bytes = bytes, .size = size};
    if (size == 0) return attr_fail(ATTR_BAD_INPUT, "%s: the file is empty (expected a picture)", path);
    /* The size is checked before anything is allocated for it. */
    if (stbi_info_from_callbacks(&callbacks, &s, w, h, &file_channels)) ATTR_TRY(check_size(path, *w, *h));
    s = (source){.bytes = bytes, .size = size};
    *pixels = stbi_load_from_callbacks(&callbacks, &s, w, h, &file_channels, channels);
    if (*pixels && *w > 0 && *h > 0 && !s.missed) return ATTR_OK;
    attr_status status = refuse(path, &s, *pixels ? NULL : stbi_failure_reason());
    stbi_image_free(*pixels);
    *pixels = NULL;
    return status;
}

static attr_status make_planes(attr_picture *out, const stbi_uc *pixels, int w, int h, int channels) {
    float value[256];
    size_t plane = (size_t)w * (size_t)h, count = (size_t)channels;
    for (int i = 0; i < 256; i++) value[i] = (float)(i / 255.);
    ATTR_TRY(attr_allocate(&out->data, plane * count, sizeof *out->data, "a picture"));
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < plane; i++) out->data[k * plane + i] = value[pixels[i * count + k]];
    out->w = w;
    out->h = h;
    out->c = channels;
    return ATTR_OK;
}

attr_status attr_picture_read(attr_picture *out, const char *path, int channels) {
    char *bytes = NULL;
    size_t size = 0;
    stbi_uc *pixels = NULL;
    int w = 0, h = 0;
    memset(out, 0, sizeof *out);
    if (channels < 1 || channels > 4)
        return attr_fail(ATTR_BAD_INPUT, "%s: cannot be read with %d channels (1 to 4 expected)", path, channels);
    ATTR_TRY(attr_read_file(&bytes, &size, path, largest_file));
    attr_status status = decode(&pixels, &w, &h, path, bytes, size, channels);
    free(bytes);
    if (status == ATTR_OK) status = make_planes(out, pixels, w, h, channels);
    stbi_image_free(pixels);
    return status;
}

void attr_picture_free(attr_picture *picture) {
    free(picture->data);
    memset(picture, 0, sizeof *picture);
}

attr_status attr_picture_crop(attr_picture *picture, const char *path, int x, int y, int w, int h) {
    if (x < 0 || y < 0 || w < 1 || h < 1 || w > picture->w - x || h > picture->h - y)
        return attr_fail(ATTR_BAD_INPUT, "%s: crop=%d,%d,%d,%d is not inside its %d x %d pixels", path, x, y, w, h,
                         picture->w, picture->h);
    float *out = picture->data;
    for (int c = 0; c < picture->c; c++)
        for (int row = y; row < y + h; row++, out += w)
            memmove(out, picture->data + ((size_t)c * picture->h + row) * picture->w + x, (size_t)w * sizeof *out);
    picture->w = w;
    picture->h = h;
    return ATTR_OK;
}
