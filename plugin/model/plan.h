/* Buffers in one arena: those that are needed at the same time do not overlap, all others may. */
#ifndef ATTR_MODEL_PLAN_H
#define ATTR_MODEL_PLAN_H

#include <stddef.h>

#include "base/status.h"

typedef struct {
    size_t bytes;
    int first, last; /* the steps of time at which it is needed, both included */
    size_t offset;   /* in the arena, a multiple of 64; set by the plan */
} attr_plan_buffer;

/* Sets the offsets of `count` buffers and *bytes, the size of the arena: in practice a few percent above what the
 * buffers of the busiest step need together. The result depends on nothing else. */
attr_status attr_plan(size_t *bytes, attr_plan_buffer *buffers, size_t count);

#endif
