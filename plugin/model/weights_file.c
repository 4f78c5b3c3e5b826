#include "model/weights_file.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/files.h"
#include "layers/op.h"
#include "model/parameters.h"

/* The beginning of the file, long enough for the header and to know a text by. */
typedef struct {
    const char *path;
    size_t size; /* of the whole file */
    unsigned char start[513];
    size_t start_size; /* at most 512: a 0 follows */
} weights_file;

static attr_status open_file(weights_file *out, const char *path) {
    struct stat found;
    *out = (weights_file){.path = attr_find_file(path)};
    if (stat(out->path, &found) == 0 && !S_ISREG(found.st_mode)) /* asked first: a pipe would block here */
        return attr_fail(ATTR_BAD_INPUT, "%s: is not a regular file (expected a weights file)", out->path);
    FILE *file = fopen(out->path, "rb");
    if (!file) return attr_fail(ATTR_BAD_INPUT, "%s: cannot open: %s", out->path, strerror(errno));
    out->start_size = fread(out->start, 1, sizeof out->start - 1, file);
    bool failed = ferror(file) || fstat(fileno(file), &found) != 0;
    fclose(file);
    if (failed) return attr_fail(ATTR_IO, "%s: cannot read", out->path);
    out->size = found.st_size;
    if (out->size == 0) return attr_fail(ATTR_BAD_INPUT, "%s: is empty (expected a weights file)", out->path);
    return ATTR_OK;
}

static bool is_text(const weights_file *file) {
    for (size_t i = 0; i < file->start_size; i++) {
        unsigned char c = file->start[i];
        if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 127) return false;
    }
    return true;
}

static attr_status refuse_text(const weights_file *file) {
    const char *text = (const char *)file->start;
    text += strspn(text, " \t\r\n");
    if (!is_text(file)) return ATTR_OK;
    if (strncmp(text, "version https://git-lfs", 23) == 0) {
        return attr_fail(ATTR_BAD_INPUT, "%s: is a pointer of git-lfs (expected the weights themselves: git lfs pull)",
                         file->path);
    }
    if (strncasecmp(text, "<!doctype", 9) == 0 || strncasecmp(text, "<html", 5) == 0)
        return attr_fail(ATTR_BAD_INPUT, "%s: is a web page (expected a weights file: try to download it again)",
                         file->path);
    return attr_fail(ATTR_BAD_INPUT, "%s: is a text file (expected a weights file)", file->path);
}

static int32_t header_number(const weights_file *file, int index) {
    const unsigned char *b = file->start + 4 * index;
    return (int32_t)((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24);
}

static attr_status header_size(size_t *out, const weights_file *file) {
    if (file->size < 16) {
        return attr_fail(ATTR_BAD_INPUT, "%s: is truncated: has %zu bytes, the header alone needs 16", file->path,
                         file->size);
    }
    int64_t major = header_number(file, 0), minor = header_number(file, 1);
    if (major < 0 || minor < 0) {
        return attr_fail(ATTR_BAD_INPUT, "%s: is no weights file: version %lld.%lld (expected numbers from 0 on)",
                         file->path, (long long)major, (long long)minor);
    }
    *out = 12 + (major * 10 + minor >= 2 && major < 1000 && minor < 1000 ? 8 : 4);
    return ATTR_OK;
}

/* The layer that float number `floats` would belong to. */
static int layer_at(const attr_shape *shapes, int count, size_t floats) {
    int i = 0;
    while (i < count - 1 && floats >= shapes[i].parameters) floats -= shapes[i++].parameters;
    return i;
}

attr_status attr_weights_check(const char *path, const attr_shape *shapes, int count) {
    weights_file file;
    size_t header = 0, needed = 0;
    ATTR_TRY(open_file(&file, path));
    ATTR_TRY(refuse_text(&file));
    ATTR_TRY(header_size(&header, &file));
    for (int i = 0; i < count; i++) needed += shapes[i].parameters;
    size_t bytes = file.size > header ? file.size - header : 0, floats = bytes / 4;
    if (floats < needed) {
        int layer = layer_at(shapes, count, floats);
        return attr_fail(ATTR_BAD_INPUT,
                         "%s: is truncated: has %zu floats, the net needs %zu (first missing: layer %d "
                         "%s)",
                         file.path, floats, needed, layer, shapes[layer].name);
    }
    if (floats > needed) {
        return attr_fail(ATTR_BAD_INPUT,
                         "%s: has %zu floats more than the net needs, which is %zu (weights of another "
                         "net?)",
                         file.path, floats - needed, needed);
    }
    if (bytes % 4 != 0) {
        return attr_fail(ATTR_BAD_INPUT, "%s: has %zu bytes more than the net needs (expected %zu floats)", file.path,
                         bytes % 4, needed);
    }
    return ATTR_OK;
}

typedef struct {
    const char *path;
    const layer *l;
    int index;
} layer_parameters;

static attr_status check_array(const layer_parameters *p, const char *what, const float *values, size_t count,
                               float smallest) {
    for (size_t i = 0; values && i < count; i++) {
        if (isfinite(values[i]) && values[i] >= smallest) continue;
        return attr_fail(ATTR_BAD_INPUT, "%s: %s of layer %d %s is %g at place %zu (expected %s)", p->path, what,
                         p->index, attr_layer_name(p->l->type), values[i], i,
                         isfinite(values[i]) ? "0 or more" : "a finite number");
    }
    return ATTR_OK;
}

static attr_status check_layer(const layer *l, int index, const char *path) {
    layer_parameters p = {path, l, index};
    attr_parameter_counts n = attr_count_parameters(l);
    ATTR_TRY(check_array(&p, "a bias", l->biases, n.biases, -INFINITY));
    ATTR_TRY(check_array(&p, "a weight", l->weights, n.weights, -INFINITY));
    ATTR_TRY(check_array(&p, "a scale", l->scales, n.statistics, -INFINITY));
    ATTR_TRY(check_array(&p, "a rolling mean", l->rolling_mean, n.statistics, -INFINITY));
    return check_array(&p, "a rolling variance", l->rolling_variance, n.statistics, 0);
}

attr_status attr_weights_check_values(const network *net, const char *path) {
    for (int i = 0; i < net->n; i++) ATTR_TRY(check_layer(&net->layers[i], i, path));
    return ATTR_OK;
}
