#include "kernels/amx/picture.h"

static int most(int a, int b) {
    return a > b ? a : b;
}

attr_amx_reach attr_amx_reach_of(const attr_blocked_conv *c, const attr_pixel_class *class) {
    attr_amx_reach r = {.pairs = attr_parts(c->from_blocks, 2), .advance = c->from_blocks == 1 ? 2 : 1};
    for (int t = 0; t < class->taps; ++t) {
        if (t == 0) r.dy = class->dy[0], r.dx = class->dx[0];
        r.rows = most(r.rows, class->dy[t] - r.dy + 1);
        r.columns = most(r.columns, class->dx[t] - r.dx + 1);
    }
    r.pixels = attr_parts(r.columns + attr_amx_group - 1, r.advance);
    return r;
}

size_t attr_amx_reach_weights(const attr_amx_reach *r, int parts) {
    return (size_t)r->rows * r->pairs * r->pixels * parts * attr_amx_tile;
}

/* Half of a second-level cache, but for a few rows that are very long. */
attr_amx_band attr_amx_band_of(const attr_blocked_conv *c) {
    enum { bytes = 1 << 20, most_rows = 32 };
    attr_band_reach reach = attr_band_reach_of(c);
    attr_amx_band b = {.first = reach.first, .last = reach.last, .margin = reach.margin + 1};
    int read =
        attr_parts(attr_parts(c->to_w, c->stride), attr_amx_strip) * attr_amx_strip + reach.last + attr_amx_group;
    b.length = b.margin + most(read, c->from_w) + 1;
    b.part = (size_t)b.length * attr_lanes;
    b.row = (size_t)attr_parts(c->from_blocks, 2) * c->parts * b.part;
    b.rows = (int)(bytes / (b.row * sizeof(uint32_t))) - (b.last - b.first);
    b.rows = b.rows < 1 ? 1 : b.rows < most_rows ? b.rows : most_rows;
    return b;
}

size_t attr_amx_band_lines(const attr_amx_band *b) {
    return (size_t)(b->rows + b->last - b->first) * b->row;
}

/* All classes together have no more steps than as many of the one with most taps. */
size_t attr_amx_picture_to_scratch(const attr_blocked_conv *c) {
    attr_amx_band b = attr_amx_band_of(c);
    size_t taps = (size_t)attr_parts(c->size, c->stride), pixels = taps + attr_amx_group,
           pairs = (size_t)attr_parts(c->from_blocks, 2);
    size_t steps = (size_t)c->stride * c->stride * taps * pairs * pixels;
    return (attr_amx_band_lines(&b) + steps * c->parts * attr_amx_tile) * sizeof(uint32_t);
}
