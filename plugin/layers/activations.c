#include "layers/activations.h"

#include <omp.h>
#include <tgmath.h>

#include "base/dispatch.h"

#define C(constant) ((real)(constant))

/* Name, f(x), f'(x) written in y = f(x). The constants are those of Darknet's activations.h; the formulas are chosen so
 * that no intermediate overflows (loggy is tanh of half the argument) and that NaN is not hidden by a comparison.
 * stair is flat at k for x in [2k, 2k + 1) and climbs with slope 1 to k + 1 in between. */
#define ACTIVATION_TABLE(X)                                                                                            \
    X(LOGISTIC, 1 / (1 + exp(-x)), (1 - y) * y)                                                                        \
    X(RELU, (x < 0 ? 0 : x), (y > 0 ? 1 : 0))                                                                          \
    X(RELIE, (x > 0 ? x : C(0.01) * x), (y > 0 ? 1 : C(0.01)))                                                         \
    X(RAMP, (x < 0 ? 0 : x) + C(0.1) * x, (y > 0 ? C(1.1) : C(0.1)))                                                   \
    X(TANH, tanh(x), (1 - y) * (1 + y))                                                                                \
    X(PLSE,                                                                                                            \
      (x < -4  ? C(0.01) * (x + 4)                                                                                     \
       : x > 4 ? C(0.01) * (x - 4) + 1                                                                                 \
               : C(0.125) * x + C(0.5)),                                                                               \
      (y < 0 || y > 1 ? C(0.01) : C(0.125)))                                                                           \
    X(LEAKY, (x > 0 ? x : C(0.1) * x), (y > 0 ? 1 : C(0.1)))                                                           \
    X(ELU, (x < 0 ? expm1(x) : x), (y < 0 ? y + 1 : 1))                                                                \
    X(LOGGY, tanh(x / 2), (1 - y) * (1 + y) / 2)                                                                       \
    X(STAIR, floor(x / 2) + (floor(x) > 2 * floor(x / 2) ? x - floor(x) : 0), (y > floor(y) ? 1 : 0))                  \
    X(HARDTAN, (x < -1 ? -1 : x > 1 ? 1 : x), (y > -1 && y < 1 ? 1 : 0))                                               \
    X(LHTAN, (x < 0 ? C(0.001) * x : x > 1 ? C(0.001) * (x - 1) + 1 : x), (y > 0 && y < 1 ? 1 : C(0.001)))             \
    X(SELU, C(1.0507) * (x < 0 ? C(1.6732) * expm1(x) : x), (y < 0 ? y + C(1.0507 * 1.6732) : C(1.0507)))

#define FOR_ALL(statement)                                                                                             \
    for (size_t i = 0; i < n; i++) {                                                                                   \
        statement;                                                                                                     \
    }

static inline ATTR_INLINE void activate_body(real *values, size_t n, ACTIVATION activation) {
    switch (activation) {
    case LINEAR:
        break;
#define VALUE_CASE(name, value, slope)                                                                                 \
    case name:                                                                                                         \
        FOR_ALL(const real x = values[i]; values[i] = value)                                                           \
        break;
        ACTIVATION_TABLE(VALUE_CASE)
#undef VALUE_CASE
    }
}
ATTR_DISPATCH(activate, activate_body, (real * values, size_t n, ACTIVATION activation), (values, n, activation))

static inline ATTR_INLINE void gradient_body(real *restrict delta, const real *restrict outputs, size_t n,
                                             ACTIVATION activation) {
    switch (activation) {
    case LINEAR:
        break;
#define SLOPE_CASE(name, value, slope)                                                                                 \
    case name:                                                                                                         \
        FOR_ALL(const real y = outputs[i]; delta[i] *= slope)                                                          \
        break;
        ACTIVATION_TABLE(SLOPE_CASE)
#undef SLOPE_CASE
    }
}
ATTR_DISPATCH(multiply_by_gradient, gradient_body,
              (real *restrict delta, const real *restrict outputs, size_t n, ACTIVATION activation),
              (delta, outputs, n, activation))

/* Elements that a thread takes at a time; for fewer, starting threads costs more than it saves. */
enum { PIECE = 1 << 14 };

static size_t piece_at(size_t i, size_t n) {
    return n - i < PIECE ? n - i : PIECE;
}

void R(attr_activate)(real *values, size_t n, ACTIVATION activation) {
    if (activation == LINEAR) return;
#pragma omp parallel for if (n > PIECE && !omp_in_parallel())
    for (size_t i = 0; i < n; i += PIECE) activate(values + i, piece_at(i, n), activation);
}

void R(attr_activation_gradient)(real *delta, const real *outputs, size_t n, ACTIVATION activation) {
    if (activation == LINEAR) return;
#pragma omp parallel for if (n > PIECE && !omp_in_parallel())
    for (size_t i = 0; i < n; i += PIECE) multiply_by_gradient(delta + i, outputs + i, piece_at(i, n), activation);
}
