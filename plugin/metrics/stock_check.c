/* How far off is stock Darknet? Its own inference forward and backward, run as `nightmare` and every tutorial run it.
 */
#include "metrics/gradient_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/model.h"
#include "model/parameters.h"

/* Layers on which stock Darknet's CPU inference reads or writes outside its buffers. */
static const char *why_not(const network *net) {
    for (int i = 0; i < net->n; ++i) {
        const layer *l = &net->layers[i];
        if (l->type == BATCHNORM) return "its [batchnorm] layer writes through a null pointer";
        if (l->type == CONVOLUTIONAL && l->size == 1 && l->pad > 0)
            return "its padded 1x1 convolution reads behind its input";
        if (l->type == LOCAL && l->pad && l->size != 3) return "its padded [local] layer reads the wrong columns";
        if (l->type == REGION && l->softmax_tree) return "its [region] layer with a tree divides by a temperature of 0";
    }
    return NULL;
}

/* The workspace of a [local] layer is a quarter of what it writes; Darknet is lucky when another layer's is larger. */
static attr_status give_workspace(network *net) {
    size_t most = 0;
    for (int i = 0; i < net->n; ++i) {
        const layer *l = &net->layers[i];
        size_t bytes = l->workspace_size * (l->type == LOCAL ? sizeof(float) : 1);
        most = bytes > most ? bytes : most;
    }
    free(net->workspace);
    return attr_allocate(&net->workspace, most, 1, "Darknet's workspace");
}

static void clear_updates(const network *net) {
    for (int i = 0; i < net->n; ++i) {
        const layer *l = &net->layers[i];
        attr_parameter_counts n = attr_count_parameters(l);
        if (n.weights) memset(l->weight_updates, 0, n.weights * sizeof(float));
        if (n.biases) memset(l->bias_updates, 0, n.biases * sizeof(float));
        if (n.statistics) memset(l->scale_updates, 0, n.statistics * sizeof(float));
    }
}

static void compare(attr_stock_check *out, const float *theirs, const double *ours, size_t n) {
    double product = 0, a = 0, b = 0;
    for (size_t i = 0; i < n; ++i) {
        product += theirs[i] * ours[i];
        a += (double)theirs[i] * theirs[i];
        b += ours[i] * ours[i];
    }
    out->cosine = a > 0 && b > 0 ? product / (sqrt(a) * sqrt(b)) : 0;
    out->length = b > 0 ? sqrt(a / b) : NAN;
}

attr_status attr_check_stock(attr_stock_check *out, network *net, const double *gradient, int layer_index, size_t entry,
                             const float *x) {
    size_t n = (size_t)net->inputs;
    *out = (attr_stock_check){.cannot_run = why_not(net), .cosine = NAN, .length = NAN};
    if (out->cannot_run) return ATTR_OK;
    float *input = NULL, *delta = NULL;
    attr_status status = attr_allocate(&input, n, sizeof *input, "an input");
    if (status == ATTR_OK) status = attr_allocate(&delta, n, sizeof *delta, "a gradient");
    if (status == ATTR_OK) status = give_workspace(net);
    if (status == ATTR_OK) {
        network before = *net;
        memcpy(input, x, n * sizeof *input); /* some of Darknet's layers write into their input */
        set_batch_network(net, 1);
        net->input = input;
        net->delta = delta;
        net->truth = NULL;
        net->train = 0;
        forward_network(net);
        net->layers[layer_index].delta[entry] = 1; /* after the forward, which zeroes it */
        backward_network(net);
        clear_updates(net);
        net->input = before.input;
        net->delta = before.delta;
        net->truth = before.truth;
        compare(out, delta, gradient, n);
    }
    free(input);
    free(delta);
    return status;
}
