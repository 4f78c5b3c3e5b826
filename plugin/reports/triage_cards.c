/* index.html of `triage`: a card for each explained case. */
#include <math.h>
#include <string.h>

#include "images/shrink.h"
#include "reports/page.h"
#include "reports/text.h"
#include "reports/triage_page.h"

static const char *name_of(const attr_triage *t, int class_index, char buffer[16]) {
    return attr_class_name(t->survey->session, class_index, buffer);
}

const char *attr_triage_kind_label(int kind) {
    static const char *const labels[ATTR_SURVEY_KINDS] = {
        [ATTR_CASE_TRUE_POSITIVE] = "found",
        [ATTR_CASE_BACKGROUND] = "nothing there",
        [ATTR_CASE_CONFUSION] = "wrong class",
        [ATTR_CASE_DUPLICATE] = "found twice",
        [ATTR_CASE_POOR_BOX] = "poor box",
        [ATTR_CASE_MISSED] = "missed",
        [ATTR_CASE_CONFUSED] = "taken for another",
        [ATTR_CASE_SUPPRESSED] = "suppressed",
        [ATTR_SURVEY_RIGHT] = "right",
        [ATTR_SURVEY_WRONG] = "wrong",
    };
    return labels[kind];
}

/* ---- The picture with its map */

static void write_frame(FILE *file, const char *role, float x, float y, float w, float h) {
    double left = fmin(fmax((double)x - (double)w / 2, 0), 1), top = fmin(fmax((double)y - (double)h / 2, 0), 1);
    double right = fmin(fmax((double)x + (double)w / 2, 0), 1), bottom = fmin(fmax((double)y + (double)h / 2, 0), 1);
    if (!(right > left && bottom > top)) return;
    fprintf(file, "<div class=\"frame %s\" style=\"left:%.2f%%;top:%.2f%%;width:%.2f%%;height:%.2f%%\"></div>", role,
            100 * left, 100 * top, 100 * (right - left), 100 * (bottom - top));
}

static void write_frames(FILE *file, const attr_survey_case *c) {
    const attr_detection *d = &c->aim.detection, *by = &c->aim.by;
    const attr_true_box *o = &c->aim.object;
    if (c->aim.has_object) write_frame(file, "label", o->x, o->y, o->w, o->h);
    if (c->aim.has_by) write_frame(file, "by", by->x, by->y, by->w, by->h);
    write_frame(file, "found", d->x, d->y, d->w, d->h);
}

/* Of the size that attr_small_picture() makes. */
static void write_photo(FILE *file, const attr_survey_picture *p, int index) {
    int factor = attr_shrink_factor(p->width, p->height, ATTR_GALLERY_SIDE);
    fprintf(file, "<img class=\"photo\" src=\"pictures/%04d.jpg\" width=\"%d\" height=\"%d\" loading=\"lazy\" alt=\"",
            index, attr_shrunk(p->width, factor), attr_shrunk(p->height, factor));
    attr_html(file, "The picture %s\">", p->path);
}

static void write_view(FILE *file, const attr_triage *t, int i, int k) {
    const attr_survey_case *c = &t->survey->cases[i];
    const attr_triage_map *m = attr_triage_map_of(t, i, k);
    char label[ATTR_TEXT_SIZE];
    attr_triage_label(label, sizeof label, t, k);
    fprintf(file, "<figure class=\"view\" data-method=\"%d\"%s>", k, k == 0 ? " data-shown" : "");
    write_photo(file, &t->survey->pictures[c->picture], c->picture);
    if (m->largest > 0) {
        fputs("<img class=\"map\" src=\"maps/", file);
        attr_html_part_of_address(file, m->name);
        fprintf(file, ".layer.png\" loading=\"lazy\" style=\"filter:url(#f%d-%d)\" alt=\"", i, k);
        attr_html(file, "What the %s depends on\">", m->target);
    }
    if (t->survey->session->is_detector) write_frames(file, c);
    if (t->method_count > 1) attr_html(file, "<figcaption>%s</figcaption>", label);
    fputs("</figure>\n", file);
}

