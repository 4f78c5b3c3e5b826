/* What is to be dreamt of. */
#include "session/dream_wishes.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/graph.h"
#include "session/target_of.h"

typedef struct {
    attr_session *session;
    attr_explanation *blank;
    attr_target_text text;
    attr_dream_wish *wishes;
    int count;
} wishing;

/* ---- What the options ask for */

typedef enum { ASKS_CHANNEL, ASKS_ANYWHERE, ASKS_CELL, ASKS_CLASS } question;

static bool is_flag(const attr_options *o, attr_option option) {
    return o->given[ATTR_FROM_FLAGS].line[option] != 0;
}

static attr_status check_flags(const attr_options *o) {
    bool channel = is_flag(o, ATTR_OPTION_channel), has_layer = is_flag(o, ATTR_OPTION_layer);
    bool anywhere = is_flag(o, ATTR_OPTION_detection), has_class = is_flag(o, ATTR_OPTION_class);
    bool target = is_flag(o, ATTR_OPTION_target);
    if (channel != has_layer)
        return attr_fail(ATTR_BAD_INPUT, "dream: -layer and -channel go together, -%s is missing",
                         channel ? "layer" : "channel");
    if (is_flag(o, ATTR_OPTION_unit) && !channel)
        return attr_fail(ATTR_BAD_INPUT, "dream: -unit is for -layer and -channel");
    if (channel + (anywhere || has_class || target) > 1)
        return attr_fail(ATTR_BAD_INPUT, "dream: a channel of a layer is no class: -layer and -channel alone");
    if (anywhere && has_class) return attr_fail(ATTR_BAD_INPUT, "dream: -class and -detection are two things at once");
    if (o->smallest_scale > o->largest_scale)
        return attr_fail(ATTR_BAD_INPUT, "dream: -smallest_scale %g is above -largest_scale %g", o->smallest_scale,
                         o->largest_scale);
    bool noisy = attr_option_is_given(o, ATTR_OPTION_clones);
    if (noisy && o->clones == 0)
        return attr_fail(ATTR_BAD_INPUT, "dream: clones=auto has no error to wait for; a number of clones is needed");
    if (is_flag(o, ATTR_OPTION_fresh_clones) && !noisy)
        return attr_fail(ATTR_BAD_INPUT, "dream: -fresh_clones needs -clones N");
    return ATTR_OK;
}

/* A target is that of no picture: what only a picture has cannot be meant. */
static attr_status check_target(const wishing *w) {
    const char *text = w->session->options.target;
    for (int i = 0; i < w->text.count; ++i) {
        const attr_target_term *t = &w->text.term[i];
        if (t->place != ATTR_PLACE_UNSAID && t->place != ATTR_PLACE_CELL)
            return attr_target_fail(text, t->place_at, "a %s needs a picture; a dream has a cell, or a class",
                                    attr_place_name(t->place));
        if (t->class_word == ATTR_CLASS_TRUTH || t->class_word == ATTR_CLASS_RUNNER_UP)
            return attr_target_fail(text, t->class_at, "that class is one of a picture; a dream needs its name");
    }
    return ATTR_OK;
}

static attr_status find_question(question *out, const wishing *w) {
    const attr_session *s = w->session;
    const attr_options *o = &s->options;
    const attr_target_term *first = &w->text.term[0];
    *out = ASKS_CHANNEL;
    if (is_flag(o, ATTR_OPTION_channel)) return ATTR_OK;
    ATTR_TRY(check_target(w));
    if (is_flag(o, ATTR_OPTION_detection) && !s->is_detector)
        return attr_fail(ATTR_BAD_INPUT, "dream: -detection needs a detector; a classifier has -class");
    bool names_class = is_flag(o, ATTR_OPTION_detection) || 0 != strcmp(o->class, "predicted");
    *out = !s->is_detector ? ASKS_CLASS : first->place == ATTR_PLACE_CELL ? ASKS_CELL : ASKS_ANYWHERE;
    if (names_class || *out == ASKS_CELL || first->class_word == ATTR_CLASS_NAMED) return ATTR_OK;
    return attr_fail(ATTR_BAD_INPUT, "dream: of what? -%s NAME, or -layer L -channel C",
                     s->is_detector ? "detection" : "class");
}

