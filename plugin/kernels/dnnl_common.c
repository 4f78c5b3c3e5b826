/* How a direction is cut into calls of oneDNN, and their weights. Running is in dnnl_run_common.c. */
#include "kernels/dnnl.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/dispatch.h"
#include "base/memory.h"
#include "kernels/dnnl_bf16.h"
#include "kernels/dnnl_plan.h"

static int larger(int a, int b) {
    return a > b ? a : b;
}

static size_t larger_size(size_t a, size_t b) {
    return a > b ? a : b;
}

/* ---- The cut */

/* The taps of an axis that results at first, first + step, ... read; result i then reads from i x advance + begin. */
static void make_axis(attr_dnnl_axis *axis, const attr_dnnl_conv *c, int first, int to_size) {
    int step = c->transposed ? c->stride : 1;
    *axis = (attr_dnnl_axis){.first = first, .count = (to_size - first + step - 1) / step};
    for (int k = c->size - 1; k >= 0; --k) {
        if ((first - c->pad + k) % step) continue;
        axis->begin = (first - c->pad + k) / step;
        axis->first_tap = k;
        ++axis->taps;
    }
}

/* Parts of 64 channels if there are several, or of what is nearest and divides them: as fast as all at once where it
 * was measured, and there is work for more threads. */
static int part_blocks(int blocks) {
    int most = blocks >= 8 ? 4 : 2;
    if (blocks <= most) return blocks;
    while (most > 1 && blocks % most) --most;
    if (most > 1) return most;
    for (most = 3; most < blocks && blocks % most; ++most) {
    }
    return most;
}

/* Rows at a time: what they give should stay in the second-level cache until it is stored. */
static int band_rows(const attr_dnnl_conv *c, const attr_dnnl_class *class) {
    enum { band_bytes = 384 << 10 };
    size_t row = (size_t) class->x.count * c->part_blocks * attr_lanes * sizeof(float);
    int most = larger(1, (int)(band_bytes / row)), bands = (class->y.count + most - 1) / most;
    return (class->y.count + bands - 1) / bands;
}

static void make_class(attr_dnnl_class *class, const attr_dnnl_conv *c, int first_y, int first_x) {
    make_axis(&class->y, c, first_y, c->to_h);
    make_axis(&class->x, c, first_x, c->to_w);
    class->rows = band_rows(c, class);
    class->bands = (class->y.count + class->rows - 1) / class->rows;
}

static attr_dnnl_problem problem_of(const attr_dnnl_conv *c, const attr_dnnl_class *class) {
    int advance = c->transposed ? 1 : c->stride;
    attr_dnnl_problem p = {.bf16 = c->element == 2, .from_c = c->from_blocks * attr_lanes, .w = c->from_w};
    p.h = (class->rows - 1) * advance + class->y.taps;
    p.to_c = c->part_blocks * attr_lanes;
    p.to_h = class->rows;
    p.to_w = class->x.count;
    p.kernel_h = class->y.taps;
    p.kernel_w = class->x.taps;
    p.stride = advance;
    p.left = -class->x.begin;
    p.right = (class->x.count - 1) * advance + class->x.begin + class->x.taps - c->from_w;
    return p;
}

/* Rows of zeros above and below what is read, for all classes. */
static void make_margins(attr_dnnl_conv *c) {
    int advance = c->transposed ? 1 : c->stride;
    for (int i = 0; i < c->classes; ++i) {
        const attr_dnnl_axis *y = &c->class[i].y;
        if (!y->taps) continue;
        c->above = larger(c->above, -y->begin);
        c->below = larger(c->below, (y->count - 1) * advance + y->begin + y->taps - c->from_h);
    }
}

static attr_dnnl_conv describe(const attr_conv_shape *s, attr_conv_direction direction) {
    int transposed = direction.transposed;
    attr_dnnl_conv description = {.transposed = transposed, .groups = s->groups}, *c = &description;
    c->element = direction.by == ATTR_CONV_BY_DNNL_BF16 ? 2 : 4;
    c->size = s->size;
    c->stride = s->stride;
    c->pad = transposed ? s->size - 1 - s->pad : s->pad;
    c->from_c = (transposed ? s->n : s->c) / s->groups;
    c->to_c = (transposed ? s->c : s->n) / s->groups;
    c->from_h = transposed ? s->out_h : s->h;
    c->from_w = transposed ? s->out_w : s->w;
    c->to_h = transposed ? s->h : s->out_h;
    c->to_w = transposed ? s->w : s->out_w;
    c->from_blocks = (c->from_c + attr_lanes - 1) / attr_lanes;
    c->to_blocks = (c->to_c + attr_lanes - 1) / attr_lanes;
    c->part_blocks = part_blocks(c->to_blocks);
    c->parts = c->to_blocks / c->part_blocks;
    return description;
}

