/* Without oneDNN (make DNNL=0). */
#include "kernels/dnnl.h"

attr_status attr_dnnl_ready(void) {
    return attr_fail(ATTR_UNSUPPORTED, "oneDNN is needed: this program was built without it (make DNNL=0)");
}

int attr_dnnl_can(const attr_conv_shape *s, attr_conv_direction direction) {
    (void)s, (void)direction;
    return 0;
}

attr_status attr_dnnl_create(attr_dnnl_conv **out, const attr_conv_shape *s, attr_conv_direction direction) {
    (void)s, (void)direction;
    *out = NULL;
    return attr_dnnl_ready();
}

void attr_dnnl_free(attr_dnnl_conv *c) {
    (void)c;
}

attr_blocked_conv_bytes attr_dnnl_needs(const attr_conv_shape *s, attr_conv_direction direction) {
    (void)s, (void)direction;
    return (attr_blocked_conv_bytes){0};
}

size_t attr_dnnl_scratch_of(const attr_dnnl_conv *c) {
    (void)c;
    return 0;
}

void attr_dnnl_pack(attr_dnnl_conv *c, const float *weights, int first, int count) {
    (void)c, (void)weights, (void)first, (void)count;
}

void attr_dnnl_run(float *to, const float *from, const attr_dnnl_conv *c, const attr_gate *gate,
                   const attr_finish *finish, int count, void *scratch, size_t scratch_each, int threads) {
    (void)to, (void)from, (void)c, (void)gate, (void)finish, (void)count, (void)scratch, (void)scratch_each;
    (void)threads;
}
