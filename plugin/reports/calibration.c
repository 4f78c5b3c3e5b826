#include "reports/calibration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "reports/curve.h"
#include "reports/text.h"

/* SmoothGrad's paper: noise of 10 to 20 % of the input's range. FusionGrad's: half of both noises. */
static const double smoothgrad_sigma = 0.15;

/* A relative drop that leaves nothing. */
static const double nothing_left = 0.95;

/* ---- The curve */

static attr_status write_table(FILE *file, const attr_calibration *c) {
    static const char *const names[] = {"sigma", "accuracy", "accuracy_error", "drop", "drop_error", "clones"};
    enum { columns = sizeof names / sizeof *names };
    double(*rows)[columns] = NULL;
    ATTR_TRY(attr_allocate(&rows, (size_t)c->curve->count, sizeof *rows, "a table"));
    for (int i = 0; i < c->curve->count; ++i) {
        const attr_drop_point *p = &c->curve->points[i];
        const double row[columns] = {p->sigma, p->accuracy, p->accuracy_error, p->drop, p->drop_error, c->clones};
        memcpy(rows[i], row, sizeof row);
    }
    attr_table_write_csv(file, names, rows ? rows[0] : NULL, columns, c->curve->count);
    free(rows);
    return ATTR_OK;
}

/* How many points are drawn: behind the first of those at which nothing is left there is nothing to see. */
static int count_drawn(const attr_drop_curve *curve) {
    int count = curve->count;
    while (count > 2 && curve->points[count - 2].drop > nothing_left) --count;
    return count;
}

static attr_status write_drawing(FILE *file, const attr_calibration *c) {
    char title[128], goal[64], chosen[64] = "";
    attr_curve_point *points = NULL;
    const attr_drop_point *at = c->curve->chosen;
    ATTR_TRY(attr_allocate(&points, (size_t)c->curve->count, sizeof *points, "a curve"));
    for (int i = 0; i < c->curve->count; ++i) {
        const attr_drop_point *p = &c->curve->points[i];
        points[i] = (attr_curve_point){p->sigma, p->drop, p->drop_error};
    }
    snprintf(title, sizeof title, "%s without noise %.3f, %d clones, %d pictures", c->accuracy,
             c->curve->points[0].accuracy, c->clones, c->pictures);
    snprintf(goal, sizeof goal, "goal: %.3g %%", 100 * c->options->drop);
    if (at && isfinite(c->curve->sigma_error))
        snprintf(chosen, sizeof chosen, "sigma = %.3g ± %.1g", at->sigma, c->curve->sigma_error);
    else if (at)
        snprintf(chosen, sizeof chosen, "sigma = %.3g", at->sigma);
    const attr_curve curve = {.points = points, .count = count_drawn(c->curve)};
    const attr_curve_drawing drawing = {.title = title,
                                        .x_name = c->options->weight_noise == ATTR_WEIGHT_NOISE_ADDITIVE
                                                      ? "sigma of the noise on the parameters (absolute)"
                                                      : "sigma of the noise on the parameters (relative)",
                                        .y_name = "relative accuracy drop AD",
                                        .curves = &curve,
                                        .count = 1,
                                        .level = {goal, c->options->drop, NAN},
                                        .place = {chosen, at ? at->sigma : NAN, c->curve->sigma_error}};
    attr_curve_write_svg(file, &drawing);
    free(points);
    return ATTR_OK;
}

/* ---- The section */

static void write_word(FILE *file, const char *before, const char *word) {
    fputs(before, file);
    attr_shell_word(file, word); /* keeps the comment in its line */
    putc('\n', file);
}

static void write_figures(FILE *file, const attr_calibration *c) {
    const attr_drop_point *p = c->curve->chosen, *clean = &c->curve->points[0];
    fprintf(file,
            "# Made by `darknet attribute calibrate` %s: noise on the parameters that costs %.3g %% of the accuracy.\n",
            ATTR_VERSION, 100 * c->options->drop);
    fprintf(file, "# sigma %.6g", p->sigma);
    if (isfinite(c->curve->sigma_error))
        fprintf(file, " +- %.2g (standard error over the clones)", c->curve->sigma_error);
    fprintf(file, "\n# %s %.4f without noise, %.4f +- %.4f with it, %.4g by chance\n", c->accuracy, clean->accuracy,
            p->accuracy, p->accuracy_error, c->chance);
    fprintf(file, "# relative drop %.2f %% +- %.2f %%, %d clones, %d pictures, seed %lld\n", 100 * p->drop,
            100 * p->drop_error, c->clones, c->pictures, (long long)c->options->seed);
    fprintf(file, "# measured against %s\n", c->truth);
    write_word(file, "# pictures: ", c->list);
    write_word(file, "# network: ", c->cfg_path);
    fprintf(file, "#   SHA-256 %s\n", c->cfg_hash);
    write_word(file, "# weights: ", c->weights_path);
    fprintf(file, "#   SHA-256 %s\n\n", c->weights_hash);
}

/* The options of the noise that were in force, `mark` before each line. */
static void write_noise(FILE *file, const attr_calibration *c, const char *mark, double sigma) {
    bool additive = c->options->weight_noise == ATTR_WEIGHT_NOISE_ADDITIVE;
    fprintf(file, "%sweight_sigma=%.6g\n", mark, sigma);
    fprintf(file, "%sweight_noise=%s\n", mark, additive ? "additive" : "multiplicative");
    fprintf(file, "%snoise_layers=%s\n", mark, c->options->noise_layers);
}

static attr_status write_section(FILE *file, const attr_calibration *c) {
    double sigma = c->curve->chosen->sigma;
    write_figures(file, c);
    fputs("[attribution]\nmethod=noisegrad\n", file);
    write_noise(file, c, "", sigma);
    fputs("\n# FusionGrad puts half of this noise on the parameters and half of SmoothGrad's on the input:\n"
          "# method=fusiongrad\n",
          file);
    write_noise(file, c, "# ", sigma / 2);
    fprintf(file, "# sigma=%.3g\n# sigma_unit=range\n", smoothgrad_sigma / 2);
    fprintf(file,
            "\n# SmoothGrad: 10 to 20 %% of the input's range (its paper's rule; nothing was measured for it):\n"
            "# method=smoothgrad\n# sigma=%.3g\n# sigma_unit=range\n",
            smoothgrad_sigma);
    return ATTR_OK;
}

/* ---- Files */

static attr_status write_file(const attr_calibration *c, const char *folder, const char *name,
                              attr_status (*write)(FILE *file, const attr_calibration *c)) {
    attr_output output = {0};
    char *path = NULL;
    size_t size = strlen(folder) + strlen(name) + 2;
    ATTR_TRY(attr_allocate(&path, size, 1, "a path"));
    snprintf(path, size, "%s/%s", folder, name);
    attr_status status = attr_write_begin(&output, path);
    if (status == ATTR_OK) status = write(output.file, c);
    if (status == ATTR_OK)
        status = attr_write_commit(&output);
    else
        attr_write_abort(&output);
    free(path);
    return status;
}

attr_status attr_write_calibration(const attr_calibration *c, const char *folder) {
    ATTR_TRY(write_file(c, folder, "calibration.csv", write_table));
    ATTR_TRY(write_file(c, folder, "calibration.svg", write_drawing));
    return c->curve->chosen ? write_file(c, folder, "calibrated.cfg", write_section) : ATTR_OK;
}
