/* Missed objects of real pictures: what is explained is the score that the nearest box would have needed, and following
 * its gradient raises that score. Skipped without $ATTRIBUTION_TESTDATA. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sanitizers.h"
#include "session/session.h"

enum { most_pictures = 26 };

static int compare_names(const void *a, const void *b) {
    return strcmp(a, b);
}

static int list_pictures(char paths[most_pictures][2048], const char *folder) {
    int count = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir)) && count < most_pictures;)
        if (strstr(entry->d_name, ".jpg")) snprintf(paths[count++], 2048, "%s/%s", folder, entry->d_name);
    if (dir) closedir(dir);
    qsort(paths, (size_t)count, sizeof *paths, compare_names);
    return count;
}

static attr_session *open_session(const char *data) {
    char cfg[1024], weights[1024];
    static const char *const options[][2] = {{"method", "gradient"},
                                             {"target", "score(missed)"},
                                             {"channels", "none"},
                                             {"coordinates", "network"},
                                             {"detections", "4"}};
    attr_session *s = NULL;
    snprintf(cfg, sizeof cfg, "%s/models/yolo-fastest/yolo-fastest-1.1.cfg", data);
    snprintf(weights, sizeof weights, "%s/models/yolo-fastest/yolo-fastest-1.1.weights", data);
    cr_assert_eq(attr_open(&s, NULL, cfg, weights), ATTR_OK, "%s", attr_error_message());
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        cr_assert_eq(attr_set(s, options[i][0], options[i][1]), ATTR_OK, "%s", attr_error_message());
    return s;
}

/* The score of the box after a step of that length, relative to the input, along the gradient. */
static double score_after(attr_session *s, attr_target *t, const float *x, const attr_result *r, double step) {
    size_t n = (size_t)s->model->net->inputs;
    float *moved = malloc(n * sizeof *moved);
    double length = 0;
    for (size_t i = 0; i < n; i++) length += pow(r->map[i], 2);
    for (size_t i = 0; i < n; i++) moved[i] = (float)(x[i] + step * r->map[i] / sqrt(length));
    attr_engine_set_input_f32(s->engine, 0, moved);
    attr_engine_forward(s->engine, 1);
    free(moved);
    return attr_target_value(t, s->engine, 0);
}

static void check_item(attr_session *s, const attr_explanation *ex, int i, const float *x) {
    const attr_explained *item = &ex->explained[i];
    const attr_result *r = attr_result_at(ex, i);
    const attr_detection *d = &item->detection;
    attr_target *t = NULL;
    cr_expect(item->aim.has_object && d->class_index == item->aim.object.class_index, "%s, %d", ex->picture_path, i);
    cr_expect(fabs(r->target - (double)d->objectness * d->class_probability) < 1e-6 + 1e-5 * r->target,
              "%s, object %d: target %g, the box has %g x %g", ex->picture_path, i, r->target, (double)d->objectness,
              (double)d->class_probability);
    cr_assert_eq(attr_target_of_detection(&t, s->engine, ATTR_TARGET_SCORE, d), ATTR_OK);
    double before = score_after(s, t, x, r, 0), after = score_after(s, t, x, r, 0.02),
           back = score_after(s, t, x, r, -0.02);
    cr_expect(after > before && back < before, "%s, object %d: score %.9g, after a step %.9g, after one back %.9g",
              ex->picture_path, i, before, after, back);
    attr_target_free(t);
}

Test(missed, a_step_along_the_gradient_raises_the_score_that_an_object_lacks) {
    const char *data = getenv("ATTRIBUTION_TESTDATA");
    char paths[most_pictures][2048], folder[1024];
    int objects = 0;
    if (!data) cr_skip_test("ATTRIBUTION_TESTDATA is not set");
    snprintf(folder, sizeof folder, "%s/coco/images", data);
    int count = list_pictures(paths, folder);
    cr_assert(count > 20, "%s: %d pictures", folder, count);
    attr_session *s = open_session(data);
    if (with_sanitizers) count = 4;
    for (int p = 0; p < count; p++) {
        attr_explanation *ex = NULL;
        size_t bytes = (size_t)s->model->net->inputs * sizeof(float);
        cr_assert_eq(attr_prepare(&ex, s, paths[p]), ATTR_OK, "%s", attr_error_message());
        float *x = malloc(bytes);
        memcpy(x, ex->input, bytes);
        attr_status status = attr_explain_prepared(ex, s, NULL, NULL);
        bool unlabelled = status == ATTR_BAD_INPUT && strstr(attr_error_message(), "no label file");
        cr_assert(status == ATTR_OK || unlabelled, "%s: %s", paths[p], attr_error_message());
        for (int i = 0; status == ATTR_OK && i < attr_result_count(ex); i++) check_item(s, ex, i, x);
        objects += status == ATTR_OK ? attr_result_count(ex) : 0;
        free(x);
        attr_explanation_free(ex);
    }
    cr_expect(objects > (with_sanitizers ? 0 : 40), "only %d objects were missed", objects);
    attr_close(s);
}
