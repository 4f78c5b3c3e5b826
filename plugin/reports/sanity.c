#include "reports/sanity.h"

#include <stdlib.h>

#include "reports/files.h"

static attr_status write_record(const attr_sanity_report *r, const char *folder) {
    attr_output output;
    char *path = NULL;
    ATTR_TRY(attr_join_path(&path, folder, "run.cfg", ""));
    attr_status status = attr_write_begin(&output, path);
    if (status == ATTR_OK) status = attr_end_file(&output, attr_write_sanity_record(output.file, r, path));
    free(path);
    return status;
}

static attr_status write_table(const attr_sanity_report *r, const char *folder) {
    attr_output output;
    ATTR_TRY(attr_begin_file(&output, folder, "sanity.csv"));
    attr_write_sanity_table(output.file, r);
    return attr_write_commit(&output);
}

static attr_status write_summary(const attr_sanity_report *r, const char *folder) {
    attr_output output;
    ATTR_TRY(attr_begin_file(&output, folder, "sanity.json"));
    attr_write_sanity_summary(output.file, r);
    return attr_write_commit(&output);
}

static attr_status write_page(const attr_sanity_report *r, const char *folder) {
    attr_output output;
    ATTR_TRY(attr_begin_file(&output, folder, "index.html"));
    return attr_end_file(&output, attr_write_sanity_page(output.file, r));
}

attr_status attr_write_sanity(const attr_sanity_report *r, const char *folder) {
    ATTR_TRY(attr_make_folders(folder));
    if (attr_has_record(folder, "run.cfg")) { /* of an earlier run */
        ATTR_TRY(attr_remove_file(folder, "index.html", ""));
        ATTR_TRY(attr_remove_file(folder, "sanity.json", ""));
    }
    ATTR_TRY(write_record(r, folder));
    ATTR_TRY(write_table(r, folder));
    if (attr_asked_for(r->options, ATTR_OUTPUT_JSON)) ATTR_TRY(write_summary(r, folder));
    return attr_asked_for(r->options, ATTR_OUTPUT_HTML) ? write_page(r, folder) : ATTR_OK;
}
