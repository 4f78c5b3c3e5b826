/* A run: samples go in rounds of one for each thread; values are gated and turned into pixels, then the calls of oneDNN
 * are shared out, and each result is stored by the thread that made it. */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/dispatch.h"
#include "kernels/dnnl_bf16.h"
#include "kernels/dnnl_plan.h"

/* ---- In: a row of a block becomes 16 of the channels of a row of pixels */

/* Sixteen channels of a pixel. */
typedef float floats __attribute__((vector_size(attr_lanes * sizeof(float)), aligned(16), may_alias));
typedef uint32_t words __attribute__((vector_size(attr_lanes * sizeof(uint32_t)), aligned(16), may_alias));
typedef uint16_t halves __attribute__((vector_size(attr_lanes * sizeof(uint16_t)), aligned(16), may_alias));

typedef struct {
    const float *from;
    const attr_signs *positive;
    float slope;
    floats scale; /* 0 for lanes without a channel: what they hold is finite, but bf16 may round it to infinity */
    int pixels;
    size_t channels; /* from a pixel to the next */
} gated_row;

static const words lane_bits = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};

/* Not returned: gcc minds vectors that the caller may not have. */
static inline ATTR_INLINE void read_gated(floats *out, const gated_row *r, size_t at) {
    floats x = *(const floats *)(r->from + at);
    if (r->positive) {
        words bits = lane_bits & r->positive[at / attr_lanes];
        words positive = (words)(bits != 0);
        x = (floats)((positive & (words)x) | (~positive & (words)(x * r->slope)));
    }
    *out = x * r->scale;
}

static inline ATTR_INLINE void gate_f32_body(float *restrict to, const gated_row *row) {
    gated_row r = *row;
    for (int i = 0; i < r.pixels; ++i) read_gated((floats *)(to + i * r.channels), &r, (size_t)i * attr_lanes);
}
ATTR_DISPATCH(gate_f32, gate_f32_body, (float *to, const gated_row *r), (to, r))

static inline ATTR_INLINE void gate_bf16_body(uint16_t *restrict to, const gated_row *row) {
    gated_row r = *row;
    for (int i = 0; i < r.pixels; ++i) {
        floats x;
        read_gated(&x, &r, (size_t)i * attr_lanes);
        *(halves *)(to + i * r.channels) = __builtin_convertvector(ATTR_BF16_BITS((words)x, (words)(x != x)), halves);
    }
}
ATTR_DISPATCH(gate_bf16, gate_bf16_body, (uint16_t * to, const gated_row *r), (to, r))

/* Row y of a sample's group, from -above to from_h + below - 1. */
static void gate_row(char *values, const float *from, const attr_dnnl_conv *c, const attr_gate *gate, size_t sample,
                     int group, int y) {
    size_t channels = (size_t)c->from_blocks * attr_lanes, row_bytes = channels * c->from_w * c->element;
    char *to = values + (size_t)group * c->scratch.group + (size_t)(y + c->above) * row_bytes;
    if (y < 0 || y >= c->from_h) {
        memset(to, 0, row_bytes);
        return;
    }
    for (int k = 0; k < c->from_blocks; ++k) {
        size_t block = (size_t)group * c->from_blocks + k, blocks = (size_t)c->groups * c->from_blocks;
        size_t at = (((sample * blocks + block) * c->from_h) + y) * c->from_w * attr_lanes;
        int left = c->from_c - k * attr_lanes;
        gated_row r = {.from = from + at, .slope = gate->slope, .pixels = c->from_w, .channels = channels};
        if (gate->positive) r.positive = gate->positive + at / attr_lanes;
        for (int i = 0; i < attr_lanes && i < left; ++i)
            r.scale[i] = gate->scale ? gate->scale[block * attr_lanes + i] : 1;
        if (c->element == 2)
            gate_bf16((uint16_t *)to + k * attr_lanes, &r);
        else
            gate_f32((float *)to + k * attr_lanes, &r);
    }
}

/* ---- Out */

typedef struct {
    int pixels, step; /* of the row; from a pixel to the next where it is stored */
    size_t channels;  /* from a pixel to the next of the result */
    int add;
} stored_row;

static inline ATTR_INLINE void store_body(float *restrict to, const float *restrict result, const stored_row *r) {
    for (int i = 0; i < r->pixels; ++i) {
        float *at = to + (size_t)i * r->step * attr_lanes;
        const float *x = result + (size_t)i * r->channels;
        if (r->add)
            for (int lane = 0; lane < attr_lanes; ++lane) at[lane] += x[lane];
        else
            memcpy(at, x, attr_lanes * sizeof *at);
    }
}
ATTR_DISPATCH(store_row, store_body, (float *to, const float *result, const stored_row *r), (to, result, r))

/* ---- One call */

typedef struct {
    int sample, group, part, band;
    const attr_dnnl_class *class;
} piece;