/* Whether the library would take the tensors; what it makes of the shape is another matter. */
static int is_possible(const attr_conv_shape *s, attr_conv_direction direction) {
    int bf16 = direction.by == ATTR_CONV_BY_DNNL_BF16;
    if (direction.by != ATTR_CONV_BY_DNNL && !bf16) return 0;
    if (direction.sum != ATTR_SUM_F32 || direction.plain_input) return 0;
    if (s->groups > 1 && ((s->c / s->groups) % attr_lanes || (s->n / s->groups) % attr_lanes)) return 0;
    return attr_dnnl() != NULL;
}

static int is_empty(const attr_dnnl_class *class) {
    return !class->y.taps || !class->x.taps;
}

/* The classes and the kernels for them: 0 if there is not a fast one for each. */
static int find_kernels(attr_dnnl_conv *c) {
    int steps = c->transposed ? c->stride : 1, found = 1;
    if (attr_allocate(&c->class, (size_t)steps * steps, sizeof *c->class, "a convolution") != ATTR_OK) return 0;
    for (int y = 0; y < steps && y < c->to_h; ++y)
        for (int x = 0; x < steps && x < c->to_w; ++x) make_class(&c->class[c->classes++], c, y, x);
    make_margins(c);
    for (int i = 0; found && i < c->classes; ++i) {
        attr_dnnl_class *class = &c->class[i];
        if (is_empty(class)) continue;
        attr_dnnl_problem p = problem_of(c, class);
        class->found = p.left < 0 || p.right <= -p.stride ? NULL : attr_dnnl_find(&p);
        found = class->found && attr_dnnl_layout_of(&class->layout, class->found);
        if (!found) break;
        class->weights_size = attr_dnnl_bytes(class->found, dnnl_query_weights_md);
        c->own_scratch = larger_size(c->own_scratch, attr_dnnl_bytes(class->found, dnnl_query_scratchpad_md));
    }
    return found;
}

int attr_dnnl_can(const attr_conv_shape *s, attr_conv_direction direction) {
    if (!is_possible(s, direction)) return 0;
    attr_dnnl_conv c = describe(s, direction);
    int can = find_kernels(&c);
    attr_dnnl_release(&c);
    return can;
}

/* ---- Memory */

static size_t round_up(size_t bytes) {
    return (bytes + 4095) / 4096 * 4096;
}

static attr_dnnl_scratch scratch_of(const attr_dnnl_conv *c) {
    attr_dnnl_scratch at = {0};
    size_t row = (size_t)c->from_w * c->from_blocks * attr_lanes * c->element, most = 0;
    for (int i = 0; i < c->classes; ++i)
        most = larger_size(most, (size_t)c->class[i].rows * c->class[i].x.count * c->part_blocks * attr_lanes);
    at.group = row * (size_t)(c->above + c->from_h + c->below);
    at.result = round_up(at.group * (size_t)c->groups);
    at.own = at.result + round_up(most * sizeof(float));
    at.all = at.own + round_up(c->own_scratch);
    return at;
}

static size_t weights_bytes(const attr_dnnl_conv *c, const attr_dnnl_class *class) {
    return (class->weights_size + 63) / 64 * 64 * (size_t)c->groups * (size_t)c->parts;
}

attr_blocked_conv_bytes attr_dnnl_needs(const attr_conv_shape *s, attr_conv_direction direction) {
    attr_blocked_conv_bytes needs = {0};
    if (!is_possible(s, direction)) return needs;
    attr_dnnl_conv c = describe(s, direction);
    if (find_kernels(&c)) {
        for (int i = 0; i < c.classes; ++i) needs.kept += weights_bytes(&c, &c.class[i]);
        needs.scratch = scratch_of(&c).all;
    }
    attr_dnnl_release(&c);
    return needs;
}

size_t attr_dnnl_scratch_of(const attr_dnnl_conv *c) {
    return c->scratch.all;
}

/* ---- Making */

