#include "session/fitting_engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "methods/layer_choice.h"
#include "session/kernel_choice.h"

/* Implementations by the options as they are now: a program may have changed them. An engine with others goes. */
static attr_status choose_kernels(attr_session *s, attr_explanation *ex) {
    attr_conv_choice *choices = NULL;
    int layers = s->model->net->n;
    ATTR_TRY(attr_choose_kernels(&choices, ex->tuned_hash, s->model->net, &s->options));
    if (s->choices && memcmp(s->choices, choices, (size_t)layers * sizeof *choices) != 0) {
        attr_engine_free(s->engine);
        s->engine = NULL;
    }
    free(s->choices);
    s->choices = choices;
    return ATTR_OK;
}

/* Whether the session's engine has this batch and keeps these layers, and no others. */
static bool engine_fits(const attr_session *s, int batch, const bool *kept) {
    if (!s->engine || attr_engine_batch(s->engine) != batch) return false;
    for (int i = 0; i < s->model->net->n; ++i)
        if ((attr_engine_op(s->engine, i)->kept.size > 0) != kept[i]) return false;
    return true;
}

attr_status attr_fit_engine(attr_session *s, attr_explanation *ex, const attr_method_settings *settings) {
    const network *net = s->model->net;
    bool *kept = NULL;
    ATTR_TRY(choose_kernels(s, ex));
    ATTR_TRY(attr_allocate(&kept, (size_t)net->n, sizeof *kept, "layers"));
    attr_layers_to_keep(kept, net->layers, net->n, settings);
    attr_keep keep = {.layers = kept};
    int batch = attr_choose_batch(net, s->choices, keep, &s->options, attr_method_points(settings));
    attr_status status = ATTR_OK;
    if (!engine_fits(s, batch, kept)) {
        attr_engine_free(s->engine);
        s->engine = NULL;
        status = attr_engine_create_chosen(&s->engine, net, s->choices, batch, keep);
    }
    free(kept);
    return status;
}
