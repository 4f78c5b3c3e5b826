/* Trained networks on real pictures: predictions are those of stock Darknet, gradients are exact.
 *
 * The embedded network is always there; the others are skipped, by name, where they are not: Tiny Darknet and
 * Yolo-Fastest in $ATTRIBUTION_TESTDATA, the two face-api networks in $ATTRIBUTION_BUILD/face
 * (scripts/get-face-models). */
#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "images/letterbox.h"
#include "metrics/gradient_check.h"
#include "model/model.h"
#include "model/parameters.h"
#include "sanitizers.h"

enum { most_paths = 64, inputs = with_sanitizers ? 3 : 20 };

typedef struct {
    char paths[most_paths][1024];
    int count;
} picture_list;

static int compare_paths(const void *a, const void *b) {
    return strcmp(a, b);
}

static void list_pictures(picture_list *list, const char *folder) {
    DIR *dir = opendir(folder);
    list->count = 0;
    if (!dir) return;
    for (struct dirent *entry; (entry = readdir(dir)) && list->count < most_paths;) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot && (0 == strcmp(dot, ".jpg") || 0 == strcmp(dot, ".png")))
            snprintf(list->paths[list->count++], sizeof list->paths[0], "%s/%s", folder, entry->d_name);
    }
    closedir(dir);
    qsort(list->paths, (size_t)list->count, sizeof list->paths[0], compare_paths);
}

/* A picture as the network sees it, with a little noise: maxima have ties in flat parts, where no derivative exists. */
static void fill_input(float *x, const network *net, const char *path, int number) {
    attr_picture picture = {0};
    attr_letterbox box;
    attr_random random = {1, ATTR_STREAM_CHECK, 0, (uint64_t)number};
    size_t n = (size_t)net->inputs;
    float *noise = malloc(n * sizeof *noise);
    cr_assert_eq(attr_picture_read(&picture, path, net->c), ATTR_OK, "%s", attr_error_message());
    attr_letterbox_make(&box, net->w, net->h, picture.w, picture.h);
    attr_letterbox_apply(x, &box, &picture);
    attr_random_normal(noise, &random, 0, n);
    for (size_t i = 0; i < n; ++i) x[i] += 0.05f * noise[i];
    attr_picture_free(&picture);
    free(noise);
}

static void make_target(attr_target **target, attr_engine *e, const network *net) {
    if (attr_is_detector(e)) {
        attr_detection *found = NULL;
        int count = 0;
        cr_assert_eq(attr_detect(&found, &count, e, 0, net->w, net->h, 0, 0.5f, 0), ATTR_OK, "%s",
                     attr_error_message());
        cr_assert_gt(count, 0);
        cr_assert_eq(attr_target_of_detection(target, e, ATTR_TARGET_SCORE, &found[0]), ATTR_OK);
        free(found);
        return;
    }
    const attr_op *op = attr_engine_op(e, attr_output_layer(e));
    int best = 0;
    for (size_t i = 1; i < op->outputs; ++i)
        if (((const float *)op->out)[i] > ((const float *)op->out)[best]) best = (int)i;
    cr_assert_eq(attr_target_of_class(target, e, ATTR_TARGET_LOGIT, best), ATTR_OK);
}

static double distance_to_stock(attr_engine *e, network *net, float *x) {
    const attr_op *op = attr_engine_op(e, attr_output_layer(e));
    const float *ours = op->out, *stock = network_predict(net, x);
    double difference = 0, size = 0;
    for (size_t i = 0; i < op->outputs; ++i) {
        difference += pow((double)ours[i] - stock[i], 2);
        size += pow(stock[i], 2);
    }
    return sqrt(difference / size);
}

