/* run.cfg: how to repeat a run. */
#include "reports/reports.h"

#include "reports/text.h"

static void write_command(FILE *file, const attr_explanation *e, const char *record_path) {
    const char *words[] = {e->data_path ? e->data_path : "DATA",
                           e->cfg_path,
                           e->weights_path,
                           e->picture_path,
                           "-attribution",
                           record_path};
    fputs("darknet attribute test", file);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        putc(' ', file);
        attr_shell_word(file, words[i]);
    }
}

static void write_hash(FILE *file, const char *hash, const char *path) {
    fprintf(file, "#   %-64s  ", hash);
    attr_shell_word(file, path); /* keeps the comment in its line */
    putc('\n', file);
}

attr_status attr_write_record(FILE *file, const attr_explanation *e, const char *path) {
    fprintf(file, ATTR_RECORD_MARK " %s: all options of one run, defaults included\n# Repeat it:\n#   ", ATTR_VERSION);
    write_command(file, e, path);
    fprintf(file, "\n# SHA-256 of what it read:\n");
    write_hash(file, e->cfg_hash, e->cfg_path);
    write_hash(file, e->weights_hash, e->weights_path);
    write_hash(file, e->picture_hash, e->picture_path);
    if (e->tuned_hash[0]) write_hash(file, e->tuned_hash, e->options.tuned);
    putc('\n', file);
    return attr_options_write(file, &e->options, 0);
}
