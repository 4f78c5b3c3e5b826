#include "session/sanity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/parameters.h"
#include "session/fitting_engine.h"
#include "session/sanity_job.h"
#include "targets/probability.h"

const char *attr_check_name(int check) {
#define NAME(name, word, help) word,
    static const char *const names[] = {ATTR_CHECKS_WORDS(NAME)};
#undef NAME
    return names[check];
}

/* ---- Lists that grow */

/* Room for one more of `count` things in *list. */
static attr_status grow(void *list, int count, size_t size) {
    void *more = NULL, *old;
    memcpy(&old, list, sizeof old);
    ATTR_TRY(attr_allocate(&more, (size_t)count + 1, size, "checks"));
    if (count > 0) memcpy(more, old, (size_t)count * size);
    free(old);
    memcpy(list, &more, sizeof more);
    return ATTR_OK;
}

attr_status attr_sanity_add_stage(attr_sanity_series *series, attr_sanity_stage *stage) {
    ATTR_TRY(grow(&series->stages, series->count, sizeof *series->stages));
    series->stages[series->count++] = *stage;
    *stage = (attr_sanity_stage){0};
    return ATTR_OK;
}

static void free_series(attr_sanity_series *series) {
    for (int i = 0; i < series->count; ++i) {
        free(series->stages[i].name);
        free(series->stages[i].drawing.png);
    }
    free(series->stages);
    free(series->problem);
}

static void free_map(attr_sanity_map *map) {
    for (int k = 0; k < ATTR_SANITY_CHECKS; ++k) free_series(&map->series[k]);
    free(map->class_name);
    free(map->target);
    free(map->drawing.png);
}

void attr_sanity_keep(attr_sanity *v, int maps, int pictures) {
    while (v->map_count > maps) free_map(&v->maps[--v->map_count]);
    while (v->picture_count > pictures) {
        attr_sanity_picture *p = &v->pictures[--v->picture_count];
        free(p->path);
        free(p->drawing.png);
    }
}

void attr_sanity_free(attr_sanity *v) {
    attr_sanity_keep(v, 0, 0);
    free(v->maps);
    free(v->pictures);
    v->maps = NULL;
    v->pictures = NULL;
}

/* ---- Maps */

static int tell(void *context, size_t done, size_t all) {
    const attr_sanity_job *job = context;
    (void)done;
    (void)all;
    return job->v->progress ? job->v->progress(job->v->context, job->done, job->all) : 0;
}

attr_status attr_sanity_make_map(attr_sanity_job *job, double *value, attr_target *target,
                                 const attr_method_settings *settings, const float *x) {
    const attr_options *o = &job->ex->options;
    attr_map map = {0};
    const attr_job run = {.engine = job->v->session->engine,
                          .x = x,
                          .targets = &target,
                          .target_count = 1,
                          .settings = settings,
                          .progress = tell,
                          .context = job};
    attr_status status = attr_method_run(&map, &run);
    if (status == ATTR_OK) {
        attr_map_pool(map.values, &map.shape, attr_map_side(&map, o->pool, o->tolerance));
        attr_map_reduce(job->plane, map.values, &map.shape, -1, (attr_channels_word)o->channels);
        if (value) *value = map.target;
        ++job->done;
    }
    attr_map_free(&map);
    return status;
}

void attr_sanity_cut(double *out, const attr_sanity_job *job, const double *plane, const attr_sanity_window *window) {
    for (int y = 0; y < window->h; ++y)
        memcpy(out + (size_t)y * window->w, plane + (size_t)(window->y + y) * job->ex->net_w + window->x,
               (size_t)window->w * sizeof *out);
}

attr_status attr_sanity_compare(attr_agreement *out, attr_sanity_job *job, const double *first,
                                const attr_sanity_window *window) {
    size_t n = (size_t)window->w * window->h;
    attr_sanity_cut(job->parts, job, first, window);
    attr_sanity_cut(job->parts + n, job, job->plane, window);
    return attr_map_agreement(out, job->parts, job->parts + n, window->w, window->h);
}

/* ---- A target */

/* map_0: its numbers, its chance, its drawing. */
static attr_status begin_map(attr_sanity_job *job) {
    const attr_session *s = job->v->session;
    attr_sanity_map *m = job->map;
    const attr_choice *c = job->choice;
    char number[16];
    ATTR_TRY(attr_copy_text(&m->class_name, attr_class_name(s, c->class_index, number)));
    ATTR_TRY(attr_copy_text(&m->target, c->text));
    m->score = c->score;
    m->probability = NAN;
    m->width = job->window.w;
    m->height = job->window.h;
    ATTR_TRY(attr_sanity_make_map(job, &m->value, c->target, &job->held->settings, job->ex->input));
    memcpy(job->first, job->plane, (size_t)job->ex->net_w * job->ex->net_h * sizeof *job->first);
    attr_sanity_cut(job->parts, job, job->first, &job->window);
    ATTR_TRY(attr_draw_thumbnail(&m->drawing, job->parts, m->width, m->height, ATTR_SANITY_SIDE));
    if (attr_target_needs_probability(c->target, s->engine, "sanity") == ATTR_OK) {
        attr_engine_set_input_f32(s->engine, 0, job->ex->input);
        attr_engine_forward(s->engine, 1);
        m->probability = attr_target_probability(c->target, s->engine, 0);
    }
    return attr_map_chance(&m->chance, job->parts, m->width, m->height, job->held->settings.seed);
}

static bool asks_for(const attr_options *o, int check) {
    return o->checks & 1u << check;
}

