/* One inner loop, compiled for several generations of x86 and chosen at run time; plain C elsewhere.
 *
 *   static inline ATTR_INLINE void dot_body(float *out, const float *a, int n) { ... }
 *   ATTR_DISPATCH(dot, dot_body, (float *out, const float *a, int n), (out, a, n))
 *
 * defines `static void dot(float *out, const float *a, int n)`. With compiler options for AVX or more (-march=native)
 * there is only what they give. */
#ifndef ATTR_BASE_DISPATCH_H
#define ATTR_BASE_DISPATCH_H

#define ATTR_INLINE __attribute__((always_inline))

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__AVX__)
#define ATTR_CPU_GENERATIONS
#endif

/* Generations of x86, named after the levels of its psABI; only the first elsewhere. */
typedef enum {
    ATTR_CPU_ANY, /* what the compiler's options name */
    ATTR_CPU_V3,  /* AVX2 and FMA */
    ATTR_CPU_V4,  /* AVX-512 */
    ATTR_CPU_AMX  /* that and matrix units for bf16, which the system lets the program use */
} attr_cpu;

/* The newest generation that may be chosen: the last, unless a test lowers it to try the code for older ones. */
extern attr_cpu attr_cpu_limit;

/* Whether there are matrix units; asks the system for them when first called. */
int attr_cpu_has_matrix_units(void);

/* Whether there is code for a generation, and this CPU runs it. */
static inline int attr_cpu_runs(attr_cpu generation) {
#ifdef ATTR_CPU_GENERATIONS
    if (generation == ATTR_CPU_AMX) return attr_cpu_runs(ATTR_CPU_V4) && attr_cpu_has_matrix_units();
    if (generation == ATTR_CPU_V4) return __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (generation == ATTR_CPU_V3) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return generation == ATTR_CPU_ANY;
}

/* The newest generation that runs and may be chosen. */
static inline attr_cpu attr_cpu_newest(void) {
    attr_cpu generation = attr_cpu_limit;
    while (!attr_cpu_runs(generation)) --generation;
    return generation;
}

#ifdef ATTR_CPU_GENERATIONS
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
        attr_cpu generation = attr_cpu_newest();                                                                       \
        if (generation >= ATTR_CPU_V4)                                                                                 \
            name##_v4 arguments;                                                                                       \
        else if (generation == ATTR_CPU_V3)                                                                            \
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
