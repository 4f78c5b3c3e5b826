/* Large buffers first, each at the lowest place where it meets no other of its time (Pisarchyk, Lee: Efficient memory
 * management for deep neural net inference, 2020, "greedy by size"). */
#include "model/plan.h"

#include <stdlib.h>

#include "base/memory.h"

enum { alignment = 64 };

static size_t aligned(size_t bytes) {
    return (bytes + alignment - 1) / alignment * alignment;
}

static int meet(const attr_plan_buffer *a, const attr_plan_buffer *b) {
    return a->first <= b->last && b->first <= a->last;
}

/* Largest first; of equals the one that came first. */
static int compare_sizes(const void *a, const void *b) {
    const attr_plan_buffer *left = *(attr_plan_buffer *const *)a, *right = *(attr_plan_buffer *const *)b;
    if (left->bytes != right->bytes) return left->bytes < right->bytes ? 1 : -1;
    return left < right ? -1 : left > right;
}

/* The lowest offset at which `b` meets none of the buffers placed, which stand in the order of their offsets. */
static size_t lowest_place(const attr_plan_buffer *b, attr_plan_buffer *const *placed, size_t count) {
    size_t offset = 0;
    for (size_t i = 0; i < count; ++i) {
        const attr_plan_buffer *other = placed[i];
        size_t end = aligned(other->offset + other->bytes);
        if (!meet(b, other) || end <= offset) continue;
        if (other->offset >= offset + b->bytes) break;
        offset = end;
    }
    return offset;
}

static void insert(attr_plan_buffer **placed, size_t count, attr_plan_buffer *b) {
    for (; count > 0 && placed[count - 1]->offset > b->offset; --count) placed[count] = placed[count - 1];
    placed[count] = b;
}

attr_status attr_plan(size_t *bytes, attr_plan_buffer *buffers, size_t count) {
    attr_plan_buffer **by_size = NULL, **placed = NULL;
    *bytes = 0;
    ATTR_TRY(attr_allocate(&by_size, count, sizeof(attr_plan_buffer *), "a plan"));
    attr_status status = attr_allocate(&placed, count, sizeof(attr_plan_buffer *), "a plan");
    if (status == ATTR_OK) {
        for (size_t i = 0; i < count; ++i) by_size[i] = &buffers[i];
        if (count > 0) qsort(by_size, count, sizeof(attr_plan_buffer *), compare_sizes);
        for (size_t i = 0; i < count; ++i) {
            attr_plan_buffer *b = by_size[i];
            b->offset = lowest_place(b, placed, i);
            insert(placed, i, b);
            if (aligned(b->offset + b->bytes) > *bytes) *bytes = aligned(b->offset + b->bytes);
        }
    }
    free(by_size);
    free(placed);
    return status;
}
