/* What `darknet attribute dream` does: what is to be dreamt of, by the session's options; the dream (dreams/dream.h);
 * and what the network itself, without noise, sees in it.
 *
 *   layer and channel   what a layer's channel likes, by option unit
 *   detection, or class of a detector   the classes, wherever in the picture: the largest of all cells and anchors; of
 *                       the logarithm of the score, or of the quantity that option target names
 *   target with a cell of a detector    that number of this place
 *   class, or a target that names one   of a classifier: its logit, or the quantity that option target names
 *
 * The first two are flags and go before what a cfg's section says of class and target. With option clones given it is
 * the dream of so many networks with noise (NoiseGrad), else that of the network as it is. */
#ifndef ATTR_SESSION_DREAMING_H
#define ATTR_SESSION_DREAMING_H

#include "dreams/dream.h"
#include "session/names.h"
#include "session/session.h"

enum { ATTR_DREAM_NAME = 2 * ATTR_NAME_PART + 64 };

/* One thing to be dreamt of. */
typedef struct {
    char name[ATTR_DREAM_NAME];  /* of its folder: class, "-" and the other of a contrast, or layer and channel; behind
                                    it "_noisegrad" and the number of clones */
    char text[ATTR_TARGET_TEXT]; /* the objective in words: "logit", "log score, anywhere", "channel 3, mean" */
    char *class_name;            /* or "layer 12 [convolutional]" */
    int class_index;             /* -1: a channel's */
    attr_dream_objective objective;
} attr_dream_wish;

typedef struct {
    attr_dream dream;
    attr_explanation *seen; /* the dream as a picture, without maps: what the network itself predicts of it (a
                               classifier's five best classes; detections), options, seconds, checksum */
    double probability;     /* of the class; a detector's: the score of its best detection, 0 without one; NAN: a
                               channel */
    bool is_seen;           /* it is the most probable class, or among what is detected */
    int networks;           /* that were dreamt for: clones, or 0: the network as it is */
} attr_dreamed;

/* What the options ask for: wishes[count], released with attr_wishes_free. Makes an engine that fits. ATTR_BAD_INPUT
 * when they ask for nothing, for two things at once, or for what the network does not have. */
attr_status attr_wishes_read(attr_dream_wish **wishes, int *count, attr_session *session);
void attr_wishes_free(attr_dream_wish *wishes, int count);

/* Dreams of one of them, with so many frames. Released with attr_dreamed_free, also after a failure. */
attr_status attr_dream_of(attr_dreamed *out, attr_session *session, const attr_dream_wish *wish, int frames,
                          attr_progress progress, void *context);
void attr_dreamed_free(attr_dreamed *d);

#endif
