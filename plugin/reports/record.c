/* run.cfg: how to repeat a run. */
#include "reports/reports.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "reports/attack.h"
#include "reports/dream.h"
#include "reports/sanity.h"
#include "reports/text.h"
#include "reports/triage.h"
#include "reports/valid.h"

static void write_words(FILE *file, const char *const *words, int count) {
    for (int i = 0; i < count; i++) {
        putc(' ', file);
        attr_shell_word(file, words[i]);
    }
}

static void write_command(FILE *file, const attr_explanation *e, const char *command, const char *record_path) {
    const char *words[] = {"attribute",    command,         e->data_path ? e->data_path : "DATA",
                           e->cfg_path,    e->weights_path, e->picture_path,
                           "-attribution", record_path};
    fputs("# Repeat it:\n#   darknet", file);
    write_words(file, words, sizeof words / sizeof *words);
}

static void write_hash(FILE *file, const char *hash, const char *path) {
    fprintf(file, "#   %-64s  ", hash);
    attr_shell_word(file, path); /* keeps the comment in its line */
    putc('\n', file);
}

static void write_hashes(FILE *file, const attr_explanation *e) {
    fprintf(file, "\n# SHA-256 of what it read:\n");
    write_hash(file, e->cfg_hash, e->cfg_path);
    write_hash(file, e->weights_hash, e->weights_path);
    write_hash(file, e->picture_hash, e->picture_path);
    if (e->tuned_hash[0]) write_hash(file, e->tuned_hash, e->options.tuned);
    putc('\n', file);
}

attr_status attr_write_record(FILE *file, const attr_explanation *e, const char *path) {
    fprintf(file, ATTR_RECORD_MARK " %s: all options of one run, defaults included\n", ATTR_VERSION);
    write_command(file, e, "test", path);
    write_hashes(file, e);
    return attr_options_write(file, &e->options, 0);
}

attr_status attr_write_attack_record(FILE *file, const attr_explanation *e, const char *path) {
    fprintf(file, ATTR_RECORD_MARK " %s: all options of one attack, defaults included\n", ATTR_VERSION);
    write_command(file, e, "attack", path);
    write_hashes(file, e);
    return attr_options_write(file, &e->options, 0);
}

attr_status attr_write_comparison_record(FILE *file, const attr_comparison *c, const char *path) {
    const attr_options *o = c->options;
    const char *words[] = {"-methods", o->methods, "-shared_scale"};
    fprintf(file, ATTR_RECORD_MARK " %s: the options that a comparison was given, all others are each method's own\n",
            ATTR_VERSION);
    write_command(file, c->parts[0].e, "compare", path);
    write_words(file, words, o->shared_scale ? 3 : 2);
    write_hashes(file, c->parts[0].e);
    return attr_options_write(file, o, ATTR_WRITE_GIVEN);
}

static void write_hashes_of(FILE *file, const attr_session *s, const attr_session *second, const char *list) {
    char hash[65];
    fprintf(file, "\n# SHA-256 of what it read:\n");
    write_hash(file, s->cfg_hash, s->cfg_path);
    write_hash(file, s->model->weights_hash, s->weights_path);
    if (second) write_hash(file, second->model->weights_hash, second->weights_path);
    if (attr_hash_file(hash, attr_find_file(list)) == ATTR_OK) write_hash(file, hash, list); /* or a folder */
    putc('\n', file);
}

/* A run over a list: `given` are the options that only its command has, `count` words; `second` may be NULL. */
static attr_status write_list_record(FILE *file, const attr_session *s, const attr_session *second,
                                     const attr_options *o, const char *command, const char *list, const char *path,
                                     const char *const *given, int count) {
    const char *words[] = {
        "attribute",    command, s->data_path ? s->data_path : "DATA", s->cfg_path, s->weights_path, list,
        "-attribution", path};
    fprintf(file, ATTR_RECORD_MARK " %s: the options that a %s was given, all others are each method's own\n",
            ATTR_VERSION, command);
    fputs("# Repeat it:\n#   darknet", file);
    write_words(file, words, sizeof words / sizeof *words);
    write_words(file, given, count);
    write_hashes_of(file, s, second, list);
    return attr_options_write(file, o, ATTR_WRITE_GIVEN);
}

attr_status attr_write_triage_record(FILE *file, const attr_triage *t, const char *path) {
    const char *given[] = {"-methods", t->options->methods};
    bool several = attr_option_is_given(t->options, ATTR_OPTION_methods);
    return write_list_record(file, t->survey->session, NULL, t->options, "triage", t->list, path, given,
                             several ? 2 : 0);
}

/* The words of valid's own options; returns how many. */
enum { most_valid_words = 22 };
static int list_valid_words(const char **words, const attr_options *o, const char *pictures, const char *shift) {
    const char *const always[] = {"-methods", o->methods, "-metrics", o->metrics, "-pictures", pictures};
    int count = 0;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) words[count++] = always[i];
    const char *const texts[][2] = {
        {"-polygons", o->polygons}, {"-masks", o->masks}, {"-second", o->second}, {"-partner", o->partner}};
    if (o->as_published) words[count++] = "-as_published";
    if (o->mask == ATTR_MASK_POLYGON) words[count++] = "-mask=polygon";
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!texts[i][1][0]) continue;
        words[count++] = texts[i][0];
        words[count++] = texts[i][1];
    }
    if (attr_option_is_given(o, ATTR_OPTION_shift)) {
        words[count++] = "-shift";
        words[count++] = shift;
    }
    return count;
}

