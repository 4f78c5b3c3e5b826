/* The plugin's whole jobs and parts of them: ours CFG [WEIGHTS]
 *
 *   run METHOD          a whole job                      -> ms, batch, gradients, gflop of one of them
 *   memory METHOD       the same, stopped after `stop` gradients; asked of a fresh process -> peak_kib
 *   layers              each layer                       -> kinds, their gflop, forward_ms, backward_ms of a batch
 *   perturb             a clone, ready to run            -> ms, parameters
 *   curve               a perturbation curve (AUPC)      -> ms, batch, forwards
 *   forwards            as many forwards, nothing else   -> ms, batch, forwards
 *   scale               a plain pass over the same bytes -> ms
 *   peak                multiply-adds of the processor   -> gflops
 *
 * METHOD is method=NAME samples=N clones=N. Words of all: threads=N, precision=f32, mixed or f64, batch=N (0: as a
 * session chooses), passes=N (layers). */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "machine.h"
#include "methods/method.h"
#include "metrics/perturbation_curve.h"
#include "model/model.h"
#include "model/parameters.h"
#include "options/options.h"
#include "session/kernel_choice.h"
#include "worker.h"

/* The plugin's methods that requests may name. */
static const attr_method methods[] = {ATTR_METHOD_GRADIENT, ATTR_METHOD_SMOOTHGRAD, ATTR_METHOD_INTEGRATED_GRADIENTS,
                                      ATTR_METHOD_NOISEGRAD, ATTR_METHOD_FUSIONGRAD};
enum { method_count = sizeof methods / sizeof *methods };

typedef struct {
    attr_model *model;
    size_t parameters;
    float *x;
    float *numbers; /* room for all parameters twice; made when needed */

    attr_engine *engine; /* of the last request */
    char precision[8];
    int batch, points, threads; /* as asked for */
    attr_target *target;
} worker;

/* --- what is run ------------------------------------------------------------------------------------------------ */

static attr_status job_of(attr_method_settings *out, const bench_request *request, const network *net) {
    const char *name = bench_text(request, "method", "");
    size_t samples = (size_t)bench_number(request, "samples", 1);
    for (int i = 0; i < method_count; ++i) {
        if (0 != strcmp(name, attr_method_name(methods[i]))) continue;
        *out = (attr_method_settings){
            .method = methods[i],
            .seed = 1,
            .samples = samples,
            .sigma = 0.15,
            .clones = (size_t)bench_number(request, "clones", 1),
            .weight_noise = {.sigma = 0.2f, .noise = ATTR_NOISE_MULTIPLICATIVE},
            .steps = samples,
            .tolerance = 1,
            .baseline = {ATTR_BASELINE_BLACK, {net->c, net->h, net->w, 0, 0, net->w, net->h}, .count = 1},
        };
        return ATTR_OK;
    }
    return attr_fail(ATTR_BAD_INPUT, "no method %s", name);
}

/* The logit of a class, of a detector that of an objectness: in the middle of its last head, which is the deepest. */
static attr_status make_target(attr_target **out, attr_engine *e) {
    int last = attr_output_layer(e);
    const layer *l = attr_engine_op(e, last)->l;
    if (!attr_is_detector(e)) return attr_target_of_class(out, e, ATTR_TARGET_LOGIT, 0);
    attr_detection middle = {.layer = last, .row = l->h / 2, .column = l->w / 2};
    return attr_target_of_detection(out, e, ATTR_TARGET_OBJECTNESS_LOGIT, &middle);
}

/* An engine as the session makes it by its options at their defaults, but for precision and, if it is not 0, batch; in
 * double precision it takes the batch of single precision. */
static attr_status make_engine(attr_engine **out, const network *net, const char *precision, int batch, int points) {
    char hash[65];
    attr_options *o = bench_allocate(1, sizeof *o);
    attr_conv_choice *choices = NULL;
    attr_options_default(o);
    o->batch = batch;
    o->precision = 0 == strcmp(precision, "mixed") ? ATTR_PRECISION_MIXED : ATTR_PRECISION_F32;
    attr_status status = attr_choose_kernels(&choices, hash, net, o);
    if (status == ATTR_OK && batch == 0) batch = attr_choose_batch(net, choices, ATTR_KEEP_NEEDED, o, (size_t)points);
    free(o);
    if (status != ATTR_OK) return status;
    if (0 == strcmp(precision, "f64"))
        status = attr_engine_create(out, net, ATTR_F64, batch, ATTR_KEEP_NEEDED);
    else
        status = attr_engine_create_chosen(out, net, choices, batch, ATTR_KEEP_NEEDED);
    free(choices);
    return status;
}

