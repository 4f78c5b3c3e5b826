/* Labels of valid lists, as Darknet finds them. */
#include "model/ground_truth.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cfg_files.h"

TestSuite(ground_truth, .init = enter_folder, .fini = leave_folder);

Test(ground_truth, the_class_is_the_first_label_in_the_path) {
    char dog[] = "dog", cat[] = "cat", hotdog[] = "hotdog";
    char *const labels[] = {dog, cat, hotdog};
    static const struct {
        const char *path;
        int expected;
    } cases[] = {
        {"a/dog_1.jpg", 0}, {"cat/1.jpg", 1}, {"/home/cathy/1.jpg", 1}, {"cat/dog.jpg", 0}, {"hotdog/1.jpg", 0},
        {"Dog.jpg", -1},    {"", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int label = attr_label_of_path(cases[i].path, labels, 3);
        cr_expect_eq(label, cases[i].expected, "%s: %d, not %d", cases[i].path, label, cases[i].expected);
    }
    cr_expect_eq(attr_label_of_path("dog.jpg", labels, 0), -1);
}

Test(ground_truth, label_files_have_the_names_that_darknet_gives_them) {
    static const char *const cases[][2] = {
        {"coco/images/val/1.jpg", "coco/labels/val/1.txt"},
        {"VOC/JPEGImages/1.jpg", "VOC/labels/1.txt"},
        {"set/raw/1.png", "set/labels/1.txt"},
        {"1.JPG", "1.txt"},
        {"images/1.JPEG", "labels/1.txt"},
        {"images/images/1.jpg", "labels/images/1.txt"}, /* the first one only */
        {"images/raw/1.jpg", "labels/labels/1.txt"},
        {"drawn/1.jpg", "dlabelsn/1.txt"},
        {"my.jpg.png", "my.txt.txt"},
        {"1.bmp", "1.bmp"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *name = NULL;
        cr_assert_eq(attr_label_file(&name, cases[i][0]), ATTR_OK, "%s", attr_error_message());
        cr_expect_str_eq(name, cases[i][1], "%s: %s, not %s", cases[i][0], name, cases[i][1]);
        free(name);
    }
}

Test(ground_truth, boxes_are_lines) {
    attr_true_box *boxes;
    int count;
    bool found;
    put_text("a.txt", "2 0.5 0.25 0.1 0.2\r\n\n  0 .1 .2 .3 4e-1  \n1 .5 .5 .0005 .5\n1 .5 .5 0 0");
    cr_assert_eq(attr_true_boxes_read(&boxes, &count, &found, "a.jpg", 3), ATTR_OK, "%s", attr_error_message());
    cr_expect(found);
    cr_assert_eq(count, 2, "%d (those without a size are left out)", count);
    cr_expect_eq(boxes[0].class_index, 2);
    cr_expect_float_eq(boxes[0].y, .25, 1e-7);
    cr_expect_float_eq(boxes[0].h, .2, 1e-7);
    cr_expect_eq(boxes[1].class_index, 0);
    cr_expect_float_eq(boxes[1].x, .1, 1e-7);
    cr_expect_float_eq(boxes[1].w, .3, 1e-7);
    free(boxes);
}

Test(ground_truth, a_file_may_be_empty_or_missing) {
    attr_true_box *boxes;
    int count;
    bool found;
    put_text("a.txt", "");
    cr_assert_eq(attr_true_boxes_read(&boxes, &count, &found, "a.jpg", 3), ATTR_OK, "%s", attr_error_message());
    cr_expect(found && count == 0 && !boxes);
    cr_assert_eq(attr_true_boxes_read(&boxes, &count, &found, "b.jpg", 3), ATTR_OK, "%s", attr_error_message());
    cr_expect(!found && count == 0 && !boxes);
    put_text("c.bmp", "0 .5 .5 .1 .1"); /* the picture itself */
    cr_assert_eq(attr_true_boxes_read(&boxes, &count, &found, "c.bmp", 3), ATTR_OK, "%s", attr_error_message());
    cr_expect(!found && count == 0 && !boxes);
}

Test(ground_truth, broken_label_files_are_refused) {
    static const char *const cases[][2] = {
        {"0 .5 .5 .1", "a.txt:1: '0 .5 .5 .1' (expected class, centre x, centre y, width, height)"},
        {"0 .5 .5 .1 .1\nx", "a.txt:2: 'x' (expected class, centre x, centre y, width, height)"},
        {"0 .5 .5 .1 .1 .1", "a.txt:1: '0 .5 .5 .1 .1 .1' (expected class, centre x, centre y, width, height)"},
        {"0 .5 nan .1 .1", "a.txt:1: '0 .5 nan .1 .1' (expected class, centre x, centre y, width, height)"},
        {"0 .5 .5 -.1 .1", "a.txt:1: '0 .5 .5 -.1 .1' (expected class, centre x, centre y, width, height)"},
        {"3 .5 .5 .1 .1", "a.txt:1: class 3 (expected 0 to 2)"},
        {"-1 .5 .5 .1 .1", "a.txt:1: class -1 (expected 0 to 2)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attr_true_box *boxes;
        int count;
        bool found;
        put_text("a.txt", cases[i][0]);
        cr_expect_eq(attr_true_boxes_read(&boxes, &count, &found, "a.jpg", 3), ATTR_BAD_INPUT, "%s", cases[i][0]);
        cr_expect_str_eq(attr_error_message(), cases[i][1], "%s, not %s", attr_error_message(), cases[i][1]);
        cr_expect(!boxes && count == 0 && found, "%s", cases[i][0]);
    }
    attr_true_box *boxes;
    int count;
    bool found;
    cr_assert_eq(mkdir("d.txt", 0777), 0);
    cr_expect_neq(attr_true_boxes_read(&boxes, &count, &found, "d.jpg", 3), ATTR_OK);
}