/* A method's options as comments, for they are several sections. */
static attr_status write_method(FILE *file, const attr_scored_method *method) {
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (!memory) return attr_fail(ATTR_NO_MEMORY, "out of memory for a record");
    attr_status status = attr_options_write(memory, method->options, ATTR_WRITE_GIVEN);
    if (fclose(memory) != 0 && status == ATTR_OK) status = attr_fail(ATTR_NO_MEMORY, "out of memory for a record");
    fputs("# ", file);
    attr_shell_word(file, method->label);
    fputs("\n", file);
    for (char *line = text, *end; status == ATTR_OK && line && (end = strchr(line, '\n')); line = end + 1)
        fprintf(file, "#   %.*s\n", (int)(end - line), line);
    free(text);
    return status;
}

/* A network of an experiment. */
static attr_status write_part_record(FILE *file, const attr_valid *v, const char *const *words, int count) {
    const attr_scoring *s = v->scoring;
    fprintf(file, ATTR_RECORD_MARK " %s: a network of an experiment and its methods\n", ATTR_VERSION);
    fprintf(file, "# Repeat it:\n#   darknet attribute %s\n# Of its own:\n#  ", v->command);
    write_words(file, words, count);
    write_hashes_of(file, s->session, s->second, v->list);
    for (int i = 0; i < s->method_count; i++) ATTR_TRY(write_method(file, &s->methods[i]));
    return ATTR_OK;
}

attr_status attr_write_valid_record(FILE *file, const attr_valid *v, const char *path) {
    const attr_options *o = v->scoring->given;
    const char *words[most_valid_words];
    char pictures[32], shift[32];
    snprintf(pictures, sizeof pictures, "%lld", (long long)o->pictures);
    snprintf(shift, sizeof shift, "%.17g", o->shift);
    int count = list_valid_words(words, o, pictures, shift);
    if (v->command) return write_part_record(file, v, words, count);
    return write_list_record(file, v->scoring->session, v->scoring->second, o, "valid", v->list, path, words, count);
}

/* What only flags say. */
static void write_sanity_flags(FILE *file, const attr_options *o) {
    fputs(" -checks ", file);
    const char *comma = "";
    for (int k = 0; k < ATTR_SANITY_CHECKS; k++) {
        if (!(o->checks & 1u << k)) continue;
        fprintf(file, "%s%s", comma, attr_check_name(k));
        comma = ",";
    }
    if (o->stages > 0) fprintf(file, " -stages %lld", (long long)o->stages);
    fprintf(file, " -perturbation_step %lld -other_classes %lld -shift %.17g", (long long)o->perturbation_step,
            (long long)o->other_classes, o->shift);
}

attr_status attr_write_sanity_record(FILE *file, const attr_sanity_report *r, const char *path) {
    const attr_session *s = r->checks->session;
    const attr_options *o = r->options;
    const char *words[] = {"attribute",
                           "sanity",
                           s->data_path ? s->data_path : "DATA",
                           s->cfg_path,
                           s->weights_path,
                           r->pictures ? r->pictures : "PICTURES",
                           "-attribution",
                           path,
                           "-methods",
                           o->methods};
    bool several = attr_option_is_given(o, ATTR_OPTION_methods);
    fprintf(file, ATTR_RECORD_MARK " %s: the options that sanity checks were given, all others are each method's own\n",
            ATTR_VERSION);
    fputs("# Repeat it:\n#   darknet", file);
    if (r->command) {
        fprintf(file, " attribute %s\n# Of its own:\n#  ", r->command);
    } else {
        write_words(file, words, several ? 10 : 8);
    }
    write_sanity_flags(file, o);
    fprintf(file, "\n# SHA-256 of what it read:\n");
    write_hash(file, s->cfg_hash, s->cfg_path);
    write_hash(file, s->model->weights_hash, s->weights_path);
    for (int i = 0; i < r->checks->picture_count; i++)
        write_hash(file, r->checks->pictures[i].hash, r->checks->pictures[i].path);
    putc('\n', file);
    return attr_options_write(file, o, ATTR_WRITE_GIVEN);
}

static void write_flag(FILE *file, const attr_options *o, const char *name, attr_option option) {
    char value[ATTR_TEXT_SIZE];
    attr_option_text(value, o, option);
    const char *const words[] = {name, value};
    write_words(file, words, 2);
}

#define FLAG(name) write_flag(file, o, "-" #name, ATTR_OPTION_##name)

/* What only flags say of a dream. */
static void write_dream_flags(FILE *file, const attr_options *o, bool of_channel) {
    if (of_channel) {
        FLAG(layer);
        FLAG(channel);
        FLAG(unit);
    }
    if (o->detection[0]) FLAG(detection);
    FLAG(dream_steps);
    FLAG(dream_rate);
    FLAG(rotation);
    FLAG(smallest_scale);
    FLAG(largest_scale);
    FLAG(jitter);
    if (o->fresh_clones) fputs(" -fresh_clones", file);
}

#undef FLAG

attr_status attr_write_dream_record(FILE *file, const attr_dream_report *r, const char *path) {
    const attr_session *s = r->session;
    const char *words[] = {"attribute",    "dream", s->data_path ? s->data_path : "DATA", s->cfg_path, s->weights_path,
                           "-attribution", path};
    fprintf(file, ATTR_RECORD_MARK " %s: the options that a dream was given\n", ATTR_VERSION);
    fputs("# Repeat it:\n#   darknet", file);
    write_words(file, words, sizeof words / sizeof *words);
    write_dream_flags(file, r->options, r->wish->class_index < 0);
    fprintf(file, "\n# SHA-256 of what it read:\n");
    write_hash(file, s->cfg_hash, s->cfg_path);
    write_hash(file, s->model->weights_hash, s->weights_path);
    if (r->dreamed->seen->tuned_hash[0]) write_hash(file, r->dreamed->seen->tuned_hash, r->options->tuned);
    putc('\n', file);
    return attr_options_write(file, r->options, ATTR_WRITE_GIVEN);
}
