#define _GNU_SOURCE /* memfd_create */
#include "model/model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/background.h"
#include "base/files.h"
#include "base/memory.h"
#include "model/parameters.h"
#include "model/random_weights.h"
#include "model/shapes.h"
#include "model/weights_file.h"

/* Turns stderr away; returns what attr_unmute needs, -1 if it could not. */
static int mute(bool talk) {
    if (talk) return -1;
    fflush(stderr);
    int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (kept >= 0 && nowhere >= 0) dup2(nowhere, STDERR_FILENO);
    if (nowhere >= 0) close(nowhere);
    return kept;
}

static void unmute(int kept) {
    if (kept < 0) return;
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
}

static _Thread_local bool sets_weights;

int attr_sets_weights(void) {
    return sets_weights;
}

/* Whether a weights file has all weights: what these keys leave out stays as Darknet drew it. */
static bool loads_all(const attr_cfg *cfg) {
    for (int i = 0; i < cfg->count; ++i) {
        const attr_section *section = &cfg->sections[i];
        if (attr_cfg_find(section, "dontload") || attr_cfg_find(section, "numload")) return false;
    }
    return true;
}

/* Writes the checked cfg into a file without a name and lets Darknet read that. */
static attr_status parse(network **net, const attr_cfg *cfg, const char *weights_path, bool talk) {
    int descriptor = memfd_create("cfg", MFD_CLOEXEC);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (!file) return attr_fail(ATTR_IO, "%s: no temporary file for it: %s", cfg->path, strerror(errno));
    attr_status status = attr_cfg_write_for_darknet(cfg, file);
    if (status == ATTR_OK && fflush(file) != 0)
        status = attr_fail(ATTR_IO, "%s: writing a temporary file failed: %s", cfg->path, strerror(errno));
    if (status == ATTR_OK) {
        char path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
        int kept = mute(talk);
        sets_weights = !weights_path || loads_all(cfg);
        *net = parse_network_cfg(path);
        sets_weights = false;
        for (int i = 0; i < (*net)->n; ++i) /* load_weights() divides by it; [deconvolutional] leaves it 0 */
            if ((*net)->layers[i].type == DECONVOLUTIONAL) (*net)->layers[i].groups = 1;
        if (weights_path) load_weights(*net, (char *)weights_path);
        unmute(kept);
    }
    fclose(file);
    return status;
}

typedef struct {
    char *hex;
    const char *path;
} file_hash;

static attr_status hash_file(void *argument) {
    const file_hash *hash = argument;
    return attr_hash_file(hash->hex, attr_find_file(hash->path));
}

/* The hash is made while Darknet reads the file. */
static attr_status read_files(attr_model *model, const attr_cfg *cfg, const char *weights_path, bool talk) {
    file_hash hash = {model->weights_hash, weights_path};
    attr_background hashing = {0};
    if (weights_path) attr_background_start(&hashing, hash_file, &hash);
    attr_status status = parse(&model->net, cfg, weights_path, talk);
    attr_status hashed = attr_background_wait(&hashing);
    return status == ATTR_OK ? hashed : status;
}

attr_status attr_model_load(attr_model **out, const attr_cfg *cfg, const char *weights_path, uint64_t seed, bool talk) {
    attr_shape *shapes = NULL;
    int count = 0;
    attr_model *model = NULL;
    *out = NULL;
    gpu_index = -1;
    attr_status status = attr_cfg_shapes(&shapes, &count, cfg);
    if (status == ATTR_OK && weights_path) status = attr_weights_check(weights_path, shapes, count);
    if (status == ATTR_OK) status = attr_allocate(&model, 1, sizeof *model, "a model");
    if (status == ATTR_OK) status = read_files(model, cfg, weights_path, talk);
    free(shapes);
    if (status == ATTR_OK && weights_path) status = attr_weights_check_values(model->net, weights_path);
    if (status == ATTR_OK && !weights_path) status = attr_random_weights(model->net, seed);
    if (status != ATTR_OK) {
        attr_model_free(model);
        return status;
    }
    model->checksum = attr_parameters_checksum(model->net);
    *out = model;
    return ATTR_OK;
}

void attr_model_free(attr_model *model) {
    if (!model) return;
    if (model->net) { /* free_network() forgets these */
        free(model->net->seen);
        free(model->net->t);
        free(model->net->cost);
        free(model->net->workspace);
        free_network(model->net);
    }
    free(model);
}
