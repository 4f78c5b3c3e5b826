/* Names of folders and files that are made of names of pictures, classes and methods. */
#ifndef ATTR_SESSION_NAMES_H
#define ATTR_SESSION_NAMES_H

#include "session/explanation.h"

/* A class's or method's name as part of a file's name: what it should not have becomes "_". */
enum { ATTR_NAME_PART = 128 };
void attr_name_part(char out[ATTR_NAME_PART], const char *name);

/* The picture's name without folders and extension; what a file's name should not have becomes "_". */
attr_status attr_name_picture(char **out, const char *path);

/* Sets item->name: "<class>[_<number>][_<place>][-<other>]_<method>[_<base>][_layer<layer>]".
 *
 * Detections are numbered within their class, classes of one name from the second on, among the items before this one,
 * of which each target has so many. Other places bear a number of their own: `part` is "missed2" or "missed2-cat", and
 * for a place that is counted "" or "-cat". A base is named if it is not the method's usual one, a layer if option
 * `layers` does. */
attr_status attr_name_item(attr_explained *item, const attr_explanation *ex, const char *part, const attr_map *map,
                           size_t each);

/* Such a name of parts: `number` is left out where it is 0, `last` stands behind them all. */
attr_status attr_name_target(char **out, const char *class_name, int number, const char *part, const char *last);

#endif
