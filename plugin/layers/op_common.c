#include "base/memory.h"
#include "layers/op.h"

attr_status attr_op_allocate(attr_op *op, void *out, size_t count, size_t size, const char *what) {
    op->bytes += count * size;
    return op->only_planned ? ATTR_OK : attr_allocate(out, count, size, what);
}

attr_status attr_op_allocate_each(attr_op *op, int k, size_t count, size_t size, const char *what) {
    op->memory_each[k] = count * size;
    return attr_op_allocate(op, &op->memory[k], (size_t)op->batch * count, size, what);
}

attr_backward_reads attr_reads_nothing(const attr_op *op) {
    (void)op;
    return ATTR_READS_NOTHING;
}

attr_backward_reads attr_reads_inputs(const attr_op *op) {
    (void)op;
    return ATTR_READS_INPUTS;
}

attr_backward_reads attr_reads_activated(const attr_op *op) {
    return op->l->activation == LINEAR ? ATTR_READS_NOTHING : ATTR_READS_OUTPUT;
}

int attr_always_view(const attr_op *op) {
    (void)op;
    return 1;
}
