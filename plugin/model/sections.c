#include "model/sections.h"

#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define INTS(name, from, to)   {name, ATTR_KEY_NETWORK, ATTR_KEY_INTS, from, to, NULL}
#define INT(name, from, to)    {name, ATTR_KEY_NETWORK, ATTR_KEY_INT, from, to, NULL}
#define SWITCH(name)           {name, ATTR_KEY_NETWORK, ATTR_KEY_INT, 0, 1, NULL}
#define FLOAT(name, from, to)  {name, ATTR_KEY_NETWORK, ATTR_KEY_FLOAT, from, to, NULL}
#define FLOATS(name, from, to) {name, ATTR_KEY_NETWORK, ATTR_KEY_FLOATS, from, to, NULL}
#define ACTIVATE               {"activation", ATTR_KEY_NETWORK, ATTR_KEY_ACTIVATION, 0, 0, NULL}
#define FILE_NAME(name)        {name, ATTR_KEY_NETWORK, ATTR_KEY_TEXT, 0, 0, NULL}
#define TRAIN(name)            {name, ATTR_KEY_TRAINING, ATTR_KEY_FLOAT, -DBL_MAX, DBL_MAX, NULL}
#define TRAIN_COUNT(name)      {name, ATTR_KEY_TRAINING, ATTR_KEY_INT, 1, INT_MAX, NULL}
#define TRAIN_LIST(name)       {name, ATTR_KEY_TRAINING, ATTR_KEY_FLOATS, -DBL_MAX, DBL_MAX, NULL}
#define TRAIN_TEXT(name)       {name, ATTR_KEY_TRAINING, ATTR_KEY_TEXT, 0, 0, NULL}
#define FORK(name, harmless)   {name, ATTR_KEY_FORK, ATTR_KEY_TEXT, 0, 0, harmless}
#define INEXACT(name, harmless) {name, ATTR_KEY_INEXACT, ATTR_KEY_TEXT, 0, 0, harmless}

/* Of every layer. `truth` and `stopbackward` steer training; in a net that only answers they would only do harm. */
static const attr_key common_keys[] = {
    SWITCH("dontload"), INT("numload", 0, ATTR_MAX_FILTERS), SWITCH("dontloadscales"), TRAIN("truth"),
    TRAIN("onlyforward"), TRAIN("stopbackward"), TRAIN("dontsave"), TRAIN("learning_rate"), TRAIN("smooth"),
    TRAIN_TEXT("clip"), TRAIN_TEXT("dont_update"), TRAIN_TEXT("burnin_update"), TRAIN_TEXT("train_only_bn")};

