/* calibrate: finds the noise on the parameters at which the network loses a given part of its accuracy on the pictures
 * of valid=, and writes it as a section for noisegrad. */
#include "commands/commands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/files.h"
#include "base/memory.h"
#include "metrics/accuracy_drop.h"
#include "model/class_files.h"
#include "reports/calibration.h"
#include "session/validation.h"

/* Where the curve is looked at, besides where the search looks. */
static const double grid[] = {0, .05, .1, .2, .3, .4, .6, .8, 1};

typedef struct {
    attr_session *session;
    attr_validation validation;
    char *list, *labels_path; /* as the .data file has them; labels_path NULL: it has none */
    char **labels;
    int label_count;
    char **paths; /* [count] of the pictures that are to be used, within `text` */
    attr_truth *truths;
    int count;
    attr_list text;
    attr_tally tally;
    int without_label;
} calibration;

/* ---- Lists and labels */

static attr_status copy_value(char **out, const attr_cfg *data, const char *key) {
    const attr_cfg_option *option = attr_cfg_find(&data->sections[0], key);
    return option ? attr_copy_text(out, option->value) : ATTR_OK;
}

static attr_status read_data(calibration *c, const char *path) {
    attr_cfg *data = NULL;
    ATTR_TRY(attr_cfg_read(&data, path, ATTR_CFG_DATA));
    attr_status status = copy_value(&c->list, data, "valid");
    if (status == ATTR_OK && !c->list)
        status = attr_fail(ATTR_BAD_INPUT, "%s: valid= is missing (a list of the pictures to calibrate with)", path);
    if (status == ATTR_OK && !c->session->is_detector) status = copy_value(&c->labels_path, data, "labels");
    attr_cfg_free(data);
    if (status == ATTR_OK && c->labels_path)
        status = attr_names_read(&c->labels, &c->label_count, c->labels_path, c->session->classes);
    return status;
}

/* All paths of the list, or so many as option `pictures` says, evenly spaced. */
static attr_status read_paths(calibration *c) {
    int all = 0, most = (int)c->session->options.pictures;
    attr_list count;
    ATTR_TRY(attr_list_open(&count, c->list));
    for (; count.path; attr_list_next(&count)) ++all;
    attr_list_close(&count);
    if (most > all) most = all;
    ATTR_TRY(attr_allocate(&c->paths, (size_t)most, sizeof *c->paths, "a list"));
    ATTR_TRY(attr_allocate(&c->truths, (size_t)most, sizeof *c->truths, "labels"));
    ATTR_TRY(attr_list_open(&c->text, c->list));
    for (int64_t i = 0; c->text.path && c->count < most; ++i, attr_list_next(&c->text))
        if (i == (int64_t)c->count * all / most) c->paths[c->count++] = c->text.path;
    if (most < all) printf("%s: %d of its %d pictures, evenly spaced\n", c->list, most, all);
    return ATTR_OK;
}

/* The labels of all pictures. Those whose label file is broken have no path afterwards. Only when no picture has a
 * label the network is its own judge. */
static void find_labels(calibration *c) {
    c->validation.agreement = true;
    for (int i = 0; i < c->count; ++i) {
        attr_status status = attr_truth_find(&c->truths[i], c->session, c->labels, c->paths[i]);
        if (status != ATTR_OK) {
            attr_tally_add(&c->tally, status);
            c->paths[i] = NULL;
        }
        if (status != ATTR_OK || c->truths[i].known) c->validation.agreement = false;
    }
}

static void tell_left_out(calibration *c, const char *path) {
    ++c->without_label;
    if (c->session->is_detector)
        fprintf(stderr, "darknet attribute: %s: left out, it has no label file\n", path);
    else
        fprintf(stderr, "darknet attribute: %s: left out, its path contains no label of %s\n", path, c->labels_path);
}

