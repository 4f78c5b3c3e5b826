/* sanity.csv and sanity.json. */
#include "reports/csv.h"
#include "reports/files.h"
#include "reports/sanity.h"

/* ---- sanity.csv */

static const char names[] =
    "picture,target,class,method,check,stage,layer,name,value,ratio,spearman,abs_spearman,pearson,overlap,ssim,"
    "noise_spearman,noise_abs_spearman,noise_pearson,noise_overlap,noise_ssim,low_spearman,low_abs_spearman,"
    "low_pearson,low_overlap,low_ssim,high_spearman,high_abs_spearman,high_pearson,high_overlap,high_ssim\n";

static void write_agreement(FILE *file, const attr_agreement *a, char end) {
    attr_csv_number(file, a->spearman, ',');
    attr_csv_number(file, a->absolute, ',');
    attr_csv_number(file, a->pearson, ',');
    attr_csv_number(file, a->overlap, ',');
    attr_csv_number(file, a->ssim, end);
}

static void write_line(FILE *file, const attr_sanity_report *r, const attr_sanity_map *m, int check,
                       const attr_sanity_stage *stage) {
    const char *label = r->methods[m->method].label;
    attr_csv_text(file, r->checks->pictures[m->picture].path, ',');
    fprintf(file, "%d,", m->number + 1);
    attr_csv_text(file, m->class_name, ',');
    attr_csv_text(file, label, ',');
    fprintf(file, "%s,%d,", attr_check_name(check), stage->number);
    if (stage->layer >= 0) fprintf(file, "%d", stage->layer);
    putc(',', file);
    attr_csv_text(file, stage->name ? stage->name : "", ',');
    attr_csv_number(file, stage->value, ',');
    attr_csv_number(file, stage->ratio, ',');
    write_agreement(file, &stage->agreement, ',');
    write_agreement(file, &m->chance.noise, ',');
    write_agreement(file, &m->chance.low, ',');
    write_agreement(file, &m->chance.high, '\n');
}

void attr_write_sanity_table(FILE *file, const attr_sanity_report *r) {
    fputs(names, file);
    for (int i = 0; i < r->checks->map_count; i++)
        for (int k = 0; k < ATTR_SANITY_CHECKS; k++) {
            const attr_sanity_series *s = &r->checks->maps[i].series[k];
            for (int j = 0; j < s->count; j++) write_line(file, r, &r->checks->maps[i], k, &s->stages[j]);
        }
}

/* ---- sanity.json */

static void put_agreement(attr_json *j, const char *key, const attr_agreement *a) {
    attr_json_open(j, key, '{');
    attr_json_number(j, "spearman", a->spearman);
    attr_json_number(j, "abs_spearman", a->absolute);
    attr_json_number(j, "pearson", a->pearson);
    attr_json_number(j, "overlap", a->overlap);
    attr_json_number(j, "ssim", a->ssim);
    attr_json_close(j, '}');
}

static void put_stage(attr_json *j, const attr_sanity_stage *stage, int check) {
    bool is_random = check <= ATTR_CHECK_INDEPENDENT;
    attr_json_open(j, NULL, '{');
    if (check == ATTR_CHECK_PERTURBATION) {
        attr_json_integer(j, "t", stage->number);
        attr_json_number(j, "ratio", stage->ratio);
    } else if (is_random) {
        attr_json_integer(j, "layers_replaced", stage->number);
        if (stage->layer >= 0) attr_json_integer(j, "layer", stage->layer);
    }
    if (stage->name)
        attr_json_text(j, is_random ? "kind" : check == ATTR_CHECK_LOGIT ? "class" : "method", stage->name);
    attr_json_number(j, "target_value", stage->value);
    put_agreement(j, "agreement", &stage->agreement);
    attr_json_close(j, '}');
}

