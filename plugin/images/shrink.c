#include "images/shrink.h"

#include <math.h>
#include <stddef.h>

int attr_shrink_factor(int w, int h, int largest_side) {
    int longer = w > h ? w : h;
    return largest_side <= 0 || longer <= largest_side ? 1 : (longer + largest_side - 1) / largest_side;
}

int attr_shrunk(int length, int factor) {
    return (length + factor - 1) / factor;
}

void attr_shrink_plane(float *out, const float *plane, int w, int h, int factor, bool absolute) {
    for (int y = 0; y < h; y += factor)
        for (int x = 0; x < w; x += factor) {
            int right = x + factor < w ? x + factor : w, bottom = y + factor < h ? y + factor : h;
            double sum = 0;
            for (int j = y; j < bottom; j++)
                for (int i = x; i < right; i++) {
                    float value = plane[(size_t)j * (size_t)w + (size_t)i];
                    sum += absolute ? fabsf(value) : value;
                }
            *out++ = (float)(sum / (right - x) / (bottom - y));
        }
}
