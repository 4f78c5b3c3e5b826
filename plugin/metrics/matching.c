#include "metrics/matching.h"
#include "base/memory.h"
#include "targets/nms.h"
bool attr_case_is_false_negative(attr_case_kind kind) {
    return kind >= ATTR_CASE_MISSED;
}
attr_status attr_match(attr_case **out, int *count, const attr_candidate *found, int found_count,
                       const attr_true_box *truth, int truth_count, const attr_matching_rule *rule) {
    char *taken;
    *count = 0;
    ATTR_TRY(attr_allocate(&taken, (size_t)truth_count, 1, "x"));
    ATTR_TRY(attr_allocate(out, (size_t)(truth_count + found_count), sizeof **out, "x"));
    for (int i = 0; i < found_count; ++i) {
        int best = -1;
        double most = rule->overlap;
        if (found[i].fate != ATTR_FATE_KEPT) continue;
        for (int k = 0; k < truth_count; ++k) {
            attr_detection t = {.x = truth[k].x, .y = truth[k].y, .w = truth[k].w, .h = truth[k].h};
            double iou = attr_box_iou(&t, &found[i].detection);
            if (!taken[k] && truth[k].class_index == found[i].detection.class_index && iou >= most)
                best = k, most = iou;
        }
        if (best >= 0) taken[best] = 1;
        (*out)[(*count)++] = (attr_case){best >= 0 ? ATTR_CASE_TRUE_POSITIVE : ATTR_CASE_BACKGROUND, i, best, -1, most};
    }
    for (int k = 0; k < truth_count; ++k)
        if (!taken[k]) (*out)[(*count)++] = (attr_case){ATTR_CASE_MISSED, -1, k, -1, 0};
    return ATTR_OK;
}
