#include "kernels/blocked.h"

#include <stdlib.h>

#include "base/memory.h"
#include "kernels/amx/amx.h"
#include "kernels/amx/picture.h"
#include "kernels/dnnl.h"
#include "kernels/simd/panel.h"

/* ---- Making */

static void free_class(attr_pixel_class *class) {
    free(class->tap);
    free(class->dy);
    free(class->dx);
}

/* A transpose reads, at result pixel y, pixel (y - pad' + ky) / stride where it divides, with flipped weights and
 * pad' = size - 1 - pad. For y = first + i stride that is i + (first - pad' + ky) / stride. */
static attr_status make_class(attr_pixel_class *class, const attr_blocked_conv *c, int first_y, int first_x) {
    int step = c->transposed ? c->stride : 1;
    *class = (attr_pixel_class){.first_y = first_y, .first_x = first_x, .step = step};
    class->rows = (c->to_h - first_y + step - 1) / step;
    class->columns = (c->to_w - first_x + step - 1) / step;
    class->advance = c->transposed ? 1 : c->stride;
    ATTR_TRY(attr_allocate(&class->tap, (size_t)c->area, sizeof(int), "a convolution's taps"));
    ATTR_TRY(attr_allocate(&class->dy, (size_t)c->area, sizeof(int), "a convolution's taps"));
    ATTR_TRY(attr_allocate(&class->dx, (size_t)c->area, sizeof(int), "a convolution's taps"));
    for (int tap = 0; tap < c->area; ++tap) {
        int dy = first_y - c->pad + tap / c->size, dx = first_x - c->pad + tap % c->size;
        if (dy % step || dx % step) continue;
        class->tap[class->taps] = tap;
        class->dy[class->taps] = dy / step;
        class->dx[class->taps++] = dx / step;
    }
    return ATTR_OK;
}

static attr_status make_classes(attr_blocked_conv *c) {
    int steps = c->transposed ? c->stride : 1;
    ATTR_TRY(attr_allocate(&c->class, (size_t)steps * steps, sizeof *c->class, "a convolution"));
    for (int y = 0; y < steps && y < c->to_h; ++y)
        for (int x = 0; x < steps && x < c->to_w; ++x) ATTR_TRY(make_class(&c->class[c->classes++], c, y, x));
    return ATTR_OK;
}

/* For Winograd a class counts tiles and has one tap. */
static attr_status make_tiles(attr_blocked_conv *c) {
    ATTR_TRY(attr_allocate(&c->class, 1, sizeof *c->class, "a convolution"));
    c->classes = 1;
    c->class->taps = 1;
    int size = attr_winograd_tiles[c->winograd].out;
    c->class->rows = attr_parts(c->to_h, size);
    c->class->columns = attr_parts(c->to_w, size);
    return ATTR_OK;
}

static size_t packed_size(const attr_blocked_conv *c) {
    if (c->borrows) return 0;
    size_t size = (size_t)c->groups * c->to_blocks * c->area * attr_lanes;
    if (c->kind == ATTR_CONV_DEPTHWISE) return size;
    if (c->kind == ATTR_CONV_THIN_FROM) return size * c->from_c;
    if (attr_conv_is_to_picture(c->kind)) return (size_t)c->from_c * c->area * attr_thin;
    return size * c->from_blocks * attr_lanes;
}

attr_status attr_blocked_conv_create(attr_blocked_conv **out, const attr_conv_shape *s, attr_conv_direction direction) {
    attr_blocked_conv *c = NULL;
    ATTR_TRY(attr_allocate(&c, 1, sizeof *c, "a convolution"));
    *c = attr_blocked_conv_describe(s, direction);
    attr_status status = c->kind == ATTR_CONV_WINOGRAD ? make_tiles(c)
                         : c->kind == ATTR_CONV_DNNL   ? attr_dnnl_create(&c->dnnl, s, direction)
                                                       : make_classes(c);
    if (status == ATTR_OK) status = attr_allocate(&c->packed, packed_size(c), sizeof(float), "packed weights");
    if (status != ATTR_OK) {
        attr_blocked_conv_free(c);
        return status;
    }
    *out = c;
    return ATTR_OK;
}

void attr_blocked_conv_free(attr_blocked_conv *c) {
    if (!c) return;
    for (int i = 0; i < c->classes; ++i) free_class(&c->class[i]);
    free(c->class);
    if (!c->borrows) free(c->packed);
    attr_dnnl_free(c->dnnl);
    free(c);
}

/* ---- Running */

attr_cut attr_cut_of(const attr_blocked_conv *c, int units, int most, int threads) {
    int shares = attr_parts(threads, c->groups), columns = attr_parts(c->to_blocks * attr_lanes, c->simd->columns);
    attr_cut t = {units, attr_parts(units, most), attr_parts(columns * c->simd->columns, c->most_columns)};
    if (t.blocks >= shares)
        t.blocks = attr_parts(t.blocks, shares) * shares;
    else if (t.blocks * t.parts < shares)
        t.parts = attr_parts(shares, t.blocks) < columns ? attr_parts(shares, t.blocks) : columns;
    return t;
}

