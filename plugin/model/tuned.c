#include "model/tuned.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "kernels/amx/amx.h"
#include "kernels/dnnl.h"
#include "model/cfg.h"

uint64_t attr_network_hash(const network *net) {
    uint64_t hash = ATTR_CHECKSUM_SEED;
    for (int i = 0; i < net->n; ++i) {
        const layer *l = &net->layers[i];
        int32_t numbers[] = {l->type,  l->c,    l->h,      l->w,   l->n,      l->out_c,      l->out_h,
                             l->out_w, l->size, l->stride, l->pad, l->groups, l->activation, l->batch_normalize};
        hash = attr_checksum(numbers, sizeof numbers, hash);
    }
    return hash;
}

static const char *const words[ATTR_CONV_BY_COUNT] = {
    [ATTR_CONV_BY_RULE] = "rule",        [ATTR_CONV_BY_WINOGRAD] = "winograd", [ATTR_CONV_BY_GATHER] = "gather",
    [ATTR_CONV_BY_AMX] = "amx",          [ATTR_CONV_BY_DNNL] = "dnnl",         [ATTR_CONV_BY_DNNL_BF16] = "dnnl_bf16",
    [ATTR_CONV_BY_AMX_BF16] = "amx_bf16"};

const char *attr_conv_by_word(attr_conv_by by) {
    return words[by];
}

/* ---- Reading */

/* What the lines of a file are read into. */
typedef struct {
    attr_conv_choice *choices;
    const char *path, *precision;
    const network *net;
    int has_network, has_precision;
} reader;

static attr_status read_network(reader *r, const attr_cfg_option *o) {
    char expected[17];
    snprintf(expected, sizeof expected, "%016" PRIx64, attr_network_hash(r->net));
    r->has_network = 1;
    if (strcmp(o->value, expected) == 0) return ATTR_OK;
    return attr_fail(ATTR_BAD_INPUT, "%s:%d: made for another network (this one is %s): run `darknet attribute tune`",
                     r->path, o->line, expected);
}

static attr_status read_precision(reader *r, const attr_cfg_option *o) {
    r->has_precision = 1;
    if (strcmp(o->value, r->precision) == 0) return ATTR_OK;
    return attr_fail(ATTR_BAD_INPUT, "%s:%d: made for precision=%.32s, but precision=%s is in force", r->path, o->line,
                     o->value, r->precision);
}

/* The layer of "forward.12" behind the dot; -1 if that is no number. */
static int layer_of(const char *digits) {
    size_t length = strlen(digits);
    if (length == 0 || length > 6 || strspn(digits, "0123456789") != length) return -1;
    return atoi(digits);
}

static attr_conv_by find_word(const char *word) {
    for (int by = ATTR_CONV_BY_RULE + 1; by < ATTR_CONV_BY_COUNT; ++by)
        if (strcmp(word, words[by]) == 0) return (attr_conv_by)by;
    return ATTR_CONV_BY_RULE;
}

static attr_status check_choice(const reader *r, const attr_cfg_option *o, attr_conv_by by, int forward) {
    int bf16 = by == ATTR_CONV_BY_DNNL_BF16 || by == ATTR_CONV_BY_AMX_BF16;
    if (by == ATTR_CONV_BY_AMX) return attr_amx_ready();
    if (by != ATTR_CONV_BY_DNNL && !bf16) return ATTR_OK;
    if (forward)
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: %s=%s: only backward may be rounded or go through oneDNN", r->path,
                         o->line, o->key, o->value);
    if (bf16 && strcmp(r->precision, "mixed") != 0)
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: %s=%s needs precision=mixed", r->path, o->line, o->key, o->value);
    return by == ATTR_CONV_BY_AMX_BF16 ? attr_amx_ready() : attr_dnnl_ready();
}

static attr_status read_choice(reader *r, const attr_cfg_option *o, const char *digits, int forward) {
    int layer = layer_of(digits);
    attr_conv_by by = find_word(o->value);
    if (layer < 0 || layer >= r->net->n)
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: %.64s: the network's layers are 0 to %d", r->path, o->line, o->key,
                         r->net->n - 1);
    LAYER_TYPE type = r->net->layers[layer].type;
    if (type != CONVOLUTIONAL && type != DECONVOLUTIONAL)
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: %s: layer %d is no convolution", r->path, o->line, o->key, layer);
    if (by == ATTR_CONV_BY_RULE)
        return attr_fail(ATTR_BAD_INPUT,
                         "%s:%d: %s=%.64s: expected winograd, gather, amx, dnnl, dnnl_bf16 or "
                         "amx_bf16",
                         r->path, o->line, o->key, o->value);
    ATTR_TRY(check_choice(r, o, by, forward));
    *(forward ? &r->choices[layer].forward : &r->choices[layer].backward) = by;
    return ATTR_OK;
}

static attr_status read_line(reader *r, const attr_cfg_option *o) {
    if (strcmp(o->key, "network") == 0) return read_network(r, o);
    if (strcmp(o->key, "precision") == 0) return read_precision(r, o);
    if (strncmp(o->key, "forward.", 8) == 0) return read_choice(r, o, o->key + 8, 1);
    if (strncmp(o->key, "backward.", 9) == 0) return read_choice(r, o, o->key + 9, 0);
    return attr_fail(ATTR_BAD_INPUT, "%s:%d: unknown key %.64s (expected network, precision, forward.N or backward.N)",
                     r->path, o->line, o->key);
}

attr_status attr_tuned_read(attr_conv_choice *choices, const char *path, const network *net, const char *precision) {
    attr_cfg *file = NULL;
    reader r = {.choices = choices, .path = path, .net = net, .precision = precision};
    ATTR_TRY(attr_cfg_read(&file, path, ATTR_CFG_DATA));
    attr_status status = ATTR_OK;
    for (int i = 0; status == ATTR_OK && i < file->sections[0].count; ++i)
        status = read_line(&r, &file->sections[0].options[i]);
    attr_cfg_free(file);
    if (status == ATTR_OK && !(r.has_network && r.has_precision))
        status = attr_fail(ATTR_BAD_INPUT, "%s: no line %s=: this is not what `darknet attribute tune` writes", path,
                           r.has_network ? "precision" : "network");
    return status;
}

/* ---- Writing */

void attr_tuned_write(FILE *file, const attr_conv_choice *choices, const network *net, const char *precision,
                      const char *remarks) {
    fprintf(file, "%snetwork=%016" PRIx64 "\nprecision=%s\n", remarks, attr_network_hash(net), precision);
    for (int i = 0; i < net->n; ++i) {
        if (choices[i].forward) fprintf(file, "forward.%d=%s\n", i, words[choices[i].forward]);
        if (choices[i].backward) fprintf(file, "backward.%d=%s\n", i, words[choices[i].backward]);
    }
}