/* Tensors of one thread, whose places are set before each call. */
static dnnl_status_t make_hands(attr_dnnl_hands *h, const attr_dnnl_class *class) {
    const attr_dnnl_library *lib = attr_dnnl();
    dnnl_status_t status = lib->stream_create(&h->stream, lib->engine, dnnl_stream_default_flags);
    if (!status) status = attr_dnnl_memory(&h->from, class->found, dnnl_query_src_md, NULL);
    if (!status) status = attr_dnnl_memory(&h->to, class->found, dnnl_query_dst_md, NULL);
    if (!status) status = attr_dnnl_memory(&h->own, class->found, dnnl_query_scratchpad_md, NULL);
    return status;
}

static attr_status make_class_memory(attr_dnnl_class *class, const attr_dnnl_conv *c) {
    const attr_dnnl_library *lib = attr_dnnl();
    size_t parts = (size_t)c->groups * c->parts, each = weights_bytes(c, class) / parts;
    ATTR_TRY(attr_allocate(&class->weights, parts, each, "packed weights"));
    ATTR_TRY(attr_allocate(&class->part, parts, sizeof *class->part, "packed weights"));
    ATTR_TRY(attr_allocate(&class->hands, (size_t)c->most_threads, sizeof *class->hands, "a convolution"));
    dnnl_status_t status = lib->primitive_create(&class->run, class->found);
    for (size_t k = 0; !status && k < parts; ++k)
        status = attr_dnnl_memory(&class->part[k], class->found, dnnl_query_weights_md, class->weights + k * each);
    for (int t = 0; !status && t < c->most_threads; ++t) status = make_hands(&class->hands[t], class);
    if (status) return attr_fail(ATTR_NO_MEMORY, "oneDNN could not make a convolution (status %d)", (int)status);
    return ATTR_OK;
}

/* Where weights go: see attr_dnnl_layout. */
static attr_status make_places(attr_dnnl_class *class, const attr_dnnl_conv *c) {
    int to = c->part_blocks * attr_lanes, from = c->from_blocks * attr_lanes;
    ATTR_TRY(attr_allocate(&class->to_place, (size_t)to, sizeof(size_t), "places of weights"));
    ATTR_TRY(attr_allocate(&class->from_place, (size_t)from, sizeof(size_t), "places of weights"));
    ATTR_TRY(attr_allocate(&class->tap_place, (size_t)c->size * c->size, sizeof(size_t), "places of weights"));
    for (int i = 0; i < to; ++i) class->to_place[i] = attr_dnnl_place(&class->layout, 0, i);
    for (int i = 0; i < from; ++i) class->from_place[i] = attr_dnnl_place(&class->layout, 1, i);
    for (int y = 0; y < class->y.taps; ++y)
        for (int x = 0; x < class->x.taps; ++x)
            class->tap_place[y * class->x.taps + x] =
                attr_dnnl_place(&class->layout, 2, y) + attr_dnnl_place(&class->layout, 3, x);
    return ATTR_OK;
}

static attr_status complete(attr_dnnl_conv *c) {
    if (!find_kernels(c)) return attr_fail(ATTR_UNSUPPORTED, "oneDNN has no fast kernel for a convolution");
    c->scratch = scratch_of(c);
    c->most_threads = larger(omp_get_max_threads(), omp_get_num_procs());
    for (int i = 0; i < c->classes; ++i) {
        if (is_empty(&c->class[i])) continue;
        ATTR_TRY(make_class_memory(&c->class[i], c));
        ATTR_TRY(make_places(&c->class[i], c));
    }
    return ATTR_OK;
}

attr_status attr_dnnl_create(attr_dnnl_conv **out, const attr_conv_shape *s, attr_conv_direction direction) {
    attr_dnnl_conv *c = NULL;
    *out = NULL;
    ATTR_TRY(attr_dnnl_ready());
    ATTR_TRY(attr_allocate(&c, 1, sizeof *c, "a convolution"));
    *c = describe(s, direction);
    attr_status status = complete(c);
    if (status != ATTR_OK) {
        attr_dnnl_free(c);
        return status;
    }
    *out = c;
    return ATTR_OK;
}

static void free_class(attr_dnnl_class *class, const attr_dnnl_conv *c) {
    const attr_dnnl_library *lib = attr_dnnl();
    for (int t = 0; class->hands && t < c->most_threads; ++t) {
        attr_dnnl_hands *h = &class->hands[t];
        if (h->from) lib->memory_destroy(h->from);
        if (h->to) lib->memory_destroy(h->to);
        if (h->own) lib->memory_destroy(h->own);
        if (h->stream) lib->stream_destroy(h->stream);
    }
    for (int k = 0; class->part && k < c->groups * c->parts; ++k)
        if (class->part[k]) lib->memory_destroy(class->part[k]);
    if (class->run) lib->primitive_destroy(class->run);
    if (class->found) lib->primitive_desc_destroy(class->found);
    free(class->hands);
    free(class->part);
    free(class->weights);
    free(class->to_place);
    free(class->from_place);
    free(class->tap_place);
}