static const attr_key net_keys[] = {
    INT("width", 1, ATTR_MAX_SIDE), INT("height", 1, ATTR_MAX_SIDE), INT("channels", 1, ATTR_MAX_FILTERS),
    INT("inputs", 1, INT_MAX), TRAIN_COUNT("batch"), TRAIN_COUNT("subdivisions"), TRAIN_COUNT("time_steps"),
    TRAIN("random"), TRAIN("seen"), TRAIN("notruth"), TRAIN("learning_rate"), TRAIN("momentum"), TRAIN("decay"),
    TRAIN("adam"), TRAIN("B1"), TRAIN("B2"), TRAIN("eps"), TRAIN("max_crop"), TRAIN("min_crop"), TRAIN("max_ratio"),
    TRAIN("min_ratio"), TRAIN("center"), TRAIN("clip"), TRAIN("angle"), TRAIN("aspect"), TRAIN("saturation"),
    TRAIN("exposure"), TRAIN("hue"), TRAIN_TEXT("policy"), TRAIN("burn_in"), TRAIN("power"), TRAIN("step"),
    TRAIN("scale"), TRAIN_LIST("steps"), TRAIN_LIST("scales"), TRAIN("gamma"), TRAIN("max_batches"),
    TRAIN_TEXT("adversarial_lr"), TRAIN_TEXT("attention"), TRAIN_TEXT("augment_speed"),
    TRAIN_TEXT("badlabels_rejection_percentage"), TRAIN_TEXT("blur"), TRAIN_TEXT("contrastive"),
    TRAIN_TEXT("contrastive_color"), TRAIN_TEXT("contrastive_jit_flip"), TRAIN_TEXT("cutmix"),
    TRAIN_TEXT("dynamic_minibatch"), TRAIN_TEXT("ema_alpha"), TRAIN_TEXT("equidistant_point"), TRAIN_TEXT("flip"),
    TRAIN_TEXT("gaussian_noise"), TRAIN_TEXT("label_smooth_eps"), TRAIN_TEXT("learning_rate_min"),
    TRAIN_TEXT("letter_box"), /* how the fork itself prepares pictures */
    TRAIN_TEXT("loss_scale"), TRAIN_TEXT("max_chart_loss"), TRAIN_TEXT("mixup"), TRAIN_TEXT("mosaic"), TRAIN_TEXT("mosaic_bound"),
    TRAIN_TEXT("num_sigmas_reject_badlabels"), TRAIN_TEXT("optimized_memory"), TRAIN_TEXT("resize_step"),
    TRAIN_TEXT("seq_scales"), TRAIN_TEXT("sequential_subdivisions"), TRAIN_TEXT("sgdr_cycle"),
    TRAIN_TEXT("sgdr_mult"), TRAIN_TEXT("show_receptive_field"), TRAIN_TEXT("track"), TRAIN_TEXT("try_fix_nan"),
    TRAIN_TEXT("unsupervised"), TRAIN_TEXT("use_cuda_graph"), TRAIN_TEXT("weights_reject_freq"),
    TRAIN_TEXT("workspace_size_limit_MB")};

static const attr_key convolutional_keys[] = {
    INT("filters", 1, ATTR_MAX_FILTERS), INT("size", 1, ATTR_MAX_SIDE), INT("stride", 1, ATTR_MAX_SIDE),
    SWITCH("pad"), INT("padding", 0, ATTR_MAX_SIDE), INT("groups", 1, ATTR_MAX_FILTERS), ACTIVATE,
    SWITCH("batch_normalize"), SWITCH("flipped"), TRAIN("dot"), TRAIN_TEXT("angle"), TRAIN_TEXT("grad_centr"),
    TRAIN_TEXT("reverse"), TRAIN_TEXT("stream"), TRAIN_TEXT("wait_stream"), INEXACT("binary", "0"),
    INEXACT("xnor", "0"), FORK("dilation", "1"), FORK("antialiasing", "0"), FORK("stride_x", NULL),
    FORK("stride_y", NULL), FORK("share_index", NULL), FORK("assisted_excitation", "0"), FORK("cbn", "0"),
    FORK("bin_output", "0"), FORK("coordconv", "0"), FORK("sway", "0"), FORK("rotate", "0"), FORK("stretch", "0"),
    FORK("stretch_sway", "0")};

static const attr_key deconvolutional_keys[] = {
    INT("filters", 1, ATTR_MAX_FILTERS), INT("size", 1, ATTR_MAX_SIDE), INT("stride", 1, ATTR_MAX_SIDE),
    SWITCH("pad"), INT("padding", 0, ATTR_MAX_SIDE), ACTIVATE, SWITCH("batch_normalize")};

static const attr_key local_keys[] = {
    INT("filters", 1, ATTR_MAX_FILTERS), INT("size", 1, ATTR_MAX_SIDE), INT("stride", 1, ATTR_MAX_SIDE),
    INT("pad", 0, ATTR_MAX_SIDE), ACTIVATE};

static const attr_key connected_keys[] = {
    INT("output", 1, INT_MAX), ACTIVATE, SWITCH("batch_normalize")};

static const attr_key crop_keys[] = {
    INT("crop_height", 1, ATTR_MAX_SIDE), INT("crop_width", 1, ATTR_MAX_SIDE), SWITCH("noadjust"), TRAIN("flip"),
    TRAIN("angle"), TRAIN("saturation"), TRAIN("exposure"), TRAIN("shift")};

