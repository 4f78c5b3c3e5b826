/* Random changes to good files: the checks of plugin/model must answer every file with a status, and what they let pass
 * must be safe for Darknet. Worth most with the sanitizers on. Included by tests/test_fuzz.c, and by fuzz_checks.c, the
 * program for longer runs. Works in the working folder, where net.cfg and net.weights are the files of the last try. */
#ifndef TESTS_FUZZ_CHECKS_H
#define TESTS_FUZZ_CHECKS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "darknet.h"
#include "model/shapes.h"
#include "model/weights_file.h"

enum { fuzz_largest = 4096, fuzz_most_floats = 20000 };

typedef struct {
    uint64_t state;
    long tries, accepted, run_by_darknet;
    char failure[512]; /* "" if there was none */
} fuzz_run;

static unsigned int fuzz_below(fuzz_run *run, unsigned int limit) {
    run->state = run->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned int)((run->state >> 33) % limit);
}

static const char *const fuzz_nets[] = {
    "[net]\nbatch=8\nwidth=9\nheight=7\nchannels=4\n[convolutional]\nbatch_normalize=1\nfilters=8\nsize=3\nstride="
    "2\npad=1\n"
    "groups=2\nactivation=leaky\n[maxpool]\nsize=2\nstride=1\npadding=1\n[shortcut]\nfrom=-2\nactivation=linear\n"
    "[dropout]\nprobability=.5\n[upsample]\nstride=2\n[route]\nlayers=-1,0\n[avgpool]\n[connected]\noutput=6\n"
    "activation=relu\n[softmax]\ngroups=2\n[cost]\ntype=sse\n",
    "[net]\nwidth=8\nheight=8\nchannels=3\n[deconvolutional]\nfilters=4\nsize=4\nstride=2\npadding=1\nactivation=elu\n"
    "[local]\nfilters=4\nsize=3\nstride=1\npad=1\nactivation=tanh\n[reorg]\nstride=2\nreverse=1\n[crop]\ncrop_width=8\n"
    "crop_height=6\nnoadjust=1\n[normalization]\nsize=3\nalpha=.1\nbeta=.75\nkappa=1\n[batchnorm]\n[l2norm]\n"
    "[activation]\nactivation=selu\n[logistic]\n[reorg]\nstride=2\nextra=3\n",
    "[net]\nwidth=4\nheight=4\nchannels=3\n[convolutional]\nfilters=14\nsize=1\nnumload=3\nactivation=linear\n[yolo]\n"
    "mask=0,2\nanchors=1,2,3,4,5,6\nclasses=2\nnum=3\nscale_x_y=1\n[route]\nlayers=0\n[region]\nanchors=1,2,3,4\n"
    "classes=2\ncoords=4\nnum=2\nsoftmax=1\nbackground=0\n",
    "[net]\ninputs=12\n[connected]\noutput=18\nbatch_normalize=1\ndontload=0\ndontloadscales=1\nactivation=logistic\n"
    "[detection]\nclasses=8\ncoords=4\nnum=2\nside=1\nsqrt=1\nsoftmax=1\n[attribution]\nmethod=gradient\n",
};

/* Appends a line of another net, or numbers and characters that have a meaning. */
static const char *fuzz_piece(fuzz_run *run, char piece[128]) {
    static const char *const pieces[] = {"0",
                                         "1",
                                         "2",
                                         "3",
                                         "-1",
                                         "-2",
                                         "4",
                                         "7",
                                         "16",
                                         "255",
                                         "=",
                                         "[",
                                         "]",
                                         "#",
                                         "\n",
                                         ",",
                                         "1.5",
                                         "16384",
                                         "-3",
                                         "2147483647",
                                         "\r",
                                         "",
                                         "[net]",
                                         "\xef",
                                         "-",
                                         " ",
                                         "4294967296",
                                         "1e30",
                                         "nan",
                                         "65536",
                                         "\nflatten=1\n",
                                         "\nflipped=1\n",
                                         "\nbackground=1\n",
                                         "\nsize=2\n",
                                         "\nstride=-2\n",
                                         "\n[max]\n"};
    if (fuzz_below(run, 2)) return pieces[fuzz_below(run, sizeof pieces / sizeof *pieces)];
    const char *line = fuzz_nets[fuzz_below(run, sizeof fuzz_nets / sizeof *fuzz_nets)];
    for (unsigned int skip = fuzz_below(run, 30); skip > 0 && strchr(line, '\n')[1]; skip--)
        line = strchr(line, '\n') + 1;
    snprintf(piece, 128, "\n%.*s\n", (int)strcspn(line, "\n"), line);
    return piece;
}