/* Option adaptive searches once, on the network as it is. */
static attr_status search_noise(attr_sanity_job *job) {
    attr_noise_search found;
    attr_target *target = job->choice->target;
    const attr_job run = {.engine = job->v->session->engine,
                          .x = job->ex->input,
                          .targets = &target,
                          .target_count = 1,
                          .settings = &job->held->settings,
                          .progress = tell,
                          .context = job};
    if (job->held->adaptive.objective == ATTR_ADAPTIVE_NONE) return ATTR_OK;
    ATTR_TRY(attr_adaptive_search(&found, &run, &job->held->adaptive));
    job->held->settings.root_sigma = found.sigma;
    return ATTR_OK;
}

static attr_status check_target(attr_sanity_job *job) {
    const attr_options *o = &job->ex->options;
    job->done = 0;
    job->all = 1;
    for (int k = 0; k < ATTR_SANITY_CHECKS; ++k)
        if (asks_for(o, k)) job->all += (size_t)attr_sanity_count(job, k);
    ATTR_TRY(search_noise(job));
    ATTR_TRY(begin_map(job));
    for (int k = 0; k < ATTR_SANITY_CHECKS; ++k)
        if (asks_for(o, k)) ATTR_TRY(attr_sanity_check(job, k));
    return ATTR_OK;
}

static attr_status check_choices(attr_sanity_job *job, const attr_choice *choices, int count, int method) {
    attr_sanity *v = job->v;
    for (int i = 0; i < count; ++i) {
        ATTR_TRY(grow(&v->maps, v->map_count, sizeof *v->maps));
        job->map = &v->maps[v->map_count++];
        job->map->picture = v->picture_count - 1;
        job->map->method = method;
        job->map->number = i;
        job->choice = &choices[i];
        ATTR_TRY(check_target(job));
    }
    return ATTR_OK;
}

/* ---- A picture */

static attr_status make_room(attr_sanity_job *job) {
    size_t area = (size_t)job->ex->net_w * job->ex->net_h;
    const attr_letterbox *box = &job->ex->letterbox;
    job->window = (attr_sanity_window){box->x0, box->y0, box->new_w, box->new_h};
    ATTR_TRY(attr_allocate(&job->first, 4 * area, sizeof *job->first, "maps"));
    job->plane = job->first + area;
    job->parts = job->plane + area;
    return ATTR_OK;
}

static attr_status choose(attr_choice **choices, int *count, attr_explanation *ex, attr_session *s) {
    ATTR_TRY(attr_predict_prepared(ex, s));
    return attr_choose(choices, count, ex, s);
}

static attr_status check_settings(const attr_settings_holder *held) {
    if (attr_method_maps(&held->settings) == 1) return ATTR_OK;
    return attr_fail(ATTR_BAD_INPUT, "sanity takes one layer for all, not several (test takes several)");
}

static attr_status run(attr_sanity_job *job, int method) {
    attr_session *s = job->v->session;
    const network *net = s->model->net;
    attr_choice *choices = NULL;
    attr_replacement replacement = {0};
    int count = 0;
    uint64_t checksum;
    ATTR_TRY(attr_settings_make(job->held, job->ex, job->ex->input, net->n));
    ATTR_TRY(check_settings(job->held));
    ATTR_TRY(make_room(job));
    attr_status status = choose(&choices, &count, job->ex, s);
    if (status == ATTR_OK) status = attr_fit_engine(s, job->ex, &job->held->settings);
    if (status == ATTR_OK) status = attr_replacement_make(&replacement, net);
    if (status == ATTR_OK) status = attr_replacement_measure(&replacement, s->engine, job->ex->input);
    job->replacement = &replacement;
    if (status == ATTR_OK) status = check_choices(job, choices, count, method);
    if (s->engine) attr_engine_replace_parameters(s->engine, NULL); /* also after a failure: the arrays go */
    attr_replacement_free(&replacement);
    attr_choices_free(choices, count);
    return status == ATTR_OK ? attr_check_parameters(&checksum, s) : status;
}

static attr_status add_picture(attr_sanity *v, const char *path, const attr_explanation *ex) {
    ATTR_TRY(grow(&v->pictures, v->picture_count, sizeof *v->pictures));
    attr_sanity_picture *p = &v->pictures[v->picture_count++];
    memcpy(p->hash, ex->picture_hash, sizeof p->hash);
    ATTR_TRY(attr_copy_text(&p->path, path));
    size_t n = (size_t)ex->net_w * ex->net_h;
    double *all = NULL;
    ATTR_TRY(attr_allocate(&all, n, sizeof *all, "a drawing"));
    attr_status status =
        attr_draw_revealed(&p->drawing, ex->input, ex->net_c, all, ex->net_w, ex->net_h, 1, 3 * ATTR_SANITY_SIDE);
    free(all);
    return status;
}

attr_status attr_sanity_add(attr_sanity *v, const char *path, int method) {
    int maps = v->map_count, pictures = v->picture_count;
    attr_explanation *ex = NULL;
    attr_settings_holder held = {0};
    ATTR_TRY(attr_prepare(&ex, v->session, path));
    attr_sanity_job job = {.v = v, .ex = ex, .held = &held};
    bool is_there = method > 0 && pictures > 0 && 0 == strcmp(v->pictures[pictures - 1].path, path);
    attr_status status = is_there ? ATTR_OK : add_picture(v, path, ex);
    if (status == ATTR_OK) status = run(&job, method);
    if (status != ATTR_OK) attr_sanity_keep(v, maps, pictures);
    free(job.first);
    attr_settings_release(&held);
    attr_explanation_free(ex);
    return status;
}
