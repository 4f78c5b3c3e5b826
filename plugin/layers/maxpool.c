/* y[c][oy][ox] = maximum of x[c] over the size x size window that starts at (oy, ox) stride - pad / 2, clipped to the
 * picture; dx gets dy at the first maximum in reading order. A window without a pixel is -FLT_MAX and has no gradient.
 *
 * op->indexes [batch][out_stride]: the pixel of the maximum in its plane, -1 for none. */
#include "base/dispatch.h"
#include "layers/kinds.h"
#include "layers/lanes.h"

#include <float.h>
#include <string.h>

/* A pixel of a blocked plane: as vectors, for compilers leave arrays of sixteen in memory. */
typedef real lane_values __attribute__((vector_size(attr_lanes * sizeof(real)), aligned(sizeof(real)), may_alias));
typedef int lane_numbers __attribute__((vector_size(attr_lanes * sizeof(int)), aligned(sizeof(int)), may_alias));
typedef __typeof__((lane_values){0} > (lane_values){0}) lane_mask;

static attr_status prepare(attr_op *op) {
    return attr_op_allocate(op, &op->indexes, op->batch * op->out_stride, sizeof(int), "maxpool indexes");
}

/* The part of a window that lies on an axis of the given length. */
static inline attr_span span_of(int out, const layer *l, int length) {
    int start = out * l->stride - l->pad / 2, end = start + l->size;
    return (attr_span){start < 0 ? 0 : start, end < length ? end : length};
}

static attr_span reads_span(const attr_op *op, int j, attr_span out, int length) {
    const layer *l = op->l;
    (void)j;
    return (attr_span){span_of(out.first, l, length).first, span_of(out.end - 1, l, length).end};
}

static inline int is_two(attr_span s) {
    return s.end - s.first == 2;
}

static inline attr_span two_from(int first) {
    return (attr_span){first, first + 2};
}

static inline ATTR_INLINE void forward_pixel(real *out, int *index, const real *in, int w, attr_span rows,
                                             attr_span columns) {
    real best = -FLT_MAX;
    int at = -1;
    for (int y = rows.first; y < rows.end; y++)
        for (int x = columns.first; x < columns.end; x++)
            if (in[y * w + x] > best) best = in[y * w + x], at = y * w + x;
    *out = best;
    *index = at;
}

static inline ATTR_INLINE void forward_lanes(real *out, int *index, const real *in, int w, attr_span rows,
                                             attr_span columns) {
    lane_values best = (lane_values){0} - (real)FLT_MAX;
    lane_numbers at = (lane_numbers){0} - 1;
    for (int y = rows.first; y < rows.end; y++) {
        for (int x = columns.first; x < columns.end; x++) {
            const lane_values value = *(const lane_values *)(in + ((size_t)y * w + x) * attr_lanes);
            const lane_mask larger = value > best;
            const lane_numbers chosen = __builtin_convertvector(larger, lane_numbers);
            best = (lane_values)((larger & (lane_mask)value) | (~larger & (lane_mask)best));
            at = (chosen & (y * w + x)) | (~chosen & at);
        }
    }
    *(lane_values *)out = best;
    *(lane_numbers *)index = at;
}

static inline ATTR_INLINE void forward_body(real *out, int *indexes, const real *in, const layer *l, int blocked,
                                            attr_area wanted) {
    const int lanes = blocked ? attr_lanes : 1;
    for (int oy = wanted.rows.first; oy < wanted.rows.end; oy++) {
        const attr_span rows = span_of(oy, l, l->h);
        for (int ox = wanted.columns.first; ox < wanted.columns.end; ox++) {
            const attr_span columns = span_of(ox, l, l->w);
            const size_t at = ((size_t)oy * l->out_w + ox) * lanes;
            if (!blocked)
                forward_pixel(out + at, indexes + at, in, l->w, rows, columns);
            else if (l->size == 2 && is_two(rows) && is_two(columns)) /* the usual one: without loops */
                forward_lanes(out + at, indexes + at, in, l->w, two_from(rows.first), two_from(columns.first));
            else
                forward_lanes(out + at, indexes + at, in, l->w, rows, columns);
        }
    }
}
ATTR_DISPATCH(forward_plane, forward_body,
              (real * out, int *indexes, const real *in, const layer *l, int blocked, attr_area wanted),
              (out, indexes, in, l, blocked, wanted))

/* What stands where the maxima were in the forward before (op->holds_choices). */
static void forward_held(attr_op *op) {
    const layer *l = op->l;
    int lanes = op->blocked ? attr_lanes : 1, planes = op->count * attr_planes(l->c, lanes);
    size_t in_plane = (size_t)l->h * l->w * lanes, out_plane = (size_t)l->out_h * l->out_w * lanes;
#pragma omp parallel for
    for (int p = 0; p < planes; p++) {
        const real *in = (const real *)op->in[0] + p * in_plane;
        const int *indexes = op->indexes + p * out_plane;
        real *out = (real *)op->out + p * out_plane;
        for (size_t i = 0; i < out_plane; i++)
            out[i] = indexes[i] < 0 ? -FLT_MAX : in[(size_t)indexes[i] * lanes + i % lanes];
    }
}

