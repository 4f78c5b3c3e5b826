/* Weights of blocked convolutions: both directions are served by one reading, so that noise is drawn once. */
#include <omp.h>
#include <stdbool.h>

#include "base/dispatch.h"
#include "kernels/blocked.h"
#include "kernels/dnnl.h"
#include "kernels/simd/panel.h"

enum { ROOM_FOR_TURNS = 2 * attr_lanes * ATTR_NOISE_GROUP };

/* Whether rows of weights have whole groups of noise, in whole blocks. */
static bool takes_turns(const attr_blocked_conv *there, const attr_blocked_conv *back, const attr_noisy_array *weights,
                        int filters) {
    size_t filter = (size_t)there->from_c * there->area;
    return weights->sigma != 0 && !there->dnnl && !back->dnnl && filters == attr_lanes &&
           there->from_c % attr_lanes == 0 && filter % ATTR_NOISE_GROUP == 0 && (there->area == 1 || there->area == 9);
}

/* Asks for the floats of a group; it may lie behind the array's end. */
static void prefetch_group(const float *at) {
    for (int i = 0; i < ATTR_NOISE_GROUP; i += 64 / (int)sizeof *at) __builtin_prefetch(at + i);
}

/* Making noise is computing, storing it is waiting for memory: while groups of noise are made on sixteen filters, the
 * groups before are stored, a few lines of the cache after every other one. `first` is the filters' first weight. */
static void pack_in_turns(float *to, const attr_noise_reader *noise, const attr_simd *simd, uint64_t first,
                          size_t filter, int area, float *room) {
    size_t groups = filter / ATTR_NOISE_GROUP, half = ROOM_FOR_TURNS / 2;
    for (size_t group = 0; group <= groups; ++group) {
        float *making = room + group % 2 * half, *made = room + (group + 1) % 2 * half;
        for (int i = 0; i < attr_lanes; ++i) {
            uint64_t at = first + (uint64_t)i * filter + group * ATTR_NOISE_GROUP;
            int column = i / 2 * attr_lanes;
            if (group < groups) {
                prefetch_group(noise->values + at + ATTR_NOISE_GROUP);
                attr_noise_read_group(making + i * ATTR_NOISE_GROUP, noise, at);
            }
            if (group > 0 && i % 2)
                simd->pack_sixteen(to, made + column, ATTR_NOISE_GROUP, (int)((group - 1) * ATTR_NOISE_GROUP) + column,
                                   area);
        }
    }
}

/* Noise is made on the weights of sixteen filters at a time. */
static void pack_squares(attr_blocked_conv *there, attr_blocked_conv *back, const attr_noisy_array *weights,
                         char *scratch, size_t scratch_each, int threads) {
    const attr_simd *simd = attr_simd_build(ATTR_SUM_F32, attr_cpu_newest());
    size_t filter = (size_t)there->from_c * there->area, square = (size_t)there->area * attr_lanes * attr_lanes;
    const attr_noise_reader noise = attr_noise_reader_of(weights);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int item = 0; item < there->groups * there->to_blocks; ++item) {
        int group = item / there->to_blocks, block = item % there->to_blocks, left = there->to_c - block * attr_lanes;
        int filters = left < attr_lanes ? left : attr_lanes;
        int first = group * there->to_c + block * attr_lanes;
        float *room = (float *)(scratch + omp_get_thread_num() * scratch_each);
        if (takes_turns(there, back, weights, filters)) {
            pack_in_turns(there->packed + (size_t)item * there->from_blocks * square, &noise, simd,
                          (uint64_t)first * filter, filter, there->area, room);
            continue;
        }
        const float *from = attr_noisy_read(room, weights, first * filter, filters * filter);
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
    size_t numbers = (size_t)filters * channels * there->area;
    return (numbers > ROOM_FOR_TURNS ? numbers : ROOM_FOR_TURNS) * sizeof(float);
}

void attr_blocked_conv_pack(attr_blocked_conv *there, attr_blocked_conv *back, const attr_noisy_array *weights,
                            void *scratch, size_t scratch_each, int threads) {
    if (!attr_conv_is_small(there->kind)) {
        pack_squares(there, back, weights, scratch, scratch_each, threads);
        back->packed = there->packed;
        return;
    }
    int channels = there->kind == ATTR_CONV_DEPTHWISE ? 1 : there->from_c;
    const float *all = attr_noisy_read(scratch, weights, 0, (size_t)there->to_c * channels * there->area);
    if (there->kind == ATTR_CONV_DEPTHWISE) {
        pack_depthwise(there, all);
        pack_depthwise(back, all);
    } else {
        pack_thin_from(there, all);
        pack_thin_to(back, all);
    }
}
