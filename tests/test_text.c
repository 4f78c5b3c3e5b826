#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/text.h"

static FILE *file;
static char *written;
static size_t size;

static void open_text(void) {
    file = open_memstream(&written, &size);
    cr_assert(file);
}

static void expect_text(const char *expected) {
    cr_assert_eq(fclose(file), 0);
    cr_expect_str_eq(written, expected, "%s, expected %s", written, expected);
    free(written);
}

Test(text, html_takes_nothing_from_a_text_for_markup) {
    static const struct {
        const char *given, *expected;
    } cases[] = {
        {"dog", "dog"},
        {"<b>&\"'", "&#60;b&#62;&#38;&#34;&#39;"},
        {"K\xc3\xa4se\n", "K\xc3\xa4se\n"},
        {"\x01\x7f\xff", "&#xfffd;&#xfffd;&#xfffd;"},
        {"\xc2\x85\xc2\xa0", "&#xfffd;\xc2\xa0"}, /* a control character of Latin-1, and a letter of it */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        open_text();
        attr_html(file, "%s", cases[i].given);
        expect_text(cases[i].expected);
    }
}

Test(text, html_shows_numbers_as_people_write_them) {
    static const struct {
        double given;
        const char *expected;
    } cases[] = {
        {0, "0"},
        {9.85, "9.85"},
        {-.0012, "&minus;0.0012"},
        {1234.56, "1235"},
        {1.25e-7, "1.25&#8239;&times;&#8239;10<sup>&minus;7</sup>"},
        {-2e10, "&minus;2&#8239;&times;&#8239;10<sup>10</sup>"},
        {NAN, "not a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        open_text();
        attr_html(file, "%g", cases[i].given);
        expect_text(cases[i].expected);
    }
}

Test(text, html_shows_shares_as_percentages) {
    static const struct {
        double given;
        const char *expected;
    } cases[] = {
        {0, "0"},       {.34, "34"},       {.0312, "3.1"},
        {.0942, "9.4"}, {.00052, "0.052"}, {1e-6, "less than 0.001"},
        {.0996, "10"},  {.9951, "99.5"},   {.9997, "more than 99.9"},
        {1, "100"},     {1.5, "150"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "%s&nbsp;%%", cases[i].expected);
        open_text();
        attr_html(file, "%f", cases[i].given);
        expect_text(expected);
    }
}

Test(text, html_mixes_all_kinds_of_values) {
    open_text();
    attr_html(file, "%d%% of %zu, %lld: %.2g, %e and %e, %s.", -3, (size_t)7, 1LL << 40, 2.345, .5, 12.5, "end");
    expect_text("-3% of 7, 1099511627776: 2.3, 50&nbsp;% and 12.5, end.");
}

Test(text, addresses_stay_in_the_folder) {
    open_text();
    attr_html_address(file, "a:b c/\xc3\xa4#?%.png");
    expect_text("./a%3Ab%20c%2F%C3%A4%23%3F%25.png");
}

Test(text, shell_words_are_quoted_when_they_must_be) {
    static const struct {
        const char *given, *expected;
    } cases[] = {
        {"data/dog.jpg", "data/dog.jpg"}, {"", "''"},           {"my dog.jpg", "'my dog.jpg'"},
        {"it's", "'it'\\''s'"},           {"$(x)`", "'$(x)`'"}, {"two\nlines", "'two?lines'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        open_text();
        attr_shell_word(file, cases[i].given);
        expect_text(cases[i].expected);
    }
}

/* RFC 4648, section 10. */
Test(text, base64_gives_the_known_answers) {
    static const char *const cases[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        open_text();
        attr_base64(file, (const unsigned char *)cases[i][0], strlen(cases[i][0]));
        expect_text(cases[i][1]);
    }
    open_text();
    attr_base64(file, (const unsigned char[]){0xfb, 0xff, 0xbf}, 3);
    expect_text("+/+/");
}