/* How opacities become those of a scale (images/map_layer.h). */
static void write_filter(FILE *file, const attr_triage *t, int i, int k, double shared) {
    const attr_triage_map *m = attr_triage_map_of(t, i, k);
    if (!(m->largest > 0)) return;
    fprintf(file,
            "<filter id=\"f%d-%d\" color-interpolation-filters=\"sRGB\" x=\"0\" y=\"0\" width=\"1\" height=\"1\">"
            "<feColorMatrix values=\"1 0 0 0 0 0 1 0 0 0 0 0 1 0 0 0 0 0 1 0\"/><feComponentTransfer><feFuncA "
            "type=\"gamma\" exponent=\"2\" amplitude=\"%.6g\" data-largest=\"%.6g\" data-end=\"%.6g\" "
            "data-shared=\"%.6g\"/></feComponentTransfer></filter>",
            i, k, m->largest / m->end, m->largest, m->end, shared);
}

/* ---- What happened */

static void write_iou(FILE *file, const attr_triage *t, const attr_survey_case *c, const char *words) {
    char number[16];
    attr_html(file, "%s %s, IoU %.2g", words, name_of(t, c->aim.object.class_index, number), (double)c->aim.iou);
}

static void write_missing(FILE *file, const attr_triage *t, const attr_survey_case *c) {
    static const char *const words[][2] = {{"box", "no box fits"},
                                           {"taken", "the box is another object's"},
                                           {"objectness", "the objectness failed"},
                                           {"class", "the class failed"}};
    const char *failed = attr_failed_factor(&c->aim, t->options->iou);
    attr_html(file, "objectness %.2g &times; class %.2g", (double)c->aim.detection.objectness,
              (double)c->aim.detection.class_probability);
    for (int i = 0; failed && i < 4; i++)
        if (0 == strcmp(failed, words[i][0])) attr_html(file, ": <b>%s</b>", words[i][1]);
}

static void write_story(FILE *file, const attr_triage *t, const attr_survey_case *c) {
    char number[16];
    switch (c->kind) {
    case ATTR_CASE_TRUE_POSITIVE:
    case ATTR_CASE_POOR_BOX:
        write_iou(file, t, c, "labelled");
        break;
    case ATTR_CASE_CONFUSION:
        write_iou(file, t, c, "really labelled");
        break;
    case ATTR_CASE_BACKGROUND:
        fputs("nothing is labelled here", file);
        break;
    case ATTR_CASE_DUPLICATE:
        attr_html(file, "a better box (%.2g) has the labelled %s", (double)c->aim.by.score,
                  name_of(t, c->aim.object.class_index, number));
        break;
    case ATTR_CASE_CONFUSED:
        attr_html(file,
                  "taken for %s (%.2g); the nearest box of its class: ", name_of(t, c->aim.by.class_index, number),
                  (double)c->aim.by.score);
        write_missing(file, t, c);
        break;
    case ATTR_CASE_SUPPRESSED:
        if (c->aim.has_by)
            attr_html(file, "a box with IoU %.2g lost to a better one (%.2g)", (double)c->aim.iou,
                      (double)c->aim.by.score);
        else
            attr_html(file, "a box with IoU %.2g is below the threshold: ", (double)c->aim.iou);
        if (!c->aim.has_by) write_missing(file, t, c);
        break;
    case ATTR_CASE_MISSED:
        attr_html(file, "the nearest box has IoU %.2g, ", (double)c->aim.iou);
        write_missing(file, t, c);
        break;
    case ATTR_SURVEY_WRONG:
        attr_html(file, "labelled %s, which has %.2g less", name_of(t, c->true_class, number), c->margin);
        break;
    default:
        fputs("as labelled", file);
    }
}

/* ---- Shares */

static void write_stack(FILE *file, const char *name, const attr_shares *s) {
    const double parts[] = {s->box, s->ring, s->elsewhere, s->padding};
    fprintf(file, "<span>%s</span><span class=\"stack\">", name);
    for (int i = 0; i < 4; i++) fprintf(file, "<i class=\"s%d\" style=\"width:%.1f%%\"></i>", i, 100 * parts[i]);
    fputs("</span>", file);
}

