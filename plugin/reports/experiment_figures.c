/* Figures of a study, drawn by gnuplot. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/program.h"
#include "reports/experiment.h"
#include "reports/files.h"

/* ---- Series: what one line or one set of bars shows */

enum { name_size = 512, most_bands = 6 /* more would hide each other */ };

typedef struct {
    double x; /* of bars and words: their place */
    char text[ATTR_TEXT_SIZE];
    double mean, low, high;
} point;

typedef struct {
    char name[name_size];
    bool is_control;
    point *points;
    int count;
} series;

typedef struct {
    const attr_study *study;
    const attr_experiment_plot *plot;
    series *all;
    int count;
    char (*words)[ATTR_TEXT_SIZE]; /* of an x axis without numbers */
    int word_count;
    bool has_words;
} figure;

static attr_status find_series(series **out, figure *f, const char *name, bool is_control) {
    for (int i = 0; i < f->count; i++)
        if (strcmp(f->all[i].name, name) == 0) {
            *out = &f->all[i];
            return ATTR_OK;
        }
    series *more = realloc(f->all, (size_t)(f->count + 1) * sizeof *more);
    if (!more) return attr_fail(ATTR_NO_MEMORY, "out of memory for a figure");
    f->all = more;
    *out = &more[f->count++];
    **out = (series){.is_control = is_control};
    snprintf((*out)->name, name_size, "%s", name);
    return ATTR_OK;
}

static attr_status add_point(series *s, double x, const char *text, double mean, double low, double high) {
    point *more = realloc(s->points, (size_t)(s->count + 1) * sizeof *more);
    if (!more) return attr_fail(ATTR_NO_MEMORY, "out of memory for a figure");
    s->points = more;
    more[s->count] = (point){.x = x, .mean = mean, .low = low, .high = high};
    snprintf(more[s->count++].text, ATTR_TEXT_SIZE, "%s", text);
    return ATTR_OK;
}

/* The place of a word on the x axis. */
static attr_status place_word(double *x, figure *f, const char *word) {
    int i = 0;
    while (i < f->word_count && strcmp(f->words[i], word) != 0) i++;
    *x = i;
    if (i < f->word_count) return ATTR_OK;
    char(*more)[ATTR_TEXT_SIZE] = realloc(f->words, (size_t)(i + 1) * sizeof *more);
    if (!more) return attr_fail(ATTR_NO_MEMORY, "out of memory for a figure");
    f->words = more;
    snprintf(more[f->word_count++], ATTR_TEXT_SIZE, "%s", word);
    return ATTR_OK;
}

static bool is_wanted(const figure *f, const char *label) {
    for (const char *name = f->plot->of; name;) {
        size_t length = strcspn(name, ";");
        if (attr_label_is_meant(label, name, length)) return true;
        name = name[length] ? name + length + 1 + strspn(name + length + 1, " ") : NULL;
    }
    return !f->plot->of;
}

/* "tiny: smoothtaylor, roots 100: aupc" without what does not tell series apart. */
static void name_series(char out[name_size], const figure *f, const attr_study_part *part, const char *method,
                        const char *metric) {
    bool several = f->study->count > 1 && !f->plot->over_models, metrics = strchr(f->plot->metric, ',');
    snprintf(out, name_size, "%.160s%s%.160s%s%.160s", several ? part->model->name : "", several && *method ? ": " : "",
             method, metrics && (several || *method) ? ": " : "", metrics ? metric : "");
}

/* A variant's name without the option that is the x axis. */
static void name_without(char out[ATTR_TEXT_SIZE], const attr_variant *v, const char *option) {
    int length = snprintf(out, ATTR_TEXT_SIZE, "%s", v->method);
    for (int i = 0; i < v->setting_count && length < ATTR_TEXT_SIZE; i++) {
        const attr_setting *s = &v->settings[i];
        if (!s->is_swept || attr_same_name(s->name, option) || attr_same_name(s->name, "method") ||
            attr_same_name(s->name, "base"))
            continue;
        length += snprintf(out + length, (size_t)(ATTR_TEXT_SIZE - length), ", %s %s", s->name, s->value);
    }
}

