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

/* ---- Labels of which all problems are kept */

#define NO_BOX "' (expected class, centre x, centre y, width, height)"

typedef struct {
    const char *text;
    int boxes;
    int line; /* of the first problem; 0: there is none */
    const char *message;
} labels;

Test(ground_truth, every_problem_is_named_and_the_other_lines_are_taken) {
    static const labels cases[] = {
        {"0 .5 .5 .1 .1\n1 .5 .5 .2 .2\n", 2, 0, NULL},
        {"", 0, 0, NULL},
        {" \n\t\r\n\n", 0, 0, NULL},
        {"0 .5 .5 .1 .1\r\n1 0 0 1 1\r\n1 1 1 1 1\r\n", 3, 0, NULL},
        {"0 .5 .5 .1 .1\nperson .5 .5 .2 .2\n1 .5 .5 .1 .1", 2, 2, "'person .5 .5 .2 .2" NO_BOX},
        {"0 .5 .5 .1", 0, 1, "'0 .5 .5 .1" NO_BOX},
        {"0 .5 .5 .1 .1 .9  \r\n", 0, 1, "'0 .5 .5 .1 .1 .9" NO_BOX},
        {"0 .5 .5 .1 .1x", 0, 1, "'0 .5 .5 .1 .1x" NO_BOX},
        {"0.5 .5 .1 .1", 0, 1, "'0.5 .5 .1 .1" NO_BOX}, /* Darknet would read 0 and .5 */
        {"0 .5,.5 .1 .1", 0, 1, "'0 .5,.5 .1 .1" NO_BOX},
        {"4294967296 .5 .5 .1 .1", 0, 1, "'4294967296 .5 .5 .1 .1" NO_BOX},
        {"99999999999999999999 .5 .5 .1 .1", 0, 1, "'99999999999999999999 .5 .5 .1 .1" NO_BOX},
        {"0 nan .5 .1 .1", 0, 1, "'0 nan .5 .1 .1" NO_BOX},
        {"0 .5 .5 inf .1", 0, 1, "'0 .5 .5 inf .1" NO_BOX},
        {"0 .5 .5 1e40 .1", 0, 1, "'0 .5 .5 1e40 .1" NO_BOX},
        {"0 .5 .5 .1 -.1", 0, 1, "'0 .5 .5 .1 -.1" NO_BOX},
        {"\xef\xbb\xbf"
         "0\t.5 .5 .1 .1",
         0, 1, "'???0?.5 .5 .1 .1" NO_BOX},
        {"0123456789012345678901234567890123456789012345678901234567890123", 0, 1,
         "'012345678901234567890123456789012345678901234567890123456789" NO_BOX},
        {"\n\n2 .5 .5 .1 .1", 0, 3, "class 2 (expected 0 to 1)"},
        {"-1 .5 .5 .1 .1\n0 .5 .5 .1 .1", 1, 1, "class -1 (expected 0 to 1)"},
        {"0 .5 .5 .0009 .1", 0, 1, "width 0.0009, height 0.1 (Darknet leaves out what is below 0.001)"},
        {"0 .5 .5 .1 0", 0, 1, "width 0.1, height 0 (Darknet leaves out what is below 0.001)"},
        {"0 .5 .5 .001 .001", 1, 0, NULL},
        {"0 -.01 .5 .1 .1", 0, 1, "centre -0.01, 0.5 (expected 0 to 1: it is outside of the picture)"},
        {"0 1.01 .5 .1 .1", 0, 1, "centre 1.01, 0.5 (expected 0 to 1: it is outside of the picture)"},
        {"0 .5 -1 .1 .1", 0, 1, "centre 0.5, -1 (expected 0 to 1: it is outside of the picture)"},
        {"0 .5 320 .1 .1", 0, 1, "centre 0.5, 320 (expected 0 to 1: it is outside of the picture)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const labels *c = &cases[i];
        attr_label_problems problems = {0};
        attr_true_box *boxes;
        int count;
        bool found;
        put_text("a.txt", c->text);
        cr_assert_eq(attr_true_boxes_collect(&boxes, &count, &found, &problems, "a.jpg", 2), ATTR_OK, "%s: %s", c->text,
                     attr_error_message());
        cr_expect(found && count == c->boxes && !boxes == !count, "'%s': %d boxes, not %d", c->text, count, c->boxes);
        cr_assert_eq(problems.count, c->line > 0, "'%s': %d problems", c->text, problems.count);
        if (problems.count) {
            const attr_label_problem *p = &problems.items[0];
            cr_expect(p->line == c->line && !strcmp(p->message, c->message) && !strcmp(p->file, "a.txt"),
                      "'%s': %s:%d: %s, not line %d: %s", c->text, p->file, p->line, p->message, c->line, c->message);
        }
        free(boxes);
        attr_label_problems_free(&problems);
        cr_expect(!problems.items && problems.count == 0);
    }
}

Test(ground_truth, problems_of_many_pictures_add_up) {
    attr_label_problems problems = {0};
    attr_true_box *boxes;
    int count, boxes_in_all = 0;
    bool found;
    put_text("a.txt", "x\n0 .1 .5 .1 .1\n7 .5 .5 .1 .1\n0 .2 .5 .1 .1\n0 .5 .5 0 0\n0 9 .5 .1 .1\n");
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(attr_true_boxes_collect(&boxes, &count, &found, &problems, i % 2 ? "missing.jpg" : "a.jpg", 1),
                     ATTR_OK);
        boxes_in_all += count;
        if (count == 2) cr_expect_float_eq(boxes[1].x, .2f, 1e-7);
        free(boxes);
    }
    cr_expect_eq(boxes_in_all, 5 * 2, "%d", boxes_in_all);
    cr_assert_eq(problems.count, 5 * 4 + 5, "%d", problems.count);
    static const int lines[] = {1, 3, 5, 6, 0};
    for (int i = 0; i < problems.count; i++) {
        const attr_label_problem *p = &problems.items[i];
        cr_expect(p->line == lines[i % 5] && !strcmp(p->file, i % 5 < 4 ? "a.txt" : "missing.txt"), "%d: %s:%d: %s", i,
                  p->file, p->line, p->message);
    }
    attr_label_problems_free(&problems);
    attr_label_problems_free(&problems);
}

