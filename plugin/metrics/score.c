#include "metrics/score.h"

#include <stdlib.h>

#include "metrics/score_rows.h"
#include "options/options.h"

static const char part_removed[] = "part of the pixels", windows_removed[] = "part of the windows",
                  parts_of_nine_tenths[] = "part of nine tenths of the pixels",
                  regions_flipped[] = "part of the regions", information[] = "part of the information";

enum { PARTNER = ATTR_NEEDS_PARTNER | ATTR_NEEDS_EXPLAINER };

/* clang-format off */
const attr_metric attr_metrics[] = {
    {"deletion", "faithfulness", "area under the score while pixels get the mean colour, the most important first (64 steps)",
     -1, 0, attr_score_deletion, NULL, part_removed},
    {"deletion_matched", "faithfulness", "the same of the best box for the detection (IoU x score) in each input",
     -1, ATTR_NEEDS_DETECTOR, attr_score_deletion_matched, NULL, part_removed},
    {"insertion", "faithfulness", "area while pixels come back into the mean colour, the most important first",
     1, 0, attr_score_insertion, NULL, part_removed},
    {"insertion_matched", "faithfulness", "the same of the best box for the detection in each input",
     1, ATTR_NEEDS_DETECTOR, attr_score_insertion_matched, NULL, part_removed},
    {"preservation", "faithfulness", "as deletion, the least important first",
     1, 0, attr_score_preservation, NULL, part_removed},
    {"preservation_matched", "faithfulness", "the same of the best box for the detection in each input",
     1, ATTR_NEEDS_DETECTOR, attr_score_preservation_matched, NULL, part_removed},
    {"pixel_flipping", "faithfulness", "what regions of a grid take away in the map's order more than in the opposite one",
     1, ATTR_AROUND_ZERO, attr_score_pixel_flipping, NULL, regions_flipped},
    {"pixel_flipping_matched", "faithfulness", "the same of the best box for the detection in each input",
     1, ATTR_AROUND_ZERO | ATTR_NEEDS_DETECTOR, attr_score_pixel_flipping_matched, NULL, regions_flipped},
    {"faithfulness_correlation", "faithfulness", "correlation of sums over 224 random pixels with the drop without them (*)",
     1, ATTR_AROUND_ZERO, NULL, attr_score_faithfulness_correlation, NULL},
    {"sensitivity_n", "faithfulness", "the same for subsets of several sizes, mean",
     1, ATTR_AROUND_ZERO, NULL, attr_score_sensitivity_n, NULL},
    {"infidelity", "faithfulness", "part of the drops by squares that no multiple of the map explains",
     -1, 0, NULL, attr_score_infidelity, NULL},
    {"road", "faithfulness", "remove and debias: score without the least minus without the most relevant, halved",
     1, ATTR_AROUND_ZERO, attr_score_road, NULL, parts_of_nine_tenths},
    {"road_matched", "faithfulness", "the same of the best box for the detection in each input",
     1, ATTR_AROUND_ZERO | ATTR_NEEDS_DETECTOR, attr_score_road_matched, NULL, parts_of_nine_tenths},
    {"aupc", "faithfulness", "area under the score while 30 salient windows get noise, the mean of 5 patches each (SmoothTaylor) (*)",
     -1, 0, attr_score_aupc, NULL, windows_removed},
    {"aupc_matched", "faithfulness", "the same of the best box for the detection in each input (*)",
     -1, ATTR_NEEDS_DETECTOR, attr_score_aupc_matched, NULL, windows_removed},
    {"sic", "faithfulness", "area under the probability over the picture's information, from a coarse picture on (GGIG's SIC) (*)",
     1, ATTR_NEEDS_PROBABILITY | ATTR_MEDIAN_CURVE, attr_score_sic, NULL, information},
    {"aic", "faithfulness", "the same for whether it is recognised, 1 or 0 (GGIG's AIC)",
     1, ATTR_NEEDS_PROBABILITY, attr_score_aic, NULL, information},
    {"pic", "faithfulness", "the same as sic, by the rules of XRAI's authors (PAIR); only for a probability of .8 or more (*)",
     1, ATTR_NEEDS_PROBABILITY | ATTR_MEDIAN_CURVE, attr_score_pic, NULL, information},
    {"retrieval", "faithfulness", "whether the picture times the map, 0 being the mean colour, is still recognised (RelEx)",
     1, 0, attr_score_retrieval, NULL, NULL},
    {"retrieval_random", "faithfulness", "its control: whether the map of a random other class makes the picture be taken for that",
     -1, ATTR_NEEDS_PROBABILITY | ATTR_NEEDS_EXPLAINER, attr_score_retrieval_random, NULL, NULL},
    {"partner_retrieval", "partner", "whether the partner times its own map is taken for what the picture is (RelEx, of an attacked picture)",
     1, PARTNER, attr_score_partner_retrieval, NULL, NULL},
    {"partner_retrieval_random", "partner", "its control: whether the partner times its map of a random other class is taken for that",
     -1, PARTNER | ATTR_NEEDS_PROBABILITY, attr_score_partner_retrieval_random, NULL, NULL},
    {"partner_overlap", "partner", "part of the largest values (1000 of 224 x 224) that are so in the partner's map, too",
     1, PARTNER, attr_score_partner_overlap, NULL, NULL},
    {"partner_spearman", "partner", "Spearman's correlation with the partner's map, of magnitudes",
     1, PARTNER, attr_score_partner_spearman, NULL, NULL},
    {"partner_ssim", "partner", "structural similarity with the partner's map, as grey pictures",
     1, PARTNER, attr_score_partner_ssim, NULL, NULL},
    {"partner_deletion", "partner", "deletion of the picture in the order of the partner's map",
     -1, PARTNER, attr_score_partner_deletion, NULL, part_removed},
    {"partner_preservation", "partner", "preservation of the picture in that order",
     1, PARTNER, attr_score_partner_preservation, NULL, part_removed},
    {"completeness", "axioms", "how far the map misses the sum that it promises, over that sum; undefined for what promises none",
     -1, 0, attr_score_completeness, NULL, NULL},
    {"input_invariance", "axioms", "change of the map, over the map, when -shift is added to the input and taken away by the first bias",
     -1, ATTR_NEEDS_EXPLAINER, attr_score_input_invariance, NULL, NULL},
    {"autvc", "noise", "total variation of the map over scales (SmoothTaylor)",
     -1, 0, attr_score_autvc, NULL, NULL},
    {"atv", "noise", "total variation of the map at its own scale",
     -1, 0, attr_score_atv, NULL, NULL},
    {"gini", "complexity", "Gini coefficient: 0 evenly spread, 1 in one place",
     1, 0, attr_score_gini, NULL, NULL},
    {"entropy", "complexity", "entropy of the magnitudes over its largest: 0 in one place, 1 evenly spread",
     -1, 0, attr_score_entropy, NULL, NULL},
    {"pointing_game", "localisation", "whether the largest value lies in the mask",
     1, ATTR_NEEDS_MASK, attr_score_pointing_game, NULL, NULL},
    {"mass_accuracy", "localisation", "part of the map's mass in the mask",
     1, ATTR_NEEDS_MASK, attr_score_mass_accuracy, NULL, NULL},
    {"energy", "localisation", "part of the map's mass in the box, whatever the mask",
     1, ATTR_NEEDS_DETECTOR, attr_score_energy, NULL, NULL},
    {"rank_accuracy", "localisation", "part of the K largest values in the mask of K pixels",
     1, ATTR_NEEDS_MASK, attr_score_rank_accuracy, NULL, NULL},
    {"localisation", "localisation", "part of the positive values' sum in the mask (*)",
     1, ATTR_NEEDS_MASK, attr_score_localisation, NULL, NULL},
    {"weighted_localisation", "localisation", "the same over the mask's part of the plane: 1 by chance (*)",
     1, ATTR_NEEDS_MASK, attr_score_weighted_localisation, NULL, NULL},
    {"roc_auc", "localisation", "probability that a pixel in the mask has the larger value",
     1, ATTR_NEEDS_MASK, attr_score_roc_auc, NULL, NULL},
    {"weighted_jaccard", "localisation", "map over its largest value, and soft mask: sum of the smaller over sum of the larger",
     1, ATTR_NEEDS_MASK, attr_score_weighted_jaccard, NULL, NULL},
    {"relevance_percent", "localisation", "part of the map's mass on the soft mask",
     1, ATTR_NEEDS_MASK, attr_score_relevance_percent, NULL, NULL},
    {"mask_pearson", "localisation", "Pearson's correlation of map and soft mask",
     1, ATTR_NEEDS_MASK | ATTR_AROUND_ZERO, attr_score_mask_pearson, NULL, NULL},
    {"mask_spearman", "localisation", "Spearman's correlation of map and soft mask",
     1, ATTR_NEEDS_MASK | ATTR_AROUND_ZERO, attr_score_mask_spearman, NULL, NULL},
    {"mask_ssim", "localisation", "structural similarity of map and soft mask, windows of 7 x 7, R = 1 (*)",
     1, ATTR_NEEDS_MASK | ATTR_AROUND_ZERO, attr_score_mask_ssim, NULL, NULL},
    {"mask_closeness", "localisation", "1 - mean squared difference of map and soft mask",
     1, ATTR_NEEDS_MASK, attr_score_mask_closeness, NULL, NULL},
    {"max_sensitivity", "robustness", "largest change of the map under uniform noise of 0.2 (10 copies)",
     -1, ATTR_NEEDS_EXPLAINER, attr_score_max_sensitivity, NULL, NULL},
    {"mean_sensitivity", "robustness", "mean change of the map under the same noise",
     -1, ATTR_NEEDS_EXPLAINER, attr_score_mean_sensitivity, NULL, NULL},
    {"top_overlap", "robustness", "part of the 1000 largest values that stay so under the same noise, mean",
     1, ATTR_NEEDS_EXPLAINER, attr_score_top_overlap, NULL, NULL},
    {"rank_correlation", "robustness", "Spearman's correlation of the map with those under the same noise, mean",
     1, ATTR_NEEDS_EXPLAINER, attr_score_rank_correlation, NULL, NULL},
    {"lipschitz", "robustness", "largest change of the map over that of the input, noise of 0.1 (10 copies)",
     -1, ATTR_NEEDS_EXPLAINER, attr_score_lipschitz, NULL, NULL},
    {"fidelity", "stability", "distance (l2, all channels) from the map without noise: the base's, or the gradient",
     -1, ATTR_NEEDS_EXPLAINER, attr_score_fidelity, NULL, NULL},
    {"stability", "stability", "distance (l2, all channels) from the map of the network second=WEIGHTS",
     -1, ATTR_NEEDS_EXPLAINER | ATTR_NEEDS_SECOND, attr_score_stability, NULL, NULL},
    {"stability_floor", "stability", "distance from a map of the same network with other random numbers: what stability has of chance",
     -1, ATTR_NEEDS_EXPLAINER, attr_score_stability_floor, NULL, NULL},
    {"stability_normalised", "stability", "the same as stability of maps of length 1, 0 to 2",
     -1, ATTR_NEEDS_EXPLAINER | ATTR_NEEDS_SECOND, attr_score_stability_normalised, NULL, NULL},
    {"stability_normalised_floor", "stability", "the same for other random numbers",
     -1, ATTR_NEEDS_EXPLAINER, attr_score_stability_normalised_floor, NULL, NULL},
    {"stability_ssim", "stability", "structural similarity with the second network's map, as grey pictures",
     1, ATTR_NEEDS_EXPLAINER | ATTR_NEEDS_SECOND, attr_score_stability_ssim, NULL, NULL},
    {"stability_ssim_floor", "stability", "the same for other random numbers",
     1, ATTR_NEEDS_EXPLAINER, attr_score_stability_ssim_floor, NULL, NULL},
    {"stability_overlap", "stability", "part of the tenth of the largest values that it has in common with the second network's map",
     1, ATTR_NEEDS_EXPLAINER | ATTR_NEEDS_SECOND, attr_score_stability_overlap, NULL, NULL},
    {"stability_overlap_floor", "stability", "the same for other random numbers",
     1, ATTR_NEEDS_EXPLAINER, attr_score_stability_overlap_floor, NULL, NULL},
    {NULL, NULL, NULL, 0, 0, NULL, NULL, NULL},
};
/* clang-format on */

const attr_metric *attr_metric_find(const char *name, const char **near) {
    char *names[sizeof attr_metrics / sizeof *attr_metrics];
    int count = 0;
    for (const attr_metric *m = attr_metrics; m->name; ++m) {
        if (attr_same_name(m->name, name)) return m;
        names[count++] = (char *)(uintptr_t)m->name;
    }
    *near = attr_nearest_name(name, names, count);
    return NULL;
}

bool attr_metric_lacks(const attr_metric *metric, const attr_scored_map *m) {
    unsigned traits = metric->traits;
    return (traits & ATTR_NEEDS_MASK && !m->mask) || (traits & ATTR_NEEDS_EXPLAINER && !m->explain) ||
           (traits & ATTR_NEEDS_DETECTOR && !m->matched) || (traits & ATTR_NEEDS_SECOND && !m->has_second) ||
           (traits & ATTR_NEEDS_PROBABILITY && !m->probability) || (traits & ATTR_NEEDS_PARTNER && !m->partner);
}
