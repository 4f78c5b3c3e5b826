/* Second derivatives: softplus by its formula, H v against differences of exact gradients taken element by element in
 * double precision, and symmetry. */
#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "attacks/gradient_map.h"
#include "attacks/hessian.h"
#include "engine_pair.h"
#include "small_network.h"

static const char *const nets[] = {
    "[net] height=6 width=5 channels=3 [convolutional] filters=8 size=3 pad=1 batch_normalize=1 activation=leaky "
    "[maxpool] size=2 stride=2 [convolutional] filters=4 size=3 pad=1 activation=relu [connected] output=4 "
    "activation=linear [softmax]",
    "[net] height=6 width=5 channels=3 [convolutional] filters=16 size=3 pad=1 activation=ramp [convolutional] "
    "filters=16 size=3 pad=1 activation=relie [shortcut] from=-2 activation=leaky [avgpool] [connected] output=4 "
    "activation=tanh [logistic]",
    "[net] height=6 width=5 channels=3 [convolutional] filters=16 size=3 pad=1 activation=leaky [maxpool] size=2 "
    "stride=1 [convolutional] filters=16 size=1 activation=linear [yolo] mask=0,1 anchors=2,3,4,5 num=2 classes=3",
};
enum { NETS = sizeof nets / sizeof *nets, INPUTS = 6 * 5 * 3 };

static const attr_region whole = {3, 6, 5, 0, 0, 5, 6};

typedef struct {
    network *net;
    attr_engine *single, *twin;
    attr_target *target;
    double x[INPUTS];
} smooth_pair;

static attr_target *target_of(attr_engine *e, const network *net, attr_quantity quantity) {
    attr_target *t = NULL;
    attr_detection d = {.layer = net->n - 1, .class_index = 1, .anchor = 1, .row = 3, .column = 2};
    if (!attr_is_detector(e)) return test_target(e, quantity, 2);
    cr_assert_eq(attr_target_of_detection(&t, e, ATTR_TARGET_AUTO, &d), ATTR_OK, "%s", attr_error_message());
    return t;
}

static void make(smooth_pair *out, int k, double beta, attr_quantity quantity) {
    omp_set_num_threads(1);
    out->net = make_test_network(nets[k], 1);
    cr_assert_eq(attr_engine_create_smooth(&out->single, out->net, ATTR_F32, 2), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_engine_create_smooth(&out->twin, out->net, ATTR_F64, 2), ATTR_OK, "%s", attr_error_message());
    attr_engine_set_sharpness(out->single, beta);
    attr_engine_set_sharpness(out->twin, beta);
    out->target = target_of(out->single, out->net, quantity);
    for (int i = 0; i < INPUTS; i++) out->x[i] = (float)test_uniform(0, 1);
}

static void release(smooth_pair *p) {
    attr_target_free(p->target);
    attr_engine_free(p->single);
    attr_engine_free(p->twin);
    free_test_network(p->net);
}

static void product(double *out, attr_engine *e, const smooth_pair *p, const double *v, double reach) {
    attr_curvature c;
    cr_assert_eq(attr_curvature_make(&c, e, p->target), ATTR_OK);
    c.reach = reach;
    cr_assert_eq(attr_curvature_at(&c, p->x), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_curvature_product(out, &c, v), ATTR_OK, "%s", attr_error_message());
    attr_curvature_free(&c);
}

static double norm(const double *v) {
    double sum = 0;
    for (int i = 0; i < INPUTS; i++) sum += v[i] * v[i];
    return sqrt(sum);
}

static double relative(const double *a, const double *b) {
    double difference[INPUTS];
    for (int i = 0; i < INPUTS; i++) difference[i] = a[i] - b[i];
    return norm(difference) / norm(b);
}

/* ---- softplus */

Test(hessian, softplus_by_its_formula) {
    network *net = make_test_network("[net] height=1 width=1 channels=1 [connected] output=1 activation=leaky", 1);
    attr_engine *e = NULL;
    cr_assert_eq(attr_engine_create_smooth(&e, net, ATTR_F64, 1), ATTR_OK);
    attr_target *t = test_target(e, ATTR_TARGET_LOGIT, 0);
    double w = net->layers[0].weights[0], b = net->layers[0].biases[0], g;
    for (double beta = 0.5; beta < 1e5; beta *= 7)
        for (double x = -3; x <= 3; x += 0.37) {
            double u = w * x + b, soft = beta * u > 30 ? u + exp(-beta * u) / beta : log(1 + exp(beta * u)) / beta;
            attr_engine_set_sharpness(e, beta);
            test_gradient(&g, e, t, &x);
            double value = attr_target_value(t, e, 0), slope = 0.1 + 0.9 / (1 + exp(-beta * u));
            cr_assert_float_eq(value, 0.1 * u + 0.9 * soft, 1e-12, "beta %g, u %g: %.17g", beta, u, value);
            cr_assert_float_eq(g, w * slope, 1e-12, "beta %g, u %g: %.17g", beta, u, g);
        }
    attr_target_free(t);
    attr_engine_free(e);
    free_test_network(net);
}

