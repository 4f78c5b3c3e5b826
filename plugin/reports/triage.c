#include "reports/triage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "methods/method.h"
#include "reports/files.h"
#include "reports/resume.h"

static const char *const table_name = "cases.csv";

attr_triage_map *attr_triage_map_of(const attr_triage *t, int one_case, int method) {
    return &t->maps[(size_t)one_case * (size_t)t->method_count + (size_t)method];
}

void attr_triage_label(char *out, size_t size, const attr_triage *t, int method) {
    const attr_method_choice *by = &t->methods[method];
    snprintf(out, size, "%s%s%s", attr_method_name((attr_method)by->method), by->base >= 0 ? ":" : "",
             by->base >= 0 ? attr_method_name((attr_method)by->base) : "");
}

/* ---- The folder */

static attr_status write_record(FILE *file, const void *t, const char *path) {
    return attr_write_triage_record(file, t, path);
}

static attr_status write_names(FILE *file, const void *unused) {
    (void)unused;
    attr_write_triage_names(file);
    return ATTR_OK;
}

/* What was read back; a line that was not finished is gone. */
static attr_status write_lines(FILE *file, const void *context) {
    const attr_triage *t = context;
    attr_write_triage_names(file);
    for (int i = 0; i < t->survey->case_count; i++)
        for (int k = 0; k < t->method_count; k++)
            if (attr_triage_map_of(t, i, k)->is_done) attr_write_triage_line(file, t, i, k);
    return ATTR_OK;
}

static attr_status write_candidates(FILE *file, const void *context) {
    attr_write_triage_candidates(file, ((const attr_triage *)context)->survey);
    return ATTR_OK;
}

static attr_status take_up(attr_triage *t) {
    char *text = NULL;
    ATTR_TRY(attr_read_table(&text, t->folder, table_name));
    attr_status status = attr_read_triage_table(t, text);
    free(text);
    ATTR_TRY(status);
    return attr_write_run_file(t->folder, table_name, write_lines, t);
}

static attr_status make_folder(const attr_triage *t, const char *name) {
    char *path = NULL;
    ATTR_TRY(attr_join_path(&path, t->folder, name, ""));
    attr_status status = attr_make_folders(path);
    free(path);
    return status;
}

attr_status attr_triage_begin(attr_triage *t) {
    static const char *const old_files[] = {"index.html", "triage.json", NULL};
    size_t all = (size_t)t->survey->case_count * (size_t)t->method_count;
    bool same;
    ATTR_TRY(attr_allocate(&t->maps, all, sizeof *t->maps, "cases"));
    ATTR_TRY(attr_open_run(&t->folder, &same, t->options->results, "triage", write_record, t, old_files));
    ATTR_TRY(make_folder(t, "maps"));
    ATTR_TRY(make_folder(t, "pictures"));
    ATTR_TRY(same ? take_up(t) : attr_write_run_file(t->folder, table_name, write_names, t));
    if (t->survey->session->is_detector)
        ATTR_TRY(attr_write_run_file(t->folder, "candidates.csv", write_candidates, t));
    return attr_append_to_table(&t->table, t->folder, table_name);
}

/* ---- Maps */

static void name_map(char name[ATTR_TRIAGE_NAME], const attr_survey_case *c, const attr_explained *item) {
    snprintf(name, ATTR_TRIAGE_NAME, "%04d_%02d_%.150s", c->picture, c->number, item->name);
}

/* Edges in network pixels of a box relative to the picture. */
static attr_share_box in_network(const attr_letterbox *l, float x, float y, float w, float h) {
    return (attr_share_box){
        l->x0 + ((double)x - (double)w / 2) * l->new_w, l->y0 + ((double)y - (double)h / 2) * l->new_h,
        l->x0 + ((double)x + (double)w / 2) * l->new_w, l->y0 + ((double)y + (double)h / 2) * l->new_h};
}

/* The box whose inside counts: what is labelled, of an object that was not found, else what is detected. */
static attr_share_box own_box(const attr_letterbox *l, const attr_survey_case *c) {
    const attr_detection *d = &c->aim.detection;
    const attr_true_box *o = &c->aim.object;
    return attr_case_is_false_negative((attr_case_kind)c->kind) ? in_network(l, o->x, o->y, o->w, o->h)
                                                                : in_network(l, d->x, d->y, d->w, d->h);
}

