#include "metrics/input_series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static attr_status score_batch(double *scores, attr_engine *e, const attr_target *target, float *input, size_t first,
                               int some, const attr_input_series *series) {
    for (int b = 0; b < some; ++b) {
        ATTR_TRY(series->make(series->context, first + (size_t)b, input));
        attr_engine_set_input_f32(e, b, input);
    }
    if (series->look)
        attr_engine_forward(e, some);
    else
        attr_target_forward(target, e, some);
    for (int b = 0; b < some; ++b) {
        double value = attr_target_value(target, e, b);
        if (!isfinite(value)) return attr_fail(ATTR_NUMERIC, "a score is not finite (%g)", value);
        scores[first + (size_t)b] = value;
        if (series->look) series->look(series->context, first + (size_t)b, e, b);
    }
    return ATTR_OK;
}

attr_status attr_score_series(double *scores, attr_engine *e, const attr_target *target, const float *first,
                              size_t count, const attr_input_series *series) {
    size_t batch = (size_t)attr_engine_batch(e), inputs = attr_engine_inputs(e);
    float *input = NULL;
    ATTR_TRY(attr_allocate(&input, inputs, sizeof *input, "an input"));
    memcpy(input, first, inputs * sizeof *input);
    attr_status status = ATTR_OK;
    for (size_t done = 0; status == ATTR_OK && done < count; done += batch)
        status =
            score_batch(scores, e, target, input, done, (int)(count - done < batch ? count - done : batch), series);
    free(input);
    return status;
}
