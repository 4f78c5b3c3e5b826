#include "session/validation.h"

#include <omp.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metrics/accuracy.h"
#include "metrics/average_precision.h"
#include "session/kernel_choice.h"
#include "session/settings.h"
#include "targets/classes.h"

/* Lower scores hardly move a precision-recall curve; Darknet's own `detector valid` draws the line there, too. */
static const float lowest_score = 0.005f;
/* As in COCO's evaluation. A network that noise has ruined can take every cell for an object of every class. */
enum { most_detections = 100 };

/* ---- What is right */

attr_status attr_truth_find(attr_truth *out, const attr_session *s, char *const *labels, const char *path) {
    *out = (attr_truth){.class_index = -1};
    if (s->is_detector) return attr_true_boxes_read(&out->boxes, &out->count, &out->known, path, s->classes);
    if (labels) out->class_index = attr_label_of_path(path, labels, s->classes);
    out->known = out->class_index >= 0;
    return ATTR_OK;
}

void attr_truth_free(attr_truth *truth) {
    free(truth->boxes);
    *truth = (attr_truth){0};
}

/* ---- Pictures */

attr_status attr_validation_add(attr_validation *v, const char *path, attr_truth *truth) {
    attr_explanation *prepared = NULL;
    ATTR_TRY(attr_prepare(&prepared, v->session, path));
    attr_valid_picture *pictures = realloc(v->pictures, (size_t)(v->count + 1) * sizeof *pictures);
    if (pictures) {
        v->pictures = pictures;
        pictures[v->count++] = (attr_valid_picture){
            .truth = *truth, .input = prepared->input, .letterbox = prepared->letterbox, .found_class = -1};
        *truth = (attr_truth){0};
        prepared->input = NULL;
    }
    attr_explanation_free(prepared);
    return pictures ? ATTR_OK : attr_fail(ATTR_NO_MEMORY, "out of memory for pictures");
}

static void forget_found(attr_valid_picture *p) {
    free(p->found);
    p->found = NULL;
    p->found_count = 0;
    p->found_class = -1;
}

void attr_validation_free(attr_validation *v) {
    for (int i = 0; i < v->count; ++i) {
        forget_found(&v->pictures[i]);
        attr_truth_free(&v->pictures[i].truth);
        free(v->pictures[i].input);
    }
    free(v->pictures);
    free(v->noise_layers);
    v->pictures = NULL;
    v->noise_layers = NULL;
    v->count = 0;
}

int attr_validation_objects(const attr_validation *v) {
    int objects = 0;
    for (int i = 0; i < v->count; ++i) objects += v->pictures[i].truth.count;
    return objects;
}

double attr_validation_chance(const attr_validation *v) {
    return v->session->is_detector ? 0 : 1. / v->session->classes;
}

/* ---- One network, all pictures */

attr_status attr_detect_for_precision(attr_detection **found, int *count, attr_session *s, int sample,
                                      const attr_letterbox *letterbox) {
    ATTR_TRY(attr_session_detect(found, count, s, sample, letterbox, lowest_score));
    if (*count <= most_detections) return ATTR_OK;
    attr_detection *fewer = realloc(*found, most_detections * sizeof *fewer);
    if (fewer) *found = fewer;
    *count = most_detections;
    return ATTR_OK;
}

static attr_status read_class(attr_valid_picture *p, attr_session *s, int sample) {
    int classes = attr_class_count(s->engine);
    double *probabilities = NULL;
    ATTR_TRY(attr_allocate(&probabilities, (size_t)classes, sizeof *probabilities, "probabilities"));
    attr_class_probabilities(probabilities, s->engine, sample);
    p->found_class = attr_best_class(probabilities, classes);
    free(probabilities);
    return ATTR_OK;
}

static attr_status run_batch(attr_validation *v, int first, int count) {
    attr_session *s = v->session;
    for (int i = 0; i < count; ++i) attr_engine_set_input_f32(s->engine, i, v->pictures[first + i].input);
    attr_engine_forward(s->engine, count);
    for (int i = 0; i < count; ++i) {
        attr_valid_picture *p = &v->pictures[first + i];
        forget_found(p);
        ATTR_TRY(s->is_detector ? attr_detect_for_precision(&p->found, &p->found_count, s, i, &p->letterbox)
                                : read_class(p, s, i));
    }
    return ATTR_OK;
}

/* Progress counts the forwards of all clones; `clones` is how many this round has, `clone` the present one. */
static attr_status run_pictures(attr_validation *v, int clone, int clones) {
    int batch = attr_engine_batch(v->session->engine);
    for (int first = 0; first < v->count; first += batch) {
        int count = v->count - first < batch ? v->count - first : batch;
        ATTR_TRY(run_batch(v, first, count));
        size_t all = (size_t)v->count * (size_t)clones;
        size_t done = (size_t)v->count * (size_t)clone + (size_t)(first + count);
        if (v->progress && v->progress(v->context, done, all)) return attr_fail(ATTR_INTERRUPTED, "interrupted");
    }
    return ATTR_OK;
}

