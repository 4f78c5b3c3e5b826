/* tune: measures for each convolutional layer which implementation is the fastest here, and writes a file for option
 * `tuned`. */
#include "commands/commands.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "kernels/dnnl.h"
#include "metrics/tuning.h"
#include "model/engine.h"
#include "model/tuned.h"
#include "session/kernel_choice.h"
#include "session/session.h"

typedef struct {
    const attr_options *options;
    const network *net;
    attr_engine *engine;
    attr_conv_choice *by_precision, *best; /* of each layer; best: of those that differ from the rule's */
    int batch, threads, count, changed;
    attr_tuned_layer *layers; /* [count] */
} tuning;

/* Layers of one shape are measured once. */
static const attr_tuned_layer *find_same(const tuning *t, const attr_tuned_layer *layer) {
    for (int i = 0; i < t->count; ++i) {
        const attr_tuned_layer *other = &t->layers[i];
        if (memcmp(&other->shape, &layer->shape, sizeof layer->shape) == 0 && other->name == layer->name &&
            other->forward.rule == layer->forward.rule && other->backward.rule == layer->backward.rule)
            return other;
    }
    return NULL;
}

static void print_direction(const char *word, const attr_tuned_direction *d) {
    printf("  %-8s  %-9s", word, attr_conv_by_word(d->rule));
    for (int by = ATTR_CONV_BY_WINOGRAD; by < ATTR_CONV_BY_COUNT; ++by)
        if (d->seconds[by] > 0)
            printf(" %9.2f", 1e3 * d->seconds[by]);
        else
            printf(" %9s", "-");
    if (d->best == d->rule)
        printf("\n");
    else
        printf("  %s, %.2f times as fast\n", attr_conv_by_word(d->best), d->seconds[d->rule] / d->seconds[d->best]);
}

static void print_layer(const attr_tuned_layer *layer) {
    const attr_conv_shape *s = &layer->shape;
    int is_forward = strcmp(layer->name, "deconvolutional") != 0;
    printf("%5d %s %dx%d/%d  %dx%dx%d -> %dx%dx%d%s\n", layer->layer, layer->name, s->size, s->size, s->stride,
           is_forward ? s->w : s->out_w, is_forward ? s->h : s->out_h, is_forward ? s->c : s->n,
           is_forward ? s->out_w : s->w, is_forward ? s->out_h : s->h, is_forward ? s->n : s->c,
           s->groups > 1 ? ", in groups" : "");
    print_direction("forward", &layer->forward);
    print_direction("backward", &layer->backward);
    fflush(stdout);
}

static attr_status tune_layer(tuning *t, const attr_op *op) {
    attr_tuned_layer layer;
    if (!attr_tuning_can(&layer, op)) return ATTR_OK;
    const attr_tuned_layer *same = find_same(t, &layer);
    if (same) {
        layer.forward = same->forward;
        layer.backward = same->backward;
    } else {
        int bf16 = t->options->precision == ATTR_PRECISION_MIXED;
        ATTR_TRY(attr_tuning_measure(&layer, op, t->batch, bf16));
        print_layer(&layer);
    }
    t->layers[t->count++] = layer;
    attr_conv_choice *best = &t->best[layer.layer];
    if (layer.forward.best != layer.forward.rule) best->forward = layer.forward.best;
    if (layer.backward.best != layer.backward.rule) best->backward = layer.backward.best;
    t->changed += best->forward != ATTR_CONV_BY_RULE || best->backward != ATTR_CONV_BY_RULE;
    return ATTR_OK;
}

/* The processor's name as Linux has it. */
static void name_processor(char *out, size_t size) {
    char line[256];
    snprintf(out, size, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (!file) return;
    while (fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon || !colon[1]) continue;
        line[strcspn(line, "\n")] = 0;
        snprintf(out, size, "%s", colon + 2);
        break;
    }
    fclose(file);
}

static attr_status save(const tuning *t, const char *cfg) {
    attr_output output;
    char remarks[1024], processor[128];
    name_processor(processor, sizeof processor);
    snprintf(
        remarks, sizeof remarks,
        "# Made by `darknet attribute tune` %s: implementations of convolutions that are faster here than those of\n"
        "# the program's rule. Measured for %.256s\n# on %s, %d threads, batch %d.\n",
        ATTR_VERSION, cfg, processor, t->threads, t->batch);
    ATTR_TRY(attr_write_begin(&output, t->options->save));
    attr_tuned_write(output.file, t->best, t->net, attr_precision_name(t->options), remarks);
    return attr_write_commit(&output);
}

static attr_status run(tuning *t, const char *cfg) {
    size_t n = (size_t)t->net->n;
    t->threads = omp_get_max_threads();
    ATTR_TRY(attr_check_precision(t->options));
    ATTR_TRY(attr_allocate(&t->by_precision, n, sizeof *t->by_precision, "implementations"));
    ATTR_TRY(attr_allocate(&t->best, n, sizeof *t->best, "implementations"));
    ATTR_TRY(attr_allocate(&t->layers, n, sizeof *t->layers, "layers"));
    attr_choose_by_precision(t->by_precision, t->net->n, t->options);
    t->batch = attr_choose_batch(t->net, t->by_precision, ATTR_KEEP_NEEDED, t->options, SIZE_MAX);
    ATTR_TRY(attr_engine_create_chosen(&t->engine, t->net, t->by_precision, 1, ATTR_KEEP_NEEDED));
    printf("%d threads, batch %d; milliseconds of a batch%s\n", t->threads, t->batch,
           attr_dnnl_ready() == ATTR_OK ? "" : "; without oneDNN");
    printf("  %-8s  %-9s", "", "rule");
    for (int by = ATTR_CONV_BY_WINOGRAD; by < ATTR_CONV_BY_COUNT; ++by)
        printf(" %9s", attr_conv_by_word((attr_conv_by)by));
    printf("\n");
    for (int i = 0; i < t->net->n; ++i) ATTR_TRY(tune_layer(t, attr_engine_op(t->engine, i)));
    ATTR_TRY(save(t, cfg));
    printf("%d of %d convolutional layers have something faster than the rule's\n", t->changed, t->count);
    if (t->changed > 0) printf("for the [attribution] section of the cfg:\ntuned=%s\n", t->options->save);
    return ATTR_OK;
}

attr_status attr_command_tune(int count, char **arguments, const attr_options *flags) {
    if (count != 1) return attr_fail(ATTR_BAD_INPUT, "usage: darknet attribute tune CFG [-o FILE] [-option value]");
    attr_options *options = NULL;
    attr_model *model = NULL;
    attr_cfg *cfg = NULL;
    tuning t = {0};
    ATTR_TRY(attr_allocate(&options, 1, sizeof *options, "options"));
    *options = *flags;
    attr_status status = attr_cfg_read(&cfg, arguments[0], ATTR_CFG_NET);
    if (status == ATTR_OK) status = attr_read_options(options, cfg, NULL);
    if (status == ATTR_OK) {
        omp_set_num_threads(options->threads > 0 ? (int)options->threads : omp_get_num_procs());
        status = attr_model_load(&model, cfg, NULL, (uint64_t)options->seed, options->verbose);
    }
    if (status == ATTR_OK) {
        t.options = options;
        t.net = model->net;
        status = run(&t, arguments[0]);
    }
    attr_engine_free(t.engine);
    free(t.by_precision);
    free(t.best);
    free(t.layers);
    attr_model_free(model);
    attr_cfg_free(cfg);
    free(options);
    return status;
}