static void put_series(attr_json *j, const attr_sanity_series *s, int check) {
    if (s->count == 0 && !s->problem) return;
    attr_json_open(j, attr_check_name(check), '{');
    if (s->problem) attr_json_text(j, "problem", s->problem);
    attr_json_open(j, "stages", '[');
    for (int i = 0; i < s->count; i++) put_stage(j, &s->stages[i], check);
    attr_json_close(j, ']');
    attr_json_close(j, '}');
}

static void put_map(attr_json *j, const attr_sanity_report *r, const attr_sanity_map *m) {
    attr_json_open(j, NULL, '{');
    attr_json_text(j, "picture", r->checks->pictures[m->picture].path);
    attr_json_integer(j, "target_number", m->number + 1);
    attr_json_text(j, "class", m->class_name);
    attr_json_number(j, "score", m->score);
    attr_json_text(j, "target", m->target);
    attr_json_number(j, "target_value", m->value);
    attr_json_number(j, "probability", m->probability);
    const char *label = r->methods[m->method].label;
    attr_json_text(j, "method", label);
    attr_json_integer(j, "width", m->width);
    attr_json_integer(j, "height", m->height);
    attr_json_open(j, "by_chance", '{');
    put_agreement(j, "noise", &m->chance.noise);
    put_agreement(j, "low", &m->chance.low);
    put_agreement(j, "high", &m->chance.high);
    attr_json_close(j, '}');
    attr_json_open(j, "checks", '{');
    for (int k = 0; k < ATTR_SANITY_CHECKS; k++) put_series(j, &m->series[k], k);
    attr_json_close(j, '}');
    attr_json_close(j, '}');
}

static void put_verdicts(attr_json *j, const attr_sanity_report *r) {
    attr_json_open(j, "verdicts", '[');
    for (int m = 0; m < r->method_count; m++)
        for (int k = 0; k < ATTR_SANITY_CHECKS; k++) {
            const attr_verdict *v = &r->verdicts[m][k];
            if (!(r->options->checks & 1u << k)) continue;
            attr_json_open(j, NULL, '{');
            const char *label = r->methods[m].label;
            attr_json_text(j, "method", label);
            attr_json_text(j, "check", attr_check_name(k));
            attr_json_text(j, "verdict", attr_verdict_name(v->word));
            attr_json_integer(j, "maps", v->maps);
            attr_json_number(j, "value", v->value);
            attr_json_number(j, "beside", v->beside);
            attr_json_text(j, "text", v->text);
            attr_json_close(j, '}');
        }
    attr_json_close(j, ']');
}

static void put_thresholds(attr_json *j) {
    attr_json_open(j, "thresholds", '{');
    attr_json_number(j, "randomised_passes", ATTR_VERDICT_LOW);
    attr_json_number(j, "randomised_doubtful", ATTR_VERDICT_HIGH);
    attr_json_number(j, "alike_passes", ATTR_VERDICT_HIGH);
    attr_json_number(j, "alike_doubtful", ATTR_VERDICT_ALIKE);
    attr_json_number(j, "in_step_passes", ATTR_VERDICT_STEP);
    attr_json_number(j, "in_step_doubtful", ATTR_VERDICT_WEAK);
    attr_json_number(j, "shift_loss_passes", ATTR_VERDICT_BORDER);
    attr_json_number(j, "shift_loss_doubtful", ATTR_VERDICT_WEAK);
    attr_json_close(j, '}');
}

void attr_write_sanity_summary(FILE *file, const attr_sanity_report *r) {
    attr_json j;
    attr_begin_summary(&j, file, r->checks->session);
    attr_json_integer(&j, "seed", r->options->seed);
    attr_json_number(&j, "shift", r->options->shift);
    attr_json_number(&j, "seconds", r->seconds);
    put_thresholds(&j);
    put_verdicts(&j, r);
    attr_json_open(&j, "maps", '[');
    for (int i = 0; i < r->checks->map_count; i++) put_map(&j, r, &r->checks->maps[i]);
    attr_json_close(&j, ']');
    attr_json_close(&j, '}');
    putc('\n', file);
}
