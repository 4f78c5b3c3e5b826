/* Which methods differ, for the page of `valid`: a sentence and a small table for each metric. */
#include <math.h>

#include "metrics/bootstrap.h"
#include "reports/text.h"
#include "reports/valid.h"

/* So many pairs without a difference are named, more are only counted. */
enum { named_pairs = 3 };

static void write_label(FILE *file, const attr_valid *v, int row) {
    char label[ATTR_TEXT_SIZE];
    attr_scoring_label(label, sizeof label, v->scoring, row);
    attr_html_name(file, label);
}

/* Between the items of a list: nothing, "and", or a comma. */
static const char *join(int i, int count) {
    return i == 0 ? "" : i + 1 == count ? " and " : ", ";
}

/* ---- Pairs in words */

static int count_won(const attr_valid *v, int metric, int a) {
    int count = 0;
    for (int b = 0; b < v->scoring->method_count; b++) count += b != a && attr_valid_better(v, metric, a, b) > 0;
    return count;
}

static void write_winner(FILE *file, const attr_valid *v, int metric, int a, int won, const char *than) {
    attr_html(file, "<b>");
    write_label(file, v, a);
    attr_html(file, "</b> is %s than ", than);
    for (int b = 0, i = 0; b < v->scoring->method_count; b++) {
        if (b == a || attr_valid_better(v, metric, a, b) <= 0) continue;
        attr_html(file, "%s", join(i++, won));
        write_label(file, v, b);
        attr_html(file, " (<i>p</i>&nbsp;=&nbsp;%.2g)", attr_valid_pair_of(v, metric, a, b)->p_holm);
    }
    fputs(". ", file);
}

static void write_undecided(FILE *file, const attr_valid *v, const attr_valid_pair *pairs, int undecided) {
    for (int i = 0, k = 0; i < attr_valid_pairs(v); i++) {
        if (!(pairs[i].p_holm >= ATTR_VALID_LEVEL)) continue;
        attr_html(file, "%s", k == 0 ? " between " : k + 1 == undecided ? ", nor between " : ", between ");
        k++;
        write_label(file, v, pairs[i].first);
        attr_html(file, " and ");
        write_label(file, v, pairs[i].second);
        attr_html(file, " (<i>p</i>&nbsp;=&nbsp;%.2g)", pairs[i].p_holm);
    }
}

/* The smallest p that so many pairs can have after the correction. */
static double least_p(int targets, int tests) {
    double least = targets <= ATTR_EXACT_FLIPS ? exp2(1 - targets) : 1. / (ATTR_RANDOM_FLIPS + 1);
    return fmin(1, least * tests);
}

typedef struct {
    int tests, undecided, targets; /* pairs that were tested, those without a difference; targets of the best known */
} pair_counts;

static pair_counts count_pairs(const attr_valid *v, const attr_valid_pair *pairs) {
    pair_counts t = {0, 0, 0};
    for (int i = 0; i < attr_valid_pairs(v); i++) {
        t.tests += !isnan(pairs[i].p_holm);
        t.undecided += pairs[i].p_holm >= ATTR_VALID_LEVEL;
        if (pairs[i].n > t.targets) t.targets = pairs[i].n;
    }
    return t;
}

/* Sentences: who wins, then what is left open. */
static void write_pairs(FILE *file, const attr_valid *v, int metric) {
    const char *than = v->scoring->metrics[metric]->direction == 0 ? "higher" : "better";
    const attr_valid_pair *pairs = v->pairs + (size_t)metric * (size_t)attr_valid_pairs(v);
    pair_counts t = count_pairs(v, pairs);
    double least = least_p(t.targets, t.tests);
    if (t.tests == 0) {
        fputs("<p>No target has a number of two methods.</p>\n", file);
        return;
    }
    if (least >= ATTR_VALID_LEVEL) {
        attr_html(file,
                  "<p>%d target%s cannot tell methods apart: with %d comparison%s <i>p</i> is at least %.2g.</p>\n",
                  t.targets, t.targets == 1 ? "" : "s", t.tests, t.tests == 1 ? "" : "s", least);
        return;
    }
    fputs("<p>", file);
    for (int a = 0; a < v->scoring->method_count; a++) {
        int won = count_won(v, metric, a);
        if (won > 0) write_winner(file, v, metric, a, won, than);
    }
    if (t.undecided > 0) fputs("No difference can be told", file);
    if (t.undecided == t.tests && t.undecided > named_pairs)
        fputs(" between any two of them", file);
    else if (t.undecided > named_pairs)
        fprintf(file, " in the other %d pairs", t.undecided);
    else
        write_undecided(file, v, pairs, t.undecided);
    fputs(t.undecided > 0 ? ".</p>\n" : "</p>\n", file);
}