static int stop(void *context, size_t done, size_t all) {
    (void)all;
    return done >= *(const size_t *)context;
}

/* Runs the method; if stop_after is not NULL, only so many gradients of it. */
static attr_status run(size_t *gradients, worker *w, const attr_method_settings *settings, size_t *stop_after) {
    attr_map map;
    attr_job job = {.engine = w->engine,
                    .x = w->x,
                    .targets = &w->target,
                    .target_count = 1,
                    .settings = settings,
                    .progress = stop_after ? stop : NULL,
                    .context = stop_after};
    attr_status status = attr_method_run(&map, &job);
    *gradients = map.gradients;
    attr_map_free(&map);
    return status == ATTR_INTERRUPTED ? ATTR_OK : status;
}

/* Makes the engine that the request needs, unless the last one was the same, and warms it up with a full batch. */
static attr_status ready_engine(worker *w, const bench_request *request, int points) {
    const char *precision = bench_text(request, "precision", "f32");
    int threads = bench_number(request, "threads", 1), batch = bench_number(request, "batch", 0);
    if (0 != strcmp(precision, "f32") && 0 != strcmp(precision, "mixed") && 0 != strcmp(precision, "f64"))
        return attr_fail(ATTR_BAD_INPUT, "no precision %s", precision);
    omp_set_num_threads(threads);
    if (w->engine && 0 == strcmp(w->precision, precision) && w->batch == batch && w->points == points &&
        w->threads == threads)
        return ATTR_OK;
    attr_engine_free(w->engine);
    w->engine = NULL;
    snprintf(w->precision, sizeof w->precision, "%s", precision);
    w->batch = batch;
    w->points = points;
    w->threads = threads;
    ATTR_TRY(make_engine(&w->engine, w->model->net, precision, batch, points));
    if (!w->target) ATTR_TRY(make_target(&w->target, w->engine));
    size_t gradients;
    attr_method_settings warm_up = {
        .method = ATTR_METHOD_SMOOTHGRAD, .samples = (size_t)attr_engine_batch(w->engine), .sigma = 0.15};
    return run(&gradients, w, &warm_up, NULL);
}

static attr_status ready_job(attr_method_settings *job, worker *w, const bench_request *request) {
    ATTR_TRY(job_of(job, request, w->model->net));
    return ready_engine(w, request, (int)attr_method_points(job));
}

/* --- how much work that is -------------------------------------------------------------------------------------- */

/* Of one pass in one direction for one input, counted as a direct convolution: 2 for each multiply-add. */
static double gflop_of(const layer *l) {
    double window = (double)l->size * l->size;
    if (l->type == CONVOLUTIONAL) return 2e-9 * window * (l->c / l->groups) * l->n * l->out_h * l->out_w;
    if (l->type == CONNECTED) return 2e-9 * l->inputs * l->outputs;
    return 0;
}

/* Of a gradient: forward through all layers, backward through those that the target depends on, of which all counts,
 * whatever a detection can do without. */
static double gradient_gflop(attr_engine *e) {
    double sum = 0;
    for (int i = 0; i < attr_engine_layers(e); ++i) {
        const attr_op *op = attr_engine_op(e, i);
        sum += gflop_of(op->l) * (attr_has_pixels(op->seeded) ? 2 : 1);
    }
    return sum;
}

static const char *kind_of(const attr_op *op) {
    const layer *l = op->l;
    if (l->type != CONVOLUTIONAL) return "other";
    if (op->index == 0) return "first layer";
    if (l->groups > 1) return l->groups == l->c ? "depthwise" : "other";
    if (l->size == 1) return "1x1";
    if (l->size == 3 && l->stride <= 2) return l->stride == 1 ? "3x3 s1" : "3x3 s2";
    return "other";
}

/* --- answers ---------------------------------------------------------------------------------------------------- */

static void answer_run(FILE *out, const bench_request *request, void *context) {
    worker *w = context;
    attr_method_settings job;
    size_t gradients = 0;
    attr_status status = ready_job(&job, w, request);
    double begun = bench_now();
    if (status == ATTR_OK) status = run(&gradients, w, &job, NULL);
    double elapsed = bench_now() - begun;
    if (status == ATTR_OK)
        fprintf(out, "{\"ms\": %.6g, \"batch\": %d, \"gradients\": %zu, \"gflop\": %.6g}\n", elapsed,
                attr_engine_batch(w->engine), gradients, gradient_gflop(w->engine));
    else
        bench_answer_error(out, attr_error_message());
}

