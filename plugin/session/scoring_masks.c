/* Where the objects are. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "images/picture.h"
#include "metrics/controls.h"
#include "metrics/matching.h"
#include "session/outlines.h"
#include "session/scoring_job.h"

static bool is_cropped(const attr_explanation *ex) {
    int crop[4];
    return attr_read_crop(crop, ex->options.crop);
}

/* Labels are those of whole pictures; broken ones are for triage to tell. */
attr_status attr_scoring_find_objects(attr_scoring_job *job) {
    const attr_session *s = job->scoring->session;
    attr_true_box *objects = NULL;
    int count = 0;
    bool found = false, *taken = NULL;
    if (!s->is_detector || is_cropped(job->ex) ||
        attr_true_boxes_read(&objects, &count, &found, job->ex->picture_path, s->classes) != ATTR_OK)
        return ATTR_OK;
    attr_status status = attr_allocate(&taken, (size_t)count, sizeof *taken, "labels");
    for (int i = 0; status == ATTR_OK && i < job->count; ++i) {
        attr_aim *aim = &job->choices[i].aim;
        int k = attr_take_object(taken, &job->choices[i].detection, objects, count, s->options.iou);
        aim->has_object = k >= 0;
        if (k >= 0) aim->object = objects[k];
    }
    free(objects);
    free(taken);
    return status;
}

attr_share_box attr_scoring_box(const attr_explanation *ex, const attr_choice *c) {
    const attr_letterbox *l = &ex->letterbox;
    const attr_detection *d = &c->detection;
    double x = d->x, y = d->y, w = d->w, h = d->h;
    if (!c->is_detection) return (attr_share_box){0};
    if (c->aim.has_object) x = c->aim.object.x, y = c->aim.object.y, w = c->aim.object.w, h = c->aim.object.h;
    return (attr_share_box){l->x0 + (x - w / 2) * l->new_w, l->y0 + (y - h / 2) * l->new_h,
                            l->x0 + (x + w / 2) * l->new_w, l->y0 + (y + h / 2) * l->new_h};
}

/* The outline of the object that a detection took. */
static attr_status outline_mask(double *mask, bool *is_known, const attr_scoring_job *job, const attr_aim *aim) {
    const attr_letterbox *l = &job->ex->letterbox;
    attr_corner *corners = NULL;
    size_t count = 0;
    if (!aim->has_object) return ATTR_OK;
    ATTR_TRY(attr_outline_find(&corners, &count, job->scoring->given->polygons, job->ex->picture_path, &aim->object));
    for (size_t i = 0; i < count; ++i)
        corners[i] = (attr_corner){l->x0 + corners[i].x * l->new_w, l->y0 + corners[i].y * l->new_h};
    *is_known = corners;
    attr_status status = corners ? attr_polygon_mask(mask, job->ex->net_h, job->ex->net_w, corners, count) : ATTR_OK;
    free(corners);
    return status;
}

/* A grey picture of the same size, letterboxed as the picture was; there is nothing on the bars. */
static attr_status letterbox_mask(double *mask, const attr_explanation *ex, attr_picture *grey, const char *path) {
    const attr_letterbox *l = &ex->letterbox;
    size_t n = (size_t)ex->net_w * (size_t)ex->net_h;
    float *input = NULL;
    int crop[4];
    if (attr_read_crop(crop, ex->options.crop))
        ATTR_TRY(attr_picture_crop(grey, path, crop[0], crop[1], crop[2], crop[3]));
    if (grey->w != l->picture_w || grey->h != l->picture_h)
        return attr_fail(ATTR_BAD_INPUT, "%s: it has %d x %d pixels, its picture %d x %d", path, grey->w, grey->h,
                         l->picture_w, l->picture_h);
    ATTR_TRY(attr_allocate(&input, n, sizeof *input, "a mask"));
    attr_letterbox_apply(input, l, grey);
    memset(mask, 0, n * sizeof *mask);
    for (int y = l->y0; y < l->y0 + l->new_h; ++y)
        for (int x = l->x0; x < l->x0 + l->new_w; ++x) {
            size_t i = (size_t)y * (size_t)ex->net_w + (size_t)x;
            mask[i] = input[i];
        }
    free(input);
    return ATTR_OK;
}

static attr_status picture_mask(double *mask, bool *is_known, const attr_scoring_job *job) {
    attr_picture grey = {0};
    char *path = NULL;
    ATTR_TRY(attr_file_of_picture(&path, job->scoring->given->masks, job->ex->picture_path, ".png"));
    attr_status status = ATTR_OK;
    if (access(path, F_OK) == 0) {
        status = attr_picture_read(&grey, path, 1);
        if (status == ATTR_OK) status = letterbox_mask(mask, job->ex, &grey, path);
        *is_known = status == ATTR_OK;
    }
    attr_picture_free(&grey);
    free(path);
    return status;
}

attr_status attr_scoring_mask(double *mask, bool *is_known, const attr_scoring_job *job, int target) {
    const attr_options *given = job->scoring->given;
    const attr_choice *choice = &job->choices[target];
    *is_known = false;
    if (!choice->is_detection) return given->masks[0] ? picture_mask(mask, is_known, job) : ATTR_OK;
    if (given->mask == ATTR_MASK_POLYGON) return outline_mask(mask, is_known, job, &choice->aim);
    attr_fitted_region fitted = attr_scoring_fitted(job->ex);
    attr_share_box box = attr_scoring_box(job->ex, choice);
    attr_box_mask(mask, job->ex->net_w, job->ex->net_h, &fitted, &box);
    *is_known = true;
    return ATTR_OK;
}