static const attr_key maxpool_keys[] = {
    INT("size", 1, ATTR_MAX_SIDE), INT("stride", 1, ATTR_MAX_SIDE), INT("padding", 0, ATTR_MAX_SIDE),
    FORK("stride_x", NULL), FORK("stride_y", NULL), FORK("maxpool_depth", "0"), FORK("out_channels", "1"),
    FORK("antialiasing", "0"), FORK("maxpool_zero_nonmax", "0")};

/* `spatial` is a softmax at each location on a GPU, but is not looked at by Darknet's CPU code. */
static const attr_key softmax_keys[] = {
    INT("groups", 1, INT_MAX), FLOAT("temperature", 1e-6, 1e6), FILE_NAME("tree"), TRAIN("noloss"),
    INEXACT("spatial", "0")};

static const attr_key dropout_keys[] = {
    TRAIN("probability"), TRAIN_TEXT("dropblock"), TRAIN_TEXT("dropblock_size_rel"), TRAIN_TEXT("dropblock_size_abs")};

static const attr_key route_keys[] = {
    INTS("layers", -INT_MAX, INT_MAX), FORK("groups", "1"), FORK("group_id", "0"), TRAIN_TEXT("stream"),
    TRAIN_TEXT("wait_stream")};

static const attr_key shortcut_keys[] = {
    INT("from", -INT_MAX, INT_MAX), ACTIVATE, FLOAT("alpha", -FLT_MAX, FLT_MAX), FLOAT("beta", -FLT_MAX, FLT_MAX),
    FORK("weights_type", "none"), FORK("weights_normalization", "none")};

static const attr_key upsample_keys[] = {
    INT("stride", -ATTR_MAX_SIDE, ATTR_MAX_SIDE), FLOAT("scale", -FLT_MAX, FLT_MAX)};

static const attr_key reorg_keys[] = {
    INT("stride", 1, ATTR_MAX_SIDE), SWITCH("reverse"), SWITCH("flatten"), INT("extra", 0, INT_MAX)};

static const attr_key normalization_keys[] = {
    FLOAT("alpha", -FLT_MAX, FLT_MAX), FLOAT("beta", -FLT_MAX, FLT_MAX), FLOAT("kappa", -FLT_MAX, FLT_MAX),
    INT("size", 1, ATTR_MAX_FILTERS)};

static const attr_key activation_keys[] = {
    ACTIVATE};

static const attr_key cost_keys[] = {
    TRAIN_TEXT("type"), TRAIN("scale"), TRAIN("ratio"), TRAIN("noobj"), TRAIN("thresh")};

static const attr_key yolo_keys[] = {
    INT("classes", 1, ATTR_MAX_FILTERS), INT("num", 1, ATTR_MAX_FILTERS), INTS("mask", 0, ATTR_MAX_FILTERS),
    FLOATS("anchors", 0, 1e6), FILE_NAME("map"), TRAIN("jitter"), TRAIN("ignore_thresh"), TRAIN("truth_thresh"),
    TRAIN("random"), TRAIN("max"), TRAIN_TEXT("beta_nms"), TRAIN_TEXT("cls_normalizer"),
    TRAIN_TEXT("counters_per_class"), TRAIN_TEXT("delta_normalizer"), TRAIN_TEXT("dets_for_show"),
    TRAIN_TEXT("dets_for_track"), TRAIN_TEXT("embedding_layer"), TRAIN_TEXT("focal_loss"), TRAIN_TEXT("iou_loss"),
    TRAIN_TEXT("iou_normalizer"), TRAIN_TEXT("iou_thresh"), TRAIN_TEXT("iou_thresh_kind"),
    TRAIN_TEXT("label_smooth_eps"), TRAIN_TEXT("max_delta"),
    TRAIN_TEXT("nms_kind"), /* which boxes are kept, not what the network says */
    TRAIN_TEXT("obj_normalizer"), TRAIN_TEXT("objectness_smooth"), TRAIN_TEXT("resize"), TRAIN_TEXT("show_details"), TRAIN_TEXT("sim_thresh"),
    TRAIN_TEXT("track_ciou_norm"), TRAIN_TEXT("track_history_size"), FORK("scale_x_y", "1"), FORK("new_coords", "0")};