/* ---- Wishes */

/* Names what the wish is of, for people, and its folder: `stem`, its number if there are several of that name, `part`.
 */
static attr_status name_wish(const wishing *w, attr_dream_wish *wish, const char *class_name, const char *stem,
                             const char *part) {
    const attr_options *o = &w->session->options;
    char stem_part[ATTR_NAME_PART], rest[ATTR_NAME_PART] = "", noise[32] = "", number[16] = "";
    attr_name_part(stem_part, stem);
    if (part[0]) attr_name_part(rest, part);
    if (attr_option_is_given(o, ATTR_OPTION_clones))
        snprintf(noise, sizeof noise, "_noisegrad%lld", (long long)o->clones);
    int same = 1;
    for (const attr_dream_wish *other = w->wishes; other != wish; ++other)
        same += 0 == strcmp(other->class_name, class_name);
    if (same > 1) snprintf(number, sizeof number, "_%d", same);
    snprintf(wish->name, sizeof wish->name, "%s%s%s%s", stem_part, number, rest, noise);
    return attr_copy_text(&wish->class_name, class_name);
}

static attr_status wish_channel(wishing *w) {
    attr_session *s = w->session;
    const attr_options *o = &s->options;
    const layer *layers = s->model->net->layers;
    attr_dream_wish *wish = &w->wishes[0];
    char name[64], stem[96];
    if (o->layer >= s->model->net->n)
        return attr_fail(ATTR_BAD_INPUT, "dream: -layer %lld: the network has layers 0 to %d", (long long)o->layer,
                         s->model->net->n - 1);
    int writer = attr_layer_writer(layers, (int)o->layer);
    if (writer < 0)
        return attr_fail(ATTR_BAD_INPUT, "dream: -layer %lld only passes on the network's input", (long long)o->layer);
    bool centre = o->unit == ATTR_UNIT_CENTRE;
    ATTR_TRY(attr_dream_engine(s, w->blank, writer));
    ATTR_TRY(attr_objective_of_channel(&wish->objective, s->engine, writer, (int)o->channel, centre));
    w->count = 1;
    wish->class_index = -1;
    snprintf(wish->text, sizeof wish->text, "channel %lld, %s", (long long)o->channel, centre ? "centre" : "mean");
    snprintf(name, sizeof name, "layer %lld [%s]", (long long)o->layer, attr_layer_name(layers[o->layer].type));
    snprintf(stem, sizeof stem, "layer%lld_channel%lld%s", (long long)o->layer, (long long)o->channel,
             centre ? "_centre" : "");
    return name_wish(w, wish, name, stem, "");
}

static attr_status wish_class_anywhere(wishing *w, int class_index) {
    attr_session *s = w->session;
    attr_dream_wish *wish = &w->wishes[w->count];
    attr_target_word quantity = w->text.term[0].quantity;
    char number[16];
    ATTR_TRY(attr_objective_anywhere(&wish->objective, s->engine, quantity, class_index));
    ++w->count;
    wish->class_index = class_index;
    snprintf(wish->text, sizeof wish->text, "%s, anywhere",
             quantity == ATTR_TARGET_AUTO ? "log score" : attr_quantity_name(quantity));
    const char *name = attr_class_name(s, class_index, number);
    return name_wish(w, wish, name, name, "");
}

