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

attr_backward_reads attr_op_backward_reads(const attr_op *op) {
    if (op->is_view) return ATTR_READS_NOTHING;
    return op->kind->backward_reads ? op->kind->backward_reads(op) : ATTR_READS_BOTH;
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

static attr_span span_read(const attr_op *op, int j, attr_span of_output, int length) {
    attr_span read = {0, length};
    if (op->kind->reads_span) read = op->kind->reads_span(op, j, of_output, length);
    if (read.first < 0) read.first = 0;
    if (read.first >= length) read.first = length - 1;
    if (read.end > length) read.end = length;
    if (read.end <= read.first) read.end = read.first + 1;
    return read;
}

attr_area attr_op_reads_area(const attr_op *op, int j, attr_area of_output) {
    const attr_tensor *in = op->reads[j];
    if (op->is_view) return of_output;
    return (attr_area){span_read(op, j, of_output.rows, in->h), span_read(op, j, of_output.columns, in->w)};
}

attr_span attr_reads_same(const attr_op *op, int j, attr_span of_output, int length) {
    const attr_tensor *in = op->reads[j], *out = op->writes;
    return in->h == out->h && in->w == out->w ? of_output : (attr_span){0, length};
}

int attr_always_view(const attr_op *op) {
    (void)op;
    return 1;
}
