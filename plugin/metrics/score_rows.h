/* What the table in score.c points to, and what these measures share. Private to the files score*.c. Measures of one
 * map are called with *out = NAN, and leave that where they are not defined. */
#ifndef ATTR_METRICS_SCORE_ROWS_H
#define ATTR_METRICS_SCORE_ROWS_H

#include "metrics/score.h"

#define ATTR_MEASURE(name) attr_status attr_score_##name(double *out, const attr_scored_map *m)
#define ATTR_MEASURE_ALL(name)                                                                                         \
    attr_status attr_score_##name(double *out, const attr_scored_map *m, const double *const *maps, size_t count)

/* score_faithfulness.c */
ATTR_MEASURE(deletion);
ATTR_MEASURE(deletion_matched);
ATTR_MEASURE(insertion);
ATTR_MEASURE(insertion_matched);
ATTR_MEASURE(preservation);
ATTR_MEASURE(preservation_matched);
ATTR_MEASURE(pixel_flipping);
ATTR_MEASURE(pixel_flipping_matched);
ATTR_MEASURE_ALL(faithfulness_correlation);
ATTR_MEASURE_ALL(sensitivity_n);
ATTR_MEASURE_ALL(infidelity);
ATTR_MEASURE(road);
ATTR_MEASURE(road_matched);
ATTR_MEASURE(aupc);
ATTR_MEASURE(aupc_matched);

/* score_information.c */
ATTR_MEASURE(sic);
ATTR_MEASURE(aic);
ATTR_MEASURE(pic);
ATTR_MEASURE(retrieval);
ATTR_MEASURE(retrieval_random);
ATTR_MEASURE(partner_retrieval);
ATTR_MEASURE(partner_retrieval_random);

/* score_map.c */
ATTR_MEASURE(autvc);
ATTR_MEASURE(atv);
ATTR_MEASURE(gini);
ATTR_MEASURE(entropy);
ATTR_MEASURE(completeness);

/* score_localisation.c */
ATTR_MEASURE(pointing_game);
ATTR_MEASURE(mass_accuracy);
ATTR_MEASURE(energy);
ATTR_MEASURE(rank_accuracy);
ATTR_MEASURE(localisation);
ATTR_MEASURE(weighted_localisation);
ATTR_MEASURE(roc_auc);
ATTR_MEASURE(weighted_jaccard);
ATTR_MEASURE(relevance_percent);
ATTR_MEASURE(mask_pearson);
ATTR_MEASURE(mask_spearman);
ATTR_MEASURE(mask_ssim);
ATTR_MEASURE(mask_closeness);

/* score_robustness.c */
ATTR_MEASURE(max_sensitivity);
ATTR_MEASURE(mean_sensitivity);
ATTR_MEASURE(top_overlap);
ATTR_MEASURE(rank_correlation);
ATTR_MEASURE(lipschitz);
ATTR_MEASURE(input_invariance);

/* score_stability.c */
ATTR_MEASURE(fidelity);
ATTR_MEASURE(stability);
ATTR_MEASURE(stability_normalised);
ATTR_MEASURE(stability_ssim);
ATTR_MEASURE(stability_overlap);
ATTR_MEASURE(stability_floor);
ATTR_MEASURE(stability_normalised_floor);
ATTR_MEASURE(stability_ssim_floor);
ATTR_MEASURE(stability_overlap_floor);

/* score_partner.c */
ATTR_MEASURE(partner_overlap);
ATTR_MEASURE(partner_spearman);
ATTR_MEASURE(partner_ssim);
ATTR_MEASURE(partner_deletion);
ATTR_MEASURE(partner_preservation);

/* ---- score_common.c */

size_t attr_score_area(const attr_scored_map *m);
size_t attr_score_size(const attr_scored_map *m); /* of `values` */
attr_region attr_score_region(const attr_scored_map *m);

/* Whether n values are all the same. */
bool attr_is_level(const double *values, size_t n);

/* Whether values[channels][net_h][net_w] are, in each channel, the same at all of the picture's pixels: then a map says
 * nothing of places, whatever it has on the bars. */
bool attr_score_is_even(const attr_scored_map *m, const double *values, int channels);

/* Copies the picture's part [fitted.h][fitted.w] of a plane [net_h][net_w]. */
void attr_score_crop(double *out, const attr_scored_map *m, const double *plane);

/* Sums of magnitudes over channels: grey[net_h][net_w] of values as a method makes them. */
void attr_score_grey(double *grey, const attr_scored_map *m, const double *values);

/* |map|, to be freed. */
attr_status attr_score_magnitudes(double **out, const attr_scored_map *m);

/* The curve of count >= 2 equally spaced scores, over `value`, at the points that all curves have. */
void attr_score_curve(const attr_scored_map *m, const double *scores, size_t count, double value);

/* The target's value at x. */
double attr_score_value_of(const attr_scored_map *m, const attr_target *target);

/* A map made once for all measures, in the room; *values is NULL where there is no such map. */
attr_status attr_score_made(const double **values, const attr_scored_map *m, attr_made_map kind);

#endif
