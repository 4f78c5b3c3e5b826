/* Option target: what is read, and where the message points for what cannot be. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "options/target_text.h"

typedef struct {
    const char *text;
    attr_target_text expected;
} good_row;

static void expect_term(const char *text, int k, const attr_target_term *got, const attr_target_term *expected) {
    cr_expect_eq(got->quantity, expected->quantity, "%s, term %d: quantity %d", text, k, got->quantity);
    cr_expect_eq(got->place, expected->place, "%s, term %d: place %d", text, k, got->place);
    cr_expect_eq(got->number, expected->number, "%s, term %d: number %d", text, k, got->number);
    cr_expect(memcmp(got->cell, expected->cell, sizeof got->cell) == 0, "%s, term %d: cell %d/%d/%d/%d", text, k,
              got->cell[0], got->cell[1], got->cell[2], got->cell[3]);
    cr_expect_eq(got->class_word, expected->class_word, "%s, term %d: class word %d", text, k, got->class_word);
    cr_expect_str_eq(got->class_name, expected->class_name, "%s, term %d: class \"%s\"", text, k, got->class_name);
    cr_expect_eq(got->is_quoted, expected->is_quoted, "%s, term %d: quoted %d", text, k, got->is_quoted);
}

#define TERM(q, ...)                                                                                                   \
    { .quantity = ATTR_TARGET_##q, __VA_ARGS__ }
#define CLASS(name) .class_word = ATTR_CLASS_NAMED, .class_name = name
#define AT(p, n)    .place = ATTR_PLACE_##p, .number = n
#define ONE(...)                                                                                                       \
    {                                                                                                                  \
        .count = 1, .term = { __VA_ARGS__ }                                                                            \
    }
#define TWO(...)                                                                                                       \
    {                                                                                                                  \
        .count = 2, .term = { __VA_ARGS__ }                                                                            \
    }
#define RUNNER_UP .class_word = ATTR_CLASS_RUNNER_UP, .class_name = "runner_up"

Test(target_text, reads_what_the_grammar_says) {
    static const good_row rows[] = {
        {"auto", ONE(TERM(AUTO, 0))},
        {" score ", ONE(TERM(SCORE, 0))},
        {"log-probability", ONE(TERM(LOG_PROBABILITY, 0))},
        {"objectness_logit(detection 12)", ONE(TERM(OBJECTNESS_LOGIT, AT(DETECTION, 12)))},
        {"logit(dog)", ONE(TERM(LOGIT, CLASS("dog")))},
        {"logit( Eskimo dog )", ONE(TERM(LOGIT, CLASS("Eskimo dog")))},
        {"logit(crane (bird))-logit(runner-up)",
         TWO(TERM(LOGIT, CLASS("crane (bird)")),
             TERM(LOGIT, .class_word = ATTR_CLASS_RUNNER_UP, .class_name = "runner-up"))},
        {"logit(\"a,b)c\")", ONE(TERM(LOGIT, CLASS("a,b)c"), .is_quoted = true))},
        {"logit(\"truth\")", ONE(TERM(LOGIT, CLASS("truth"), .is_quoted = true))},
        {"logit - logit(truth)",
         TWO(TERM(LOGIT, 0), TERM(LOGIT, .place = ATTR_PLACE_TRUTH, .class_word = ATTR_CLASS_TRUTH))},
        {"score(detection2,cat)-score(detection1)",
         TWO(TERM(SCORE, AT(DETECTION, 2), CLASS("cat")), TERM(SCORE, AT(DETECTION, 1)))},
        {"score(suppressed)-score(suppressor)", TWO(TERM(SCORE, AT(SUPPRESSED, 0)), TERM(SCORE, AT(SUPPRESSOR, 0)))},
        {"w(missed 3)", ONE(TERM(W, AT(MISSED, 3)))},
        {"h - w", TWO(TERM(H, 0), TERM(W, 0))},
        {"x(cell 16/0/3/4)", ONE(TERM(X, AT(CELL, 0), .cell = {16, 0, 3, 4}))},
        {"y(cell16/2/10/0, 7)-y", TWO(TERM(Y, AT(CELL, 0), .cell = {16, 2, 10, 0}, CLASS("7")), TERM(Y, 0))},
        {"score(truth 2)", ONE(TERM(SCORE, AT(TRUTH, 2)))},
        {"score(missed, runner_up)", ONE(TERM(SCORE, AT(MISSED, 0), RUNNER_UP))},
        {"score(detectionist)", ONE(TERM(SCORE, CLASS("detectionist")))},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        attr_target_text got;
        attr_status status = attr_read_target(&got, rows[i].text);
        cr_assert_eq(status, ATTR_OK, "%s: %s", rows[i].text, attr_error_message());
        cr_expect_eq(got.count, rows[i].expected.count, "%s: %d terms", rows[i].text, got.count);
        for (int k = 0; k < got.count; k++) expect_term(rows[i].text, k, &got.term[k], &rows[i].expected.term[k]);
    }
}

Test(target_text, says_where_it_is_wrong) {
    static const struct {
        const char *text;
        int character; /* from 1 */
        const char *message;
    } rows[] = {
        {"", 1, "expected a quantity"},
        {"logt", 1, "did you mean logit?"},
        {"logit(dog)-lgit(cat)", 12, "did you mean logit?"},
        {"logit(dog", 10, "expected )"},
        {"logit(dog) cat", 12, "expected ( or - or the end, not \"cat\""},
        {"logit()", 7, "expected a place or a class"},
        {"logit(dog)-", 12, "expected a quantity"},
        {"logit-logit-logit", 12, "expected ( or the end"},
        {"score(detection 0)", 17, "counted from 1"},
        {"score(detection 1 2)", 19, "expected )"},
        {"score(cell 16/0/3)", 18, "expected /"},
        {"score(cell)", 11, "expected a number"},
        {"score(cell 1/2/3/)", 18, "expected a number"},
        {"score(suppressor)", 7, "needs what it suppresses"},
        {"score-score(suppressor)", 13, "only of a suppressed"},
        {"score-score(missed)", 13, "a number is needed: missed 1"},
        {"logit(\"dog)", 7, "quotation mark is not closed"},
        {"logit(\"\")", 7, "no name"},
        {"score(detection 1,)", 19, "expected a place or a class"},
        {"scored", 1, "did you mean score?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        attr_target_text got;
        char place[64];
        cr_expect_eq(attr_read_target(&got, rows[i].text), ATTR_BAD_INPUT, "%s is taken", rows[i].text);
        snprintf(place, sizeof place, "character %d: ", rows[i].character);
        cr_expect(strstr(attr_error_message(), place) && strstr(attr_error_message(), rows[i].message),
                  "%s: the message is \"%s\", expected \"%s\" and \"%s\"", rows[i].text, attr_error_message(), place,
                  rows[i].message);
    }
}