/* Calls are counted sample by sample, class by class. */
static piece piece_of(const attr_dnnl_conv *c, int item, int calls) {
    piece p = {.sample = item / calls};
    item %= calls;
    for (p.class = c->class; item >= c->groups * c->parts * p.class->bands; ++p.class)
        item -= c->groups * c->parts * p.class->bands;
    p.band = item % p.class->bands;
    p.part = item / p.class->bands % c->parts;
    p.group = item / p.class->bands / c->parts;
    return p;
}

static int first_row(const piece *p) {
    int last = p->class->y.count - p->class->rows, row = p->band * p->class->rows;
    return row < last ? row : last;
}

static dnnl_status_t compute(float *result, const char *values, void *own, const attr_dnnl_conv *c, const piece *p) {
    const attr_dnnl_library *lib = attr_dnnl();
    const attr_dnnl_class *class = p->class;
    attr_dnnl_hands *h = &class->hands[omp_get_thread_num()];
    int advance = c->transposed ? 1 : c->stride;
    size_t row_bytes = (size_t)c->from_blocks * attr_lanes * c->from_w * c->element;
    const char *from = values + (size_t)p->group * c->scratch.group +
                       (size_t)(first_row(p) * advance + class->y.begin + c->above) * row_bytes;
    dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, h->from},
                                   {DNNL_ARG_WEIGHTS, class->part[p->group * c->parts + p->part]},
                                   {DNNL_ARG_DST, h->to},
                                   {DNNL_ARG_SCRATCHPAD, h->own}};
    dnnl_status_t status = lib->memory_set_data_handle(h->from, (void *)from);
    if (!status) status = lib->memory_set_data_handle(h->to, result);
    if (!status) status = lib->memory_set_data_handle(h->own, own);
    return status ? status : lib->primitive_execute(class->run, h->stream, 4, arguments);
}

/* Rows that the band before has stored are left out. */
static void store(float *to, const float *result, const attr_dnnl_conv *c, const piece *p, int add) {
    const attr_dnnl_class *class = p->class;
    int step = c->transposed ? c->stride : 1, first = first_row(p);
    stored_row r = {class->x.count, step, (size_t)c->part_blocks * attr_lanes, add};
    for (int row = p->band * class->rows; row < first + class->rows; ++row)
        for (int k = 0; k < c->part_blocks; ++k) {
            size_t block = ((size_t)p->sample * c->groups + p->group) * c->to_blocks + p->part * c->part_blocks + k;
            size_t y = (size_t)(class->y.first + row * step);
            store_row(to + ((block * c->to_h + y) * c->to_w + class->x.first) * attr_lanes,
                      result + (size_t)(row - first) * class->x.count * r.channels + k * attr_lanes, &r);
        }
}

static void run_piece(float *to, const char *values, char *mine, const attr_dnnl_conv *c, const piece *p, int add) {
    float *result = (float *)(mine + c->scratch.result);
    size_t size = (size_t)p->class->rows * p->class->x.count * c->part_blocks * attr_lanes;
    if (!p->class->found && add) return;
    if (!p->class->found)
        memset(result, 0, size * sizeof *result);
    else if (compute(result, values, mine + c->scratch.own, c, p) != dnnl_success)
        for (size_t i = 0; i < size; ++i) result[i] = NAN;
    store(to, result, c, p, add);
}

void attr_dnnl_run(float *to, const float *from, const attr_dnnl_conv *c, const attr_gate *gate,
                   const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads) {
    int most = threads < c->most_threads ? threads : c->most_threads, rows = c->above + c->from_h + c->below, calls = 0;
    for (int i = 0; i < c->classes; ++i) calls += c->groups * c->parts * c->class[i].bands;
    size_t sample_size = (size_t)c->groups * c->to_blocks * attr_lanes * c->to_h * c->to_w;
#pragma omp parallel num_threads(most)
    {
        char *mine = (char *)scratch + (size_t)omp_get_thread_num() * scratch_each;
        omp_set_num_threads(1); /* for oneDNN; of this thread and region only */
        for (int first = 0; first < count; first += most) {
            int some = count - first < most ? count - first : most;
#pragma omp for schedule(dynamic, 4)
            for (int item = 0; item < some * c->groups * rows; ++item) {
                int sample = item / (c->groups * rows), row = item % (c->groups * rows);
                gate_row((char *)scratch + (size_t)sample * scratch_each, from, c, gate, (size_t)(first + sample),
                         row / rows, row % rows - c->above);
            }
#pragma omp for schedule(dynamic)
            for (int item = 0; item < some * calls; ++item) {
                piece p = piece_of(c, item, calls);
                run_piece(to + first * sample_size, (char *)scratch + (size_t)p.sample * scratch_each, mine, c, &p,
                          finish->add);
            }
        }
    }
}
