/* Which implementation a convolution gets, and how it is cut. */
#include "base/dispatch.h"
#include "kernels/amx/amx.h"
#include "kernels/amx/picture.h"
#include "kernels/blocked.h"
#include "kernels/dnnl.h"
#include "kernels/simd/panel.h"

/* ---- Builds for generations of processors */

extern const attr_simd attr_simd_f32_any, attr_simd_f64_any;
#ifdef ATTR_CPU_GENERATIONS
extern const attr_simd attr_simd_f32_v3, attr_simd_f64_v3, attr_simd_f32_v4, attr_simd_f64_v4;
#endif

const attr_simd *attr_simd_build(attr_sum sum, attr_cpu generation) {
    int wide = sum == ATTR_SUM_F64;
    if (!attr_cpu_runs(generation)) return NULL;
#ifdef ATTR_CPU_GENERATIONS
    if (generation >= ATTR_CPU_V4) return wide ? &attr_simd_f64_v4 : &attr_simd_f32_v4;
    if (generation == ATTR_CPU_V3) return wide ? &attr_simd_f64_v3 : &attr_simd_f32_v3;
#endif
    return wide ? &attr_simd_f64_any : &attr_simd_f32_any;
}

static const attr_simd *amx_build(attr_sum sum) {
#ifdef ATTR_CPU_GENERATIONS
    return sum == ATTR_SUM_F64 ? &attr_simd_amx_f64 : &attr_simd_amx_f32;
#else
    (void)sum;
    return NULL; /* nor is it asked for */
#endif
}

/* ---- Shapes */

static int is_depthwise(const attr_conv_shape *s) {
    return s->groups > 1 && s->groups == s->c && s->groups == s->n;
}

int attr_blocked_conv_can(const attr_conv_shape *s) {
    return s->groups == 1 || is_depthwise(s) ||
           ((s->c / s->groups) % attr_lanes == 0 && (s->n / s->groups) % attr_lanes == 0);
}

int attr_blocked_conv_is_thin(const attr_conv_shape *s) {
    return s->groups == 1 && s->c <= attr_thin;
}

/* The lines of a chunk of channels fill most of a second-level cache of 2 MiB, as all processors with AMX have: some
 * weights and the sums of the result channels in work are there, too. */
static void choose_amx_blocking(attr_blocked_conv *c) {
    enum { values_bytes = 1500 << 10, sums_bytes = 6 << 20 };
    size_t planes = c->transposed ? 1 : (size_t)c->stride * c->stride;
    c->depth_lanes = attr_lanes;
    c->most_units = attr_amx_most_units;
    if (c->from_blocks <= 2 && planes == 1) c->most_units *= 2; /* there is room: fewer rows are read twice */
    size_t pair = planes * c->parts * attr_amx_usual_line(c) * 2 * attr_lanes * sizeof(uint16_t);
    c->chunk_blocks = pair < values_bytes ? (int)(values_bytes / pair) * 2 : 2;
    if (c->chunk_blocks > c->from_blocks) c->chunk_blocks = c->from_blocks;
    size_t column = attr_amx_sums_kept(c) * c->most_units * c->simd->element;
    c->most_columns = (int)(sums_bytes / column) / c->simd->columns * c->simd->columns;
}

/* The values of a row of points fill a third of a second-level cache of 1 MiB; the sums are written and read once for
 * each chunk of channels and have to stay in the cache behind it. */
static void choose_blocking(attr_blocked_conv *c) {
    enum { values_bytes = 340 << 10, sums_bytes = 6 << 20 };
    int winograd = c->kind == ATTR_CONV_WINOGRAD;
    if (c->kind == ATTR_CONV_AMX) {
        choose_amx_blocking(c);
        return;
    }
    size_t taps = winograd ? 1 : c->area, row = attr_panel_rows(c);
    c->depth_lanes = c->from_blocks > 1 ? attr_lanes : c->from_c;
    c->most_units = !winograd ? attr_most_units : c->winograd == ATTR_WINOGRAD_4 ? 84 : 56;
    size_t block = row * taps * c->most_units * attr_lanes * c->simd->element;
    c->chunk_blocks = block < values_bytes ? (int)(values_bytes / block) : 1;
    if (c->chunk_blocks > c->from_blocks) c->chunk_blocks = c->from_blocks;
    size_t column = row * row * c->most_units * c->simd->element;
    c->most_columns = (int)(sums_bytes / column / c->simd->columns + 1) * c->simd->columns;
}

