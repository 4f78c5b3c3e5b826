/* What is really in a picture, as far as Darknet can tell: the labels of the pictures that a .data file's valid= lists.
 *
 *   classifier   the class is the first one whose label (a line of the file labels=) is a part of the picture's path,
 * as `darknet classifier valid` has it. The whole path counts, folders as well: a label "cat" is found in
 *                "/home/cathy/dog.jpg". A label that is a part of another one should stand behind it.
 *   detector     a text file beside the pictures has a line for each object: class, centre x, centre y, width, height,
 *                all four relative to the picture. A picture without objects has an empty file. */
#ifndef ATTR_MODEL_GROUND_TRUTH_H
#define ATTR_MODEL_GROUND_TRUTH_H

#include <stdbool.h>

#include "base/status.h"

/* An object: its class, centre and size relative to the picture. */
typedef struct {
    int class_index;
    float x, y, w, h;
} attr_true_box;

/* The class whose label the path contains; -1 if there is none. labels[count]. */
int attr_label_of_path(const char *path, char *const *labels, int count);

/* The name of a picture's label file by the rule of Darknet's detector: in its path the first "images" becomes
 * "labels", then the first "JPEGImages", then the first "raw"; then the first ".jpg", ".png", ".JPG" and ".JPEG" become
 * ".txt". Released with free(). */
attr_status attr_label_file(char **out, const char *picture);

/* Reads the label file of a picture, which is looked for with attr_find_file(). *found says whether there is one; if
 * not, there are no boxes and that is no failure. *boxes is released with free(), NULL when there are none.
 * Boxes that are narrower or lower than .001 are left out, as they are when Darknet trains. ATTR_BAD_INPUT, naming file
 * and line, for the first line that is no object (five numbers, the first a whole one, with blanks between), a class
 * that is not below `classes`, a number that is not finite, a negative size. */
attr_status attr_true_boxes_read(attr_true_box **boxes, int *count, bool *found, const char *picture, int classes);

enum { ATTR_PROBLEM_SIZE = 200 };

/* Something that is wrong with the labels of a picture. */
typedef struct {
    char *file;                      /* the label file, by the name under which it was found or looked for */
    int line;                        /* from 1; 0: the file as a whole is missing or cannot be read */
    char message[ATTR_PROBLEM_SIZE]; /* one line, without file and line; bytes of the file in it are printable ASCII */
} attr_label_problem;

/* A growing list, empty when zeroed. */
typedef struct {
    attr_label_problem *items;
    int count, room;
} attr_label_problems;

/* As attr_true_boxes_read(), but nothing that is wrong with the labels is a failure and nothing is left out silently:
 * lines that are right are taken, each of the others is added to `problems`. These are, besides what is ATTR_BAD_INPUT
 * above, boxes narrower or lower than .001 and boxes whose centre is outside of the picture (x or y below 0 or above
 * 1). A file that is missing or cannot be read is a problem, too; *found says as above whether there is one.
 * ATTR_NO_MEMORY is the only failure. */
attr_status attr_true_boxes_collect(attr_true_box **boxes, int *count, bool *found, attr_label_problems *problems,
                                    const char *picture, int classes);

/* Adds one; line 0: that of the whole file. */
attr_status attr_label_problem_add(attr_label_problems *problems, const char *file, int line, const char *message);

/* Releases the list's content and empties it. */
void attr_label_problems_free(attr_label_problems *problems);

#endif