static void expect_file_problem(const char *picture, bool expect_found, const char *file, const char *message) {
    attr_label_problems problems = {0};
    attr_true_box *boxes;
    int count;
    bool found;
    cr_assert_eq(attr_true_boxes_collect(&boxes, &count, &found, &problems, picture, 1), ATTR_OK, "%s", picture);
    cr_expect(found == expect_found && !boxes && count == 0, "%s: found %d, %d boxes", picture, found, count);
    cr_assert_eq(problems.count, 1, "%s: %d problems", picture, problems.count);
    const attr_label_problem *p = &problems.items[0];
    cr_expect(p->line == 0 && !strcmp(p->file, file) && !strcmp(p->message, message), "%s: %s:%d: %s", picture, p->file,
              p->line, p->message);
    attr_label_problems_free(&problems);
}

Test(ground_truth, files_that_are_missing_or_cannot_be_read_are_problems) {
    expect_file_problem("images/b.jpg", false, "labels/b.txt", "there is no such label file");
    put_text("c.bmp", "0 .5 .5 .1 .1"); /* the picture itself */
    expect_file_problem("c.bmp", false, "c.bmp", "no name of a label file follows from this one");
    cr_assert_eq(mkdir("d.txt", 0777), 0);
    expect_file_problem("d.jpg", true, "d.txt", "cannot open: Is a directory");
}

Test(ground_truth, a_zero_byte_does_not_hide_what_is_behind_it) {
    static const char text[] = "0 .1 .5 .1 .1\n0 .2 .5 .1 .1\0 .3\n\0\n0 .4 .5 .1 .1\n";
    attr_label_problems problems = {0};
    attr_true_box *boxes;
    int count;
    bool found;
    put_bytes("a.txt", text, sizeof text - 1);
    cr_assert_eq(attr_true_boxes_collect(&boxes, &count, &found, &problems, "a.jpg", 1), ATTR_OK);
    cr_assert_eq(count, 2, "%d", count);
    cr_expect_float_eq(boxes[1].x, .4f, 1e-7);
    cr_assert_eq(problems.count, 2, "%d", problems.count);
    cr_expect(problems.items[0].line == 2 && problems.items[1].line == 3);
    cr_expect_str_eq(problems.items[0].message, "'0 .2 .5 .1 .1? .3" NO_BOX);
    free(boxes);
    attr_label_problems_free(&problems);
    cr_expect_eq(attr_true_boxes_read(&boxes, &count, &found, "a.jpg", 1), ATTR_BAD_INPUT);
    cr_expect(strstr(attr_error_message(), "a.txt:2: "), "%s", attr_error_message());
}

Test(ground_truth, the_strict_reader_takes_centres_anywhere) {
    attr_true_box *boxes;
    int count;
    bool found;
    put_text("a.txt", "0 1.5 .5 .1 .1\n0 .5 .5 .0001 .1\n");
    cr_assert_eq(attr_true_boxes_read(&boxes, &count, &found, "a.jpg", 1), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(count, 1, "%d", count);
    cr_expect_float_eq(boxes[0].x, 1.5f, 1e-7);
    free(boxes);
}
