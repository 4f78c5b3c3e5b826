/* index.html of a study. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "reports/bands.h"
#include "reports/experiment.h"
#include "reports/files.h"
#include "reports/page.h"
#include "reports/text.h"
#include "reports/valid_style.h"

enum { largest_drawing = 1 << 24 };

static void write_head(FILE *file, const attr_study *s) {
    attr_html(file,
              "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
              "<meta name=\"generator\" content=\"Attribution for Darknet %s\">\n<title>%s</title>\n<style>\n",
              ATTR_VERSION, s->experiment->title);
    attr_page_style(file);
    fputs(valid_style, file);
    attr_bands_style(file);
    fputs(".held{color:#1a7f37}.failed{color:var(--warn)}.claims td{vertical-align:top}\n"
          "figure svg{width:100%;max-width:50rem;height:auto;background:#fff}\n</style>\n</head>\n<body>\n<header>\n",
          file);
    attr_html(file, "<h1>%s</h1>\n", s->experiment->title);
    if (s->experiment->text) attr_html(file, "<p>%s</p>\n", s->experiment->text);
    attr_html(file,
              "<p><code>darknet attribute %s</code>; <a href=\"measurements.csv\">every measurement</a>, "
              "<a href=\"table.csv\">table.csv</a>, <a href=\"table.md\">table.md</a>, <a href=\"run.cfg\">run.cfg</a>"
              "</p>\n</header>\n<main>\n",
              s->command);
}

/* ---- Claims */

static const char *verdict_word(const attr_claim_result *r) {
    switch (r->verdict) {
    case ATTR_CLAIM_HELD:
        return "held";
    case ATTR_CLAIM_FAILED:
        return "did not hold: the opposite is so";
    case ATTR_CLAIM_OPEN:
        return "not decided: either may be so";
    case ATTR_CLAIM_UNKNOWN:
        return "not measured";
    }
    return "";
}

/* What the number is. */
static void write_measure(FILE *file, const attr_claim *c) {
    if (c->than_metric)
        attr_html(file, "%s of %s, less %s", c->metric, c->less, c->than_metric);
    else if (c->less)
        attr_html(file, "%s of %s, less that of %s", c->metric, c->less, c->than);
    else
        attr_html(file, "Spearman&#8217;s correlation of %s%s%s with %s, to be %s 0", c->metric, c->of ? " of " : "",
                  c->of ? c->of : "", c->falls_with ? c->falls_with : c->rises_with, c->falls_with ? "below" : "above");
    if (c->less) fputs(", to be below 0", file);
}

static attr_status write_claim(FILE *file, const attr_study *s, const attr_claim *c) {
    attr_claim_result r;
    for (int i = 0; i < s->count; i++) {
        ATTR_TRY(attr_claim_judge(&r, &s->parts[i], s, c));
        fputs("<tr>", file);
        if (i == 0) {
            attr_html(file, "<td rowspan=\"%d\">%s<small>", s->count, c->text);
            write_measure(file, c);
            fputs("</small></td>", file);
        }
        attr_html(file, "<td>%s</td>", s->parts[i].model->name);
        attr_html(file, "<td class=\"%s\">%s</td>",
                  r.verdict == ATTR_CLAIM_HELD     ? "held"
                  : r.verdict == ATTR_CLAIM_FAILED ? "failed"
                                                   : "open",
                  verdict_word(&r));
        if (r.n == 0)
            fputs("<td></td><td></td>", file);
        else
            attr_html(file, "<td class=\"number\">%.3g<small>%.3g to %.3g</small></td><td class=\"number\">%d</td>",
                      r.mean, r.low, r.high, r.n);
        fputs("</tr>\n", file);
    }
    return ATTR_OK;
}

