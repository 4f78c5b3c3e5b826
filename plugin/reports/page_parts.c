#include "reports/page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "methods/method.h"
#include "reports/page_style.h"
#include "reports/text.h"

void attr_page_style(FILE *file) {
    fputs(page_style, file);
}

void attr_page_head(FILE *file, const attr_explanation *e, const char *subtitle) {
    attr_html(file,
              "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
              "<meta name=\"generator\" content=\"Attribution for Darknet %s\">\n<title>%s: %s</title>\n<style>\n",
              ATTR_VERSION, e->picture_name, subtitle);
    fputs(page_style, file);
    attr_html(file,
              "</style>\n</head>\n<body>\n<header>\n<h1>%s</h1>\n<p>Which pixels of <code>%s</code> made %s? "
              "Asked of <code>%s</code>, answered by <a href=\"#method\">%s</a>.</p>\n</header>\n<main>\n",
              e->picture_name, e->picture_path, e->is_detector ? "these detections" : "these classes probable",
              e->cfg_path, subtitle);
}

void attr_page_foot(FILE *file) {
    attr_html(file, "</main>\n<footer>Attribution for Darknet %s</footer>\n</body>\n</html>\n", ATTR_VERSION);
}

/* ---- The picture and what the network predicts */

static bool explains(const attr_result *r, const attr_prediction *p) {
    return p->class_index == r->class_index && memcmp(p->box, r->box, sizeof p->box) == 0;
}

int attr_prediction_of(const attr_explanation *e, const attr_explained *item) {
    for (int i = 0; i < e->prediction_count; i++)
        if (explains(&item->result, &e->predictions[i])) return i;
    return -1;
}

/* The map that explains a prediction, -1 if none does. */
static int map_of(const attr_explanation *e, const attr_prediction *p) {
    for (int i = 0; i < e->count; i++)
        if (explains(&e->explained[i].result, p)) return i;
    return -1;
}

/* The part of a box that is in the picture, in percent of the picture; false if there is none. */
static bool clip(double *left, double *top, double *width, double *height, const double box[4]) {
    double edges[4];
    for (int k = 0; k < 4; k++) edges[k] = 100 * fmin(fmax(box[k % 2] + (k < 2 ? -.5 : .5) * box[2 + k % 2], 0), 1);
    *left = edges[0];
    *top = edges[1];
    *width = edges[2] - edges[0];
    *height = edges[3] - edges[1];
    return *width > 0 && *height > 0;
}

static attr_status write_picture(FILE *file, const attr_explanation *e) {
    attr_drawing drawing;
    double left, top, width, height;
    ATTR_TRY(attr_draw_picture(&drawing, &e->picture, ATTR_PAGE_SIDE));
    attr_html(file, "<div class=\"picture\"><img width=\"%d\" height=\"%d\" alt=\"The picture %s.\" ", drawing.w,
              drawing.h, e->picture_name);
    fputs("src=\"data:image/png;base64,", file);
    attr_base64(file, drawing.png, drawing.size);
    fputs("\">\n", file);
    for (int i = 0; e->is_detector && i < e->prediction_count; i++)
        if (clip(&left, &top, &width, &height, e->predictions[i].box))
            fprintf(file,
                    "<div class=\"box\" style=\"left:%.2f%%;top:%.2f%%;width:%.2f%%;height:%.2f%%\"><b>%d</b></div>\n",
                    left, top, width, height, i + 1);
    fputs("</div>\n", file);
    free(drawing.png);
    return ATTR_OK;
}

static void write_prediction(FILE *file, const attr_explanation *e, int i) {
    const attr_prediction *p = &e->predictions[i];
    double left, top, width, height;
    int map = map_of(e, p);
    attr_html(file, "<tr><td>%d</td><td>", i + 1);
    if (map >= 0)
        attr_html(file, "<a href=\"#map-%d\">%s</a>", map + 1, p->class_name);
    else
        attr_html(file, "%s", p->class_name);
    attr_html(file, "</td><td class=\"number\">%e</td>", p->score);
    if (e->is_detector && clip(&left, &top, &width, &height, p->box))
        fprintf(file, "<td class=\"number\">%.0f, %.0f</td><td class=\"number\">%.0f &times; %.0f</td>",
                left / 100 * e->picture.w, top / 100 * e->picture.h, width / 100 * e->picture.w,
                height / 100 * e->picture.h);
    fputs("</tr>\n", file);
}

