#include "engine_pair.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <omp.h>
#include <stdint.h>
#include <stdlib.h>

#include "small_network.h"

void *test_allocate(size_t count, size_t size) {
    void *memory = calloc(count + !count, size);
    cr_assert(memory, "out of memory");
    return memory;
}

const bool *test_every_layer(void) {
    enum { most = 128 };
    static bool every[most];
    for (int i = 0; i < most; i++) every[i] = true;
    return every;
}

void engine_pair_make(engine_pair *out, const char *cfg, int batch) {
    engine_pair n = {.cfg = cfg, .net = make_test_network(cfg, 1)};
    attr_keep all = {true, test_every_layer()};
    omp_set_num_threads(1); /* more would only wait for each other on networks so small */
    cr_assert_eq(attr_engine_create(&n.single, n.net, ATTR_F32, batch, all), ATTR_OK, "%s: %s", cfg,
                 attr_error_message());
    cr_assert_eq(attr_engine_create(&n.twin, n.net, ATTR_F64, batch, all), ATTR_OK, "%s: %s", cfg,
                 attr_error_message());
    n.inputs = attr_engine_inputs(n.single);
    n.x = test_allocate(n.inputs, sizeof *n.x);
    for (size_t i = 0; i < n.inputs; i++) n.x[i] = (float)test_uniform(0, 1);
    *out = n;
}

void engine_pair_free(engine_pair *n) {
    attr_engine_free(n->single);
    attr_engine_free(n->twin);
    free_test_network(n->net);
    free(n->x);
}

attr_target *test_target(attr_engine *e, attr_quantity quantity, int class_index) {
    attr_target *t = NULL;
    cr_assert_eq(attr_target_of_class(&t, e, quantity, class_index), ATTR_OK, "target=%s, class %d: %s",
                 attr_quantity_name(quantity), class_index, attr_error_message());
    return t;
}

double test_value(attr_engine *e, const attr_target *t, const double *x) {
    attr_engine_set_input_f64(e, 0, x);
    attr_engine_forward(e, 1);
    return attr_target_value(t, e, 0);
}

void test_gradient(double *gradient, attr_engine *e, const attr_target *t, const double *x) {
    test_value(e, t, x);
    attr_target_differentiate(t, e, 1);
    attr_tensor_read_gradient(gradient, attr_engine_input(e), 0, 0, attr_engine_inputs(e));
}

attr_map test_map(attr_engine *e, const float *x, attr_target *t, const attr_method_settings *settings) {
    attr_map map;
    attr_job job = {.engine = e, .x = x, .targets = &t, .target_count = 1, .settings = settings};
    cr_assert_eq(attr_method_run(&map, &job), ATTR_OK, "method %d: %s", settings->method, attr_error_message());
    return map;
}

attr_method_settings test_path_settings(const engine_pair *n, attr_rule rule, size_t steps) {
    const network *net = n->net;
    attr_region whole = {net->c, net->h, net->w, 0, 0, net->w, net->h};
    return (attr_method_settings){.method = ATTR_METHOD_INTEGRATED_GRADIENTS,
                                  .seed = 5,
                                  .steps = steps,
                                  .max_steps = 1024,
                                  .tolerance = 0.01,
                                  .rule = rule,
                                  .baseline = {.kind = ATTR_BASELINE_BLACK, .region = whole, .count = 1}};
}

uint64_t test_hash(uint64_t hash, const void *bytes, size_t n) {
    if (hash == 0) hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++) hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3u;
    return hash;
}

static void square(attr_op *op) {
    const double *in = op->in[0];
    for (size_t i = 0; i < op->count * op->outputs; i++) ((double *)op->out)[i] = in[i] * in[i] / 2;
}

static void square_backward(attr_op *op) {
    const double *in = op->in[0];
    for (size_t i = 0; i < op->count * op->outputs; i++) ((double *)op->din[0])[i] += ((double *)op->dout)[i] * in[i];
}

const attr_layer_kind test_square_kind = {
    .type = ACTIVE, .name = "square", .forward = square, .backward = square_backward};

/* The address sanitizer has a malloc of its own, and gcc does not bring its header. */
#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void);
#endif
size_t test_bytes_in_use(void) {
#ifdef __SANITIZE_ADDRESS__
    return __sanitizer_get_current_allocated_bytes();
#else
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
#endif
}
