#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define DRAWS 1000000

static float *normals(attr_random random) {
    float *out = malloc(DRAWS * sizeof *out);
    attr_random_normal(out, &random, 0, DRAWS);
    return out;
}

static void check_words(const uint32_t expected[4], const uint32_t counter[4], const uint32_t key[4]) {
    uint32_t out[4];
    attr_threefry(out, counter, key);
    for (int i = 0; i < 4; i++)
        cr_expect(out[i] == expected[i], "key %08x.., counter %08x.., word %d: %08x, published %08x", key[0],
                  counter[0], i, out[i], expected[i]);
}

/* The test vectors that Random123 publishes for threefry4x32 with 20 rounds. */
Test(random, threefry_gives_the_published_answers) {
    uint32_t zeros[4] = {0}, ones[4] = {~0u, ~0u, ~0u, ~0u};
    uint32_t pi_counter[4] = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344};
    uint32_t pi_key[4] = {0xa4093822, 0x299f31d0, 0x082efa98, 0xec4e6c89};
    check_words((uint32_t[]){0x9c6ca96a, 0xe17eae66, 0xfc10ecd4, 0x5256a7d8}, zeros, zeros);
    check_words((uint32_t[]){0x2a881696, 0x57012287, 0xf6c7446e, 0xa16a6732}, ones, ones);
    check_words((uint32_t[]){0x59cd1dbb, 0xb8879579, 0x86b5d00c, 0xac8b6d84}, pi_counter, pi_key);
}

/* Computed from the header's text alone, in Python; seed, sample and block use both of their words. */
Test(random, values_follow_the_documented_layout) {
    const attr_random random = {0x123456789abcdef0, ATTR_STREAM_WEIGHT_NOISE, 77, (5ull << 32) + 9};
    const uint64_t offset = (3ull << 34) + 2;
    const uint32_t bits[7] = {0x39d19664, 0x12efb3f4, 0x23dd54b1, 0xb9f4d045, 0x65620e51, 0xba7615cd, 0x419faaf3};
    const float uniform[7] = {0x1.ce8cbp-3f,  0x1.2efb3p-4f,  0x1.1eeaap-3f, 0x1.73e9ap-1f,
                              0x1.958838p-2f, 0x1.74ec2ap-1f, 0x1.067ea8p-2f};
    const float normal[7] = {0x1.8ac3bcp+0f, 0x1.8bdee2p-1f,  -0x1.2c0c8ep-2f, -0x1.f5fb54p+0f,
                             -0x1.79c4cp-3f, -0x1.5938eap+0f, -0x1.92948cp+0f};
    uint32_t b[7];
    float u[7], z[7];
    attr_random_bits(b, &random, offset, 7);
    attr_random_uniform(u, &random, offset, 7);
    attr_random_normal(z, &random, offset, 7);
    for (int i = 0; i < 7; i++) {
        cr_expect(b[i] == bits[i], "bits, element %d: %08x, expected %08x", i, b[i], bits[i]);
        cr_expect(u[i] == uniform[i], "uniform, element %d: %a, expected %a", i, u[i], uniform[i]);
        cr_expect(fabsf(z[i] - normal[i]) <= 1e-7f * fabsf(normal[i]), "normal, element %d: %a, expected %a", i, z[i],
                  normal[i]);
    }
}

/* Against the functions of the C library; what is left to chance is the rounding of a double that lies between two
 * floats, about once in 10^8. */
Test(random, normals_are_box_muller_of_the_words_rounded_once) {
    const attr_random random = {3, ATTR_STREAM_CHECK, 0, 0};
    uint32_t *bits = malloc(DRAWS * sizeof *bits);
    float *z = normals(random);
    size_t rounded_otherwise = 0;
    attr_random_bits(bits, &random, 0, DRAWS);
    for (size_t i = 0; i < DRAWS; i++) {
        double radius = sqrt(-2 * log((bits[i & ~(size_t)1] + 1.0) / 4294967296.0));
        double angle = 2 * M_PI * (bits[i | 1] / 4294967296.0);
        double expected = radius * (i % 2 ? sin(angle) : cos(angle));
        cr_assert(fabs(z[i] - expected) <= 0x1p-23 * fabs(expected), "element %zu: %a, expected %a", i, z[i], expected);
        rounded_otherwise += z[i] != (float)expected;
    }
    cr_expect(rounded_otherwise <= 3, "%zu of %d normals are rounded otherwise", rounded_otherwise, DRAWS);
    free(bits);
    free(z);
}

Test(random, uniforms_fill_the_unit_interval_evenly) {
    const attr_random random = {1, ATTR_STREAM_BASELINE, 0, 0};
    float *u = malloc(DRAWS * sizeof *u);
    attr_random_uniform(u, &random, 0, DRAWS);
    int counts[64] = {0};
    double chi2 = 0;
    for (int i = 0; i < DRAWS; i++) {
        cr_assert(u[i] >= 0 && u[i] < 1, "element %d is %a", i, u[i]);
        counts[(int)(u[i] * 64)]++;
    }
    for (int k = 0; k < 64; k++) chi2 += pow(counts[k] - DRAWS / 64.0, 2) / (DRAWS / 64.0);
    cr_expect(chi2 > 25 && chi2 < 130, "chi square of 64 cells is %g (63 expected, standard deviation 11)", chi2);
    free(u);
}