static void write_table(FILE *file, const attr_explanation *e) {
    fputs("<div class=\"scroll\"><table>\n<caption>", file);
    if (e->is_detector)
        attr_html(file, "Scores above %f, places in pixels", e->options.thresh);
    else
        fputs("The most probable classes", file);
    fprintf(file, "</caption>\n<tr><th>No.</th><th>Class</th><th class=\"number\">Score</th>%s</tr>\n",
            e->is_detector ? "<th class=\"number\">Left, top</th><th class=\"number\">Size</th>" : "");
    for (int i = 0; i < e->prediction_count; i++) write_prediction(file, e, i);
    fputs("</table></div>\n", file);
}

static void write_predictions(FILE *file, const attr_explanation *e) {
    if (e->prediction_count == 0) {
        attr_html(file,
                  "<p>Nothing was detected with a score above %f (option <code>thresh</code>): there is nothing to "
                  "explain.</p>\n",
                  e->options.thresh);
        return;
    }
    write_table(file, e);
    if (e->count == 0) attr_html(file, "<p>None of these is of the classes asked for: %s.</p>\n", e->options.class);
}

attr_status attr_page_predictions(FILE *file, const attr_explanation *e) {
    fputs("<h2>What the network predicts</h2>\n<div class=\"side\">\n", file);
    ATTR_TRY(write_picture(file, e));
    fputs("<div>\n", file);
    write_predictions(file, e);
    fputs("</div>\n</div>\n", file);
    return ATTR_OK;
}

attr_status attr_page_seen(FILE *file, const attr_explanation *e) {
    fputs("<div class=\"side\">\n", file);
    ATTR_TRY(write_picture(file, e));
    fputs("<div>\n", file);
    if (e->prediction_count > 0)
        write_table(file, e);
    else
        attr_html(file, "<p>Nothing is detected with a score above %f.</p>\n", e->options.thresh);
    fputs("</div>\n</div>\n", file);
    return ATTR_OK;
}

/* ---- How it was computed */

/* What one sample, or the map without noise, is. */
static const char *meaning_of_base(int method) {
    switch ((attr_method_word)method) {
    case ATTR_METHOD_GRADIENT_X_INPUT:
        return "the derivative at the picture times the pixel's value: the pixel's part if the network were linear";
    case ATTR_METHOD_INTEGRATED_GRADIENTS:
        return "the mean of the derivative on the way from a baseline to the picture, times the way: the pixel's part "
               "of what the target gains over the baseline";
    case ATTR_METHOD_SMOOTHTAYLOR:
        return "the mean of the derivative at noisy copies of the picture, times the way back from them: where the "
               "target is curved, that is where activations change over";
    case ATTR_METHOD_IG_MAX:
        return "the largest derivative on the way from a baseline to the picture";
    case ATTR_METHOD_GGIG:
        return "the largest derivative on ascents from all points of the way from a baseline to the picture";
    case ATTR_METHOD_GDA:
        return "the largest derivative on an ascent from the picture";
    case ATTR_METHOD_GEG:
        return "the largest derivative over slightly changed networks that predict the same";
    case ATTR_METHOD_RELEX:
        return "a mask, 0 to 1, that keeps the prediction with as little of the picture as possible";
    case ATTR_METHOD_GRADCAM:
        return "the activations of a layer, its channels weighted by the mean of the target's derivative over all "
               "places";
    case ATTR_METHOD_GRADCAM_PP:
        return "the activations of a layer, its channels weighted by the derivatives that raise the target, those of "
               "single places more than those of many";
    case ATTR_METHOD_LAYERCAM:
        return "the activations of a layer, each times the target's derivative by it where that is positive";
    case ATTR_METHOD_GRADIENT_X_ACTIVATION:
        return "the activations of a layer, each times the target's derivative by it: its part of the target if what "
               "follows were linear";
    default:
        return "how much the target changes when a pixel changes a little: the derivative at the picture";
    }
}

