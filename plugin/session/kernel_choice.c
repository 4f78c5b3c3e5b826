#include "session/kernel_choice.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "kernels/amx/amx.h"
#include "model/engine.h"
#include "model/tuned.h"

/* More inputs at once are no faster on a CPU; ten divide most numbers of samples that are asked for. */
enum { largest_batch = 10 };

const char *attr_precision_name(const attr_options *o) {
    return o->precision == ATTR_PRECISION_MIXED ? "mixed" : "f32";
}

attr_status attr_check_precision(const attr_options *o) {
    char origin[256], reason[512];
    if (o->precision != ATTR_PRECISION_MIXED || attr_amx_ready() == ATTR_OK) return ATTR_OK;
    snprintf(reason, sizeof reason, "%s", attr_error_message());
    return attr_fail(ATTR_UNSUPPORTED, "%s: precision=mixed: %s",
                     attr_options_origin(origin, o, ATTR_OPTION_precision, sizeof origin), reason);
}

void attr_choose_by_precision(attr_conv_choice *choices, int layers, const attr_options *o) {
    attr_conv_by backward = o->precision == ATTR_PRECISION_MIXED ? ATTR_CONV_BY_AMX_BF16 : ATTR_CONV_BY_RULE;
    for (int i = 0; i < layers; ++i) choices[i] = (attr_conv_choice){ATTR_CONV_BY_RULE, backward};
}

static attr_status read_tuned(attr_conv_choice *choices, char hash[65], const network *net, const attr_options *o) {
    if (attr_option_word(ATTR_OPTION_tuned, o->tuned) == ATTR_TUNED_NONE) return ATTR_OK;
    ATTR_TRY(attr_tuned_read(choices, o->tuned, net, attr_precision_name(o)));
    return attr_hash_file(hash, attr_find_file(o->tuned));
}

attr_status attr_choose_kernels(attr_conv_choice **choices, char hash[65], const network *net, const attr_options *o) {
    *choices = NULL;
    hash[0] = 0;
    ATTR_TRY(attr_check_precision(o));
    ATTR_TRY(attr_allocate(choices, (size_t)net->n, sizeof **choices, "implementations"));
    attr_choose_by_precision(*choices, net->n, o);
    attr_status status = read_tuned(*choices, hash, net, o);
    if (status == ATTR_OK) return ATTR_OK;
    free(*choices);
    *choices = NULL;
    return status;
}

int attr_choose_batch(const network *net, const attr_conv_choice *choices, attr_keep keep, const attr_options *o,
                      size_t most) {
    if (o->batch > 0) return (int)((size_t)o->batch < most ? (size_t)o->batch : most);
    return attr_engine_largest_batch_chosen(net, choices, keep, (size_t)o->memory << 20,
                                            most < largest_batch ? (int)most : largest_batch);
}
