#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "options/options.h"

static attr_options o, other;

/* The table once more, as text. */
typedef struct {
    const char *topic, *name, *initial, *least, *most;
    int is_real;
} row;

#define INT(topic, name, initial, least, most, ...)  {#topic, #name, initial, least, most, 0},
#define REAL(topic, name, initial, least, most, ...) {#topic, #name, initial, least, most, 1},
#define OTHER(topic, name, initial, ...)             {#topic, #name, initial, NULL, NULL, 0},
static const row rows[] = {ATTR_OPTIONS(INT, REAL, OTHER, OTHER, OTHER, OTHER, OTHER)};

static int flag_only(const row *r) {
    return strcmp(r->topic, "COMMAND") == 0;
}

static void expect_contains(const char *text, const char *part, const char *what) {
    cr_expect(strstr(text, part) != NULL, "%s: \"%s\" is not in \"%s\"", what, part, text);
}

static void expect_failure(attr_status status, const char *part, const char *what) {
    cr_expect(status == ATTR_BAD_INPUT, "%s: status %s, expected BAD_INPUT", what, attr_status_name(status));
    if (status != ATTR_OK) expect_contains(attr_error_message(), part, what);
}

static attr_status set(attr_options *options, const char *name, const char *value) {
    return attr_options_set(options, ATTR_FROM_NETWORK, "my.cfg", 12, name, value);
}

static attr_status set_fresh(const char *name, const char *value) {
    attr_options_default(&o);
    return set(&o, name, value);
}

static char *written(const attr_options *options, int how) {
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cr_assert_eq(attr_options_write(out, options, how), ATTR_OK);
    fclose(out);
    return text;
}

/* Reads a section as Darknet does: no white space, # starts a comment line, the first = ends the key. */
static void read_section(attr_options *options, attr_source source, const char *section) {
    char line[16384];
    int number = 0;
    while (*section) {
        size_t length = 0;
        for (; *section && *section != '\n'; section++)
            if (*section != ' ' && *section != '\t') line[length++] = *section;
        if (*section) section++;
        line[length] = '\0';
        number++;
        if (line[0] == '\0' || line[0] == '#' || strcmp(line, "[attribution]") == 0) continue;
        char *equals = strchr(line, '=');
        cr_assert(equals && equals[1], "line %d \"%s\" is not key=value", number, line);
        *equals = '\0';
        attr_status status = attr_options_set(options, source, "section", number, line, equals + 1);
        cr_assert(status == ATTR_OK, "line %d: %s", number, attr_error_message());
    }
}

static void expect_round_trip(const attr_options *options, int how, const char *what) {
    char *text = written(options, how), *values = written(options, 0);
    attr_options_default(&other);
    read_section(&other, ATTR_FROM_FILE, text);
    char *again = written(&other, 0);
    cr_expect(strcmp(values, again) == 0, "%s: read back from \"%s\": \"%s\"", what, text, again);
    free(again);
    free(values);
    free(text);
}

/* ---- Values */

Test(options, defaults_are_valid_and_written_as_the_table_has_them) {
    attr_options_default(&o);
    char *text = written(&o, 0), line[8192];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (flag_only(&rows[i])) continue;
        cr_expect(set(&o, rows[i].name, rows[i].initial) == ATTR_OK, "%s", attr_error_message());
        snprintf(line, sizeof line, "\n%s=%s\n", rows[i].name, rows[i].initial);
        expect_contains(text, line, "the default section");
    }
    free(text);
    attr_options_default(&o);
    cr_expect(o.method == ATTR_METHOD_SMOOTHGRAD && o.samples == 50 && o.sigma == 0.15 && o.steps == 0 && o.seed == 1);
    cr_expect(o.output == 15 && !o.antithetic && strcmp(o.class, "predicted") == 0 && o.attribution[0] == '\0');
    cr_expect(attr_options_validate(&o) == ATTR_OK, "%s", attr_error_message());
}

/* From the source that may have it. */
static attr_status set_number(const row *r, const char *value) {
    attr_options_default(&o);
    return attr_options_set(&o, flag_only(r) ? ATTR_FROM_FLAGS : ATTR_FROM_NETWORK, "my.cfg", 12, r->name, value);
}

