#include "reports/curve.h"

#include <math.h>

#include "reports/axis.h"
#include "reports/text.h"

/* In pixels: the whole drawing but for its legend, the field between the axes, and a line of the legend. */
enum { whole_w = 720, whole_h = 460, left = 80, right = 700, top = 50, bottom = 390, legend_h = 20 };
enum { names_of_line = 2 };

/* Okabe and Ito's colours, which can be told apart with any kind of colour blindness. */
static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};
enum { colour_count = sizeof colours / sizeof *colours };

enum { most_dots = 100 };

typedef struct {
    FILE *file;
    const attr_curve_drawing *drawing;
    attr_axis x, y;
} page;

/* ---- Axes */

static double bar_of(const attr_curve_point *p) {
    return isfinite(p->error) ? fabs(p->error) : 0;
}

static void find_axes(page *p) {
    const attr_curve_drawing *d = p->drawing;
    p->x = p->y = attr_axis_empty();
    for (int c = 0; c < d->count; ++c)
        for (int i = 0; i < d->curves[c].count; ++i) {
            const attr_curve_point *point = &d->curves[c].points[i];
            if (!isfinite(point->x) || !isfinite(point->y)) continue;
            attr_axis_widen(&p->x, point->x);
            attr_axis_widen(&p->y, point->y - bar_of(point));
            attr_axis_widen(&p->y, point->y + bar_of(point));
        }
    attr_axis_widen(&p->y, d->level.value);
    attr_axis_widen(&p->x, d->place.value);
    attr_axis_round(&p->x, 8);
    attr_axis_round(&p->y, 8);
}

static double to_x(const page *p, double x) {
    return attr_axis_place(&p->x, x, left, right);
}

static double to_y(const page *p, double y) {
    return attr_axis_place(&p->y, y, bottom, top);
}

/* ---- Parts */

static void draw_line(const page *p, double x1, double y1, double x2, double y2, const char *style) {
    fprintf(p->file, "<line x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\" %s/>\n", x1, y1, x2, y2, style);
}

static void draw_text(const page *p, double x, double y, const char *style, const char *text) {
    fprintf(p->file, "<text x=\"%.2f\" y=\"%.2f\" %s>", x, y, style);
    attr_html(p->file, "%s", text);
    fputs("</text>\n", p->file);
}

static void draw_axes(const page *p) {
    static const char grid[] = "stroke=\"#ddd\"", frame[] = "stroke=\"#333\"";
    char number[32];
    for (int i = 0; i < attr_axis_numbers(&p->x); ++i) {
        double x = to_x(p, p->x.low + i * p->x.step);
        draw_line(p, x, top, x, bottom, grid);
        attr_axis_write(number, &p->x, i);
        draw_text(p, x, bottom + 18, "text-anchor=\"middle\"", number);
    }
    for (int i = 0; i < attr_axis_numbers(&p->y); ++i) {
        double y = to_y(p, p->y.low + i * p->y.step);
        draw_line(p, left, y, right, y, grid);
        attr_axis_write(number, &p->y, i);
        draw_text(p, left - 8, y + 4, "text-anchor=\"end\"", number);
    }
    draw_line(p, left, bottom, right, bottom, frame);
    draw_line(p, left, top, left, bottom, frame);
    draw_text(p, (left + right) / 2., bottom + 44, "text-anchor=\"middle\"", p->drawing->x_name);
    fprintf(p->file, "<g transform=\"translate(22 %.2f) rotate(-90)\">", (top + bottom) / 2.);
    draw_text(p, 0, 0, "text-anchor=\"middle\"", p->drawing->y_name);
    fputs("</g>\n", p->file);
}

/* Bands end at the field's border. */
static void draw_band(const page *p, double x1, double y1, double x2, double y2) {
    double x = fmax(fmin(x1, x2), left), y = fmax(fmin(y1, y2), top);
    double w = fmin(fmax(x1, x2), right) - x, h = fmin(fmax(y1, y2), bottom) - y;
    if (w > 0 && h > 0)
        fprintf(p->file, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"#777\" opacity=\".2\"/>\n",
                x, y, w, h);
}

/* Of texts that a curve may cross. */
#define HALO "fill=\"#555\" stroke=\"#fff\" stroke-width=\"4\" paint-order=\"stroke\""

