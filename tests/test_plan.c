#include <criterion/criterion.h>
#include <string.h>

#include "model/plan.h"
#include "small_network.h"

enum { MOST = 300 };

static size_t busiest_step(const attr_plan_buffer *buffers, size_t count, int steps) {
    size_t most = 0;
    for (int step = 0; step < steps; step++) {
        size_t bytes = 0;
        for (size_t i = 0; i < count; i++)
            if (buffers[i].first <= step && step <= buffers[i].last) bytes += buffers[i].bytes;
        if (bytes > most) most = bytes;
    }
    return most;
}

static void expect_right(const attr_plan_buffer *buffers, size_t count, size_t arena) {
    for (size_t i = 0; i < count; i++) {
        const attr_plan_buffer *a = &buffers[i];
        cr_expect(a->offset % 64 == 0, "buffer %zu is at %zu", i, a->offset);
        cr_expect(a->offset + a->bytes <= arena, "buffer %zu ends behind the arena", i);
        for (size_t j = 0; j < i; j++) {
            const attr_plan_buffer *b = &buffers[j];
            int same_time = a->first <= b->last && b->first <= a->last;
            int same_place = a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
            cr_expect(!same_time || !same_place, "buffers %zu and %zu overlap", i, j);
        }
    }
}

static size_t make_plan(attr_plan_buffer *buffers, size_t count) {
    size_t bytes = 99;
    cr_assert_eq(attr_plan(&bytes, buffers, count), ATTR_OK);
    expect_right(buffers, count, bytes);
    return bytes;
}

Test(plan, of_nothing_needs_nothing) {
    cr_expect_eq(make_plan(NULL, 0), 0);
    attr_plan_buffer empty[2] = {{0, 0, 3, 0}, {0, 1, 2, 0}};
    cr_expect_eq(make_plan(empty, 2), 0);
}

Test(plan, keeps_apart_what_meets_in_a_single_step) {
    attr_plan_buffer buffers[] = {{640, 0, 3, 0}, {640, 3, 5, 0}};
    cr_expect_eq(make_plan(buffers, 2), 1280);
}

Test(plan, shares_between_buffers_of_different_times) {
    attr_plan_buffer buffers[] = {{640, 0, 3, 0}, {640, 4, 5, 0}, {640, 6, 6, 0}};
    cr_expect_eq(make_plan(buffers, 3), 640);
}

Test(plan, aligns_what_has_an_odd_size) {
    attr_plan_buffer buffers[] = {{65, 0, 1, 0}, {1, 1, 2, 0}, {3, 0, 2, 0}};
    cr_expect_eq(make_plan(buffers, 3), 256);
}

/* A chain, where each buffer is needed with its neighbours only, fits into its largest pair. */
Test(plan, fits_a_chain_into_its_largest_pair) {
    attr_plan_buffer buffers[MOST];
    for (int i = 0; i < MOST; i++) buffers[i] = (attr_plan_buffer){(size_t)(MOST - i) * 64, i, i + 1, 0};
    cr_expect_eq(make_plan(buffers, MOST), (size_t)(MOST + MOST - 1) * 64);
}

/* Lifetimes as a network's: most short, some long, sizes over some orders of magnitude. */
Test(plan, comes_near_the_busiest_step_of_random_buffers) {
    attr_plan_buffer buffers[MOST];
    double worst = 0;
    for (int round = 0; round < 50; round++) {
        size_t count = (size_t)test_uniform(1, MOST);
        for (size_t i = 0; i < count; i++) {
            int first = (int)test_uniform(0, 100), length = (int)test_uniform(0, test_uniform(0, 1) < 0.8 ? 3 : 40);
            buffers[i] =
                (attr_plan_buffer){(size_t)test_uniform(1, 1 << (int)test_uniform(4, 20)), first, first + length, 0};
        }
        double ratio = (double)make_plan(buffers, count) / (double)busiest_step(buffers, count, 200);
        if (ratio > worst) worst = ratio;
    }
    cr_expect(worst < 1.3, "an arena is %g times as large as its busiest step", worst);
}

Test(plan, is_the_same_for_the_same_buffers) {
    attr_plan_buffer once[MOST], again[MOST];
    for (int i = 0; i < MOST; i++) {
        int first = (int)test_uniform(0, 50);
        once[i] = again[i] = (attr_plan_buffer){(size_t)test_uniform(1, 5) * 64, first, first + 4, 0};
    }
    make_plan(once, MOST);
    make_plan(again, MOST);
    for (int i = 0; i < MOST; i++) cr_expect_eq(once[i].offset, again[i].offset, "buffer %d", i);
}