static void check_z(double z, const char *what, double where, uint64_t seed) {
    cr_expect(fabs(z) < 4.5, "%s%g, seed %llu: off by %.2f standard errors", what, where, (unsigned long long)seed, z);
}

Test(random, normals_have_the_moments_and_the_distribution_of_normals) {
    for (uint64_t seed = 1; seed <= 3; seed++) {
        float *z = normals((attr_random){seed, ATTR_STREAM_INPUT_NOISE, 0, seed});
        double sum[5] = {0}, below[9] = {0};
        for (int i = 0; i < DRAWS; i++) {
            for (int power = 1; power <= 4; power++) sum[power] += pow(z[i], power);
            for (int k = 0; k < 9; k++) below[k] += z[i] < k - 4;
        }
        const double mean[5] = {0, 0, 1, 0, 3}, variance[5] = {0, 1, 2, 15, 96}; /* of z to the power */
        for (int power = 1; power <= 4; power++)
            check_z((sum[power] - DRAWS * mean[power]) / sqrt(DRAWS * variance[power]), "moment ", power, seed);
        for (int k = 0; k < 9; k++) {
            double p = 0.5 * erfc((4 - k) / sqrt(2));
            check_z((below[k] - DRAWS * p) / sqrt(DRAWS * p * (1 - p)), "share below ", k - 4, seed);
        }
        free(z);
    }
}

static double correlation(const float *a, const float *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)a[i] * b[i];
    return sum / sqrt((double)n); /* in standard errors */
}

Test(random, neighbours_are_independent) {
    float *z = normals((attr_random){1, ATTR_STREAM_INPUT_NOISE, 0, 0});
    for (int lag = 1; lag <= 9; lag++) check_z(correlation(z, z + lag, DRAWS - 9), "correlation at lag ", lag, 1);
    free(z);
}

Test(random, seeds_streams_parts_and_samples_give_independent_numbers) {
    const attr_random base = {1, ATTR_STREAM_INPUT_NOISE, 0, 0};
    const attr_random others[] = {
        {2, ATTR_STREAM_INPUT_NOISE, 0, 0},         {1ull << 32 | 1, ATTR_STREAM_INPUT_NOISE, 0, 0},
        {1, ATTR_STREAM_WEIGHT_NOISE, 0, 0},        {1, ATTR_STREAM_BASELINE, 0, 0},
        {1, ATTR_STREAM_RANDOM_WEIGHTS, 0, 0},      {1, ATTR_STREAM_CHECK, 0, 0},
        {1, ATTR_STREAM_INPUT_NOISE, 1, 0},         {1, ATTR_STREAM_INPUT_NOISE, 0, 1},
        {1, ATTR_STREAM_INPUT_NOISE, 0, 1ull << 32}};
    float *z = normals(base);
    for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
        float *other = normals(others[k]);
        size_t same = 0;
        for (int i = 0; i < DRAWS; i++) same += z[i] == other[i];
        cr_expect(same < 100, "variant %zu shares %zu of %d values", k, same, DRAWS);
        check_z(correlation(z, other, DRAWS), "correlation with variant ", (double)k, 1);
        free(other);
    }
    free(z);
}

Test(random, threads_do_not_change_a_bit) {
    const attr_random random = {5, ATTR_STREAM_INPUT_NOISE, 0, 2};
    omp_set_num_threads(1);
    float *expected = normals(random);
    for (int threads = 2; threads <= 5; threads++) {
        omp_set_num_threads(threads);
        float *z = normals(random);
        cr_expect(memcmp(z, expected, DRAWS * sizeof *z) == 0, "%d threads give other numbers than 1", threads);
        free(z);
    }
    free(expected);
}

Test(random, cutting_a_range_does_not_change_a_bit) {
    enum { N = 3000 };
    const attr_random random = {5, ATTR_STREAM_INPUT_NOISE, 0, 2};
    float whole[N], cut[N + 1];
    attr_random_normal(whole, &random, 1000, N);
    for (size_t piece = 1; piece <= 600; piece += piece < 20 ? 1 : 97) {
        memset(cut, 0, sizeof cut);
        for (size_t at = 0; at < N; at += piece)
            attr_random_normal(cut + at, &random, 1000 + at, at + piece < N ? piece : N - at);
        cr_expect(memcmp(whole, cut, sizeof whole) == 0, "pieces of %zu give other numbers than the whole", piece);
        cr_expect(cut[N] == 0, "pieces of %zu write past the end", piece);
    }
    cut[0] = 7;
    attr_random_normal(cut, &random, 3, 0);
    cr_expect(cut[0] == 7, "an empty range was written to");
}
