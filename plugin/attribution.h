/* Attribution for Darknet: which pixels made this score?
 *
 * The library loads a classifier or YOLO detector of Darknet (cfg and weights), explains its predictions on a picture
 * by exact gradients, and returns maps in the picture's coordinates. `darknet attribute ...` is a thin program around
 * it. Link with -lattribution (it holds the Darknet that it drives). A complete program:
 *
 *   #include <attribution.h>
 *   #include <stdio.h>
 *
 *   static int failed(void) {
 *       fprintf(stderr, "%s\n", attr_error_message());
 *       return 1;
 *   }
 *
 *   int main(int argc, char **argv) {
 *       if (argc != 5) return 2;
 *       attr_session *session;
 *       attr_explanation *explanation;
 *       if (attr_open(&session, argv[1], argv[2], argv[3]) != ATTR_OK) return failed();
 *       if (attr_set(session, "method", "integrated_gradients") != ATTR_OK) return failed();
 *       if (attr_explain(&explanation, session, argv[4]) != ATTR_OK) return failed();
 *       for (int i = 0; i < attr_result_count(explanation); ++i) {
 *           const attr_result *result = attr_result_at(explanation, i);
 *           printf("%s %.4f: map %d x %d, sums to %.4f\n", result->class_name, result->score, result->width,
 *                  result->height, result->sum);
 *       }
 *       if (attr_write(explanation, "results") != ATTR_OK) return failed();
 *       attr_explanation_free(explanation);
 *       attr_close(session);
 *       return 0;
 *   }
 *
 * Rules: functions return ATTR_OK or a failure, whose one-line message attr_error_message() gives; they never print,
 * exit or abort. Results go out through the first arguments. What a function hands out through a `**` belongs to the
 * caller, who releases it with the function named there. A session is used by one thread at a time; it computes with as
 * many threads as its option `threads` says. An explanation does not need its session any more: another thread may
 * write it while the session explains the next picture. The library never changes Darknet's weights. While Darknet's
 * own parser runs (attr_open), the process's stderr is turned away for a moment, since that parser prints. */
#ifndef ATTRIBUTION_H
#define ATTRIBUTION_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ATTR_VERSION "0.1.0"
#define ATTR_API     __attribute__((visibility("default")))

/* name, exit code of the program, meaning */
#define ATTR_STATUS_LIST(X)                                                                                            \
    X(OK, 0, "success")                                                                                                \
    X(BAD_INPUT, 2, "bad usage or bad input")                                                                          \
    X(UNSUPPORTED, 2, "refused: cannot be done exactly")                                                               \
    X(NO_MEMORY, 1, "out of memory")                                                                                   \
    X(IO, 1, "reading or writing failed")                                                                              \
    X(NUMERIC, 1, "a number is not finite or out of tolerance")                                                        \
    X(INTERRUPTED, 1, "interrupted")

typedef enum {
#define ATTR_STATUS_ENUM(name, code, text) ATTR_##name,
    ATTR_STATUS_LIST(ATTR_STATUS_ENUM)
#undef ATTR_STATUS_ENUM
} attr_status;

/* The message of this thread's last failure; "" if there was none. Valid until the next failure. */
ATTR_API const char *attr_error_message(void);

/* A model and the options to explain it with. */
typedef struct attr_session attr_session;

/* The maps of one picture. */
typedef struct attr_explanation attr_explanation;

/* One map and what it explains. Pointers stay valid until attr_explanation_free. */
typedef struct {
    const char *name;       /* of the map's files: class, number and method, e.g. "dog_1_smoothgrad" */
    const char *class_name; /* from the names list, or the class's number */
    int class_index;
    double score;  /* what Darknet prints: the class's probability, or objectness x probability of a detection */
    double target; /* value of the number explained (option `target`) */
    double box[4]; /* detections: centre x, y, width, height, relative to the picture; zeros for classes */

    int width, height, channels; /* of the map: the picture's size (or the network's, option `coordinates`) */
    const float *map; /* [channels][height][width]; channels is 1 unless option channels=none, and for maps of layers */

    double sum;              /* of the map */
    double padding_share;    /* part of the sum of absolute values that fell on the letterbox bars */
    double relative_error;   /* Monte-Carlo standard error / map, in l2, in the blocks of option pool; NAN for methods
                                without noise */
    double completeness_gap; /* |sum over the network's input - (f(x) - f(x'))|; NAN but for integrated_gradients */
    int converged;           /* 0 when the gap, or with samples=auto or pool=auto the error, is above `tolerance` */
    double split_half;       /* rank correlation of the maps of two halves of the samples; NAN without noise */
    size_t samples;          /* independent ones: noisy inputs, or clones; 1 without noise */
    size_t gradients;        /* that went into the map */
} attr_result;

/* Loads a network. `data` is Darknet's .data file (names or labels, optionally attribution=FILE with options); it may
 * be NULL. Files are looked for as the program does. Release with attr_close(). */
ATTR_API attr_status attr_open(attr_session **out, const char *data, const char *cfg, const char *weights);
ATTR_API void attr_close(attr_session *session);

/* Sets an option, as a key of an [attribution] section does; `darknet attribute help` lists them. */
ATTR_API attr_status attr_set(attr_session *session, const char *option, const char *value);

/* Explains the classes or detections of a picture file that the options ask for. No detection is no failure: the count
 * of results is 0. Release with attr_explanation_free(). */
ATTR_API attr_status attr_explain(attr_explanation **out, attr_session *session, const char *picture);
ATTR_API void attr_explanation_free(attr_explanation *explanation);

ATTR_API int attr_result_count(const attr_explanation *explanation);
ATTR_API const attr_result *attr_result_at(const attr_explanation *explanation, int i);

/* Writes <folder>/<picture's name>/: a .npy and a .png for each map, summary.json and index.html, as far as the option
 * `output` asks for them, and run.cfg. ATTR_NUMERIC when a map is not finite, after all is written. */
ATTR_API attr_status attr_write(const attr_explanation *explanation, const char *folder);

#ifdef __cplusplus
}
#endif

#endif
