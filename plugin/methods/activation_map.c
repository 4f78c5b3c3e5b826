#include "methods/activation_map.h"

#include <math.h>

static double positive(double value) {
    return value > 0 ? value : 0;
}

static double sum_of(const double *values, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sum += values[i];
    return sum;
}

/* Grad-CAM++'s weight of a channel. */
static double weight_pp(const double *a, const double *g, size_t places) {
    double activations = sum_of(a, places), weight = 0;
    for (size_t i = 0; i < places; ++i) {
        double square = g[i] * g[i], below = 2 * square + activations * square * g[i];
        if (below != 0) weight += square / below * positive(g[i]);
    }
    return weight;
}

/* Adds a channel's part to the plane. */
static void add_channel(double *plane, const double *a, const double *g, size_t places, attr_method_word method) {
    double weight = method == ATTR_METHOD_GRADCAM      ? sum_of(g, places) / (double)places
                    : method == ATTR_METHOD_GRADCAM_PP ? weight_pp(a, g, places)
                                                       : 0;
    bool by_place = method == ATTR_METHOD_LAYERCAM || method == ATTR_METHOD_GRADIENT_X_ACTIVATION;
    for (size_t i = 0; i < places; ++i) {
        if (by_place) weight = method == ATTR_METHOD_LAYERCAM ? positive(g[i]) : g[i];
        plane[i] += weight * a[i];
    }
}

void attr_activation_map(double *plane, const attr_tensor *kept, int sample, attr_method_word method, bool relu,
                         double *room) {
    size_t places = (size_t)kept->h * (size_t)kept->w;
    double *a = room, *g = room + places;
    for (size_t i = 0; i < places; ++i) plane[i] = 0;
    for (size_t c = 0; c < (size_t)kept->c; ++c) {
        attr_tensor_read(a, kept, sample, c * places, places);
        attr_tensor_read_gradient(g, kept, sample, c * places, places);
        add_channel(plane, a, g, places, method);
    }
    /* not positive(): what is not a number stays so */
    for (size_t i = 0; relu && i < places; ++i)
        if (plane[i] < 0) plane[i] = 0;
}

/* Where pixel i of N lies among n centres: between `at` and the next one, so far from it. */
typedef struct {
    int at, next;
    double part;
} place;

static place place_of(int i, int N, int n) {
    double where = (i + 0.5) * n / N - 0.5;
    where = fmin(fmax(where, 0), n - 1);
    int at = (int)where;
    return (place){at, at + 1 < n ? at + 1 : at, where - at};
}

void attr_enlarge_plane(double *out, int H, int W, const double *in, int h, int w) {
    double density = (double)h * w / ((double)H * W);
    for (int Y = 0; Y < H; ++Y) {
        place row = place_of(Y, H, h);
        const double *upper = in + (size_t)row.at * (size_t)w, *lower = in + (size_t)row.next * (size_t)w;
        for (int X = 0; X < W; ++X) {
            place column = place_of(X, W, w);
            double above = upper[column.at] + column.part * (upper[column.next] - upper[column.at]);
            double below = lower[column.at] + column.part * (lower[column.next] - lower[column.at]);
            *out++ = density * (above + row.part * (below - above));
        }
    }
}
