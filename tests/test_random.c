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

/* The examples of FIPS 197: its appendix B, and C.1. */
Test(random, blocks_are_encrypted_as_published) {
    static const struct {
        uint32_t key[4], block[4], encrypted[4];
    } cases[] = {{{0x16157e2b, 0xa6d2ae28, 0x8815f7ab, 0x3c4fcf09},
                  {0xa8f64332, 0x8d305a88, 0xa2983131, 0x340737e0},
                  {0x1d842539, 0xfb09dc02, 0x978511dc, 0x320b6a19}},
                 {{0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c},
                  {0x33221100, 0x77665544, 0xbbaa9988, 0xffeeddcc},
                  {0xd8e0c469, 0x30047b6a, 0x80b7cdd8, 0x5ac5b470}}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const attr_aes_key key = attr_aes_expand(cases[k].key);
        const uint32_t *block = cases[k].block;
        const uint64_t first = (uint64_t)block[1] << 32 | block[0], top = (uint64_t)block[3] << 32 | block[2];
        uint32_t out[4];
        attr_aes_count(out, &key, first, top, 1);
        for (int i = 0; i < 4; i++)
            cr_expect(out[i] == cases[k].encrypted[i], "case %zu, word %d: %08x, published %08x", k, i, out[i],
                      cases[k].encrypted[i]);
    }
}

/* Instructions of this CPU, where it has any, against plain C; the number of the block passes 2^64. */
Test(random, blocks_are_the_same_whatever_encrypts_them) {
    enum { BLOCKS = 101 };
    const attr_aes_key key = attr_aes_expand((uint32_t[]){0xfedcba98, 0x76543210, 1, 0x80000000});
    const uint64_t first = ~(uint64_t)0 - 50, top = 0x8000000000000001;
    uint32_t expected[4 * BLOCKS], out[4 * BLOCKS + 1];
    for (size_t i = 0; i < BLOCKS; i++) attr_aes_count(expected + 4 * i, &key, first + i, top, 1);
    for (attr_cpu generation = ATTR_CPU_ANY; generation <= ATTR_CPU_V4; generation++) {
        attr_cpu_limit = generation;
        for (size_t blocks = 0; blocks <= BLOCKS; blocks++) {
            for (int i = 0; i <= 4 * BLOCKS; i++) out[i] = 7;
            attr_aes_count(out, &key, first, top, blocks);
            cr_expect(memcmp(out, expected, 16 * blocks) == 0 && out[4 * blocks] == 7,
                      "generation %d, %zu blocks: others than one by one, or one too many", (int)generation, blocks);
        }
    }
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
    const uint32_t bits[7] = {0x02fc5cbf, 0xc2401880, 0x0ab7b61a, 0x0f1d1aff, 0x2b99ad8c, 0xa38002c8, 0x90187900};
    const float uniform[7] = {0x1.7e2ep-7f,   0x1.84803p-1f,  0x1.56f6cp-5f, 0x1.e3a34p-5f,
                              0x1.5ccd68p-3f, 0x1.470004p-1f, 0x1.2030f2p-1f};
    const float normal[7] = {0x1.515608p-3f,  -0x1.7d55acp+1f, 0x1.2c87dp+1f,  0x1.d3914p-1f,
                             -0x1.361e42p+0f, -0x1.70903ep+0f, -0x1.24608ep-1f};
    const float weights[7] = {0.3f, -1.7f, 2.9f, 0.01f, -0.6f, 11.3f, -5.1f}; /* with noise of sigma 0.2: */
    const float added[7] = {0x1.54ef02p-2f,  -0x1.25ddfp+1f, 0x1.af4e5ep+1f, 0x1.8a88aep-3f,
                            -0x1.af3f4ep-1f, 0x1.6062ccp+3f, -0x1.4db59cp+2f};
    const float multiplied[7] = {0x1.3d51f2p-2f,  -0x1.5fc8ecp-1f, 0x1.10c0fep+2f, 0x1.838754p-7f,
                                 -0x1.d18b16p-2f, 0x1.017b18p+3f,  -0x1.211f36p+2f};
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

/* Where the recipe takes another branch, and the ends of the words: AES run backwards says which samples and
 * blocks give them. */
Test(random, normals_follow_the_recipe_at_its_edges) {
    static const struct {
        uint64_t sample, block;
        uint32_t a, b;
        float normals[2];
    } cases[] = {
        {0xa7341955703588d0, 0x1a1bc6d9431f6b40, 0x00000000, 0x00000000, {0x1.aa449ap+2f, 0x0p+0f}},
        {0xe419b533186aa9da, 0x382d5c2a7b271951, 0x00000001, 0x00000001, {0x1.a38dfep+2f, 0x1.498478p-27f}},
        {0x910a13921790450d, 0x2ee98093596e33d6, 0x00ffffff, 0x1fffffff, {0x1.2d6abep+1f, 0x1.2d6abep+1f}},
        {0xe782a73323fd7915, 0x2d9c511e102dd7b3, 0x01000001, 0x20000000, {0x1.2d6abep+1f, 0x1.2d6abep+1f}},
        {0x814c82bd8d2e865e, 0x248199c71706fda7, 0x5a827999, 0x3fffffff, {0x1.21efccp-29f, 0x1.7128acp+0f}},
        {0x89eb83afdefe55d7, 0x267b263fa1915092, 0x7fffffbf, 0x40000000, {-0x0p+0f, 0x1.2d6acp+0f}},
        {0x11393651a47fbe46, 0x13c866212e0c43be, 0x7fffffff, 0x5fffffff, {-0x1.aa4498p-1f, 0x1.aa4498p-1f}},
        {0xd2638f19d0387350, 0x23c540f783eebf0e, 0x80000000, 0x60000000, {-0x1.aa4498p-1f, 0x1.aa4498p-1f}},
        {0x0c18554c36e6b1e6, 0x2e35c5c226ce7255, 0xb504f333, 0x80000000, {-0x1.aa449ap-1f, -0x0p+0f}},
        {0x99da9f33bd4a5c33, 0x2f28f012b8ccdd56, 0xfeffffff, 0x9fffffff, {-0x1.004022p-4f, -0x1.004022p-4f}},
        {0x04e6cd7384b24ed7, 0x06f3d30905fb63c8, 0xfffffffe, 0xdfffffff, {0x1.fffffep-17f, -0x1.fffffep-17f}},
        {0x133b51b41107eb1f, 0x032e47279c8f7315, 0xffffffff, 0xe0000000, {0x0p+0f, -0x0p+0f}},
        {0xfe280b072b364c22, 0x1e49753e8c79ac04, 0x00000000, 0xffffffff, {0x1.aa449ap+2f, -0x1.4eca44p-27f}},
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
    cr_expect(sum == 0x7f59f0d4550986f3, "weighted sum of the bits: %#llx", (unsigned long long)sum);
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
        out[i] = noise == ATTR_NOISE_ADDITIVE ? fmaf(sigma, out[i], in[i]) : in[i] * fmaf(sigma, out[i], 1);
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
