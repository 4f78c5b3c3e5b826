/* The text files that tell something about classes: names, a tree, a map. Looked for with attr_find_file().
 *
 *   names   one name a line, line number = class; what stands behind the last class is not read
 *   tree    "name parent" a line, line number = class; the parent is the number of an earlier line, -1 for a root;
 *           the children of a parent stand together (each such group has a softmax of its own)
 *   map     one class a line */
#ifndef ATTR_MODEL_CLASS_FILES_H
#define ATTR_MODEL_CLASS_FILES_H

#include "base/status.h"

/* Reads all names of a file, which must be at least `expected`. *names is released with attr_names_free().
 * ATTR_BAD_INPUT if it cannot be read, has too few names, or one of them is empty. */
attr_status attr_names_read(char ***names, int *count, const char *path, int expected);
void attr_names_free(char **names);

/* Checks the file that a cfg names in line `line` as tree=path: well-formed, as above, with `classes` lines. */
attr_status attr_tree_check(const char *path, const char *cfg_path, int line, int classes);

/* Checks the file that a cfg names in line `line` as map=path: numbers 0 .. classes - 1. */
attr_status attr_map_check(const char *path, const char *cfg_path, int line, int classes);

#endif
