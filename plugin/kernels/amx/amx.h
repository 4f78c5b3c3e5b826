/* Convolutions of blocked tensors on matrix units (AMX: products of tiles of 16 x 32 bf16 numbers, summed in single
 * precision), as exact as those they replace.
 *
 * A float is the sum of three bf16 numbers: high (8 bits, to nearest), middle, low. Forward (ATTR_SUM_F64), of the nine
 * products of two floats' parts the six largest are summed: the others are 2^-23 of the whole at most. A unit sums
 * sixteen products at a time in single precision; those of two high parts have 16 bits, so that most of these sums are
 * exact. After 128 channels a sum is added to one in double precision. Results are 5.5e-8 off (l2), stored sums of
 * double precision 3e-8. Backward (ATTR_SUM_F32) all is summed in single precision, 5e-7 off; of 3x3 kernels with
 * stride 1 only the four products of high and middle parts, 2e-6 off, as Winograd's filtering is, which does them
 * elsewhere. With ATTR_CONV_BY_AMX_BF16 high parts only. Convolutions towards a picture have a kernel of their
 * own (picture.h).
 *
 * Numbers below 2^-126 count as 0, as do parts below it; infinity makes results that are not numbers.
 *
 * Values are kept as lines, not gathered for each tap. A line holds the pixels of rows one after the other with so many
 * zeros between them that a tap is a shift: result q of a line (q = row x pitch + column, over all samples) is the sum
 * over taps of weights times value q + offset[tap]. Some q are beyond the end of a row; they are summed, too, and not
 * stored. With a stride there is a line for each remainder of (y, x) by it. All classes of results read the same lines.
 * Samples that are small enough lie side by side: then there are no rows of zeros between them. */
#ifndef ATTR_KERNELS_AMX_H
#define ATTR_KERNELS_AMX_H

#include "kernels/simd/panel.h"

enum {
    attr_amx_rows = 16, /* results of a tile */
    attr_amx_tile = attr_amx_rows * attr_lanes,
    attr_amx_most_parts = 3,    /* high, middle, low */
    attr_amx_most_units = 1056, /* results of a block: 32 rows of 32, and a zero between two */
    attr_amx_most_stride = 2,
    attr_amx_line_apart = 17 /* numbers of a line, modulo 64: tiles of all parts are not in the same lines of a cache */
};

/* ATTR_UNSUPPORTED with the reason if this machine has no such units, or lets no program use them. */
attr_status attr_amx_ready(void);

/* Lines of samples first_sample .. end_sample-1. Of each row there are `across` samples side by side: so
 * many samples, and then the next ones below them. */
typedef struct {
    int first_sample, end_sample, across;
    int pitch, rows;                                             /* from a row, and from a sample, to the next */
    int result_rows;                                             /* of the class with most */
    int width, height;                                           /* columns and rows that hold pixels */
    int first, last;                                             /* least and largest offset; 0 is between them */
    int planes;                                                  /* lines, by remainder */
    int remainders[attr_amx_most_stride * attr_amx_most_stride]; /* of a plane: y x advance + x */
} attr_amx_lines;
attr_amx_lines attr_amx_lines_of(const attr_blocked_conv *c, int first_sample, int end_sample, int across);

/* How many samples should be a block of units of their own, all of them side by side; 0: blocks are cut anywhere, and
 * across is 1. */
int attr_amx_across(const attr_blocked_conv *c);

/* The rows of samples that are side by side are at most so long. */
enum { attr_amx_most_across = 128 };

/* Of the pitches of a line that number n is row i of a sample. */
typedef struct {
    int sample, i;
} attr_amx_row;
static inline attr_amx_row attr_amx_row_of(const attr_amx_lines *l, int n) {
    int row = n / l->across;
    return (attr_amx_row){l->first_sample + row / l->rows * l->across + n % l->across, row % l->rows};
}

/* Where tap t of a class reads. */
typedef struct {
    int plane, offset;
} attr_amx_tap;
attr_amx_tap attr_amx_tap_of(const attr_amx_lines *l, const attr_pixel_class *class, int t);

/* Whether a number of a line has the channels of a pixel and of the next one, for there is no second block. */
static inline int attr_amx_pairs_pixels(const attr_blocked_conv *c) {
    return c->from_blocks == 1 && c->size > 1 && c->stride == 1 && !c->transposed;
}

