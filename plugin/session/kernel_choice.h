/* What the options say about how the engine computes: implementations of convolutions, the batch. */
#ifndef ATTR_SESSION_KERNEL_CHOICE_H
#define ATTR_SESSION_KERNEL_CHOICE_H

#include "darknet.h"
#include "kernels/blocked.h"
#include "model/lifetimes.h"
#include "options/options.h"

/* ATTR_UNSUPPORTED with the reason if this machine or build cannot do option `precision`. */
attr_status attr_check_precision(const attr_options *o);

/* The word of option `precision`. */
const char *attr_precision_name(const attr_options *o);

/* Implementations by option `precision` alone: choices[layers]. */
void attr_choose_by_precision(attr_conv_choice *choices, int layers, const attr_options *o);

/* By options `precision` and `tuned`: *choices has one for each layer; the caller's, released with free(). `hash` is
 * SHA-256 of the tuned file, "" if there is none. */
attr_status attr_choose_kernels(attr_conv_choice **choices, char hash[65], const network *net, const attr_options *o);

/* The batch that the options ask for, or as many inputs as fit into the memory, in an engine that keeps what is said,
 * and are of use; no more than `most`. */
int attr_choose_batch(const network *net, const attr_conv_choice *choices, attr_keep keep, const attr_options *o,
                      size_t most);

#endif
