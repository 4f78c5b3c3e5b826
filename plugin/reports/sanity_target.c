/* A target's part of the page of `sanity`: a curve for each check with all methods, then strips of maps. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "reports/curve.h"
#include "reports/sanity.h"
#include "reports/text.h"

/* The maps of one target, by method. */
typedef struct {
    const attr_sanity_report *report;
    const attr_sanity_map *maps[ATTR_METHODS_AT_MOST];
    const char *labels[ATTR_METHODS_AT_MOST];
    int count;
} target_maps;

/* ---- Curves */

static const struct {
    const char *title, *x_name;
} curve_words[] = {
    [ATTR_CHECK_CASCADE] = {"Random from the top", "layers replaced, from the top"},
    [ATTR_CHECK_BOTTOM_UP] = {"Random from the bottom", "layers replaced, from the bottom"},
    [ATTR_CHECK_INDEPENDENT] = {"One layer random", "layer"},
    [ATTR_CHECK_PERTURBATION] = {"Noise on all parameters", "t, percent of each array's standard deviation"},
};

static bool has_curve(int check) {
    return check <= ATTR_CHECK_INDEPENDENT || check == ATTR_CHECK_PERTURBATION;
}

/* A point for each stage that has a place: with one layer random map_0 has none. */
static int make_points(attr_curve_point *points, const attr_sanity_series *s, int check, bool of_probability) {
    int count = 0;
    for (int i = check == ATTR_CHECK_INDEPENDENT; i < s->count; i++) {
        const attr_sanity_stage *stage = &s->stages[i];
        double y = of_probability ? stage->ratio : stage->agreement.absolute;
        points[count++] = (attr_curve_point){check == ATTR_CHECK_INDEPENDENT ? stage->layer : stage->number, y, NAN};
    }
    return count;
}

static int most_stages(const target_maps *t, int check) {
    int most = 0;
    for (int m = 0; m < t->count; m++)
        if (t->maps[m]->series[check].count > most) most = t->maps[m]->series[check].count;
    return most;
}

/* What agrees by chance: the widest range of all methods. */
static attr_curve_mark chance_of(const target_maps *t) {
    double low = INFINITY, high = -INFINITY;
    for (int m = 0; m < t->count; m++) {
        low = fmin(low, t->maps[m]->chance.low.absolute);
        high = fmax(high, t->maps[m]->chance.high.absolute);
    }
    return (attr_curve_mark){"by chance", (low + high) / 2, (high - low) / 2};
}

static void draw_curves(FILE *file, const target_maps *t, int check, attr_curve *curves, attr_curve_point *points,
                        int most) {
    bool perturbs = check == ATTR_CHECK_PERTURBATION;
    for (int m = 0; m < t->count; m++) {
        attr_curve_point *own = points + (size_t)m * (size_t)most;
        int count = make_points(own, &t->maps[m]->series[check], check, false);
        curves[m] = (attr_curve){t->labels[m], own, count};
    }
    if (perturbs) {
        attr_curve_point *own = points + (size_t)t->count * (size_t)most;
        curves[t->count] = (attr_curve){"p(t) / p(0)", own, make_points(own, &t->maps[0]->series[check], check, true)};
    }
    const attr_curve_drawing drawing = {.title = curve_words[check].title,
                                        .x_name = curve_words[check].x_name,
                                        .y_name = "Spearman of the magnitudes",
                                        .curves = curves,
                                        .count = t->count + perturbs,
                                        .level = chance_of(t),
                                        .place = {"", NAN, NAN}};
    attr_curve_write_svg(file, &drawing);
}

static attr_status write_curves(FILE *file, const target_maps *t) {
    fputs("<div class=\"curves\">\n", file);
    for (int k = 0; k < ATTR_SANITY_CHECKS; k++) {
        int most = has_curve(k) ? most_stages(t, k) : 0;
        attr_curve curves[ATTR_METHODS_AT_MOST + 1];
        attr_curve_point *points = NULL;
        if (most < 2) continue;
        ATTR_TRY(attr_allocate(&points, (size_t)(t->count + 1) * (size_t)most, sizeof *points, "curves"));
        draw_curves(file, t, k, curves, points, most);
        free(points);
    }
    fputs("</div>\n", file);
    return ATTR_OK;
}