static void draw_marks(const page *p) {
    static const char dashed[] = "stroke=\"#555\" stroke-dasharray=\"6 4\"";
    const attr_curve_mark *level = &p->drawing->level, *place = &p->drawing->place;
    if (isfinite(level->value)) {
        double y = to_y(p, level->value);
        if (isfinite(level->error))
            draw_band(p, left, to_y(p, level->value - level->error), right, to_y(p, level->value + level->error));
        draw_line(p, left, y, right, y, dashed);
        draw_text(p, right - 4, y - 6, "text-anchor=\"end\" " HALO, level->name);
    }
    if (isfinite(place->value)) {
        double x = to_x(p, place->value), side = x > (left + right) / 2. ? -1 : 1;
        if (isfinite(place->error))
            draw_band(p, to_x(p, place->value - place->error), top, to_x(p, place->value + place->error), bottom);
        draw_line(p, x, top, x, bottom, dashed);
        draw_text(p, x + 6 * side, top - 6, side < 0 ? "text-anchor=\"end\" " HALO : "text-anchor=\"start\" " HALO,
                  place->name);
    }
}

static void draw_curve(const page *p, const attr_curve *curve, const char *colour) {
    fprintf(p->file, "<g stroke=\"%s\" fill=\"none\">\n<polyline stroke-width=\"1.5\" points=\"", colour);
    for (int i = 0; i < curve->count; ++i) {
        const attr_curve_point *q = &curve->points[i];
        if (isfinite(q->x) && isfinite(q->y)) fprintf(p->file, "%.2f,%.2f ", to_x(p, q->x), to_y(p, q->y));
    }
    fputs("\"/>\n", p->file);
    for (int i = 0; i < curve->count; ++i) {
        const attr_curve_point *q = &curve->points[i];
        if (!isfinite(q->x) || !isfinite(q->y)) continue;
        double x = to_x(p, q->x), high = to_y(p, q->y + bar_of(q)), low = to_y(p, q->y - bar_of(q));
        if (bar_of(q) > 0) fprintf(p->file, "<path d=\"M%.2f %.2fh6m-3 0V%.2fm-3 0h6\"/>\n", x - 3, high, low);
        if (curve->count > most_dots) continue;
        fprintf(p->file, "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"2.5\" fill=\"%s\"/>\n", x, to_y(p, q->y), colour);
    }
    fputs("</g>\n", p->file);
}

/* Below the axis, where no curve is. */
static void draw_legend(const page *p) {
    for (int c = 0; c < p->drawing->count; ++c) {
        char style[64];
        double x = left + (right - left) * (double)(c % names_of_line) / names_of_line;
        double y = whole_h + legend_h * (double)(c / names_of_line);
        snprintf(style, sizeof style, "stroke=\"%s\" stroke-width=\"2\"", colours[c % colour_count]);
        draw_line(p, x, y - 4, x + 20, y - 4, style);
        draw_text(p, x + 26, y, "text-anchor=\"start\"", p->drawing->curves[c].name);
    }
}

void attr_curve_write_svg(FILE *file, const attr_curve_drawing *drawing) {
    page p = {.file = file, .drawing = drawing};
    int lines = drawing->count > 1 ? (drawing->count + names_of_line - 1) / names_of_line : 0;
    int h = whole_h + legend_h * lines;
    find_axes(&p);
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
            whole_w, h, whole_w, h);
    draw_text(&p, (left + right) / 2., 22, "text-anchor=\"middle\" font-size=\"16\"", drawing->title);
    draw_axes(&p);

    for (int c = 0; c < drawing->count; ++c) draw_curve(&p, &drawing->curves[c], colours[c % colour_count]);
    draw_marks(&p);
    if (drawing->count > 1) draw_legend(&p);
    fputs("</svg>\n", file);
}

void attr_table_write_csv(FILE *file, const char *const *names, const double *values, int columns, int rows) {
    for (int c = 0; c < columns; ++c) fprintf(file, "%s%s", names[c], c + 1 < columns ? "," : "\n");
    for (int r = 0; r < rows; ++r)
        for (int c = 0; c < columns; ++c) {
            double value = values[(size_t)r * (size_t)columns + (size_t)c];
            if (isnan(value)) /* printf may give it a sign */
                fputs("nan", file);
            else
                fprintf(file, "%.9g", value);
            putc(c + 1 < columns ? ',' : '\n', file);
        }
}
