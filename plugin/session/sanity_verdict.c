#include "session/sanity_verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "metrics/rank.h"

const char *attr_verdict_name(attr_verdict_word word) {
    static const char *const names[] = {"cannot be told", "passes", "doubtful", "fails"};
    return names[word];
}

/* Sums over the maps of a method. */
typedef struct {
    int maps, empty; /* `empty`: further maps beside a map_0 that are the same everywhere, and agree with nothing */
    double value, beside, also, left; /* sums of one number a map each */
    double most;                      /* the largest single number */
    int most_layer;                   /* and its layer */
    const char *problem;              /* of a map that does not count */
} tally;

static const attr_sanity_stage *last_of(const attr_sanity_series *s) {
    return s->count > 0 ? &s->stages[s->count - 1] : NULL;
}

static bool is_empty(const attr_sanity_stage *stage) {
    return isnan(stage->agreement.spearman) && isnan(stage->agreement.absolute);
}

static double known(double value) {
    return isnan(value) ? 0 : value;
}

static attr_verdict_word grade(double value, double passes, double doubtful) {
    return value <= passes ? ATTR_VERDICT_PASSES : value <= doubtful ? ATTR_VERDICT_DOUBTFUL : ATTR_VERDICT_FAILS;
}

/* ---- One map each. Each adds to the tally. */

static void add_randomised(tally *t, const attr_sanity_map *m, const attr_sanity_series *s) {
    if (s->problem || s->count < 2) return;
    if (is_empty(last_of(s))) {
        ++t->empty;
        return;
    }
    ++t->maps;
    t->value += attr_agreement_strength(&last_of(s)->agreement);
    t->beside += attr_chance_strength(&m->chance);
}

static void add_independent(tally *t, const attr_sanity_series *s) {
    double sum = 0;
    int count = 0;
    if (s->problem) return;
    for (int i = 1; i < s->count; ++i) {
        if (is_empty(&s->stages[i])) {
            ++t->empty;
            continue;
        }
        ++count;
        double strength = attr_agreement_strength(&s->stages[i].agreement);
        sum += strength;
        if (strength < t->most) continue;
        t->most = strength;
        t->most_layer = s->stages[i].layer;
    }
    if (count == 0) return;
    ++t->maps;
    t->value += sum / count;
}

static void add_classes(tally *t, const attr_sanity_series *s) {
    double sum = 0, magnitudes = 0;
    int count = 0;
    if (s->problem) return;
    for (int i = 0; i < s->count; ++i) {
        if (is_empty(&s->stages[i])) {
            ++t->empty;
            continue;
        }
        ++count;
        sum += known(s->stages[i].agreement.spearman);
        magnitudes += known(s->stages[i].agreement.absolute);
    }
    if (count == 0) return;
    ++t->maps;
    t->value += sum / count;
    t->also += magnitudes / count;
}

/* `also`: the agreement at the last t at which the probability was still ATTR_VERDICT_FALL of what it was. */
static attr_status add_perturbed(tally *t, const attr_sanity_series *s) {
    double *pairs = NULL, least = 1, kept = 1, left = 1, rank = NAN;
    size_t n = (size_t)s->count;
    if (s->problem || s->count < 5) return ATTR_OK;
    ATTR_TRY(attr_allocate(&pairs, 2 * n, sizeof *pairs, "a curve"));
    for (size_t i = 0; i < n; ++i) {
        const attr_sanity_stage *stage = &s->stages[i];
        t->empty += is_empty(stage);
        pairs[i] = known(stage->ratio);
        pairs[n + i] = known(stage->agreement.absolute);
        if (pairs[i] <= least) left = pairs[n + i];
        least = fmin(least, pairs[i]);
        if (pairs[i] >= ATTR_VERDICT_FALL) kept = pairs[n + i];
    }
    attr_status status = attr_spearman(&rank, pairs, pairs + n, n);
    free(pairs);
    if (status != ATTR_OK || least > ATTR_VERDICT_FALL) return status;
    ++t->maps;
    t->value += known(rank);
    t->also += kept;
    t->left += left;
    t->beside += least;
    return ATTR_OK;
}

static void add_shifted(tally *t, const attr_sanity_series *s) {
    if (s->problem || s->count < 2) return;
    ++t->maps;
    const attr_agreement *own = &s->stages[0].agreement, *gradient = &s->stages[1].agreement;
    bool by_sign = known(gradient->spearman) - known(own->spearman) > known(gradient->absolute) - known(own->absolute);
    t->value += known(by_sign ? own->spearman : own->absolute);
    t->beside += known(by_sign ? gradient->spearman : gradient->absolute);
}

/* ---- Words */

static void say_randomised(attr_verdict *v, int check) {
    double limit = fmax(ATTR_VERDICT_LOW, v->beside);
    const char *way = check == ATTR_CHECK_CASCADE ? "from the top" : "from the bottom";
    v->word = grade(v->value, limit, ATTR_VERDICT_HIGH);
    const char *said = v->word == ATTR_VERDICT_PASSES     ? "the maps depend on what was learned"
                       : v->word == ATTR_VERDICT_DOUBTFUL ? "a part of the maps is there without anything learned"
                                                          : "the maps hardly depend on what was learned";
    snprintf(v->text, sizeof v->text,
             "with all layers random (%s) maps agree with the network's by %.2f, by chance up to %.2f: %s", way,
             v->value, v->beside, said);
}

