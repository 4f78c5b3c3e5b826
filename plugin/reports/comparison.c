/* Several methods side by side: their maps are written one method after the other, the page at the end. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "reports/files.h"

static const char *const page_name = "compare.html", *const summary_name = "compare.json",
                         *const record_name = "compare.cfg";

static attr_status write_record(const attr_comparison *c, const char *folder) {
    attr_output output;
    char *path = NULL;
    ATTR_TRY(attr_join_path(&path, folder, record_name, ""));
    attr_status status = attr_write_begin(&output, path);
    if (status == ATTR_OK) status = attr_end_file(&output, attr_write_comparison_record(output.file, c, path));
    free(path);
    return status;
}

/* A page of old maps must not stand beside new ones if this run ends early. Foreign files stay. */
static attr_status begin_folder(const attr_comparison *c, const char *folder) {
    ATTR_TRY(attr_make_folders(folder));
    if (attr_has_record(folder, record_name)) {
        ATTR_TRY(attr_remove_file(folder, page_name, ""));
        ATTR_TRY(attr_remove_file(folder, summary_name, ""));
    }
    return write_record(c, folder);
}

/* ---- One method */

static bool has_page(const attr_comparison *c) {
    return attr_asked_for(c->options, ATTR_OUTPUT_HTML);
}

/* Draws what can be drawn, and lets go of the plane. The pixels of the picture are those of the first part. */
static attr_status draw(const attr_comparison *c, attr_compared *part, int i, const char *folder) {
    attr_explained *item = &part->e->explained[i];
    attr_drawing *drawing = &part->drawings[i];
    float *own = part->e->picture.data;
    part->e->picture.data = c->parts[0].e->picture.data;
    attr_status status =
        attr_write_drawing(drawing, part->e, item, &part->figures[i], folder, has_page(c) ? ATTR_COMPARE_SIDE : 0);
    part->e->picture.data = own;
    if (!has_page(c)) {
        free(drawing->png);
        drawing->png = NULL;
    }
    free(item->plane);
    item->plane = NULL;
    return status;
}

static void forget_numbers(attr_explained *item) {
    free(item->map);
    free(item->error);
    item->map = item->error = NULL;
    item->result.map = NULL;
}

static attr_status write_part(const attr_comparison *c, attr_compared *part, const char *folder) {
    attr_explanation *e = part->e;
    if (part != c->parts) { /* all have the same picture */
        free(e->picture.data);
        e->picture.data = NULL;
    }
    for (int i = 0; i < e->count; i++) {
        attr_explained *item = &e->explained[i];
        ATTR_TRY(attr_map_measure(&part->figures[i], e, item));
        ATTR_TRY(attr_write_numbers(e, item, folder));
        forget_numbers(item);
        if (!c->options->shared_scale) ATTR_TRY(draw(c, part, i, folder));
    }
    return ATTR_OK;
}

static attr_status begin_part(const attr_comparison *c, attr_compared *part, const char *folder) {
    size_t count = (size_t)part->e->count;
    if (part->e->count != c->parts[0].e->count)
        return attr_fail(ATTR_NUMERIC, "%s: the methods found different numbers of targets (%d and %d)",
                         part->e->picture_path, c->parts[0].e->count, part->e->count);
    ATTR_TRY(attr_allocate(&part->figures, count, sizeof *part->figures, "figures"));
    ATTR_TRY(attr_allocate(&part->drawings, count, sizeof *part->drawings, "drawings"));
    bool ours = attr_has_record(folder, record_name) || attr_has_record(folder, "run.cfg");
    if (part == c->parts) ATTR_TRY(begin_folder(c, folder));
    return ours ? attr_remove_maps(folder, part->e) : ATTR_OK;
}

attr_status attr_comparison_add(attr_comparison *c, attr_explanation *e) {
    char *folder = NULL;
    attr_compared *part = &c->parts[c->count++];
    *part = (attr_compared){.e = e};
    ATTR_TRY(attr_folder_of(&folder, e, c->options->results));
    attr_status status = begin_part(c, part, folder);
    if (status == ATTR_OK) status = write_part(c, part, folder);
    free(folder);
    return status;
}

/* ---- All */

/* One scale for target i of all methods, as far as it has maps that can be drawn. */
static void share_scale(attr_comparison *c, int i) {
    attr_scale scale = {0};
    for (int k = 0; k < c->count; k++)
        if (c->parts[k].figures[i].state == ATTR_MAP_DRAWN) attr_scale_widen(&scale, &c->parts[k].figures[i].scale);
    for (int k = 0; k < c->count; k++) {
        attr_map_figures *figures = &c->parts[k].figures[i];
        if (figures->state != ATTR_MAP_DRAWN) continue;
        figures->scale = scale;
        figures->shares_scale = true;
    }
}

static attr_status draw_with_one_scale(attr_comparison *c, const char *folder) {
    for (int i = 0; i < c->parts[0].e->count; i++) share_scale(c, i);
    for (int k = 0; k < c->count; k++)
        for (int i = 0; i < c->parts[k].e->count; i++) ATTR_TRY(draw(c, &c->parts[k], i, folder));
    return ATTR_OK;
}

static attr_status write_summary(const attr_comparison *c, const char *folder) {
    attr_output output;
    ATTR_TRY(attr_begin_file(&output, folder, summary_name));
    attr_write_comparison_summary(output.file, c);
    return attr_write_commit(&output);
}

static attr_status write_page(const attr_comparison *c, const char *folder) {
    attr_output output;
    char *record = NULL;
    ATTR_TRY(attr_join_path(&record, folder, record_name, ""));
    attr_status status = attr_begin_file(&output, folder, page_name);
    if (status == ATTR_OK) status = attr_end_file(&output, attr_write_comparison_page(output.file, c, record));
    free(record);
    return status;
}

static attr_status report_useless(const attr_comparison *c, const char *folder) {
    for (int k = 0; k < c->count; k++)
        for (int i = 0; i < c->parts[k].e->count; i++)
            if (c->parts[k].figures[i].state == ATTR_MAP_NOT_FINITE) return attr_end_run(c->parts[k].e, i, folder);
    return ATTR_OK;
}

attr_status attr_comparison_finish(attr_comparison *c) {
    char *folder = NULL;
    ATTR_TRY(attr_folder_of(&folder, c->parts[0].e, c->options->results));
    attr_status status = c->options->shared_scale ? draw_with_one_scale(c, folder) : ATTR_OK;
    if (status == ATTR_OK && attr_asked_for(c->options, ATTR_OUTPUT_JSON)) status = write_summary(c, folder);
    if (status == ATTR_OK && has_page(c)) status = write_page(c, folder);
    if (status == ATTR_OK) status = report_useless(c, folder);
    free(folder);
    return status;
}

void attr_comparison_free(attr_comparison *c) {
    for (int k = 0; k < c->count; k++) {
        attr_compared *part = &c->parts[k];
        for (int i = 0; part->drawings && i < part->e->count; i++) free(part->drawings[i].png);
        free(part->drawings);
        free(part->figures);
        attr_explanation_free(part->e);
    }
    *c = (attr_comparison){.options = c->options};
}
