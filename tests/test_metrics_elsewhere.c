/* Metrics against the numbers of other people's programs, scikit-image 0.19.3 and SciPy 1.10.1, for planes that any
 * language makes bit for bit: s = (1103515245 s + 12345) mod 2^31 from s = k, number = floor(s / 2^7) / 2^24. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>

#include "metrics/complexity.h"
#include "metrics/localisation.h"
#include "metrics/pearson.h"
#include "metrics/rank.h"
#include "metrics/retrieval.h"
#include "metrics/similarity.h"

enum { HEIGHT = 19, WIDTH = 16, AREA = HEIGHT * WIDTH };

static void fill(double *plane, uint64_t state) {
    for (int i = 0; i < AREA; i++) {
        state = (state * 1103515245 + 12345) % 0x80000000u;
        plane[i] = (double)(state >> 7) / 0x1000000;
    }
}

static double a[AREA], b[AREA], c[AREA], q[AREA];

/* a and a plane that resembles it, a third for masks, and the second in steps of 1/8, so with ties. */
static void make_planes(void) {
    fill(a, 1);
    fill(b, 2);
    fill(c, 3);
    for (int i = 0; i < AREA; i++) b[i] = .5 * a[i] + .5 * b[i];
    for (int i = 0; i < AREA; i++) q[i] = floor(b[i] * 8) / 8;
}

static void expect(double found, double expected, const char *what) {
    cr_expect(fabs(found - expected) < 1e-13 * fmax(1, fabs(expected)), "%s: %.15g, expected %.15g", what, found,
              expected);
}

/* skimage.metrics.structural_similarity(a, b, ...) */
Test(elsewhere, scikit_image_similarity, .init = make_planes) {
    double of_maps, left[AREA], right[AREA];
    expect(attr_ssim_uniform(a, b, HEIGHT, WIDTH, 2), .67798728158538, "data_range=2");
    expect(attr_ssim_uniform(a, b, HEIGHT, WIDTH, 1), .67022437969268, "data_range=1");
    expect(attr_ssim_gaussian(a, b, HEIGHT, WIDTH, 1), .724782935773087,
           "data_range=1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False");
    expect(attr_ssim_flat(a, b, AREA), .591947470012558, "ravel(), win_size=7, data_range=max - min of both");
    for (int i = 0; i < AREA; i++) left[i] = a[i] - .4, right[i] = b[i] - .5;
    cr_assert_eq(attr_ssim_of_maps(&of_maps, left, right, HEIGHT, WIDTH), ATTR_OK);
    expect(of_maps, .391072530652207, "gaussian, of clip((|h| - min) / (percentile(|h|, 99) - min), 0, 1)");
}

/* scipy.stats.pearsonr(a, b), spearmanr(a, q) */
Test(elsewhere, scipy_correlations, .init = make_planes) {
    double spearman;
    expect(attr_pearson(a, b, AREA), .672117132997308, "pearsonr");
    cr_assert_eq(attr_spearman(&spearman, a, q, AREA), ATTR_OK);
    expect(spearman, .644176782382591, "spearmanr with ties");
}

/* scipy.stats.mannwhitneyu(q[m], q[~m]).statistic over the number of pairs, m = c > .7 */
Test(elsewhere, scipy_mann_whitney, .init = make_planes) {
    double mask[AREA], area;
    for (int i = 0; i < AREA; i++) mask[i] = c[i] > .7;
    const attr_masked_map m = {q, mask, HEIGHT, WIDTH, false};
    cr_assert_eq(attr_roc_area(&area, &m), ATTR_OK);
    expect(area, .488717622755443, "AUC with ties");
}

/* scipy.stats.entropy(a), binomtest(8, 10).proportion_ci(.95, method="wilson") */
Test(elsewhere, scipy_entropy_and_wilson, .init = make_planes) {
    expect(attr_entropy(a, AREA), 5.52851956964703, "entropy");
    expect(attr_wilson_interval(8, 10, .95).low, .4901624715366418, "wilson, low");
    expect(attr_wilson_interval(8, 10, .95).high, .9433178485456248, "wilson, high");
}
