#include "model/softplus.h"

#include <math.h>

static bool has_activation(const layer *l) {
    return l->type == CONVOLUTIONAL || l->type == DECONVOLUTIONAL || l->type == CONNECTED || l->type == LOCAL ||
           l->type == ACTIVE || l->type == SHORTCUT;
}

/* Whether it is made of two lines that meet at 0, and their slopes. */
static bool find_lines(double *below, double *above, ACTIVATION activation) {
    *above = 1;
    switch (activation) {
    case RELU:
        *below = 0;
        return true;
    case LEAKY:
        *below = .1;
        return true;
    case RELIE:
        *below = .01;
        return true;
    case RAMP:
        *below = .1;
        *above = 1.1;
        return true;
    default:
        return false;
    }
}

static const char *name_of_bent(ACTIVATION activation) {
    switch (activation) {
    case PLSE:
        return "plse";
    case STAIR:
        return "stair";
    case HARDTAN:
        return "hardtan";
    case LHTAN:
        return "lhtan";
    case SELU:
        return "selu";
    default:
        return NULL;
    }
}

attr_status attr_softplus_take(bool *bends, attr_op *op, layer *l) {
    *bends = false;
    if (!has_activation(l)) return ATTR_OK;
    const char *bent = name_of_bent(l->activation);
    if (bent)
        return attr_fail(ATTR_UNSUPPORTED,
                         "layer %d has activation=%s, whose bends no softplus rounds: second derivatives need others",
                         op->index, bent);
    *bends = find_lines(&op->softplus.below, &op->softplus.above, l->activation);
    op->softplus.beta = INFINITY;
    if (*bends) l->activation = LINEAR;
    return ATTR_OK;
}

/* For fewer, starting threads costs more than it saves. */
enum { piece = 1 << 13 };

/* Of n values u: f(u), and f'(u) in `slopes`. */
#define FORWARD(name, real, exp_of, log1p_of)                                                                          \
    static void name(real *values, real *slopes, size_t n, const attr_softplus *s) {                                   \
        const real below = (real)s->below, rise = (real)(s->above - s->below), beta = (real)s->beta;                   \
        const bool is_sharp = isinf(s->beta);                                                                          \
        _Pragma("omp parallel for if (n > piece)") for (size_t i = 0; i < n; ++i) {                                    \
            const real u = values[i], small = is_sharp ? 0 : exp_of(-beta * (u < 0 ? -u : u));                         \
            const real bend = is_sharp ? 0 : log1p_of(small) / beta;                                                   \
            slopes[i] = below + rise * (u > 0 ? 1 / (1 + small) : small / (1 + small));                                \
            values[i] = below * u + rise * ((u < 0 ? 0 : u) + bend);                                                   \
        }                                                                                                              \
    }                                                                                                                  \
    static void name##_back(real *gradient, const real *slopes, size_t n) {                                            \
        for (size_t i = 0; i < n; ++i) gradient[i] *= slopes[i];                                                       \
    }
FORWARD(round_f32, float, expf, log1pf)
FORWARD(round_f64, double, exp, log1p)
#undef FORWARD

static size_t numbers(const attr_op *op) {
    return (size_t)op->count * op->out_stride;
}

void attr_softplus_forward(attr_op *op) {
    if (op->writes->element == sizeof(float))
        round_f32(op->out, op->softplus.slopes, numbers(op), &op->softplus);
    else
        round_f64(op->out, op->softplus.slopes, numbers(op), &op->softplus);
}

void attr_softplus_backward(attr_op *op) {
    if (op->writes->element == sizeof(float))
        round_f32_back(op->dout, op->softplus.slopes, numbers(op));
    else
        round_f64_back(op->dout, op->softplus.slopes, numbers(op));
}
