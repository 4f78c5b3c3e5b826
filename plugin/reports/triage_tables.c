/* index.html of `triage`: the tables above the cards. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "reports/page.h"
#include "reports/text.h"
#include "reports/triage_page.h"

static const char *name_of(const attr_triage *t, int class_index, char buffer[16]) {
    return attr_class_name(t->survey->session, class_index, buffer);
}

/* ---- Counts */

static void write_row(FILE *file, const char *name, int count, const char *kind) {
    attr_html(file, "<tr><td><a href=\"#kind=%s\">%s</a></td><td class=\"number\">%d</td></tr>\n", kind, name, count);
}

static void write_counts(FILE *file, const attr_survey *v) {
    bool detector = v->session->is_detector;
    int first = detector ? 0 : ATTR_SURVEY_RIGHT, end = detector ? ATTR_CASE_KINDS : ATTR_SURVEY_KINDS;
    fputs("<section><h3>Counts</h3>\n<table>\n", file);
    for (int kind = first; kind < end; kind++)
        write_row(file, attr_triage_kind_label(kind), v->counts[kind], attr_survey_kind_name(kind));
    fputs("</table>\n<p>", file);
    if (detector && !isnan(v->ap))
        attr_html(file, "Average precision at IoU %.2g: <b>%.3g</b> (all points, as PASCAL VOC since 2010). ",
                  v->session->options.iou, v->ap);
    if (!detector && !isnan(v->top1)) attr_html(file, "Accuracy %.3g, of the best five %.3g. ", v->top1, v->top5);
    attr_html(file, "%d pictures, %d of them without labels and left out.</p></section>\n", v->picture_count,
              v->unlabelled);
}

/* ---- Classes */

static const attr_class_shares *shares_of(const attr_class_shares *list, int count, int class_index) {
    for (int i = 0; i < count; i++)
        if (list[i].class_index == class_index) return &list[i];
    return NULL;
}

static void write_class(FILE *file, const attr_triage *t, int c, const attr_class_shares *s) {
    const attr_survey *v = t->survey;
    const attr_class_counts *n = &v->class_counts[c];
    char number[16];
    const char *name = name_of(t, c, number);
    fputs("<tr><td><a href=\"#class=", file);
    attr_html_part_of_address(file, name);
    attr_html(file, "\">%s</a></td><td class=\"number\">", name);
    if (isnan(v->class_ap[c]))
        fputs("&ndash;", file);
    else
        attr_html(file, "%.2g", v->class_ap[c]);
    attr_html(file, "</td><td class=\"number\">%d</td><td class=\"number\">%d</td><td class=\"number\">%d</td>", n->tp,
              n->fp, n->fn);
    if (s)
        attr_html(file, "<td class=\"number\">%f</td><td class=\"number\">%.2g</td>", s->shares.box,
                  attr_share_ratio(s->shares.box, s->uniform.box));
    else
        fputs("<td></td><td></td>", file);
    fputs("</tr>\n", file);
}

static attr_status write_classes(FILE *file, const attr_triage *t) {
    const attr_survey *v = t->survey;
    attr_class_shares *list = NULL;
    int count = 0;
    ATTR_TRY(attr_triage_class_shares(&list, &count, t, 0));
    fputs("<section><h3>Classes: which of them look outside their boxes</h3>\n<div class=\"scroll\" "
          "tabindex=\"0\"><table>\n"
          "<tr><th>Class</th><th class=\"number\">AP</th><th class=\"number\">found</th><th class=\"number\">false</th>"
          "<th class=\"number\">not found</th><th class=\"number\">in the box</th><th class=\"number\">&times; "
          "area</th></tr>\n",
          file);
    for (int i = 0; i < count; i++) write_class(file, t, list[i].class_index, &list[i]);
    for (int c = 0; c < v->session->classes; c++) {
        const attr_class_counts *n = &v->class_counts[c];
        if (n->tp + n->fp + n->fn > 0 && !shares_of(list, count, c)) write_class(file, t, c, NULL);
    }
    fputs("</table></div></section>\n", file);
    free(list);
    return ATTR_OK;
}

