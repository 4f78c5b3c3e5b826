/* Runs over lists that go on where they were interrupted: a folder whose run.cfg is the one that this run would write
 * has its results. Private to this room. */
#ifndef ATTR_REPORTS_RESUME_H
#define ATTR_REPORTS_RESUME_H

#include "reports/files.h"

/* Writes a record: `path` is the name that it will have. */
typedef attr_status (*attr_record_writer)(FILE *file, const void *run, const char *path);

/* Makes <results>/<name>, *folder, which the caller frees. *same: its run.cfg is that of this run. If not, old_files[]
 * (names; NULL behind the last) of another run go, and run.cfg is written. Foreign files stay. */
attr_status attr_open_run(char **folder, bool *same, const char *results, const char *name, attr_record_writer write,
                          const void *run, const char *const *old_files);

/* The text of a table in that folder, to be freed; "" if there is none. */
attr_status attr_read_table(char **text, const char *folder, const char *name);
/* Opens it for more lines. */
attr_status attr_append_to_table(FILE **file, const char *folder, const char *name);

/* Calls `write` for a whole file in that folder. */
typedef attr_status (*attr_file_writer)(FILE *file, const void *run);
attr_status attr_write_run_file(const char *folder, const char *name, attr_file_writer write, const void *run);

#endif