static void write_meaning(FILE *file, const attr_explanation *e) {
    static const char *const of_samples[] = {[ATTR_REDUCTION_MEAN] = "the mean",
                                             [ATTR_REDUCTION_SQUARE] = "the mean square",
                                             [ATTR_REDUCTION_VARIANCE] = "the variance"};
    const attr_options *o = &e->options;
    char label[ATTR_METHOD_LABEL];
    attr_method method = (attr_method)o->method;
    bool copies = attr_method_has_copies(method), clones = attr_method_has_clones(method);
    attr_html(file, "<dt>Method</dt><dd><b>%s</b>: ", attr_method_label(label, o));
    if (copies || clones)
        attr_html(file, "%s, over %s%s%s, of this: ", of_samples[o->reduction],
                  copies ? "noisy copies of the picture" : "", copies && clones ? " and " : "",
                  clones ? "copies of the network with noise on its parameters" : "");
    attr_html(file, "%s%s</dd>\n", o->abs_before_mean ? "absolute values of " : "",
              meaning_of_base(copies || clones ? o->base : o->method));
}

static void write_noise(FILE *file, const attr_explanation *e) {
    const attr_options *o = &e->options;
    attr_method method = (attr_method)o->method;
    bool roots = method == ATTR_METHOD_SMOOTHTAYLOR;
    if (o->adaptive != ATTR_ADAPTIVE_NONE)
        attr_html(file, "<dt>Noise on the picture</dt><dd>searched for each map, seed %lld</dd>\n", (long long)o->seed);
    else if (attr_method_has_copies(method) || roots || method == ATTR_METHOD_RELEX)
        attr_html(file, "<dt>Noise on the picture</dt><dd>standard deviation %g %s, seed %lld</dd>\n", e->sigma,
                  o->space == ATTR_SPACE_PIXEL ? "in input units" : "in the normalised space", (long long)o->seed);
    if (attr_method_has_clones(method) || method == ATTR_METHOD_GEG)
        attr_html(file, "<dt>Noise on the network</dt><dd>standard deviation %g, %s, layers %s, seed %lld</dd>\n",
                  o->weight_sigma,
                  o->weight_noise == ATTR_WEIGHT_NOISE_ADDITIVE ? "added" : "relative to each parameter",
                  o->noise_layers, (long long)o->seed);
}

void attr_page_method(FILE *file, const attr_explanation *e) {
    write_meaning(file, e);
    write_noise(file, e);
}

void attr_page_circumstances(FILE *file, const attr_explanation *e) {
    attr_html(file, "<dt>Picture</dt><dd><code>%s</code>, %d &times; %d pixels</dd>\n", e->picture_path, e->picture.w,
              e->picture.h);
    attr_html(file, "<dt>Network</dt><dd>%s, input %d &times; %d &times; %d, values here from %.3g to %.3g</dd>\n",
              e->is_detector ? "detector" : "classifier", e->net_w, e->net_h, e->net_c, e->input_low, e->input_high);
}

attr_status attr_page_record(FILE *file, const char *name, attr_status (*write)(FILE *, const void *, const char *),
                             const void *run, const char *path) {
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (!memory) return attr_fail(ATTR_NO_MEMORY, "out of memory for a page");
    attr_status status = write(memory, run, path);
    if (fclose(memory) != 0) status = attr_fail(ATTR_NO_MEMORY, "out of memory for a page");
    if (status == ATTR_OK)
        attr_html(file,
                  "<h2>Options, and how to repeat it</h2>\n<p><a href=\"./%s\">%s</a>, beside this page when it was "
                  "written:</p>\n<pre>%s</pre>\n",
                  name, name, text);
    free(text);
    return status;
}