static attr_status write_context(FILE *file, const attr_triage *t) {
    enum { most = 40 };
    attr_class_context *list = NULL;
    int count = 0;
    char first[16], second[16];
    ATTR_TRY(attr_triage_context(&list, &count, t, 0));
    fputs("<section><h3>Context: other objects that maps rest on</h3>\n<div class=\"scroll\" "
          "tabindex=\"0\"><table>\n<tr><th>Class"
          "</th><th>rests on</th><th class=\"number\">cases</th><th class=\"number\">share</th><th "
          "class=\"number\">&times; area</th></tr>\n",
          file);
    for (int i = 0; i < count && i < most; i++)
        attr_html(file,
                  "<tr><td>%s</td><td>%s</td><td class=\"number\">%d</td><td class=\"number\">%f</td><td "
                  "class=\"number\">%.2g</td></tr>\n",
                  name_of(t, list[i].class_index, first), name_of(t, list[i].other, second), list[i].cases,
                  list[i].share, list[i].share / list[i].uniform);
    fputs("</table></div></section>\n", file);
    free(list);
    return ATTR_OK;
}

/* ---- Confusions */

typedef struct {
    long count;
    int truth, found;
} confused_pair;

static int by_count(const void *pa, const void *pb) {
    const confused_pair *a = pa, *b = pb;
    if (a->count != b->count) return a->count > b->count ? -1 : 1;
    return a->truth != b->truth ? a->truth - b->truth : a->found - b->found;
}

static attr_status list_pairs(confused_pair **out, int *count, const attr_triage *t) {
    const attr_confusion *table = &t->survey->confusion;
    size_t most = 0;
    for (int round = 0; round < 2; round++) {
        if (round == 1) ATTR_TRY(attr_allocate(out, most, sizeof **out, "a confusion table"));
        *count = 0;
        for (int truth = -1; truth < table->classes; truth++)
            for (int found = -1; found < table->classes; found++) {
                long n = attr_confusion_at(table, truth, found);
                if (n == 0 || truth == found) continue;
                if (round == 1) (*out)[*count] = (confused_pair){n, truth, found};
                ++*count;
            }
        most = (size_t)*count;
    }
    if (*count > 0) qsort(*out, (size_t)*count, sizeof **out, by_count);
    return ATTR_OK;
}

static attr_status write_confusions(FILE *file, const attr_triage *t) {
    confused_pair *pairs = NULL;
    int count = 0;
    char first[16], second[16];
    ATTR_TRY(list_pairs(&pairs, &count, t));
    attr_html(
        file,
        "<section><h3>Confusions%s</h3>\n<div class=\"scroll\" tabindex=\"0\"><table>\n<tr><th>True</th><th>Found</th>"
        "<th class=\"number\">times</th></tr>\n",
        t->survey->session->is_detector ? " (by YOLOv5's definition)" : "");
    for (int i = 0; i < count; i++)
        attr_html(file, "<tr><td>%s</td><td>%s</td><td class=\"number\">%d</td></tr>\n",
                  pairs[i].truth >= 0 ? name_of(t, pairs[i].truth, first) : "(nothing)",
                  pairs[i].found >= 0 ? name_of(t, pairs[i].found, second) : "(not found)", (int)pairs[i].count);
    fputs("</table></div></section>\n", file);
    free(pairs);
    return ATTR_OK;
}

static void write_problems(FILE *file, const attr_label_problems *p) {
    if (p->count == 0) return;
    attr_html(file,
              "<section><h3 class=\"warn\">Problems with labels: %d</h3>\n<div class=\"scroll\" tabindex=\"0\"><ul>\n",
              p->count);
    for (int i = 0; i < p->count; i++) {
        attr_html(file, "<li><code>%s", p->items[i].file);
        if (p->items[i].line > 0) attr_html(file, ":%d", p->items[i].line);
        attr_html(file, "</code> %s</li>\n", p->items[i].message);
    }
    fputs("</ul></div></section>\n", file);
}

attr_status attr_write_triage_tables(FILE *file, const attr_triage *t) {
    fputs("<div class=\"tables\">\n", file);
    write_counts(file, t->survey);
    if (t->survey->session->is_detector) {
        ATTR_TRY(write_classes(file, t));
        ATTR_TRY(write_context(file, t));
    }
    ATTR_TRY(write_confusions(file, t));
    write_problems(file, &t->survey->problems);
    fputs("</div>\n", file);
    return ATTR_OK;
}
