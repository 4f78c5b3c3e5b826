#include "small_network.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static uint64_t generator;

double test_uniform(double low, double high) { /* splitmix64 */
    uint64_t z = generator += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return low + (high - low) * ((double)(z >> 11) * 0x1p-53);
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count + !count, size);
    cr_assert(memory, "out of memory");
    return memory;
}

static void write_cfg(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    cr_assert(file, "%s", path);
    for (; *text; text++) putc(*text == ' ' ? '\n' : *text, file);
    putc('\n', file);
    fclose(file);
}

/* Darknet reports each layer on stderr. */
static network *parse_quietly(char *path) {
    fflush(stderr);
    int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    close(null);
    network *net = parse_network_cfg(path);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    return net;
}

static void fill(float *values, size_t n, double low, double high) {
    for (size_t i = 0; values && i < n; i++) values[i] = (float)test_uniform(low, high);
}

static void randomize(layer *l, double gain) {
    size_t weights = 0, biases = 0, channels = 0, sums = 1; /* `sums` is how many products an output adds up */
    switch (l->type) {
    case CONVOLUTIONAL:
    case DECONVOLUTIONAL:
        weights = l->nweights;
        biases = channels = l->n;
        sums = l->type == CONVOLUTIONAL ? weights / l->n : weights / l->n / (l->stride * l->stride) + 1;
        break;
    case CONNECTED:
        weights = (size_t)l->outputs * l->inputs;
        biases = channels = l->outputs;
        sums = l->inputs;
        break;
    case LOCAL:
        sums = (size_t)l->c * l->size * l->size;
        weights = sums * l->outputs;
        biases = l->outputs;
        break;
    case BATCHNORM:
        biases = channels = l->c;
        if (!l->x) l->x = allocate((size_t)l->outputs * l->batch, sizeof(float)); /* Darknet writes to it */
        break;
    default:
        return;
    }
    double range = gain * sqrt(3. / sums);
    fill(l->weights, weights, -range, range);
    fill(l->biases, biases, -0.5, 0.5);
    fill(l->scales, channels, 0.5, 1.5);
    fill(l->rolling_mean, channels, -0.5, 0.5);
    fill(l->rolling_variance, channels, 0.5, 2);
}

network *make_test_network(const char *cfg, double gain) {
    char path[] = "/tmp/attr-layers-XXXXXX";
    int descriptor = mkstemp(path);
    cr_assert(descriptor >= 0, "%s", path);
    close(descriptor);
    write_cfg(path, cfg);
    network *net = parse_quietly(path);
    unlink(path);

    generator = 0;
    size_t workspace = 0;
    for (int i = 0; i < net->n; i++) {
        randomize(&net->layers[i], gain);
        if (net->layers[i].workspace_size > workspace) workspace = net->layers[i].workspace_size;
    }
    /* [local] states its need in elements, not in bytes. */
    free(net->workspace);
    net->workspace = allocate(workspace, sizeof(float));
    return net;
}

void free_test_network(network *net) {
    free(net->workspace);
    free_network(net);
}
