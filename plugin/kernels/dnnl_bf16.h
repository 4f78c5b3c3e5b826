/* Rounding to bf16: the upper half of a float, to nearest, ties to even. */
#ifndef ATTR_KERNELS_DNNL_BF16_H
#define ATTR_KERNELS_DNNL_BF16_H

#include <stdint.h>
#include <string.h>

/* Of the bits of a float, or of a vector of them. What is not a number (`odd`: all bits set there, else 0) must not be
 * rounded, which could make it a number. */
#define ATTR_BF16_BITS(bits, odd)                                                                                      \
    (((((bits) + 0x7fff + (((bits) >> 16) & 1)) >> 16) & ~(odd)) | ((((bits) >> 16) | 0x40) & (odd)))

static inline uint16_t attr_bf16_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint32_t odd = x != x ? UINT32_MAX : 0;
    return (uint16_t)ATTR_BF16_BITS(bits, odd);
}

#endif