/* Replaces `length` bytes at `at` by a piece. */
static void fuzz_splice(char *text, size_t *size, size_t at, size_t length, const char *piece) {
    size_t added = strlen(piece);
    if (at > *size) at = *size;
    if (length > *size - at) length = *size - at;
    if (*size - length + added > fuzz_largest) return;
    memmove(text + at + added, text + at + length, *size - at - length);
    memcpy(text + at, piece, added);
    *size = *size - length + added;
}

/* One change: mostly of a whole number or a whole line, so that much of the file stays meaningful. */
static void fuzz_change(fuzz_run *run, char *text, size_t *size) {
    char piece[128];
    size_t at = fuzz_below(run, (unsigned int)*size + 1), length = 0;
    const char *added = fuzz_piece(run, piece);
    switch (fuzz_below(run, 6)) {
    case 0: /* one byte */
        if (at < *size) text[at] = (char)fuzz_below(run, 256);
        return;
    case 1: /* a line less */
        while (at > 0 && text[at - 1] != '\n') at--;
        while (at + length < *size && text[at + length] != '\n') length++;
        fuzz_splice(text, size, at, length + 1, "");
        return;
    case 2: /* something more */
        fuzz_splice(text, size, at, 0, added);
        return;
    default: /* another value */
        while (at < *size && text[at] != '=') at++;
        if (at < *size) at++;
        while (at + length < *size && text[at + length] != '\n') length++;
        if (added[0] == '\n' || added[0] == '[') added = "3";
        fuzz_splice(text, size, at, length, added);
    }
}

static void fuzz_put(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) abort();
}

/* Gives a layer what Darknet's forward passes write to, but its parser does not allocate: the workspace of [local] is
 * counted in floats and allocated in bytes, [batchnorm] keeps its input in an array that only its GPU code makes. */
static void fuzz_mend(size_t *workspace, layer *l) {
    size_t bytes = l->workspace_size * (l->type == LOCAL ? sizeof(float) : 1);
    if (bytes > *workspace) *workspace = bytes;
    if (l->type == BATCHNORM) l->x = calloc(l->outputs, sizeof *l->x);
}

/* Darknet makes the network and runs it. */
static void fuzz_darknet(fuzz_run *run, const attr_cfg *cfg, const attr_shape *shapes, int count) {
    FILE *file = fopen("written.cfg", "w");
    if (!file) abort();
    if (attr_cfg_write_for_darknet(cfg, file) != ATTR_OK)
        snprintf(run->failure, sizeof run->failure, "not written: %s", attr_error_message());
    fclose(file);
    network *net = parse_network_cfg("written.cfg");
    size_t workspace = 1;
    for (int i = 0; i < count; i++) {
        layer *l = &net->layers[i];
        int list = shapes[i].out_w == 0;
        fuzz_mend(&workspace, l);
        if (l->outputs != shapes[i].outputs || l->inputs != shapes[i].inputs ||
            (!list && l->out_w != shapes[i].out_w) || (!list && l->out_h != shapes[i].out_h) ||
            (!list && l->out_c != shapes[i].out_c))
            snprintf(run->failure, sizeof run->failure, "layer %d [%s]: other sizes than Darknet's", i, shapes[i].name);
    }
    free(net->workspace);
    net->workspace = calloc(1, workspace);
    float *input = calloc(net->inputs, sizeof *input);
    for (int i = 0; i < net->inputs; i++) input[i] = (float)(i % 7) / 7;
    network_predict(net, input);
    free(input);
    free(net->workspace);
    free_network(net);
    run->run_by_darknet++;
}

