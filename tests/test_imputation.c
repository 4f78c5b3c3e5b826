/* The solver of the imputation against factorisation of its equations: masks, sizes, channels, ranges; its multigrid.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/imputation.h"
#include "metrics/imputation_grids.h"
#include "engine_pair.h"
#include "small_network.h"

enum { margin_x = 2, margin_y = 1 };

static attr_region region_of(int channels, int h, int w) {
    return (attr_region){channels, h + 2 * margin_y, w + 2 * margin_x, margin_x, margin_y, w, h};
}

/* ---- Masks */

typedef enum { HALF, SPARSE, BLOCKS, ONE_BLOCK, CORRIDORS, CHECKERS, ONE_MISSING, ONE_KNOWN, mask_kinds } mask_kind;

static bool is_missing(mask_kind kind, int y, int x, int h, int w, const double *dice) {
    switch (kind) {
    case HALF:
        return dice[y * w + x] < .5;
    case SPARSE:
        return dice[y * w + x] < .98;
    case BLOCKS:
        return dice[y / 7 * w + x / 7] < .7;
    case ONE_BLOCK:
        return y > 0 && x > 1;
    case CORRIDORS:
        return y % 2 || x == (y / 2 % 2 ? 0 : w - 1);
    case CHECKERS:
        return (y + x) % 2;
    case ONE_MISSING:
        return y == h / 2 && x == w / 2;
    default:
        return y != h / 3 || x != w / 2;
    }
}

/* One pixel at least is known. Returns the number of missing ones. */
static size_t draw_mask(unsigned char *missing, mask_kind kind, int h, int w) {
    double *dice = test_allocate((size_t)(h * w), sizeof *dice);
    size_t count = 0;
    for (int i = 0; i < h * w; i++) dice[i] = test_uniform(0, 1);
    for (int i = 0; i < h * w; i++) missing[i] = is_missing(kind, i / w, i % w, h, w, dice);
    missing[h / 3 * w + w / 2] &= kind == ONE_MISSING;
    for (int i = 0; i < h * w; i++) count += missing[i];
    free(dice);
    return count;
}

/* ---- The equations of all pixels, those of known ones being z = 0; their lower band, factorised as L D L' */

typedef struct {
    int h, w, band;
    double *of; /* [h * w][band + 1]: row i, columns i - band .. i */
} equations;

static double *at(const equations *e, int i, int j) {
    return e->of + i * (e->band + 1) + j - i + e->band;
}

static double weight(int dy, int dx) {
    return dy && dx ? 1. / 12 : dy || dx ? 1. / 6 : 0;
}

static bool inside(const equations *e, int y, int x) {
    return y >= 0 && y < e->h && x >= 0 && x < e->w;
}

static void set_row(equations *e, const unsigned char *missing, int i) {
    double sum = 0;
    for (int k = 0; k < 9; k++) {
        int dy = k / 3 - 1, dx = k % 3 - 1, j = i + dy * e->w + dx;
        if (!inside(e, i / e->w + dy, i % e->w + dx)) continue;
        sum += weight(dy, dx);
        if (j < i && missing[i] && missing[j]) *at(e, i, j) = -weight(dy, dx);
    }
    *at(e, i, i) = missing[i] ? sum : 1;
}

static void factorise(equations *e) {
    for (int i = 0; i < e->h * e->w; i++) {
        int first = i > e->band ? i - e->band : 0;
        for (int j = first; j <= i; j++) {
            int k = j > e->band ? j - e->band : 0;
            double sum = *at(e, i, j);
            for (k = k < first ? first : k; k < j; k++) sum -= *at(e, i, k) * *at(e, j, k);
            *at(e, i, j) = j == i ? sqrt(sum) : sum / *at(e, j, j);
        }
    }
}

static equations equations_of(const unsigned char *missing, int h, int w) {
    equations e = {h, w, w + 1, NULL};
    e.of = test_allocate((size_t)(h * w * (e.band + 1)), sizeof *e.of);
    for (int i = 0; i < h * w; i++) set_row(&e, missing, i);
    factorise(&e);
    return e;
}

/* z[h * w], the right side first. */
static void solve(const equations *e, double *z) {
    int n = e->h * e->w;
    for (int i = 0; i < n; i++) {
        for (int j = i > e->band ? i - e->band : 0; j < i; j++) z[i] -= *at(e, i, j) * z[j];
        z[i] /= *at(e, i, i);
    }
    for (int i = n; i-- > 0;) {
        for (int j = i + 1; j < n && j <= i + e->band; j++) z[i] -= *at(e, j, i) * z[j];
        z[i] /= *at(e, i, i);
    }
}

static void impute_directly(double *z, const equations *e, const float *plane, const unsigned char *missing,
                            const attr_region *r) {
    for (int i = 0; i < e->h * e->w; i++) {
        z[i] = 0;
        for (int k = 0; k < 9 && missing[i]; k++) {
            int dy = k / 3 - 1, dx = k % 3 - 1, j = i + dy * e->w + dx;
            if (inside(e, i / e->w + dy, i % e->w + dx) && !missing[j])
                z[i] += weight(dy, dx) * plane[attr_picture_place(r, (size_t)j)];
        }
    }
    solve(e, z);
    for (int i = 0; i < e->h * e->w; i++)
        if (!missing[i]) z[i] = plane[attr_picture_place(r, (size_t)i)];
}

/* ---- */

typedef struct {
    float least, most;
} range;

