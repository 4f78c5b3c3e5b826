#include "images/letterbox.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const float padding = .5f;

static int at_least_one(int64_t n) {
    return n < 1 ? 1 : (int)n;
}

void attr_letterbox_make(attr_letterbox *out, int net_w, int net_h, int picture_w, int picture_h) {
    attr_letterbox b = {.net_w = net_w, .net_h = net_h, .picture_w = picture_w, .picture_h = picture_h};
    /* the side that limits is found in single precision, the other one in integers, as Darknet does */
    if ((float)net_w / (float)picture_w < (float)net_h / (float)picture_h) {
        b.new_w = net_w;
        b.new_h = at_least_one((int64_t)picture_h * net_w / picture_w);
    } else {
        b.new_h = net_h;
        b.new_w = at_least_one((int64_t)picture_w * net_h / picture_h);
    }
    b.x0 = (net_w - b.new_w) / 2;
    b.y0 = (net_h - b.new_h) / 2;
    *out = b;
}

/* Where a network pixel looks on one axis: value = weight[0] * pixel[at[0]] + weight[1] * pixel[at[1]]. */
typedef struct {
    int at[2];
    float weight[2];
} sample;

/* Pixel i of n, of a picture with N pixels on this axis. The last column is the picture's last column. */
static sample sample_column(int i, int n, int N) {
    sample s = {{N - 1, N - 1}, {1, 0}};
    if (i == n - 1 || N == 1) return s;
    float scale = (float)(N - 1) / (float)(n - 1);
    float position = (float)i * scale;
    s.at[0] = (int)position;
    s.at[1] = s.at[0] + 1;
    s.weight[1] = position - (float)s.at[0];
    s.weight[0] = 1 - s.weight[1];
    return s;
}

/* Likewise for rows; but the last row only leaves out its second pixel. */
static sample sample_row(int i, int n, int N) {
    sample s = {{N - 1, N - 1}, {1, 0}};
    if (n == 1 || N == 1) return s;
    float scale = (float)(N - 1) / (float)(n - 1);
    float position = (float)i * scale;
    s.at[0] = (int)position;
    if (i < n - 1) s.at[1] = s.at[0] + 1;
    float fraction = position - (float)s.at[0];
    s.weight[0] = 1 - fraction;
    s.weight[1] = i < n - 1 ? fraction : 0;
    return s;
}

static float mix(const float *line, const sample *s) {
    return s->weight[0] * line[s->at[0]] + s->weight[1] * line[s->at[1]];
}

static void apply_plane(float *out, const attr_letterbox *b, const float *pixels) {
    for (int i = 0; i < b->net_w * b->net_h; i++) out[i] = padding;
    for (int y = 0; y < b->new_h; y++) {
        sample row = sample_row(y, b->new_h, b->picture_h);
        const float *line0 = pixels + (size_t)row.at[0] * (size_t)b->picture_w;
        const float *line1 = pixels + (size_t)row.at[1] * (size_t)b->picture_w;
        float *to = out + (y + b->y0) * b->net_w + b->x0;
        for (int x = 0; x < b->new_w; x++) {
            sample column = sample_column(x, b->new_w, b->picture_w);
            to[x] = row.weight[0] * mix(line0, &column) + row.weight[1] * mix(line1, &column);
        }
    }
}

void attr_letterbox_apply(float *net_input, const attr_letterbox *box, const attr_picture *picture) {
    size_t net_plane = (size_t)box->net_w * (size_t)box->net_h, plane = (size_t)picture->w * (size_t)picture->h;
    for (size_t k = 0; k < (size_t)picture->c; k++)
        apply_plane(net_input + k * net_plane, box, picture->data + k * plane);
}

/* The footprints of one axis: network pixel i gives share[j] of its value to the picture's pixel first[i] + j -
 * start[i], start[i] <= j < start[i + 1]. The shares of a pixel add up to 1. */
typedef struct {
    size_t *start;
    int *first;
    double *share;
} footprints;

