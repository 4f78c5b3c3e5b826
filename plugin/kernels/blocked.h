/* Convolutions of blocked tensors, for the float engine.
 *
 * A blocked tensor is [sample][channels / 16, rounded up][h][w][16]: sixteen channels of a pixel lie side by side and
 * are worked on by one vector instruction. What the lanes beyond the last channel hold is finite and of no meaning.
 *
 * Every convolution is a product of panels: values read (transformed or as they are) times weights, kept in registers
 * while the sum runs. Size 3 goes through Winograd's filtering (Lavin, Gray: Fast Algorithms for Convolutional Neural
 * Networks, 2016), which needs 1.8 to 2.25 products with stride 1 and 5.06 with stride 2 where the sum has 9;
 * everything else is gathered. Groups of one channel and convolutions of a picture have kernels of their own; a
 * backward may go through oneDNN (dnnl.h). Sums of ATTR_SUM_F64 are made in double precision and rounded once when
 * stored: Winograd's transforms cancel, and in single precision they cost a digit. ATTR_SUM_F32 does all in single
 * precision.
 *
 * Every result is summed in an order that depends on the shape only: the same bits for any threads and batch. */
#ifndef ATTR_KERNELS_BLOCKED_H
#define ATTR_KERNELS_BLOCKED_H

#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "base/status.h"
#include "kernels/kernels.h"

enum { attr_lanes = 16 };

/* Elements of a sample of a blocked tensor. */
static inline size_t attr_blocked_size(int channels, int h, int w) {
    return ((size_t)channels + attr_lanes - 1) / attr_lanes * attr_lanes * h * w;
}

/* Whether numbers are positive, of a pixel of a block: bit l tells it of channel l. In the order of a blocked tensor.
 */
typedef uint16_t attr_signs;

typedef enum { ATTR_SUM_F64, ATTR_SUM_F32 } attr_sum;

/* The most channels that the picture of a thin convolution has. */
enum { attr_thin = 4 };

/* Which implementation. What cannot do a shape or a direction leaves it to the rule; what rounds to bf16 and oneDNN
 * only make sums of ATTR_SUM_F32; oneDNN heeds nothing of attr_finish but `add`. */
typedef enum {
    ATTR_CONV_BY_RULE,
    ATTR_CONV_BY_WINOGRAD,
    ATTR_CONV_BY_GATHER,
    ATTR_CONV_BY_AMX, /* matrix units (amx/amx.h) */
    ATTR_CONV_BY_DNNL,
    ATTR_CONV_BY_DNNL_BF16, /* values and weights rounded to bf16 */
    ATTR_CONV_BY_AMX_BF16,  /* the same on matrix units, where they are faster than the rule's implementation */
    ATTR_CONV_BY_COUNT
} attr_conv_by;

/* Of a layer: of what it does forward and backward. */
typedef struct {
    attr_conv_by forward, backward;
} attr_conv_choice;

/* One direction of a convolution: from the shape's input to its output or, `transposed`, back (see kernels.h). With
 * `plain_input` the tensor on the side of the input is plain: for pictures of at most attr_thin channels, in one group,
 * for which blocks would be mostly empty. */
typedef struct {
    int transposed, plain_input;
    attr_sum sum;
    attr_conv_by by;
} attr_conv_direction;

/* Maxima of windows of 2 x 2 pixels side by side, h x w of them: window (i, j) has the pixels (2 i, 2 j) to
 * (2 i + 1, 2 j + 1) that there are; what they mean is what [maxpool] says (layers/maxpool.c). */
typedef struct {
    int h, w;
    int *indexes; /* the pixel of a maximum in its plane, -1 for none; as a blocked tensor of h x w */
} attr_pooling;

/* What a value of a blocked tensor becomes when it is read: times the derivative of an activation of two lines (1 where
 * `positive`, else `slope`; not when NULL), times scale[channel] (not when NULL; padded to 16 channels). With
 * `pooling`, where attr_blocked_conv_pools(), the tensor has gradients of maxima, and `positive` is theirs: the values
 * are these gradients where the maxima were, else 0. */
