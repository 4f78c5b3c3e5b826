/* The engine of a session, made anew when the one that is there does not fit what it is wanted for. */
#ifndef ATTR_SESSION_FITTING_ENGINE_H
#define ATTR_SESSION_FITTING_ENGINE_H

#include "methods/method.h"
#include "session/session.h"

/* Makes session->engine one for the session's options (implementations, batch, memory) and a method's settings (points,
 * layers that it looks at). Sets the explanation's hash of the tuned file. */
attr_status attr_fit_engine(attr_session *session, attr_explanation *explanation, const attr_method_settings *settings);

#endif
