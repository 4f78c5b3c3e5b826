#include "kernels/dnnl_api.h"

#include <dlfcn.h>
#include <omp.h>
#include <pthread.h>
#include <string.h>

#include "base/status.h"
#include "kernels/dnnl.h"

#define LIBRARY ATTR_DNNL_LIBRARY /* the soname of what was built for; the Makefile's */

/* ---- Loading */

static attr_dnnl_library library;
static const char *failure; /* NULL: there it is */

static void load(void) {
    void *file = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!file) {
        failure = LIBRARY " cannot be loaded (is it installed? Debian has it in the package that libdnnl-dev needs)";
        return;
    }
#define FIND(name)                                                                                                     \
    library.name = (__typeof__(library.name))dlsym(file, "dnnl_" #name);                                               \
    if (!library.name) failure = LIBRARY " lacks dnnl_" #name;
    ATTR_DNNL_FUNCTIONS(FIND)
#undef FIND
    if (!failure && library.engine_create(&library.engine, dnnl_cpu, 0) != dnnl_success)
        failure = LIBRARY " cannot compute on this processor";
}

const attr_dnnl_library *attr_dnnl(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return failure ? NULL : &library;
}

attr_status attr_dnnl_ready(void) {
    return attr_dnnl() ? ATTR_OK : attr_fail(ATTR_UNSUPPORTED, "oneDNN is needed: %s", failure);
}

/* ---- Convolutions */

static dnnl_primitive_attr_t attributes(void) {
    dnnl_primitive_attr_t made = NULL;
    if (library.primitive_attr_create(&made) != dnnl_success) return NULL;
    library.primitive_attr_set_scratchpad_mode(made, dnnl_scratchpad_mode_user);
    return made;
}

/* Sizes and the rest of a problem as oneDNN wants them. */
typedef struct {
    dnnl_dims_t from, weights, to, strides, none, before, after;
    dnnl_data_type_t type;
} sizes;

static sizes sizes_of(const attr_dnnl_problem *p) {
    return (sizes){.from = {1, p->from_c, p->h, p->w},
                   .weights = {p->to_c, p->from_c, p->kernel_h, p->kernel_w},
                   .to = {1, p->to_c, p->to_h, p->to_w},
                   .strides = {p->stride, p->stride},
                   .before = {0, p->left},
                   .after = {0, p->right},
                   .type = p->bf16 ? dnnl_bf16 : dnnl_f32};
}

#if DNNL_VERSION_MAJOR >= 3
static dnnl_status_t describe(dnnl_primitive_desc_t *out, const sizes *s, const_dnnl_primitive_attr_t attr) {
    dnnl_memory_desc_t from = NULL, weights = NULL, to = NULL;
    dnnl_status_t status = library.memory_desc_create_with_tag(&from, 4, s->from, s->type, dnnl_nhwc);
    if (!status) status = library.memory_desc_create_with_tag(&weights, 4, s->weights, s->type, dnnl_format_tag_any);
    if (!status) status = library.memory_desc_create_with_tag(&to, 4, s->to, dnnl_f32, dnnl_nhwc);
    if (!status)
        status = library.convolution_forward_primitive_desc_create(out, library.engine, dnnl_forward_inference,
                                                                   dnnl_convolution_direct, from, weights, NULL, to,
                                                                   s->strides, s->none, s->before, s->after, attr);
    if (from) library.memory_desc_destroy(from);
    if (weights) library.memory_desc_destroy(weights);
    if (to) library.memory_desc_destroy(to);
    return status;
}
#else
static dnnl_status_t describe(dnnl_primitive_desc_t *out, const sizes *s, const_dnnl_primitive_attr_t attr) {
    dnnl_memory_desc_t from, weights, to;
    dnnl_convolution_desc_t d;
    dnnl_status_t status = library.memory_desc_init_by_tag(&from, 4, s->from, s->type, dnnl_nhwc);
    if (!status) status = library.memory_desc_init_by_tag(&weights, 4, s->weights, s->type, dnnl_format_tag_any);
    if (!status) status = library.memory_desc_init_by_tag(&to, 4, s->to, dnnl_f32, dnnl_nhwc);
    if (!status)
        status = library.convolution_forward_desc_init(&d, dnnl_forward_inference, dnnl_convolution_direct, &from,
                                                       &weights, NULL, &to, s->strides, s->before, s->after);
    return status ? status : library.primitive_desc_create(out, &d, attr, library.engine, NULL);
}
#endif

