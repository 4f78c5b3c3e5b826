/* Weights of blocked convolutions: both directions are served by one reading, so that noise is drawn once. */
#include <omp.h>

#include "base/dispatch.h"
#include "kernels/blocked.h"
#include "kernels/dnnl.h"
#include "kernels/simd/panel.h"

/* Noise is made on the weights of sixteen filters at a time. */
static void pack_squares(attr_blocked_conv *there, attr_blocked_conv *back, const attr_noisy_array *weights,
                         char *scratch, size_t scratch_each, int threads) {
    const attr_simd *simd = attr_simd_build(ATTR_SUM_F32, attr_cpu_newest());
    size_t filter = (size_t)there->from_c * there->area, square = (size_t)there->area * attr_lanes * attr_lanes;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int item = 0; item < there->groups * there->to_blocks; ++item) {
        int group = item / there->to_blocks, block = item % there->to_blocks, left = there->to_c - block * attr_lanes;
        int filters = left < attr_lanes ? left : attr_lanes;
        const float *from =
            attr_noisy_read((float *)(scratch + omp_get_thread_num() * scratch_each), weights,
                            ((size_t)group * there->to_c + block * attr_lanes) * filter, filters * filter);
        int first = group * there->to_c + block * attr_lanes;
        if (there->dnnl) attr_dnnl_pack(there->dnnl, from, first, filters);
        if (back->dnnl) attr_dnnl_pack(back->dnnl, from, first, filters);
        for (int k = 0; k < there->from_blocks; ++k) {
            int rest = there->from_c - k * attr_lanes, channels = rest < attr_lanes ? rest : attr_lanes;
            simd->pack(there->packed + ((size_t)item * there->from_blocks + k) * square,
                       from + (size_t)k * attr_lanes * there->area, filter, filters, channels, there->area);
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

size_t attr_blocked_conv_pack_scratch(const attr_blocked_conv *there) {
    int filters = attr_conv_is_small(there->kind) ? there->to_c : attr_lanes;
    int channels = there->kind == ATTR_CONV_DEPTHWISE ? 1 : there->from_c;
    return (size_t)filters * channels * there->area * sizeof(float);
}

void attr_blocked_conv_pack(attr_blocked_conv *there, attr_blocked_conv *back, const attr_noisy_array *weights,
                            void *scratch, size_t scratch_each, int threads) {
    if (!attr_conv_is_small(there->kind)) {
        pack_squares(there, back, weights, scratch, scratch_each, threads);
        back->packed = there->packed;
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
