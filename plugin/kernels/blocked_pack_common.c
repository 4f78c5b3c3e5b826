/* Weights of blocked convolutions: both directions are packed from one reading, so that noise is drawn once. */
#include <omp.h>
#include <string.h>

#include "base/dispatch.h"
#include "kernels/blocked.h"
#include "kernels/simd/panel.h"

/* The weights of sixteen filters (fewer at the end) of a group: [filter][channels][area]. */
typedef struct {
    const float *weights;
    int filters, channels, area;
} filter_block;

enum { square = attr_lanes * attr_lanes };

/* Sixteen channels of a block of filters. Towards the input: for each tap [16 filters][16 channels], both axes of the
 * kernel flipped. */
static inline ATTR_INLINE void pack_back(float *restrict back, const filter_block *f, int channel, int filters,
                                         int channels, int area) {
    for (int i = 0; i < filters; ++i) {
        const float *weights = f->weights + ((size_t)i * f->channels + channel) * area;
        for (int tap = 0; tap < area; ++tap)
            for (int k = 0; k < channels; ++k)
                back[(size_t)(area - 1 - tap) * square + i * attr_lanes + k] = weights[k * area + tap];
    }
}

/* The other way: for each tap [16 channels][16 filters]. */
static inline ATTR_INLINE void pack_there(float *restrict there, const float *restrict back, int area) {
    for (int tap = 0; tap < area; ++tap) {
        const float *from = back + (size_t)(area - 1 - tap) * square;
        for (int k = 0; k < attr_lanes; ++k)
            for (int i = 0; i < attr_lanes; ++i) there[tap * square + k * attr_lanes + i] = from[i * attr_lanes + k];
    }
}

/* Whole blocks and the usual sizes with their numbers known to the compiler. */
static inline ATTR_INLINE void pack_body(float *there, float *back, const filter_block *f, int channel) {
    int left = f->channels - channel, channels = left < attr_lanes ? left : attr_lanes;
    int whole = channels == attr_lanes && f->filters == attr_lanes;
    if (whole && f->area == 1) {
        pack_back(back, f, channel, attr_lanes, attr_lanes, 1);
        pack_there(there, back, 1);
    } else if (whole && f->area == 9) {
        pack_back(back, f, channel, attr_lanes, attr_lanes, 9);
        pack_there(there, back, 9);
    } else {
        memset(back, 0, (size_t)f->area * square * sizeof *back);
        pack_back(back, f, channel, f->filters, channels, f->area);
        pack_there(there, back, f->area);
    }
}
ATTR_DISPATCH(pack_tile, pack_body, (float *there, float *back, const filter_block *f, int channel),
              (there, back, f, channel))

static void pack_blocks(attr_blocked_conv *there, attr_blocked_conv *back, const attr_noisy_array *weights,
                        char *scratch, size_t scratch_each, int threads) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int item = 0; item < there->groups * there->to_blocks; ++item) {
        int group = item / there->to_blocks, block = item % there->to_blocks, left = there->to_c - block * attr_lanes;
        filter_block f = {
            .filters = left < attr_lanes ? left : attr_lanes, .channels = there->from_c, .area = there->area};
        size_t filter = (size_t)there->from_c * there->area, tile = (size_t)there->area * square;
        f.weights = attr_noisy_read((float *)(scratch + omp_get_thread_num() * scratch_each), weights,
                                    ((size_t)group * there->to_c + block * attr_lanes) * filter, f.filters * filter);
        for (int k = 0; k < there->from_blocks; ++k) {
            float *to = there->packed + ((size_t)item * there->from_blocks + k) * tile;
            float *from = back->packed + (((size_t)group * back->to_blocks + k) * back->from_blocks + block) * tile;
            pack_tile(to, from, &f, k * attr_lanes);
        }
    }
}

static void pack_depthwise(attr_blocked_conv *c, const float *weights) {
    for (int k = 0; k < c->to_blocks * attr_lanes; ++k) {
        float *out = c->packed + (size_t)(k / attr_lanes) * c->area * attr_lanes + k % attr_lanes;
        for (int tap = 0; tap < c->area; ++tap) {
            int source = c->transposed ? c->area - 1 - tap : tap;
            out[tap * attr_lanes] = k < c->to_c ? weights[(size_t)k * c->area + source] : 0;
        }
    }
}

static void pack_thin_from(attr_blocked_conv *c, const float *weights) {
    int depth = c->from_c * c->area;
    for (int n = 0; n < c->to_c; ++n)
        for (int k = 0; k < depth; ++k)
            c->packed[((size_t)(n / attr_lanes) * depth + k) * attr_lanes + n % attr_lanes] = *weights++;
}

static void pack_thin_to(attr_blocked_conv *c, const float *weights) {
    for (int n = 0; n < c->from_c; ++n)
        for (int k = 0; k < c->to_c; ++k)
            for (int tap = 0; tap < c->area; ++tap)
                c->packed[((size_t)n * c->area + c->area - 1 - tap) * attr_thin + k] = *weights++;
}

static int is_small(attr_conv_kind kind) {
    return kind == ATTR_CONV_DEPTHWISE || kind == ATTR_CONV_THIN_FROM || kind == ATTR_CONV_THIN_TO;
}

size_t attr_blocked_conv_pack_scratch(const attr_blocked_conv *there) {
    int filters = is_small(there->kind) ? there->to_c : attr_lanes;
    int channels = there->kind == ATTR_CONV_DEPTHWISE ? 1 : there->from_c;
    return (size_t)filters * channels * there->area * sizeof(float);
}

void attr_blocked_conv_pack(attr_blocked_conv *there, attr_blocked_conv *back, const attr_noisy_array *weights,
                            void *scratch, size_t scratch_each, int threads) {
    if (!is_small(there->kind)) {
        pack_blocks(there, back, weights, scratch, scratch_each, threads);
        return;
    }
    const float *all = attr_noisy_read(scratch, weights, 0, attr_blocked_conv_pack_scratch(there) / sizeof(float));
    if (there->kind == ATTR_CONV_DEPTHWISE) {
        pack_depthwise(there, all);
        pack_depthwise(back, all);
    } else {
        pack_thin_from(there, all);
        pack_thin_to(back, all);
    }
}
