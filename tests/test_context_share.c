/* What a map has on other objects: worked by hand, and against counting pixel by pixel. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "metrics/context_share.h"
#include "small_network.h"

enum { W = 8, H = 6 };

Test(context_share, of_a_uniform_map_is_the_part_of_the_pixels) {
    double plane[W * H];
    for (int i = 0; i < W * H; i++) plane[i] = i % 2 ? -2 : 2;
    const attr_fitted_region all = {0, 0, W, H};
    const attr_share_box own = {0, 0, 4, 6}, others[] = {{2, 0, 6, 2}, {5, 1, 8, 3}, {0, 0, 3, 3}};
    const int classes[] = {7, 7, 2};
    attr_context_share *got = NULL;
    int count = -1;
    cr_assert_eq(attr_context_shares(&got, &count, plane, W, H, &all, &own, classes, others, 3), ATTR_OK);
    /* Class 2 lies within the box itself. Of class 7 the first box leaves 2 x 2 pixels, the second adds 3 x 2, less the
     * one that both have. */
    cr_assert_eq(count, 1, "%d classes", count);
    cr_expect_eq(got[0].class_index, 7);
    cr_expect(fabs(got[0].uniform - 9. / 48) < 1e-12 && fabs(got[0].share - 9. / 48) < 1e-12, "%g of %g", got[0].share,
              got[0].uniform);
    free(got);
}

Test(context_share, without_objects_there_is_none_and_of_zeros_it_is_not_known) {
    double plane[W * H] = {0};
    const attr_fitted_region fitted = {0, 1, W, 4};
    const attr_share_box own = {0, 0, 1, 1}, other = {4, 0, 8, 6};
    const int class_index = 3;
    attr_context_share *got = NULL;
    int count = -1;
    cr_assert_eq(attr_context_shares(&got, &count, plane, W, H, &fitted, &own, NULL, NULL, 0), ATTR_OK);
    cr_expect(got == NULL && count == 0);
    cr_assert_eq(attr_context_shares(&got, &count, plane, W, H, &fitted, &own, &class_index, &other, 1), ATTR_OK);
    cr_assert_eq(count, 1);
    cr_expect(isnan(got[0].share) && fabs(got[0].uniform - 0.5) < 1e-12, "%g of %g", got[0].share, got[0].uniform);
    free(got);
}

Test(context_share, agrees_with_counting) {
    for (int round = 0; round < 200; round++) {
        double plane[W * H], all = 0;
        attr_share_box boxes[4], own;
        int classes[4], count = 1 + round % 4, found;
        const attr_fitted_region fitted = {round % 3, round % 2, W - round % 3 - 1, H - round % 2 - 1};
        for (int i = 0; i < W * H; i++) all += fabs(plane[i] = test_uniform(-1, 1));
        for (int i = 0; i <= count; i++) {
            double x = test_uniform(-1, W), y = test_uniform(-1, H);
            attr_share_box box = {x, y, x + test_uniform(0, 5), y + test_uniform(0, 5)};
            if (i == count)
                own = box;
            else
                boxes[i] = box, classes[i] = i % 2 + 4;
        }
        attr_context_share *got = NULL;
        cr_assert_eq(attr_context_shares(&got, &found, plane, W, H, &fitted, &own, classes, boxes, count), ATTR_OK);
        for (int c = 4; c < 6; c++) {
            double mass = 0, pixels = 0;
            for (int i = 0; i < W * H; i++) {
                double x = i % W + .5, y = i / W + .5;
                bool on = false, in_own = x >= own.left && x < own.right && y >= own.top && y < own.bottom;
                bool in_picture =
                    x > fitted.x0 && x < fitted.x0 + fitted.w && y > fitted.y0 && y < fitted.y0 + fitted.h;
                for (int k = 0; k < count; k++)
                    on = on || (classes[k] == c && x >= boxes[k].left && x < boxes[k].right && y >= boxes[k].top &&
                                y < boxes[k].bottom);
                if (!on || in_own || !in_picture) continue;
                mass += fabs(plane[i]);
                pixels++;
            }
            const attr_context_share *mine = NULL;
            for (int k = 0; k < found; k++)
                if (got[k].class_index == c) mine = &got[k];
            cr_expect((mine != NULL) == (pixels > 0), "round %d, class %d: %g pixels", round, c, pixels);
            if (mine)
                cr_expect(fabs(mine->share - mass / all) < 1e-12 &&
                              fabs(mine->uniform - pixels / (fitted.w * fitted.h)) < 1e-12,
                          "round %d, class %d: %g of %g, expected %g", round, c, mine->share, mine->uniform,
                          mass / all);
        }
        free(got);
    }
}