Test(options, numbers_are_taken_up_to_the_ends_of_their_ranges_and_no_further) {
    char text[64];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        if (!r->least) continue;
        cr_expect(set_number(r, r->least) == ATTR_OK, "%s", attr_error_message());
        cr_expect(set_number(r, r->most) == ATTR_OK, "%s", attr_error_message());
        for (int end = 0; end < 2; end++) {
            const char *limit = end ? r->most : r->least;
            if (r->is_real)
                snprintf(text, sizeof text, "%.17g", nextafter(strtod(limit, NULL), end ? INFINITY : -INFINITY));
            else if (end)
                snprintf(text, sizeof text, "%llu", strtoull(limit, NULL, 10) + 1);
            else
                snprintf(text, sizeof text, "%lld", strtoll(limit, NULL, 10) - 1);
            if (!r->is_real && strcmp(text, "0") == 0 && set_number(r, "0") == ATTR_OK) continue; /* has a word */
            expect_failure(set_number(r, text), end ? r->most : r->least, r->name);
        }
    }
}

Test(options, values_become_the_fields) {
    attr_options_default(&o);
    cr_expect_eq(set(&o, "method", "integrated-gradients"), ATTR_OK);
    cr_expect_eq(set(&o, "steps", "auto"), ATTR_OK);
    cr_expect_eq(set(&o, "threads", "0"), ATTR_OK);
    cr_expect_eq(set(&o, "max-steps", "77"), ATTR_OK);
    cr_expect_eq(set(&o, "sigma", "2.5e-1"), ATTR_OK);
    cr_expect_eq(set(&o, "output", "html,npy"), ATTR_OK);
    cr_expect_eq(set(&o, "antithetic", "1"), ATTR_OK);
    cr_expect_eq(set(&o, "seed", "9223372036854775807"), ATTR_OK);
    cr_expect_eq(set(&o, "baseline", "./grey.png"), ATTR_OK);
    cr_expect_eq(set(&o, "class", "dog,3"), ATTR_OK);
    cr_expect(o.method == ATTR_METHOD_INTEGRATED_GRADIENTS, "method %d", o.method);
    cr_expect(o.steps == 0 && o.threads == 0 && o.max_steps == 77 && o.seed == INT64_MAX && o.sigma == 0.25);
    cr_expect(o.output == (1u << ATTR_OUTPUT_HTML | 1u << ATTR_OUTPUT_NPY), "output %u", o.output);
    cr_expect(o.antithetic && strcmp(o.baseline, "./grey.png") == 0 && strcmp(o.class, "dog,3") == 0);
    cr_expect_eq(attr_option_word(ATTR_OPTION_baseline, o.baseline), -1);
    cr_expect_eq(attr_option_word(ATTR_OPTION_baseline, "blur"), ATTR_BASELINE_BLUR);
}

Test(options, wrong_lines_are_refused_with_place_expectation_and_nearest_name) {
    static const struct {
        const char *name, *value, *message;
    } cases[] = {
        {"sampels", "3", "my.cfg:12: unknown option sampels (did you mean samples?)"},
        {"stpes", "3", "did you mean steps?"},
        {"nsm", "3", "did you mean nms?"},
        {"temperature", "3", "unknown option temperature (`darknet"},
        {"tol", "3", "did you mean tolerance?"},
        {"xyzzy", "3", "my.cfg:12: unknown option xyzzy (`darknet attribute help` lists them)"},
        {"", "3", "unknown option"},
        {"steps", "-1", "my.cfg:12: steps=-1: expected a whole number from 1 to 1000000"},
        {"samples", "12x", "expected a whole number"},
        {"samples", "1.5", "expected a whole number"},
        {"samples", "1e3", "expected a whole number"},
        {"samples", " 5", "expected a whole number"},
        {"samples", "+5", "expected a whole number"},
        {"samples", "", "expected a whole number"},
        {"samples", "99999999999999999999", "expected a whole number"},
        {"steps", "many", "expected a whole number from 1 to 1000000, or auto"},
        {"memory", "1", "expected a whole number from 16 to 1048576 MiB"},
        {"sigma", "nan", "expected a number from 0 to 1000"},
        {"sigma", "inf", "expected a number"},
        {"sigma", "0x1", "expected a number"},
        {"sigma", "1e999", "expected a number"},
        {"sigma", "0.1.2", "expected a number"},
        {"sigma", "0,1", "expected a number"},
        {"method", "smothgrad", "gradient_x_input, integrated_gradients, smoothtaylor, ig_max"},
        {"method", "", "expected gradient,"},
        {"output", "npy,gif", "expected different ones of npy, png, json, html"},
        {"output", "npy,npy", "expected different ones"},
        {"output", "npy,", "expected different ones"},
        {"antithetic", "yes", "expected 0 or 1"},
        {"baseline", "blakc", "or a file's name, with a dot or a slash (did you mean black?)"},
        {"results", "", "expected a text of 1 to 4095 bytes"},
        {"results", "100%", "two hexadecimal digits"},
        {"results", "a%2", "two hexadecimal digits"},
        {"results", "a%00b", "two hexadecimal digits"},
        {"verbose", "1", "my.cfg:12: verbose is for the command line only"},
        {"attribution", "x.cfg", "for the command line only"},
    };
    attr_options_default(&other);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_failure(set_fresh(cases[i].name, cases[i].value), cases[i].message, cases[i].name);
        cr_expect(memcmp(&o, &other, sizeof o) == 0, "%s=%s was refused, but changed the options", cases[i].name,
                  cases[i].value);
    }
}

