/* The Hessian H of a target times a direction, by the network with rounded bends (attr_engine_create_smooth): what the
 * derivative of a function of a gradient map is made of. No second derivatives are propagated: it is the central
 * difference of two exact gradients,
 *
 *   H v = (g(x + h v) - g(x - h v)) / 2 h + O(h^2)    h = reach |x| / |v|  (l2)
 *
 * in which maxima keep the pixels that they take at x (attr_engine_hold_choices), as a framework's second backward
 * does; without that, what h v switches over would jump, and a jump divided by h does not vanish. Targets whose
 * derivative depends on x (probabilities, scores) are differentiated, too.
 *
 * Which h. The error has a part that grows with h^2, by the third derivative, which a softplus makes as large as beta^2
 * and layers multiply, and a part that grows with 1 / h, by the rounding of gradients. In double precision there is
 * room between both: with reach 1e-8, for the sign of the gradient as v, beta from 10 to 100, halving h changes H v by
 * 1e-7 to 6e-7 of itself for Tiny Darknet and by 1e-8 for Yolo-Fastest (logit of dog; dog.jpg). In single precision
 * there is none: 1e-2 at the best reach, 1e-6, and Tiny Darknet's H v is lost from 1e-4 on. So the engine has to be one
 * of double precision. */
#ifndef ATTR_ATTACKS_HESSIAN_H
#define ATTR_ATTACKS_HESSIAN_H

#include "targets/target.h"

#define ATTR_HESSIAN_REACH 1e-8

/* Work on one point x [size], the engine's inputs. */
typedef struct {
    attr_engine *engine; /* smooth, ATTR_F64, of batch 2 or more; sharpness set by the caller */
    const attr_target *target;
    double reach; /* ATTR_HESSIAN_REACH, unless the caller changes it */
    size_t size;
    double *x, *gradient; /* [size] the gradient of the target at x */
    double *moved, *other;
} attr_curvature;

attr_status attr_curvature_make(attr_curvature *out, attr_engine *smooth, const attr_target *target);
void attr_curvature_free(attr_curvature *c);

/* Goes to x: fills `x` and `gradient`. Sample 0 of the engine's last forward is x then, and other gradients can be
 * taken there until the next product. ATTR_NUMERIC when the gradient is not finite. */
attr_status attr_curvature_at(attr_curvature *c, const double *x);

/* out[size] = H v; `out` may be v. 0 for v = 0. Any number of them may follow attr_curvature_at(). */
attr_status attr_curvature_product(double *out, attr_curvature *c, const double *v);

#endif