/* ---- Against random numbers */

static bool beats_random(const attr_valid *v, int metric, int row) {
    const attr_valid_cell *c = attr_valid_cell_of(v, row, metric);
    return c->chance_holm < ATTR_VALID_LEVEL && c->from_random * v->scoring->metrics[metric]->direction > 0;
}

/* Nothing is said where so few targets cannot show it. */
static void write_random(FILE *file, const attr_valid *v, int metric) {
    int better = 0, tested = 0, targets = 0, i = 0;
    for (int row = 0; row < v->scoring->method_count; row++) {
        const attr_valid_cell *c = attr_valid_cell_of(v, row, metric);
        better += beats_random(v, metric, row);
        tested += !isnan(c->chance_holm);
        if (c->n > targets) targets = c->n;
    }
    if (tested == 0 || least_p(targets, tested) >= ATTR_VALID_LEVEL || v->scoring->metrics[metric]->direction == 0)
        return;
    fputs("<p>Better than the random control: ", file);
    if (better == 0 || better == tested) {
        fputs(better == 0 ? "none" : tested == 1 ? "yes" : "all", file);
    } else {
        for (int row = 0; row < v->scoring->method_count; row++)
            if (beats_random(v, metric, row)) {
                attr_html(file, "%s", join(i++, better));
                write_label(file, v, row);
            }
    }
    fputs(".</p>\n", file);
}

/* ---- As a table */

static void write_cell(FILE *file, const attr_valid *v, int metric, int a, int b) {
    double p = a == b ? NAN : attr_valid_pair_of(v, metric, a, b)->p_holm;
    int better = a == b ? 0 : attr_valid_better(v, metric, a, b);
    if (isnan(p)) {
        fputs("<td></td>", file);
        return;
    }
    fprintf(file, "<td%s title=\"p = %.2g\">%s</td>",
            better > 0   ? " class=\"won\""
            : better < 0 ? " class=\"lost\""
                         : "",
            p,
            better > 0   ? "&#9650;"
            : better < 0 ? "&#9660;"
                         : "&middot;");
}

static void write_matrix(FILE *file, const attr_valid *v, int metric) {
    int methods = v->scoring->method_count;
    fputs("<div class=\"scroll\" tabindex=\"0\"><table class=\"matrix\">\n<tr><th></th>", file);
    for (int b = 0; b < methods; b++) fprintf(file, "<th>%d</th>", b + 1);
    fputs("</tr>\n", file);
    for (int a = 0; a < methods; a++) {
        fprintf(file, "<tr><td>%d&nbsp;", a + 1);
        write_label(file, v, a);
        fputs("</td>", file);
        for (int b = 0; b < methods; b++) write_cell(file, v, metric, a, b);
        fputs("</tr>\n", file);
    }
    fputs("</table></div>\n", file);
}

/* ---- All */

void attr_write_valid_verdicts(FILE *file, const attr_valid *v) {
    const attr_scoring *s = v->scoring;
    if (s->method_count > ATTR_VALID_PAIRED) {
        attr_html(file, "<p>Pairs of more than %d methods are not tested.</p>\n", ATTR_VALID_PAIRED);
        return;
    }
    attr_html(
        file,
        "<h2>Which differences are there?</h2>\n<p>Each two methods on the same targets: paired sign flips of the "
        "mean difference; <i>p</i> after Holm&#8217;s correction for asking about all pairs by a metric, "
        "a difference where it is below %g (<a href=\"differences.csv\">differences.csv</a>). &#9650;: the method "
        "of the line is better than that of the column, &#9660;: worse, &middot;: no difference can be told. "
        "Several targets of one picture count as independent.</p>\n<div class=\"cards\">\n",
        ATTR_VALID_LEVEL);
    for (int k = 0; k < s->metric_count; k++) {
        attr_html(file, "<article><h3>%s ", s->metrics[k]->name);
        fprintf(file, "%s</h3>\n", attr_valid_arrow(s->metrics[k]));
        if (s->method_count > 1) write_pairs(file, v, k);
        write_random(file, v, k);
        if (s->method_count > 2) write_matrix(file, v, k);
        fputs("</article>\n", file);
    }
    fputs("</div>\n", file);
}