typedef struct {
    const attr_signs *positive;
    float slope;
    const float *scale;
    const attr_pooling *pooling; /* NULL: none */
} attr_gate;

/* What a sum becomes when it is stored: scale[channel] x sum + bias[channel] (both padded to 16 channels; NULL for 1
 * and 0), times `slope` where negative; added to what is there when `add`. `positive` is told what was, unless NULL;
 * blocked tensors only. With `pooling`, where attr_blocked_conv_pools(), maxima are stored, their indexes, and whether
 * they are positive. `plus`, where attr_blocked_conv_adds(), is as long as the result, and added to what would be
 * stored. `wanted` are pixels of the results, or of the maxima; none: all are. Of the others some may be stored, too.
 */
typedef struct {
    const double *scale, *bias;
    double slope;
    int add;
    attr_signs *positive;
    const attr_pooling *pooling; /* NULL: none */
    const float *plus;           /* NULL: none */
    attr_area wanted;
} attr_finish;

typedef struct attr_blocked_conv attr_blocked_conv;

/* Whether there is a blocked implementation for a shape: one group, groups of whole blocks of channels, or groups of
 * one channel (depthwise). */
int attr_blocked_conv_can(const attr_conv_shape *s);

/* Whether its input should better be plain. */
int attr_blocked_conv_is_thin(const attr_conv_shape *s);

/* The implementation that a direction gets: what it asks for if that can do it, else that of the rule. BY_RULE is the
 * answer where there is no other: groups of one channel, of a picture, and towards one but on matrix units. */
attr_conv_by attr_blocked_conv_by(const attr_conv_shape *s, attr_conv_direction direction);

/* Whether that is one of another library, which runs a whole batch at a time. */
int attr_blocked_conv_is_foreign(const attr_conv_shape *s, attr_conv_direction direction);

/* Whether a run forward can store maxima of windows, or one backward read gradients of such. */
int attr_blocked_conv_pools(const attr_conv_shape *s, attr_conv_direction direction);

/* Whether a run can add another tensor. */
int attr_blocked_conv_adds(const attr_conv_shape *s, attr_conv_direction direction);

/* So many rows, and columns, of results, the first of them, the next, .., are made of the same values: what a pixel is
 * depends, in its last digits, on what others of them read. */
typedef struct {
    int rows, columns;
} attr_together;
attr_together attr_blocked_conv_together(const attr_conv_shape *s, attr_conv_direction direction);

/* Owned by the caller. */
attr_status attr_blocked_conv_create(attr_blocked_conv **out, const attr_conv_shape *s, attr_conv_direction direction);
void attr_blocked_conv_free(attr_blocked_conv *c);

/* What a convolution keeps, and what a run and taking in weights need for each thread, in bytes. */
typedef struct {
    size_t kept, scratch;
} attr_blocked_conv_bytes;
attr_blocked_conv_bytes attr_blocked_conv_needs(const attr_conv_shape *s, attr_conv_direction direction);

/* Bytes of working memory that a run, and taking in weights, need for each thread, aligned to 64 bytes. */
size_t attr_blocked_conv_scratch(const attr_blocked_conv *c);
size_t attr_blocked_conv_pack_scratch(const attr_blocked_conv *there);

/* Takes in weights [n][c / groups][size][size] for both directions of one shape: from its input to its output
 * (transposed = 0), and back, which may read what `there` keeps and needs it for its runs. Thread t uses scratch + t x
 * scratch_each. */
void attr_blocked_conv_pack(attr_blocked_conv *there, attr_blocked_conv *back, const attr_noisy_array *weights,
                            void *scratch, size_t scratch_each, int threads);

/* Runs `count` samples with at most `threads` threads. */
void attr_blocked_conv_run(float *to, const float *from, const attr_blocked_conv *c, const attr_gate *gate,
                           const attr_finish *finish, int count, void *scratch, int threads);

#endif