static const attr_key region_keys[] = {
    INT("classes", 1, ATTR_MAX_FILTERS), INT("coords", 1, ATTR_MAX_FILTERS), INT("num", 1, ATTR_MAX_FILTERS),
    SWITCH("softmax"), SWITCH("background"), FILE_NAME("tree"), FILE_NAME("map"), FLOATS("anchors", 0, 1e6),
    TRAIN("log"), TRAIN("sqrt"), TRAIN("max"), TRAIN("jitter"), TRAIN("rescore"), TRAIN("thresh"), TRAIN("classfix"),
    TRAIN("absolute"), TRAIN("random"), TRAIN("coord_scale"), TRAIN("object_scale"), TRAIN("noobject_scale"),
    TRAIN("mask_scale"), TRAIN("class_scale"), TRAIN("bias_match"), TRAIN_TEXT("focal_loss"), TRAIN_TEXT("resize")};

static const attr_key detection_keys[] = {
    INT("classes", 1, ATTR_MAX_FILTERS), INT("coords", 1, ATTR_MAX_FILTERS), INT("num", 1, ATTR_MAX_FILTERS),
    INT("side", 1, ATTR_MAX_SIDE), SWITCH("softmax"), SWITCH("sqrt"), TRAIN("rescore"), TRAIN("max"),
    TRAIN("coord_scale"), TRAIN("forced"), TRAIN("object_scale"), TRAIN("noobject_scale"), TRAIN("class_scale"),
    TRAIN("jitter"), TRAIN("random"), TRAIN("reorg"), TRAIN_TEXT("resize")};

enum { common_key_count = sizeof common_keys / sizeof *common_keys };

#define KIND(name, alias, type) {#name, alias, type, name##_keys, sizeof name##_keys / sizeof *name##_keys}
#define BARE_KIND(name, alias, type) {#name, alias, type, NULL, 0}

static const attr_section_kind kinds[] = {
    KIND(net, "network", NETWORK), KIND(convolutional, "conv", CONVOLUTIONAL),
    KIND(deconvolutional, "deconv", DECONVOLUTIONAL), KIND(local, NULL, LOCAL), KIND(connected, "conn", CONNECTED),
    KIND(crop, NULL, CROP), KIND(maxpool, "max", MAXPOOL), BARE_KIND(avgpool, "avg", AVGPOOL),
    KIND(softmax, "soft", SOFTMAX), KIND(dropout, NULL, DROPOUT), KIND(route, NULL, ROUTE),
    KIND(shortcut, NULL, SHORTCUT), KIND(upsample, NULL, UPSAMPLE), KIND(reorg, NULL, REORG),
    KIND(normalization, "lrn", NORMALIZATION), BARE_KIND(batchnorm, NULL, BATCHNORM), KIND(activation, NULL, ACTIVE),
    BARE_KIND(l2norm, NULL, L2NORM), BARE_KIND(logistic, NULL, LOGXENT), KIND(cost, NULL, COST),
    KIND(yolo, NULL, YOLO), KIND(region, NULL, REGION), KIND(detection, NULL, DETECTION)};

static const char *const inexact_sections[] = {
    "rnn", "gru", "lstm", "crnn", "iseg", NULL};

static const char *const fork_sections[] = {
    "Gaussian_yolo", "contrastive", "conv_lstm", "empty", "history", "implicit", "local_avg", "local_avgpool",
    "reorg3d", "reorg_old", "sam", "scale_channels", "silence", "implicit_add", "implicit_mul", NULL};

static const char *const activations[] = {
    "logistic", "loggy", "relu", "elu", "selu", "relie", "ramp", "linear", "tanh", "plse", "leaky", "hardtan",
    "lhtan", "stair", NULL};

