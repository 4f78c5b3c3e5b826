/* compare.html: a row for each target, a column for each method. */
#include "reports/page.h"

#include <math.h>
#include <stdlib.h>

#include "methods/method.h"
#include "reports/text.h"

static const char *label_of(char label[ATTR_METHOD_LABEL], const attr_compared *part) {
    return attr_method_label(label, &part->e->options);
}

/* ---- Rows */

static void write_figures(FILE *file, const attr_compared *part, const attr_explained *item) {
    const attr_result *r = &item->result;
    attr_page_certainty(file, part->e, item);
    if (isnan(r->relative_error)) /* else told with the error */
        attr_html(file, "<li>%zu gradient%s</li>\n", r->gradients, r->gradients == 1 ? "" : "s");
    attr_html(file, "<li>%.2g s", part->e->seconds);
    if (part->e->count > 1) attr_html(file, " for all %d maps", part->e->count);
    fputs("</li>\n", file);
}

static void write_cell(FILE *file, const attr_compared *part, int i) {
    const attr_explained *item = &part->e->explained[i];
    char label[ATTR_METHOD_LABEL];
    fputs("<article>\n<h4>", file);
    attr_html_name(file, label_of(label, part));
    fputs("</h4>\n<div>\n", file);
    attr_page_drawing(file, part->e, item, &part->figures[i], &part->drawings[i]);
    fputs("</div>\n<ul>\n", file);
    write_figures(file, part, item);
    attr_page_files(file, part->e, item, &part->figures[i]);
    fputs("</ul>\n</article>\n", file);
}

static void write_row(FILE *file, const attr_comparison *c, int i) {
    const attr_explanation *e = c->parts[0].e;
    const attr_explained *item = &e->explained[i];
    attr_html(file, "<section id=\"map-%d\">\n<h3>", i + 1);
    attr_page_heading(file, e, item);
    attr_html(file, "<span>, %s %g</span></h3>\n<div class=\"row\">\n", item->target, item->result.target);
    for (int k = 0; k < c->count; k++) write_cell(file, &c->parts[k], i);
    fputs("</div>\n</section>\n", file);
}

static const char *end_of_scale(int normalisation) {
    static const char *const ends[] = {
        [ATTR_NORMALISATION_PERCENTILE] = "the 99th percentile of the absolute values",
        [ATTR_NORMALISATION_OUTLIER] = "the absolute value up to which absolute values make 98&nbsp;% of their sum",
        [ATTR_NORMALISATION_SIGNS] = "the largest value of each sign",
        [ATTR_NORMALISATION_MAXIMUM] = "the largest absolute value",
    };
    return ends[normalisation];
}

static void write_rows(FILE *file, const attr_comparison *c) {
    const attr_options *o = c->options;
    attr_html(file, "<h2>What it depends on, by %d method%s</h2>\n<p>", c->count, c->count == 1 ? "" : "s");
    fputs(o->shared_scale ? "<b>One scale</b> for all maps of a row, the largest of theirs: equal colours are equal "
                            "values. That of a map ends at "
                          : "Every map has its own scale: equal colours are not equal values. It ends at ",
          file);
    fprintf(file, "%s (option <code>normalisation</code>).</p>\n", end_of_scale(o->normalisation));
    fprintf(file, "<div class=\"scroll\" tabindex=\"0\"><div class=\"rows\" style=\"--methods:%d\">\n", c->count);
    for (int i = 0; i < c->parts[0].e->count; i++) write_row(file, c, i);
    fputs("</div></div>\n", file);
}

/* ---- The page */

static attr_status write_record(FILE *file, const void *comparison, const char *path) {
    return attr_write_comparison_record(file, comparison, path);
}

static attr_status write_how(FILE *file, const attr_comparison *c, const char *record_path) {
    const attr_explanation *e = c->parts[0].e;
    fputs("<h2 id=\"method\">How it was computed</h2>\n<dl>\n", file);
    for (int k = 0; k < c->count; k++) attr_page_method(file, c->parts[k].e);
    attr_page_circumstances(file, e);
    fputs("</dl>\n", file);
    return attr_page_record(file, "compare.cfg", write_record, c, record_path);
}

attr_status attr_write_comparison_page(FILE *file, const attr_comparison *c, const char *record_path) {
    const attr_explanation *e = c->parts[0].e;
    char subtitle[32], label[ATTR_METHOD_LABEL];
    snprintf(subtitle, sizeof subtitle, "%d methods", c->count);
    attr_page_head(file, e, c->count == 1 ? label_of(label, c->parts) : subtitle);
    ATTR_TRY(attr_page_predictions(file, e));
    if (e->count > 0) write_rows(file, c);
    ATTR_TRY(write_how(file, c, record_path));
    attr_page_foot(file);
    return ATTR_OK;
}