/* One row of a network's table by one metric. */
typedef struct {
    const attr_study_part *part;
    const attr_valid *valid;
    int metric, row;
    const char *label, *name; /* of the row, of the metric */
} place;

static attr_status add_bar(figure *f, const place *p) {
    char name[name_size];
    series *s;
    double x;
    const attr_valid_cell *cell = attr_valid_cell_of(p->valid, p->row, p->metric);
    name_series(name, f, p->part, "", p->name);
    ATTR_TRY(find_series(&s, f, name, false));
    ATTR_TRY(place_word(&x, f, p->label));
    return add_point(s, x, p->label, cell->mean, cell->low, cell->high);
}

static attr_status add_sweep(figure *f, const place *p) {
    char name[name_size], method[ATTR_TEXT_SIZE], *end;
    series *s;
    const attr_variant *variant = attr_study_variant(f->study, p->valid, p->row);
    const char *value = variant ? attr_variant_value(variant, f->plot->x) : NULL;
    const attr_valid_cell *cell = attr_valid_cell_of(p->valid, p->row, p->metric);
    if (!value) return ATTR_OK;
    double x = strtod(value, &end);
    if (*end) {
        f->has_words = true;
        ATTR_TRY(place_word(&x, f, value));
    }
    name_without(method, variant, f->plot->x);
    name_series(name, f, p->part, method, p->name);
    ATTR_TRY(find_series(&s, f, name, false));
    return add_point(s, x, value, cell->mean, cell->low, cell->high);
}

static attr_status add_curve(figure *f, const place *p) {
    double y[ATTR_METRIC_POINTS], low[ATTR_METRIC_POINTS], high[ATTR_METRIC_POINTS];
    char name[name_size];
    series *s;
    int n;
    if (!p->valid->scoring->metrics[p->metric]->curve) return ATTR_OK;
    ATTR_TRY(attr_valid_curve_of(y, low, high, &n, p->valid, p->row, p->metric));
    if (n == 0) return ATTR_OK;
    name_series(name, f, p->part, p->label, p->name);
    ATTR_TRY(find_series(&s, f, name, p->row >= p->valid->scoring->method_count));
    for (int i = 0; i < ATTR_METRIC_POINTS; i++)
        ATTR_TRY(add_point(s, (double)i / (ATTR_METRIC_POINTS - 1), "", y[i], low[i], high[i]));
    return ATTR_OK;
}

static attr_status add_metric(figure *f, const attr_study_part *part, const char *name) {
    char label[ATTR_TEXT_SIZE];
    place p = {.part = part, .label = label, .name = name};
    bool curve = f->plot->x && strcmp(f->plot->x, "curve") == 0;
    if (!attr_study_find(&p.valid, &p.metric, part, name)) return ATTR_OK;
    for (p.row = 0; p.row < attr_scoring_rows(p.valid->scoring); p.row++) {
        attr_scoring_label(label, sizeof label, p.valid->scoring, p.row);
        bool is_control = p.row >= p.valid->scoring->method_count;
        if (!is_wanted(f, label) && !(is_control && curve && !f->plot->of)) continue;
        ATTR_TRY((curve ? add_curve : f->plot->x ? add_sweep : add_bar)(f, &p));
    }
    return ATTR_OK;
}

/* Points of all networks at the same place become one: their means' mean. */
static attr_status join_networks(series *s) {
    double *values = NULL;
    int kept = 0;
    ATTR_TRY(attr_allocate(&values, (size_t)s->count + 1, sizeof *values, "a figure"));
    for (int i = 0; i < s->count; i++) {
        int n = 0;
        bool is_first = true;
        for (int k = 0; k < kept; k++) is_first &= s->points[k].x != s->points[i].x;
        if (!is_first) continue;
        for (int k = i; k < s->count; k++)
            if (s->points[k].x == s->points[i].x && !isnan(s->points[k].mean)) values[n++] = s->points[k].mean;
        point joined = s->points[i];
        attr_student_interval(&joined.mean, &joined.low, &joined.high, values, n);
        s->points[kept++] = joined;
    }
    s->count = kept;
    free(values);
    return ATTR_OK;
}

