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

/* The part first .. last-1 of a window that lies on an axis of the given length. */
typedef struct {
    int first, last;
} span;

static inline span span_of(int out, const layer *l, int length) {
    int start = out * l->stride - l->pad / 2, end = start + l->size;
    return (span){start < 0 ? 0 : start, end < length ? end : length};
}

static attr_rows reads_rows(const attr_op *op, int j, attr_rows rows) {
    const layer *l = op->l;
    (void)j;
    return (attr_rows){span_of(rows.first, l, l->h).first, span_of(rows.end - 1, l, l->h).last};
}

static inline int is_two(span s) {
    return s.last - s.first == 2;
}

static inline span two_from(int first) {
    return (span){first, first + 2};
}

static inline ATTR_INLINE void forward_pixel(real *out, int *index, const real *in, int w, span rows, span columns) {
    real best = -FLT_MAX;
    int at = -1;
    for (int y = rows.first; y < rows.last; y++)
        for (int x = columns.first; x < columns.last; x++)
            if (in[y * w + x] > best) best = in[y * w + x], at = y * w + x;
    *out = best;
    *index = at;
}

static inline ATTR_INLINE void forward_lanes(real *out, int *index, const real *in, int w, span rows, span columns) {
    lane_values best = (lane_values){0} - (real)FLT_MAX;
    lane_numbers at = (lane_numbers){0} - 1;
    for (int y = rows.first; y < rows.last; y++) {
        for (int x = columns.first; x < columns.last; x++) {
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

static inline ATTR_INLINE void forward_body(real *out, int *indexes, const real *in, const layer *l, int blocked) {
    const int lanes = blocked ? attr_lanes : 1;
    for (int oy = 0; oy < l->out_h; oy++) {
        const span rows = span_of(oy, l, l->h);
        for (int ox = 0; ox < l->out_w; ox++, out += lanes, indexes += lanes) {
            const span columns = span_of(ox, l, l->w);
            if (!blocked)
                forward_pixel(out, indexes, in, l->w, rows, columns);
            else if (l->size == 2 && is_two(rows) && is_two(columns)) /* the usual one: without loops */
                forward_lanes(out, indexes, in, l->w, two_from(rows.first), two_from(columns.first));
            else
                forward_lanes(out, indexes, in, l->w, rows, columns);
        }
    }
}
ATTR_DISPATCH(forward_plane, forward_body, (real * out, int *indexes, const real *in, const layer *l, int blocked),
              (out, indexes, in, l, blocked))

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
                      (const real *)op->in[0] + p * in_plane, l, op->blocked);
}

/* In a small window each pixel is compared with the maximum's place, sixteen lanes at once; in a larger one that would
 * be more work than to go to each lane's place. */
enum { small_window = 3 };

static inline ATTR_INLINE void backward_window(real *din, const real *dout, const int *index, int w, span rows,
                                               span columns, int stores) {
    const lane_values d = *(const lane_values *)dout;
    const lane_numbers at = *(const lane_numbers *)index;
    for (int y = rows.first; y < rows.last; y++) {
        for (int x = columns.first; x < columns.last; x++) {
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
                                                span rows, int stores) {
    for (int ox = 0; ox < l->out_w; ox++, dout += attr_lanes, indexes += attr_lanes) {
        const span columns = span_of(ox, l, l->w);
        if (l->size == 2 && is_two(rows) && is_two(columns))
            backward_window(din, dout, indexes, l->w, two_from(rows.first), two_from(columns.first), stores);
        else
            backward_window(din, dout, indexes, l->w, rows, columns, stores);
    }
}

/* Whether each pixel is in one window. */
static inline int are_apart(const layer *l) {
    return l->size == l->stride && span_of(l->out_h - 1, l, l->h).last == l->h &&
           span_of(l->out_w - 1, l, l->w).last == l->w;
}

/* `fresh`: what stands in din is overwritten. Rows are zeroed just before they are first added to, while they are in
 * the cache anyway. */
static inline ATTR_INLINE void backward_body(real *din, const real *dout, const int *indexes, const layer *l,
                                             int blocked, int fresh) {
    const int lanes = blocked ? attr_lanes : 1, windows = blocked && l->size <= small_window;
    const int stores = fresh && windows && are_apart(l), numbers = l->out_w * lanes;
    const size_t row = (size_t)l->w * lanes;
    int zeroed = fresh && !stores ? 0 : l->h;
    for (int oy = 0; oy <= l->out_h; oy++, dout += numbers, indexes += numbers) {
        const span rows = oy < l->out_h ? span_of(oy, l, l->h) : (span){l->h, l->h};
        if (zeroed < rows.last) {
            memset(din + zeroed * row, 0, (rows.last - zeroed) * row * sizeof *din);
            zeroed = rows.last;
        }
        if (oy == l->out_h) break;
        if (stores)
            backward_windows(din, dout, indexes, l, rows, 1);
        else if (windows)
            backward_windows(din, dout, indexes, l, rows, 0);
        else
            for (int i = 0; i < numbers; ++i)
                if (indexes[i] >= 0) din[(size_t)indexes[i] * lanes + i % lanes] += dout[i];
    }
}
ATTR_DISPATCH(backward_plane, backward_body,
              (real * din, const real *dout, const int *indexes, const layer *l, int blocked, int fresh),
              (din, dout, indexes, l, blocked, fresh))

static void backward(attr_op *op) {
    const layer *l = op->l;
    int lanes = op->blocked ? attr_lanes : 1, planes = op->count * attr_planes(l->c, lanes);
    size_t in_plane = (size_t)l->h * l->w * lanes, out_plane = (size_t)l->out_h * l->out_w * lanes;
    if (!op->din[0]) return;
#pragma omp parallel for
    for (int p = 0; p < planes; p++)
        backward_plane((real *)op->din[0] + p * in_plane, (const real *)op->dout + p * out_plane,
                       op->indexes + p * out_plane, l, op->blocked, op->din_fresh[0]);
}

const attr_layer_kind R(attr_maxpool) = {.type = MAXPOOL,
                                         .name = "maxpool",
                                         .layout = attr_as_input,
                                         .reads_rows = reads_rows,
                                         .prepare = prepare,
                                         .forward = forward,
                                         .backward_reads = attr_reads_nothing,
                                         .stores = 1,
                                         .backward = backward};
