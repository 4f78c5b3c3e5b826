/* index.html: the page around the maps. It needs nothing but itself: pictures are inside, there is no script. */
#include "reports/page.h"

#include "methods/method.h"
#include "reports/text.h"

attr_status attr_page_begin(FILE *file, const attr_explanation *e) {
    char label[ATTR_METHOD_LABEL];
    attr_page_head(file, e, attr_method_label(label, &e->options));
    ATTR_TRY(attr_page_predictions(file, e));
    if (e->count > 0) fputs("<h2>What it depends on</h2>\n<div class=\"maps\">\n", file);
    return ATTR_OK;
}

/* The record in full: the page alone is enough to repeat the run. */
static attr_status write_record(FILE *file, const void *e, const char *path) {
    return attr_write_record(file, e, path);
}

attr_status attr_page_end(FILE *file, const attr_explanation *e, const char *record_path) {
    if (e->count > 0) fputs("</div>\n", file);
    fputs("<h2 id=\"method\">How it was computed</h2>\n<dl>\n", file);
    attr_page_method(file, e);
    attr_page_circumstances(file, e);
    attr_html(file, "<dt>Time</dt><dd>%.3g s</dd>\n</dl>\n", e->seconds);
    ATTR_TRY(attr_page_record(file, "run.cfg", write_record, e, record_path));
    attr_page_foot(file);
    return ATTR_OK;
}
