/* Random numbers that are a function of what they are for, not of when they are drawn.
 *
 * value = f(seed, stream, part, sample, element), by the counter-based generator Threefry4x32 with 20 rounds (Salmon,
 * Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC'11). There is no state: results depend neither on
 * the number of threads, nor on the batch, nor on the order of the calls, nor on how a range of elements is cut into
 * calls, and every number can be made again in another language:
 *
 *   key     = { seed mod 2^32, seed / 2^32, stream, part }
 *   counter = { block mod 2^32, block / 2^32, sample mod 2^32, sample / 2^32 }      block = element / 4, rounded down
 *   words   = Threefry4x32-20(counter, key)                                         four words of 32 bits
 *
 *   bits     element 4 block + i is words[i]
 *   uniform  floor(words[i] / 2^8) / 2^24: in [0, 1), every value exact in float
 *   normal   Box-Muller on words 0, 1 (elements 0, 1 of the block) and on words 2, 3 (elements 2, 3):
 *            radius = sqrt(-2 log((first + 1) / 2^32)), angle = 2 pi second / 2^32;
 *            radius cos(angle) and radius sin(angle), computed in double, then rounded to float; at most 6.67.
 *            Mathematical libraries differ in the last bits of a double, so about one normal in 10^8 may differ in the
 *            last bit of the float.
 */
#ifndef ATTR_BASE_RANDOM_H
#define ATTR_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* What numbers are for. The value goes into the key: never change one, results would change. */
typedef enum {
    ATTR_STREAM_INPUT_NOISE = 1,    /* noise on the input; sample = number of the noisy copy, element = c, y, x */
    ATTR_STREAM_WEIGHT_NOISE = 2,   /* noise on parameters; part = layer and array, sample = number of the clone */
    ATTR_STREAM_BASELINE = 3,       /* noise baselines; sample = number of the baseline */
    ATTR_STREAM_RANDOM_WEIGHTS = 4, /* weights that replace trained ones; part = layer and array */
    ATTR_STREAM_CHECK = 5           /* directions and points of checks */
} attr_stream;

typedef struct {
    uint64_t seed;
    attr_stream stream;
    uint32_t part; /* what the stream is split into; 0 where its description names none */
    uint64_t sample;
} attr_random;

/* One block of Threefry4x32-20 as published. */
void attr_threefry(uint32_t out[4], const uint32_t counter[4], const uint32_t key[4]);

/* Each writes the elements offset .. offset + n - 1 to out[0 .. n-1]. */
void attr_random_bits(uint32_t *out, const attr_random *random, uint64_t offset, size_t n);
void attr_random_uniform(float *out, const attr_random *random, uint64_t offset, size_t n);
void attr_random_normal(float *out, const attr_random *random, uint64_t offset, size_t n);

#endif
