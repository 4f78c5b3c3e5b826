#include "metrics/confusion.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/matching.h"

attr_status attr_confusion_make(attr_confusion *out, int classes) {
    size_t side = (size_t)classes + 1;
    *out = (attr_confusion){.classes = classes};
    return attr_allocate(&out->counts, side, side * sizeof *out->counts, "a confusion table");
}

void attr_confusion_free(attr_confusion *table) {
    free(table->counts);
    table->counts = NULL;
}

static long *cell(const attr_confusion *table, int true_class, int found_class) {
    size_t side = (size_t)table->classes + 1;
    size_t row = true_class < 0 ? side - 1 : (size_t)true_class,
           column = found_class < 0 ? side - 1 : (size_t)found_class;
    return &table->counts[row * side + column];
}

static attr_status check_class(const attr_confusion *table, int lowest, int class_index) {
    if (class_index >= lowest && class_index < table->classes) return ATTR_OK;
    return attr_fail(ATTR_BAD_INPUT, "confusion: class %d (expected %d to %d)", class_index, lowest,
                     table->classes - 1);
}

attr_status attr_confusion_count(attr_confusion *table, int true_class, int found_class) {
    ATTR_TRY(check_class(table, -1, true_class));
    ATTR_TRY(check_class(table, -1, found_class));
    ++*cell(table, true_class, found_class);
    return ATTR_OK;
}

long attr_confusion_at(const attr_confusion *table, int true_class, int found_class) {
    return *cell(table, true_class, found_class);
}

/* ---- A detector's picture */

/* The object that a detection chooses, or -1. */
static int chosen_object(double *iou, const attr_detection *d, const attr_true_box *truth, int truth_count,
                         double overlap) {
    int best = -1;
    *iou = 0;
    for (int i = 0; i < truth_count; ++i) {
        double here = attr_object_iou(d, &truth[i]);
        if (!(here > overlap) || (best >= 0 && here <= *iou)) continue;
        best = i;
        *iou = here;
    }
    return best;
}

/* Of an object: the detection that it is counted with, as yet. */
typedef struct {
    int detection; /* -1: none */
    double iou;
} partner;

static void pair_up(partner *partners, const attr_candidate *found, int found_count, const attr_true_box *truth,
                    int truth_count, double overlap) {
    for (int i = 0; i < truth_count; ++i) partners[i] = (partner){-1, 0};
    for (int i = 0; i < found_count; ++i) {
        if (found[i].fate != ATTR_FATE_KEPT) continue;
        double iou;
        int object = chosen_object(&iou, &found[i].detection, truth, truth_count, overlap);
        if (object >= 0 && (partners[object].detection < 0 || iou > partners[object].iou))
            partners[object] = (partner){i, iou};
    }
}

static void count_pairs(attr_confusion *table, bool *paired, const partner *partners, const attr_candidate *found,
                        int found_count, const attr_true_box *truth, int truth_count) {
    for (int i = 0; i < truth_count; ++i) {
        int detection = partners[i].detection;
        if (detection >= 0) paired[detection] = true;
        ++*cell(table, truth[i].class_index, detection < 0 ? -1 : found[detection].detection.class_index);
    }
    for (int i = 0; i < found_count; ++i)
        if (found[i].fate == ATTR_FATE_KEPT && !paired[i]) ++*cell(table, -1, found[i].detection.class_index);
}

attr_status attr_confusion_add_picture(attr_confusion *table, const attr_candidate *found, int found_count,
                                       const attr_true_box *truth, int truth_count, double overlap) {
    for (int i = 0; i < found_count; ++i)
        if (found[i].fate == ATTR_FATE_KEPT) ATTR_TRY(check_class(table, 0, found[i].detection.class_index));
    for (int i = 0; i < truth_count; ++i) ATTR_TRY(check_class(table, 0, truth[i].class_index));
    partner *partners = NULL;
    bool *paired = NULL;
    attr_status status = attr_allocate(&partners, (size_t)truth_count, sizeof *partners, "objects");
    if (status == ATTR_OK) status = attr_allocate(&paired, (size_t)found_count, sizeof *paired, "detections");
    if (status == ATTR_OK) {
        pair_up(partners, found, found_count, truth, truth_count, overlap);
        count_pairs(table, paired, partners, found, found_count, truth, truth_count);
    }
    free(partners);
    free(paired);
    return status;
}