static void answer_memory(FILE *out, const bench_request *request, void *context) {
    worker *w = context;
    attr_method_settings job;
    size_t gradients, stop_after = (size_t)bench_number(request, "stop", 1000000);
    attr_status status = ready_job(&job, w, request);
    if (status == ATTR_OK) status = run(&gradients, w, &job, &stop_after);
    if (status == ATTR_OK)
        bench_answer_memory(out);
    else
        bench_answer_error(out, attr_error_message());
}

/* A forward and a backward like Darknet's own loops, which only call the plugin's hooks, with a clock. */
static void time_layers(bench_layer_times *times, worker *w, int pass) {
    attr_engine *e = w->engine;
    int head = attr_target_layer(w->target);
    network unused = {0};
    for (int i = 0; i < times->layers; ++i) {
        const layer *l = attr_engine_op(e, i)->l;
        double begun = bench_now();
        l->forward(*l, unused);
        times->forward[i * times->passes + pass] = bench_now() - begun;
    }
    attr_engine_clear_gradients(e, head);
    for (int b = 0; b < attr_engine_batch(w->engine); ++b) attr_target_seed(w->target, e, b, 1);
    for (int i = head; i >= 0; --i) {
        const layer *l = attr_engine_op(e, i)->l;
        double begun = bench_now();
        l->backward(*l, unused);
        times->backward[i * times->passes + pass] = bench_now() - begun;
    }
}

/* The next passes are of a full batch, and of whole layers, whatever the target depends on. */
static void mark_all(attr_engine *e, int head) {
    attr_engine_forward(e, attr_engine_batch(e));
    attr_engine_clear_gradients(e, head);
    attr_engine_backward(e, head);
}

static void answer_layers(FILE *out, const bench_request *request, void *context) {
    worker *w = context;
    enum { usual_batch = 8 };
    if (ready_engine(w, request, usual_batch) != ATTR_OK) {
        bench_answer_error(out, attr_error_message());
        return;
    }
    int layers = attr_engine_layers(w->engine);
    bench_layer_times times = bench_allocate_times(layers, bench_number(request, "passes", 1));
    mark_all(w->engine, attr_target_layer(w->target));
    for (int pass = 0; pass < times.passes; ++pass) time_layers(&times, w, pass);
    fprintf(out, "{\"batch\": %d, \"active\": [", attr_engine_batch(w->engine));
    for (int i = 0; i < layers; ++i)
        fprintf(out, "%s%d", i ? ", " : "", attr_has_pixels(attr_engine_op(w->engine, i)->seeded));
    fputs("], \"kinds\": [", out);
    for (int i = 0; i < layers; ++i) fprintf(out, "%s\"%s\"", i ? ", " : "", kind_of(attr_engine_op(w->engine, i)));
    fputs("], \"gflop\": [", out);
    for (int i = 0; i < layers; ++i) fprintf(out, "%s%.6g", i ? ", " : "", gflop_of(attr_engine_op(w->engine, i)->l));
    fputs("], ", out);
    bench_write_medians(out, &times);
    fputs("}\n", out);
    bench_free_times(&times);
}

/* A clone, packed for both directions. */
static void answer_perturb(FILE *out, const bench_request *request, void *context) {
    worker *w = context;
    attr_weight_noise noise = {1, 0, 0.2f, ATTR_NOISE_MULTIPLICATIVE, NULL};
    attr_status status = ready_engine(w, request, 1);
    if (status == ATTR_OK) status = attr_engine_perturb(w->engine, &noise); /* the first brings pages, too */
    double begun = bench_now();
    if (status == ATTR_OK) status = attr_engine_perturb(w->engine, &noise);
    double elapsed = bench_now() - begun;
    if (w->engine) attr_engine_set_parameters(w->engine, NULL);
    if (status == ATTR_OK)
        fprintf(out, "{\"ms\": %.6g, \"parameters\": %zu}\n", elapsed, w->parameters);
    else
        bench_answer_error(out, attr_error_message());
}

/* Of the whole input, by a random map: the paper's 30 windows of 50 candidates each. */
static attr_curve_settings curve_of(const network *net) {
    const attr_region whole = {net->c, net->h, net->w, 0, 0, net->w, net->h};
    return attr_curve_settings_of(&whole, 1);
}

static size_t curve_forwards(const worker *w) {
    attr_curve_settings settings = curve_of(w->model->net);
    return 1 + settings.windows * settings.candidates;
}

static attr_status run_curve(worker *w) {
    const network *net = w->model->net;
    attr_curve_settings settings = curve_of(net);
    attr_perturbation_curve curve = {0};
    size_t pixels = (size_t)net->h * (size_t)net->w;
    double *map = bench_allocate(pixels, sizeof *map);
    for (size_t i = 0; i < pixels; ++i) map[i] = w->x[i];
    attr_status status = attr_perturbation_curve_make(&curve, w->engine, w->target, w->x, map, &settings, NULL, NULL);
    attr_perturbation_curve_free(&curve);
    free(map);
    return status;
}

