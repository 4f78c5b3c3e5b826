/* Networks that Darknet trains before a study: in a folder of their own beside the weights, which are there when the
 * training is complete and not before. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/memory.h"
#include "base/program.h"
#include "commands/experiment.h"
#include "model/cfg.h"

enum { NAME_SIZE = ATTR_TEXT_SIZE + 256 };

typedef struct {
    const attr_experiment_training *asked;
    bool has_boxes;
    char made[NAME_SIZE];   /* what the weights were made of: WEIGHTS.made */
    char folder[NAME_SIZE]; /* WEIGHTS.training */
    char log[NAME_SIZE];    /* WEIGHTS.log */
    char *content;          /* of `made` */
} training;

/* ---- What the weights are made of */

/* Names of pictures count, not what is in them. */
static attr_status describe(char **out, const attr_experiment_training *t, const char *list) {
    char cfg_hash[65], data_hash[65], list_hash[65];
    ATTR_TRY(attr_hash_file(cfg_hash, t->cfg));
    ATTR_TRY(attr_hash_file(data_hash, t->data));
    ATTR_TRY(attr_hash_file(list_hash, list));
    ATTR_TRY(attr_allocate(out, 512, 1, "a description"));
    snprintf(*out, 512, "seed=%d\ncfg=%s\ndata=%s\ntrain=%s\n", t->seed, cfg_hash, data_hash, list_hash);
    return ATTR_OK;
}

/* Weights that stand without a description are the user's own. */
static attr_status check_made(const training *t) {
    char *before = NULL;
    if (access(t->made, F_OK) != 0) return ATTR_OK;
    ATTR_TRY(attr_read_file(&before, NULL, t->made, 1 << 16));
    bool is_same = strcmp(before, t->content) == 0;
    free(before);
    if (is_same) return ATTR_OK;
    return attr_fail(ATTR_BAD_INPUT,
                     "%s was trained with another cfg, .data file, list or seed than [train] has now: "
                     "remove it to have it trained again",
                     t->asked->weights);
}

static attr_status write_text(const char *path, const char *text) {
    attr_output output;
    ATTR_TRY(attr_write_begin(&output, path));
    fputs(text, output.file);
    return attr_write_commit(&output);
}

/* ---- The folder */

static void remove_folder(const char *path) {
    char name[2 * NAME_SIZE];
    DIR *folder = opendir(path);
    if (!folder) return;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.') unlink(name);
    }
    closedir(folder);
    rmdir(path);
}

/* The .data file with backup=, where Darknet puts weights, being the folder. */
static attr_status write_data(const training *t, const attr_cfg *data, const char *path) {
    attr_output output;
    ATTR_TRY(attr_write_begin(&output, path));
    const attr_section *all = &data->sections[0];
    for (int i = 0; i < all->count; i++)
        if (strcmp(all->options[i].key, "backup") != 0)
            fprintf(output.file, "%s=%s\n", all->options[i].key, all->options[i].value);
    fprintf(output.file, "backup=%s\n", t->folder);
    return attr_write_commit(&output);
}

/* The name that Darknet gives the weights at its end: that of the cfg up to its first dot. */
static void name_result(char out[2 * NAME_SIZE], const training *t) {
    const char *slash = strrchr(t->asked->cfg, '/'), *base = slash ? slash + 1 : t->asked->cfg;
    snprintf(out, 2 * NAME_SIZE, "%s/%.*s%s.weights", t->folder, (int)strcspn(base, "."), base,
             t->has_boxes ? "_final" : "");
}

/* ---- Training */

static attr_status check_cfg(training *t) {
    attr_cfg *cfg;
    ATTR_TRY(attr_cfg_read(&cfg, t->asked->cfg, ATTR_CFG_NET));
    t->has_boxes = false;
    for (int i = 0; i < cfg->count; i++)
        if (strcmp(cfg->sections[i].kind->name, "yolo") == 0 || strcmp(cfg->sections[i].kind->name, "region") == 0)
            t->has_boxes = true;
    const attr_cfg_option *end = attr_cfg_find(&cfg->sections[0], "max_batches");
    bool ends = end && atoi(end->value) > 0;
    attr_cfg_free(cfg);
    return ends ? ATTR_OK
                : attr_fail(ATTR_BAD_INPUT, "%s: max_batches= is missing: its training would not end", t->asked->cfg);
}

static attr_status run_darknet(const training *t, const attr_cfg *data) {
    char file[2 * NAME_SIZE], result[2 * NAME_SIZE], seed[16];
    snprintf(file, sizeof file, "%s/set.data", t->folder);
    snprintf(seed, sizeof seed, "%d", t->asked->seed);
    name_result(result, t);
    const char *const words[] = {
        "/proc/self/exe", t->has_boxes ? "detector" : "classifier", "train", file, attr_find_file(t->asked->cfg), NULL};
    ATTR_TRY(attr_make_folders(t->folder));
    ATTR_TRY(write_data(t, data, file));
    if (setenv("DARKNET_SEED", seed, 1) != 0) return attr_fail(ATTR_NO_MEMORY, "no memory for DARKNET_SEED");
    attr_status status = attr_run_program(words, t->log);
    unsetenv("DARKNET_SEED");
    ATTR_TRY(status);
    if (access(result, F_OK) != 0)
        return attr_fail(ATTR_IO, "%s: Darknet's training has not ended well, see %s", t->asked->cfg, t->log);
    ATTR_TRY(write_text(t->made, t->content));
    return rename(result, t->asked->weights) == 0 ? ATTR_OK
                                                  : attr_fail(ATTR_IO, "%s: cannot be written", t->asked->weights);
}

static attr_status train(training *t, const attr_cfg *data) {
    const attr_cfg_option *list = attr_cfg_find(&data->sections[0], "train");
    if (!list) return attr_fail(ATTR_BAD_INPUT, "%s: train= is missing", data->path);
    ATTR_TRY(describe(&t->content, t->asked, list->value));
    if (attr_is_trained(t->asked)) return check_made(t);
    ATTR_TRY(check_cfg(t));
    printf("%s is missing: Darknet trains %s, see %s\n", t->asked->weights, t->asked->cfg, t->log);
    fflush(stdout);
    remove_folder(t->folder);
    attr_status status = run_darknet(t, data);
    remove_folder(t->folder);
    return status;
}

bool attr_is_trained(const attr_experiment_training *asked) {
    return access(attr_find_file(asked->weights), F_OK) == 0;
}

attr_status attr_train(const attr_experiment_training *asked) {
    training t = {.asked = asked};
    attr_cfg *data = NULL;
    snprintf(t.made, sizeof t.made, "%s.made", asked->weights);
    snprintf(t.folder, sizeof t.folder, "%s.training", asked->weights);
    snprintf(t.log, sizeof t.log, "%s.log", asked->weights);
    attr_status status = attr_cfg_read(&data, asked->data, ATTR_CFG_DATA);
    if (status == ATTR_OK) status = train(&t, data);
    attr_cfg_free(data);
    free(t.content);
    return status;
}