static attr_status add_pictures(calibration *c) {
    for (int i = 0; i < c->count && !attr_was_interrupted(); ++i) {
        if (!c->paths[i]) continue;
        if (!c->validation.agreement && !c->truths[i].known)
            tell_left_out(c, c->paths[i]);
        else
            attr_tally_add(&c->tally, attr_validation_add(&c->validation, c->paths[i], &c->truths[i]));
    }
    if (attr_was_interrupted()) return attr_fail(ATTR_INTERRUPTED, "%s: interrupted", c->list);
    if (c->validation.count > 0) return ATTR_OK;
    return attr_fail(ATTR_BAD_INPUT, "%s: none of its %d pictures can be used", c->list, c->count);
}

/* ---- What is said */

static const char *accuracy_name(const calibration *c) {
    return c->session->is_detector ? "AP50" : "accuracy";
}

/* What the clones' predictions are compared with. */
static void name_truth(char *out, size_t size, const calibration *c) {
    const attr_validation *v = &c->validation;
    if (v->agreement && c->session->is_detector)
        snprintf(out, size, "%d detections above %g of the network without noise (there are no label files)",
                 attr_validation_objects(v), c->session->options.thresh);
    else if (v->agreement)
        snprintf(out, size, "the classes that the network predicts without noise (no path contains a label)");
    else if (c->session->is_detector)
        snprintf(out, size, "%d objects of the label files", attr_validation_objects(v));
    else
        snprintf(out, size, "the labels in the pictures' paths");
}

static void describe(const calibration *c) {
    char truth[256];
    const attr_options *o = &c->session->options;
    name_truth(truth, sizeof truth, c);
    printf("%d pictures, letterboxed as by `darknet attribute test`; %s against %s\n", c->validation.count,
           accuracy_name(c), truth);
    printf("%d clones, %s noise, seed %lld\n", c->validation.clones,
           o->weight_noise == ATTR_WEIGHT_NOISE_ADDITIVE ? "additive" : "multiplicative", (long long)o->seed);
    fflush(stdout);
}

static void tell_point(void *context, const attr_drop_point *p) {
    const calibration *c = context;
    attr_hide_progress();
    printf("sigma %-10.5g %s %.4f +- %.4f, drop %6.2f %% +- %.2f %%\n", p->sigma, accuracy_name(c), p->accuracy,
           p->accuracy_error, 100 * p->drop, 100 * p->drop_error);
    fflush(stdout);
}

static int show_forwards(void *context, size_t done, size_t all) {
    (void)context;
    return attr_show_count(done, all, "forwards");
}

static void tell_result(const calibration *c, const attr_drop_curve *curve) {
    const attr_drop_point *p = curve->chosen;
    const char *folder = c->session->options.results;
    if (c->without_label > 0) printf("left out, without a label: %d of %d pictures\n", c->without_label, c->count);
    printf("sigma %.4g", p->sigma);
    if (isfinite(curve->sigma_error)) printf(" +- %.2g", curve->sigma_error);
    printf(": %s %.4f instead of %.4f, a relative drop of %.2f %% +- %.2f %%\n", accuracy_name(c), p->accuracy,
           curve->points[0].accuracy, 100 * p->drop, 100 * p->drop_error);
    printf("%s/calibration.csv, %s/calibration.svg, %s/calibrated.cfg (for -attribution)\n", folder, folder, folder);
}

/* ---- All */

static attr_status accuracies(void *context, double *out, double sigma) {
    calibration *c = context;
    return attr_validation_accuracies(out, &c->validation, sigma);
}

static attr_status search(attr_drop_curve *curve, calibration *c) {
    const attr_options *o = &c->session->options;
    attr_drop_search settings = {.clones = c->validation.clones,
                                 .chance = attr_validation_chance(&c->validation),
                                 .goal = o->drop,
                                 .grid = grid,
                                 .grid_count = o->grid ? (int)(sizeof grid / sizeof *grid) : 0,
                                 .accuracies = accuracies,
                                 .tell = tell_point,
                                 .context = c};
    attr_status status = attr_drop_find(curve, &settings);
    attr_hide_progress();
    ATTR_TRY(status);
    uint64_t checksum;
    return attr_check_parameters(&checksum, c->session);
}

