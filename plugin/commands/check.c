/* check: proves on the user's own network that the gradients are exact, layer by layer and end to end. */
#include "commands/commands.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/random.h"
#include "images/letterbox.h"
#include "images/picture.h"
#include "metrics/gradient_check.h"
#include "model/model.h"
#include "session/session.h"

/* Noise on a picture, as a fraction of its range: maxima have ties in flat parts, where no derivative exists. */
static const double noise = 0.05;

typedef struct {
    const attr_options *options;
    attr_model *model;
    attr_engine *single, *twin;
    float *x;
    double *gradient;
    double *maps; /* attr_end_check.map of each input, for the median */
    int inputs;   /* checked */
    int off;      /* figures that are out of their limits */
    int nothing;  /* inputs whose gradient is 0 */
} check_run;

static const char *verdict(check_run *run, bool good) {
    run->off += !good;
    return good ? "ok" : "OFF";
}

/* Uniform noise, for a network on its own; pictures get a little noise added. */
static void fill_with_noise(check_run *run) {
    attr_random random = {(uint64_t)run->options->seed, ATTR_STREAM_CHECK, 0, 0};
    attr_random_uniform(run->x, &random, 0, attr_engine_inputs(run->twin));
}

static attr_status add_noise(check_run *run) {
    size_t n = attr_engine_inputs(run->twin);
    attr_random random = {(uint64_t)run->options->seed, ATTR_STREAM_CHECK, 0, (uint64_t)run->inputs};
    float *normals = NULL;
    ATTR_TRY(attr_allocate(&normals, n, sizeof *normals, "noise"));
    attr_random_normal(normals, &random, 0, n);
    for (size_t i = 0; i < n; ++i) run->x[i] += (float)noise * normals[i];
    free(normals);
    return ATTR_OK;
}

/* The best class, or the best detection, however weak. */
static attr_status make_target(attr_target **out, check_run *run, attr_quantity quantity) {
    attr_engine *e = run->twin;
    attr_engine_set_input_f32(e, 0, run->x);
    attr_engine_forward(e, 1);
    if (attr_is_detector(e)) {
        attr_detection *found = NULL;
        int count = 0;
        ATTR_TRY(
            attr_detect(&found, &count, e, 0, run->model->net->w, run->model->net->h, 0, (float)run->options->hier, 0));
        attr_status status = count > 0 ? attr_target_of_detection(out, e, quantity, &found[0])
                                       : attr_fail(ATTR_NUMERIC, "the detector's output is not finite");
        free(found);
        return status;
    }
    const attr_op *op = attr_engine_op(e, attr_output_layer(e));
    const double *output = op->out;
    int best = 0;
    for (int i = 1; i < (int)op->outputs; ++i)
        if (output[i] > output[best]) best = i;
    return attr_target_of_class(out, e, quantity, best);
}

static attr_status check_layers(check_run *run) {
    int count = attr_engine_layers(run->twin);
    attr_layer_check *rows = NULL;
    ATTR_TRY(attr_allocate(&rows, (size_t)count, sizeof *rows, "checks"));
    attr_status status = attr_check_layers(rows, run->single, run->twin, run->x, (uint64_t)run->options->seed);
    if (status == ATTR_OK)
        printf("layer                   single - double     double -\n"
               "                     forward  backward  differences\n");
    for (int i = 0; status == ATTR_OK && i < count; ++i) {
        const attr_layer_check *r = &rows[i];
        bool good = r->forward <= ATTR_CHECK_ROUNDING && r->backward <= ATTR_CHECK_ROUNDING &&
                    r->difference <= ATTR_CHECK_DIFFERENCE;
        printf("%5d %-14s %8.1e  %8.1e  %8.1e     %s\n", i, r->name, r->forward, r->backward, r->difference,
               verdict(run, good));
    }
    free(rows);
    return status;
}

/* Stock Darknet's backward for a logit: of the objectness of a detector that has one (that of a lone class is
 * constant), else of the class. */
