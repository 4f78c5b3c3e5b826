/* What the files of dreaming.h share. */
#ifndef ATTR_SESSION_DREAM_WISHES_H
#define ATTR_SESSION_DREAM_WISHES_H

#include "session/dreaming.h"

/* An explanation of no picture: sizes, options, a letterbox that changes nothing. attr_explanation_free() releases it.
 */
attr_status attr_blank_explanation(attr_explanation **out, const attr_session *s);

/* Makes the session's engine one for a dream, which keeps a layer (-1: none). */
attr_status attr_dream_engine(attr_session *s, attr_explanation *ex, int layer);

#endif
