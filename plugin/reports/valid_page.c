/* index.html of `valid`: a table of methods and metrics, and what each target got. */
#include <math.h>
#include <string.h>

#include "reports/bands.h"
#include "reports/files.h"
#include "reports/page.h"
#include "reports/text.h"
#include "reports/valid.h"
#include "reports/valid_style.h"

/* More lines would make the page too large; scores.csv has all. */
enum { most_lines = 2000, most_columns = 12 };

const char *attr_valid_arrow(const attr_metric *m) {
    return m->direction > 0 ? "&uarr;" : m->direction < 0 ? "&darr;" : "";
}

/* ---- The table */

static void write_cell(FILE *file, const attr_valid_cell *c, bool best, bool is_control) {
    fprintf(file, "<td class=\"number%s\">", best ? " best" : "");
    if (c->n == 0) {
        fputs("&ndash;<small>undefined</small></td>", file);
        return;
    }
    attr_html(file, "%.3g", c->mean);
    if (!isnan(c->low)) attr_html(file, "<small>%.3g to %.3g</small>", c->low, c->high);
    if (!is_control && isfinite(c->ratio[ATTR_CONTROL_RANDOM]))
        attr_html(file, "<small>%.2g &times; random</small>", c->ratio[ATTR_CONTROL_RANDOM]);
    if (!isnan(c->chance_holm)) attr_html(file, "<small>p = %.2g</small>", c->chance_holm);
    if (c->undefined > 0) attr_html(file, "<small>%d undefined</small>", c->undefined);
    fputs("</td>", file);
}

/* Group NULL: all of them. */
static bool is_in(const attr_metric *m, const char *group) {
    return !group || strcmp(m->group, group) == 0;
}

static void write_heads(FILE *file, const attr_scoring *s, const char *group) {
    for (int k = 0; k < s->metric_count; k++) {
        if (!is_in(s->metrics[k], group)) continue;
        attr_html(file, "<th class=\"number\">%s ", s->metrics[k]->name);
        fputs(attr_valid_arrow(s->metrics[k]), file);
        if (!group) attr_html(file, "<small>%s</small>", s->metrics[k]->group);
        fputs("</th>", file);
    }
    fputs("</tr>\n", file);
}

static void write_table(FILE *file, const attr_valid *v, const char *group) {
    const attr_scoring *s = v->scoring;
    char label[ATTR_TEXT_SIZE];
    fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"scores\">\n<tr><th>Method</th>", file);
    write_heads(file, s, group);
    for (int row = 0; row < attr_scoring_rows(s); row++) {
        bool is_control = row >= s->method_count;
        attr_scoring_label(label, sizeof label, s, row);
        fprintf(file, "<tr%s>", is_control ? " class=\"control\"" : "");
        fputs("<td>", file);
        attr_html_name(file, label);
        fputs("</td>", file);
        for (int k = 0; k < s->metric_count; k++)
            if (is_in(s->metrics[k], group))
                write_cell(file, attr_valid_cell_of(v, row, k), row == attr_valid_best(v, k), is_control);
        fputs("</tr>\n", file);
    }
    fputs("</table></div>\n", file);
}

/* Of many metrics one table a group, in the order in which groups come up. */
void attr_write_valid_scores(FILE *file, const attr_valid *v) {
    const attr_scoring *s = v->scoring;
    if (s->metric_count <= most_columns) {
        write_table(file, v, NULL);
        return;
    }
    for (int k = 0; k < s->metric_count; k++) {
        const char *group = s->metrics[k]->group;
        bool is_first = true;
        for (int i = 0; i < k; i++) is_first = is_first && strcmp(s->metrics[i]->group, group) != 0;
        if (!is_first) continue;
        fprintf(file, "<h3>%c%s</h3>\n", group[0] - 'a' + 'A', group + 1);
        write_table(file, v, group);
    }
}

static void write_metrics(FILE *file, const attr_scoring *s) {
    fputs("<h2>What they measure</h2>\n<dl>\n", file);
    for (int k = 0; k < s->metric_count; k++) {
        attr_html(file, "<dt>%s ", s->metrics[k]->name);
        fputs(attr_valid_arrow(s->metrics[k]), file);
        attr_html(file, "</dt><dd>%s</dd>\n", s->metrics[k]->help);
    }
    fputs("</dl>\n", file);
}