static attr_status compare_with_stock(check_run *run) {
    attr_target *logit = NULL;
    attr_stock_check stock;
    if (!attr_is_detector(run->twin) || make_target(&logit, run, ATTR_TARGET_OBJECTNESS_LOGIT) != ATTR_OK)
        ATTR_TRY(make_target(&logit, run, ATTR_TARGET_LOGIT));
    attr_target_differentiate(logit, run->twin, 1);
    attr_tensor_read_gradient(run->gradient, attr_engine_input(run->twin), 0, 0, attr_engine_inputs(run->twin));
    attr_status status = attr_check_stock(&stock, run->model->net, run->gradient, attr_target_layer(logit),
                                          attr_target_entry(logit), run->x);
    if (status == ATTR_OK && stock.cannot_run)
        printf("  stock Darknet's own gradient: none (%s)\n", stock.cannot_run);
    else if (status == ATTR_OK && stock.length == 0)
        printf("  stock Darknet's own gradient: 0 everywhere\n");
    else if (status == ATTR_OK)
        printf("  stock Darknet's own gradient: cosine %.3f, %.2g times as long\n", stock.cosine, stock.length);
    attr_target_free(logit);
    return status;
}

static attr_status remember(check_run *run, const attr_end_check *end) {
    double *maps = realloc(run->maps, (size_t)(run->inputs + 1) * sizeof *maps);
    if (!maps) return attr_fail(ATTR_NO_MEMORY, "out of memory for figures");
    (run->maps = maps)[run->inputs++] = end->map;
    run->nothing += end->length == 0;
    return ATTR_OK;
}

static attr_status check_end_to_end(check_run *run, const char *name) {
    attr_target *target = NULL;
    attr_end_check end;
    attr_target_text text; /* of a contrast the first quantity, at the best place: what it subtracts is another such */
    ATTR_TRY(attr_read_target(&text, run->options->target));
    ATTR_TRY(make_target(&target, run, text.term[0].quantity));
    attr_status status = attr_check_end_to_end(&end, run->gradient, run->single, run->twin, target, run->x,
                                               (uint64_t)run->options->seed);
    if (status == ATTR_OK) {
        printf("%s: %s %.6g, gradient of length %.3g\n", name, attr_quantity_name(attr_target_quantity(target)),
               end.value, end.length);
        printf("  single - double: %.1e, cosine %.9f\n", end.map, end.cosine);
        printf("  the same without flips of signs and maxima by rounding: %.1e  %s\n", end.backward,
               verdict(run, end.backward <= ATTR_CHECK_BACKWARD));
        printf("  double - differences%s: %.1e  %s\n", end.is_flat ? ", for which the target is too flat" : "",
               end.difference, verdict(run, end.difference <= ATTR_CHECK_DIFFERENCE));
        status = remember(run, &end);
    }
    if (status == ATTR_OK && run->options->stock) status = compare_with_stock(run);
    attr_target_free(target);
    return status;
}

static attr_status check_picture(void *context, const char *path) {
    check_run *run = context;
    const network *net = run->model->net;
    attr_picture picture = {0};
    attr_letterbox box;
    if (net->c != 1 && net->c != 3)
        return attr_fail(ATTR_UNSUPPORTED, "the network has %d input channels (pictures have 1 or 3)", net->c);
    ATTR_TRY(attr_picture_read(&picture, attr_find_file(path), net->c));
    attr_letterbox_make(&box, net->w, net->h, picture.w, picture.h);
    attr_letterbox_apply(run->x, &box, &picture);
    attr_picture_free(&picture);
    ATTR_TRY(add_noise(run));
    if (run->inputs == 0) ATTR_TRY(check_layers(run));
    return check_end_to_end(run, path);
}

