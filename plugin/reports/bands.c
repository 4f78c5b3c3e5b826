#include "reports/bands.h"

#include <math.h>

#include "reports/axis.h"
#include "reports/text.h"

/* In pixels: the whole drawing, and the field between the axes. */
enum { whole_w = 440, whole_h = 300, left = 52, right = 430, top = 10, bottom = 254 };

/* Okabe and Ito's hues, darker on white and lighter on black, so that all of them have a contrast of 3 and more. */
static const char *const on_white[] = {"#0072b2", "#d55e00", "#00855f", "#b3478a", "#946300", "#3d3d99"};
static const char *const on_black[] = {"#5fb4ee", "#ff8a3d", "#2dd4a3", "#eea0cd", "#f0c33c", "#b0aaff"};
enum { colours = sizeof on_white / sizeof *on_white };

static const char *const dashes[] = {"none", "9 3", "2 3", "9 3 2 3"};
enum { dash_count = sizeof dashes / sizeof *dashes };

typedef struct {
    FILE *file;
    const attr_band_drawing *drawing;
    attr_axis x, y;
} page;

/* ---- Looks */

static void write_colours(FILE *file, const char *const *list) {
    fputs(":root{", file);
    for (int i = 0; i < colours; i++) fprintf(file, "--hue%d:%s;", i, list[i]);
    fputs("}", file);
}

void attr_bands_style(FILE *file) {
    write_colours(file, on_white);
    fputs("\n@media screen and (prefers-color-scheme:dark){", file);
    write_colours(file, on_black);
    fputs("}\n.bands{font:12px system-ui,sans-serif;fill:var(--ink)}\n"
          ".bands .grid{stroke:var(--line)}.bands .frame{stroke:var(--soft)}\n"
          ".bands polyline,.key line{fill:none;stroke:var(--hue);stroke-width:2}\n"
          ".bands polygon{fill:var(--hue);opacity:.13}\n"
          ".bands .beside polyline,.key .beside{stroke-width:1.5}.bands .beside polygon{opacity:.1}\n"
          ".bands g:hover polyline{stroke-width:3.5}.bands g:hover polygon{opacity:.35}\n",
          file);
    for (int i = 0; i < colours; i++) fprintf(file, ".hue%d{--hue:var(--hue%d)}", i, i);
    fputs(".beside{--hue:var(--soft)}\n", file);
    for (int i = 1; i < dash_count; i++)
        fprintf(file, ".dash%d polyline,line.dash%d{stroke-dasharray:%s}", i, i, dashes[i]);
    putc('\n', file);
}

/* Colours first, then dashes. */
static void write_class(FILE *file, int look) {
    if (look < 0)
        fprintf(file, "class=\"beside dash%d\"", -look % dash_count);
    else
        fprintf(file, "class=\"hue%d dash%d\"", look % colours, look / colours % dash_count);
}

void attr_bands_write_key(FILE *file, int look) {
    fputs("<svg class=\"key\" width=\"28\" height=\"8\" aria-hidden=\"true\"><line x2=\"28\" y1=\"4\" y2=\"4\" ", file);
    write_class(file, look);
    fputs("/></svg>", file);
}

/* ---- Axes */

static void find_axes(page *p) {
    const attr_band_drawing *d = p->drawing;
    p->x = p->y = attr_axis_empty();
    for (int i = 0; i < d->count; i++) attr_axis_widen(&p->x, d->x[i]);
    for (int c = 0; c < d->curve_count; c++)
        for (int i = 0; i < d->count; i++) {
            attr_axis_widen(&p->y, d->curves[c].y[i]);
            attr_axis_widen(&p->y, d->curves[c].low[i]);
            attr_axis_widen(&p->y, d->curves[c].high[i]);
        }
    attr_axis_round(&p->x, 5);
    attr_axis_round(&p->y, 6);
}

static double to_x(const page *p, int i) {
    return attr_axis_place(&p->x, p->drawing->x[i], left, right);
}

