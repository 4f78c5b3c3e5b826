/* Stock Darknet's forward and backward, compiled as its own Makefile does with OPENMP=1: stock CFG
 *
 *   gradient threads=N          -> ms of one forward and backward
 *   layers threads=N passes=N   -> forward_ms, backward_ms of each layer
 *
 * Its gradient is wrong (see README.md), its cost is what counts. It computes one picture after the other even in a
 * batch, so one picture is enough. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "darknet.h"
#include "worker.h"

/* The plugin's patches have Darknet ask for these. */
const char *attr_find_file(const char *path) {
    return path;
}

int attr_sets_weights(void) {
    return 0;
}

/* Darknet starts from variances of 0, and would divide by 1e-6 in every layer. */
static void set_variances(network *net) {
    for (int i = 0; i < net->n; ++i) {
        layer *l = &net->layers[i];
        if (l->type == CONVOLUTIONAL && l->batch_normalize) fill_cpu(l->n, 1, l->rolling_variance, 1);
    }
}

static network *load(char *cfg) {
    gpu_index = -1;
    srand(1);
    network *net = parse_network_cfg(cfg);
    size_t inputs = (size_t)net->inputs;
    set_variances(net);
    net->train = 0;
    net->truth = NULL;
    net->input = bench_allocate(inputs, sizeof(float));
    net->delta = bench_allocate(inputs, sizeof(float));
    for (size_t i = 0; i < inputs; ++i) net->input[i] = (float)rand() / (float)RAND_MAX;
    return net;
}

/* Where a target's derivative goes in; after the forward, which zeroes it. */
static void seed(const network *net) {
    const layer *last = &net->layers[net->n - 1];
    last->delta[last->outputs / 2] = 1;
}

static void answer_gradient(FILE *out, const bench_request *request, void *context) {
    network *net = context;
    omp_set_num_threads(bench_number(request, "threads", 1));
    double begun = bench_now();
    memset(net->delta, 0, (size_t)net->inputs * sizeof(float));
    forward_network(net);
    seed(net);
    backward_network(net);
    fprintf(out, "{\"ms\": %.6g}\n", bench_now() - begun);
}

/* forward_network() with a clock. */
static void time_forward(bench_layer_times *times, const network *whole, int pass) {
    network net = *whole;
    for (int i = 0; i < net.n; ++i) {
        layer l = net.layers[i];
        double begun = bench_now();
        net.index = i;
        if (l.delta) fill_cpu(l.outputs * l.batch, 0, l.delta, 1);
        l.forward(l, net);
        net.input = l.output;
        times->forward[i * times->passes + pass] = bench_now() - begun;
    }
}

/* backward_network() with a clock. */
static void time_backward(bench_layer_times *times, const network *whole, int pass) {
    for (int i = whole->n - 1; i >= 0; --i) {
        network net = *whole;
        layer l = net.layers[i];
        double begun = bench_now();
        net.index = i;
        if (i > 0) {
            net.input = net.layers[i - 1].output;
            net.delta = net.layers[i - 1].delta;
        }
        l.backward(l, net);
        times->backward[i * times->passes + pass] = bench_now() - begun;
    }
}

static void answer_layers(FILE *out, const bench_request *request, void *context) {
    network *net = context;
    bench_layer_times times = bench_allocate_times(net->n, bench_number(request, "passes", 1));
    omp_set_num_threads(bench_number(request, "threads", 1));
    for (int pass = 0; pass < times.passes; ++pass) {
        memset(net->delta, 0, (size_t)net->inputs * sizeof(float));
        time_forward(&times, net, pass);
        seed(net);
        time_backward(&times, net, pass);
    }
    fputs("{", out);
    bench_write_medians(out, &times);
    fputs("}\n", out);
    bench_free_times(&times);
}

int main(int argc, char **argv) {
    static const bench_command commands[] = {{"gradient", answer_gradient}, {"layers", answer_layers}, {NULL, NULL}};
    FILE *out = bench_open_answers();
    if (argc != 2) {
        bench_answer_error(out, "usage: stock CFG");
        return 2;
    }
    network *net = load(argv[1]);
    fputs("{\"ready\": true}\n", out);
    fflush(out);
    bench_serve(out, commands, net);
    return 0;
}