static int by_place(const void *a, const void *b) {
    double x = ((const point *)a)->x, y = ((const point *)b)->x;
    return (x > y) - (x < y);
}

static attr_status fill(figure *f) {
    char name[128];
    for (const char *text = f->plot->metric;;) {
        size_t length = strcspn(text, ",");
        snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), text);
        for (int i = 0; i < f->study->count; i++) ATTR_TRY(add_metric(f, &f->study->parts[i], name));
        if (!text[length]) break;
        text += length + 1 + strspn(text + length + 1, " ");
    }
    for (int i = 0; i < f->count; i++) {
        if (f->plot->over_models) ATTR_TRY(join_networks(&f->all[i]));
        if (f->all[i].count > 0) qsort(f->all[i].points, (size_t)f->all[i].count, sizeof(point), by_place);
    }
    return ATTR_OK;
}

/* ---- For gnuplot */

/* In single quotes, in which only these themselves are special. */
static void write_text(FILE *file, const char *text) {
    putc('\'', file);
    for (; *text; text++) {
        if (*text == '\'') putc('\'', file);
        putc((unsigned char)*text < ' ' ? '?' : *text, file);
    }
    putc('\'', file);
}

static void write_number(FILE *file, double value) {
    if (isnan(value))
        fputs(" NaN", file);
    else
        fprintf(file, " %.9g", value);
}

static void write_data(FILE *file, const figure *f) {
    for (int i = 0; i < f->count; i++) {
        fprintf(file, "$series%d << END\n", i);
        for (int k = 0; k < f->all[i].count; k++) {
            const point *p = &f->all[i].points[k];
            write_number(file, p->x);
            write_number(file, p->mean);
            write_number(file, isnan(p->low) ? p->mean : p->low);
            write_number(file, isnan(p->high) ? p->mean : p->high);
            putc('\n', file);
        }
        fputs("END\n", file);
    }
}

static void write_words(FILE *file, const figure *f) {
    fputs("set xtics rotate by -30 (", file);
    for (int i = 0; i < f->word_count; i++) {
        if (i > 0) fputs(", ", file);
        write_text(file, f->words[i]);
        fprintf(file, " %d", i);
    }
    fprintf(file, ")\nset xrange [-.7:%g]\n", f->word_count - .3);
}

/* The first of the plot's metrics, which gives the axes of curves their names; NULL: it is not known. */
static const attr_metric *first_metric(const figure *f) {
    char name[128];
    const attr_valid *v;
    int metric;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(f->plot->metric, ","), f->plot->metric);
    return attr_study_find(&v, &metric, &f->study->parts[0], name) ? v->scoring->metrics[metric] : NULL;
}

static void write_style(FILE *file, const figure *f) {
    const attr_experiment_plot *p = f->plot;
    bool curve = p->x && strcmp(p->x, "curve") == 0;
    fprintf(file,
            "set terminal svg size 800,%d dynamic noenhanced font 'sans-serif,13' background '#ffffff'\n"
            "set border 3\nset tics nomirror\nset grid ytics lc '#dddddd'\nset key below left Left reverse\n"
            "set pointintervalbox 0\n"
            "set style fill transparent solid .15\nset title ",
            440 + 10 * f->count);
    write_text(file, p->title);
    fputs("\nset ylabel ", file);
    const attr_metric *first = curve ? first_metric(f) : NULL;
    write_text(file, first ? attr_valid_y_name(first) : strchr(p->metric, ',') ? "" : p->metric);
    putc('\n', file);
    if (!p->x || f->has_words) write_words(file, f);
    if (p->x) {
        fputs("set xlabel ", file);
        write_text(file, first ? first->curve : curve ? "" : p->x);
        putc('\n', file);
    }
    if (p->is_logarithmic) fputs("set logscale x\n", file);
}