static attr_status measure_classes(double *accuracy, const attr_validation *v) {
    int *classes = NULL;
    size_t count = (size_t)v->count;
    ATTR_TRY(attr_allocate(&classes, 2 * count, sizeof *classes, "classes"));
    for (size_t i = 0; i < count; ++i) {
        classes[i] = v->pictures[i].found_class;
        classes[count + i] = v->pictures[i].truth.class_index;
    }
    *accuracy = attr_top1_accuracy(classes, classes + count, count);
    free(classes);
    return ATTR_OK;
}

static attr_status measure_boxes(double *accuracy, const attr_validation *v) {
    attr_judged_picture *judged = NULL;
    ATTR_TRY(attr_allocate(&judged, (size_t)v->count, sizeof *judged, "pictures"));
    for (int i = 0; i < v->count; ++i) {
        const attr_valid_picture *p = &v->pictures[i];
        judged[i] = (attr_judged_picture){p->found, p->found_count, p->truth.boxes, p->truth.count};
    }
    attr_status status =
        attr_average_precision(accuracy, NULL, judged, v->count, v->session->classes, ATTR_AP50_OVERLAP);
    free(judged);
    return status;
}

static attr_status measure(double *accuracy, const attr_validation *v) {
    return v->session->is_detector ? measure_boxes(accuracy, v) : measure_classes(accuracy, v);
}

/* ---- Clones */

static attr_status perturb(attr_validation *v, int clone, double sigma) {
    attr_weight_noise noise = v->noise;
    noise.clone = (uint64_t)clone;
    noise.sigma = (float)sigma;
    return attr_engine_perturb(v->session->engine, &noise);
}

static attr_status run_clones(double *accuracies, attr_validation *v, double sigma) {
    for (int k = 0; k < v->clones; ++k) {
        ATTR_TRY(perturb(v, k, sigma));
        ATTR_TRY(run_pictures(v, k, v->clones));
        ATTR_TRY(measure(&accuracies[k], v));
    }
    return ATTR_OK;
}

attr_status attr_validation_accuracies(double *accuracies, attr_validation *v, double sigma) {
    if (sigma > 0) {
        attr_status status = run_clones(accuracies, v, sigma);
        attr_engine_set_parameters(v->session->engine, NULL);
        return status;
    }
    ATTR_TRY(run_pictures(v, 0, 1));
    ATTR_TRY(measure(&accuracies[0], v));
    for (int k = 1; k < v->clones; ++k) accuracies[k] = accuracies[0];
    return ATTR_OK;
}

/* ---- Beginning */

static attr_status take_boxes(attr_valid_picture *p, double thresh) {
    attr_true_box *boxes = NULL;
    int count = 0;
    while (count < p->found_count && p->found[count].score > (float)thresh) ++count;
    ATTR_TRY(attr_allocate(&boxes, (size_t)count, sizeof *boxes, "boxes"));
    for (int i = 0; i < count; ++i) {
        const attr_detection *d = &p->found[i];
        boxes[i] = (attr_true_box){d->class_index, d->x, d->y, d->w, d->h};
    }
    attr_truth_free(&p->truth);
    p->truth = (attr_truth){.known = true, .boxes = boxes, .count = count};
    return ATTR_OK;
}

static attr_status take_for_right(attr_validation *v) {
    attr_session *s = v->session;
    ATTR_TRY(run_pictures(v, 0, 1));
    for (int i = 0; i < v->count; ++i) {
        attr_valid_picture *p = &v->pictures[i];
        if (s->is_detector) ATTR_TRY(take_boxes(p, s->options.thresh));
        if (!s->is_detector && p->found_class < 0)
            return attr_fail(ATTR_NUMERIC, "%s: the network's output is not finite", s->weights_path);
        p->truth.class_index = p->found_class;
        p->truth.known = true;
    }
    return ATTR_OK;
}

static attr_status make_engine(attr_validation *v) {
    attr_session *s = v->session;
    int batch = attr_choose_batch(s->model->net, s->choices, ATTR_KEEP_NEEDED, &s->options, (size_t)v->count);
    attr_engine_free(s->engine);
    s->engine = NULL;
    return attr_engine_create_chosen(&s->engine, s->model->net, s->choices, batch, ATTR_KEEP_NEEDED);
}

attr_status attr_validation_begin(attr_validation *v) {
    attr_session *s = v->session;
    if (v->count == 0) return attr_fail(ATTR_BAD_INPUT, "no picture can be used");
    omp_set_num_threads(s->options.threads > 0 ? (int)s->options.threads : omp_get_num_procs());
    ATTR_TRY(attr_weight_noise_of(&v->noise, &v->noise_layers, &s->options, s->model->net->n));
    ATTR_TRY(make_engine(v));
    if (v->agreement) ATTR_TRY(take_for_right(v));
    if (!s->is_detector || attr_validation_objects(v) > 0) return ATTR_OK;
    if (v->agreement)
        return attr_fail(ATTR_BAD_INPUT, "the network detects nothing above thresh=%g in any picture",
                         s->options.thresh);
    return attr_fail(ATTR_BAD_INPUT, "the label files name no object in any picture");
}