static attr_status wish_anywhere(wishing *w) {
    attr_session *s = w->session;
    const attr_options *o = &s->options;
    const attr_target_term *term = &w->text.term[0];
    bool named = is_flag(o, ATTR_OPTION_detection);
    char *wanted = NULL;
    if (w->text.count == 2)
        return attr_target_fail(o->target, 0, "a difference needs a cell: score(cell 121/0/5/5, dog) - ...");
    if (term->class_word == ATTR_CLASS_NAMED) {
        int found = attr_find_class(s, term->class_name, strlen(term->class_name), term->is_quoted);
        if (found < 0) return attr_target_fail(o->target, term->class_at, "there is no class \"%s\"", term->class_name);
        return wish_class_anywhere(w, found);
    }
    ATTR_TRY(attr_read_classes(&wanted, s, named ? "detection" : "class", named ? o->detection : o->class));
    if (!wanted) return attr_fail(ATTR_BAD_INPUT, "dream: -detection needs the name of a class");
    attr_status status = ATTR_OK;
    for (int i = 0; status == ATTR_OK && i < s->classes; ++i)
        if (wanted[i]) status = wish_class_anywhere(w, i);
    free(wanted);
    return status;
}

/* A classifier's classes or a detector's cell: what attr_choose() makes of the options where nothing is seen. */
static attr_status wish_chosen(wishing *w) {
    attr_session *s = w->session;
    attr_choice *choices = NULL;
    int count = 0;
    ATTR_TRY(attr_choose(&choices, &count, w->blank, s));
    attr_status status = ATTR_OK;
    for (int i = 0; status == ATTR_OK && i < count; ++i) {
        attr_dream_wish *wish = &w->wishes[w->count];
        char number[16];
        status = attr_allocate(&wish->objective.targets, 1, sizeof(attr_target *), "targets");
        if (status != ATTR_OK) break;
        wish->objective.targets[0] = choices[i].target;
        wish->objective.count = 1;
        choices[i].target = NULL;
        ++w->count;
        wish->class_index = choices[i].class_index;
        memcpy(wish->text, choices[i].text, sizeof wish->text);
        const char *name = attr_class_name(s, wish->class_index, number);
        status = name_wish(w, wish, name, name, choices[i].part);
    }
    attr_choices_free(choices, count);
    return status;
}

/* What cells and classes are looked for in: grey. */
static attr_status look_at_grey(wishing *w) {
    attr_session *s = w->session;
    size_t size = (size_t)s->model->net->inputs;
    float *grey = NULL;
    ATTR_TRY(attr_dream_engine(s, w->blank, -1));
    ATTR_TRY(attr_allocate(&grey, size, sizeof *grey, "the input"));
    for (size_t i = 0; i < size; ++i) grey[i] = 0.5f;
    attr_engine_set_input_f32(s->engine, 0, grey);
    attr_engine_forward(s->engine, 1);
    free(grey);
    return ATTR_OK;
}

static attr_status make_wishes(wishing *w) {
    attr_session *s = w->session;
    question asked;
    ATTR_TRY(check_flags(&s->options));
    ATTR_TRY(attr_read_target(&w->text, s->options.target));
    ATTR_TRY(find_question(&asked, w));
    ATTR_TRY(attr_blank_explanation(&w->blank, s));
    ATTR_TRY(attr_allocate(&w->wishes, (size_t)s->classes + 1, sizeof *w->wishes, "dreams"));
    if (asked == ASKS_CHANNEL) return wish_channel(w);
    ATTR_TRY(look_at_grey(w));
    return asked == ASKS_ANYWHERE ? wish_anywhere(w) : wish_chosen(w);
}

attr_status attr_wishes_read(attr_dream_wish **wishes, int *count, attr_session *s) {
    wishing w = {.session = s};
    attr_status status = make_wishes(&w);
    attr_explanation_free(w.blank);
    *wishes = w.wishes;
    *count = w.count;
    if (status == ATTR_OK) return ATTR_OK;
    attr_wishes_free(w.wishes, w.count);
    *wishes = NULL;
    *count = 0;
    return status;
}

void attr_wishes_free(attr_dream_wish *wishes, int count) {
    for (int i = 0; i < count; ++i) {
        attr_objective_free(&wishes[i].objective);
        free(wishes[i].class_name);
    }
    free(wishes);
}