static attr_status write_claims(FILE *file, const attr_study *s) {
    const attr_experiment *e = s->experiment;
    if (e->claim_count == 0) return ATTR_OK;
    fputs("<h2>What was claimed, and what came out</h2>\n<p>Means over targets with 95&nbsp;% bootstrap intervals. A "
          "claim holds if the whole interval is on its side of 0, and does not if it is on the other.</p>\n"
          "<div class=\"scroll\" tabindex=\"0\"><table class=\"claims\">\n<tr><th>Claim</th><th>Network</th>"
          "<th>Came out</th><th class=\"number\">By</th><th class=\"number\">n</th></tr>\n",
          file);
    for (int i = 0; i < e->claim_count; i++) ATTR_TRY(write_claim(file, s, &e->claims[i]));
    fputs("</table></div>\n", file);
    return ATTR_OK;
}

/* ---- Tables and figures */

static void write_tables(FILE *file, const attr_study *s) {
    static const char *const units[] = {"targets", "clones", "targets, sanity checks"};
    fputs("<h2>Tables</h2>\n<p>Means with 95&nbsp;% bootstrap intervals; &uarr;: higher is better, &darr;: lower; "
          "<b>bold</b>: the best method; <i>p</i>: how often chance alone would give such a difference from the random "
          "control. Controls explain nothing.</p>\n",
          file);
    for (int i = 0; i < s->count; i++)
        for (int unit = 0; unit < ATTR_STUDY_UNITS; unit++) {
            const attr_valid *v = s->parts[i].of[unit];
            if (!v) continue;
            attr_html(file, "<h3>%s <span>%d %s; <a href=\"", s->parts[i].model->name, v->count, units[unit]);
            attr_html_part_of_address(file, s->parts[i].model->name);
            attr_html(file, "/%sindex.html\">differences, curves, each one</a>", attr_study_folders[unit]);
            if (unit == ATTR_STUDY_CHECKS) {
                fputs(", <a href=\"", file);
                attr_html_part_of_address(file, s->parts[i].model->name);
                fputs("/sanity/index.html\">maps</a>", file);
            }
            fputs("</span></h3>\n", file);
            attr_write_valid_scores(file, v);
        }
}

static attr_status write_figure(FILE *file, const attr_study *s, int number) {
    char name[32], *path = NULL, *text = NULL;
    snprintf(name, sizeof name, "figure-%d", number);
    ATTR_TRY(attr_join_path(&path, s->folder, name, ".svg"));
    attr_status status = attr_read_file(&text, NULL, path, largest_drawing);
    const char *svg = status == ATTR_OK ? strstr(text, "<svg") : NULL;
    if (svg) {
        fputs("<figure>", file);
        fputs(svg, file);
        attr_html(file,
                  "<figcaption><a href=\"%s.svg\">%s.svg</a>, <a href=\"%s.gp\">%s.gp</a></figcaption>"
                  "</figure>\n",
                  name, name, name, name);
    }
    free(path);
    free(text);
    return ATTR_OK;
}

static void write_metrics(FILE *file, const attr_study *s) {
    fputs("<h2>What they measure</h2>\n<dl>\n", file);
    for (int unit = 0; unit < ATTR_STUDY_UNITS; unit++) {
        const attr_valid *v = s->parts[0].of[unit];
        for (int k = 0; v && k < v->scoring->metric_count; k++) {
            attr_html(file, "<dt>%s ", v->scoring->metrics[k]->name);
            fputs(attr_valid_arrow(v->scoring->metrics[k]), file);
            attr_html(file, "</dt><dd>%s</dd>\n", v->scoring->metrics[k]->help);
        }
    }
    fputs("</dl>\n", file);
}

attr_status attr_write_study_page(FILE *file, const attr_study *s) {
    write_head(file, s);
    ATTR_TRY(write_claims(file, s));
    if (s->experiment->plot_count > 0) fputs("<h2>Figures</h2>\n", file);
    for (int i = 1; i <= s->experiment->plot_count; i++) ATTR_TRY(write_figure(file, s, i));
    write_tables(file, s);
    write_metrics(file, s);
    attr_page_foot(file);
    return ATTR_OK;
}
