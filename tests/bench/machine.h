/* What the machine can do at most, measured beside the networks. */
#ifndef ATTR_TESTS_BENCH_MACHINE_H
#define ATTR_TESTS_BENCH_MACHINE_H

#include <stddef.h>

/* Single-precision multiply-adds in registers, with the widest vectors, on so many threads for so long. The sum over
 * the threads in GFLOP/s; a multiply-add is two. */
double bench_peak_gflops(int threads, double milliseconds);

/* out[i] = factor x in[i]: the least that a changed copy of parameters can cost. Uses OpenMP's number of threads. */
void bench_scale(float *out, const float *in, float factor, size_t n);

#endif
