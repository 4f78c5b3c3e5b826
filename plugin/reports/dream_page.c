/* index.html of `dream`. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "reports/curve.h"
#include "reports/dream.h"
#include "reports/page.h"
#include "reports/text.h"

/* clang-format off */
static const char dream_style[] =
    ".curves{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr))}\n"
    ".curves svg{width:100%;height:auto;border:1px solid var(--line);border-radius:.5rem}\n"
    ".strip{display:flex;gap:.5rem;overflow-x:auto;padding:.25rem 0 .5rem}\n"
    ".strip figure{margin:0;flex:none;width:10rem;font-size:.75rem;line-height:1.3}\n"
    ".strip img{width:10rem;border:1px solid var(--line)}\n";
/* clang-format on */

static void write_head(FILE *file, const attr_dream_report *r) {
    attr_html(
        file,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"generator\" content=\"Attribution for Darknet %s\">\n<title>A dream of %s</title>\n<style>\n",
        ATTR_VERSION, r->wish->class_name);
    attr_page_style(file);
    fputs(dream_style, file);
    attr_html(
        file,
        "</style>\n</head>\n<body>\n<header>\n<h1>A dream of %s</h1>\n<p>Made of noise, step by step, so that one "
        "number becomes as large as can be: %s, in <code>%s</code> with <code>%s</code>, ",
        r->wish->class_name, r->wish->text, r->session->cfg_path, r->session->weights_path);
    if (r->dreamed->networks > 0)
        attr_html(file, "the mean of %d copies with noise on their parameters (NoiseGrad).", r->dreamed->networks);
    else
        fputs("as it is.", file);
    fputs(" <a href=\"dream.json\">dream.json</a>, <a href=\"run.cfg\">run.cfg</a></p>\n</header>\n<main>\n", file);
}

/* ---- What is seen in it */

static void write_verdict(FILE *file, const attr_dream_report *r) {
    const attr_dreamed *d = r->dreamed;
    if (r->wish->class_index < 0) return;
    if (d->is_seen)
        attr_html(file, "<p>Without noise the network sees %s in it, %s %f.</p>\n", r->wish->class_name,
                  d->seen->is_detector ? "best score" : "probability", d->probability);
    else
        attr_html(file, "<p class=\"warn\">Without noise the network does not see %s in it (%s %f): %s</p>\n",
                  r->wish->class_name, d->seen->is_detector ? "best score" : "probability", d->probability,
                  d->networks > 0
                      ? "the noise may leave too little of the network (`darknet attribute calibrate` finds "
                        "a weight_sigma)"
                      : "more steps, or a higher dream_rate, may help");
}

/* ---- Progress */

static attr_status write_frame(FILE *file, const attr_dream_report *r, int i) {
    const attr_dream *d = &r->dreamed->dream;
    const attr_explanation *e = r->dreamed->seen;
    const attr_picture picture = {e->net_w, e->net_h, e->net_c, d->frames[i]};
    attr_drawing drawing;
    ATTR_TRY(attr_draw_picture(&drawing, &picture, ATTR_COMPARE_SIDE));
    attr_html(file, "<figure><img alt=\"The picture after %zu steps.\" width=\"%d\" height=\"%d\" ", d->frame_steps[i],
              drawing.w, drawing.h);
    fputs("src=\"data:image/png;base64,", file);
    attr_base64(file, drawing.png, drawing.size);
    attr_html(file, "\"><figcaption>%zu step%s, %g</figcaption></figure>\n", d->frame_steps[i],
              d->frame_steps[i] == 1 ? "" : "s", d->points[d->frame_steps[i]].clean);
    free(drawing.png);
    return ATTR_OK;
}

