/* Methods with all their settings, and the names that tables have for them. */
#ifndef ATTR_SESSION_SCORED_METHODS_H
#define ATTR_SESSION_SCORED_METHODS_H

#include "options/options.h"

typedef struct {
    char *label;           /* "noisegrad:integrated_gradients" */
    attr_options *options; /* resolved */
} attr_scored_method;

/* Copies a label and options, and resolves them. ATTR_BAD_INPUT for options that do not go together. Released with
 * attr_scored_method_free(), also after a failure. */
attr_status attr_scored_method_make(attr_scored_method *out, const char *label, const attr_options *options);
void attr_scored_method_free(attr_scored_method *method);

/* Those of option methods, each with the rest of the options; the method in force if `methods` is not given and it is
 * not `always` wanted. Released with attr_scored_methods_free(), also after a failure. */
attr_status attr_scored_methods_read(attr_scored_method **out, int *count, const attr_options *given, bool always);
void attr_scored_methods_free(attr_scored_method *methods, int count);

#endif
