/* The few things of oneDNN's C interface that are used here, the same for its generations 2 and 3, which differ in how
 * tensors and convolutions are described. Private to dnnl_*.c. */
#ifndef ATTR_KERNELS_DNNL_API_H
#define ATTR_KERNELS_DNNL_API_H

#include <stddef.h>

#include <dnnl.h>

#if DNNL_VERSION_MAJOR < 2
#error oneDNN 2 or newer is needed
#endif

#define ATTR_DNNL_COMMON(X)                                                                                            \
    X(engine_create)                                                                                                   \
    X(stream_create)                                                                                                   \
    X(stream_destroy)                                                                                                  \
    X(memory_create)                                                                                                   \
    X(memory_destroy)                                                                                                  \
    X(memory_set_data_handle)                                                                                          \
    X(memory_desc_get_size)                                                                                            \
    X(primitive_attr_create)                                                                                           \
    X(primitive_attr_destroy)                                                                                          \
    X(primitive_attr_set_scratchpad_mode)                                                                              \
    X(primitive_desc_query)                                                                                            \
    X(primitive_desc_query_md)                                                                                         \
    X(primitive_desc_destroy)                                                                                          \
    X(primitive_create)                                                                                                \
    X(primitive_destroy)                                                                                               \
    X(primitive_execute)
#if DNNL_VERSION_MAJOR >= 3
#define ATTR_DNNL_FUNCTIONS(X)                                                                                         \
    ATTR_DNNL_COMMON(X)                                                                                                \
    X(memory_desc_create_with_tag)                                                                                     \
    X(memory_desc_destroy) X(memory_desc_query) X(convolution_forward_primitive_desc_create)
#else
#define ATTR_DNNL_FUNCTIONS(X)                                                                                         \
    ATTR_DNNL_COMMON(X) X(memory_desc_init_by_tag) X(convolution_forward_desc_init) X(primitive_desc_create)
#endif

/* Its functions by their names without "dnnl_", and the engine, which lives as long as the program. */
typedef struct {
#define ATTR_DNNL_FIELD(name) __typeof__(dnnl_##name) *name;
    ATTR_DNNL_FUNCTIONS(ATTR_DNNL_FIELD)
#undef ATTR_DNNL_FIELD
    dnnl_engine_t engine;
} attr_dnnl_library;

/* Loads it at the first call. NULL if that failed: attr_dnnl_ready() has the reason. */
const attr_dnnl_library *attr_dnnl(void);

/* A convolution of one sample without padding above and below: values [h][w][from_c], weights of from_c x to_c
 * channels, results [to_h][to_w][to_c] in single precision. */
typedef struct {
    int bf16; /* values and weights */
    int from_c, h, w, to_c, to_h, to_w;
    int kernel_h, kernel_w, stride;
    int left, right; /* padding */
} attr_dnnl_problem;

/* The fastest kernel that oneDNN has for it, made for one thread; NULL if it has none but slow ones. Released with
 * primitive_desc_destroy. */
dnnl_primitive_desc_t attr_dnnl_find(const attr_dnnl_problem *p);

/* The name of the kernel. */
const char *attr_dnnl_name(const_dnnl_primitive_desc_t found);

/* Bytes of a tensor of the kernel: dnnl_query_weights_md, dnnl_query_scratchpad_md, ... */
size_t attr_dnnl_bytes(const_dnnl_primitive_desc_t found, dnnl_query_t which);

/* Such a tensor at `at`. */
dnnl_status_t attr_dnnl_memory(dnnl_memory_t *out, const_dnnl_primitive_desc_t found, dnnl_query_t which, void *at);

/* Where the weight of (to, from, ky, kx) stands: the sum of what attr_dnnl_place gives for each of the four axes. */
typedef struct {
    int blocks, block[DNNL_MAX_NDIMS], axis[DNNL_MAX_NDIMS]; /* the outer ones first */
    size_t stride[4];
} attr_dnnl_layout;
int attr_dnnl_layout_of(attr_dnnl_layout *out, const_dnnl_primitive_desc_t found);
size_t attr_dnnl_place(const attr_dnnl_layout *layout, int axis, int index);

#endif