static void write_series(FILE *file, const figure *f, int i) {
    const series *s = &f->all[i];
    double width = .8 / f->count, offset = (i - .5 * (f->count - 1)) * width;
    int look = i + 1;
    if (!f->plot->x) {
        fprintf(file, "$series%d using ($1+%g):2:(%g) with boxes fs solid .5 lt %d title ", i, offset, .9 * width,
                look);
        write_text(file, s->name);
        fprintf(file, ", $series%d using ($1+%g):2:3:4 with yerrorbars lt -1 pt 0 notitle", i, offset);
    } else if (strcmp(f->plot->x, "curve") == 0) {
        if (!s->is_control && f->count <= most_bands)
            fprintf(file, "$series%d using 1:3:4 with filledcurves lt %d notitle, ", i, look);
        fprintf(file, "$series%d using 1:2 with lines %s%d lw 2 title ", i, s->is_control ? "lc '#888888' dt " : "lt ",
                s->is_control ? 1 + i % 5 : look);
        write_text(file, s->name);
    } else {
        fprintf(file, "$series%d using 1:2:3:4 with yerrorlines lt %d pt 7 ps .5 lw 1.5 title ", i, look);
        write_text(file, s->name);
    }
}

static void write_script(FILE *file, const figure *f, int number) {
    fprintf(file, "# gnuplot figure-%d.gp draws figure-%d.svg\n", number, number);
    fprintf(file, "if (!exists('drawing')) drawing = 'figure-%d.svg'\n", number);
    write_data(file, f);
    write_style(file, f);
    fputs("set output drawing\nplot ", file);
    for (int i = 0; i < f->count; i++) {
        if (i > 0) fputs(", \\\n     ", file);
        write_series(file, f, i);
    }
    fputs("\n", file);
}

static attr_status run_gnuplot(const attr_study *study, int number) {
    char *script = NULL, *drawing = NULL, *partly = NULL, assignment[2 * ATTR_TEXT_SIZE], name[32];
    snprintf(name, sizeof name, "figure-%d", number);
    attr_status status = attr_join_path(&script, study->folder, name, ".gp");
    if (status == ATTR_OK) status = attr_join_path(&drawing, study->folder, name, ".svg");
    if (status == ATTR_OK) status = attr_join_path(&partly, study->folder, name, ".svg.part");
    if (status == ATTR_OK) {
        snprintf(assignment, sizeof assignment, "drawing = \"%s\"", partly);
        const char *const words[] = {"gnuplot", "-e", assignment, script, NULL};
        status = attr_run_program(words, "/dev/null");
    }
    if (status == ATTR_OK && rename(partly, drawing) != 0) status = attr_fail(ATTR_IO, "%s: not written", drawing);
    if (status != ATTR_OK && partly) remove(partly);
    free(script);
    free(drawing);
    free(partly);
    return status;
}

attr_status attr_study_draw(bool *drawn, const attr_study *study, int number) {
    figure f = {.study = study, .plot = &study->experiment->plots[number - 1]};
    attr_output output;
    char name[32];
    snprintf(name, sizeof name, "figure-%d.gp", number);
    attr_status status = fill(&f);
    if (status == ATTR_OK && f.count == 0)
        status = attr_fail(ATTR_BAD_INPUT, "%s:%d: [plot] has nothing to show: no metric %s, or no curve of it",
                           study->experiment->cfg->path, f.plot->line, f.plot->metric);
    if (status == ATTR_OK) status = attr_begin_file(&output, study->folder, name);
    if (status == ATTR_OK) {
        write_script(output.file, &f, number);
        status = attr_end_file(&output, ATTR_OK);
    }
    if (status == ATTR_OK) {
        status = run_gnuplot(study, number);
        *drawn = status == ATTR_OK;
        if (status == ATTR_UNSUPPORTED) status = ATTR_OK;
    }
    for (int i = 0; i < f.count; i++) free(f.all[i].points);
    free(f.all);
    free(f.words);
    return status;
}
