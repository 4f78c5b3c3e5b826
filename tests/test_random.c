#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/dispatch.h"
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

static void check_float(float value, float expected, const char *what, int element) {
    cr_expect(memcmp(&value, &expected, sizeof value) == 0, "%s, element %d: %a, expected %a", what, element, value,
              expected);
}

/* Here and in the next two tests: computed from the header's text alone, in Python; seed, sample and block use both of
 * their words. */
Test(random, values_follow_the_documented_layout) {
    const attr_random random = {0x123456789abcdef0, ATTR_STREAM_WEIGHT_NOISE, 77, (5ull << 32) + 9};
    const uint64_t offset = (3ull << 34) + 2;
    const uint32_t bits[7] = {0x39d19664, 0x12efb3f4, 0x23dd54b1, 0xb9f4d045, 0x65620e51, 0xba7615cd, 0x419faaf3};
    const float uniform[7] = {0x1.ce8cbp-3f,  0x1.2efb3p-4f,  0x1.1eeaap-3f, 0x1.73e9ap-1f,
                              0x1.958838p-2f, 0x1.74ec2ap-1f, 0x1.067ea8p-2f};
    const float normal[7] = {0x1.8ac3bap+0f, 0x1.8bdee2p-1f,  -0x1.2c0c8ep-2f, -0x1.f5fb54p+0f,
                             -0x1.79c4cp-3f, -0x1.5938ecp+0f, -0x1.92948cp+0f};
    const float weights[7] = {0.3f, -1.7f, 2.9f, 0.01f, -0.6f, 11.3f, -5.1f}; /* with noise of sigma 0.2: */
    const float added[7] = {0x1.37817ep-1f,  -0x1.8b9ceap+0f, 0x1.6bb2e4p+1f, -0x1.87586ep-2f,
                            -0x1.4616a4p-1f, 0x1.60f82ep+3f,  -0x1.5a876cp+2f};
    const float multiplied[7] = {0x1.91f18ap-2f, -0x1.f67f7ep+0f, 0x1.5d724ap+1f, 0x1.8e5866p-8f,
                                 -0x1.27ddfp-1f, 0x1.08132p+3f,   -0x1.bf7becp+1f};
    uint32_t b[7];
    float u[7], z[7], plus[7], times[7];
    attr_random_bits(b, &random, offset, 7);
    attr_random_uniform(u, &random, offset, 7);
    attr_random_normal(z, &random, offset, 7);
    attr_random_perturb(plus, weights, &random, 0.2f, ATTR_NOISE_ADDITIVE, offset, 7);
    attr_random_perturb(times, weights, &random, 0.2f, ATTR_NOISE_MULTIPLICATIVE, offset, 7);
    for (int i = 0; i < 7; i++) {
        cr_expect(b[i] == bits[i], "bits, element %d: %08x, expected %08x", i, b[i], bits[i]);
        check_float(u[i], uniform[i], "uniform", i);
        check_float(z[i], normal[i], "normal", i);
        check_float(plus[i], added[i], "additive noise", i);
        check_float(times[i], multiplied[i], "multiplicative noise", i);
    }
}

/* Where the recipe takes another branch, and the ends of the words: Threefry run backwards says which samples and
 * blocks give them. */
