/* Option `target` read: which number of what, minus which other one.
 *
 *   target   = term [ "-" term ]
 *   term     = quantity [ "(" place ")" | "(" class ")" | "(" place "," class ")" ]
 *   quantity = auto | logit | probability | ... | score | x | y | w | h     the words of ATTR_TARGET_WORDS
 *   place    = detection [N] | suppressed [N] | missed [N] | truth [N]      a detector's; N from 1, none: each of them
 *            | cell LAYER/ANCHOR/ROW/COLUMN                                 a detector's
 *            | suppressor                                                   second term: what suppresses the first's
 * place class    = name | "name" | number | runner_up | truth                  truth: a classifier's, from the
 * picture's path
 *
 * Blanks between the parts mean nothing; those in a class's name do. A name may have brackets in pairs; in double
 * quotes it may be anything, so that "truth" is a class called truth. `-` and `_` are the same in words, not in names.
 *
 * What is not said: the place of a first term is each thing that the other options choose, that of a second term the
 * first's; the class is that of the place (of what is detected or labelled there), of a second term without a place the
 * first's. */
#ifndef ATTR_OPTIONS_TARGET_TEXT_H
#define ATTR_OPTIONS_TARGET_TEXT_H

#include "options/options.h"

/* clang-format off */
#define ATTR_TARGET_WORDS(X) \
    X(TARGET_AUTO, "auto", "logit for a classifier, score for a detector") \
    X(TARGET_LOGIT, "logit", "of the class, before softmax or logistic") \
    X(TARGET_PROBABILITY, "probability", "of the class") \
    X(TARGET_LOG_PROBABILITY, "log_probability", "its logarithm") \
    X(TARGET_OBJECTNESS, "objectness", "detector: that there is an object") \
    X(TARGET_OBJECTNESS_LOGIT, "objectness_logit", "detector: the same before the logistic") \
    X(TARGET_SCORE, "score", "detector: objectness x probability of the class") \
    X(TARGET_X, "x", "detector: the centre of the box, relative to the network's input") \
    X(TARGET_Y, "y", "detector: likewise, downwards") \
    X(TARGET_W, "w", "detector: the box's width, likewise") \
    X(TARGET_H, "h", "detector: its height")
/* clang-format on */

#define ATTR_TARGET_ENUMERATOR(name, word, help) ATTR_##name,
typedef enum { ATTR_TARGET_WORDS(ATTR_TARGET_ENUMERATOR) } attr_target_word;
#undef ATTR_TARGET_ENUMERATOR

/* The name of a quantity as in target=. */
const char *attr_quantity_name(attr_target_word quantity);

typedef enum {
    ATTR_PLACE_UNSAID,
    ATTR_PLACE_DETECTION,
    ATTR_PLACE_SUPPRESSED, /* a candidate that the threshold or a better one suppresses, best first */
    ATTR_PLACE_MISSED,     /* a labelled object that no detection took, in the order of the labels */
    ATTR_PLACE_TRUTH,      /* a labelled object */
    ATTR_PLACE_CELL,
    ATTR_PLACE_SUPPRESSOR
} attr_place_word;

typedef enum { ATTR_CLASS_UNSAID, ATTR_CLASS_NAMED, ATTR_CLASS_RUNNER_UP, ATTR_CLASS_TRUTH } attr_class_word;

typedef struct {
    attr_target_word quantity;
    attr_place_word place;
    int number;  /* of the place, from 1; 0: none is said */
    int cell[4]; /* layer, anchor, row, column */
    attr_class_word class_word;
    char class_name[256];                /* ATTR_CLASS_NAMED; its number if that is what was given */
    bool is_quoted;                      /* it is a name, never a number */
    int quantity_at, place_at, class_at; /* where they stand in the text, from 0; for messages */
} attr_target_term;

typedef struct {
    attr_target_term term[2];
    int count;
} attr_target_text;

/* ATTR_BAD_INPUT with the place of the first thing that is wrong. */
attr_status attr_read_target(attr_target_text *out, const char *text);

/* "target=logit(dgo), character 7: " and the message. `at` is counted from 0, the message's number from 1. */
__attribute__((format(printf, 3, 4))) attr_status attr_target_fail(const char *text, int at, const char *format, ...);

/* The word of a place: "detection". */
const char *attr_place_name(attr_place_word place);

/* The grammar with examples, for `help target`. */
void attr_target_help(FILE *out);

#endif
