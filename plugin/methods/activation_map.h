/* The arithmetic of the methods that look at a layer: from its activations A and the target's derivatives G by them, c
 * channels of h x w places, to one plane. All sums are in double precision, channel after channel.
 *
 *   gradcam                sum over c of a_c A_c,  a_c = mean over places of G_c
 *                          Selvaraju et al.: Grad-CAM, ICCV 2017, equations 1 and 2
 *   gradcam_pp             sum over c of a_c A_c,  a_c = sum over places of alpha relu(G_c),
 *                          alpha = G^2 / (2 G^2 + (sum over places of A_c) G^3), 0 where the denominator is 0
 *                          Chattopadhyay et al.: Grad-CAM++, WACV 2018, equations 7 and 19
 *   layercam               sum over c of relu(G_c) A_c
 *                          Jiang et al.: LayerCAM, TIP 2021
 *   gradient_x_activation  sum over c of G_c A_c
 *                          Zhao, Chan: ODAM, ICLR 2023, which takes relu of it; G is not smoothed here
 *
 * With `relu` values below 0 become 0, as in the papers; without it they keep their sign.
 *
 * alpha is made of second and third derivatives in the paper. They are powers of G if the target is exp(S) and S is
 * piecewise linear in A: then Y = exp(S) falls out of alpha, and of a_c up to a factor that no map can show. So G is
 * that of S, the score before softmax or logistic, and the formula is exact for target=logit behind layers that are
 * piecewise linear; for other targets it is what the implementations make of it. */
#ifndef ATTR_METHODS_ACTIVATION_MAP_H
#define ATTR_METHODS_ACTIVATION_MAP_H

#include <stdbool.h>

#include "layers/tensor.h"
#include "options/options.h"

/* Writes plane [kept->h][kept->w] of a sample; `kept` has values A and gradient G. room: two planes. */
void attr_activation_map(double *plane, const attr_tensor *kept, int sample, attr_method_word method, bool relu,
                         double *room);

/* Brings a plane of h x w to H x W by bilinear interpolation between the centres of its places, which are areas of
 * equal size side by side (align_corners = false); beyond the outermost centres the outermost values go on:
 *
 *   out[Y][X] = (h w) / (H W) x in((Y + 1/2) h / H - 1/2, (X + 1/2) w / W - 1/2)
 *
 * The factor makes it a density, as other maps are: where H and W are multiples of h and w the sum stays the same to
 * rounding, else about the same. A plane that is finer than H x W is sampled there. */
void attr_enlarge_plane(double *out, int H, int W, const double *in, int h, int w);

#endif