/* On the labelled objects but the case's own. */
static attr_status measure_context(attr_triage_map *m, const attr_survey_picture *p, const attr_survey_case *c,
                                   const attr_explanation *e, const double *plane, const attr_fitted_region *fitted) {
    int *classes = NULL, count = 0;
    attr_share_box *boxes = NULL, own = own_box(&e->letterbox, c);
    attr_status status = attr_allocate(&classes, (size_t)p->object_count, sizeof *classes, "labels");
    if (status == ATTR_OK) status = attr_allocate(&boxes, (size_t)p->object_count, sizeof *boxes, "labels");
    for (int i = 0; status == ATTR_OK && i < p->object_count; i++) {
        const attr_true_box *o = &p->objects[i];
        if (c->aim.has_object && 0 == memcmp(o, &c->aim.object, sizeof *o)) continue;
        classes[count] = o->class_index;
        boxes[count++] = in_network(&e->letterbox, o->x, o->y, o->w, o->h);
    }
    if (status == ATTR_OK)
        status = attr_context_shares(&m->context, &m->context_count, plane, e->net_w, e->net_h, fitted, &own, classes,
                                     boxes, count);
    free(classes);
    free(boxes);
    return status;
}

static attr_status measure_shares(attr_triage_map *m, const attr_triage *t, const attr_survey_case *c,
                                  const attr_explanation *e, const attr_explained *item) {
    const attr_letterbox *l = &e->letterbox;
    const attr_fitted_region fitted = {l->x0, l->y0, l->new_w, l->new_h};
    bool has_box = t->survey->session->is_detector;
    attr_share_box box = has_box ? own_box(l, c) : (attr_share_box){0};
    attr_shares_of_map(&m->shares, item->net_plane, e->net_w, e->net_h, &fitted, &box, ATTR_RING_FACTOR);
    attr_shares_of_area(&m->uniform, e->net_w, e->net_h, &fitted, &box, ATTR_RING_FACTOR);
    if (!has_box) return ATTR_OK;
    return measure_context(m, &t->survey->pictures[c->picture], c, e, item->net_plane, &fitted);
}

/* The names of the files are those of the case. */
static attr_status write_files(attr_triage *t, attr_triage_map *m, const attr_explanation *e, attr_explained *item) {
    attr_map_figures figures;
    attr_drawing drawing = {0};
    char *folder = NULL;
    ATTR_TRY(attr_map_measure(&figures, e, item));
    ATTR_TRY(attr_join_path(&folder, t->folder, "maps", ""));
    char *own = item->name;
    item->result.name = item->name = m->name;
    attr_status status = attr_write_numbers(e, item, folder);
    if (status == ATTR_OK) status = attr_write_drawing(&drawing, e, item, &figures, folder, 0);
    if (status == ATTR_OK) status = attr_write_triage_layer(m, e, item, &figures, folder);
    item->result.name = item->name = own;
    free(drawing.png);
    free(folder);
    return status;
}

static attr_status add_map(attr_triage *t, int method, int one_case, const attr_explanation *e, attr_explained *item) {
    const attr_survey_case *c = &t->survey->cases[one_case];
    attr_triage_map *m = attr_triage_map_of(t, one_case, method);
    name_map(m->name, c, item);
    snprintf(m->target, sizeof m->target, "%s", item->target);
    m->value = item->result.target;
    m->relative_error = item->result.relative_error;
    m->gradients = (int64_t)item->result.gradients;
    ATTR_TRY(measure_shares(m, t, c, e, item));
    ATTR_TRY(write_files(t, m, e, item));
    m->is_done = true;
    attr_write_triage_line(t->table, t, one_case, method);
    if (fflush(t->table) != 0) return attr_fail(ATTR_IO, "%s/%s: writing failed", t->folder, table_name);
    return ATTR_OK;
}

attr_status attr_triage_add(attr_triage *t, int method, const int *cases, const attr_explanation *e) {
    ATTR_TRY(attr_write_triage_picture(t, t->survey->cases[cases[0]].picture, &e->picture));
    for (int i = 0; i < e->count; i++) ATTR_TRY(add_map(t, method, cases[i], e, &e->explained[i]));
    return ATTR_OK;
}

/* ---- The end */

static attr_status write_summary(FILE *file, const void *t) {
    return attr_write_triage_summary(file, t);
}

static attr_status write_page(FILE *file, const void *t) {
    return attr_write_triage_page(file, t);
}

attr_status attr_triage_finish(attr_triage *t) {
    if (attr_asked_for(t->options, ATTR_OUTPUT_JSON))
        ATTR_TRY(attr_write_run_file(t->folder, "triage.json", write_summary, t));
    if (!attr_asked_for(t->options, ATTR_OUTPUT_HTML)) return ATTR_OK;
    return attr_write_run_file(t->folder, "index.html", write_page, t);
}

void attr_triage_free(attr_triage *t) {
    size_t all = t->maps ? (size_t)t->survey->case_count * (size_t)t->method_count : 0;
    for (size_t i = 0; i < all; i++) free(t->maps[i].context);
    free(t->maps);
    free(t->folder);
    if (t->table) fclose(t->table);
    *t = (attr_triage){.survey = t->survey, .options = t->options};
}
