#include "metrics/matching.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "targets/nms.h"

const char *attr_case_kind_name(attr_case_kind kind) {
    static const char *const names[ATTR_CASE_KINDS] = {
        [ATTR_CASE_TRUE_POSITIVE] = "true_positive", [ATTR_CASE_BACKGROUND] = "background",
        [ATTR_CASE_CONFUSION] = "confusion",         [ATTR_CASE_DUPLICATE] = "duplicate",
        [ATTR_CASE_POOR_BOX] = "poor_box",           [ATTR_CASE_MISSED] = "missed",
        [ATTR_CASE_CONFUSED] = "confused",           [ATTR_CASE_SUPPRESSED] = "suppressed",
    };
    return names[kind];
}

bool attr_case_is_false_positive(attr_case_kind kind) {
    return kind == ATTR_CASE_BACKGROUND || kind == ATTR_CASE_CONFUSION || kind == ATTR_CASE_DUPLICATE ||
           kind == ATTR_CASE_POOR_BOX;
}

bool attr_case_is_false_negative(attr_case_kind kind) {
    return kind == ATTR_CASE_MISSED || kind == ATTR_CASE_CONFUSED || kind == ATTR_CASE_SUPPRESSED;
}

double attr_object_iou(const attr_detection *detection, const attr_true_box *object) {
    const attr_detection box = {.x = object->x, .y = object->y, .w = object->w, .h = object->h};
    float iou = attr_box_iou(detection, &box);
    return isnan(iou) ? 0 : iou;
}

int attr_take_object(bool *taken, const attr_detection *detection, const attr_true_box *truth, int truth_count,
                     double overlap) {
    int best = -1;
    double most = 0;
    for (int i = 0; i < truth_count; ++i) {
        if (truth[i].class_index != detection->class_index || taken[i]) continue;
        double iou = attr_object_iou(detection, &truth[i]);
        if (iou < overlap || (best >= 0 && iou <= most)) continue;
        best = i;
        most = iou;
    }
    if (best >= 0) taken[best] = true;
    return best;
}

/* ---- The cases of a picture */

typedef struct {
    const attr_candidate *found;
    int found_count;
    const attr_true_box *truth;
    int truth_count;
    attr_matching_rule rule;
    bool *taken;   /* [truth_count] */
    int *taken_by; /* [truth_count] the detection, or -1 */
    int *takes;    /* [found_count] the object, or -1 */
    attr_case *cases;
    int count;
} matching;

static bool is_kept(const matching *m, int candidate) {
    return m->found[candidate].fate == ATTR_FATE_KEPT;
}

static double overlap_of(const matching *m, int candidate, int object) {
    return attr_object_iou(&m->found[candidate].detection, &m->truth[object]);
}

static bool same_class(const matching *m, int candidate, int object) {
    return m->found[candidate].detection.class_index == m->truth[object].class_index;
}

static void add_case(matching *m, attr_case_kind kind, int candidate, int object, int other) {
    double iou = candidate >= 0 && object >= 0 ? overlap_of(m, candidate, object) : 0;
    m->cases[m->count++] = (attr_case){kind, candidate, object, other, iou};
}

static void take_objects(matching *m) {
    for (int i = 0; i < m->truth_count; ++i) m->taken_by[i] = -1;
    for (int i = 0; i < m->found_count; ++i) {
        m->takes[i] = is_kept(m, i) ? attr_take_object(m->taken, &m->found[i].detection, m->truth, m->truth_count,
                                                       m->rule.overlap)
                                    : -1;
        if (m->takes[i] < 0) continue;
        m->taken_by[m->takes[i]] = i;
        add_case(m, ATTR_CASE_TRUE_POSITIVE, i, m->takes[i], -1);
    }
}

/* The object, of the candidate's class or of other ones, that it overlaps most; -1 without any overlap. */
static int nearest_object(const matching *m, int candidate, bool of_its_class, double *overlap) {
    int best = -1;
    *overlap = 0;
    for (int i = 0; i < m->truth_count; ++i) {
        if (same_class(m, candidate, i) != of_its_class) continue;
        double iou = overlap_of(m, candidate, i);
        if (iou <= *overlap) continue;
        best = i;
        *overlap = iou;
    }
    return best;
}

static void judge_false_positive(matching *m, int candidate) {
    double o, b;
    int own = nearest_object(m, candidate, true, &o), foreign = nearest_object(m, candidate, false, &b);
    if (o >= m->rule.overlap)
        add_case(m, ATTR_CASE_DUPLICATE, candidate, own, m->taken_by[own]);
    else if (b >= m->rule.overlap)
        add_case(m, ATTR_CASE_CONFUSION, candidate, foreign, -1);
    else if (o >= m->rule.background)
        add_case(m, ATTR_CASE_POOR_BOX, candidate, own, -1);
    else if (b >= m->rule.background)
        add_case(m, ATTR_CASE_CONFUSION, candidate, foreign, -1);
    else
        add_case(m, ATTR_CASE_BACKGROUND, candidate, -1, -1);
}

