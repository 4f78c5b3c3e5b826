/* Random numbers that are a function of what they are for, not of when they are drawn.
 *
 * value = f(seed, stream, part, sample, element): counters, encrypted by AES-128 (aes.h; ciphers as counter-based
 * generators: Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC'11). There is no state:
 * results depend neither on the number of threads, nor on the batch, nor on the order of the calls, nor on how a range
 * of elements is cut into calls, nor on the CPU, and every number can be made again in another language, bit for bit:
 *
 *   key     = { seed mod 2^32, seed / 2^32, stream, part }
 *   counter = { block mod 2^32, block / 2^32, sample mod 2^32, sample / 2^32 }      block = element / 4, rounded down
 *   words   = AES-128(counter, key)        all are four words of 32 bits, 16 bytes from the lowest of words[0] on
 *
 *   bits     element 4 block + i is words[i]
 *   uniform  floor(words[i] / 2^8) / 2^24: in [0, 1), every value exact in float
 *   normal   Box-Muller: a = words[0], b = words[1] give elements 0 and 1 of the block, a = words[2], b = words[3]
 *            elements 2 and 3:
 *
 *              radius cos(angle), radius sin(angle)    radius = sqrt(-2 log((a + 1) / 2^32)), angle = 2 pi b / 2^32
 *
 *            at most 6.67. The relative error is below 4e-7: 1.6e-7 in the radius and 1.8e-7 in the cosine and sine at
 *            most, measured over all a and all b. Made by IEEE single precision operations, each rounded to nearest;
 *            fma(x, y, z) = x y + z is rounded once; float() rounds an integer, / and mod are exact:
 *
 *              a >= 2^31:  k = 0,       t = float(2^32 - 1 - a) * 2^-32
 *              a <  2^31:  k = 32 - e,  t = 1 - m             where m * 2^e = float(a) + 1, m in [1/2, 1)
 *              radius = sqrt(fma(P, t, k * 0x1.62e430p+0)), P = fma(.. fma(fma(p[0], t, p[1]), t, p[2]) .., t, p[8])
 *                p = 0x1.6a0f48p+1 -0x1.a39930p+1 0x1.354ff6p+1 -0x1.72285ep-2 0x1.0df6cap-1
 *                    0x1.f313e6p-2 0x1.55a384p-1 0x1.fffec0p-1 2
 *
 *              quadrant = floor(((b + 2^29) mod 2^32) / 2^30)
 *              x = float((b + 2^29) mod 2^30 - 2^29) * 2^-29, q = x * x
 *              s = fma(fma(fma(-0x1.33198ep-15, q, 0x1.4680a4p-9), q, -0x1.4abc24p-4), q, 0x1.921fb6p-1) * x
 *              c = fma(fma(fma(-0x1.4e78bep-12, q, 0x1.03b058p-6), q, -0x1.3bd39cp-2), q, 1)
 *              cos, sin = c, s   -s, c   -c, -s   s, -c       in quadrant 0, 1, 2, 3
 *
 * The polynomials are own minimax fits: P(t) = -2 log(1 - t) / t on [0, 1/2], s = sin(pi x / 4), c = cos(pi x / 4) on
 * [-1, 1]. random.c is compiled with -ffp-contract=off, for else a compiler may fuse more operations. */
#ifndef ATTR_BASE_RANDOM_H
#define ATTR_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "base/aes.h"