static void say_independent(attr_verdict *v, const tally *t) {
    v->word = grade(v->value, ATTR_VERDICT_HIGH, ATTR_VERDICT_ALIKE);
    snprintf(v->text, sizeof v->text,
             "with one layer random maps agree by %.2f in the mean over layers, at most by %.2f (layer %d): %s",
             v->value, t->most, t->most_layer,
             v->word == ATTR_VERDICT_PASSES     ? "nearly every layer counts"
             : v->word == ATTR_VERDICT_DOUBTFUL ? "some layers hardly count"
                                                : "most layers hardly count");
}

static void say_classes(attr_verdict *v, const tally *t) {
    v->word = grade(v->value, ATTR_VERDICT_HIGH, ATTR_VERDICT_ALIKE);
    snprintf(v->text, sizeof v->text, "maps of other classes agree by %.2f (magnitudes alone: %.2f): %s", v->value,
             t->also / t->maps,
             v->word == ATTR_VERDICT_PASSES     ? "the maps are those of their class"
             : v->word == ATTR_VERDICT_DOUBTFUL ? "much of the maps is the same for other classes"
                                                : "the maps are nearly the same for every class");
}

static void say_perturbed(attr_verdict *v, const tally *t) {
    double left = t->left / t->maps;
    bool stays = left > ATTR_VERDICT_ALIKE;
    v->word = stays ? ATTR_VERDICT_FAILS : grade(-v->value, -ATTR_VERDICT_STEP, -ATTR_VERDICT_WEAK);
    snprintf(v->text, sizeof v->text,
             "while the probability falls to %.0f %% of what it was, maps change in step with it by %.2f (rank "
             "correlation over t); where it is still %.0f %% they agree by %.2f, at last by %.2f: %s",
             100 * v->beside, v->value, 100 * ATTR_VERDICT_FALL, t->also / t->maps, left,
             stays                              ? "the maps stay what they are"
             : v->word == ATTR_VERDICT_PASSES   ? "the maps go as the prediction goes"
             : v->word == ATTR_VERDICT_DOUBTFUL ? "the maps go only partly as the prediction goes"
                                                : "the maps do not go as the prediction goes");
}

static void say_shifted(attr_verdict *v) {
    double loss = v->beside - v->value;
    v->word = grade(loss, ATTR_VERDICT_BORDER, ATTR_VERDICT_WEAK);
    snprintf(v->text, sizeof v->text,
             "for a shifted input that the network does not notice maps agree by %.2f, the plain gradient's by %.2f: "
             "%s",
             v->value, v->beside,
             v->word == ATTR_VERDICT_PASSES     ? "the shift changes hardly anything"
             : v->word == ATTR_VERDICT_DOUBTFUL ? "the shift changes something"
                                                : "the maps depend on where the input's zero is");
}

static void say(attr_verdict *v, const tally *t, int check) {
    switch (check) {
    case ATTR_CHECK_INDEPENDENT:
        say_independent(v, t);
        break;
    case ATTR_CHECK_LOGIT:
        say_classes(v, t);
        break;
    case ATTR_CHECK_PERTURBATION:
        say_perturbed(v, t);
        break;
    case ATTR_CHECK_SHIFT:
        say_shifted(v);
        break;
    default:
        say_randomised(v, check);
    }
}

static void say_unknown(attr_verdict *v, const tally *t, int check) {
    const char *why = t->empty > 0 && check != ATTR_CHECK_PERTURBATION
                          ? "all maps to compare with are the same everywhere"
                      : check == ATTR_CHECK_PERTURBATION ? "the probability hardly falls, or there are too few t"
                                                         : "there is no map";
    *v = (attr_verdict){.value = NAN, .beside = NAN};
    snprintf(v->text, sizeof v->text, "%.480s", t->problem ? t->problem : why);
}

static void say_empty(attr_verdict *v, const tally *t, int check) {
    size_t length = strlen(v->text);
    if (t->empty > 0)
        snprintf(v->text + length, sizeof v->text - length, " (%d map%s the same everywhere and %s)", t->empty,
                 t->empty == 1 ? " is" : "s are",
                 check == ATTR_CHECK_PERTURBATION ? "taken to agree by 0" : "left out");
}

/* ---- All */

attr_status attr_sanity_judge(attr_verdict *out, const attr_sanity *v, int method, int check) {
    tally t = {.most_layer = -1};
    for (int i = 0; i < v->map_count; ++i) {
        const attr_sanity_map *m = &v->maps[i];
        const attr_sanity_series *s = &m->series[check];
        if (m->method != method) continue;
        if (s->problem) t.problem = s->problem;
        if (check == ATTR_CHECK_INDEPENDENT)
            add_independent(&t, s);
        else if (check == ATTR_CHECK_LOGIT)
            add_classes(&t, s);
        else if (check == ATTR_CHECK_PERTURBATION)
            ATTR_TRY(add_perturbed(&t, s));
        else if (check == ATTR_CHECK_SHIFT)
            add_shifted(&t, s);
        else
            add_randomised(&t, m, s);
    }
    if (t.maps == 0) {
        say_unknown(out, &t, check);
        return ATTR_OK;
    }
    *out = (attr_verdict){.maps = t.maps, .value = t.value / t.maps, .beside = t.beside / t.maps};
    say(out, &t, check);
    say_empty(out, &t, check);
    return ATTR_OK;
}
