/* A study as a file: which networks, methods with which settings, and metrics, on which pictures; what is claimed, and
 * what is drawn of the numbers.
 *
 *   [experiment]   name=    of the results' folder; the file's name if missing
 *                  title=   of the page;  text=  what the study is about
 *   [data]         data=    Darknet's .data file;  list=  pictures, its valid= if missing
 *   [make]         run=     a program in scripts/ and its words, which makes
 *                  makes=   these files, if one of them is missing (paths with spaces between)
 *   [train]        weights=  of a network that Darknet trains if they are missing (`classifier train`, or `detector
 *                  train` if it has boxes);  cfg=;  data= instead of that of [data];  seed= (1). One section a network.
 *   [model]        name=, cfg=, weights=; data= and list= instead of those of [data]; options that are the network's
 *                  own: second=, masks=, .. One section a network.
 *   [method]       method=, and options as in [attribution]; name= for tables. One section a method.
 *   [sweep]        options that all methods above it take, behind their own
 *   [metric]       metrics=, and options of the command line that they need: pictures=, as_published=, ..
 *   [accuracy]     clones=   metric accuracy_drop: what networks with noise lose (metrics/accuracy_drop.h), of so many
 *                  clones for each method that has clones, with that method's weight_noise, weight_sigma, noise_layers
 *   [checks]       checks=, and options of command sanity; pictures=  so many, evenly spaced;  shown=  so many of them
 *                  on a page with their maps. Metrics <check>_spearman (of magnitudes), _ssim, _overlap, and
 *                  perturbation_probability, see commands/experiment_checks.c
 *   [claim]        text=, metric=
 *                  less=, than=   two methods: names, or names up to a comma; "control: random"
 *                  than_metric=   instead of than=: another metric of the same methods
 *                  falls_with=, rises_with=   an option that `of`, a method (all if missing), has several values of
 *   [plot]         metric=  one or several;  title=
 *                  x=       an option that several values were given for; `curve`: what the metric's curve has; without
 *                           it a bar for each method
 *                  of=      methods, semicolons between; all if missing
 *                  over=models   means over networks, with Student's 95 % intervals;  log=1  a logarithmic x axis
 *   [attribution]  options for all methods
 *
 * Several values, separated by commas, of an option that takes one are a grid: each of them with each of the others.
 * A key `small.x` stands for x at size small and is nothing at size paper; `paper.x` likewise.
 *
 * Everything is checked when the file is read, but for what a network decides (its options, whether it has boxes). */
#ifndef ATTR_SESSION_EXPERIMENT_H
#define ATTR_SESSION_EXPERIMENT_H

#include "model/cfg.h"
#include "options/options.h"

/* One value of an option, and where it stands. */
typedef struct {
    const char *name; /* in the file */
    char *value;
    int line;
    bool is_swept; /* one of several values */
} attr_setting;

typedef struct {
    char *name;
    const char *data, *list, *cfg, *weights;
    attr_setting *settings; /* options of the network's section */
    int setting_count;
} attr_experiment_model;

typedef struct {
    const char *cfg, *weights, *data;
    int seed;
} attr_experiment_training;

/* A method with all its settings: a row of the tables. */
typedef struct {
    char *name;   /* "smoothtaylor, sigma .3, roots 100": unique */
    char *method; /* the name of its section, or the method's and its base's */
    attr_setting *settings;
    int setting_count;
} attr_variant;

typedef struct {
    const char *text, *metric;
    const char *less, *than; /* methods; NULL both, or one of the next two */
    const char *falls_with, *rises_with, *of, *than_metric;
    int line;
} attr_claim;

typedef struct {
    const char *title, *metric, *x, *of; /* x NULL: a bar for each method; of NULL: all methods */
    bool over_models, is_logarithmic;
    int line;
} attr_experiment_plot;

typedef struct {
    attr_cfg *cfg;
    bool is_small;
    char *name;
    const char *title, *text; /* text NULL: none */
    const char *data, *list;
    attr_experiment_training *trainings;
    int training_count;
    attr_experiment_model *models;
    int model_count;
    attr_variant *variants;
    int variant_count;
    const char *metrics; /* NULL: [accuracy] alone */
    int accuracy_clones; /* 0: no [accuracy] */
    int check_pictures;  /* 0: no [checks] */
    int shown_pictures;
    attr_setting *settings; /* of [attribution] */
    int setting_count;
    attr_setting *metric_settings;
    int metric_setting_count;
    const char *run, *makes; /* NULL: nothing to be made */
    attr_claim *claims;
    int claim_count;
    attr_experiment_plot *plots;
    int plot_count;
} attr_experiment;

/* Released with attr_experiment_free(), also after a failure. ATTR_BAD_INPUT with file and line. */
attr_status attr_experiment_read(attr_experiment *out, const char *path, bool is_small);
void attr_experiment_free(attr_experiment *e);

/* Gives options, which may have flags, what [attribution], [metric] and a network's section say. Afterwards, to a copy
 * of them, what a variant says. */
attr_status attr_model_apply(attr_options *o, const attr_experiment *e, const attr_experiment_model *model);
attr_status attr_variant_apply(attr_options *o, const attr_experiment *e, const attr_variant *variant);

/* The value of an option that a variant sweeps; NULL: it does not. */
const char *attr_variant_value(const attr_variant *variant, const char *option);

/* Whether a row's label is meant by a name: it is the same, or goes on with a comma. */
bool attr_label_is_meant(const char *label, const char *name, size_t length);

#endif
