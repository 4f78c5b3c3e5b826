#include "base/memory.h"
#include "layers/op.h"

attr_status attr_op_allocate(attr_op *op, void *out, size_t count, size_t size, const char *what) {
    op->bytes += count * size;
    return op->only_planned ? ATTR_OK : attr_allocate(out, count, size, what);
}
