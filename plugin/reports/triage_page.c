/* index.html of `triage`, and the pictures that it shows. */
#include "reports/triage_page.h"

#include <math.h>
#include <stdlib.h>

#include "base/files.h"
#include "base/memory.h"
#include "images/jpeg.h"
#include "images/map_layer.h"
#include "reports/files.h"
#include "reports/gallery_script.h"
#include "reports/gallery_style.h"
#include "reports/page.h"
#include "reports/text.h"

/* ---- Files beside the page */

attr_status attr_write_triage_picture(const attr_triage *t, int picture, const attr_picture *pixels) {
    char name[32];
    char *path = NULL;
    unsigned char *rgb = NULL;
    int w, h;
    if (!attr_asked_for(t->options, ATTR_OUTPUT_HTML)) return ATTR_OK;
    snprintf(name, sizeof name, "pictures/%04d", picture);
    ATTR_TRY(attr_join_path(&path, t->folder, name, ".jpg"));
    attr_status status = attr_small_picture(&rgb, &w, &h, pixels, ATTR_GALLERY_SIDE);
    if (status == ATTR_OK) status = attr_jpeg_write(path, rgb, w, h);
    free(rgb);
    free(path);
    return status;
}

attr_status attr_write_triage_layer(attr_triage_map *m, const attr_explanation *e, const attr_explained *item,
                                    const attr_map_figures *figures, const char *folder) {
    attr_map_layer layer;
    if (figures->state != ATTR_MAP_DRAWN) return ATTR_OK;
    attr_status status = attr_map_layer_make(&layer, item->plane, e->picture.w, e->picture.h, ATTR_GALLERY_SIDE,
                                             (attr_normalisation_word)e->options.normalisation);
    if (status == ATTR_OK && attr_asked_for(&e->options, ATTR_OUTPUT_HTML))
        status = attr_write_bytes(layer.png, layer.size, folder, m->name, ".layer.png");
    if (status == ATTR_OK) {
        m->largest = layer.largest;
        m->end = layer.end;
    }
    free(layer.png);
    return status;
}

/* ---- One scale for all */

static int by_size(const void *pa, const void *pb) {
    double a = *(const double *)pa, b = *(const double *)pb;
    return (a > b) - (a < b);
}

/* The median of the ends of all drawn maps by the first method: half of the maps saturate somewhere, half stay pale. */
static attr_status find_shared_end(double *out, const attr_triage *t, int method) {
    double *ends = NULL;
    int count = 0;
    *out = 1;
    ATTR_TRY(attr_allocate(&ends, (size_t)t->survey->case_count, sizeof *ends, "scales"));
    for (int i = 0; i < t->survey->case_count; i++) {
        const attr_triage_map *m = attr_triage_map_of(t, i, method);
        if (m->is_done && m->end > 0) ends[count++] = m->end;
    }
    if (count > 0) {
        qsort(ends, (size_t)count, sizeof *ends, by_size);
        *out = ends[count / 2];
    }
    free(ends);
    return ATTR_OK;
}

/* ---- Controls */

static void write_kinds(FILE *file, const int *counts) {
    fputs("<fieldset><legend>Kinds</legend>\n", file);
    for (int kind = 0; kind < ATTR_SURVEY_KINDS; kind++)
        if (counts[kind] > 0)
            attr_html(file, "<label><input type=\"checkbox\" name=\"kind\" value=\"%s\" checked> %s (%d)</label>\n",
                      attr_survey_kind_name(kind), attr_triage_kind_label(kind), counts[kind]);
    fputs("</fieldset>\n", file);
}

static void write_classes(FILE *file, const attr_triage *t) {
    const attr_survey *v = t->survey;
    char number[16];
    fputs("<label>Class <select name=\"class\"><option value=\"\">all</option>\n", file);
    for (int c = 0; c < v->session->classes; c++) {
        int count = 0;
        for (int i = 0; i < v->case_count; i++)
            count += v->cases[i].class_index == c && attr_triage_map_of(t, i, 0)->is_done;
        if (count == 0) continue;
        const char *name = attr_class_name(v->session, c, number);
        attr_html(file, "<option value=\"%s\">%s (%d)</option>\n", name, name, count);
    }
    fputs("</select></label>\n", file);
}

static void write_methods(FILE *file, const attr_triage *t) {
    char label[ATTR_TEXT_SIZE];
    if (t->method_count < 2) return;
    fputs("<label>Method <select name=\"method\"><option value=\"all\">side by side</option>\n", file);
    for (int k = 0; k < t->method_count; k++) {
        attr_triage_label(label, sizeof label, t, k);
        fprintf(file, "<option value=\"%d\"", k);
        attr_html(file, ">%s</option>\n", label);
    }
    fputs("</select></label>\n", file);
}

