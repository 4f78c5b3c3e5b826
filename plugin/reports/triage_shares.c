/* The order of cases, and what the maps of a class have in common. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "reports/triage.h"

typedef struct {
    int kind, index;
    double weight;
} ordered_case;

static int by_weight(const void *pa, const void *pb) {
    const ordered_case *a = pa, *b = pb;
    if (a->kind != b->kind) return b->kind - a->kind; /* wrong before right */
    if (a->weight != b->weight) return a->weight > b->weight ? -1 : 1;
    return a->index - b->index;
}

attr_status attr_triage_order(int **order, const attr_triage *t) {
    const attr_survey *v = t->survey;
    ordered_case *list = NULL;
    ATTR_TRY(attr_allocate(order, (size_t)v->case_count, sizeof **order, "an order"));
    for (int i = 0; i < v->case_count; i++) (*order)[i] = i;
    if (v->session->is_detector) return ATTR_OK;
    attr_status status = attr_allocate(&list, (size_t)v->case_count, sizeof *list, "an order");
    for (int i = 0; status == ATTR_OK && i < v->case_count; i++) {
        const attr_survey_case *c = &v->cases[i];
        list[i] = (ordered_case){c->kind, i, c->kind == ATTR_SURVEY_WRONG ? c->margin : c->score};
    }
    if (status == ATTR_OK && v->case_count > 0) qsort(list, (size_t)v->case_count, sizeof *list, by_weight);
    for (int i = 0; status == ATTR_OK && i < v->case_count; i++) (*order)[i] = list[i].index;
    free(list);
    return status;
}

/* ---- Shares of classes */

static void add_shares(attr_shares *sum, const attr_shares *s) {
    sum->box += s->box;
    sum->ring += s->ring;
    sum->elsewhere += s->elsewhere;
    sum->padding += s->padding;
}

static void divide_shares(attr_shares *s, int n) {
    s->box /= n;
    s->ring /= n;
    s->elsewhere /= n;
    s->padding /= n;
}

/* Whether a case counts here: explained, and not 0 everywhere. */
static const attr_triage_map *counted(const attr_triage *t, int one_case, int method) {
    const attr_triage_map *m = attr_triage_map_of(t, one_case, method);
    return m->is_done && !isnan(m->shares.box) ? m : NULL;
}

static int by_density(const void *pa, const void *pb) {
    const attr_class_shares *a = pa, *b = pb;
    double left = attr_share_ratio(a->shares.box, a->uniform.box),
           right = attr_share_ratio(b->shares.box, b->uniform.box);
    if (left != right) return left < right ? -1 : 1;
    return a->class_index - b->class_index;
}

attr_status attr_triage_class_shares(attr_class_shares **out, int *count, const attr_triage *t, int method) {
    const attr_survey *v = t->survey;
    int classes = v->session->classes;
    *count = 0;
    ATTR_TRY(attr_allocate(out, (size_t)classes, sizeof **out, "shares of classes"));
    for (int c = 0; c < classes; c++) {
        attr_class_shares *one = &(*out)[*count];
        *one = (attr_class_shares){.class_index = c};
        for (int i = 0; i < v->case_count; i++) {
            const attr_triage_map *m = v->cases[i].class_index == c ? counted(t, i, method) : NULL;
            if (!m) continue;
            add_shares(&one->shares, &m->shares);
            add_shares(&one->uniform, &m->uniform);
            one->cases++;
        }
        if (one->cases == 0) continue;
        divide_shares(&one->shares, one->cases);
        divide_shares(&one->uniform, one->cases);
        ++*count;
    }
    if (*count > 0) qsort(*out, (size_t)*count, sizeof **out, by_density);
    return ATTR_OK;
}

/* ---- Other objects */

static int by_attention(const void *pa, const void *pb) {
    const attr_class_context *a = pa, *b = pb;
    double left = a->share / a->uniform, right = b->share / b->uniform;
    if (left != right) return left > right ? -1 : 1;
    return a->class_index != b->class_index ? a->class_index - b->class_index : a->other - b->other;
}

static attr_class_context *find_pair(attr_class_context *list, int *count, int class_index, int other) {
    for (int i = 0; i < *count; i++)
        if (list[i].class_index == class_index && list[i].other == other) return &list[i];
    list[*count] = (attr_class_context){.class_index = class_index, .other = other};
    return &list[(*count)++];
}

attr_status attr_triage_context(attr_class_context **out, int *count, const attr_triage *t, int method) {
    const attr_survey *v = t->survey;
    size_t most = 0;
    for (int i = 0; i < v->case_count; i++) most += (size_t)attr_triage_map_of(t, i, method)->context_count;
    *count = 0;
    ATTR_TRY(attr_allocate(out, most, sizeof **out, "shares of classes"));
    for (int i = 0; i < v->case_count; i++) {
        const attr_triage_map *m = counted(t, i, method);
        for (int k = 0; m && k < m->context_count; k++) {
            attr_class_context *pair = find_pair(*out, count, v->cases[i].class_index, m->context[k].class_index);
            pair->share += m->context[k].share;
            pair->uniform += m->context[k].uniform;
            pair->cases++;
        }
    }
    for (int i = 0; i < *count; i++) {
        (*out)[i].share /= (*out)[i].cases;
        (*out)[i].uniform /= (*out)[i].cases;
    }
    if (*count > 0) qsort(*out, (size_t)*count, sizeof **out, by_attention);
    return ATTR_OK;
}