Test(random, normals_follow_the_recipe_at_its_edges) {
    static const struct {
        uint64_t sample, block;
        uint32_t a, b;
        float normals[2];
    } cases[] = {
        {0x49ddc9819c609fdc, 0x372868fb275b2f1e, 0x00000000, 0x00000000, {0x1.aa449ap+2f, 0x0p+0f}},
        {0x7ebf5260193cc8b8, 0x02259f3afa4b4c91, 0x00000001, 0x00000001, {0x1.a38dfep+2f, 0x1.498478p-27f}},
        {0x71b2562f0a5efa53, 0x3ff5e0b93f5223c9, 0x00ffffff, 0x1fffffff, {0x1.2d6abep+1f, 0x1.2d6abep+1f}},
        {0x2016661a1f62725f, 0x383bc9f243d184fd, 0x01000001, 0x20000000, {0x1.2d6abep+1f, 0x1.2d6abep+1f}},
        {0x4b8ef049e2518b2f, 0x2cb383c845a52707, 0x5a827999, 0x3fffffff, {0x1.21efccp-29f, 0x1.7128acp+0f}},
        {0x76af037fae3145ba, 0x18b3e982b6e398d8, 0x7fffffbf, 0x40000000, {-0x0p+0f, 0x1.2d6acp+0f}},
        {0x0247d61b37745cc3, 0x2f205a440c789989, 0x7fffffff, 0x5fffffff, {-0x1.aa4498p-1f, 0x1.aa4498p-1f}},
        {0x147b87a060533697, 0x3a14be919f84d803, 0x80000000, 0x60000000, {-0x1.aa4498p-1f, 0x1.aa4498p-1f}},
        {0x3135091e5e2bc3c4, 0x155ff365a710e8ee, 0xb504f333, 0x80000000, {-0x1.aa449ap-1f, -0x0p+0f}},
        {0x90c5781f07f558e5, 0x3888ab6cb835cc13, 0xfeffffff, 0x9fffffff, {-0x1.004022p-4f, -0x1.004022p-4f}},
        {0x7582e82434e763d5, 0x3ad07dbcdd465334, 0xfffffffe, 0xdfffffff, {0x1.fffffep-17f, -0x1.fffffep-17f}},
        {0x681ee655186be9cf, 0x29e577b80a618151, 0xffffffff, 0xe0000000, {0x0p+0f, -0x0p+0f}},
        {0xe6b24839affaafa8, 0x29b3442f00602e38, 0x00000000, 0xffffffff, {0x1.aa449ap+2f, -0x1.4eca44p-27f}},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const attr_random random = {7, ATTR_STREAM_WEIGHT_NOISE, 1, cases[k].sample};
        uint32_t words[2];
        float z[2];
        attr_random_bits(words, &random, 4 * cases[k].block, 2);
        attr_random_normal(z, &random, 4 * cases[k].block, 2);
        cr_assert(words[0] == cases[k].a && words[1] == cases[k].b, "words %08x %08x, expected %08x %08x", words[0],
                  words[1], cases[k].a, cases[k].b);
        cr_expect(memcmp(z, cases[k].normals, sizeof z) == 0, "words %08x %08x give %a, %a, expected %a, %a", words[0],
                  words[1], z[0], z[1], cases[k].normals[0], cases[k].normals[1]);
    }
}

Test(random, a_long_range_of_normals_is_what_the_recipe_gives) {
    enum { N = 1 << 16 };
    const attr_random random = {11, ATTR_STREAM_INPUT_NOISE, 0, 3};
    static float z[N];
    uint64_t sum = 0;
    attr_random_normal(z, &random, 0, N);
    for (uint64_t i = 0; i < N; i++) {
        uint32_t bits;
        memcpy(&bits, &z[i], sizeof bits);
        sum += bits * (2 * i + 1);
    }
    cr_expect(sum == 0x7f5f4aae003265e6, "weighted sum of the bits: %#llx", (unsigned long long)sum);
}

/* Against the double functions of the C library. */
Test(random, normals_are_box_muller_of_the_words) {
    const attr_random random = {3, ATTR_STREAM_CHECK, 0, 0};
    uint32_t *bits = malloc(DRAWS * sizeof *bits);
    float *z = normals(random);
    attr_random_bits(bits, &random, 0, DRAWS);
    for (size_t i = 0; i < DRAWS; i++) {
        double radius = sqrt(-2 * log((bits[i & ~(size_t)1] + 1.0) / 4294967296.0));
        double angle = 2 * M_PI * (bits[i | 1] / 4294967296.0);
        double expected = radius * (i % 2 ? sin(angle) : cos(angle));
        cr_assert(fabs(z[i] - expected) <= 4e-7 * fabs(expected), "element %zu: %a, expected %a", i, z[i], expected);
    }
    free(bits);
    free(z);
}

/* What every function writes, one after the other; released by the caller. */
enum { KINDS = 5, PER_KIND = 5001 };
static float *all_kinds(void) {
    const attr_random random = {9, ATTR_STREAM_WEIGHT_NOISE, 4, 1};
    const uint64_t offset = (1ull << 34) - 1501; /* the block's number passes 2^32 */
    float *out = malloc(KINDS * PER_KIND * sizeof *out), *weights = malloc(PER_KIND * sizeof *weights);
    uint32_t bits[PER_KIND];
    for (int i = 0; i < PER_KIND; i++) weights[i] = 0.37f * (float)(i % 101 - 50);
    attr_random_bits(bits, &random, offset, PER_KIND);
    memcpy(out, bits, sizeof bits);
    attr_random_uniform(out + PER_KIND, &random, offset, PER_KIND);
    attr_random_normal(out + 2 * PER_KIND, &random, offset, PER_KIND);
    attr_random_perturb(out + 3 * PER_KIND, weights, &random, 0.3f, ATTR_NOISE_ADDITIVE, offset, PER_KIND);
    attr_random_perturb(out + 4 * PER_KIND, weights, &random, 0.3f, ATTR_NOISE_MULTIPLICATIVE, offset, PER_KIND);
    free(weights);
    return out;
}

