/* index.html: one map. */
#include "reports/page.h"

#include <math.h>

#include "methods/method.h"
#include "reports/text.h"
#include "session/place.h"

/* The palette over the grey that a picture is on average under the map (images/overlay.c). */
static void write_bar(FILE *file, attr_palette palette, const attr_scale *scale) {
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
    if (palette == ATTR_DIVERGING) attr_html(file, "<span>&le;&nbsp;%.2g</span>", -scale->negative);
    if (scale->zero < .005 * fmin(scale->positive, scale->negative)) /* 0 in the digits of the ends */
        fputs("<span>0</span>", file);
    else
        attr_html(file, palette == ATTR_DIVERGING ? "<span>&plusmn;&nbsp;%.2g</span>" : "<span>&le;&nbsp;%.2g</span>",
                  scale->zero);
    attr_html(file, "<span>&ge;&nbsp;%.2g</span></div>\n", scale->positive);
}

static const char *legend(const attr_explanation *e, attr_palette palette) {
    const attr_options *o = &e->options;
    switch ((attr_method_word)(attr_method_takes_base(o->method) ? o->base : o->method)) {
    case ATTR_METHOD_RELEX:
        if (o->channels == ATTR_CHANNELS_NONE || e->net_c == 1) return "The brighter, the more of the pixel is kept.";
        return "The brighter, the more of the pixel is kept, summed over its colours.";
    case ATTR_METHOD_GRADCAM:
    case ATTR_METHOD_GRADCAM_PP:
    case ATTR_METHOD_LAYERCAM:
    case ATTR_METHOD_GRADIENT_X_ACTIVATION:
        if (palette == ATTR_DIVERGING) return "Red: what the layer sees here raises the target. Blue: it lowers it.";
        return "The brighter, the more what the layer sees here raises the target.";
    case ATTR_METHOD_GRADIENT_X_INPUT:
    case ATTR_METHOD_INTEGRATED_GRADIENTS:
    case ATTR_METHOD_SMOOTHTAYLOR:
        if (palette == ATTR_DIVERGING) return "Red: the pixel raises the target. Blue: the pixel lowers it.";
        break;
    default:
        if (palette == ATTR_DIVERGING)
            return "Red: the target would rise if the pixel became brighter. Blue: it would fall.";
    }
    return "The brighter, the more the target depends on the pixel.";
}

static void write_picture(FILE *file, const attr_explanation *e, const attr_explained *item,
                          const attr_map_figures *figures, const attr_drawing *drawing) {
    attr_html(file, "<img width=\"%d\" height=\"%d\" alt=\"Map of what %s depends on, over the picture.\" ", drawing->w,
              drawing->h, item->class_name);
    fputs("src=\"data:image/png;base64,", file);
    attr_base64(file, drawing->png, drawing->size);
    fputs("\">\n", file);
    write_bar(file, figures->palette, &drawing->scale);
    attr_html(file, "<p class=\"legend\">%s%s</p>\n", legend(e, figures->palette),
              item->is_detection ? " Frame: the detected box." : "");
}

/* ---- Figures in words */

static void write_completeness(FILE *file, const attr_explanation *e, const attr_explained *item) {
    attr_html(file, "<li>Completeness gap %.2g of %.3g ", item->result.completeness_gap,
              fabs(item->figures.expected_sum));
    if (item->figures.converged)
        attr_html(file, "(converged: %zu steps)</li>\n", item->figures.steps);
    else
        attr_html(file, "(<span class=\"warn\">not converged</span>: above %f after %zu steps)</li>\n",
                  e->options.tolerance, item->figures.steps);
}

/* The part of the map that is chance. */
static void write_error(FILE *file, const attr_explanation *e, const attr_explained *item) {
    const attr_result *r = &item->result;
    const double *pooled = item->figures.pooled_error;
    if (item->pool > 1)
        attr_html(file, "<li>Blocks of %d &times; %d network pixels have their mean</li>\n", item->pool, item->pool);
    if (isnan(r->relative_error)) return;
    attr_html(file, "<li>Monte-Carlo error %f of the map%s, from %zu gradients", r->relative_error,
              item->pool > 1 ? " in these blocks" : "", r->gradients);
    for (int i = 2; i < ATTR_POOLS; i += 2)
        if (!isnan(pooled[i])) attr_html(file, "%s%f in blocks of %d", i == 2 ? "; " : ", ", pooled[i], 1 << i);
    fputs("</li>\n", file);
    if (attr_error_is_above(item))
        attr_html(file, "<li><span class=\"warn\">not converged</span>: the error is above %f after %zu samples</li>\n",
                  e->options.tolerance, r->samples);
    if (isnan(r->split_half)) return;
    attr_html(file, "<li>Rank correlation of the maps of two halves of the samples: %.2g</li>\n", r->split_half);
    if (r->split_half < ATTR_NOISE_CORRELATION)
        fputs("<li class=\"warn\">This map is noise: two halves of its samples do not agree. More samples, larger "
              "blocks (option pool) or absolute values (abs_before_mean) may help.</li>\n",
              file);
}

