#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/json.h"
#include "reports/text.h"

/* What was written between open_text() and close_text(). */
static FILE *file;
static char *text;
static size_t size;

static void open_text(void) {
    file = open_memstream(&text, &size);
    cr_assert(file);
}

static const char *close_text(void) {
    cr_assert_eq(fclose(file), 0);
    return text;
}

static void free_text(void) {
    free(text);
    text = NULL;
}

Test(json, objects_and_arrays_nest_with_commas_and_indentation) {
    attr_json j;
    open_text();
    attr_json_begin(&j, file);
    attr_json_open(&j, NULL, '{');
    attr_json_text(&j, "a", "x");
    attr_json_open(&j, "list", '[');
    attr_json_integer(&j, NULL, 1);
    attr_json_open(&j, NULL, '{');
    attr_json_boolean(&j, "yes", 1);
    attr_json_boolean(&j, "no", 0);
    attr_json_close(&j, '}');
    attr_json_close(&j, ']');
    attr_json_open(&j, "empty", '{');
    attr_json_close(&j, '}');
    attr_json_text(&j, "missing", NULL);
    attr_json_close(&j, '}');
    cr_assert_str_eq(close_text(), "{\n"
                                   "  \"a\": \"x\",\n"
                                   "  \"list\": [\n"
                                   "    1,\n"
                                   "    {\n"
                                   "      \"yes\": true,\n"
                                   "      \"no\": false\n"
                                   "    }\n"
                                   "  ],\n"
                                   "  \"empty\": {},\n"
                                   "  \"missing\": null\n"
                                   "}\n");
    free_text();
}

Test(json, a_document_can_be_one_line) {
    attr_json_line line;
    char *got;
    cr_assert_eq(attr_json_line_begin(&line), ATTR_OK, "%s", attr_error_message());
    attr_json_open(&line.json, NULL, '{');
    attr_json_text(&line.json, "a", "two\nlines");
    attr_json_open(&line.json, "list", '[');
    attr_json_integer(&line.json, NULL, 1);
    attr_json_open(&line.json, NULL, '{');
    attr_json_close(&line.json, '}');
    attr_json_number(&line.json, NULL, .5);
    attr_json_close(&line.json, ']');
    attr_json_boolean(&line.json, "yes", 1);
    attr_json_close(&line.json, '}');
    cr_assert_eq(attr_json_line_end(&got, &line), ATTR_OK, "%s", attr_error_message());
    cr_expect_str_eq(got, "{\"a\": \"two\\u000alines\", \"list\": [1, {}, 0.5], \"yes\": true}\n", "%s", got);
    free(got);
}

Test(json, strings_are_escaped_and_broken_utf8_is_replaced) {
    static const struct {
        const char *given, *expected;
    } cases[] = {
        {"", "\"\""},
        {"a/b", "\"a/b\""},
        {"say \"\\\"", "\"say \\\"\\\\\\\"\""},
        {"tab\tline\n\x01", "\"tab\\u0009line\\u000a\\u0001\""},
        {"\x7f", "\"\x7f\""},
        {"K\xc3\xa4se \xe2\x82\xac \xf0\x9f\x90\x95", "\"K\xc3\xa4se \xe2\x82\xac \xf0\x9f\x90\x95\""},
        {"\xe4", "\"\\ufffd\""},
        {"\x80z", "\"\\ufffdz\""},
        {"\xe2\x82", "\"\\ufffd\\ufffd\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        open_text();
        attr_json_quote(file, cases[i].given);
        cr_expect_str_eq(close_text(), cases[i].expected, "%zu: %s, expected %s", i, text, cases[i].expected);
        free_text();
    }
}

Test(json, only_well_formed_utf8_has_a_length) {
    static const struct {
        const char *given;
        size_t expected;
    } cases[] = {
        {"a", 1},
        {"\xc2\x80", 2},
        {"\xdf\xbf", 2},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3},
        {"\xef\xbf\xbf", 3},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\xc0\x80", 0},         /* overlong */
        {"\xc1\xbf", 0},         /* overlong */
        {"\xe0\x9f\xbf", 0},     /* overlong */
        {"\xf0\x8f\xbf\xbf", 0}, /* overlong */
        {"\xed\xa0\x80", 0},     /* surrogate */
        {"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
        {"\xbf", 0},
        {"\xe2\x82x", 0},
        {"\xf0\x9f\x90", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length = attr_utf8_length(cases[i].given);
        cr_expect_eq(length, cases[i].expected, "case %zu: %zu, expected %zu", i, length, cases[i].expected);
    }
}

Test(json, numbers_read_back_to_the_same_double) {
    static const double cases[] = {0,      1, -1, .1, 1. / 3, 1e-9, 123456789, 1e300, 5e-324, 1.7976931348623157e308,
                                   -2.5e-7};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attr_json j;
        open_text();
        attr_json_begin(&j, file);
        attr_json_number(&j, NULL, cases[i]);
        double again = strtod(close_text(), NULL);
        cr_expect_eq(again, cases[i], "%s, expected %.17g", text, cases[i]);
        cr_expect_eq(strspn(text, "-+.e0123456789"), strlen(text), "%s is no JSON", text);
        free_text();
    }
}

Test(json, numbers_are_as_short_as_can_be) {
    static const struct {
        double given;
        const char *expected;
    } cases[] = {{.1, "0.1"}, {.15f, "0.15000000596046448"}, {50, "50"}, {1e-5, "1e-05"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attr_json j;
        open_text();
        attr_json_begin(&j, file);
        attr_json_number(&j, NULL, cases[i].given);
        cr_expect_str_eq(close_text(), cases[i].expected, "%s, expected %s", text, cases[i].expected);
        free_text();
    }
}

Test(json, what_is_no_number_is_null) {
    const double cases[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attr_json j;
        open_text();
        attr_json_begin(&j, file);
        attr_json_number(&j, NULL, cases[i]);
        cr_expect_str_eq(close_text(), "null", "%g: %s", cases[i], text);
        free_text();
    }
}

Test(json, integers_keep_all_their_digits) {
    attr_json j;
    open_text();
    attr_json_begin(&j, file);
    attr_json_integer(&j, NULL, INT64_MAX);
    cr_expect_str_eq(close_text(), "9223372036854775807", "%s", text);
    free_text();
}
