/* Attacks on an explanation: the picture looks the same and is seen as the same, its gradient map says something else.
 * M is the map |g|, or |x (.) g|, made to sum to 1 (gradient_map.h), of the class that the picture is seen as before.
 *
 *   structured  M becomes a given map T. Dombrowski et al.: Explanations can be manipulated and geometry is to blame,
 *               NeurIPS 2019, with the settings of Lim, Lee, Kim (RelEx, CVPR 2021). Adam (Kingma, Ba 2015: .9, .999,
 *               1e-8) with learning rate `step`, from x on, of
 *
 *                 map_weight n^2 mean (M - T)^2 + keep_weight sum_k (p_k - p_k(x))^2
 *
 *               n is the number of the picture's pixels, p the class probabilities (of a detection its score alone).
 *               Published are 1e11 mean (M - T)^2 and 1e6 mean (p - p(x))^2 for 224 x 224 pixels and 1000 classes: in
 *               this form, which does not change its meaning with the size, 39.7 and 1000. beta grows in every
 *               iteration, beta_i = beta / 10 x 10^(i / iterations). There T is made with beta = 1000, here of the
 *               network itself. The authors' code throws the cut to pictures away; here every x is one.
 *
 *   topk        M leaves the k pixels where it was largest. Ghorbani, Abid, Zou: Interpretation of neural networks is
 *               fragile, AAAI 2019, likewise:
 *
 *                 x_(i+1) = project(x_i - step sign(d/dx sum of M over these pixels))
 *
 *               M's derivative by softplus of beta, but maps and predictions that are compared are those of the network
 *               itself. The result is the iterate of which the fewest of its own k largest pixels are among those and
 *               whose prediction is the same; it ends when there are none. The published step is far above epsilon:
 *               every iterate is a corner of the ball.
 *
 * Derivatives of M are exact up to a difference of gradients (hessian.h). A prediction is the same when the class is
 * the most probable one (of a detection: at its cell, with a score of `least_score` or more). */
#ifndef ATTR_ATTACKS_MAP_ATTACK_H
#define ATTR_ATTACKS_MAP_ATTACK_H

#include "attacks/gradient_map.h"
#include "attacks/pgd.h"

typedef struct {
    bool times_input;
    double epsilon; /* of the ball; infinite: no bound */
    double step;
    size_t iterations;
    double beta;
    /* structured */
    const double *wanted; /* T [height][width]; NULL: topk */
    double map_weight, keep_weight;
    /* topk */
    size_t top; /* k, 1 to the picture's pixels */
    double least_score;
} attr_map_attack_settings;

/* Published: 1e11 / 224^4, 1e6 / 1000. */
#define ATTR_MAP_WEIGHT  39.72
#define ATTR_KEEP_WEIGHT 1000.

/* Attacks one victim by a smooth engine of double precision and batch 2 or more (attr_engine_create_smooth);
 * out->losses has what is lowered: the structured loss, or the part of M on the k pixels of the network itself. out->x
 * of topk is x itself where no iterate was better. With `towards` set ATTR_BAD_INPUT: the prediction is to be kept.
 * Other errors as attr_pgd(). Progress counts iterations. */
attr_status attr_map_attack(attr_attacked *out, attr_engine *smooth, const attr_victim *victim,
                            const attr_map_attack_settings *settings, attr_progress progress, void *context);

/* M of a target at x [size] by an engine of any kind, which runs one sample. ATTR_NUMERIC when there is none, the
 * gradient being 0 everywhere or not finite. */
attr_status attr_attacked_map(double *map, attr_engine *e, const attr_target *target, const attr_region *region,
                              bool times_input, const float *x);

#endif
