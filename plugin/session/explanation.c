/* An explanation from a picture's file on, until it is computed; and its end. */
#include "session/explanation.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"
#include "session/names.h"
#include "session/session.h"

static attr_status describe(attr_explanation *ex, const attr_session *s, const char *path) {
    const network *net = s->model->net;
    ATTR_TRY(attr_copy_text(&ex->picture_path, path));
    ATTR_TRY(attr_name_picture(&ex->picture_name, path));
    ATTR_TRY(attr_copy_text(&ex->cfg_path, s->cfg_path));
    ATTR_TRY(attr_copy_text(&ex->weights_path, s->weights_path));
    if (s->data_path) ATTR_TRY(attr_copy_text(&ex->data_path, s->data_path));
    memcpy(ex->cfg_hash, s->cfg_hash, sizeof ex->cfg_hash);
    memcpy(ex->weights_hash, s->model->weights_hash, sizeof ex->weights_hash);
    ex->net_w = net->w;
    ex->net_h = net->h;
    ex->net_c = net->c;
    ex->is_detector = s->is_detector;
    ex->options = s->options;
    const char *file = attr_find_file(path);
    ATTR_TRY(attr_picture_read(&ex->picture, file, net->c));
    int crop[4];
    if (attr_read_crop(crop, s->options.crop))
        ATTR_TRY(attr_picture_crop(&ex->picture, path, crop[0], crop[1], crop[2], crop[3]));
    return attr_hash_file(ex->picture_hash, file);
}

attr_status attr_prepare(attr_explanation **out, const attr_session *s, const char *picture) {
    attr_explanation *ex = NULL;
    *out = NULL;
    ATTR_TRY(attr_options_validate(&s->options));
    ATTR_TRY(attr_allocate(&ex, 1, sizeof *ex, "an explanation"));
    attr_status status = describe(ex, s, picture);
    if (status == ATTR_OK)
        status = attr_allocate(&ex->input, (size_t)s->model->net->inputs, sizeof *ex->input, "the input");
    if (status != ATTR_OK) {
        attr_explanation_free(ex);
        return status;
    }
    attr_letterbox_make(&ex->letterbox, ex->net_w, ex->net_h, ex->picture.w, ex->picture.h);
    attr_letterbox_apply(ex->input, &ex->letterbox, &ex->picture);
    *out = ex;
    return ATTR_OK;
}

bool attr_explanation_is_large(const attr_explanation *ex) {
    size_t floats = (size_t)ex->picture.w * (size_t)ex->picture.h * (size_t)(ex->picture.c + ex->count);
    for (int i = 0; i < ex->count; ++i) {
        const attr_result *r = &ex->explained[i].result;
        floats += (size_t)r->width * (size_t)r->height * (size_t)r->channels;
    }
    return floats * sizeof(float) > (size_t)512 << 20;
}

void attr_explanation_free(attr_explanation *ex) {
    if (!ex) return;
    for (int i = 0; i < ex->prediction_count; ++i) free(ex->predictions[i].class_name);
    for (int i = 0; i < ex->count; ++i) {
        free(ex->explained[i].name);
        free(ex->explained[i].class_name);
        free(ex->explained[i].target);
        free(ex->explained[i].control_name);
        attr_mask_report_free(ex->explained[i].figures.mask);
        free(ex->explained[i].map);
        free(ex->explained[i].plane);
        free(ex->explained[i].net_plane);
        free(ex->explained[i].error);
    }
    free(ex->predictions);
    free(ex->explained);
    attr_picture_free(&ex->picture);
    free(ex->input);
    free(ex->picture_path);
    free(ex->picture_name);
    free(ex->cfg_path);
    free(ex->weights_path);
    free(ex->data_path);
    free(ex);
}

int attr_result_count(const attr_explanation *ex) {
    return ex->count;
}

const attr_result *attr_result_at(const attr_explanation *ex, int i) {
    return i >= 0 && i < ex->count ? &ex->explained[i].result : NULL;
}
