/* One inner loop, compiled for several generations of x86 and chosen at run time; plain C elsewhere.
 *
 *   static inline ATTR_INLINE void dot_body(float *out, const float *a, int n) { ... }
 *   ATTR_DISPATCH(dot, dot_body, (float *out, const float *a, int n), (out, a, n))
 *
 * defines `static void dot(float *out, const float *a, int n)`. */
#ifndef ATTR_KERNELS_DISPATCH_H
#define ATTR_KERNELS_DISPATCH_H

#define ATTR_INLINE __attribute__((always_inline))

#if defined(__x86_64__) && defined(__GNUC__)
#define ATTR_DISPATCH(name, body, parameters, arguments)                                                               \
    __attribute__((target("arch=x86-64-v4,prefer-vector-width=512"))) static void name##_v4 parameters {               \
        body arguments;                                                                                                \
    }                                                                                                                  \
    __attribute__((target("arch=x86-64-v3"))) static void name##_v3 parameters {                                       \
        body arguments;                                                                                                \
    }                                                                                                                  \
    static void name##_any parameters {                                                                                \
        body arguments;                                                                                                \
    }                                                                                                                  \
    static void name parameters {                                                                                      \
        if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))                                  \
            name##_v4 arguments;                                                                                       \
        else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))                                      \
            name##_v3 arguments;                                                                                       \
        else                                                                                                           \
            name##_any arguments;                                                                                      \
    }
#else
#define ATTR_DISPATCH(name, body, parameters, arguments)                                                               \
    static void name parameters {                                                                                      \
        body arguments;                                                                                                \
    }
#endif

#endif