static void write_form(FILE *file, const attr_triage *t, const int *counts) {
    fputs("<form hidden>\n<output id=\"shown\" aria-live=\"polite\"></output>\n", file);
    write_kinds(file, counts);
    write_classes(file, t);
    fputs("<label>Score from <input type=\"number\" name=\"least\" min=\"0\" max=\"1\" step=\"any\"></label>\n"
          "<label>to <input type=\"number\" name=\"most\" min=\"0\" max=\"1\" step=\"any\"></label>\n"
          "<label>Picture <input type=\"search\" name=\"find\" placeholder=\"part of its name\"></label>\n"
          "<label>Order <select name=\"sort\"><option value=\"given\">as listed</option><option "
          "value=\"score\">highest score</option><option value=\"lowest\">lowest score</option>",
          file);
    if (t->survey->session->is_detector) fputs("<option value=\"box\">least in the box</option>", file);
    fputs("</select></label>\n", file);
    write_methods(file, t);
    fputs("<label>Map <input type=\"range\" name=\"opacity\" min=\"0\" max=\"1\" step=\"0.05\" value=\"1\" "
          "aria-label=\"Opacity of the map\"></label>\n"
          "<label><input type=\"checkbox\" name=\"sign\"> without sign</label>\n"
          "<label><input type=\"checkbox\" name=\"scale\"> one scale for all</label>\n"
          "<button type=\"reset\">Reset</button>\n</form>\n"
          "<p class=\"keys\"><kbd>j</kbd> <kbd>k</kbd> next and previous case, <kbd>Enter</kbd> or a click: large, "
          "<kbd>Esc</kbd>: small again. The address keeps what is chosen.</p>\n",
          file);
}

static void write_legend(FILE *file, const attr_triage *t) {
    fputs("<p class=\"legend\">Red: raises the target, blue: lowers it. ", file);
    if (t->survey->session->is_detector)
        fputs(
            "Frames: solid, the box that is explained; dashed green, what is labelled; dotted yellow, the box that "
            "won. "
            "Bars: <i class=\"swatch s0\"></i>in the box, <i class=\"swatch s1\"></i>in a ring of its area around it, "
            "<i class=\"swatch s2\"></i>elsewhere, <i class=\"swatch s3\"></i>in the padding; below, the same of a "
            "map that is equal everywhere.",
            file);
    fputs("</p>\n", file);
}

/* ---- The page */

static void write_head(FILE *file, const attr_triage *t) {
    const attr_session *s = t->survey->session;
    char label[ATTR_TEXT_SIZE];
    attr_html(
        file,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"generator\" content=\"Attribution for Darknet %s\">\n<title>Triage of %s</title>\n<style>\n",
        ATTR_VERSION, s->cfg_path);
    attr_page_style(file);
    fputs(gallery_style, file);
    attr_html(file,
              "</style>\n</head>\n<body>\n<header>\n<h1>What it gets right and wrong, and why</h1>\n"
              "<p><code>%s</code> with <code>%s</code> on <code>%s</code>, explained by ",
              s->cfg_path, s->weights_path, t->list);
    for (int k = 0; k < t->method_count; k++) {
        attr_triage_label(label, sizeof label, t, k);
        attr_html(file, "%s%s", k ? ", " : "", label);
    }
    fprintf(file,
            ". <a href=\"triage.json\">triage.json</a>, <a href=\"cases.csv\">cases.csv</a>%s, "
            "<a href=\"run.cfg\">run.cfg</a></p>\n</header>\n<main data-methods=\"all\">\n",
            s->is_detector ? ", <a href=\"candidates.csv\">candidates.csv</a>" : "");
}

static attr_status write_cards(FILE *file, const attr_triage *t) {
    const attr_survey *v = t->survey;
    int counts[ATTR_SURVEY_KINDS] = {0}, place = 0;
    int *order = NULL;
    double shared;
    ATTR_TRY(find_shared_end(&shared, t, 0));
    ATTR_TRY(attr_triage_order(&order, t));
    for (int i = 0; i < v->case_count; i++)
        if (attr_triage_map_of(t, i, 0)->is_done) counts[v->cases[i].kind]++;
    fputs("<h2>Cases</h2>\n", file);
    write_form(file, t, counts);
    write_legend(file, t);
    fputs("<div class=\"cards\">\n", file);
    for (int i = 0; i < v->case_count; i++)
        if (attr_triage_map_of(t, order[i], 0)->is_done) attr_write_triage_card(file, t, order[i], place++, shared);
    fputs("</div>\n", file);
    free(order);
    return ATTR_OK;
}

attr_status attr_write_triage_page(FILE *file, const attr_triage *t) {
    write_head(file, t);
    ATTR_TRY(attr_write_triage_tables(file, t));
    ATTR_TRY(write_cards(file, t));
    attr_html(file, "</main>\n<footer>Attribution for Darknet %s</footer>\n<script>\n", ATTR_VERSION);
    fputs(gallery_script, file);
    fputs("</script>\n</body>\n</html>\n", file);
    return ATTR_OK;
}
