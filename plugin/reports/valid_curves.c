/* The drawings of curves on the page of `valid`. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "reports/bands.h"
#include "reports/text.h"
#include "reports/valid.h"

/* What is drawn of a row. */
typedef struct {
    char name[128];
    double y[ATTR_METRIC_POINTS], low[ATTR_METRIC_POINTS], high[ATTR_METRIC_POINTS];
    int n;
} drawn_row;

const char *attr_valid_y_name(const attr_metric *m) {
    return m->traits & ATTR_CURVE_OF_MAPS ? "likeness" : "score, of the picture\u2019s";
}

/* Methods have colours, controls are grey. */
static int look_of(const attr_valid *v, int row) {
    return row < v->scoring->method_count ? row : v->scoring->method_count - row - 1;
}

static void write_keys(FILE *file, const attr_valid *v, const drawn_row *rows) {
    fputs("<ul class=\"keys\">\n", file);
    for (int row = 0; row < attr_scoring_rows(v->scoring); row++) {
        if (rows[row].n == 0) continue;
        fputs("<li>", file);
        attr_bands_write_key(file, look_of(v, row));
        attr_html_name(file, rows[row].name);
        fputs("</li>\n", file);
    }
    fputs("</ul>\n", file);
}

static void write_figure(FILE *file, const attr_valid *v, int metric, const drawn_row *rows, attr_band_curve *curves) {
    const attr_metric *m = v->scoring->metrics[metric];
    double x[ATTR_METRIC_POINTS];
    char name[ATTR_TEXT_SIZE];
    int count = 0, most = 0;
    for (int i = 0; i < ATTR_METRIC_POINTS; i++) x[i] = (double)i / (ATTR_METRIC_POINTS - 1);
    for (int row = 0; row < attr_scoring_rows(v->scoring); row++) {
        const drawn_row *r = &rows[row];
        if (r->n > most) most = r->n;
        if (r->n > 0) curves[count++] = (attr_band_curve){r->name, look_of(v, row), r->y, r->low, r->high};
    }
    attr_html(file, "<figure><figcaption><b>%s</b> ", m->name);
    fputs(attr_valid_arrow(m), file);
    attr_html(file, " <span>%s of %d target%s</span></figcaption>\n", attr_valid_is_median(m) ? "median" : "mean", most,
              most == 1 ? "" : "s");
    snprintf(name, sizeof name, "%s: %s, over the %s, for each method and control", m->name, attr_valid_y_name(m),
             m->curve);
    const attr_band_drawing drawing = {name, m->curve, attr_valid_y_name(m), x, ATTR_METRIC_POINTS, curves, count};
    attr_bands_write_svg(file, &drawing);
    write_keys(file, v, rows);
    fputs("</figure>\n", file);
}

static attr_status find_rows(drawn_row *out, const attr_valid *v, int metric) {
    for (int row = 0; row < attr_scoring_rows(v->scoring); row++) {
        drawn_row *r = &out[row];
        attr_scoring_label(r->name, sizeof r->name, v->scoring, row);
        ATTR_TRY(attr_valid_curve_of(r->y, r->low, r->high, &r->n, v, row, metric));
    }
    return ATTR_OK;
}

attr_status attr_write_valid_curves(FILE *file, const attr_valid *v) {
    size_t count = (size_t)attr_scoring_rows(v->scoring);
    drawn_row *rows = NULL;
    attr_band_curve *curves = NULL;
    int drawn = 0;
    for (int k = 0; k < v->scoring->metric_count; k++) drawn += v->scoring->metrics[k]->curve != NULL;
    if (drawn == 0 || v->count == 0) return ATTR_OK;
    fputs("<h2>Curves</h2>\n<p>How the score goes, as part of the picture&#8217;s own, or how like a map is, with "
          "95&nbsp;% bootstrap "
          "intervals; controls are grey. <a href=\"curves.csv\">curves.csv</a> has those of each target.</p>\n"
          "<div class=\"cards\">\n",
          file);
    attr_status status = attr_allocate(&rows, count, sizeof *rows, "curves");
    if (status == ATTR_OK) status = attr_allocate(&curves, count, sizeof *curves, "curves");
    for (int k = 0; status == ATTR_OK && k < v->scoring->metric_count; k++) {
        if (!v->scoring->metrics[k]->curve) continue;
        status = find_rows(rows, v, k);
        if (status == ATTR_OK) write_figure(file, v, k, rows, curves);
    }
    free(rows);
    free(curves);
    fputs("</div>\n", file);
    return status;
}
