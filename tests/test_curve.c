/* Curves as CSV and SVG. */
#include "reports/curve.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *drawn(const attr_curve_drawing *drawing) {
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    cr_assert(file);
    attr_curve_write_svg(file, drawing);
    fclose(file);
    return text;
}

static int count_of(const char *text, const char *part) {
    int count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part)) count++;
    return count;
}

Test(curve, a_table_has_a_head_and_nine_digits) {
    static const char *const names[] = {"a", "b"};
    char text[256] = "";
    FILE *file = fmemopen(text, sizeof text, "w");
    attr_table_write_csv(file, names, (const double[]){1, 1. / 3, -NAN, 1e-20}, 2, 2);
    fclose(file);
    cr_expect_str_eq(text, "a,b\n1,0.333333333\nnan,1e-20\n", "%s", text);
}

Test(curve, every_finite_point_is_drawn_with_its_bar) {
    const attr_curve_point points[] = {{0, 0, 0}, {.5, 2, .25}, {.75, NAN, 1}, {1, 4, NAN}, {INFINITY, 1, 1}};
    const attr_curve curve = {"it", points, 5};
    const attr_curve_drawing drawing = {.title = "a < b & \"c\"",
                                        .x_name = "x",
                                        .y_name = "y",
                                        .curves = &curve,
                                        .count = 1,
                                        .level = {"goal", 1, NAN},
                                        .place = {"here", .25, .1}};
    char *svg = drawn(&drawing);
    cr_expect_eq(count_of(svg, "<circle"), 3, "%s", svg);
    cr_expect_eq(count_of(svg, "<path"), 1, "%s", svg);
    cr_expect(strstr(svg, "points=\"80.00,390.00 390.00,220.00 700.00,50.00 \""), "%s", svg);
    cr_expect(strstr(svg, ">a &#60; b &#38; &#34;c&#34;<"), "%s", svg);
    cr_expect(strstr(svg, ">goal<") && strstr(svg, ">here<") && strstr(svg, "<rect x=\"173.00\""), "%s", svg);
    cr_expect(!strstr(svg, "nan") && !strstr(svg, "inf"), "%s", svg);
    free(svg);
}

/* Whatever is drawn lies in the drawing and is finite: axes of one value, of none, tiny and large ones. */
Test(curve, axes_fit_any_range) {
    static const double lows[] = {-1e9, -1, 0, 1e-12, 3, 1e9}, spans[] = {0, 1e-13, .07, 1, 12345};
    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < 5; k++)
            for (int count = 0; count <= 2; count++) {
                const attr_curve_point points[] = {{lows[i], lows[i], 0}, {lows[i] + spans[k], lows[i] + spans[k], 0}};
                const attr_curve curves[] = {{"one", points, count}, {"two", points, count}};
                const attr_curve_drawing drawing = {"", "x", "y", curves, 2, {"", NAN, NAN}, {"", NAN, NAN}};
                char *svg = drawn(&drawing);
                int lines = count_of(svg, "<line");
                cr_expect(lines > 6 && lines < 40, "from %g, %g long, %d points: %d lines", lows[i], spans[k], count,
                          lines);
                cr_expect(!strstr(svg, "nan") && !strstr(svg, "inf"), "from %g, %g long: %s", lows[i], spans[k], svg);
                for (const char *at = strstr(svg, "cx=\""); at; at = strstr(at + 1, "cx=\"")) {
                    double x = strtod(at + 4, NULL);
                    cr_expect(x >= 79.9 && x <= 700.1, "from %g, %g long: %g", lows[i], spans[k], x);
                }
                free(svg);
            }
}