static attr_status write(const calibration *c, const attr_drop_curve *curve) {
    char truth[256];
    const attr_session *s = c->session;
    name_truth(truth, sizeof truth, c);
    const attr_calibration report = {.curve = curve,
                                     .options = &s->options,
                                     .clones = c->validation.clones,
                                     .pictures = c->validation.count,
                                     .chance = attr_validation_chance(&c->validation),
                                     .accuracy = accuracy_name(c),
                                     .truth = truth,
                                     .list = c->list,
                                     .cfg_path = s->cfg_path,
                                     .weights_path = s->weights_path,
                                     .cfg_hash = s->cfg_hash,
                                     .weights_hash = s->model->weights_hash};
    return attr_write_calibration(&report, s->options.results);
}

static attr_status search_and_write(calibration *c) {
    attr_drop_curve curve = {0};
    const attr_options *o = &c->session->options;
    ATTR_TRY(attr_validation_begin(&c->validation));
    ATTR_TRY(attr_make_folders(o->results)); /* before minutes of work, not behind them */
    describe(c);
    attr_status status = search(&curve, c);
    if (status == ATTR_OK) status = write(c, &curve);
    if (status == ATTR_OK && curve.chosen)
        tell_result(c, &curve);
    else if (status == ATTR_OK)
        status =
            attr_fail(ATTR_NUMERIC, "even with sigma %g the accuracy does not drop by %g %%: see %s/calibration.csv",
                      curve.points[curve.count - 1].sigma, 100 * o->drop, o->results);
    attr_drop_curve_free(&curve);
    return status;
}

static attr_status run(calibration *c, const char *data) {
    char origin[256];
    const attr_options *o = &c->session->options;
    int crop[4];
    if (attr_read_crop(crop, o->crop))
        return attr_fail(ATTR_BAD_INPUT, "%s: crop=%s: calibrate takes whole pictures",
                         attr_options_origin(origin, o, ATTR_OPTION_crop, sizeof origin), o->crop);
    c->validation = (attr_validation){
        .session = c->session, .clones = (int)o->calibrate_clones, .progress = show_forwards, .context = c};
    ATTR_TRY(read_data(c, data));
    ATTR_TRY(read_paths(c));
    find_labels(c);
    ATTR_TRY(add_pictures(c));
    ATTR_TRY(search_and_write(c));
    if (c->tally.worst == ATTR_OK) return ATTR_OK;
    return attr_fail(c->tally.worst, "%s: %d of %d pictures could not be used, the figures are without them", c->list,
                     c->tally.failed, c->count);
}

static void end(calibration *c) {
    attr_validation_free(&c->validation);
    for (int i = 0; i < c->count; ++i) attr_truth_free(&c->truths[i]);
    free(c->truths);
    free(c->paths);
    attr_list_close(&c->text);
    attr_names_free(c->labels);
    free(c->list);
    free(c->labels_path);
    attr_close(c->session);
}

attr_status attr_command_calibrate(int count, char **arguments, const attr_options *flags) {
    if (count != 3)
        return attr_fail(ATTR_BAD_INPUT, "usage: darknet attribute calibrate DATA CFG WEIGHTS [-option value]");
    calibration c = {0};
    attr_catch_interrupts();
    attr_status status = attr_session_open(&c.session, arguments[0], arguments[1], arguments[2], flags);
    if (status == ATTR_OK && c.session->options.verbose)
        status = attr_options_write(stdout, &c.session->options, ATTR_WRITE_ORIGINS);
    if (status == ATTR_OK) status = run(&c, arguments[0]);
    end(&c);
    return status;
}
