/* index.html of `valid`: a table of methods and metrics. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "reports/page.h"
#include "reports/text.h"
#include "reports/valid.h"

static const char style[] = "body{max-width:none}\n"
                            ".best{font-weight:700}\n"
                            "td small{display:block;color:var(--soft);white-space:nowrap}\n"
                            "tr.control td{color:var(--soft)}\n"
                            "th small{font-weight:normal;color:var(--soft);display:block}\n"
                            "td:first-child{white-space:nowrap;position:sticky;left:0;background:var(--paper)}\n";

static const char *arrow(const attr_metric *m) {
    return m->direction > 0 ? "&uarr;" : m->direction < 0 ? "&darr;" : "";
}

/* The best mean of the methods, controls left out. */
static int best_row(const attr_valid_cell *cells, const attr_valid *v, int metric) {
    const attr_scoring *s = v->scoring;
    int best = -1;
    for (int row = 0; row < s->method_count && s->metrics[metric]->direction != 0; row++) {
        double here = cells[row * s->metric_count + metric].mean * s->metrics[metric]->direction;
        if (isnan(here)) continue;
        if (best < 0 || here > cells[best * s->metric_count + metric].mean * s->metrics[metric]->direction) best = row;
    }
    return best;
}

static void write_cell(FILE *file, const attr_valid_cell *c, bool best, bool is_control) {
    fprintf(file, "<td class=\"number%s\">", best ? " best" : "");
    if (c->n == 0) {
        fputs("&ndash;<small>not defined</small></td>", file);
        return;
    }
    attr_html(file, "%.3g", c->mean);
    if (!isnan(c->low)) attr_html(file, "<small>%.3g to %.3g</small>", c->low, c->high);
    if (!is_control && isfinite(c->ratio)) attr_html(file, "<small>%.2g &times; random</small>", c->ratio);
    if (!is_control && !isnan(c->chance)) attr_html(file, "<small>p = %.2g</small>", c->chance);
    if (c->undefined > 0) attr_html(file, "<small>%d undefined</small>", c->undefined);
    fputs("</td>", file);
}

static void write_table(FILE *file, const attr_valid_cell *cells, const attr_valid *v) {
    const attr_scoring *s = v->scoring;
    char label[ATTR_TEXT_SIZE];
    fputs("<div class=\"scroll\" tabindex=\"0\"><table>\n<tr><th>Method</th>", file);
    for (int k = 0; k < s->metric_count; k++) {
        attr_html(file, "<th class=\"number\">%s ", s->metrics[k]->name);
        fputs(arrow(s->metrics[k]), file);
        attr_html(file, "<small>%s</small></th>", s->metrics[k]->group);
    }
    fputs("</tr>\n", file);
    for (int row = 0; row < attr_scoring_rows(s); row++) {
        bool is_control = row >= s->method_count;
        attr_scoring_label(label, sizeof label, s, row);
        fprintf(file, "<tr%s>", is_control ? " class=\"control\"" : "");
        attr_html(file, "<td>%s</td>", label);
        for (int k = 0; k < s->metric_count; k++)
            write_cell(file, &cells[row * s->metric_count + k], row == best_row(cells, v, k), is_control);
        fputs("</tr>\n", file);
    }
    fputs("</table></div>\n", file);
}

static void write_metrics(FILE *file, const attr_scoring *s) {
    fputs("<h2>What they measure</h2>\n<dl>\n", file);
    for (int k = 0; k < s->metric_count; k++) {
        attr_html(file, "<dt>%s ", s->metrics[k]->name);
        fputs(arrow(s->metrics[k]), file);
        attr_html(file, "</dt><dd>%s</dd>\n", s->metrics[k]->help);
    }
    fputs("</dl>\n", file);
}

static attr_status make_cells(attr_valid_cell **cells, const attr_valid *v) {
    const attr_scoring *s = v->scoring;
    int rows = attr_scoring_rows(s);
    ATTR_TRY(attr_allocate(cells, (size_t)(rows * s->metric_count), sizeof **cells, "a table"));
    for (int row = 0; row < rows; row++)
        for (int k = 0; k < s->metric_count; k++)
            ATTR_TRY(attr_valid_cell_of(&(*cells)[row * s->metric_count + k], v, row, k));
    return ATTR_OK;
}

attr_status attr_write_valid_page(FILE *file, const attr_valid *v) {
    const attr_session *s = v->scoring->session;
    attr_valid_cell *cells = NULL;
    attr_status status = make_cells(&cells, v);
    if (status == ATTR_OK) {
        attr_html(
            file,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"generator\" content=\"Attribution for Darknet %s\">\n<title>Which map can be believed: %s"
            "</title>\n<style>\n",
            ATTR_VERSION, s->cfg_path);
        attr_page_style(file);
        fputs(style, file);
        attr_html(
            file,
            "</style>\n</head>\n<body>\n<header>\n<h1>Which map is better?</h1>\n<p><code>%s</code> with "
            "<code>%s</code>, %d targets on %d pictures of <code>%s</code>. "
            "<a href=\"valid.csv\">valid.csv</a>, <a href=\"scores.csv\">scores.csv</a>, <a href=\"valid.json\">"
            "valid.json</a>, <a href=\"run.cfg\">run.cfg</a></p>\n</header>\n<main>\n<p>Means over the targets, with "
            "95 %% "
            "bootstrap intervals; <b>bold</b>: the best method; <i>p</i>: how often chance alone would give such a "
            "difference from the random control (sign flips, by pairs). Controls explain nothing: a method that is no "
            "better than they are has not shown that it does.</p>\n",
            s->cfg_path, s->weights_path, v->count, v->picture_count, v->list);
        write_table(file, cells, v);
        write_metrics(file, v->scoring);
        attr_html(file, "</main>\n<footer>Attribution for Darknet %s</footer>\n</body>\n</html>\n", ATTR_VERSION);
    }
    free(cells);
    return status;
}
