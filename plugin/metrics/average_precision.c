#include "metrics/average_precision.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/matching.h"

/* A detection among those of all pictures. */
typedef struct {
    float score;
    int class_index, picture;
    size_t place; /* in the order given */
    const attr_detection *box;
} candidate;

typedef struct {
    const attr_judged_picture *pictures;
    int count, classes;
    double overlap;
    candidate *candidates; /* by class, best first within one */
    size_t candidate_count;
    int *objects;      /* [classes] how many there are */
    bool **taken;      /* [pictures][truth_count] */
    double *precision; /* [candidates] room for a class's curve */
    bool *right;       /* [candidates] */
} judgement;

static int by_class_best_first(const void *pa, const void *pb) {
    const candidate *a = pa, *b = pb;
    if (a->class_index != b->class_index) return a->class_index - b->class_index;
    if (a->score != b->score) return a->score > b->score ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

/* Only detections of classes that occur; a score that is not a number would have no place. */
static void collect(judgement *j) {
    size_t place = 0;
    for (int p = 0; p < j->count; ++p)
        for (int i = 0; i < j->pictures[p].found_count; ++i, ++place) {
            const attr_detection *d = &j->pictures[p].found[i];
            if (d->class_index < 0 || d->class_index >= j->classes || j->objects[d->class_index] == 0) continue;
            if (isnan(d->score)) continue;
            j->candidates[j->candidate_count++] = (candidate){d->score, d->class_index, p, place, d};
        }
    if (j->candidate_count) qsort(j->candidates, j->candidate_count, sizeof *j->candidates, by_class_best_first);
}

/* Of the candidates first .. first + n - 1, which are those of one class. */
static double average_of_class(judgement *j, size_t first, size_t n, int objects) {
    int right = 0;
    for (size_t i = 0; i < n; ++i) {
        const candidate *c = &j->candidates[first + i];
        const attr_judged_picture *picture = &j->pictures[c->picture];
        j->right[i] =
            attr_take_object(j->taken[c->picture], c->box, picture->truth, picture->truth_count, j->overlap) >= 0;
        right += j->right[i];
        j->precision[i] = (double)right / (double)(i + 1);
    }
    double best = 0, area = 0; /* from the end: the best precision at this recall or beyond it */
    for (size_t i = n; i-- > 0;) {
        best = fmax(best, j->precision[i]);
        if (j->right[i]) area += best;
    }
    return area / objects;
}

static void judge(double *mean, double *by_class, judgement *j) {
    double sum = 0;
    int occurring = 0;
    size_t first = 0;
    for (int c = 0; c < j->classes; ++c) {
        size_t n = 0;
        while (first + n < j->candidate_count && j->candidates[first + n].class_index == c) ++n;
        double average = j->objects[c] > 0 ? average_of_class(j, first, n, j->objects[c]) : NAN;
        first += n;
        if (by_class) by_class[c] = average;
        if (j->objects[c] == 0) continue;
        sum += average;
        ++occurring;
    }
    *mean = occurring > 0 ? sum / occurring : NAN;
}

static attr_status allocate(judgement *j) {
    size_t found = 0;
    ATTR_TRY(attr_allocate(&j->objects, (size_t)j->classes, sizeof *j->objects, "classes"));
    ATTR_TRY(attr_allocate(&j->taken, (size_t)j->count, sizeof *j->taken, "objects"));
    for (int p = 0; p < j->count; ++p) {
        const attr_judged_picture *picture = &j->pictures[p];
        found += (size_t)picture->found_count;
        ATTR_TRY(attr_allocate(&j->taken[p], (size_t)picture->truth_count, sizeof **j->taken, "objects"));
        for (int i = 0; i < picture->truth_count; ++i)
            if (picture->truth[i].class_index >= 0 && picture->truth[i].class_index < j->classes)
                ++j->objects[picture->truth[i].class_index];
    }
    ATTR_TRY(attr_allocate(&j->candidates, found, sizeof *j->candidates, "detections"));
    ATTR_TRY(attr_allocate(&j->precision, found, sizeof *j->precision, "detections"));
    return attr_allocate(&j->right, found, sizeof *j->right, "detections");
}

attr_status attr_average_precision(double *mean, double *by_class, const attr_judged_picture *pictures, int count,
                                   int classes, double overlap) {
    judgement j = {.pictures = pictures, .count = count, .classes = classes, .overlap = overlap};
    attr_status status = allocate(&j);
    if (status == ATTR_OK) {
        collect(&j);
        judge(mean, by_class, &j);
    }
    for (int p = 0; j.taken && p < count; ++p) free(j.taken[p]);
    free(j.taken);
    free(j.objects);
    free(j.candidates);
    free(j.precision);
    free(j.right);
    return status;
}