void attr_dnnl_release(attr_dnnl_conv *c) {
    for (int i = 0; i < c->classes; ++i) free_class(&c->class[i], c);
    free(c->class);
}

void attr_dnnl_free(attr_dnnl_conv *c) {
    if (!c) return;
    attr_dnnl_release(c);
    free(c);
}

/* ---- Weights */

/* Filters that come together and a block of their channels. */
typedef struct {
    const float *weights; /* of the first filter and channel: [filter][channels][size][size] */
    size_t channels;
    int group, filter, filters, channel, block;
} weight_tile;

/* to[filter_place[i] + channel_place[k]] becomes weight k x area of filter i: they are near each other where they go,
 * while taps are far apart. */
typedef struct {
    const float *weights;
    const size_t *filter_place, *channel_place;
    size_t filter_size, area;
    int filters, channels;
} scattered;

static inline ATTR_INLINE void scatter_f32_body(float *to, const scattered *s) {
    for (int i = 0; i < s->filters; ++i)
        for (int k = 0; k < s->channels; ++k)
            to[s->filter_place[i] + s->channel_place[k]] = s->weights[i * s->filter_size + k * s->area];
}
ATTR_DISPATCH(scatter_f32, scatter_f32_body, (float *to, const scattered *s), (to, s))

static inline ATTR_INLINE void scatter_bf16_body(uint16_t *to, const scattered *s) {
    for (int i = 0; i < s->filters; ++i)
        for (int k = 0; k < s->channels; ++k)
            to[s->filter_place[i] + s->channel_place[k]] = attr_bf16_of(s->weights[i * s->filter_size + k * s->area]);
}
ATTR_DISPATCH(scatter_bf16, scatter_bf16_body, (uint16_t * to, const scattered *s), (to, s))

static void pack_tap(attr_dnnl_conv *c, const attr_dnnl_class *class, const weight_tile *t, int tap, size_t place) {
    int part_channels = c->part_blocks * attr_lanes, to = c->transposed ? t->channel : t->filter,
        from = c->transposed ? t->filter : t->channel;
    size_t each = weights_bytes(c, class) / ((size_t)c->groups * c->parts), area = (size_t)c->size * c->size;
    const size_t *to_place = class->to_place + to % part_channels, *from_place = class->from_place + from;
    char *part = class->weights + ((size_t)t->group * c->parts + to / part_channels) * each;
    scattered s = {.weights = t->weights + tap, .filter_size = t->channels * area, .area = area};
    s.filter_place = c->transposed ? from_place : to_place;
    s.channel_place = c->transposed ? to_place : from_place;
    s.filters = t->filters;
    s.channels = t->block;
    if (c->element == 2)
        scatter_bf16((uint16_t *)part + place, &s);
    else
        scatter_f32((float *)part + place, &s);
}

static void pack_tile(attr_dnnl_conv *c, const attr_dnnl_class *class, const weight_tile *t) {
    int step = c->transposed ? c->stride : 1;
    for (int y = 0; y < class->y.taps; ++y)
        for (int x = 0; x < class->x.taps; ++x) {
            int tap = (class->y.first_tap + y * step) * c->size + class->x.first_tap + x * step;
            pack_tap(c, class, t, c->transposed ? c->size * c->size - 1 - tap : tap,
                     class->tap_place[y * class->x.taps + x]);
        }
}

void attr_dnnl_pack(attr_dnnl_conv *c, const float *weights, int first, int count) {
    int filters = c->transposed ? c->from_c : c->to_c, channels = c->transposed ? c->to_c : c->from_c;
    weight_tile t = {.channels = (size_t)channels, .group = first / filters, .filter = first % filters};
    t.filters = count;
    for (t.channel = 0; t.channel < channels; t.channel += attr_lanes) {
        t.weights = weights + (size_t)t.channel * c->size * c->size;
        t.block = channels - t.channel < attr_lanes ? channels - t.channel : attr_lanes;
        for (int k = 0; k < c->classes; ++k)
            if (!is_empty(&c->class[k])) pack_tile(c, &c->class[k], &t);
    }
}
