/* index.html: what RelEx tells of a mask. */
#include <math.h>

#include "reports/reports.h"
#include "reports/text.h"

enum { curve_width = 400, curve_height = 90, margin = 2 };

static double total(const attr_objective *o) {
    return o->foreground + o->background + o->sparsity;
}

typedef struct {
    double low, high;
} range;

static range range_of(const attr_mask_report *mask) {
    range r = {INFINITY, -INFINITY};
    for (size_t i = 0; i < mask->iterations; i++) {
        double terms[] = {total(&mask->objective[i]), mask->objective[i].foreground};
        for (int k = 0; k < 2; k++) {
            r.low = fmin(r.low, terms[k]);
            r.high = fmax(r.high, terms[k]);
        }
    }
    return r;
}

static void write_line(FILE *file, const attr_mask_report *mask, range r, int only_foreground) {
    double height = r.high > r.low ? r.high - r.low : 1;
    size_t steps = mask->iterations > 1 ? mask->iterations - 1 : 1;
    fprintf(file, "<polyline fill=\"none\" stroke=\"currentColor\"%s points=\"",
            only_foreground ? " stroke-dasharray=\"4 3\"" : " stroke-width=\"2\"");
    for (size_t i = 0; i < mask->iterations; i++) {
        double y = only_foreground ? mask->objective[i].foreground : total(&mask->objective[i]);
        fprintf(file, "%s%.1f,%.1f", i ? " " : "", margin + (curve_width - 2. * margin) * (double)i / (double)steps,
                margin + (curve_height - 2. * margin) * (r.high - y) / height);
    }
    fputs("\"/>", file);
}

static void write_curve(FILE *file, const attr_mask_report *mask) {
    range r = range_of(mask);
    const attr_objective *first = &mask->objective[0], *last = &mask->objective[mask->iterations - 1];
    if (!isfinite(r.low) || !isfinite(r.high)) return;
    fprintf(
        file,
        "<li>Objective, before each of %zu steps: <svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
        "style=\"display:block;max-width:100%%\" aria-label=\"The objective by step.\">",
        mask->iterations, curve_width, curve_height, curve_width, curve_height);
    write_line(file, mask, r, 0);
    write_line(file, mask, r, 1);
    attr_html(file, "</svg>from %g to %g; dashed, what is kept: from %g to %g</li>\n", total(first), total(last),
              first->foreground, last->foreground);
}

void attr_page_mask(FILE *file, const attr_explained *item) {
    const attr_mask_report *mask = item->figures.mask;
    const attr_retrieval *own = &mask->own, *control = &mask->control;
    attr_html(file, "<li>The mask keeps %f of the picture. Probability of %s: %f in the picture, %f in what is kept, ",
              own->area, item->class_name, own->original, own->kept);
    attr_html(file, "%f in the rest</li>\n", own->rest);
    if (own->retrieved)
        fputs("<li>The network predicts the class for what is kept (retrieved)</li>\n", file);
    else
        fputs("<li class=\"warn\">The network does not predict the class for what is kept (not retrieved)</li>\n",
              file);
    if (mask->has_control)
        attr_html(file, "<li>Control: a mask for another class, %s, brings it from %f to %f%s: %s</li>\n",
                  item->control_name, control->original, control->kept, control->retrieved ? " (retrieved)" : "",
                  control->retrieved ? "a mask can force a class that is not there"
                                     : "a mask does not force just any class here");
    else
        fputs("<li>A mask can force classes that are not there: control=1 tells how far</li>\n", file);
    write_curve(file, mask);
}