static int compare_numbers(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void expect_exact(const char *cfg_path, const char *weights, const char *pictures) {
    picture_list *list = malloc(sizeof *list);
    attr_cfg *cfg;
    attr_model *model;
    attr_engine *single, *twin;
    double maps[inputs];
    list_pictures(list, pictures);
    cr_assert_gt(list->count, 0, "%s has no pictures", pictures);
    cr_assert_eq(attr_cfg_read(&cfg, cfg_path, ATTR_CFG_NET), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_model_load(&model, cfg, weights, 0, false), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_engine_create(&single, model->net, ATTR_F32, 1, ATTR_KEEP_ALL), ATTR_OK);
    cr_assert_eq(attr_engine_create(&twin, model->net, ATTR_F64, 1, ATTR_KEEP_ALL), ATTR_OK);
    float *x = malloc((size_t)model->net->inputs * sizeof *x);
    double *gradient = malloc((size_t)model->net->inputs * sizeof *gradient);
    for (int i = 0; i < inputs; ++i) {
        const char *path = list->paths[i % list->count];
        attr_target *target;
        attr_end_check end;
        fill_input(x, model->net, path, i);
        attr_engine_set_input_f32(single, 0, x);
        attr_engine_forward(single, 1);
        double stock = distance_to_stock(single, model->net, x);
        cr_expect_leq(stock, 1e-5, "%s, %s: forward is off stock Darknet's by %g", weights, path, stock);
        make_target(&target, single, model->net);
        cr_assert_eq(attr_check_end_to_end(&end, gradient, single, twin, target, x, 1), ATTR_OK, "%s",
                     attr_error_message());
        cr_expect_leq(end.backward, ATTR_CHECK_BACKWARD, "%s, %s: backward is off by %g", weights, path, end.backward);
        cr_expect_leq(end.difference, ATTR_CHECK_DIFFERENCE, "%s, %s: off the differences by %g", weights, path,
                      end.difference);
        maps[i] = end.map;
        attr_target_free(target);
    }
    qsort(maps, inputs, sizeof *maps, compare_numbers);
    double median = (maps[inputs / 2 - 1] + maps[inputs / 2]) / 2;
    cr_expect_leq(median, 1e-4, "%s: the median of single - double maps is %g", weights, median);
    cr_expect_eq(attr_parameters_checksum(model->net), model->checksum, "%s: parameters have changed", weights);
    attr_engine_free(single);
    attr_engine_free(twin);
    attr_model_free(model);
    attr_cfg_free(cfg);
    free(x);
    free(gradient);
    free(list);
}

/* folder/name under an environment variable; skips the test if either is not there. */
static const char *find_or_skip(char path[1024], const char *variable, const char *name) {
    const char *folder = getenv(variable);
    if (!folder) cr_skip_test("%s is not set", variable);
    snprintf(path, 1024, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) cr_skip_test("%s is not there", path);
    fclose(file);
    return path;
}

Test(real_models, fashion) {
    char pictures[1024];
    find_or_skip(pictures, "ATTRIBUTION_BUILD", "cfg/fashion-pictures/9_ankle-boot.png");
    *strrchr(pictures, '/') = 0;
    expect_exact("cfg/fashion.cfg", "cfg/fashion.weights", pictures);
}

static void expect_exact_on_photographs(const char *model) {
    char cfg[1024], weights[1024], pictures[1024], name[256];
    snprintf(name, sizeof name, "models/%s.cfg", model);
    find_or_skip(cfg, "ATTRIBUTION_TESTDATA", name);
    snprintf(name, sizeof name, "models/%s.weights", model);
    find_or_skip(weights, "ATTRIBUTION_TESTDATA", name);
    snprintf(pictures, sizeof pictures, "%s/coco/images", getenv("ATTRIBUTION_TESTDATA"));
    expect_exact(cfg, weights, pictures);
}

Test(real_models, tiny_darknet) {
    expect_exact_on_photographs("tiny-darknet/tiny");
}

Test(real_models, yolo_fastest) {
    expect_exact_on_photographs("yolo-fastest/yolo-fastest-1.1");
}

static void expect_exact_on_faces(const char *cfg, const char *name) {
    char weights[1024], pictures[1024];
    find_or_skip(weights, "ATTRIBUTION_BUILD", name);
    find_or_skip(pictures, "ATTRIBUTION_BUILD", "face/sample1.jpg");
    *strrchr(pictures, '/') = 0;
    expect_exact(cfg, weights, pictures);
}

Test(real_models, face_detector) {
    expect_exact_on_faces("cfg/face-detector.cfg", "face/face-detector.weights");
}

Test(real_models, face_expression) {
    expect_exact_on_faces("cfg/face-expression.cfg", "face/face-expression.weights");
}