/* The detection that a suppressed candidate gave way to in the end; -1 if that was not kept. */
static int suppressor_of(const matching *m, int candidate) {
    for (int steps = 0; steps < m->found_count && candidate >= 0 && candidate < m->found_count; ++steps) {
        if (m->found[candidate].fate != ATTR_FATE_SUPPRESSED) return is_kept(m, candidate) ? candidate : -1;
        candidate = m->found[candidate].by;
    }
    return -1;
}

/* The best candidate of the object's class on it that is not kept though its score is above the threshold, or (not
 * `above`) any other that is not kept; -1 if there is none. */
static int best_not_kept(const matching *m, int object, bool above) {
    for (int i = 0; i < m->found_count; ++i) {
        if (is_kept(m, i) || !same_class(m, i, object)) continue;
        bool by_detection = m->found[i].detection.score > m->rule.threshold && suppressor_of(m, i) >= 0;
        if (by_detection == above && overlap_of(m, i, object) >= m->rule.overlap) return i;
    }
    return -1;
}

/* The detection of another class that overlaps an object most; -1 if none does by the rule's overlap. */
static int confuser_of(const matching *m, int object) {
    int best = -1;
    double most = 0;
    for (int i = 0; i < m->found_count; ++i) {
        if (!is_kept(m, i) || same_class(m, i, object)) continue;
        double iou = overlap_of(m, i, object);
        if (iou < m->rule.overlap || iou <= most) continue;
        best = i;
        most = iou;
    }
    return best;
}

static void judge_false_negative(matching *m, int object) {
    int candidate = best_not_kept(m, object, true), other;
    if (candidate >= 0)
        add_case(m, ATTR_CASE_SUPPRESSED, candidate, object, suppressor_of(m, candidate));
    else if ((other = confuser_of(m, object)) >= 0)
        add_case(m, ATTR_CASE_CONFUSED, -1, object, other);
    else if ((candidate = best_not_kept(m, object, false)) >= 0)
        add_case(m, ATTR_CASE_SUPPRESSED, candidate, object, -1);
    else
        add_case(m, ATTR_CASE_MISSED, -1, object, -1);
}

static attr_status allocate(matching *m) {
    size_t found = (size_t)m->found_count, truth = (size_t)m->truth_count;
    ATTR_TRY(attr_allocate(&m->taken, truth, sizeof *m->taken, "objects"));
    ATTR_TRY(attr_allocate(&m->taken_by, truth, sizeof *m->taken_by, "objects"));
    ATTR_TRY(attr_allocate(&m->takes, found, sizeof *m->takes, "detections"));
    return attr_allocate(&m->cases, found + truth, sizeof *m->cases, "cases");
}

static void judge(matching *m) {
    take_objects(m);
    for (int i = 0; i < m->found_count; ++i)
        if (is_kept(m, i) && m->takes[i] < 0) judge_false_positive(m, i);
    for (int i = 0; i < m->truth_count; ++i)
        if (m->taken_by[i] < 0) judge_false_negative(m, i);
}

attr_status attr_match(attr_case **out, int *count, const attr_candidate *found, int found_count,
                       const attr_true_box *truth, int truth_count, const attr_matching_rule *rule) {
    matching m = {
        .found = found, .found_count = found_count, .truth = truth, .truth_count = truth_count, .rule = *rule};
    attr_status status = allocate(&m);
    if (status == ATTR_OK) judge(&m);
    if (m.count == 0) {
        free(m.cases);
        m.cases = NULL;
    }
    *out = m.cases;
    *count = m.count;
    free(m.taken);
    free(m.taken_by);
    free(m.takes);
    return status;
}

void attr_count_cases(attr_class_counts *counts, const attr_case *cases, int count, const attr_candidate *found,
                      const attr_true_box *truth, int classes) {
    for (const attr_case *c = cases; c < cases + count; ++c) {
        bool missing = attr_case_is_false_negative(c->kind);
        int class_index = missing ? truth[c->truth].class_index : found[c->candidate].detection.class_index;
        if (class_index < 0 || class_index >= classes) continue;
        attr_class_counts *of_class = &counts[class_index];
        of_class->tp += c->kind == ATTR_CASE_TRUE_POSITIVE;
        of_class->fp += attr_case_is_false_positive(c->kind);
        of_class->fn += missing;
    }
}