/* Where matrix units are faster: not for a few pixels, nor where little is summed for each result, for then reading and
 * storing is what takes the time. */
static int is_better_with_amx(const attr_conv_shape *s, attr_conv_direction direction) {
    enum { few_pixels = 3, many_pixels = 1024, few = attr_lanes, many = 4 * attr_lanes };
    int depth = direction.transposed ? s->n : s->c, columns = direction.transposed ? s->c : s->n;
    if (s->h * s->w <= few_pixels) return 0;
    if (direction.sum == ATTR_SUM_F64) {
        int in_pairs = s->size > 1 && s->stride == 1 && !direction.transposed; /* of pixels, see attr_amx_times() */
        return depth > few || columns > many || (in_pairs && (depth == few || s->size != 3));
    }
    if (direction.by == ATTR_CONV_BY_AMX_BF16 && depth >= 2 * few) return 1;
    return depth >= many || (s->size == 1 && depth > few && s->h * s->w <= many_pixels);
}

static int is_for_amx(const attr_conv_shape *s, attr_conv_direction direction) {
    if (s->groups > 1 || s->stride > attr_amx_most_stride || attr_cpu_newest() < ATTR_CPU_AMX) return 0;
    if (direction.by == ATTR_CONV_BY_AMX_BF16 && direction.sum == ATTR_SUM_F64) return 0;
    return direction.by == ATTR_CONV_BY_AMX ||
           ((direction.by == ATTR_CONV_BY_RULE || direction.by == ATTR_CONV_BY_AMX_BF16) &&
            is_better_with_amx(s, direction));
}

/* Towards a picture nothing is decided, and single sums will do. */
static attr_conv_kind kind_of_picture(attr_conv_direction direction) {
    if (!direction.transposed) return ATTR_CONV_THIN_FROM;
    int single = direction.sum == ATTR_SUM_F32;
    return single && attr_cpu_newest() >= ATTR_CPU_AMX ? ATTR_CONV_AMX_TO : ATTR_CONV_THIN_TO;
}

static attr_conv_kind kind_of(const attr_conv_shape *s, attr_conv_direction direction) {
    if (direction.plain_input) return kind_of_picture(direction);
    if (is_depthwise(s)) return ATTR_CONV_DEPTHWISE;
    if (attr_dnnl_can(s, direction)) return ATTR_CONV_DNNL;
    if (is_for_amx(s, direction)) return ATTR_CONV_AMX;
    int filtered = s->size == 3 && (s->stride == 1 || (s->stride == 2 && s->pad == 1));
    return filtered && direction.by != ATTR_CONV_BY_GATHER ? ATTR_CONV_WINOGRAD : ATTR_CONV_GATHER;
}

int attr_blocked_conv_is_foreign(const attr_conv_shape *s, attr_conv_direction direction) {
    return kind_of(s, direction) == ATTR_CONV_DNNL;
}

/* A block of units on matrix units has two rows at least; 1x1 kernels there know no rows. */
int attr_blocked_conv_pools(const attr_conv_shape *s, attr_conv_direction direction) {
    attr_conv_kind kind = kind_of(s, direction);
    if (kind == ATTR_CONV_THIN_FROM || attr_conv_is_to_picture(kind)) return 1;
    return kind == ATTR_CONV_AMX && s->size > 1 && 2 * (s->out_w + s->size) <= attr_amx_most_units;
}

int attr_blocked_conv_adds(const attr_conv_shape *s, attr_conv_direction direction) {
    return kind_of(s, direction) == ATTR_CONV_AMX;
}

/* Matrix units may multiply any pixel of a row with 0. */
attr_together attr_blocked_conv_together(const attr_conv_shape *s, attr_conv_direction direction) {
    attr_blocked_conv c = attr_blocked_conv_describe(s, direction);
    int tile = c.kind == ATTR_CONV_WINOGRAD ? attr_winograd_tiles[c.winograd].out : 1;
    return (attr_together){tile, attr_conv_is_by_amx(c.kind) ? direction.transposed ? s->w : s->out_w : tile};
}