Test(options, texts_are_taken_up_to_their_room_and_no_further) {
    static char text[3 * ATTR_TEXT_SIZE + 1];
    memset(text, 'x', ATTR_TEXT_SIZE);
    expect_failure(set_fresh("results", text), "results=", "4096 bytes");
    expect_failure(attr_options_set(&o, ATTR_FROM_FLAGS, NULL, 1, "results", text), "1 to 4095 bytes", "4096 bytes");
    text[ATTR_TEXT_SIZE - 1] = '\0';
    cr_expect_eq(set_fresh("results", text), ATTR_OK);
    cr_expect(strcmp(o.results, text) == 0);
    expect_round_trip(&o, 0, "4095 letters");
    for (int i = 0; i < ATTR_TEXT_SIZE - 1; i++) memcpy(text + 3 * i, "%20", 4);
    cr_expect_eq(set_fresh("results", text), ATTR_OK);
    expect_round_trip(&o, 0, "4095 spaces");
}

/* ---- Sources */

Test(options, the_stronger_source_wins_in_whatever_order_they_come) {
    static const char *const values[] = {"11", "12", "13", "14", "15", "16"};
    static const char *const paths[] = {NULL, "net.cfg", "data.cfg", "own.cfg", "study.cfg", NULL};
    static const char *const origins[] = {"preset of the method", "net.cfg:3",   "data.cfg:3", "own.cfg:3",
                                          "study.cfg:3",          "command line"};
    char origin[64];
    for (int first = 0; first < ATTR_SOURCE_COUNT; first++)
        for (int second = 0; second < ATTR_SOURCE_COUNT; second++) {
            if (first == second) continue;
            int winner = first > second ? first : second;
            attr_options_default(&o);
            cr_expect_str_eq(attr_options_origin(origin, &o, ATTR_OPTION_samples, sizeof origin), "default");
            attr_options_set(&o, (attr_source)first, paths[first], 3, "samples", values[first]);
            attr_options_set(&o, (attr_source)second, paths[second], 3, "samples", values[second]);
            cr_expect(o.samples == 11 + winner, "sources %d, %d: samples=%d", first, second, (int)o.samples);
            attr_options_origin(origin, &o, ATTR_OPTION_samples, sizeof origin);
            cr_expect(strcmp(origin, origins[winner]) == 0, "sources %d, %d: origin %s", first, second, origin);
            expect_failure(attr_options_set(&o, ATTR_FROM_NETWORK, "net.cfg", 9, "sigma", "x"), "net.cfg:9", "weak");
        }
}

Test(options, a_value_twice_in_one_source_is_an_error) {
    attr_options_default(&o);
    cr_expect_eq(attr_options_set(&o, ATTR_FROM_FILE, "a.cfg", 4, "max_steps", "3"), ATTR_OK);
    expect_failure(attr_options_set(&o, ATTR_FROM_FILE, "a.cfg", 8, "max-steps", "3"),
                   "a.cfg:8: max_steps is given twice (first in line 4)", "file");
    cr_expect_eq(attr_options_set(&o, ATTR_FROM_FLAGS, NULL, 1, "max_steps", "4"), ATTR_OK);
    expect_failure(attr_options_set(&o, ATTR_FROM_FLAGS, NULL, 3, "max_steps", "4"),
                   "command line: max_steps is given twice", "flags");
    cr_expect_str_eq(attr_error_message(), "command line: max_steps is given twice");
}

