#include "images/png.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
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

/* ---- Texts */

enum { longest_keyword = 79, chunk_frame = 12 /* length, name, checksum */ };

/* UTF-8 to Latin-1, `room` bytes at most; returns how many. Control characters are question marks, too: a text is one
 * line. */
static size_t to_latin1(unsigned char *out, const char *text, size_t room) {
    const unsigned char *s = (const unsigned char *)text;
    size_t n = 0;
    while (*s && n < room) {
        unsigned char c = *s++;
        bool is_pair = (c == 0xc2 || c == 0xc3) && (*s & 0xc0) == 0x80;
        if (is_pair) c = (unsigned char)((c & 3) << 6 | (*s++ & 0x3f));
        out[n++] = (is_pair && c >= 0xa0) || (c >= ' ' && c < 127) ? c : '?';
        while (c >= 0xc4 && !is_pair && (*s & 0xc0) == 0x80) s++;
    }
    return n;
}

static void put_number(unsigned char out[4], size_t value) {
    for (int k = 0; k < 4; k++) out[k] = (unsigned char)(value >> (24 - 8 * k));
}

/* Writes a chunk; returns its length. `out` has room for the frame, both texts and the zero between them. */
static size_t put_text(unsigned char *out, const attr_png_text *text) {
    unsigned char *data = out + 8;
    size_t length = to_latin1(data, text->keyword, longest_keyword);
    data[length++] = 0;
    length += to_latin1(data + length, text->text, strlen(text->text));
    put_number(out, length);
    memcpy(out + 4, "tEXt", 4);
    put_number(data + length, crc32(0, out + 4, (uInt)length + 4));
    return length + chunk_frame;
}

/* Puts the texts behind the header of *png. */
static attr_status insert_texts(unsigned char **png, size_t *size, const attr_png_text *texts, int count) {
    const size_t header = 8 + chunk_frame + 13;
    size_t room = *size, at = header;
    for (int i = 0; i < count; i++) {
        size_t length = strlen(texts[i].keyword);
        if (length < 1 || length > longest_keyword)
            return attr_fail(ATTR_BAD_INPUT, "a PNG text's keyword \"%.99s\" (1 to %d characters expected)",
                             texts[i].keyword, longest_keyword);
        room += chunk_frame + length + 1 + strlen(texts[i].text);
    }
    unsigned char *out = malloc(room);
    if (!out) return attr_fail(ATTR_NO_MEMORY, "out of memory for the texts of a PNG file");
    memcpy(out, *png, header);
    for (int i = 0; i < count; i++) at += put_text(out + at, &texts[i]);
    memcpy(out + at, *png + header, *size - header);
    *size += at - header;
    free(*png);
    *png = out;
    return ATTR_OK;
}

static attr_status encode(unsigned char **png, size_t *size, const unsigned char *pixels, int channels, int w, int h,
                          const attr_png_text *texts, int text_count) {
    int length = 0;
    *png = NULL;
    *size = 0;
    if (w < 1 || h < 1 || (size_t)w * (size_t)h > ATTR_PICTURE_MAX_PIXELS)
        return attr_fail(ATTR_BAD_INPUT, "a PNG file of %d x %d pixels (1 to %d pixels expected)", w, h,
                         (int)ATTR_PICTURE_MAX_PIXELS);
    *png = stbi_write_png_to_mem(pixels, 0, w, h, channels, &length);
    if (!*png) return attr_fail(ATTR_NO_MEMORY, "out of memory for a PNG file of %d x %d pixels", w, h);
    *size = (size_t)length;
    if (text_count == 0) return ATTR_OK;
    attr_status status = insert_texts(png, size, texts, text_count);
    if (status != ATTR_OK) {
        free(*png);
        *png = NULL;
        *size = 0;
    }
    return status;
}

attr_status attr_png_encode(unsigned char **png, size_t *size, const unsigned char *rgb, int w, int h,
                            const attr_png_text *texts, int text_count) {
    return encode(png, size, rgb, 3, w, h, texts, text_count);
}

attr_status attr_png_encode_transparent(unsigned char **png, size_t *size, const unsigned char *rgba, int w, int h) {
    return encode(png, size, rgba, 4, w, h, NULL, 0);
}

attr_status attr_png_write(const char *path, const unsigned char *rgb, int w, int h) {
    attr_output output;
    unsigned char *png = NULL;
    size_t size = 0;
    ATTR_TRY(attr_write_begin(&output, path)); /* first, since encoding takes a while */
    attr_status status = attr_png_encode(&png, &size, rgb, w, h, NULL, 0);
    if (status == ATTR_OK) {
        fwrite(png, 1, size, output.file);
        status = attr_write_commit(&output);
    } else {
        attr_write_abort(&output);
    }
    free(png);
    return status;
}