const char *attr_dnnl_name(const_dnnl_primitive_desc_t found) {
    const char *name = NULL;
    library.primitive_desc_query(found, dnnl_query_impl_info_str, 0, &name);
    return name ? name : "";
}

/* Names of those that are made for a shape begin with one of these; others are loops or go through matrices. */
static int is_fast(const_dnnl_primitive_desc_t found) {
    const char *name = attr_dnnl_name(found);
    return strncmp(name, "jit", 3) == 0 || strncmp(name, "brg", 3) == 0;
}

/* How many threads a kernel is made for is what OpenMP says at that time. */
dnnl_primitive_desc_t attr_dnnl_find(const attr_dnnl_problem *p) {
    dnnl_primitive_desc_t found = NULL;
    dnnl_primitive_attr_t attr = attributes();
    if (!attr) return NULL;
    sizes s = sizes_of(p);
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    if (describe(&found, &s, attr) != dnnl_success) found = NULL;
    omp_set_num_threads(threads);
    library.primitive_attr_destroy(attr);
    if (found && !is_fast(found)) {
        library.primitive_desc_destroy(found);
        found = NULL;
    }
    return found;
}

size_t attr_dnnl_bytes(const_dnnl_primitive_desc_t found, dnnl_query_t which) {
    return library.memory_desc_get_size(library.primitive_desc_query_md(found, which, 0));
}

dnnl_status_t attr_dnnl_memory(dnnl_memory_t *out, const_dnnl_primitive_desc_t found, dnnl_query_t which, void *at) {
    return library.memory_create(out, library.primitive_desc_query_md(found, which, 0), library.engine, at);
}

/* ---- Weights: blocks of axes inside of strides */

#if DNNL_VERSION_MAJOR >= 3
int attr_dnnl_layout_of(attr_dnnl_layout *out, const_dnnl_primitive_desc_t found) {
    const_dnnl_memory_desc_t md = library.primitive_desc_query_md(found, dnnl_query_weights_md, 0);
    dnnl_format_kind_t kind = dnnl_format_kind_undef;
    const dnnl_dims_t *strides = NULL, *blocks = NULL, *axes = NULL;
    int ndims = 0, count = 0;
    library.memory_desc_query(md, dnnl_query_format_kind, &kind);
    library.memory_desc_query(md, dnnl_query_ndims_s32, &ndims);
    library.memory_desc_query(md, dnnl_query_strides, &strides);
    library.memory_desc_query(md, dnnl_query_inner_nblks_s32, &count);
    library.memory_desc_query(md, dnnl_query_inner_blks, &blocks);
    library.memory_desc_query(md, dnnl_query_inner_idxs, &axes);
    if (kind != dnnl_blocked || ndims != 4 || !strides || (count > 0 && (!blocks || !axes))) return 0;
    out->blocks = count;
    for (int i = 0; i < 4; ++i) out->stride[i] = (size_t)(*strides)[i];
    for (int i = 0; i < count; ++i) out->block[i] = (int)(*blocks)[i], out->axis[i] = (int)(*axes)[i];
    return 1;
}
#else
int attr_dnnl_layout_of(attr_dnnl_layout *out, const_dnnl_primitive_desc_t found) {
    const dnnl_memory_desc_t *md = library.primitive_desc_query_md(found, dnnl_query_weights_md, 0);
    if (md->format_kind != dnnl_blocked || md->ndims != 4 || md->offset0 || md->extra.flags) return 0;
    const dnnl_blocking_desc_t *b = &md->format_desc.blocking;
    out->blocks = b->inner_nblks;
    for (int i = 0; i < 4; ++i) out->stride[i] = (size_t)b->strides[i];
    for (int i = 0; i < b->inner_nblks; ++i)
        out->block[i] = (int)b->inner_blks[i], out->axis[i] = (int)b->inner_idxs[i];
    return 1;
}
#endif

size_t attr_dnnl_place(const attr_dnnl_layout *layout, int axis, int index) {
    size_t place = 0, inner = 1;
    for (int i = layout->blocks - 1; i >= 0; --i) {
        if (layout->axis[i] == axis) {
            place += (size_t)(index % layout->block[i]) * inner;
            index /= layout->block[i];
        }
        inner *= (size_t)layout->block[i];
    }
    return place + (size_t)index * layout->stride[axis];
}