static void write_shares(FILE *file, const attr_triage_map *m) {
    if (isnan(m->shares.box)) return;
    fputs("<div class=\"shares\" aria-hidden=\"true\">", file);
    write_stack(file, "map", &m->shares);
    write_stack(file, "area", &m->uniform);
    fputs("</div>\n", file);
    double dense = attr_share_ratio(m->shares.box, m->uniform.box);
    attr_html(file, "<li>in the box %f", m->shares.box);
    if (isfinite(dense)) attr_html(file, " (%.2g times its area&rsquo;s)", dense);
    attr_html(file, ", around it %f, elsewhere %f, padding %f</li>\n", m->shares.ring, m->shares.elsewhere,
              m->shares.padding);
}

/* ---- A card */

static void write_link(FILE *file, const char *name, const char *ending) {
    fputs(" <a href=\"maps/", file);
    attr_html_part_of_address(file, name);
    fprintf(file, ".%s\">%s</a>", ending, ending);
}

static void write_facts(FILE *file, const attr_triage *t, int i, int k) {
    const attr_triage_map *m = attr_triage_map_of(t, i, k);
    const attr_options *o = t->options;
    char label[ATTR_TEXT_SIZE];
    attr_triage_label(label, sizeof label, t, k);
    fprintf(file, "<div data-method=\"%d\"%s>\n", k, k == 0 ? " data-shown" : "");
    if (t->method_count > 1) attr_html(file, "<p><b>%s</b></p>\n", label);
    fputs("<ul>\n", file);
    if (t->survey->session->is_detector) write_shares(file, m);
    attr_html(file, "<li>%s = %.3g", m->target, m->value);
    if (!isnan(m->relative_error)) attr_html(file, ", error %f of the map", m->relative_error);
    if (!(m->largest > 0)) fputs(". <span class=\"warn\">The map is 0 everywhere</span>", file);
    fputs("</li>\n", file);
    bool npy = o->output & 1u << ATTR_OUTPUT_NPY, png = o->output & 1u << ATTR_OUTPUT_PNG;
    if (npy || png) {
        fputs("<li>files:", file);
        if (npy) write_link(file, m->name, "npy");
        if (png && m->largest > 0) write_link(file, m->name, "png");
        fputs("</li>\n", file);
    }
    fputs("</ul>\n</div>\n", file);
}

static void open_card(FILE *file, const attr_triage *t, int i, int place) {
    const attr_survey_case *c = &t->survey->cases[i];
    const attr_survey_picture *p = &t->survey->pictures[c->picture];
    const attr_triage_map *m = attr_triage_map_of(t, i, 0);
    double dense = t->survey->session->is_detector ? attr_share_ratio(m->shares.box, m->uniform.box) : NAN;
    const char *kind = attr_survey_kind_name(c->kind);
    char number[16];
    fprintf(file,
            "<article class=\"card %s%s\" id=\"c%d-%d\" tabindex=\"0\" data-place=\"%d\" data-kind=\"%s\" "
            "data-score=\"%.6g\"",
            kind, p->width < 128 && p->height < 128 ? " small" : "", c->picture, c->number, place, kind, c->score);
    if (isfinite(dense)) fprintf(file, " data-dense=\"%.4g\"", dense);
    attr_html(file, " data-class=\"%s\" data-picture=\"%s\">\n", name_of(t, c->class_index, number), p->path);
}

void attr_write_triage_card(FILE *file, const attr_triage *t, int i, int place, double shared_end) {
    const attr_survey_case *c = &t->survey->cases[i];
    char number[16];
    open_card(file, t, i, place);
    fputs("<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\">", file);
    for (int k = 0; k < t->method_count; k++) write_filter(file, t, i, k, shared_end);
    fputs("</svg>\n<div class=\"views\">\n", file);
    for (int k = 0; k < t->method_count; k++) write_view(file, t, i, k);
    attr_html(file, "</div>\n<h3><span class=\"kind\">%s</span> %s <span>%.2g</span></h3>\n<p>",
              attr_triage_kind_label(c->kind), name_of(t, c->class_index, number), c->score);
    write_story(file, t, c);
    attr_html(file, "</p>\n<p>%s</p>\n", t->survey->pictures[c->picture].path);
    for (int k = 0; k < t->method_count; k++) write_facts(file, t, i, k);
    fputs("</article>\n", file);
}
