#include "model/class_files.h"

#include <criterion/criterion.h>
#include <string.h>

#include "cfg_files.h"

TestSuite(class_files, .init = enter_folder, .fini = leave_folder);

static void expect_message(attr_status status, const char *message, const char *text) {
    cr_expect_eq(status, ATTR_BAD_INPUT, "%s\n%s", text, attr_status_name(status));
    cr_expect_str_eq(attr_error_message(), message, "%s\nfound:    %s\nexpected: %s", text, attr_error_message(),
                     message);
}

Test(class_files, names_are_lines) {
    char **names;
    int count;
    put_text("c.names", "\xef\xbb\xbftraffic light\r\ndog\r\n cat\n\n\n");
    for (int expected = 0; expected <= 3; expected++) {
        cr_assert_eq(attr_names_read(&names, &count, "c.names", expected), ATTR_OK, "%s", attr_error_message());
        cr_expect_eq(count, 3);
        cr_expect_str_eq(names[0], "traffic light");
        cr_expect_str_eq(names[1], "dog");
        cr_expect_str_eq(names[2], " cat");
        attr_names_free(names);
    }
    put_text("c.names", "one");
    cr_assert_eq(attr_names_read(&names, &count, "c.names", 1), ATTR_OK, "%s", attr_error_message());
    cr_expect_eq(count, 1);
    cr_expect_str_eq(names[0], "one");
    attr_names_free(names);
}

Test(class_files, names_too_few_or_missing_are_refused) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "c.names: is empty"},
        {"\n\r\n", "c.names: is empty (expected one name a line)"},
        {"dog\ncat\n", "c.names: has 2 names, but there are 3 classes (expected one name a line)"},
        {"dog\n\r\ncat\n", "c.names:2: is empty (expected the name of a class)"},
    };
    char **names;
    int count;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_text("c.names", cases[i].text);
        expect_message(attr_names_read(&names, &count, "c.names", 3), cases[i].message, cases[i].text);
        cr_expect_null(names);
    }
    put_bytes("c.names", "a\0b\n", 4);
    expect_message(attr_names_read(&names, &count, "c.names", 1), "c.names: a byte 0 (expected a text file)", "");
    expect_message(attr_names_read(&names, &count, "none.names", 1),
                   "none.names: cannot open: No such file or directory", "");
}

Test(class_files, names_of_darknet_suit_its_data_files) {
    static const struct {
        const char *path;
        int classes, count;
    } files[] = {{"coco.names", 80, 80},
                 {"voc.names", 20, 20},
                 {"9k.names", 9418, 9418},
                 {"openimages.names", 601, 601},
                 {"imagenet.labels.list", 1000, 21842},
                 {"imagenet.shortnames.list", 1000, 21842}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[8192], **names;
        int count;
        snprintf(path, sizeof path, "%s/data/%s", darknet_source(), files[i].path);
        cr_assert_eq(attr_names_read(&names, &count, path, files[i].classes), ATTR_OK, "%s", attr_error_message());
        cr_expect_eq(count, files[i].count, "%s: %d", path, count);
        attr_names_free(names);
    }
}

Test(class_files, trees_that_darknet_would_misread_are_refused) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"a -1\nb -1\n", "net.cfg:7: the tree t.tree has 2 classes, the layer 3"},
        {"a -1\nb\nc 0\n", "t.tree:2: 'b' (expected a name and the number of its parent)"},
        {"a -1\n\nc 0\n", "t.tree:2: '' (expected a name and the number of its parent)"},
        {"a -1\n -1\nc 0\n", "t.tree:2: ' -1' (expected a name and the number of its parent)"},
        {"a -1\nb x\nc 0\n", "t.tree:2: 'b x' (expected a name and the number of its parent)"},
        {"a 0\nb -1\nc -1\n", "t.tree:1: parent 0 (expected -1 or 0 to -1, the number of an earlier line)"},
        {"a -1\nb 1\nc 0\n", "t.tree:2: parent 1 (expected -1 or 0 to 0, the number of an earlier line)"},
        {"a -1\nb -2\nc 0\n", "t.tree:2: parent -2 (expected -1 or 0 to 0, the number of an earlier line)"},
        {"a -1\nb 0\nc -1\n", "t.tree:3: parent -1 a second time (expected its children side by side)"},
        {"", "net.cfg:7: tree: t.tree: is empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_text("t.tree", cases[i].text);
        expect_message(attr_tree_check("t.tree", "net.cfg", 7, 3), cases[i].message, cases[i].text);
    }
    char text[300];
    memset(text, 'a', 256);
    strcpy(text + 256, " -1\n");
    put_text("t.tree", text);
    expect_message(attr_tree_check("t.tree", "net.cfg", 7, 1),
                   "t.tree:1: the name is too long (expected at most 255 bytes)", text);
    put_text("t.tree", text + 1);
    cr_expect_eq(attr_tree_check("t.tree", "net.cfg", 7, 1), ATTR_OK, "%s", attr_error_message());
    put_text("t.tree", "a -1\r\nb\t-1\nc 1\nd 1\ne 0\nf 4");
    cr_expect_eq(attr_tree_check("t.tree", "net.cfg", 7, 6), ATTR_OK, "%s", attr_error_message());
    expect_message(attr_tree_check("none.tree", "net.cfg", 7, 6),
                   "net.cfg:7: tree: none.tree: cannot open: No such file or directory", "");
}

Test(class_files, maps_must_name_classes_that_are_there) {
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"0\n3\n", "m.map:2: '3' (expected the number of a class, 0 to 2)"},
        {"0\n-1\n", "m.map:2: '-1' (expected the number of a class, 0 to 2)"},
        {"0\n\n1\n", "m.map:2: '' (expected the number of a class, 0 to 2)"},
        {"0\none\n", "m.map:2: 'one' (expected the number of a class, 0 to 2)"},
        {"", "net.cfg:7: map: m.map: is empty"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_text("m.map", cases[i].text);
        expect_message(attr_map_check("m.map", "net.cfg", 7, 3), cases[i].message, cases[i].text);
    }
    put_text("m.map", "2\r\n0\n0\n1");
    cr_expect_eq(attr_map_check("m.map", "net.cfg", 7, 3), ATTR_OK, "%s", attr_error_message());
    expect_message(attr_map_check("none.map", "net.cfg", 7, 3),
                   "net.cfg:7: map: none.map: cannot open: No such file or directory", "");
}

Test(class_files, that_a_cfg_names_are_checked_with_it) {
    static const refusal cases[] = {
        {"[net]\ninputs=4\n[softmax]\ntree=missing.tree\n",
         "net.cfg:4: tree: missing.tree: cannot open: No such file or directory"},
        {"[net]\nwidth=1\nheight=1\nchannels=7\n[region]\nclasses=2\nanchors=1,1\nmap=missing.map\n",
         "net.cfg:8: map: missing.map: cannot open: No such file or directory"},
        {"[net]\nwidth=1\nheight=1\nchannels=7\n[yolo]\nclasses=2\nanchors=1,1\nmap=m.map\n",
         "m.map:1: '2' (expected the number of a class, 0 to 1)"},
        {"[net]\nwidth=1\nheight=1\nchannels=7\n[region]\nclasses=2\nanchors=1,1\ntree=t.tree\n",
         "net.cfg:8: the tree t.tree has 1 classes, the layer 2"},
    };
    put_text("m.map", "2\n");
    put_text("t.tree", "a -1\n");
    EXPECT_REFUSED(cases, ATTR_CFG_NET, ATTR_BAD_INPUT);
}