attr_conv_by attr_blocked_conv_by(const attr_conv_shape *s, attr_conv_direction direction) {
    switch (kind_of(s, direction)) {
    case ATTR_CONV_WINOGRAD:
        return ATTR_CONV_BY_WINOGRAD;
    case ATTR_CONV_GATHER:
        return ATTR_CONV_BY_GATHER;
    case ATTR_CONV_AMX:
    case ATTR_CONV_AMX_TO:
        return direction.by == ATTR_CONV_BY_AMX_BF16 ? direction.by : ATTR_CONV_BY_AMX;
    case ATTR_CONV_DNNL:
        return direction.by;
    default:
        return ATTR_CONV_BY_RULE;
    }
}

/* Backward two parts are as exact as Winograd's filtering in single precision, three as plain sums. */
static int parts_of(const attr_conv_shape *s, attr_conv_direction direction) {
    if (direction.by == ATTR_CONV_BY_AMX_BF16) return 1;
    int filtered = s->size == 3 && s->stride == 1 && !direction.plain_input;
    return direction.sum == ATTR_SUM_F32 && filtered ? 2 : attr_amx_most_parts;
}

/* The products that a tile's results need, summed over the tiles of a sample. */
static size_t products_of(const attr_blocked_conv *c, attr_winograd winograd) {
    attr_winograd_tile t = attr_winograd_tiles[winograd];
    size_t rows = attr_parts(c->to_h, t.out), columns = attr_parts(c->to_w, t.out);
    return rows * columns * t.points * t.points;
}

/* The one with the fewest products; in single precision tiles beyond four cost a digit. */
static attr_winograd winograd_of(const attr_blocked_conv *c, attr_sum sum) {
    if (c->stride == 2) return c->transposed ? ATTR_WINOGRAD_STRIDE_2_BACK : ATTR_WINOGRAD_STRIDE_2;
    attr_winograd best = ATTR_WINOGRAD_4;
    for (attr_winograd w = ATTR_WINOGRAD_5; sum == ATTR_SUM_F64 && w <= ATTR_WINOGRAD_6; ++w)
        if (products_of(c, w) < products_of(c, best)) best = w;
    return best;
}

attr_blocked_conv attr_blocked_conv_describe(const attr_conv_shape *s, attr_conv_direction direction) {
    attr_blocked_conv description = {0}, *c = &description;
    int transposed = direction.transposed;
    c->groups = is_depthwise(s) ? 1 : s->groups;
    c->size = s->size;
    c->area = s->size * s->size;
    c->stride = s->stride;
    c->transposed = transposed;
    c->pad = transposed ? s->size - 1 - s->pad : s->pad;
    c->from_c = (transposed ? s->n : s->c) / c->groups;
    c->to_c = (transposed ? s->c : s->n) / c->groups;
    c->from_h = transposed ? s->out_h : s->h;
    c->from_w = transposed ? s->out_w : s->w;
    c->to_h = transposed ? s->h : s->out_h;
    c->to_w = transposed ? s->w : s->out_w;
    c->from_blocks = attr_blocks_of(c->from_c);
    c->to_blocks = attr_blocks_of(c->to_c);
    c->kind = kind_of(s, direction);
    c->simd =
        attr_conv_is_by_amx(c->kind) ? amx_build(direction.sum) : attr_simd_build(direction.sum, attr_cpu_newest());
    c->parts = parts_of(s, direction);
    c->winograd = winograd_of(c, direction.sum);
    c->tile_pad = c->winograd == ATTR_WINOGRAD_STRIDE_2_BACK ? 0 : c->pad;
    if ((c->kind == ATTR_CONV_GATHER || c->kind == ATTR_CONV_AMX) && s->size == 1 && s->stride == 1 &&
        s->pad == 0) { /* pixels in one long row */
        c->row = c->to_w;
        c->from_w *= c->from_h;
        c->to_w *= c->to_h;
        c->from_h = c->to_h = 1;
    }
    c->borrows = transposed && !attr_conv_is_small(c->kind);
    choose_blocking(c);
    return description;
}