static void free_footprints(footprints *f) {
    free(f->start);
    free(f->first);
    free(f->share);
}

/* Where the footprint of pixel i begins, counted from the picture's edge (pixel k reaches from k to k + 1). */
static double border(int i, int n, int N) {
    if (i == 0) return 0;
    if (i == n) return N;
    return (i - .5) * (N - 1) / (n - 1) + .5;
}

static attr_status make_footprints(footprints *f, int n, int N) {
    ATTR_TRY(attr_allocate(&f->start, (size_t)n + 1, sizeof *f->start, "a letterbox"));
    ATTR_TRY(attr_allocate(&f->first, (size_t)n, sizeof *f->first, "a letterbox"));
    /* every border and every pixel edge begins at most one overlap */
    ATTR_TRY(attr_allocate(&f->share, (size_t)n + (size_t)N, sizeof *f->share, "a letterbox"));
    size_t count = 0;
    for (int i = 0; i < n; i++) {
        double from = border(i, n, N), to = border(i + 1, n, N);
        f->start[i] = count;
        f->first[i] = (int)from < N - 1 ? (int)from : N - 1;
        if (to - from <= 0) { /* a picture one pixel wide: every centre lies in that pixel */
            f->share[count++] = 1;
            continue;
        }
        for (int pixel = f->first[i]; pixel < N && (pixel < to || pixel == f->first[i]); pixel++)
            f->share[count++] = (fmin(to, pixel + 1) - fmax(from, pixel)) / (to - from);
    }
    f->start[n] = count;
    return ATTR_OK;
}

static void spread_row(double *line, const double *values, const footprints *columns, int n, int N) {
    memset(line, 0, (size_t)N * sizeof *line);
    for (int i = 0; i < n; i++) {
        double *to = line + columns->first[i];
        for (size_t j = columns->start[i]; j < columns->start[i + 1]; j++) *to++ += columns->share[j] * values[i];
    }
}

static void spread(double *picture_map, double *line, const double *net_map, const attr_letterbox *b,
                   const footprints *rows, const footprints *columns) {
    size_t width = (size_t)b->picture_w;
    memset(picture_map, 0, width * (size_t)b->picture_h * sizeof *picture_map);
    for (int i = 0; i < b->new_h; i++) {
        spread_row(line, net_map + (size_t)(i + b->y0) * (size_t)b->net_w + b->x0, columns, b->new_w, b->picture_w);
        double *to = picture_map + (size_t)rows->first[i] * width;
        for (size_t j = rows->start[i]; j < rows->start[i + 1]; j++, to += width)
            for (size_t x = 0; x < width; x++) to[x] += rows->share[j] * line[x];
    }
}

static double share_outside(const double *net_map, const attr_letterbox *b) {
    double inside = 0, outside = 0;
    for (int y = 0; y < b->net_h; y++)
        for (int x = 0; x < b->net_w; x++) {
            double magnitude = fabs(net_map[(size_t)y * (size_t)b->net_w + (size_t)x]);
            if (x >= b->x0 && x < b->x0 + b->new_w && y >= b->y0 && y < b->y0 + b->new_h)
                inside += magnitude;
            else
                outside += magnitude;
        }
    return outside == 0 ? 0 : outside / (inside + outside);
}

attr_status attr_letterbox_undo(double *picture_map, double *padding_share, const double *net_map,
                                const attr_letterbox *box) {
    footprints rows = {0}, columns = {0};
    double *line = NULL;
    attr_status status = make_footprints(&rows, box->new_h, box->picture_h);
    if (status == ATTR_OK) status = make_footprints(&columns, box->new_w, box->picture_w);
    if (status == ATTR_OK) status = attr_allocate(&line, (size_t)box->picture_w, sizeof *line, "a letterbox");
    if (status == ATTR_OK) spread(picture_map, line, net_map, box, &rows, &columns);
    if (status == ATTR_OK && padding_share) *padding_share = share_outside(net_map, box);
    free_footprints(&rows);
    free_footprints(&columns);
    free(line);
    return status;
}