attr_band_reach attr_band_reach_of(const attr_blocked_conv *c) {
    attr_band_reach r = {0};
    int step = c->transposed ? c->stride : 1, advance = c->transposed ? 1 : c->stride;
    for (int first = 0; first < step; ++first)
        for (int k = 0; k < c->size; ++k) {
            int d = first - c->pad + k;
            if (d % step) continue;
            if (d / step < r.first) r.first = d / step;
            if (d / step > r.last) r.last = d / step;
        }
    int columns = attr_parts(c->to_w, step),
        most = c->kind == ATTR_CONV_DEPTHWISE ? attr_depthwise_pixels : attr_thin_pixels;
    int read = (columns + most - 1) * advance + r.last;
    r.margin = -r.first;
    r.length = attr_blocks_of(r.margin + attr_blocks_of(read > c->from_w ? read : c->from_w) * attr_lanes) * attr_lanes;
    return r;
}

/* Numbers of a band of rows, [row][channel][length]. */
static size_t band_size(const attr_blocked_conv *c, int band, int channels) {
    attr_band_reach reach = attr_band_reach_of(c);
    int advance = c->transposed ? 1 : c->stride;
    return ((size_t)(band - 1) * advance + reach.last - reach.first + 1) * channels * reach.length;
}

static size_t thin_from_scratch(const attr_blocked_conv *c) {
    int columns = (c->to_blocks * attr_lanes + c->simd->columns - 1) / c->simd->columns * c->simd->columns;
    size_t rows = 2 * (size_t)c->to_blocks * attr_lanes * c->to_w;
    size_t lines = (size_t)c->size * c->from_c, pointers = lines * (sizeof(void *) / sizeof(float));
    return attr_thin_line(c) * lines + (size_t)columns * c->area * c->from_c + rows + pointers;
}

static size_t panel_scratch(const attr_blocked_conv *c, int taps) {
    size_t row = attr_panel_rows(c);
    int columns = (c->to_blocks * attr_lanes + c->simd->columns - 1) / c->simd->columns * c->simd->columns;
    size_t kept = columns < c->most_columns ? columns : c->most_columns;
    return row * row * (attr_values_stride(c, taps) + kept * c->most_units) +
           attr_panel_weights(c) * attr_weights_stride(c, taps, c->simd->columns);
}

static size_t scratch_numbers(const attr_blocked_conv *c, int taps) {
    switch (c->kind) {
    case ATTR_CONV_DEPTHWISE:
        return (size_t)c->area * attr_lanes + band_size(c, attr_depthwise_band, attr_lanes);
    case ATTR_CONV_THIN_FROM:
        return thin_from_scratch(c);
    case ATTR_CONV_THIN_TO:
        return band_size(c, attr_thin_band, c->from_blocks * attr_lanes) + (size_t)c->from_w * attr_lanes;
    default:
        return panel_scratch(c, taps);
    }
}

static size_t scratch_for(const attr_blocked_conv *c, int taps) {
    size_t bytes = c->kind == ATTR_CONV_AMX      ? attr_amx_scratch(c, taps)
                   : c->kind == ATTR_CONV_AMX_TO ? attr_amx_picture_to_scratch(c)
                                                 : scratch_numbers(c, taps) * c->simd->element;
    return (bytes + 4095) / 4096 * 4096;
}

/* The class with most taps needs most. */
size_t attr_blocked_conv_scratch(const attr_blocked_conv *c) {
    if (c->kind == ATTR_CONV_DNNL) return attr_dnnl_scratch_of(c->dnnl);
    int taps = 0;
    for (int i = 0; i < c->classes; ++i) taps = c->class[i].taps > taps ? c->class[i].taps : taps;
    return scratch_for(c, taps);
}

attr_blocked_conv_bytes attr_blocked_conv_needs(const attr_conv_shape *s, attr_conv_direction direction) {
    attr_blocked_conv c = attr_blocked_conv_describe(s, direction);
    int steps = attr_parts(s->size, s->stride); /* taps of a class of a transpose, on an axis */
    int taps = c.kind == ATTR_CONV_WINOGRAD ? 1 : direction.transposed ? steps * steps : c.area;
    size_t run = scratch_for(&c, taps), pack = direction.transposed ? 0 : attr_blocked_conv_pack_scratch(&c);
    if (c.kind == ATTR_CONV_DNNL) {
        attr_blocked_conv_bytes needs = attr_dnnl_needs(s, direction);
        needs.kept += packed_size(&c) * sizeof(float);
        if (needs.scratch < pack) needs.scratch = pack;
        return needs;
    }
    return (attr_blocked_conv_bytes){packed_size(&c) * sizeof(float), run > pack ? run : pack};
}

void attr_blocked_conv_run(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                           const attr_finish *finish, int count, void *scratch, int threads) {
    if (c->kind == ATTR_CONV_DNNL) {
        attr_dnnl_run(to, from, c->dnnl, gate, finish, count, scratch, attr_blocked_conv_scratch(c), threads);
        return;
    }
    c->simd->run(to, from, c, gate, finish, count, scratch, attr_blocked_conv_scratch(c), threads);
}
