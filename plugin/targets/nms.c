#include "targets/nms.h"

#include <stdlib.h>

#include "base/memory.h"

typedef struct {
    float score;
    int place, box; /* place in the order before this sort */
} entry;

/* Length of the common part of two intervals given by centre and length; negative when apart. */
static float common(float centre_a, float length_a, float centre_b, float length_b) {
    float begin_a = centre_a - length_a / 2, begin_b = centre_b - length_b / 2;
    float end_a = centre_a + length_a / 2, end_b = centre_b + length_b / 2;
    return (end_a < end_b ? end_a : end_b) - (begin_a > begin_b ? begin_a : begin_b);
}

float attr_box_iou(const attr_detection *a, const attr_detection *b) {
    float w = common(a->x, a->w, b->x, b->w), h = common(a->y, a->h, b->y, b->h);
    if (w < 0 || h < 0) return 0;
    float both = w * h;
    return both / (a->w * a->h + b->w * b->h - both);
}

static int better_first(const void *pa, const void *pb) {
    const entry *a = pa, *b = pb;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    return a->place - b->place;
}

/* Fills each hole with the last slot that is left. Returns how many are filled. */
static int fill_holes(int *order, int slots) {
    for (int i = 0; i < slots; ++i) {
        while (i < slots && order[i] < 0) order[i] = order[--slots];
    }
    return slots;
}

attr_status attr_suppress(float *scores, int *by, int *order, const attr_detection *boxes, int slots, int classes,
                          float overlap) {
    entry *entries = NULL;
    int count = fill_holes(order, slots);
    ATTR_TRY(attr_allocate(&entries, (size_t)count, sizeof *entries, "the boxes of a class"));
    for (int c = 0; c < classes; ++c) {
        int used = 0;
        for (int i = 0; i < count; ++i) {
            entries[i] = (entry){scores[(size_t)order[i] * classes + c], i, order[i]};
            if (entries[i].score != 0) used = 1;
        }
        if (!used) continue;
        qsort(entries, (size_t)count, sizeof *entries, better_first);
        for (int i = 0; i < count; ++i) order[i] = entries[i].box;
        for (int i = 0; i < count; ++i) {
            if (scores[(size_t)order[i] * classes + c] == 0) continue;
            for (int j = i + 1; j < count && entries[j].score != 0; ++j) {
                size_t at = (size_t)order[j] * classes + c;
                if (scores[at] == 0 || !(attr_box_iou(&boxes[order[i]], &boxes[order[j]]) > overlap)) continue;
                scores[at] = 0;
                if (by) by[at] = order[i];
            }
        }
    }
    free(entries);
    return ATTR_OK;
}
