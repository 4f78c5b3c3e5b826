#include "metrics/accuracy.h"

double attr_top1_accuracy(const int *found, const int *truth, size_t count) {
    size_t right = 0;
    for (size_t i = 0; i < count; ++i) right += found[i] >= 0 && found[i] == truth[i];
    return count > 0 ? (double)right / (double)count : 0;
}
