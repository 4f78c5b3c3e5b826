/* index.html: one map. */
#include <math.h>

#include "reports/reports.h"
#include "reports/text.h"

/* The palette over the grey that a picture is on average under the map (images/overlay.c). */
static void write_bar(FILE *file, attr_palette palette, double scale) {
    enum { stops = 25 };
    const double grey = .46;
    fputs("<div class=\"bar\" style=\"background:linear-gradient(to right", file);
    for (int i = 0; i < stops; i++) {
        double part = i / (double)(stops - 1), rgb[3], opacity;
        attr_colour(rgb, &opacity, palette, palette == ATTR_DIVERGING ? 2 * part - 1 : part);
        for (int k = 0; k < 3; k++)
            fprintf(file, "%s%ld", k ? "," : ",rgb(", lrint(255 * (opacity * rgb[k] + (1 - opacity) * grey)));
        putc(')', file);
    }
    fputs(")\"></div>\n<div class=\"ends\">", file);
    if (palette == ATTR_DIVERGING) attr_html(file, "<span>&le;&nbsp;%.2g</span>", -scale);
    attr_html(file, "<span>0</span><span>&ge;&nbsp;%.2g</span></div>\n", scale);
}

static const char *legend(const attr_explanation *e, attr_palette palette) {
    int method = e->options.method;
    if (palette == ATTR_SEQUENTIAL) return "The brighter, the more the target depends on the pixel.";
    if (method == ATTR_METHOD_GRADIENT || method == ATTR_METHOD_SMOOTHGRAD)
        return "Red: the target would rise if the pixel became brighter. Blue: it would fall.";
    return "Red: the pixel raises the target. Blue: the pixel lowers it.";
}

static void write_picture(FILE *file, const attr_explanation *e, const attr_explained *item,
                          const attr_map_figures *figures, const attr_drawing *drawing) {
    attr_html(file, "<img width=\"%d\" height=\"%d\" alt=\"Map of what %s depends on, over the picture.\" ", drawing->w,
              drawing->h, item->class_name);
    fputs("src=\"data:image/png;base64,", file);
    attr_base64(file, drawing->png, drawing->size);
    fputs("\">\n", file);
    write_bar(file, figures->palette, drawing->scale);
    attr_html(file, "<p class=\"legend\">%s%s</p>\n", legend(e, figures->palette),
              item->is_detection ? " Frame: the detected box." : "");
}

/* ---- Figures in words */

static void write_completeness(FILE *file, const attr_explanation *e, const attr_explained *item) {
    attr_html(file, "<li>Completeness gap %.2g of %.3g ", item->result.completeness_gap, fabs(attr_expected_sum(item)));
    if (item->result.converged)
        attr_html(file, "(converged: %zu steps)</li>\n", item->figures.steps);
    else
        attr_html(file, "(<span class=\"warn\">not converged</span>: above %f after %zu steps)</li>\n",
                  e->options.tolerance, item->figures.steps);
}

static void write_figures(FILE *file, const attr_explanation *e, const attr_explained *item,
                          const attr_map_figures *figures) {
    const attr_result *r = &item->result;
    const attr_detection *d = &item->detection;
    const attr_letterbox *box = &e->letterbox;
    attr_html(file, "<li>Target: %s = %g</li>\n", attr_quantity_name(item->quantity), r->target);
    if (!isnan(r->relative_error))
        attr_html(file, "<li>Monte-Carlo error %f of the map, from %zu gradients%s</li>\n", r->relative_error,
                  r->gradients, r->relative_error > .1 ? "; more samples make it smaller" : "");
    if (e->options.method == ATTR_METHOD_INTEGRATED_GRADIENTS) write_completeness(file, e, item);
    attr_html(file, "<li>Sum %g", r->sum);
    if (figures->negative < 0) attr_html(file, " = %g &minus; %g", figures->positive, -figures->negative);
    fputs("</li>\n", file);
    if (box->new_w != box->net_w || box->new_h != box->net_h)
        attr_html(file, "<li>%f of the map lies on the letterbox bars, outside the picture</li>\n", r->padding_share);
    if (item->is_detection)
        attr_html(file, "<li>Detected by layer %d, anchor %d, row %d, column %d: objectness %f, class %f</li>\n",
                  d->layer, d->anchor, d->row, d->column, (double)d->objectness, (double)d->class_probability);
}

static void write_link(FILE *file, const char *name, const char *extension) {
    fputs(" <a href=\"", file);
    attr_html_address(file, name);
    attr_html(file, ".%s\">%s.%s</a>", extension, name, extension);
}

static void write_files(FILE *file, const attr_explanation *e, const attr_explained *item, bool is_drawn) {
    bool npy = e->options.output & 1u << ATTR_OUTPUT_NPY, png = e->options.output & 1u << ATTR_OUTPUT_PNG && is_drawn;
    if (npy || png) fputs("<li>Files:", file);
    if (npy) write_link(file, item->name, "npy");
    if (png) write_link(file, item->name, "png");
    if (npy || png) fputs("</li>\n", file);
}

void attr_page_map(FILE *file, const attr_explanation *e, int i, const attr_map_figures *figures,
                   const attr_drawing *drawing) {
    const attr_explained *item = &e->explained[i];
    int prediction = attr_prediction_of(e, item);
    bool is_drawn = figures->state == ATTR_MAP_DRAWN;
    attr_html(file, "<article id=\"map-%d\">\n<h3>", i + 1);
    if (prediction >= 0) attr_html(file, "<span>%d</span> ", prediction + 1);
    attr_html(file, "%s <span>%e</span></h3>\n", item->class_name, item->result.score);
    if (is_drawn)
        write_picture(file, e, item, figures, drawing);
    else
        attr_html(file, "<p class=\"warn\">Here %s.</p>\n", attr_map_note(figures));
    fputs("<ul>\n", file);
    write_figures(file, e, item, figures);
    write_files(file, e, item, is_drawn);
    fputs("</ul>\n</article>\n", file);
}