/* ---- Flags */

/* Splits `line` at | into arguments after the program's name, and parses. */
static attr_status parse(char *line, int *argc, char *argv[32]) {
    *argc = 0;
    argv[(*argc)++] = (char *)"darknet";
    for (char *part; (part = strsep(&line, "|"));) argv[(*argc)++] = part;
    argv[*argc] = NULL;
    attr_options_default(&o);
    return attr_options_parse_flags(&o, argc, argv);
}

static void expect_left(const char *line, const char *expected) {
    char copy[512], left[512] = "", *argv[32];
    int argc;
    snprintf(copy, sizeof copy, "%s", line);
    attr_status status = parse(copy, &argc, argv);
    cr_expect(status == ATTR_OK, "%s: %s", line, attr_error_message());
    if (status != ATTR_OK) return;
    for (int i = 1; i < argc; i++) snprintf(left + strlen(left), sizeof left - strlen(left), "%s|", argv[i]);
    cr_expect(strcmp(left, expected) == 0, "%s leaves %s, expected %s", line, left, expected);
    cr_expect(argv[argc] == NULL, "%s: no NULL at the end", line);
}

Test(flags, are_taken_from_anywhere_and_leave_the_positional_arguments_in_order) {
    expect_left("attribute|-samples|25|a.cfg|--sigma|.2|a.weights|-antithetic|dog.jpg",
                "attribute|a.cfg|a.weights|dog.jpg|");
    cr_expect(o.samples == 25 && o.sigma == 0.2 && o.antithetic);
    expect_left("-max-steps|9|x|--sigma_unit=absolute|-results=a=b|y", "x|y|");
    cr_expect(o.max_steps == 9 && o.sigma_unit == ATTR_SIGMA_UNIT_ABSOLUTE && strcmp(o.results, "a=b") == 0);
    expect_left("-verbose|-antithetic=0|-|-1.5|--|-samples|--", "-|-1.5|-samples|--|");
    cr_expect(o.verbose && !o.antithetic && o.samples == 50);
    expect_left("-relu|0|x|-antithetic|1|-control|10", "x|10|");
    cr_expect(!o.relu && o.antithetic && o.control);
    expect_left("-results|a b%20|-attribution|-", "");
    cr_expect(strcmp(o.results, "a b%20") == 0 && strcmp(o.attribution, "-") == 0);
    expect_left("", "|");
}

Test(flags, of_darknets_commands_are_taken) {
    expect_left("-thresh|.25|x|-nogpu|-hier|.4|-i|0|-nms|0.3|-dont_show|-t|3|-out|folder|y", "x|y|");
    cr_expect(o.thresh == 0.25 && o.hier == 0.4 && o.nms == 0.3 && o.top == 3 && strcmp(o.results, "folder") == 0);
    expect_left("-i|-1|x|-dont-show|--nogpu", "x|");
}

/* Whether a command takes a flag; the command line has no other. */
static bool takes(const char *command, const char *flag) {
    char text[64], *argv[] = {(char *)"darknet", text, NULL};
    int argc = 2;
    snprintf(text, sizeof text, "-%s", flag);
    attr_options_default(&o);
    cr_assert_eq(attr_options_parse_flags(&o, &argc, argv), ATTR_OK, "%s: %s", flag, attr_error_message());
    return attr_options_check_command(&o, command) == ATTR_OK;
}