/* ---- Strips */

static void write_caption(FILE *file, const attr_sanity_stage *stage, int check) {
    if (check == ATTR_CHECK_PERTURBATION)
        attr_html(file, "<b>t = %d</b>p(t) / p(0) %.2g", stage->number, stage->ratio);
    else if (check == ATTR_CHECK_SHIFT)
        attr_html(file, "<b>%s</b>shifted", stage->name);
    else if (check == ATTR_CHECK_LOGIT)
        attr_html(file, "<b>%s</b>value %.2g", stage->name, stage->value);
    else if (stage->layer < 0)
        fputs("<b>as trained</b>", file);
    else
        attr_html(file, "<b>%s%d</b>%s", check == ATTR_CHECK_INDEPENDENT ? "layer " : "to layer ", stage->layer,
                  stage->name);
    attr_html(file, "<br>Spearman %.2g, magnitudes %.2g, SSIM %.2g, top tenth %.2g", stage->agreement.spearman,
              stage->agreement.absolute, stage->agreement.ssim, stage->agreement.overlap);
}

static void write_image(FILE *file, const attr_thumbnail *drawing) {
    fprintf(file, "<img alt=\"\" width=\"%d\" height=\"%d\" src=\"data:image/png;base64,", drawing->w, drawing->h);
    attr_base64(file, drawing->png, drawing->size);
    fputs("\">", file);
}

static void write_strip(FILE *file, const attr_sanity_map *m, int check) {
    const attr_sanity_series *s = &m->series[check];
    if (s->count == 0 && !s->problem) return;
    attr_html(file, "<h4>%s</h4>\n", attr_check_name(check));
    if (s->problem)
        attr_html(file, "<p class=\"warn\">Not %s: %s.</p>\n", s->count ? "to the end" : "done", s->problem);
    if (s->count == 0) return;
    fputs("<div class=\"strip\">\n", file);
    for (int i = 0; i < s->count; i++) {
        fputs("<figure>", file);
        write_image(file, &s->stages[i].drawing);
        fputs("<figcaption>", file);
        write_caption(file, &s->stages[i], check);
        fputs("</figcaption></figure>\n", file);
    }
    fputs("</div>\n", file);
}

static void write_map(FILE *file, const target_maps *t, int m) {
    const attr_sanity_map *map = t->maps[m];
    attr_html(file, "<details open><summary>%s</summary>\n<div class=\"strip\"><figure>", t->labels[m]);
    write_image(file, &map->drawing);
    attr_html(file,
              "<figcaption><b>as trained</b>by chance: Spearman %.2g to %.2g, magnitudes %.2g to %.2g, SSIM %.2g to "
              "%.2g, top tenth %.2g to %.2g</figcaption></figure></div>\n",
              map->chance.low.spearman, map->chance.high.spearman, map->chance.low.absolute, map->chance.high.absolute,
              map->chance.low.ssim, map->chance.high.ssim, map->chance.low.overlap, map->chance.high.overlap);
    for (int k = 0; k < ATTR_SANITY_CHECKS; k++) write_strip(file, map, k);
    fputs("</details>\n", file);
}

/* ---- All */

attr_status attr_write_sanity_target(FILE *file, const attr_sanity_report *r, int first, int count, int number) {
    target_maps t = {.report = r};
    for (int i = first; i < first + count && t.count < ATTR_METHODS_AT_MOST; i++) {
        const attr_sanity_map *m = &r->checks->maps[i];
        if (m->number != number) continue;
        t.labels[t.count] = r->methods[m->method].label;
        t.maps[t.count++] = m;
    }
    attr_status status = ATTR_OK;
    if (t.count > 0) {
        const attr_sanity_map *m = t.maps[0];
        attr_html(file, "<h3>%s <span>%s, %.3g</span></h3>\n", m->class_name, m->target, m->value);
        status = write_curves(file, &t);
    }
    for (int m = 0; m < t.count && status == ATTR_OK; m++) write_map(file, &t, m);
    return status;
}