Test(hessian, softplus_goes_to_the_network_as_beta_grows) {
    for (int k = 0; k < NETS; k++) {
        smooth_pair p;
        make(&p, k, 1, ATTR_TARGET_LOGIT);
        engine_pair plain;
        engine_pair_make(&plain, nets[k], 1);
        double exact[INPUTS], g[INPUTS], before = INFINITY;
        test_gradient(exact, plain.twin, p.target, p.x);
        double value = attr_target_value(p.target, plain.twin, 0);
        for (double beta = 10; beta < 1e9; beta *= 100) {
            attr_engine_set_sharpness(p.twin, beta);
            test_gradient(g, p.twin, p.target, p.x);
            double off = relative(g, exact);
            cr_assert(off <= before, "%s: beta %g: %g after %g", nets[k], beta, off, before);
            before = off;
        }
        cr_assert_lt(before, 1e-6, "%s: %g", nets[k], before);
        attr_engine_set_sharpness(p.twin, INFINITY);
        attr_engine_set_sharpness(p.single, INFINITY);
        test_gradient(g, p.twin, p.target, p.x);
        cr_assert_lt(relative(g, exact), 1e-13, "%s", nets[k]);
        cr_assert_float_eq(attr_target_value(p.target, p.twin, 0), value, 1e-13);
        test_gradient(g, p.single, p.target, p.x);
        cr_assert_lt(relative(g, exact), 1e-5, "%s: %g", nets[k], relative(g, exact));
        engine_pair_free(&plain);
        release(&p);
    }
}

Test(hessian, other_bends_are_refused) {
    static const char *const words[] = {"plse", "stair", "hardtan", "lhtan", "selu"};
    char cfg[200];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        snprintf(cfg, sizeof cfg, "[net] height=2 width=2 channels=1 [connected] output=2 activation=%s", words[i]);
        network *net = make_test_network(cfg, 1);
        attr_engine *e = NULL;
        cr_assert_eq(attr_engine_create_smooth(&e, net, ATTR_F32, 2), ATTR_UNSUPPORTED, "%s", words[i]);
        cr_assert(strstr(attr_error_message(), words[i]), "%s", attr_error_message());
        free_test_network(net);
    }
}

/* ---- H v */

Test(hessian, product_is_the_difference_of_gradients_in_every_direction) {
    for (int k = 0; k < NETS; k++) {
        smooth_pair p;
        make(&p, k, 5, ATTR_TARGET_LOG_PROBABILITY);
        double v[INPUTS], hv[INPUTS], dense[INPUTS] = {0};
        for (int i = 0; i < INPUTS; i++) v[i] = test_uniform(-1, 1);
        product(hv, p.twin, &p, v, ATTR_HESSIAN_REACH);
        /* column by column: e_i, another step, fourth order */
        for (int i = 0; i < INPUTS; i++) {
            double unit[INPUTS] = {0}, one[INPUTS], two[INPUTS];
            unit[i] = 1;
            product(one, p.twin, &p, unit, 3e-4);
            product(two, p.twin, &p, unit, 6e-4);
            for (int j = 0; j < INPUTS; j++) dense[j] += v[i] * (4 * one[j] - two[j]) / 3;
        }
        cr_assert(norm(dense) > 1e-3, "%s: there is no curvature", nets[k]);
        cr_assert_lt(relative(hv, dense), 1e-7, "%s: %g", nets[k], relative(hv, dense));
        release(&p);
    }
}

