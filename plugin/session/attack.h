/* Attacks on a picture (attacks/): the work behind `darknet attribute attack`.
 *
 *   ATTR_TRY(attr_check_attack(session));
 *   attr_attack_report r = {.session = session};
 *   ATTR_TRY(attr_attack_picture(&r, path, progress, context));
 *   ...
 *   attr_attack_free(&r);
 *
 * What is attacked is the network's input, and what comes out is a picture of as many pixels as the letterboxed one has
 * there, 8 bits a channel: given to the same network again it is fitted in without a change, so all that was measured
 * of it ("written") is what the file shows. What the attack itself came to, before rounding ("exact"), is measured,
 * too.
 *
 * Every target that the options choose is attacked by itself. pgd wants to change what its place is seen as: the class
 * of a classifier, the score of a detection. structured and topk keep that and change the gradient map. Maps "before"
 * and "after" are by the session's method, of the same target (a detection: at its cell) at both inputs, in the
 * network's coordinates. */
#ifndef ATTR_SESSION_ATTACK_H
#define ATTR_SESSION_ATTACK_H

#include "attacks/map_attack.h"
#include "session/session.h"

/* What the network makes of one input. */
typedef struct {
    attr_prediction *predictions; /* [count] a classifier's five best classes, a detector's detections */
    int count;
    double probability; /* of the target */
    double towards;     /* of option attack_class; NAN: it is any */
    double rematch;     /* of a detection IoU x score of the box that is the best for it now; else NAN */
    int predicted;      /* the class that its place is seen as */
} attr_attack_view;

/* How far a map after is from the one before: numbers of the picture's pixels. */
typedef struct {
    double spearman; /* of the values */
    double absolute; /* of their magnitudes */
    double ssim;     /* attr_ssim_of_maps(); NAN for a plane smaller than its window */
    double overlap;  /* part of the top pixels (option attacked_pixels) by magnitude that both have */
} attr_attack_agreement;

typedef struct {
    char *name; /* of the files: "dog_1_pgd" */
    char *class_name, *target, *towards_name;
    int class_index, towards_index; /* -1: any */
    bool is_detection;
    attr_detection detection;
    attr_attacked trace;                   /* its x is the exact input */
    float *written;                        /* [channels][net_h][net_w] */
    attr_attack_view before, exact, after; /* after: what is written */
    attr_distance exact_distance, written_distance;
    bool succeeded; /* of what is written. pgd: seen as another class (as attack_class), a detection: found no more at
                       its cell; others: the same prediction, and topk: fewer of the top pixels; structured: nearer
                       to the wanted map */
    double *map_before, *map_after;      /* [net_h][net_w] by the session's method; NULL: a map was not finite */
    attr_attack_agreement maps;          /* of these; all NAN where one is constant or NULL */
    attr_attack_agreement gradient_maps; /* of M (gradient_map.h), which structured and topk attack */
    double wanted_before, wanted_after;  /* structured: Spearman of M with the wanted map; else NAN */
} attr_attack_target;

typedef struct {
    attr_session *session;
    attr_explanation *ex; /* the picture: its input, its letterbox, its predictions */
    attr_attack_word attack;
    double epsilon, step, beta; /* as used; epsilon infinite: no bound; beta NAN for pgd */
    size_t iterations, top;
    double *wanted; /* [net_h][net_w], NULL: there is none */
    attr_attack_target *targets;
    int count;
} attr_attack_report;

/* Attacks all targets of a picture by the session's options, which attr_check_attack() has seen. ATTR_BAD_INPUT for a
 * target without a probability, more attacked pixels than there are, a wanted map that cannot be read. A detector that
 * detects nothing has no target. Released with attr_attack_free(), also after a failure. The parameters are unchanged
 * afterwards. */
attr_status attr_attack_picture(attr_attack_report *out, const char *path, attr_progress progress, void *context);
void attr_attack_free(attr_attack_report *report);

/* What can be known before any picture: options that another attack has, a class that there is not, several layers,
 * bends that no softplus rounds. */
attr_status attr_check_attack(const attr_session *session);

/* The settings of the report's attack, from the options (attack_settings.c). */
attr_status attr_attack_settings(attr_attack_report *report, const attr_region *region);
/* structured: the wanted map. Runs the session's engine. */
attr_status attr_attack_read_wanted(attr_attack_report *report, const attr_region *region);

#endif