static double to_y(const page *p, double y) {
    return attr_axis_place(&p->y, y, bottom, top);
}

static void draw_line(FILE *file, double x1, double y1, double x2, double y2, const char *class) {
    fprintf(file, "<path d=\"M%.1f %.1fL%.1f %.1f\" class=\"%s\"/>", x1, y1, x2, y2, class);
}

static void draw_text(FILE *file, double x, double y, const char *anchor, const char *text) {
    fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    attr_html(file, "%s", text);
    fputs("</text>", file);
}

static void draw_axes(const page *p) {
    char number[32];
    for (int i = 0; i < attr_axis_numbers(&p->x); i++) {
        double x = attr_axis_place(&p->x, p->x.low + i * p->x.step, left, right);
        attr_axis_write(number, &p->x, i);
        draw_line(p->file, x, top, x, bottom, "grid");
        draw_text(p->file, x, bottom + 17, "middle", number);
    }
    for (int i = 0; i < attr_axis_numbers(&p->y); i++) {
        double y = to_y(p, p->y.low + i * p->y.step);
        attr_axis_write(number, &p->y, i);
        draw_line(p->file, left, y, right, y, "grid");
        draw_text(p->file, left - 6, y + 4, "end", number);
    }
    draw_line(p->file, left, bottom, right, bottom, "frame");
    draw_line(p->file, left, top, left, bottom, "frame");
    draw_text(p->file, (left + right) / 2., bottom + 38, "middle", p->drawing->x_name);
    fprintf(p->file, "<g transform=\"translate(13 %.1f) rotate(-90)\">", (top + bottom) / 2.);
    draw_text(p->file, 0, 0, "middle", p->drawing->y_name);
    fputs("</g>\n", p->file);
}

/* ---- Curves. From `first` on, the points that are known without a gap: up to where it returns. */

static int end_of(const double *values, int first, int count) {
    while (first < count && isfinite(values[first])) first++;
    return first;
}

static void draw_band(const page *p, const attr_band_curve *c, int first, int end) {
    fputs("<polygon points=\"", p->file);
    for (int i = first; i < end; i++) fprintf(p->file, "%.1f,%.1f ", to_x(p, i), to_y(p, c->high[i]));
    for (int i = end; i-- > first;) fprintf(p->file, "%.1f,%.1f ", to_x(p, i), to_y(p, c->low[i]));
    fputs("\"/>", p->file);
}

static void draw_points(const page *p, const attr_band_curve *c, int first, int end) {
    fputs("<polyline points=\"", p->file);
    for (int i = first; i < end; i++) fprintf(p->file, "%.1f,%.1f ", to_x(p, i), to_y(p, c->y[i]));
    fputs("\"/>", p->file);
}

static void draw_curve(const page *p, const attr_band_curve *c) {
    int count = p->drawing->count;
    fputs("<g ", p->file);
    write_class(p->file, c->look);
    attr_html(p->file, "><title>%s</title>", c->name);
    for (int i = 0, end; i < count; i = end + 1) {
        end = end_of(c->low, i, count);
        if (end_of(c->high, i, count) >= end && end > i + 1) draw_band(p, c, i, end);
    }
    for (int i = 0, end; i < count; i = end + 1)
        if ((end = end_of(c->y, i, count)) > i) draw_points(p, c, i, end);
    fputs("</g>\n", p->file);
}

void attr_bands_write_svg(FILE *file, const attr_band_drawing *drawing) {
    page p = {.file = file, .drawing = drawing};
    find_axes(&p);
    fprintf(file, "<svg class=\"bands\" viewBox=\"0 0 %d %d\" role=\"img\" ", whole_w, whole_h);
    attr_html(file, "aria-label=\"%s\">\n", drawing->name);
    draw_axes(&p);
    for (int c = drawing->curve_count; c-- > 0;) draw_curve(&p, &drawing->curves[c]);
    fputs("</svg>\n", file);
}