static void fuzz_shapes(fuzz_run *run, const attr_cfg *cfg) {
    attr_shape *shapes;
    int count;
    size_t floats = 0;
    if (attr_cfg_shapes(&shapes, &count, cfg) != ATTR_OK) return;
    run->accepted++;
    for (int i = 0; i < count; i++) floats += shapes[i].weights + shapes[i].outputs;
    if (floats <= fuzz_most_floats) fuzz_darknet(run, cfg, shapes, count);
    free(shapes);
}

static void fuzz_cfg(fuzz_run *run) {
    char text[fuzz_largest + 1];
    const char *net = fuzz_nets[fuzz_below(run, sizeof fuzz_nets / sizeof *fuzz_nets)];
    size_t size = strlen(net);
    memcpy(text, net, size);
    for (unsigned int changes = 1 + fuzz_below(run, 1 + fuzz_below(run, 5)); changes > 0; changes--)
        fuzz_change(run, text, &size);
    fuzz_put("net.cfg", text, size);
    run->tries++;
    static const attr_cfg_mode modes[] = {ATTR_CFG_DATA, ATTR_CFG_ATTRIBUTION, ATTR_CFG_NET};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        attr_cfg *cfg = NULL;
        attr_status status = attr_cfg_read(&cfg, "net.cfg", modes[i]);
        if ((status == ATTR_OK) != (cfg != NULL) || (status != ATTR_OK && strncmp(attr_error_message(), "net.cfg:", 8)))
            snprintf(run->failure, sizeof run->failure, "%s: %.400s", attr_status_name(status), attr_error_message());
        if (cfg && modes[i] == ATTR_CFG_NET) fuzz_shapes(run, cfg);
        attr_cfg_free(cfg);
    }
}

/* A weights file of some length and version passes if and only if Darknet would read it to the byte. */
static void fuzz_weights(fuzz_run *run) {
    static const int32_t versions[] = {0, 1, 2, 999, 1000, 1001, -1, 0x20202020, INT32_MAX, INT32_MIN};
    enum { kinds = sizeof versions / sizeof *versions, needed = 4 * 9 + 4 };
    static const attr_shape shapes[] = {{.name = "convolutional", .parameters = needed - 4},
                                        {.name = "maxpool"},
                                        {.name = "connected", .parameters = 4}};
    static unsigned char bytes[20 + 4 * needed + 8];
    int32_t major = versions[fuzz_below(run, kinds)], minor = versions[fuzz_below(run, kinds)];
    size_t size = fuzz_below(run, 3) ? sizeof bytes - 12 + fuzz_below(run, 13) : fuzz_below(run, sizeof bytes);
    memcpy(bytes, &major, 4);
    memcpy(bytes + 4, &minor, 4);
    for (size_t i = 8; i < sizeof bytes; i++) bytes[i] = (unsigned char)fuzz_below(run, 32);
    fuzz_put("net.weights", bytes, size);
    run->tries++;
    int long_seen = (int64_t)major * 10 + minor >= 2 && major < 1000 && minor < 1000;
    int fits = major >= 0 && minor >= 0 && size == (long_seen ? 20 : 16) + 4 * (size_t)needed;
    attr_status status = attr_weights_check("net.weights", shapes, 3);
    run->accepted += status == ATTR_OK;
    if ((status == ATTR_OK) != fits || (status != ATTR_OK && status != ATTR_BAD_INPUT)) {
        snprintf(run->failure, sizeof run->failure, "version %d.%d, %zu bytes: %s %.300s", major, minor, size,
                 attr_status_name(status), status == ATTR_OK ? "" : attr_error_message());
    }
}

#endif