static void draw_curves(FILE *file, const attr_dream_report *r, attr_curve_point *room, size_t count) {
    const attr_dream_point *points = r->dreamed->dream.points;
    attr_curve_point *views = room, *clean = room + count, *probability = room + 2 * count;
    for (size_t i = 0; i < count; i++) {
        views[i] = (attr_curve_point){(double)i, points[i].objective, NAN};
        clean[i] = (attr_curve_point){(double)i, points[i].clean, NAN};
        probability[i] = (attr_curve_point){(double)i, points[i].probability, NAN};
    }
    const attr_curve curves[] = {{r->dreamed->networks > 0 ? "views, noisy networks" : "views", views, (int)count},
                                 {"picture, as it is", clean, (int)count}};
    const attr_curve of_probability = {"probability", probability, (int)count};
    const attr_curve_drawing objective = {"The objective", "step",        r->wish->text, curves, 2,
                                          {"", NAN, NAN},  {"", NAN, NAN}};
    const attr_curve_drawing second = {"What the network itself makes of the picture",
                                       "step",
                                       "probability",
                                       &of_probability,
                                       1,
                                       {"", NAN, NAN},
                                       {"", NAN, NAN}};
    attr_curve_write_svg(file, &objective);
    if (isfinite(points[0].probability)) attr_curve_write_svg(file, &second);
}

static attr_status write_progress(FILE *file, const attr_dream_report *r) {
    size_t count = (size_t)r->options->dream_steps + 1;
    attr_curve_point *room = NULL;
    fputs("<h2>How it came about</h2>\n<div class=\"strip\">\n", file);
    for (int i = 0; i < r->dreamed->dream.frame_count; i++) ATTR_TRY(write_frame(file, r, i));
    fputs("</div>\n<div class=\"curves\">\n", file);
    ATTR_TRY(attr_allocate(&room, 3 * count, sizeof *room, "curves"));
    draw_curves(file, r, room, count);
    free(room);
    fputs("</div>\n", file);
    return ATTR_OK;
}

/* ---- How it was made */

static void write_settings(FILE *file, const attr_dream_report *r) {
    const attr_options *o = r->options;
    const attr_explanation *e = r->dreamed->seen;
    attr_html(file,
              "<h2>How it was made</h2>\n<dl>\n<dt>Picture</dt><dd>a spectrum of frequencies, scaled as natural "
              "pictures', of decorrelated colours, then a sigmoid; from noise, seed %lld</dd>\n",
              (long long)o->seed);
    attr_html(
        file,
        "<dt>Steps</dt><dd>%lld of Adam, rate %g, the gradient no longer than %g</dd>\n<dt>Views</dt><dd>each step "
        "sees the picture turned by up to %g&deg;, height and width each times %g to %g",
        (long long)o->dream_steps, o->dream_rate, ATTR_DREAM_GRADIENT_LIMIT, o->rotation, o->smallest_scale,
        o->largest_scale);
    if (o->jitter > 0) attr_html(file, ", moved by up to %g pixels", o->jitter);
    fputs("</dd>\n", file);
    if (r->dreamed->networks > 0)
        attr_html(file, "<dt>Noise on the network</dt><dd>%d copies%s, standard deviation %g, %s, layers %s</dd>\n",
                  r->dreamed->networks, o->fresh_clones ? ", others at each step" : "", o->weight_sigma,
                  o->weight_noise == ATTR_WEIGHT_NOISE_ADDITIVE ? "added" : "relative to each parameter",
                  o->noise_layers);
    attr_html(file,
              "<dt>Network</dt><dd>%s, input %d &times; %d &times; %d</dd>\n<dt>Time</dt><dd>%.3g s</dd>\n</dl>\n",
              e->is_detector ? "detector" : "classifier", e->net_w, e->net_h, e->net_c, e->seconds);
    fputs("<p>A dream shows what raises a number, not what the network needs to see: it is one of many pictures, and "
          "what it leaves out may count as well.</p>\n",
          file);
}

static attr_status write_record(FILE *file, const void *r, const char *path) {
    return attr_write_dream_record(file, r, path);
}

attr_status attr_write_dream_page(FILE *file, const attr_dream_report *r, const char *record_path) {
    write_head(file, r);
    fputs("<h2>What the network sees in it</h2>\n", file);
    write_verdict(file, r);
    ATTR_TRY(attr_page_seen(file, r->dreamed->seen));
    ATTR_TRY(write_progress(file, r));
    write_settings(file, r);
    ATTR_TRY(attr_page_record(file, "run.cfg", write_record, r, record_path));
    attr_page_foot(file);
    return ATTR_OK;
}