/* What numbers are for. The value goes into the key: never change one, results would change. */
typedef enum {
    ATTR_STREAM_INPUT_NOISE = 1,    /* noise on the input; sample = number of the noisy copy, element = c, y, x */
    ATTR_STREAM_WEIGHT_NOISE = 2,   /* noise on parameters; part = layer and array, sample = number of the clone */
    ATTR_STREAM_BASELINE = 3,       /* noise baselines; sample = number of the baseline */
    ATTR_STREAM_RANDOM_WEIGHTS = 4, /* weights that replace trained ones; part = layer and array */
    ATTR_STREAM_CHECK = 5,          /* directions and points of checks */
    ATTR_STREAM_ROOTS = 6,          /* noise of SmoothTaylor's roots; sample = number of the root */
    ATTR_STREAM_MASK = 7,           /* where RelEx's masks start; sample = the target's class */
    ATTR_STREAM_PATCHES = 8,        /* what AUPC puts over windows; part = number of the window, sample = candidate */
    ATTR_STREAM_CONTROL = 9,        /* the class of RelEx's control; sample = the target's class */
    ATTR_STREAM_CONTROL_MAP = 10,   /* the random map that others are measured against; element = y, x */
    ATTR_STREAM_BOOTSTRAP = 11,     /* draws (part 0) and signs (part 1) of bootstrap.h; sample = number of the draw */
    ATTR_STREAM_SANITY_NOISE = 20,  /* of the perturbation check; part = layer and array, sample = t */
    ATTR_STREAM_SANITY_MAPS = 21,   /* random maps and other classes beside which sanity checks stand */
    ATTR_STREAM_SUBSETS = 30,       /* subsets of pixels; part = their size, sample = run, element = draw */
    ATTR_STREAM_REPLACEMENT = 31,   /* what stands in for such pixels; part, sample likewise, element = c, y, x */
    ATTR_STREAM_INFIDELITY = 32,    /* perturbations; sample = perturbation, element = pixel, or side, y, x */
    ATTR_STREAM_IMPUTATION = 33,    /* ROAD's noise; part = order, sample = number of the part, element = c, y, x */
    ATTR_STREAM_SEEDS = 34,         /* the pixels that information curves begin with; element = draw */
    ATTR_STREAM_ROBUSTNESS = 40,    /* noise of robustness.h: uniform (part 0), normal (part 1); sample = copy */
    ATTR_STREAM_DREAM = 50,         /* where dreams start (part 0), views of them (part 1, sample = step) */
    ATTR_STREAM_ATTACK = 51         /* where attacks start; sample = number of the victim, element = c, y, x */
} attr_stream;

typedef struct {
    uint64_t seed;
    attr_stream stream;
    uint32_t part; /* what the stream is split into; 0 where its description names none */
    uint64_t sample;
} attr_random;

typedef enum { ATTR_NOISE_ADDITIVE, ATTR_NOISE_MULTIPLICATIVE } attr_noise;

/* Each writes the elements offset .. offset + n - 1 to out[0 .. n-1]. Long ranges are shared among the threads, unless
 * the caller is one of several already. Numbers are made 128 at a time: much shorter ranges take as long. */
void attr_random_bits(uint32_t *out, const attr_random *random, uint64_t offset, size_t n);
void attr_random_uniform(float *out, const attr_random *random, uint64_t offset, size_t n);
void attr_random_normal(float *out, const attr_random *random, uint64_t offset, size_t n);

/* Puts noise on values without storing the noise; z is the normal of element offset + i:
 *   ATTR_NOISE_ADDITIVE        out[i] = fma(sigma, z, in[i])
 *   ATTR_NOISE_MULTIPLICATIVE  out[i] = in[i] * fma(sigma, z, 1)
 * `out` may be `in`, but not overlap it otherwise. */
void attr_random_perturb(float *out, const float *in, const attr_random *random, float sigma, attr_noise noise,
                         uint64_t offset, size_t n);

/* An array of parameters, as it is (sigma 0) or with noise on it that is made whenever it is read. */
typedef struct {
    const float *values;
    attr_random random;
    float sigma;
    attr_noise noise;
} attr_noisy_array;

/* Parameters are told apart by their layer and array: the `part` of streams for weights. */
enum { ATTR_ARRAY_WEIGHTS, ATTR_ARRAY_BIASES, ATTR_ARRAY_SCALES, ATTR_ARRAYS };
static inline uint32_t attr_array_part(int layer, int array) {
    return (uint32_t)(layer * ATTR_ARRAYS + array);
}

/* The elements first .. first + n - 1: where they stand, or, if there is noise, made in scratch[0 .. n-1]. */
const float *attr_noisy_read(float *scratch, const attr_noisy_array *a, uint64_t first, size_t n);

/* The same for who wants few elements at a time: what all calls have in common is made once. A call makes the elements
 * first .. first + ATTR_NOISE_GROUP - 1 of an array with noise; `first` is a multiple of four. */
enum { ATTR_NOISE_GROUP = 128 };
typedef struct {
    attr_aes_key key;
    uint64_t sample;
    int purpose; /* random.c's */
    float sigma;
} attr_random_recipe;
typedef struct {
    const float *values;
    attr_random_recipe recipe;
} attr_noise_reader;
attr_noise_reader attr_noise_reader_of(const attr_noisy_array *a);
void attr_noise_read_group(float out[ATTR_NOISE_GROUP], const attr_noise_reader *r, uint64_t first);

#endif