static void forward(attr_op *op) {
    const layer *l = op->l;
    if (op->holds_choices) {
        forward_held(op);
        return;
    }
    int lanes = op->blocked ? attr_lanes : 1, planes = op->count * attr_planes(l->c, lanes);
    size_t in_plane = (size_t)l->h * l->w * lanes, out_plane = (size_t)l->out_h * l->out_w * lanes;
#pragma omp parallel for
    for (int p = 0; p < planes; p++)
        forward_plane((real *)op->out + p * out_plane, op->indexes + p * out_plane,
                      (const real *)op->in[0] + p * in_plane, l, op->blocked, op->wanted);
}

/* In a small window each pixel is compared with the maximum's place, sixteen lanes at once; in a larger one that would
 * be more work than to go to each lane's place. */
enum { small_window = 3 };

static inline ATTR_INLINE void backward_window(real *din, const real *dout, const int *index, int w, attr_span rows,
                                               attr_span columns, int stores) {
    const lane_values d = *(const lane_values *)dout;
    const lane_numbers at = *(const lane_numbers *)index;
    for (int y = rows.first; y < rows.end; y++) {
        for (int x = columns.first; x < columns.end; x++) {
            lane_values *to = (lane_values *)(din + ((size_t)y * w + x) * attr_lanes);
            const lane_mask here = __builtin_convertvector(at == y * w + x, lane_mask);
            const lane_values chosen = (lane_values)(here & (lane_mask)d);
            if (stores)
                *to = chosen;
            else
                *to += chosen;
        }
    }
}

static inline ATTR_INLINE void backward_windows(real *din, const real *dout, const int *indexes, const layer *l,
                                                attr_span rows, attr_span of_row, int stores) {
    for (int ox = of_row.first; ox < of_row.end; ox++, dout += attr_lanes, indexes += attr_lanes) {
        const attr_span columns = span_of(ox, l, l->w);
        if (l->size == 2 && is_two(rows) && is_two(columns))
            backward_window(din, dout, indexes, l->w, two_from(rows.first), two_from(columns.first), stores);
        else
            backward_window(din, dout, indexes, l->w, rows, columns, stores);
    }
}

/* Whether each pixel is in one window. */
static inline int are_apart(const layer *l) {
    return l->size == l->stride && span_of(l->out_h - 1, l, l->h).end == l->h &&
           span_of(l->out_w - 1, l, l->w).end == l->w;
}

/* `fresh`: what windows of `seeded` read is overwritten. Rows are zeroed just before they are first added to, while
 * they are in the cache anyway. */
static inline ATTR_INLINE void backward_body(real *din, const real *dout, const int *indexes, const layer *l,
                                             int blocked, int fresh, attr_area seeded) {
    const int lanes = blocked ? attr_lanes : 1, windows = blocked && l->size <= small_window;
    const int stores = fresh && windows && are_apart(l);
    const int numbers = (seeded.columns.end - seeded.columns.first) * lanes;
    const size_t row = (size_t)l->w * lanes;
    int zeroed = fresh && !stores ? span_of(seeded.rows.first, l, l->h).first : l->h;
    for (int oy = seeded.rows.first; oy < seeded.rows.end; oy++) {
        const attr_span rows = span_of(oy, l, l->h);
        const size_t at = ((size_t)oy * l->out_w + seeded.columns.first) * lanes;
        if (zeroed < rows.end) {
            memset(din + zeroed * row, 0, (rows.end - zeroed) * row * sizeof *din);
            zeroed = rows.end;
        }
        if (stores)
            backward_windows(din, dout + at, indexes + at, l, rows, seeded.columns, 1);
        else if (windows)
            backward_windows(din, dout + at, indexes + at, l, rows, seeded.columns, 0);
        else
            for (size_t i = at; i < at + numbers; ++i)
                if (indexes[i] >= 0) din[(size_t)indexes[i] * lanes + i % lanes] += dout[i];
    }
}
ATTR_DISPATCH(backward_plane, backward_body,
              (real * din, const real *dout, const int *indexes, const layer *l, int blocked, int fresh,
               attr_area seeded),
              (din, dout, indexes, l, blocked, fresh, seeded))

static void backward(attr_op *op) {
    const layer *l = op->l;
    int lanes = op->blocked ? attr_lanes : 1, planes = op->count * attr_planes(l->c, lanes);
    size_t in_plane = (size_t)l->h * l->w * lanes, out_plane = (size_t)l->out_h * l->out_w * lanes;
    if (!op->din[0]) return;
#pragma omp parallel for
    for (int p = 0; p < planes; p++)
        backward_plane((real *)op->din[0] + p * in_plane, (const real *)op->dout + p * out_plane,
                       op->indexes + p * out_plane, l, op->blocked, op->din_fresh[0], op->seeded);
    if (op->din_fresh[0])
        attr_tensor_clear_gradient_but(attr_op_input(op, 0), attr_op_reads_area(op, 0, op->seeded), op->count);
}

const attr_layer_kind R(attr_maxpool) = {.type = MAXPOOL,
                                         .name = "maxpool",
                                         .layout = attr_as_input,
                                         .reads_span = reads_span,
                                         .prepare = prepare,
                                         .forward = forward,
                                         .backward_reads = attr_reads_nothing,
                                         .stores = 1,
                                         .backward = backward};