static const char *const fork_activations[] = {
    "mish", "hard_mish", "swish", "relu6", "gelu", "revleaky", "norm_chan", "normalize_channels",
    "normalize_channels_softmax", "silu", "normalize_channels_softmax_maxval", NULL};
/* clang-format on */

static bool contains(const char *const *names, const char *name) {
    while (*names && strcmp(*names, name) != 0) names++;
    return *names != NULL;
}

/* Letters to insert, delete or replace to make one word of the other; longer words are as far as can be. */
static int distance(const char *a, const char *b) {
    int row[64];
    int n = (int)strlen(b);
    if (strlen(a) >= 64 || n >= 64) return INT_MAX;
    for (int j = 0; j <= n; j++) row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int replaced = diagonal + (a[i - 1] != b[j - 1]);
            int other = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
            diagonal = row[j];
            row[j] = replaced < other ? replaced : other;
        }
    }
    return row[n];
}

typedef struct {
    const char *name;
    int distance;
} nearest;

static void consider(nearest *best, const char *wanted, const char *name) {
    int d = name ? distance(wanted, name) : INT_MAX;
    if (best->name && d >= best->distance) return;
    if (name) *best = (nearest){name, d};
}

bool attr_parse_number(double *out, const char *text) {
    char *end;
    if (strspn(text, "0123456789+-.eE") != strlen(text)) return false; /* strtod would take "inf" and "0x1p3" */
    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out);
}

bool attr_parse_whole(int *out, const char *text) {
    char *end;
    if (strspn(text, "0123456789+-") != strlen(text)) return false;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno == ERANGE || number < -INT_MAX || number > INT_MAX) return false;
    *out = (int)number;
    return true;
}

static attr_status check_number(const attr_key *key, const char *path, int line, const char *value, const char *text) {
    double number = 0;
    int whole = 0;
    bool is_whole = key->type == ATTR_KEY_INT || key->type == ATTR_KEY_INTS;
    bool ok = is_whole ? attr_parse_whole(&whole, text) : attr_parse_number(&number, text);
    const char *kind = is_whole ? "whole number" : "number";
    if (!ok && strchr(text, '#')) {
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: %s=%.60s: '%.40s' is no %s (a comment needs a line of its own)", path,
                         line, key->name, value, text, kind);
    }
    if (!ok) {
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: %s=%.60s: '%.40s' is no %s", path, line, key->name, value, text, kind);
    }
    if (is_whole) number = whole;
    if (number >= key->smallest && number <= key->largest) return ATTR_OK;
    return attr_fail(ATTR_BAD_INPUT, "%s:%d: %s=%.60s is out of range (expected %.10g to %.10g)", path, line, key->name,
                     value, key->smallest, key->largest);
}

static attr_status check_list(const attr_key *key, const char *path, int line, const char *value) {
    for (const char *start = value; start; start = strchr(start, ',') ? strchr(start, ',') + 1 : NULL) {
        char part[64];
        size_t length = strcspn(start, ",");
        if (length == 0) {
            return attr_fail(ATTR_BAD_INPUT,
                             "%s:%d: %s=%.60s: a number is missing (expected numbers with a comma "
                             "between two of them)",
                             path, line, key->name, value);
        }
        snprintf(part, sizeof part, "%.*s", (int)(length < sizeof part ? length : sizeof part), start);
        ATTR_TRY(check_number(key, path, line, value, part));
    }
    return ATTR_OK;
}

static attr_status check_activation(const char *path, int line, const char *value) {
    if (contains(activations, value)) return ATTR_OK;
    if (contains(fork_activations, value)) {
        return attr_fail(ATTR_UNSUPPORTED,
                         "%s:%d: activation '%s' of another Darknet fork changes the network and is "
                         "not known to this Darknet",
                         path, line, value);
    }
    nearest best = {NULL, 0};
    for (int i = 0; activations[i]; i++) consider(&best, value, activations[i]);
    return attr_fail(ATTR_BAD_INPUT, "%s:%d: unknown activation '%.60s' (nearest known: '%s')", path, line, value,
                     best.name);
}

