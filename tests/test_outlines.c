/* Outlines of labelled objects: which one of a file is the object's, and what is refused. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fresh_folder.h"
#include "session/outlines.h"

TestSuite(outlines, .init = enter_fresh_folder, .fini = leave_fresh_folder);

static void write_outlines(const char *text) {
    mkdir("outlines", 0755);
    FILE *file = fopen("outlines/a.b.txt", "w");
    cr_assert(file);
    fputs(text, file);
    fclose(file);
}

/* Of the picture some/a.b.png. */
static attr_status find(attr_corner **corners, size_t *count, attr_true_box object) {
    return attr_outline_find(corners, count, "outlines", "some/a.b.png", &object);
}

/* The object is the box from (.2, .2) to (.4, .6). Boxes of outlines: .2 .2 .4 .6 by a triangle; the same a bit larger,
 * first; one that has half as much and less than half in common; one far away. */
Test(outlines, the_most_alike_is_chosen) {
    const attr_true_box object = {.x = .3f, .y = .4f, .w = .2f, .h = .4f};
    attr_corner *corners = NULL;
    size_t count = 0;
    write_outlines(
        "17 .2 .2 .44 .2 .44 .6 .2 .6\n\n1 .2 .2 .4 .2 .3 .6\r\n3 .2 .2 .4 .2 .3 .39\n99 .7 .7 .9 .7 .9 .9 .8 .95");
    cr_assert_eq(find(&corners, &count, object), ATTR_OK, "%s", attr_error_message());
    cr_assert(count == 3 && corners, "%zu corners", count);
    cr_expect(corners[0].x == .2 && corners[0].y == .2 && corners[1].x == .4 && corners[2].x == .3 &&
                  corners[2].y == .6,
              "%g %g, %g, %g %g", corners[0].x, corners[0].y, corners[1].x, corners[2].x, corners[2].y);
    free(corners);
}

Test(outlines, without_one_that_is_alike_there_is_none) {
    const attr_true_box object = {.x = .3f, .y = .4f, .w = .2f, .h = .4f};
    attr_corner *corners = NULL;
    size_t count = 9;
    cr_expect(find(&corners, &count, object) == ATTR_OK && !corners && count == 0, "no file");
    static const char *const texts[] = {"", "\n", "3 .2 .2 .4 .2 .3 .39\n", "1 .7 .7 .9 .7 .9 .9\n"};
    for (int i = 0; i < 4; i++) {
        write_outlines(texts[i]);
        cr_expect(find(&corners, &count, object) == ATTR_OK && !corners && count == 0, "file %d", i);
    }
}

Test(outlines, broken_files_are_refused_by_line) {
    static const struct {
        const char *text, *message;
    } rows[] = {{"car .1 .1 .2 .1 .2 .2", "outlines/a.b.txt:1: it does not begin with a number"},
                {"1 .1 .1 .2 .1\n", "outlines/a.b.txt:1: an outline has three corners or more"},
                {"1 .1 .1 .2 .1 .2 .2\n2 .1 .1 .2 .1 .2", "outlines/a.b.txt:2: a corner has no y"},
                {"1 .1 .1 .2 inf .2 .2", "outlines/a.b.txt:1: a number is not finite"},
                {"1 nan .1 .2 .3 .2 .2", "outlines/a.b.txt:1: a number is not finite"},
                {"1 .1 .1 .2 .1 .2 .2 ;", "outlines/a.b.txt:1: what is there is no number"},
                {"1 .1 .1 .2 .1 .2 .2 x .3", "outlines/a.b.txt:1: what is there is no number"},
                {"1", "outlines/a.b.txt:1: an outline has three corners or more"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        attr_corner *corners = NULL;
        size_t count = 0;
        write_outlines(rows[i].text);
        cr_expect_eq(find(&corners, &count, (attr_true_box){.x = .5f, .y = .5f, .w = 1, .h = 1}), ATTR_BAD_INPUT);
        cr_expect(!corners && strstr(attr_error_message(), rows[i].message), "%zu: \"%s\", expected \"%s\"", i,
                  attr_error_message(), rows[i].message);
    }
}

Test(outlines, files_are_named_after_pictures) {
    static const char *const rows[][2] = {{"some/where/cat.1.jpg", "masks/cat.1.png"},
                                          {"cat", "masks/cat.png"},
                                          {"a.b/cat", "masks/cat.png"},
                                          {"a/.cat", "masks/.cat.png"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *path = NULL;
        cr_assert_eq(attr_file_of_picture(&path, "masks", rows[i][0], ".png"), ATTR_OK);
        cr_expect_str_eq(path, rows[i][1], "%s", rows[i][0]);
        free(path);
    }
}
