/* Tuned files: which implementation is the fastest for a layer's convolution, where it is not that of the rule.
 *
 * Lines of Darknet's grammar, comments with #:
 *
 *   network=8c0d151fe5a0b3c2       attr_network_hash() of the network that it was measured for
 *   precision=f32                  the option's word at that time
 *   forward.12=gather              layer 12 (from 0) uses these for its convolution;
 *   backward.12=dnnl               the words are winograd, gather, amx, dnnl, dnnl_bf16, amx_bf16
 */
#ifndef ATTR_MODEL_TUNED_H
#define ATTR_MODEL_TUNED_H

#include <stdint.h>
#include <stdio.h>

#include "base/status.h"
#include "darknet.h"
#include "kernels/blocked.h"

/* Of kinds and sizes of all layers; not of parameters. */
uint64_t attr_network_hash(const network *net);

/* The word for an implementation ("gather"); "rule" for ATTR_CONV_BY_RULE. */
const char *attr_conv_by_word(attr_conv_by by);

/* Puts what a file says over choices[net->n]. `precision` is the word of the option. ATTR_BAD_INPUT with FILE:LINE for
 * what is wrong with it, and for a file that was made for another network or precision; ATTR_UNSUPPORTED if it needs
 * oneDNN or AMX and there is none. */
attr_status attr_tuned_read(attr_conv_choice *choices, const char *path, const network *net, const char *precision);

/* Writes the choices that are not ATTR_CONV_BY_RULE. `remarks` are comment lines, each with its "# " and newline. */
void attr_tuned_write(FILE *file, const attr_conv_choice *choices, const network *net, const char *precision,
                      const char *remarks);

#endif