Test(hessian, product_is_symmetric_and_linear) {
    for (int k = 0; k < NETS; k++) {
        smooth_pair p;
        make(&p, k, 8, ATTR_TARGET_LOGIT);
        double u[INPUTS], v[INPUTS], w[INPUTS], hu[INPUTS], hv[INPUTS], hw[INPUTS], uhv = 0, vhu = 0, off = 0;
        for (int i = 0; i < INPUTS; i++) {
            u[i] = test_uniform(-1, 1);
            v[i] = test_uniform(-1, 1);
            w[i] = 2 * u[i] - 3 * v[i];
        }
        product(hu, p.twin, &p, u, ATTR_HESSIAN_REACH);
        product(hv, p.twin, &p, v, ATTR_HESSIAN_REACH);
        product(hw, p.twin, &p, w, ATTR_HESSIAN_REACH);
        for (int i = 0; i < INPUTS; i++) {
            uhv += u[i] * hv[i];
            vhu += v[i] * hu[i];
            off = fmax(off, fabs(hw[i] - 2 * hu[i] + 3 * hv[i]));
        }
        cr_assert_lt(fabs(uhv - vhu), 1e-7 * norm(u) * norm(hv), "%s: %g and %g", nets[k], uhv, vhu);
        cr_assert_lt(off, 1e-6 * norm(hw), "%s: %g of %g", nets[k], off, norm(hw));
        memset(v, 0, sizeof v);
        product(hv, p.twin, &p, v, ATTR_HESSIAN_REACH);
        for (int i = 0; i < INPUTS; i++) cr_assert_eq(hv[i], 0);
        release(&p);
    }
}

/* A maximum with nearly equal rivals: held, the difference sees none of them. */
Test(hessian, maxima_are_held) {
    network *net = make_test_network("[net] height=2 width=2 channels=1 [maxpool] size=2 stride=2", 1);
    attr_engine *e = NULL;
    cr_assert_eq(attr_engine_create_smooth(&e, net, ATTR_F64, 2), ATTR_OK);
    attr_target *t = test_target(e, ATTR_TARGET_LOGIT, 0);
    attr_curvature c;
    double x[4] = {0.5, 0.5 - 1e-9, 0.2, 0.1}, v[4] = {-1, 1, 0, 0};
    cr_assert_eq(attr_curvature_make(&c, e, t), ATTR_OK);
    c.reach = 1e-3;
    cr_assert_eq(attr_curvature_at(&c, x), ATTR_OK);
    cr_assert_eq(c.gradient[0], 1);
    cr_assert_eq(attr_curvature_product(v, &c, v), ATTR_OK);
    for (int i = 0; i < 4; i++) cr_assert_eq(v[i], 0, "%d: %g", i, v[i]);
    double other[4] = {0.1, 0.5, 0.2, 0.1}; /* let go again */
    cr_assert_eq(attr_curvature_at(&c, other), ATTR_OK);
    cr_assert_eq(c.gradient[1], 1);
    attr_curvature_free(&c);
    attr_target_free(t);
    attr_engine_free(e);
    free_test_network(net);
}

/* ---- Functions of the map */

/* sum of weight x M at x + step in element i. */
static double function_of_map(smooth_pair *p, const attr_gradient_map *kind, const double *weight, int i, double step) {
    double x[INPUTS], g[INPUTS], map[INPUTS / 3], sum = 0;
    memcpy(x, p->x, sizeof x);
    x[i] += step;
    test_gradient(g, p->twin, p->target, x);
    attr_gradient_map_of(map, kind, g, x);
    for (int q = 0; q < INPUTS / 3; q++) sum += weight[q] * map[q];
    return sum;
}

Test(hessian, derivative_of_a_function_of_the_map) {
    for (int k = 0; k < NETS; k++)
        for (int times_input = 0; times_input < 2; times_input++) {
            smooth_pair p;
            make(&p, k, 5, ATTR_TARGET_LOGIT);
            attr_gradient_map kind = {whole, times_input};
            if (k == 1) kind.region = (attr_region){3, 6, 5, 1, 2, 4, 3}; /* with bars */
            attr_curvature c;
            double weight[INPUTS / 3], slope[INPUTS], differences[INPUTS], map[INPUTS / 3], sum = 0;
            for (int q = 0; q < INPUTS / 3; q++) weight[q] = test_uniform(-1, 1);
            cr_assert_eq(attr_curvature_make(&c, p.twin, p.target), ATTR_OK);
            cr_assert_eq(attr_curvature_at(&c, p.x), ATTR_OK);
            attr_gradient_map_of(map, &kind, c.gradient, c.x);
            for (int q = 0; q < INPUTS / 3; q++) sum += map[q];
            cr_assert_float_eq(sum, 1, 1e-12, "%g", sum);
            cr_assert_eq(attr_gradient_map_pull(slope, &kind, &c, weight), ATTR_OK);
            for (int i = 0; i < INPUTS; i++)
                differences[i] =
                    (function_of_map(&p, &kind, weight, i, 1e-6) - function_of_map(&p, &kind, weight, i, -1e-6)) / 2e-6;
            cr_assert(norm(differences) > 1e-4);
            cr_assert_lt(relative(slope, differences), 1e-5, "%s, times input %d: %g", nets[k], times_input,
                         relative(slope, differences));
            attr_curvature_free(&c);
            release(&p);
        }
}
