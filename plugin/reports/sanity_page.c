/* index.html of `sanity`. */
#include <math.h>
#include <string.h>

#include "reports/page.h"
#include "reports/sanity.h"
#include "reports/sanity_style.h"
#include "reports/text.h"

static const char *question_of(int check) {
    static const char *const questions[] = {"random parameters from the top",
                                            "random parameters from the bottom",
                                            "one layer random",
                                            "other classes",
                                            "noise on all parameters",
                                            "shifted input"};
    return questions[check];
}

static void write_head(FILE *file, const attr_sanity_report *r) {
    const attr_session *s = r->checks->session;
    attr_html(file,
              "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
              "<meta name=\"generator\" content=\"Attribution for Darknet %s\">\n<title>Sanity of maps of %s</title>\n"
              "<style>\n",
              ATTR_VERSION, s->cfg_path);
    attr_page_style(file);
    fputs(sanity_style, file);
    attr_html(file,
              "</style>\n</head>\n<body>\n<header>\n<h1>Can these maps be believed?</h1>\n<p><code>%s</code> with "
              "<code>%s</code>: %d map%s of %d picture%s, %.3g seconds. <a href=\"sanity.csv\">sanity.csv</a>, "
              "<a href=\"sanity.json\">sanity.json</a>, <a href=\"run.cfg\">run.cfg</a></p>\n</header>\n<main>\n",
              s->cfg_path, s->weights_path, r->checks->map_count, r->checks->map_count == 1 ? "" : "s",
              r->checks->picture_count, r->checks->picture_count == 1 ? "" : "s", r->seconds);
}

/* ---- Verdicts */

static void write_verdict(FILE *file, const attr_verdict *v) {
    static const char *const classes[] = {"unknown", "passes", "doubtful", "fails"};
    attr_html(file, "<td><b class=\"%s\">%s</b> %s</td>", classes[v->word], attr_verdict_name(v->word), v->text);
}

static void write_verdicts(FILE *file, const attr_sanity_report *r) {
    fputs("<h2>Verdicts</h2>\n<div class=\"scroll\"><table class=\"verdicts\">\n<tr><th>check</th>", file);
    for (int m = 0; m < r->method_count; m++) {
        const char *label = r->methods[m].label;
        attr_html(file, "<th>%s</th>", label);
    }
    fputs("</tr>\n", file);
    for (int k = 0; k < ATTR_SANITY_CHECKS; k++) {
        if (!(r->options->checks & 1u << k)) continue;
        attr_html(file, "<tr><th>%s<br><span>%s</span></th>", attr_check_name(k), question_of(k));
        for (int m = 0; m < r->method_count; m++) write_verdict(file, &r->verdicts[m][k]);
        fputs("</tr>\n", file);
    }
    fputs("</table></div>\n", file);
}

static void write_rules(FILE *file, const attr_sanity_report *r) {
    fprintf(
        file,
        "<details><summary>What the verdicts follow</summary>\n<ul>\n"
        "<li>Maps are compared in the network's pixels, without the letterbox's bars. Two maps agree by the larger of "
        "|Spearman's correlation| of their values and of their magnitudes; the curves show that of the magnitudes. "
        "What a map agrees by with itself, moved cyclically (%d times), is what agrees by chance.</li>\n"
        "<li><b>cascade, bottom_up</b>: passes if in the end, in the mean over maps, it is no more than %g or what "
        "agrees by chance; doubtful up to %g.</li>\n"
        "<li><b>independent</b>: the mean over layers: passes up to %g, doubtful up to %g.</li>\n"
        "<li><b>logit</b>: the mean Spearman correlation, with signs, with maps of other classes: passes up to %g, "
        "doubtful up to %g.</li>\n"
        "<li><b>perturbation</b>: rank correlation, over t, of the probability (as part of what it was) with the map's "
        "agreement: passes from %g on, doubtful from %g on; fails if maps still agree by more than %g where it is "
        "least; "
        "cannot be told if the probability never falls below %g of "
        "what it was. The noise of a t is the same for all methods.</li>\n"
        "<li><b>shift</b>: Spearman's correlation against that of the plain gradient, which only feels the borders: "
        "passes down to %g below, doubtful down to %g below. %g was added to the input.</li>\n"
        "<li>Random parameters are those that Darknet begins a training with. Batch norm's statistics are measured "
        "anew "
        "on the picture, in random layers and behind them, so that signals keep their size.</li>\n</ul></details>\n",
        ATTR_CHANCE_DRAWS, ATTR_VERDICT_LOW, ATTR_VERDICT_HIGH, ATTR_VERDICT_HIGH, ATTR_VERDICT_ALIKE,
        ATTR_VERDICT_HIGH, ATTR_VERDICT_ALIKE, ATTR_VERDICT_STEP, ATTR_VERDICT_WEAK, ATTR_VERDICT_ALIKE,
        ATTR_VERDICT_FALL, ATTR_VERDICT_BORDER, ATTR_VERDICT_WEAK, r->options->shift);
}

/* ---- Pictures */

static int targets_of(const attr_sanity *v, int first, int count) {
    int targets = 0;
    for (int i = first; i < first + count; i++)
        if (v->maps[i].number >= targets) targets = v->maps[i].number + 1;
    return targets;
}

static attr_status write_picture(FILE *file, const attr_sanity_report *r, int picture, int first, int count) {
    const attr_sanity_picture *p = &r->checks->pictures[picture];
    attr_html(file, "<h2>%s</h2>\n<img alt=\"What the network is given.\" width=\"%d\" height=\"%d\" ", p->path,
              p->drawing.w, p->drawing.h);
    fputs("src=\"data:image/png;base64,", file);
    attr_base64(file, p->drawing.png, p->drawing.size);
    fputs("\">\n", file);
    if (count == 0) fputs("<p>Nothing to explain: no detection.</p>\n", file);
    int targets = targets_of(r->checks, first, count);
    for (int t = 0; t < targets; t++) ATTR_TRY(attr_write_sanity_target(file, r, first, count, t));
    return ATTR_OK;
}

attr_status attr_write_sanity_page(FILE *file, const attr_sanity_report *r) {
    const attr_sanity *v = r->checks;
    write_head(file, r);
    write_verdicts(file, r);
    write_rules(file, r);
    for (int p = 0, first = 0, end; p < v->picture_count; p++, first = end) {
        for (end = first; end < v->map_count && v->maps[end].picture == p;) end++;
        ATTR_TRY(write_picture(file, r, p, first, end - first));
    }
    attr_page_foot(file);
    return ATTR_OK;
}