Test(flags, are_refused_by_commands_that_they_are_not_for) {
    static const char *const commands[] = {"test",      "compare", "triage", "valid",  "sanity", "check",
                                           "calibrate", "dream",   "tune",   "attack", "init"};
    static const struct {
        const char *flag, *commands;
    } cases[] = {{"methods=gradient", "compare triage valid sanity"},
                 {"metrics=gini", "valid"},
                 {"shift=0.5", "valid sanity"},
                 {"json", "test compare"},
                 {"pictures=3", "valid calibrate"},
                 {"save=x", "tune"},
                 {"fresh_clones", "dream"},
                 {"stock=0", "check"},
                 {"epsilon=0.1", "attack init"},
                 {"samples=3", "test compare triage valid sanity check calibrate dream tune attack init"},
                 {"attribution=x", "test compare triage valid sanity check calibrate dream tune attack init"},
                 {"verbose", "test compare triage valid sanity check calibrate dream tune attack init"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t k = 0; k < sizeof commands / sizeof *commands; k++)
            cr_expect_eq(takes(commands[k], cases[i].flag), strstr(cases[i].commands, commands[k]) != NULL,
                         "%s -%s: %s", commands[k], cases[i].flag, attr_error_message());
}

Test(flags, that_are_wrong_are_refused) {
    static const char *const cases[][2] = {
        {"-sampels|3", "command line: unknown option sampels (did you mean samples?)"},
        {"x|-q", "unknown option q"},
        {"-samples", "-samples needs a value: a whole number from 1 to 1000000"},
        {"-samples|-sigma|1", "-samples needs a value"},
        {"-samples|--|1", "samples=--: expected"},
        {"-sigma|-1.5", "command line: sigma=-1.5: expected a number from 0 to 1000"},
        {"-samples=", "samples=: expected"},
        {"-antithetic=2", "expected 0 or 1"},
        {"-samples|1|--samples|2", "samples is given twice"},
        {"-t|1|-top|2", "top is given twice"},
        {"-i", "-i needs a value"},
        {"-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "unknown option aaaa"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char copy[512], *argv[32];
        int argc;
        snprintf(copy, sizeof copy, "%s", cases[i][0]);
        expect_failure(parse(copy, &argc, argv), cases[i][1], cases[i][0]);
    }
}

/* ---- Options against each other */

Test(options, combinations_that_cannot_work_are_refused_where_the_method_uses_them) {
    static const char *const cases[][2] = {
        {"-antithetic|-samples|7",
         "command line: antithetic=1 needs an even number of samples (7 comes from: command line)"},
        {"-reduction|variance|-samples|1", "needs 2 samples or more"},
        {"-method|integrated_gradients|-rule|trapezoid|-steps|1", "needs steps of 2 or more"},
        {"-method|integrated_gradients|-rule|trapezoid|-max_steps|1", "needs max_steps of 2 or more"},
        {"-method|gradient|-antithetic|-samples|7", NULL},
        {"-antithetic|-samples|8", NULL},
        {"-rule|trapezoid|-steps|1", NULL},
        {"-method|integrated_gradients|-rule|trapezoid|-steps|2", NULL},
        {"-method|integrated_gradients|-rule|gauss|-steps|1", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char copy[512], *argv[32];
        int argc;
        snprintf(copy, sizeof copy, "%s", cases[i][0]);
        cr_expect_eq(parse(copy, &argc, argv), ATTR_OK);
        attr_status status = attr_options_validate(&o);
        if (cases[i][1])
            expect_failure(status, cases[i][1], cases[i][0]);
        else
            cr_expect(status == ATTR_OK, "%s: %s", cases[i][0], attr_error_message());
    }
}

/* ---- Written */

Test(options, the_commented_default_section_reads_back) {
    attr_options_default(&o);
    expect_round_trip(&o, 0, "plain");
    expect_round_trip(&o, ATTR_WRITE_COMMENTS, "with comments");
    expect_round_trip(&o, ATTR_WRITE_COMMENTS | ATTR_WRITE_ORIGINS, "with comments and origins");
    char *text = written(&o, ATTR_WRITE_CHANGED);
    cr_expect_str_eq(text, "[attribution]\n");
    free(text);
}

Test(options, reals_read_back_to_the_same_bits_and_short_ones_stay_short) {
    uint64_t state = 1;
    for (int i = 0; i < 2000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        attr_options_default(&o);
        o.sigma = ldexp((double)(state >> 11), -53 - (int)(state % 40));
        double sigma = o.sigma;
        char *text = written(&o, ATTR_WRITE_CHANGED);
        attr_options_default(&o);
        read_section(&o, ATTR_FROM_DATA, text);
        cr_expect(o.sigma == sigma, "%a was written as %s and read as %a", sigma, text, o.sigma);
        free(text);
    }
    static const char *const shorts[] = {"0.1", "0.3", "1e-06", "0.0001", "123.456", "1e+03"};
    for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++) {
        cr_expect_eq(set_fresh("sigma", shorts[i]), ATTR_OK);
        char *text = written(&o, ATTR_WRITE_CHANGED);
        expect_contains(text, shorts[i], "sigma");
        cr_expect(strlen(text) == strlen("[attribution]\nsigma=\n") + strlen(shorts[i]), "%s", text);
        free(text);
    }
}

Test(options, texts_with_any_bytes_read_back) {
    char bytes[256];
    for (int i = 0; i < 255; i++) bytes[i] = (char)(i + 1);
    bytes[255] = '\0';
    attr_options_default(&o);
    cr_expect_eq(attr_options_set(&o, ATTR_FROM_FLAGS, NULL, 1, "results", bytes), ATTR_OK);
    cr_expect_eq(attr_options_set(&o, ATTR_FROM_FLAGS, NULL, 2, "class", "#traffic light; =;"), ATTR_OK);
    cr_expect_eq(attr_options_set(&o, ATTR_FROM_FLAGS, NULL, 3, "baseline", "/my pictures/a%20.png"), ATTR_OK);
    char *text = written(&o, 0);
    attr_options_default(&other);
    read_section(&other, ATTR_FROM_FILE, text);
    cr_expect(strcmp(other.results, bytes) == 0);
    cr_expect_str_eq(other.class, "#traffic light; =;");
    cr_expect_str_eq(other.baseline, "/my pictures/a%20.png");
    free(text);
}

Test(options, only_changes_are_written_if_asked_and_flags_of_the_command_never) {
    char line[] = "-verbose|-attribution|x.cfg|-samples|7|-seed|1|-steps|30|-output|png,npy", *argv[32];
    int argc;
    cr_expect_eq(parse(line, &argc, argv), ATTR_OK);
    cr_expect_eq(attr_options_set(&o, ATTR_FROM_NETWORK, "a\nsamples=3", 3, "nms", "0.5"), ATTR_OK);
    char *text = written(&o, ATTR_WRITE_CHANGED | ATTR_WRITE_ORIGINS);
    cr_expect_str_eq(text, "[attribution]\n"
                           "# from: a?samples=3:3\nnms=0.5\n"
                           "# from: command line\nsteps=30\n"
                           "# from: command line\nsamples=7\n"
                           "# from: command line\noutput=npy,png\n");
    free(text);
    expect_round_trip(&o, 0, "some values");
}

/* ---- Help */

static attr_status help(char **text, const char *topic) {
    size_t size;
    FILE *out = open_memstream(text, &size);
    attr_status status = attr_options_help(out, topic);
    fclose(out);
    return status;
}

Test(options, the_help_has_every_option_with_default_and_range) {
    char *text, part[128];
    cr_expect_eq(help(&text, NULL), ATTR_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(part, sizeof part, "\n  -%s ", rows[i].name);
        expect_contains(text, part, "help");
        snprintf(part, sizeof part, "[%s; %s to %s", rows[i].initial, rows[i].least, rows[i].most);
        if (rows[i].least) expect_contains(text, part, "help");
    }
    expect_contains(text, "  -nogpu ", "help");
    expect_contains(text, "integrated_gradients ", "help");
    free(text);
}

Test(options, the_help_of_a_topic_or_an_option_has_only_that) {
    char *text;
    cr_expect_eq(help(&text, "noise"), ATTR_OK);
    expect_contains(text, "-sigma ", "noise");
    cr_expect(!strstr(text, "-steps ") && !strstr(text, "path:"), "%s", text);
    free(text);
    cr_expect_eq(help(&text, "steps"), ATTR_OK);
    cr_expect(strncmp(text, "  -steps N ", 11) == 0 && strchr(text, '\n')[1] == '\0', "%s", text);
    free(text);
    expect_failure(help(&text, "nose"),
                   "method, target, path, noise, clones, ascent, mask, layer, attack, output, run, command",
                   "unknown topic");
    cr_expect_str_eq(text, "");
    free(text);
}

Test(options, a_full_disk_is_told) {
    FILE *full = fopen("/dev/full", "w");
    attr_options_default(&o);
    if (!full) cr_skip_test("there is no /dev/full");
    setvbuf(full, NULL, _IONBF, 0);
    cr_expect_eq(attr_options_write(full, &o, 0), ATTR_IO);
    cr_expect_eq(attr_options_help(full, NULL), ATTR_IO);
    fclose(full);
}