/* The code for those generations that this CPU runs. */
Test(random, generations_of_the_cpu_do_not_change_a_bit) {
    attr_cpu_limit = ATTR_CPU_ANY;
    float *expected = all_kinds();
    for (attr_cpu generation = ATTR_CPU_V3; generation <= ATTR_CPU_V4; generation++) {
        if (!attr_cpu_runs(generation)) continue;
        attr_cpu_limit = generation;
        float *values = all_kinds();
        int differing = 0, first = 0;
        for (int i = KINDS * PER_KIND - 1; i >= 0; i--)
            if (memcmp(values + i, expected + i, sizeof *values) != 0) differing++, first = i;
        cr_expect(differing == 0, "generation %d: %d values differ, the first is element %d of kind %d: %a, plain %a",
                  (int)generation, differing, first % PER_KIND, first / PER_KIND, values[first], expected[first]);
        free(values);
    }
    free(expected);
}

Test(random, elements_of_a_range_are_what_they_are_alone) {
    const attr_random random = {9, ATTR_STREAM_WEIGHT_NOISE, 4, 1};
    float *values = all_kinds();
    for (int i = 0; i < PER_KIND; i++) {
        float alone;
        attr_random_normal(&alone, &random, (1ull << 34) - 1501 + (uint64_t)i, 1);
        check_float(values[2 * PER_KIND + i], alone, "normal of a range", i);
    }
    free(values);
}

/* What attr_random_perturb() documents, made of single operations. */
static float *perturbed_in_steps(const float *in, attr_random random, float sigma, attr_noise noise) {
    float *out = normals(random);
    for (int i = 0; i < DRAWS; i++) {
        volatile float scaled = sigma * out[i], factor = 1 + scaled; /* volatile: the compiler may fuse nothing */
        out[i] = noise == ATTR_NOISE_ADDITIVE ? in[i] + scaled : in[i] * factor;
    }
    return out;
}

Test(random, perturbing_is_drawing_then_adding_or_multiplying) {
    const attr_random random = {5, ATTR_STREAM_WEIGHT_NOISE, 6, 2};
    float *in = malloc(DRAWS * sizeof *in), *out = malloc(DRAWS * sizeof *out);
    attr_random_uniform(in, &(attr_random){1, ATTR_STREAM_CHECK, 0, 0}, 0, DRAWS);
    for (attr_noise noise = ATTR_NOISE_ADDITIVE; noise <= ATTR_NOISE_MULTIPLICATIVE; noise++) {
        float *expected = perturbed_in_steps(in, random, 0.2f, noise);
        for (int threads = 1; threads <= 3; threads++) {
            omp_set_num_threads(threads);
            attr_random_perturb(out, in, &random, 0.2f, noise, 0, DRAWS);
            cr_expect(memcmp(out, expected, DRAWS * sizeof *out) == 0, "noise %d, %d threads", (int)noise, threads);
            memcpy(out, in, DRAWS * sizeof *out);
            attr_random_perturb(out, out, &random, 0.2f, noise, 0, DRAWS);
            cr_expect(memcmp(out, expected, DRAWS * sizeof *out) == 0, "in place, noise %d, %d threads", (int)noise,
                      threads);
        }
        attr_random_perturb(out, in, &random, 0, noise, 0, DRAWS);
        cr_expect(memcmp(out, in, DRAWS * sizeof *out) == 0, "sigma 0 changes values, noise %d", (int)noise);
        free(expected);
    }
    free(in);
    free(out);
}

Test(random, threads_can_perturb_a_block_each) {
    const attr_random random = {5, ATTR_STREAM_WEIGHT_NOISE, 6, 2};
    enum { BLOCK = 70001 }; /* long enough to be shared among threads if it were alone */
    float *in = malloc(DRAWS * sizeof *in), *out = malloc(DRAWS * sizeof *out);
    attr_random_uniform(in, &(attr_random){1, ATTR_STREAM_CHECK, 0, 0}, 0, DRAWS);
    float *expected = perturbed_in_steps(in, random, 0.2f, ATTR_NOISE_MULTIPLICATIVE);
#pragma omp parallel for schedule(dynamic) num_threads(3)
    for (size_t at = 0; at < DRAWS; at += BLOCK)
        attr_random_perturb(out + at, in + at, &random, 0.2f, ATTR_NOISE_MULTIPLICATIVE, at,
                            at + BLOCK < DRAWS ? BLOCK : DRAWS - at);
    cr_expect(memcmp(out, expected, DRAWS * sizeof *out) == 0, "blocks of %d give other values than the whole", BLOCK);
    free(expected);
    free(in);
    free(out);
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