/* ---- Each target */

static void write_target(FILE *file, const attr_valid *v, const attr_valid_target *t) {
    const attr_scoring *s = v->scoring;
    char label[ATTR_TEXT_SIZE];
    const char *slash = strrchr(t->path, '/');
    for (int row = 0; row < attr_scoring_rows(s); row++) {
        attr_scoring_label(label, sizeof label, s, row);
        fprintf(file, "<tr%s>", row >= s->method_count ? " class=\"control\"" : "");
        if (row == 0) attr_html(file, "<td rowspan=\"%d\">%s<small>", attr_scoring_rows(s), t->name);
        if (row == 0) attr_html_name(file, slash ? slash + 1 : t->path);
        fputs(row == 0 ? "</small></td><td>" : "<td>", file);
        attr_html_name(file, label);
        fputs("</td>", file);
        for (int k = 0; k < s->metric_count; k++) {
            double value = t->values[row * s->metric_count + k];
            fputs("<td class=\"number\">", file);
            if (isnan(value))
                fputs("&ndash;</td>", file);
            else
                attr_html(file, "%.3g</td>", value);
        }
        fputs("</tr>\n", file);
    }
}

static void write_targets(FILE *file, const attr_valid *v) {
    int rows = attr_scoring_rows(v->scoring), shown = most_lines / rows < v->count ? most_lines / rows : v->count;
    attr_html(file, "<h2>Each target</h2>\n<details><summary>%s%d target%s</summary>\n<p>",
              shown < v->count ? "The first " : "", shown, shown == 1 ? "" : "s");
    if (shown < v->count) attr_html(file, "There are %d; all are in ", v->count);
    fputs("<a href=\"scores.csv\">scores.csv</a>.</p>\n<div class=\"scroll\" tabindex=\"0\"><table class=\"targets\">\n"
          "<tr><th>Target</th><th>Method</th>",
          file);
    write_heads(file, v->scoring, NULL);
    for (int i = 0; i < shown; i++) write_target(file, v, &v->targets[i]);
    fputs("</table></div></details>\n", file);
}

/* ---- The page */

static void write_head(FILE *file, const attr_valid *v) {
    const attr_session *s = v->scoring->session;
    attr_html(file,
              "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
              "<meta name=\"generator\" content=\"Attribution for Darknet %s\">\n<title>Which map can be believed: %s"
              "</title>\n<style>\n",
              ATTR_VERSION, s->cfg_path);
    attr_page_style(file);
    fputs(valid_style, file);
    attr_bands_style(file);
    attr_html(file,
              "</style>\n</head>\n<body>\n<header>\n<h1>Which map is better?</h1>\n<p><code>%s</code> with "
              "<code>%s</code>, %d targets on %d pictures of <code>%s</code>. "
              "<a href=\"valid.csv\">valid.csv</a>, <a href=\"scores.csv\">scores.csv</a>, "
              "<a href=\"curves.csv\">curves.csv</a>, <a href=\"differences.csv\">differences.csv</a>, ",
              s->cfg_path, s->weights_path, v->count, v->picture_count, v->list);
    if (attr_asked_for(v->scoring->given, ATTR_OUTPUT_JSON)) fputs("<a href=\"valid.json\">valid.json</a>, ", file);
    fputs(
        "<a href=\"run.cfg\">run.cfg</a></p>\n</header>\n<main>\n<p>Means over the targets, with 95&nbsp;% bootstrap "
        "intervals; &uarr;: higher is better, &darr;: lower; <b>bold</b>: the best method; <i>p</i>: how often chance "
        "alone would give such a difference from the random control (sign flips, by pairs, after Holm&#8217;s "
        "correction over the methods). Controls explain nothing: a method that is no better than they are has not "
        "shown that it does.</p>\n",
        file);
}

attr_status attr_write_valid_page(FILE *file, const attr_valid *v) {
    write_head(file, v);
    attr_write_valid_scores(file, v);
    attr_write_valid_verdicts(file, v);
    ATTR_TRY(attr_write_valid_curves(file, v));
    write_metrics(file, v->scoring);
    write_targets(file, v);
    attr_page_foot(file);
    return ATTR_OK;
}