static int compare_doubles(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* What Linux can give without swapping, in MiB; 0 if it does not say. */
static size_t free_memory(void) {
    char line[128];
    size_t kilobytes = 0;
    FILE *file = fopen("/proc/meminfo", "re");
    if (!file) return 0;
    while (fgets(line, sizeof line, file) && sscanf(line, "MemAvailable: %zu", &kilobytes) != 1) {
    }
    fclose(file);
    return kilobytes >> 10;
}

/* Linux promises more memory than it has and ends programs that believe it. */
static attr_status ensure_memory(const network *net) {
    size_t needed =
        (attr_engine_bytes(net, ATTR_F32, 1, ATTR_KEEP_ALL) + attr_engine_bytes(net, ATTR_F64, 1, ATTR_KEEP_ALL)) >> 20;
    size_t available = free_memory();
    if (available > 0 && needed > available)
        return attr_fail(ATTR_NO_MEMORY,
                         "the check of this network needs %zu MiB for its engines, only %zu MiB are free", needed,
                         available);
    return ATTR_OK;
}

static attr_status run_checks(check_run *run, const char *pictures) {
    const network *net = run->model->net;
    ATTR_TRY(ensure_memory(net));
    ATTR_TRY(attr_engine_create(&run->single, net, ATTR_F32, 1, ATTR_KEEP_ALL));
    ATTR_TRY(attr_engine_create(&run->twin, net, ATTR_F64, 1, ATTR_KEEP_ALL));
    ATTR_TRY(attr_allocate(&run->x, (size_t)net->inputs, sizeof *run->x, "an input"));
    ATTR_TRY(attr_allocate(&run->gradient, (size_t)net->inputs, sizeof *run->gradient, "a gradient"));
    if (pictures) {
        ATTR_TRY(attr_for_each_picture(pictures, run->options, check_picture, run));
    } else {
        fill_with_noise(run);
        ATTR_TRY(check_layers(run));
        ATTR_TRY(check_end_to_end(run, "noise"));
    }
    qsort(run->maps, (size_t)run->inputs, sizeof *run->maps, compare_doubles);
    if (run->inputs > 1)
        printf("median of single - double over %d inputs: %.1e\n", run->inputs,
               (run->maps[(run->inputs - 1) / 2] + run->maps[run->inputs / 2]) / 2);
    if (run->off > 0)
        return attr_fail(ATTR_NUMERIC, "%d figures are out of their limits: the gradient is not exact", run->off);
    if (run->nothing > 0)
        return attr_fail(ATTR_NUMERIC, "the gradient is 0 for %d of %d inputs: nothing to check end to end",
                         run->nothing, run->inputs);
    printf("the gradient is exact\n");
    return ATTR_OK;
}

attr_status attr_command_check(int count, char **arguments, const attr_options *flags) {
    if (count < 1 || count > 3)
        return attr_fail(ATTR_BAD_INPUT,
                         "usage: darknet attribute check CFG [WEIGHTS [PICTURE|LIST|FOLDER]] [-option value]");
    char *weights = NULL;
    attr_options *options = NULL;
    attr_cfg *cfg = NULL;
    check_run run = {0};
    ATTR_TRY(attr_allocate(&options, 1, sizeof *options, "options"));
    *options = *flags;
    run.options = options;
    attr_status status = attr_cfg_read(&cfg, arguments[0], ATTR_CFG_NET);
    if (status == ATTR_OK) status = attr_read_options(options, cfg, NULL);
    if (status == ATTR_OK && count > 1) status = attr_copy_text(&weights, attr_find_file(arguments[1]));
    if (status == ATTR_OK) {
        omp_set_num_threads(options->threads > 0 ? (int)options->threads : omp_get_num_procs());
        status = attr_model_load(&run.model, cfg, weights, (uint64_t)options->seed, options->verbose);
    }
    if (status == ATTR_OK && !weights)
        printf("no weights given: random ones, made from seed %ld\n", (long)options->seed);
    if (status == ATTR_OK) status = run_checks(&run, count > 2 ? arguments[2] : NULL);
    attr_engine_free(run.single);
    attr_engine_free(run.twin);
    attr_model_free(run.model);
    attr_cfg_free(cfg);
    free(options);
    free(weights);
    free(run.x);
    free(run.gradient);
    free(run.maps);
    return status;
}