static attr_status run_forwards(worker *w) {
    size_t left = curve_forwards(w), batch = (size_t)attr_engine_batch(w->engine);
    for (size_t b = 0; b < batch; ++b) attr_engine_set_input_f32(w->engine, (int)b, w->x);
    for (; left > 0; left -= left < batch ? left : batch)
        attr_engine_forward(w->engine, (int)(left < batch ? left : batch));
    return ATTR_OK;
}

static void answer_series(FILE *out, const bench_request *request, worker *w, attr_status (*series)(worker *w)) {
    enum { points = 64 }; /* as the session has it for forwards */
    attr_status status = ready_engine(w, request, points);
    double begun = bench_now();
    if (status == ATTR_OK) status = series(w);
    double elapsed = bench_now() - begun;
    if (status == ATTR_OK)
        fprintf(out, "{\"ms\": %.6g, \"batch\": %d, \"forwards\": %zu}\n", elapsed, attr_engine_batch(w->engine),
                curve_forwards(w));
    else
        bench_answer_error(out, attr_error_message());
}

static void answer_curve(FILE *out, const bench_request *request, void *context) {
    answer_series(out, request, context, run_curve);
}

static void answer_forwards(FILE *out, const bench_request *request, void *context) {
    answer_series(out, request, context, run_forwards);
}

/* A plain pass over as many numbers as there are parameters. */
static void answer_scale(FILE *out, const bench_request *request, void *context) {
    worker *w = context;
    omp_set_num_threads(bench_number(request, "threads", 1));
    if (!w->numbers) w->numbers = bench_allocate(2 * w->parameters, sizeof *w->numbers);
    bench_scale(w->numbers, w->numbers + w->parameters, 1.01f, w->parameters); /* brings pages, too */
    double begun = bench_now();
    bench_scale(w->numbers, w->numbers + w->parameters, 1.01f, w->parameters);
    fprintf(out, "{\"ms\": %.6g, \"parameters\": %zu}\n", bench_now() - begun, w->parameters);
}

static void answer_peak(FILE *out, const bench_request *request, void *context) {
    enum { milliseconds = 150 };
    (void)context;
    fprintf(out, "{\"gflops\": %.6g}\n", bench_peak_gflops(bench_number(request, "threads", 1), milliseconds));
}

/* --- a worker's life -------------------------------------------------------------------------------------------- */

static attr_status load(worker *w, const char *cfg_path, const char *weights_path) {
    attr_cfg *cfg;
    ATTR_TRY(attr_cfg_read(&cfg, cfg_path, ATTR_CFG_NET));
    attr_status status = attr_model_load(&w->model, cfg, weights_path, 1, false);
    attr_cfg_free(cfg);
    if (status != ATTR_OK) return status;
    const network *net = w->model->net;
    for (int i = 0; i < net->n; ++i) {
        attr_parameter_counts n = attr_count_parameters(&net->layers[i]);
        w->parameters += n.weights + n.biases + n.statistics;
    }
    w->x = bench_allocate((size_t)net->inputs, sizeof *w->x);
    attr_random_uniform(w->x, &(attr_random){1, ATTR_STREAM_CHECK, 0, 0}, 0, (size_t)net->inputs);
    return ATTR_OK;
}

static void release(worker *w) {
    attr_engine_free(w->engine);
    attr_target_free(w->target);
    attr_model_free(w->model);
    free(w->x);
    free(w->numbers);
}

int main(int argc, char **argv) {
    static const bench_command commands[] = {
        {"run", answer_run},         {"memory", answer_memory}, {"layers", answer_layers},
        {"perturb", answer_perturb}, {"curve", answer_curve},   {"forwards", answer_forwards},
        {"scale", answer_scale},     {"peak", answer_peak},     {NULL, NULL}};
    worker w = {0};
    FILE *out = bench_open_answers();
    if (argc < 2 || argc > 3 || load(&w, argv[1], argv[2]) != ATTR_OK) {
        bench_answer_error(out, argc < 2 || argc > 3 ? "usage: ours CFG [WEIGHTS]" : attr_error_message());
        release(&w);
        return 2;
    }
    fputs("{\"ready\": true, \"methods\": [", out);
    for (int i = 0; i < method_count; ++i) fprintf(out, "%s\"%s\"", i ? ", " : "", attr_method_name(methods[i]));
    fprintf(out, "], \"parameters\": %zu}\n", w.parameters);
    fflush(out);
    bench_serve(out, commands, &w);
    release(&w);
    return 0;
}
