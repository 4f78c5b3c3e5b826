#include "base/dispatch.h"
#include "kernels/amx/amx.h"

attr_status attr_amx_ready(void) {
    if (attr_cpu_newest() == ATTR_CPU_AMX) return ATTR_OK;
    return attr_fail(ATTR_UNSUPPORTED,
                     "it takes AMX (Intel since Sapphire Rapids), which this processor or system lacks");
}

static int down(int n, int by) {
    return (n >= 0 ? n : n - by + 1) / by;
}

static int most(int a, int b) {
    return a > b ? a : b;
}

static int least(int a, int b) {
    return a < b ? a : b;
}

static int remainder_of(const attr_pixel_class *class, int t) {
    int a = class->advance, y = class->dy[t], x = class->dx[t];
    return (y - down(y, a) * a) * a + x - down(x, a) * a;
}

/* Between two rows are the zeros that the taps left of the second and right of the first read. The first class has most
 * rows and columns. */
attr_amx_lines attr_amx_lines_of(const attr_blocked_conv *c, int first_sample, int end_sample, int across) {
    const attr_pixel_class *largest = c->class;
    attr_amx_lines l = {.across = across, .first_sample = first_sample, .end_sample = end_sample};
    int left = 0, right = 0, above = 0, below = 0;
    for (int k = 0; k < c->classes; ++k) {
        const attr_pixel_class *class = &c->class[k];
        for (int t = 0; t < class->taps; ++t) {
            int y = down(class->dy[t], class->advance), x = down(class->dx[t], class->advance), p = 0;
            left = most(left, -x);
            right = most(right, x);
            above = most(above, -y);
            below = most(below, y);
            while (p < l.planes && l.remainders[p] != remainder_of(class, t)) ++p;
            if (p == l.planes) l.remainders[l.planes++] = remainder_of(class, t);
        }
    }
    l.result_rows = largest->rows;
    l.width = least(attr_parts(c->from_w, largest->advance), largest->columns + right);
    l.height = least(attr_parts(c->from_h, largest->advance), largest->rows + below);
    l.pitch = most(largest->columns + right, l.width + left);
    l.rows = most(largest->rows + below, l.height + above);
    l.first = -above * across * l.pitch - left;
    l.last = below * across * l.pitch + right;
    return l;
}

/* Samples one after the other have rows of zeros between them, side by side they have not. */
int attr_amx_across(const attr_blocked_conv *c) {
    attr_amx_lines l = attr_amx_lines_of(c, 0, 1, 1);
    int fitting = least(c->most_units / (l.result_rows * l.pitch), attr_amx_most_across / l.pitch);
    return l.rows > l.result_rows && fitting > 1 && 2 * fitting * l.result_rows * l.pitch > c->most_units ? fitting : 0;
}

attr_amx_tap attr_amx_tap_of(const attr_amx_lines *l, const attr_pixel_class *class, int t) {
    int p = 0;
    while (l->remainders[p] != remainder_of(class, t)) ++p;
    return (attr_amx_tap){p, down(class->dy[t], class->advance) * l->across * l->pitch +
                                 down(class->dx[t], class->advance)};
}

int attr_amx_line(const attr_amx_lines *l, int units) {
    int n = attr_parts(units, attr_amx_rows) * attr_amx_rows + l->last - l->first;
    return n + (attr_amx_line_apart - n % 64 + 64) % 64;
}

/* Offsets go over at most `size` rows, and columns, of a line that has them on both sides. */
static size_t line_bound(const attr_blocked_conv *c, size_t pitch) {
    size_t size = (size_t)attr_parts(c->size, c->transposed ? 1 : c->stride);
    return attr_parts(c->most_units, attr_amx_rows) * (size_t)attr_amx_rows + (pitch + 2 * size + 1) * size + 63;
}

static size_t columns_of(const attr_blocked_conv *c) {
    return (size_t)attr_parts(c->to_w, c->transposed ? c->stride : 1);
}

size_t attr_amx_usual_line(const attr_blocked_conv *c) {
    return line_bound(c, columns_of(c));
}

static size_t longest_line(const attr_blocked_conv *c) {
    size_t columns = columns_of(c);
    return line_bound(c, columns > attr_amx_most_across ? columns : attr_amx_most_across);
}

size_t attr_amx_sums(const attr_blocked_conv *c) {
    int columns = attr_parts(c->to_blocks * attr_lanes, c->simd->columns) * c->simd->columns;
    if (columns > c->most_columns) columns = c->most_columns;
    return attr_amx_sums_kept(c) * (size_t)columns * c->most_units * c->simd->element;
}

size_t attr_amx_scratch(const attr_blocked_conv *c, int taps) {
    size_t pairs = (size_t)attr_parts(c->chunk_blocks, 2), planes = c->transposed ? 1 : (size_t)c->stride * c->stride;
    size_t pair = attr_lanes * sizeof(uint32_t), columns = (size_t)c->simd->columns;
    return attr_amx_sums(c) +
           c->parts * pair * (pairs * planes * longest_line(c) + most(taps, attr_amx_panel_steps) * columns);
}
