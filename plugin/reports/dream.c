#include "reports/dream.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "images/npy.h"
#include "images/png.h"
#include "reports/files.h"

enum { gap = 4 }; /* white pixels between frames */

/* ---- Pictures */

/* x [channels][h][w] to the pixels from `left` on of a picture `line` pixels wide. */
static void draw(unsigned char *rgb, int line, int left, const float *x, const attr_explanation *size) {
    int w = size->net_w, h = size->net_h;
    size_t plane = (size_t)w * (size_t)h;
    for (int row = 0; row < h; row++)
        for (int column = 0; column < w; column++)
            for (size_t k = 0; k < 3; k++) {
                float value = x[(size->net_c == 3 ? k * plane : 0) + (size_t)row * (size_t)w + (size_t)column];
                rgb[3 * ((size_t)row * (size_t)line + (size_t)(left + column)) + k] =
                    (unsigned char)lrint(255 * fmin(fmax(value, 0), 1));
            }
}

/* Pictures side by side; `comment` may be NULL. */
static attr_status write_row(const attr_dream_report *r, float *const *pictures, int count, const char *comment,
                             const char *folder, const char *name) {
    const attr_explanation *size = r->dreamed->seen;
    const attr_png_text texts[] = {{"Software", "Attribution for Darknet " ATTR_VERSION}, {"Comment", comment}};
    int line = count * (size->net_w + gap) - gap;
    unsigned char *rgb = NULL, *png = NULL;
    size_t bytes = 3 * (size_t)line * (size_t)size->net_h, png_size = 0;
    ATTR_TRY(attr_allocate(&rgb, bytes, 1, "a picture"));
    for (size_t i = 0; i < bytes; i++) rgb[i] = 255;
    for (int i = 0; i < count; i++) draw(rgb, line, i * (size->net_w + gap), pictures[i], size);
    attr_status status = attr_png_encode(&png, &png_size, rgb, line, size->net_h, texts, comment ? 2 : 0);
    if (status == ATTR_OK) status = attr_write_bytes(png, png_size, folder, name, ".png");
    free(rgb);
    free(png);
    return status;
}

void attr_dream_frame_name(char out[32], const attr_dream *d, int i) {
    snprintf(out, 32, "step%05zu", d->frame_steps[i]);
}

static attr_status write_pictures(const attr_dream_report *r, const char *folder) {
    const attr_dream *d = &r->dreamed->dream;
    char name[32], comment[ATTR_TEXT_SIZE];
    snprintf(comment, sizeof comment, "dream: %s, %s", r->wish->class_name, r->wish->text);
    ATTR_TRY(write_row(r, &r->dreamed->dream.x, 1, comment, folder, "dream"));
    for (int i = 0; i < d->frame_count; i++) {
        attr_dream_frame_name(name, d, i);
        ATTR_TRY(write_row(r, &d->frames[i], 1, NULL, folder, name));
    }
    return write_row(r, d->frames, d->frame_count, NULL, folder, "progress");
}

static attr_status write_numbers(const attr_dream_report *r, const char *folder) {
    const attr_explanation *e = r->dreamed->seen;
    const size_t shape[] = {(size_t)e->net_c, (size_t)e->net_h, (size_t)e->net_w};
    char *path = NULL;
    ATTR_TRY(attr_join_path(&path, folder, "dream", ".npy"));
    attr_status status = attr_npy_write(path, r->dreamed->dream.x, 3, shape);
    free(path);
    return status;
}

/* ---- Texts */

static attr_status write_record(const attr_dream_report *r, const char *path) {
    attr_output output;
    ATTR_TRY(attr_write_begin(&output, path));
    return attr_end_file(&output, attr_write_dream_record(output.file, r, path));
}

static attr_status write_summary(const attr_dream_report *r, const char *folder) {
    attr_output output;
    ATTR_TRY(attr_begin_file(&output, folder, "dream.json"));
    attr_write_dream_summary(output.file, r);
    return attr_write_commit(&output);
}

static attr_status write_page(const attr_dream_report *r, const char *folder, const char *record) {
    attr_output output;
    ATTR_TRY(attr_begin_file(&output, folder, "index.html"));
    return attr_end_file(&output, attr_write_dream_page(output.file, r, record));
}

/* Of an earlier run: else they would be taken for this one's. Frames of other steps stay. */
static attr_status clear_earlier_run(const char *folder) {
    static const char *const names[] = {"index.html", "dream.json", "dream.png", "dream.npy", "progress.png"};
    if (!attr_has_record(folder, "run.cfg")) return ATTR_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) ATTR_TRY(attr_remove_file(folder, names[i], ""));
    return ATTR_OK;
}

static attr_status write_all(const attr_dream_report *r, const char *folder, const char *record) {
    const attr_options *o = r->options;
    ATTR_TRY(clear_earlier_run(folder));
    ATTR_TRY(write_record(r, record));
    if (attr_asked_for(o, ATTR_OUTPUT_PNG)) ATTR_TRY(write_pictures(r, folder));
    if (attr_asked_for(o, ATTR_OUTPUT_NPY)) ATTR_TRY(write_numbers(r, folder));
    if (attr_asked_for(o, ATTR_OUTPUT_JSON)) ATTR_TRY(write_summary(r, folder));
    return attr_asked_for(o, ATTR_OUTPUT_HTML) ? write_page(r, folder, record) : ATTR_OK;
}

attr_status attr_write_dream(const attr_dream_report *r, const char *folder) {
    char *record = NULL;
    ATTR_TRY(attr_make_folders(folder));
    ATTR_TRY(attr_join_path(&record, folder, "run.cfg", ""));
    attr_status status = write_all(r, folder, record);
    free(record);
    return status;
}
