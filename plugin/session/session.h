/* A session: a model, its names, and the options in force. The inside of attribution.h. */
#ifndef ATTR_SESSION_SESSION_H
#define ATTR_SESSION_SESSION_H

#include "methods/schedule.h"
#include "model/model.h"
#include "session/explanation.h"

struct attr_session {
    attr_options options;
    attr_model *model;
    attr_engine *engine;       /* made for the first picture, and again when the batch or the choices change */
    attr_conv_choice *choices; /* the engine's */
    char **names;              /* of the classes; NULL: numbers */
    char **labels;             /* see attr_session_labels(); NULL: not read, or none */
    int classes;
    bool is_detector;
    char *data_path, *cfg_path, *weights_path;
    char *valid_path, *labels_path; /* of the .data file; NULL: it has none */
    char cfg_hash[65];
};

/* attr_open() with options that are stronger than those of the files (the flags); `flags` may be NULL. Also reads the
 * file of option `attribution`. */
attr_status attr_session_open(attr_session **out, const char *data, const char *cfg, const char *weights,
                              const attr_options *flags);

/* Takes the options of the files: of the cfg's [attribution] section, of the .data file's `attribution=`, of option
 * `attribution`; then validates. `data` is a file that was read with ATTR_CFG_DATA, or NULL. */
attr_status attr_read_options(attr_options *o, const attr_cfg *cfg, const attr_cfg *data);

/* attr_explain() with progress. */
attr_status attr_explain_picture(attr_explanation **out, attr_session *session, const char *picture,
                                 attr_progress progress, void *context);

/* The same in two steps, so that a picture can be read while another is computed.
 *
 * attr_prepare() needs no network: it reads the picture, letterboxes and hashes it. It may run on another thread beside
 * attr_explain_prepared(); the session's options must not change between both. Release with attr_explanation_free(). */
attr_status attr_prepare(attr_explanation **out, const attr_session *session, const char *picture);
/* The predictions and the maps. After a failure the explanation is only good for attr_explanation_free(). */
attr_status attr_explain_prepared(attr_explanation *explanation, attr_session *session, attr_progress progress,
                                  void *context);

/* The checksum of the parameters in memory. ATTR_NUMERIC when it is not that of what was loaded. */
attr_status attr_check_parameters(uint64_t *checksum, const attr_session *session);

/* The name of a class for people; its number where there are no names. Writes to `buffer` only in that case. */
const char *attr_class_name(const attr_session *session, int class_index, char buffer[16]);

/* The detections of one sample of the engine's last forward, by options hier and nms, relative to the picture that the
 * letterbox was made for, whatever the head; see attr_detect(). */
attr_status attr_session_detect(attr_detection **out, int *count, attr_session *session, int sample,
                                const attr_letterbox *letterbox, float thresh);

/* The same for all candidates, kept or not, above the lower one of options candidates and thresh; see
 * attr_find_candidates(). */
attr_status attr_session_candidates(attr_candidate **out, int *count, attr_session *session, int sample,
                                    const attr_letterbox *letterbox);

/* The labels of a classifier's .data file (labels=), read when first asked for; NULL: there are none. They are the
 * session's. */
attr_status attr_session_labels(char *const **labels, attr_session *session);

/* The class that `length` characters of text name, by name or, unless it is quoted, by number; -1: none. */
int attr_find_class(const attr_session *session, const char *text, size_t length, bool is_quoted);

/* Reads an option that is a list of classes, as `class` is: (*wanted)[classes], released with free(), says whether
 * class i is named; NULL for "predicted". ATTR_BAD_INPUT for what is no class. */
attr_status attr_read_classes(char **wanted, const attr_session *s, const char *option, const char *classes);

enum { ATTR_TARGET_TEXT = 256 };

/* What is to be explained. */
typedef struct {
    attr_target *target;
    char text[ATTR_TARGET_TEXT]; /* in words */
    char part[ATTR_TARGET_TEXT]; /* of a file's name, behind the class: "missed2", "-cat"; "": nothing to be added */
    int class_index;
    double score;
    bool is_detection;
    attr_detection detection;
    attr_aim aim;
} attr_choice;

/* Fills the explanation's predictions from sample 0 of the last forward and chooses the targets that the options ask
 * for: classes or detections. *choices is released with attr_choices_free. */
attr_status attr_choose(attr_choice **choices, int *count, attr_explanation *explanation, attr_session *session);
void attr_choices_free(attr_choice *choices, int count);

/* Only the predictions. */
attr_status attr_list_predictions(attr_explanation *explanation, attr_session *session);

/* attr_explain_prepared() for what somebody else chooses: called when sample 0 of the session's engine is the picture,
 * as attr_choose(). */
typedef struct {
    attr_status (*choose)(attr_choice **choices, int *count, attr_explanation *explanation, attr_session *session,
                          void *context);
    void *context;
} attr_chooser;
attr_status attr_explain_chosen(attr_explanation *explanation, attr_session *session, const attr_chooser *chooser,
                                attr_progress progress, void *context);

/* Only the forward: sample 0 of the session's engine is the picture then, and its output is finite. */
attr_status attr_predict_prepared(attr_explanation *explanation, attr_session *session);

#endif