/* What two taps, side by side, or one are multiplied with together: so many times of a pair of blocks. The second of a
 * time is -1 if there is none. */
typedef struct {
    int first, second;
} attr_amx_taps;
static inline int attr_amx_times(const attr_blocked_conv *c, const attr_pixel_class *class) {
    return attr_amx_pairs_pixels(c) ? c->size * ((c->size + 1) / 2) : class->taps;
}
static inline attr_amx_taps attr_amx_taps_of(const attr_blocked_conv *c, int time) {
    int pairs = (c->size + 1) / 2, x = 2 * (time % pairs), first = time / pairs * c->size + x;
    if (!attr_amx_pairs_pixels(c)) return (attr_amx_taps){time, -1};
    return (attr_amx_taps){first, x + 1 < c->size ? first + 1 : -1};
}

/* Numbers of a line for so many results. */
int attr_amx_line(const attr_amx_lines *l, int units);

/* For a block of units of one sample, whatever the class. */
size_t attr_amx_usual_line(const attr_blocked_conv *c);

/* Pairs of blocks of channels whose weights are in a panel at a time: so many that it has about as many steps. */
enum { attr_amx_panel_steps = 18 };
static inline int attr_amx_panel_pairs(int taps) {
    return taps > 0 && taps < attr_amx_panel_steps ? attr_amx_panel_steps / taps : 1;
}

/* Of how many classes the sums are kept at a time: while other channels are read, of all. */
static inline size_t attr_amx_sums_kept(const attr_blocked_conv *c) {
    return c->transposed && c->chunk_blocks < c->from_blocks ? (size_t)c->stride * c->stride : 1;
}

/* Bytes of working memory of a thread, and those of its sums; `taps` of the class with most. */
size_t attr_amx_sums(const attr_blocked_conv *c);
size_t attr_amx_scratch(const attr_blocked_conv *c, int taps);

extern const attr_simd attr_simd_amx_f64, attr_simd_amx_f32;

/* Whether sums are of single precision. */
static inline int attr_amx_is_single(const attr_blocked_conv *c) {
    return c->simd->element == sizeof(float);
}

/* ---- Between run.c, panels.c, product.c and results.c. Numbers of the first two panels are two bf16: the one of an
 * even block of channels in the lower half, that of the next block in the upper.
 *
 *   values   [pair of blocks][plane][part][line][16]
 *   weights  [pair][time][tile of columns][part][16 channels][16 columns]
 *   sums     [range of columns][strip][tile of columns][16 results][16 columns], f64 or f32
 */

/* Blocks block .. block+blocks-1 of the channels read. */
void attr_amx_read(uint32_t *values, const float *from, const attr_unit_block *u, const attr_gate *gate,
                   const attr_amx_lines *l, int block, int blocks);

/* Weights of all tiles of columns from `column` on for these blocks. */
void attr_amx_weigh(uint32_t *weights, const attr_unit_block *u, int column, int block, int blocks);

/* Block `block` of the result's channels, whose sums are `tile` tiles behind those of the first column; of windows all
 * rows are in the block of units. `samples`: of the whole run. */
void attr_amx_write(float *to, const void *sums, int tile, const attr_unit_block *u, const attr_amx_lines *l,
                    const attr_finish *finish, int block, int samples);

/* Of the calling thread, before and after its products. */
void attr_amx_begin(void);
void attr_amx_end(void);

/* 32 products for each sum: values of the first strip, all parts `part` numbers apart; weights of all tiles of columns.
 */
typedef struct {
    const uint32_t *values, *weights;
} attr_amx_step;

/* At once: their weights stay in the first-level cache, their sums in tiles. */
enum { attr_amx_steps = 4, attr_amx_steps_of_one_part = 6 };

/* sums [strips][tiles of columns][16][16] (+)= the products of count <= attr_amx_steps steps; `fresh` stores, else
 * adds. Of two tiles of columns (f64) or four (f32) only the first `tiles` are wanted. */
void attr_amx_multiply_f64(double *sums, const attr_amx_step *steps, int count, int strips, size_t part, int tiles,
                           int fresh);
void attr_amx_multiply_f32(float *sums, const attr_amx_step *steps, int count, int strips, size_t part, int parts,
                           int tiles, int fresh);

#endif
