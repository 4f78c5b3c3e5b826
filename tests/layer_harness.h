/* Everything that must hold for a layer, checked on a small network that is described by a line of text.
 *
 *   check_layers(&(layer_row){.cfg = "[net] height=7 width=9 channels=3 [maxpool] size=2 stride=2"});
 *
 * expects, for a batch of three different samples, random parameters and a random weighted sum of the last layer's
 * outputs:
 *   - forward: single precision agrees with stock Darknet's forward in every layer, and with double precision;
 *   - backward: single agrees with double precision, double with finite differences of the double forward;
 *   - gradients are added to what is there, or stored where nobody wrote, and nothing is done for an input whose
 * gradient nobody asks for;
 *   - the same bits with one and two threads, in a batch of one and of three, in a pass that does not fill the batch,
 * and when tensors share memory.
 *
 * A failure prints the text. */
#ifndef ATTR_TESTS_LAYER_HARNESS_H
#define ATTR_TESTS_LAYER_HARNESS_H

#include "darknet.h"
#include "small_network.h"

/* The expected output of a layer for one sample; used where Darknet's own forward reads wrong memory. */
typedef void layer_formula(double *out, const double *in, const layer *l);

typedef struct {
    const char *cfg;        /* a cfg, spaces for new lines */
    layer_formula *formula; /* for a network of one layer; NULL: every layer is compared with Darknet's */
    double gain;            /* factor of the random weights, 0 means 1; large ones reach the far kinks of plse */
} layer_row;

void check_layers(const layer_row *row);

/* ||a - b|| / ||b||, where b is not 0. */
double relative_error(const double *a, const double *b, size_t n);

#endif
