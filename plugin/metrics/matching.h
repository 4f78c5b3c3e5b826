#ifndef ATTR_METRICS_MATCHING_H
#define ATTR_METRICS_MATCHING_H
#include <stdbool.h>
#include "base/status.h"
#include "model/ground_truth.h"
#include "targets/heads.h"
typedef enum {
    ATTR_CASE_TRUE_POSITIVE,
    ATTR_CASE_BACKGROUND,
    ATTR_CASE_CONFUSION,
    ATTR_CASE_DUPLICATE,
    ATTR_CASE_POOR_BOX,
    ATTR_CASE_MISSED,
    ATTR_CASE_CONFUSED,
    ATTR_CASE_SUPPRESSED,
    ATTR_CASE_KINDS
} attr_case_kind;
typedef struct {
    attr_case_kind kind;
    int candidate, truth, other;
    double iou;
} attr_case;
typedef struct {
    double overlap, background;
} attr_matching_rule;
attr_status attr_match(attr_case **out, int *count, const attr_candidate *found, int found_count,
                       const attr_true_box *truth, int truth_count, const attr_matching_rule *rule);
bool attr_case_is_false_negative(attr_case_kind kind);
#endif
