/* The outlines of labelled objects: text files beside the label files, a line an object: a number (its class, by
 * whatever list; not looked at) and the corners of a polygon, x y x y ..., relative to the picture, with blanks
 * between. As of COCO's segmentations. */
#ifndef ATTR_SESSION_OUTLINES_H
#define ATTR_SESSION_OUTLINES_H

#include <stddef.h>

#include "metrics/polygon_mask.h"
#include "model/ground_truth.h"

/* An outline is that of an object whose box has at least so much in common (IoU) with the outline's own. */
#define ATTR_OUTLINE_OVERLAP .5

/* "<folder>/<the picture's name without folders and extension><extension>", released with free(). */
attr_status attr_file_of_picture(char **out, const char *folder, const char *picture, const char *extension);

/* The outline in <folder>/<picture>.txt whose box is most like that of the object, relative to the picture; *corners is
 * released with free(), NULL when there is no such file or no such outline. ATTR_BAD_INPUT, naming file and line, for
 * one that is broken: fewer than three corners, half a corner, a number that is not finite. */
attr_status attr_outline_find(attr_corner **corners, size_t *count, const char *folder, const char *picture,
                              const attr_true_box *object);

#endif