static bool is_harmless(const attr_key *key, const char *value) {
    double number, harmless;
    if (!key->harmless) return false;
    if (attr_parse_number(&harmless, key->harmless)) return attr_parse_number(&number, value) && number == harmless;
    return strcmp(key->harmless, value) == 0;
}

static attr_status check_harmless(const attr_key *key, const char *path, int line, const char *value) {
    if (is_harmless(key, value)) return ATTR_OK;
    if (key->role == ATTR_KEY_INEXACT) {
        return attr_fail(ATTR_UNSUPPORTED, "%s:%d: %s=%.60s cannot be attributed exactly (expected %s)", path, line,
                         key->name, value, key->harmless);
    }
    return attr_fail(ATTR_UNSUPPORTED,
                     "%s:%d: key '%s' of another Darknet fork changes the network and is not known to "
                     "this Darknet%s%s%s",
                     path, line, key->name, key->harmless ? " (only " : "", key->harmless ? key->harmless : "",
                     key->harmless ? " changes nothing)" : "");
}

static const attr_key *find_key(const attr_section_kind *kind, const char *name) {
    for (int i = 0; i < kind->key_count; i++) {
        if (strcmp(kind->keys[i].name, name) == 0) return &kind->keys[i];
    }
    for (int i = 0; i < common_key_count && kind->type != NETWORK; i++) {
        if (strcmp(common_keys[i].name, name) == 0) return &common_keys[i];
    }
    return NULL;
}

static attr_status unknown_key(const attr_section_kind *kind, const char *path, int line, const char *name) {
    nearest best = {NULL, 0};
    for (int i = 0; i < kind->key_count; i++) {
        if (kind->keys[i].role == ATTR_KEY_NETWORK || kind->keys[i].role == ATTR_KEY_TRAINING)
            consider(&best, name, kind->keys[i].name);
    }
    for (int i = 0; i < common_key_count && kind->type != NETWORK; i++) consider(&best, name, common_keys[i].name);
    return attr_fail(ATTR_BAD_INPUT, "%s:%d: unknown key '%.60s' in [%s] (nearest known: '%s')", path, line, name,
                     kind->name, best.name);
}

attr_status attr_key_check(const attr_key **out, const attr_section_kind *kind, const char *path, int line,
                           const char *key, const char *value) {
    const attr_key *row = find_key(kind, key);
    if (!row) return unknown_key(kind, path, line, key);
    *out = row;
    if (row->role == ATTR_KEY_FORK || row->role == ATTR_KEY_INEXACT) return check_harmless(row, path, line, value);
    switch (row->type) {
    case ATTR_KEY_INT:
    case ATTR_KEY_FLOAT:
        return check_number(row, path, line, value, value);
    case ATTR_KEY_INTS:
    case ATTR_KEY_FLOATS:
        return check_list(row, path, line, value);
    case ATTR_KEY_ACTIVATION:
        return check_activation(path, line, value);
    case ATTR_KEY_TEXT:
        break;
    }
    return ATTR_OK;
}

attr_status attr_section_kind_find(const attr_section_kind **out, const char *path, int line, const char *name) {
    nearest best = {NULL, 0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        *out = &kinds[i];
        if (strcmp(name, kinds[i].name) == 0 || (kinds[i].alias && strcmp(name, kinds[i].alias) == 0)) return ATTR_OK;
        consider(&best, name, kinds[i].name);
        consider(&best, name, kinds[i].alias);
    }
    if (contains(inexact_sections, name))
        return attr_fail(ATTR_UNSUPPORTED, "%s:%d: section [%s] cannot be attributed exactly", path, line, name);
    if (contains(fork_sections, name)) {
        return attr_fail(ATTR_UNSUPPORTED, "%s:%d: section [%s] of another Darknet fork is not known to this Darknet",
                         path, line, name);
    }
    return attr_fail(ATTR_BAD_INPUT, "%s:%d: unknown section [%.60s] (nearest known: [%s])", path, line, name,
                     best.name);
}
