/* From the terms of a target text (`help target`) to targets: of a classifier's class, of an aim of a detector. */
#ifndef ATTR_SESSION_TARGET_OF_H
#define ATTR_SESSION_TARGET_OF_H

#include "session/aim.h"

/* Each makes choice->target, its words and, if the first term says another class, its class; all else of what is known
 * of the choice. ATTR_BAD_INPUT with the character of option target that cannot be.
 *
 *   class   choice->class_index is the class that is explained if the text says none
 *   aim     choice->aim is where the first term stands */
attr_status attr_choose_class(attr_choice *choice, const attr_explanation *ex, attr_session *session,
                              const attr_target_text *text);
attr_status attr_choose_aim(attr_choice *choice, attr_scene *scene, const attr_target_text *text);

#endif
