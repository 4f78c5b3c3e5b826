#include "options/target_text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "options/row.h"

typedef struct {
    const char *text, *at;
} cursor;

static const struct {
    attr_place_word place;
    const char *word;
} places[] = {{ATTR_PLACE_DETECTION, "detection"}, {ATTR_PLACE_SUPPRESSED, "suppressed"},
              {ATTR_PLACE_MISSED, "missed"},       {ATTR_PLACE_TRUTH, "truth"},
              {ATTR_PLACE_CELL, "cell"},           {ATTR_PLACE_SUPPRESSOR, "suppressor"}};
enum { place_count = sizeof places / sizeof *places };

static const attr_word quantities[] = {
#define WORD(name, word, help) {word, help},
    ATTR_TARGET_WORDS(WORD)
#undef WORD
        {NULL, NULL}};

const char *attr_quantity_name(attr_target_word quantity) {
    return quantities[quantity].word;
}

const char *attr_place_name(attr_place_word place) {
    for (int i = 0; i < place_count; i++)
        if (places[i].place == place) return places[i].word;
    return "";
}

attr_status attr_target_fail(const char *text, int at, const char *format, ...) {
    char message[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return attr_fail(ATTR_BAD_INPUT, "target=%.200s, character %d: %s", text, at + 1, message);
}

#define FAIL(c, ...) attr_target_fail((c)->text, (int)((c)->at - (c)->text), __VA_ARGS__)

static void skip_blanks(cursor *c) {
    while (*c->at == ' ' || *c->at == '\t') c->at++;
}

static bool take(cursor *c, char wanted) {
    skip_blanks(c);
    if (*c->at != wanted) return false;
    c->at++;
    return true;
}

/* The longest quantity whose word stands here as a whole; -1: none does. */
static int take_quantity(cursor *c) {
    int best = -1;
    size_t longest = 0;
    for (int i = 0; quantities[i].word; i++) {
        size_t n = strlen(quantities[i].word);
        char copy[32];
        snprintf(copy, sizeof copy, "%.*s", (int)n, c->at);
        bool ends = !isalnum((unsigned char)c->at[strlen(copy)]) && c->at[strlen(copy)] != '_';
        if (n > longest && ends && attr_same_name(copy, quantities[i].word)) best = i, longest = n;
    }
    c->at += longest;
    return best;
}

static attr_status read_quantity(attr_target_term *out, cursor *c) {
    skip_blanks(c);
    out->quantity_at = (int)(c->at - c->text);
    int found = take_quantity(c);
    if (found >= 0) {
        out->quantity = (attr_target_word)found;
        return ATTR_OK;
    }
    char name[64];
    snprintf(name, sizeof name, "%.*s",
             (int)strspn(c->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"), c->at);
    attr_nearest nearest = {.name = name};
    for (int i = 0; quantities[i].word; i++) attr_nearest_try(&nearest, quantities[i].word);
    if (nearest.best) return FAIL(c, "there is no quantity \"%s\" (did you mean %s?)", name, nearest.best);
    return FAIL(c,
                "expected a quantity (logit, probability, score, ...: `darknet attribute help target`), not \"%.20s\"",
                c->at);
}

/* A whole number of at most six digits. */
static bool take_number(int *out, cursor *c) {
    skip_blanks(c);
    size_t digits = strspn(c->at, "0123456789");
    if (digits == 0 || digits > 6) return false;
    *out = atoi(c->at);
    c->at += digits;
    return true;
}

static attr_status read_cell(attr_target_term *out, cursor *c) {
    for (int k = 0; k < 4; k++) {
        if (k > 0 && !take(c, '/')) return FAIL(c, "expected / (cell LAYER/ANCHOR/ROW/COLUMN)");
        if (!take_number(&out->cell[k], c)) return FAIL(c, "expected a number (cell LAYER/ANCHOR/ROW/COLUMN)");
    }
    return ATTR_OK;
}

/* The place whose word stands here as a whole, with a number behind it or not; ATTR_PLACE_UNSAID: none does. */
static attr_place_word place_here(const cursor *c, size_t *length) {
    for (int i = 0; i < place_count; i++) {
        size_t n = strlen(places[i].word);
        if (strncmp(c->at, places[i].word, n) != 0) continue;
        const char *behind = c->at + n + strspn(c->at + n, " \t0123456789/");
        if (*behind != ',' && *behind != ')') continue;
        *length = n;
        return places[i].place;
    }
    return ATTR_PLACE_UNSAID;
}

static attr_status read_place(attr_target_term *out, cursor *c) {
    size_t length = 0;
    skip_blanks(c);
    out->place_at = (int)(c->at - c->text);
    out->place = place_here(c, &length);
    c->at += length;
    if (out->place == ATTR_PLACE_CELL) return read_cell(out, c);
    if (out->place == ATTR_PLACE_UNSAID || out->place == ATTR_PLACE_SUPPRESSOR) return ATTR_OK;
    if (take_number(&out->number, c) && out->number < 1) {
        c->at--;
        return FAIL(c, "%ss are counted from 1", attr_place_name(out->place));
    }
    return ATTR_OK;
}

/* The length of a name up to a comma or to the bracket that closes the term. */
static size_t length_of_name(const char *text) {
    int open = 0;
    size_t n = 0;
    for (; text[n]; n++) {
        open += text[n] == '(';
        if (open == 0 && (text[n] == ')' || text[n] == ',')) break;
        open -= text[n] == ')';
    }
    return n;
}

static attr_status read_quoted(attr_target_term *out, cursor *c) {
    const char *end = strchr(c->at + 1, '"');
    if (!end) return FAIL(c, "the quotation mark is not closed");
    size_t n = (size_t)(end - c->at - 1);
    if (n == 0 || n >= sizeof out->class_name) return FAIL(c, "no name of a class");
    memcpy(out->class_name, c->at + 1, n);
    out->class_name[n] = '\0';
    out->class_word = ATTR_CLASS_NAMED;
    out->is_quoted = true;
    c->at = end + 1;
    return ATTR_OK;
}

static attr_status read_class(attr_target_term *out, cursor *c) {
    skip_blanks(c);
    out->class_at = (int)(c->at - c->text);
    if (*c->at == '"') return read_quoted(out, c);
    size_t n = length_of_name(c->at), taken = n;
    while (n > 0 && (c->at[n - 1] == ' ' || c->at[n - 1] == '\t')) n--;
    if (n == 0 || n >= sizeof out->class_name) return FAIL(c, "expected a place or a class");
    memcpy(out->class_name, c->at, n);
    out->class_name[n] = '\0';
    out->class_word = attr_same_name(out->class_name, "runner_up") ? ATTR_CLASS_RUNNER_UP : ATTR_CLASS_NAMED;
    c->at += taken;
    return ATTR_OK;
}

/* "(...)" behind a quantity. `truth` alone is a place for a detector and a class for a classifier: it is both here. */
static attr_status read_of(attr_target_term *out, cursor *c) {
    ATTR_TRY(read_place(out, c));
    if (out->place == ATTR_PLACE_UNSAID || take(c, ',')) ATTR_TRY(read_class(out, c));
    if (!take(c, ')')) return FAIL(c, *c->at ? "expected )" : "expected ) at the end");
    if (out->place == ATTR_PLACE_TRUTH && out->number == 0 && out->class_word == ATTR_CLASS_UNSAID) {
        out->class_word = ATTR_CLASS_TRUTH;
        out->class_at = out->place_at;
    }
    return ATTR_OK;
}

static attr_status read_term(attr_target_term *out, cursor *c) {
    *out = (attr_target_term){0};
    ATTR_TRY(read_quantity(out, c));
    return take(c, '(') ? read_of(out, c) : ATTR_OK;
}

/* What only one of both terms can have. */
static attr_status check_places(const attr_target_text *t, const char *text) {
    const attr_target_term *first = &t->term[0], *second = &t->term[1];
    if (first->place == ATTR_PLACE_SUPPRESSOR)
        return attr_target_fail(text, first->place_at,
                                "a suppressor needs what it suppresses: "
                                "score(suppressed 1) - score(suppressor)");
    if (t->count == 1) return ATTR_OK;
    if (second->place == ATTR_PLACE_SUPPRESSOR && first->place != ATTR_PLACE_SUPPRESSED)
        return attr_target_fail(text, second->place_at, "only of a suppressed candidate there is a suppressor");
    bool is_counted = second->place != ATTR_PLACE_UNSAID && second->place != ATTR_PLACE_CELL &&
                      second->place != ATTR_PLACE_SUPPRESSOR && second->class_word != ATTR_CLASS_TRUTH;
    if (is_counted && second->number == 0)
        return attr_target_fail(text, second->place_at, "behind the minus a number is needed: %s 1",
                                attr_place_name(second->place));
    return ATTR_OK;
}

attr_status attr_read_target(attr_target_text *out, const char *text) {
    cursor c = {text, text};
    out->count = 1;
    ATTR_TRY(read_term(&out->term[0], &c));
    if (take(&c, '-')) {
        out->count = 2;
        ATTR_TRY(read_term(&out->term[1], &c));
    }
    skip_blanks(&c);
    if (*c.at)
        return FAIL(
            &c, out->count == 1 ? "expected ( or - or the end, not \"%.20s\"" : "expected ( or the end, not \"%.20s\"",
            c.at);
    return check_places(out, text);
}

void attr_target_help(FILE *out) {
    fputs(
        "\n"
        "A target is a number of the network's output, or the difference of two:\n"
        "\n"
        "  target   = term [ - term ]\n"
        "  term     = quantity [ (place) | (class) | (place, class) ]\n"
        "  place    = detection [N] | suppressed [N] | missed [N] | truth [N] | cell LAYER/ANCHOR/ROW/COLUMN\n"
        "             | suppressor                    (of detectors; N counts from 1, without it: each of them)\n"
        "  class    = name | \"name\" | number | runner_up | truth\n"
        "\n"
        "  detection N     as printed, best first\n"
        "  suppressed N    a candidate with a score above option candidates that is not printed: its score is not\n"
        "                  above thresh, or a better one overlaps it (suppressor); best first\n"
        "  truth N         a labelled object, in the order of the picture's label file: the cell and anchor that came\n"
        "                  nearest to a detection of it\n"
        "  missed N        likewise, counting only objects that no detection took\n"
        "  runner_up       the most probable other class there\n"
        "  truth           as a class, of a classifier: the label that the picture's path contains\n"
        "\n"
        "Quantities:\n",
        out);
    for (int i = 0; quantities[i].word; i++) fprintf(out, "  %-16s %s\n", quantities[i].word, quantities[i].help);
    fputs(
        "\n"
        "Without a place: each detection, or class, that the other options choose; behind the minus: the same place.\n"
        "\n"
        "  -target score                                why these detections\n"
        "  -target 'logit(dog) - logit(cat)'            why dog and not cat\n"
        "  -target 'logit - logit(runner_up)'           why this class and not the next one\n"
        "  -target 'score(detection 1) - score(detection 2)'     why this box and not that\n"
        "  -target 'score(missed)'                      what each missed object lacks\n"
        "  -target 'objectness(missed 2)'               which factor failed: that there is an object, or\n"
        "  -target 'probability(missed 2)'              its class\n"
        "  -target 'score(suppressed 1) - score(suppressor)'     why the other box won\n"
        "  -target 'w(detection 1)'                     why the box is that wide\n"
        "  -target 'logit - logit(truth)'               classifier: why not what it is\n"
        "\n"
        "In files a blank in a name is %20.\n",
        out);
}