static void write_adaptive(FILE *file, const attr_explanation *e, const attr_noise_search *search) {
    bool is_aupc = e->options.adaptive == ATTR_ADAPTIVE_AUPC;
    attr_html(file, "<li>Roots with noise of standard deviation %.3g: of %zu that were tried from %.3g on, ",
              search->sigma, search->evaluations, search->start);
    attr_html(file, "the one with the smallest area under the %s (%.4g)</li>\n",
              is_aupc ? "perturbation curve" : "total variation over scales", search->objective);
}

static void write_mean_target(FILE *file, const attr_explained *item) {
    attr_html(file, "<li>Mean of the target under the noise: %g", item->figures.mean_target);
    if (attr_noise_ruins(item))
        fputs(
            ". <span class=\"warn\">Noise takes more than half of it away</span>: a smaller sigma keeps nearer to the "
            "network and the picture",
            file);
    fputs("</li>\n", file);
}

static void write_layer(FILE *file, const attr_viewed_layer *layer) {
    attr_html(file, "<li>Made at layer %d [%s], %d &times; %d places of %d channels</li>\n", layer->index, layer->kind,
              layer->width, layer->height, layer->channels);
}

/* What is known of how certain the map is, and what else its method tells. */
void attr_page_certainty(FILE *file, const attr_explanation *e, const attr_explained *item) {
    if (item->figures.layer.kind) write_layer(file, &item->figures.layer);
    if (item->adaptive.evaluations > 0) write_adaptive(file, e, &item->adaptive);
    write_error(file, e, item);
    if (!isnan(item->figures.mean_target)) write_mean_target(file, item);
    if (item->figures.tried)
        attr_html(file, "<li>%zu networks of %zu tried predict the same with no lower probability</li>\n",
                  item->result.samples, item->figures.tried);
    if (item->figures.mask) attr_page_mask(file, item);
    if (!isnan(item->result.completeness_gap)) write_completeness(file, e, item);
}

static void write_figures(FILE *file, const attr_explanation *e, const attr_explained *item,
                          const attr_map_figures *figures) {
    const attr_result *r = &item->result;
    const attr_detection *d = &item->detection;
    const attr_letterbox *box = &e->letterbox;
    attr_html(file, "<li>Target: %s = %g</li>\n", item->target, r->target);
    attr_page_certainty(file, e, item);
    attr_html(file, "<li>Sum %g", r->sum);
    if (figures->negative < 0) attr_html(file, " = %g &minus; %g", figures->positive, -figures->negative);
    fputs("</li>\n", file);
    if (box->new_w != box->net_w || box->new_h != box->net_h)
        attr_html(file, "<li>%f of the map lies on the letterbox bars, outside the picture</li>\n", r->padding_share);
    if (item->is_detection)
        attr_html(file, "<li>%s layer %d, anchor %d, row %d, column %d: objectness %f, class %f</li>\n",
                  item->aim.place == ATTR_PLACE_DETECTION ? "Detected by" : "The box is of", d->layer, d->anchor,
                  d->row, d->column, (double)d->objectness, (double)d->class_probability);
}

static void write_link(FILE *file, const char *name, const char *extension) {
    fputs(" <a href=\"", file);
    attr_html_address(file, name);
    attr_html(file, ".%s\">", extension);
    attr_html_name(file, name);
    attr_html(file, ".%s</a>", extension);
}

void attr_page_files(FILE *file, const attr_explanation *e, const attr_explained *item,
                     const attr_map_figures *figures) {
    bool npy = e->options.output & 1u << ATTR_OUTPUT_NPY;
    bool png = e->options.output & 1u << ATTR_OUTPUT_PNG && figures->state == ATTR_MAP_DRAWN;
    if (!npy && !png && !figures->has_error) return;
    fputs("<li>Files:", file);
    if (npy) write_link(file, item->name, "npy");
    if (figures->has_error) write_link(file, item->name, "error.npy");
    if (png) write_link(file, item->name, "png");
    fputs("</li>\n", file);
}

void attr_page_heading(FILE *file, const attr_explanation *e, const attr_explained *item) {
    int prediction = attr_prediction_of(e, item);
    if (prediction >= 0) attr_html(file, "<span>%d</span> ", prediction + 1);
    attr_html(file, "%s <span>%e</span>", item->class_name, item->result.score);
}

void attr_page_drawing(FILE *file, const attr_explanation *e, const attr_explained *item,
                       const attr_map_figures *figures, const attr_drawing *drawing) {
    if (figures->state == ATTR_MAP_DRAWN)
        write_picture(file, e, item, figures, drawing);
    else
        attr_html(file, "<p class=\"warn\">Here %s.</p>\n", attr_map_note(figures));
}

void attr_page_map(FILE *file, const attr_explanation *e, int i, const attr_map_figures *figures,
                   const attr_drawing *drawing) {
    const attr_explained *item = &e->explained[i];
    attr_html(file, "<article id=\"map-%d\">\n<h3>", i + 1);
    attr_page_heading(file, e, item);
    fputs("</h3>\n", file);
    attr_page_drawing(file, e, item, figures, drawing);
    fputs("<ul>\n", file);
    write_figures(file, e, item, figures);
    attr_page_files(file, e, item, figures);
    fputs("</ul>\n</article>\n", file);
}