/* Right to 5e-7 of the range, beside rounding; padding is as it was, and nothing was read where pixels miss. */
static void check(mask_kind kind, int channels, int h, int w, range of) {
    attr_region r = region_of(channels, h, w);
    size_t plane = (size_t)r.height * (size_t)r.width, n = (size_t)(h * w);
    float *x = test_allocate((size_t)channels * plane, sizeof *x),
          *found = test_allocate((size_t)channels * plane, sizeof *x);
    unsigned char *missing = test_allocate(n, 1);
    double *z = test_allocate(n, sizeof *z);
    double allowed = 5e-7 * (of.most - of.least) + 1.2e-7 * fmax(fabs(of.least), fabs(of.most));
    draw_mask(missing, kind, h, w);
    equations e = equations_of(missing, h, w);
    for (size_t i = 0; i < (size_t)channels * plane; i++) x[i] = (float)test_uniform(of.least, of.most);
    memcpy(found, x, (size_t)channels * plane * sizeof *x);
    for (size_t c = 0; c < (size_t)channels; c++)
        for (size_t i = 0; i < n; i++)
            if (missing[i]) found[c * plane + attr_picture_place(&r, i)] = NAN;
    cr_assert_eq(attr_impute_linear(found, missing, &r), ATTR_OK, "mask %d, %d x %d x %d, from %g: %s", kind, channels,
                 h, w, of.least, attr_error_message());
    for (size_t c = 0; c < (size_t)channels; c++) {
        impute_directly(z, &e, x + c * plane, missing, &r);
        for (size_t i = 0; i < n; i++) x[c * plane + attr_picture_place(&r, i)] = (float)z[i];
    }
    for (size_t i = 0; i < (size_t)channels * plane; i++)
        cr_assert(fabs(found[i] - x[i]) <= allowed, "mask %d, %d x %d x %d, %zu: %.9g, expected %.9g +- %g", kind,
                  channels, h, w, i, found[i], x[i], allowed);
    free(x);
    free(found);
    free(missing);
    free(z);
    free(e.of);
}

Test(imputation, solves_its_equations_for_any_mask_and_size) {
    static const int sizes[][2] = {{1, 2}, {2, 1}, {2, 2}, {1, 300}, {301, 1}, {3, 97}, {17, 16}, {37, 53}, {64, 33}};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (mask_kind kind = 0; kind < mask_kinds; kind++) check(kind, 3, sizes[k][0], sizes[k][1], (range){0, 1});
}

Test(imputation, solves_its_equations_for_any_number_of_channels_and_range) {
    static const range ranges[] = {{0, 1}, {-2.5f, 3}, {1000, 1001}, {0, 1e-30f}, {-1e30f, 1e30f}, {.7f, .7f}};
    for (int channels = 1; channels <= 9; channels += 2) check(BLOCKS, channels, 23, 31, (range){0, 1});
    for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++) {
        check(BLOCKS, 3, 23, 31, ranges[k]);
        check(SPARSE, 3, 23, 31, ranges[k]);
    }
}

Test(imputation, of_one_known_pixel_is_that_pixel) {
    attr_region r = {1, 70, 45, 0, 0, 45, 70};
    float x[70 * 45] = {0};
    unsigned char missing[70 * 45];
    memset(missing, 1, sizeof missing);
    missing[1234] = 0;
    x[1234] = .3f;
    cr_assert_eq(attr_impute_linear(x, missing, &r), ATTR_OK, "%s", attr_error_message());
    for (int i = 0; i < 70 * 45; i++) cr_assert_eq(x[i], .3f, "%d: %.9g", i, x[i]);
}

Test(imputation, of_nothing_missing_changes_nothing_and_of_everything_is_an_error) {
    attr_region r = {1, 2, 3, 0, 0, 3, 2};
    float x[] = {1, 2, 3, 4, 5, 6}, wrong[] = {1, 2, NAN, 4, 5, 6};
    cr_expect_eq(attr_impute_linear(x, (unsigned char[6]){0}, &r), ATTR_OK);
    for (int i = 0; i < 6; i++) cr_expect_eq(x[i], i + 1, "%d: %g", i, x[i]);
    cr_expect_eq(attr_impute_linear(x, (unsigned char[]){1, 1, 1, 1, 1, 1}, &r), ATTR_NUMERIC);
    cr_expect_eq(attr_impute_linear(wrong, (unsigned char[]){1, 0, 0, 0, 0, 0}, &r), ATTR_NUMERIC);
}

static double apply_cycle(attr_imputation_grids *g, const double *r, const double *with) {
    double product = 0;
    for (size_t i = 0; i < g->grid->count; i++) g->grid->r[g->grid->places[i]] = (attr_four_floats){(float)r[i]};
    attr_imputation_cycle(g);
    for (size_t i = 0; i < g->grid->count; i++) product += with[i] * g->grid->x[g->grid->places[i]][0];
    return product;
}

/* What conjugate gradients ask of their preconditioner: (a, M b) = (M a, b), (a, M a) > 0. */
Test(imputation, has_a_symmetric_positive_cycle) {
    enum { h = 29, w = 38, n = h * w };
    for (mask_kind kind = 0; kind < mask_kinds; kind++) {
        attr_imputation_grids g;
        unsigned char missing[n];
        double a[n], b[n];
        draw_mask(missing, kind, h, w);
        cr_assert_eq(attr_imputation_grids_make(&g, missing, h, w), ATTR_OK, "%s", attr_error_message());
        for (size_t i = 0; i < g.grid->count; i++) {
            a[i] = test_uniform(-1, 1);
            b[i] = test_uniform(-1, 1);
        }
        double ab = apply_cycle(&g, b, a), ba = apply_cycle(&g, a, b), aa = apply_cycle(&g, a, a);
        cr_expect(fabs(ab - ba) < 1e-5 * aa, "mask %d: %.9g, %.9g", kind, ab, ba);
        cr_expect(aa > 0, "mask %d: %g", kind, aa);
        attr_imputation_grids_free(&g);
    }
}
