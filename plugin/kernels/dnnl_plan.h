/* The inside of a convolution through oneDNN, shared by the files that make and run it. */
#ifndef ATTR_KERNELS_DNNL_PLAN_H
#define ATTR_KERNELS_DNNL_PLAN_H

#include "kernels/dnnl.h"
#include "kernels/dnnl_api.h"

/* Results first, first + step, ... of an axis, `count` of them: result i of them reads `taps` values from
 * i x advance + begin on. Its taps are those of the (flipped) kernel from first_tap on, `step` apart. */
typedef struct {
    int first, count, begin, taps, first_tap;
} attr_dnnl_axis;

/* What a thread needs for a call. */
typedef struct {
    dnnl_stream_t stream;
    dnnl_memory_t from, to, own;
} attr_dnnl_hands;

/* Result pixels that read through the same taps. They are computed in bands of `rows` rows, the last of which overlaps
 * the one before. */
typedef struct {
    attr_dnnl_axis y, x;
    int rows, bands;
    dnnl_primitive_desc_t found; /* NULL if no tap reads anything: then results are 0 */
    dnnl_primitive_t run;
    attr_dnnl_layout layout;
    size_t weights_size; /* bytes of a part's */
    char *weights;       /* [groups][parts] */
    dnnl_memory_t *part; /* likewise */
    attr_dnnl_hands *hands;
    size_t *to_place, *from_place, *tap_place;
} attr_dnnl_class;

/* Bytes of the working memory of a thread up to where things are, and of all of it. At its start are the values of a
 * sample: [groups] of [above + from_h + below rows][from_w][channels of the group]. */
typedef struct {
    size_t group; /* from one group's values to the next */
    size_t result, own, all;
} attr_dnnl_scratch;

struct attr_dnnl_conv {
    int transposed, groups, size, stride, pad; /* pad: of the flipped kernel if transposed */
    int from_c, from_h, from_w, from_blocks;   /* of a group */
    int to_c, to_h, to_w, to_blocks;
    int parts, part_blocks; /* of result channels */
    int above, below;       /* rows of zeros */
    size_t element;         /* bytes of a value: 4 or 2 */
    size_t own_scratch;     /* oneDNN's */
    int classes, most_threads;
    attr_dnnl_class *class;
    attr_dnnl_scratch scratch;
};

/* Frees what a convolution holds. */
void attr_dnnl_release(attr_dnnl_conv *c);

#endif
