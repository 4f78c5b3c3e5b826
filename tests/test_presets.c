/* Defaults that depend on the method, what options refuse of each other, and texts that are more than words. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "options/options.h"
#include "options/presets.h"
#include "session/session.h"

static attr_options o, other;

/* The table once more, as text. */
typedef struct {
    const char *preset, *method, *option, *value;
} row;
#define ROW(preset, method, option, value) {#preset, #method, #option, value},
static const row rows[] = {ATTR_PRESETS(ROW)};
enum { ROWS = sizeof rows / sizeof *rows };

#define WORD(name, word, help) word,
static const char *const methods[] = {ATTR_METHOD_WORDS(WORD)};
enum { METHODS = sizeof methods / sizeof *methods };

static void give(attr_source source, const char *name, const char *value) {
    attr_options_forget(&o, source, name);
    attr_status status = attr_options_set(&o, source, "my.cfg", 7, name, value);
    cr_assert_eq(status, ATTR_OK, "%s=%s: %s", name, value, attr_error_message());
}

/* Options as "name=value|name=value" of the command line, resolved. */
static void choose(const char *text) {
    char copy[512], *line = copy;
    snprintf(copy, sizeof copy, "%s", text);
    attr_options_default(&o);
    for (char *part; (part = strsep(&line, "|"));) {
        char *value = strchr(part, '=');
        if (!value) continue;
        *value = '\0';
        give(ATTR_FROM_FLAGS, part, value + 1);
    }
    attr_options_resolve(&o);
}

static char *written(const attr_options *options, int how) {
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cr_assert_eq(attr_options_write(out, options, how), ATTR_OK);
    fclose(out);
    return text;
}

static bool has_line(const char *text, const char *line) {
    char wanted[512];
    snprintf(wanted, sizeof wanted, "\n%s\n", line);
    return strstr(text, wanted) != NULL;
}

static bool same_word(const char *a, const char *b) {
    return strcasecmp(a, b) == 0;
}

/* ---- Presets */

/* What the table says of an option of a method: the last row that applies; NULL: none. */
static const char *preset_of(const char *method, const char *option, bool fast) {
    const char *value = NULL;
    for (int i = 0; i < ROWS; i++)
        if (same_word(rows[i].method, method) && strcmp(rows[i].option, option) == 0 &&
            (fast || strcmp(rows[i].preset, "PAPER") == 0))
            value = rows[i].value;
    return value;
}

Test(presets, give_every_method_the_values_of_their_table_and_no_others) {
    attr_options_default(&o);
    char line[256], *defaults = written(&o, 0);
    for (int m = 0; m < METHODS; m++)
        for (int fast = 0; fast < 2; fast++) {
            attr_options_default(&o);
            give(ATTR_FROM_FLAGS, "method", methods[m]);
            if (fast) give(ATTR_FROM_FLAGS, "preset", "fast");
            attr_options_resolve(&o);
            char *text = written(&o, 0);
            for (int i = 0; i < ROWS; i++) { /* every option that is in the table, whoever's */
                const char *value = preset_of(methods[m], rows[i].option, fast);
                if (value) {
                    snprintf(line, sizeof line, "%s=%s", rows[i].option, value);
                } else {
                    snprintf(line, sizeof line, "\n%s=", rows[i].option);
                    const char *start = strstr(defaults, line) + 1;
                    snprintf(line, sizeof line, "%.*s", (int)strcspn(start, "\n"), start);
                }
                cr_expect(has_line(text, line), "method=%s fast=%d: \"%s\" is not in\n%s", methods[m], fast, line,
                          text);
            }
            cr_expect_eq(attr_options_validate(&o), ATTR_OK, "method=%s fast=%d: %s", methods[m], fast,
                         attr_error_message());
            free(text);
        }
    free(defaults);
}

Test(presets, are_weaker_than_every_source) {
    static const attr_source sources[] = {ATTR_FROM_NETWORK, ATTR_FROM_DATA, ATTR_FROM_FILE, ATTR_FROM_FLAGS};
    char origin[64];
    for (int first = 0; first < 2; first++) /* resolved before the value comes, too */
        for (int i = 0; i < 4; i++) {
            attr_options_default(&o);
            give(ATTR_FROM_NETWORK, "method", "fusiongrad");
            if (first) attr_options_resolve(&o);
            give(sources[i], "clones", "25"); /* the general default, but given */
            attr_options_resolve(&o);
            cr_expect(o.clones == 25 && o.samples == 10 && o.sigma == 0.09 && o.abs_before_mean,
                      "source %d, resolved first %d: clones=%d samples=%d sigma=%g", sources[i], first, (int)o.clones,
                      (int)o.samples, o.sigma);
            cr_expect(attr_option_is_given(&o, ATTR_OPTION_clones) && !attr_option_is_given(&o, ATTR_OPTION_samples));
            attr_options_origin(origin, &o, ATTR_OPTION_samples, sizeof origin);
            cr_expect_str_eq(origin, "preset of the method");
            attr_options_origin(origin, &o, ATTR_OPTION_clones, sizeof origin);
            cr_expect_str_eq(origin, sources[i] == ATTR_FROM_FLAGS ? "command line" : "my.cfg:7");
        }
}

/* From any method, fast or not, to any other. */
Test(presets, leave_no_trace_when_the_method_changes) {
    for (int from = 0; from < METHODS; from++)
        for (int to = 0; to < METHODS; to++) {
            attr_options_default(&o);
            give(ATTR_FROM_FILE, "samples", "14");
            give(ATTR_FROM_FLAGS, "preset", "paper");
            give(ATTR_FROM_FLAGS, "method", methods[to]);
            attr_options_resolve(&o);
            memcpy(&other, &o, sizeof o);
            give(ATTR_FROM_FLAGS, "method", methods[from]);
            give(ATTR_FROM_FLAGS, "preset", "fast");
            attr_options_resolve(&o);
            give(ATTR_FROM_FLAGS, "preset", "paper");
            give(ATTR_FROM_FLAGS, "method", methods[to]);
            attr_options_resolve(&o);
            attr_options_resolve(&o); /* twice is once */
            char *expected = written(&other, ATTR_WRITE_ORIGINS), *text = written(&o, ATTR_WRITE_ORIGINS);
            cr_expect_str_eq(text, expected, "from %s to %s", methods[from], methods[to]);
            free(text);
            free(expected);
        }
}

Test(presets, fast_comes_on_top_of_paper) {
    choose("method=smoothed_ig|preset=fast");
    cr_expect(o.samples == 16 && o.steps == 8 && o.rule == ATTR_RULE_GAUSS && o.tolerance == 0.2 &&
                  o.base == ATTR_BASE_INTEGRATED_GRADIENTS,
              "samples=%d steps=%d rule=%d tolerance=%g base=%d", (int)o.samples, (int)o.steps, o.rule, o.tolerance,
              o.base);
    choose("method=smoothed_ig|preset=fast|rule=even|steps=50");
    cr_expect(o.samples == 16 && o.steps == 50 && o.rule == ATTR_RULE_EVEN);
    choose("method=smoothed_ig");
    cr_expect(o.samples == 100 && o.steps == 20 && o.rule == ATTR_RULE_EVEN);
}

/* What a program gives may be given again; what is refused changes nothing. */
Test(presets, follow_what_a_program_sets) {
    static attr_session session;
    const attr_options *set = &session.options;
    attr_options_default(&session.options);
    cr_expect_eq(attr_set(&session, "method", "fusiongrad"), ATTR_OK);
    cr_expect_eq(set->samples, 10, "samples=%d", (int)set->samples);
    cr_expect_eq(attr_set(&session, "samples", "6"), ATTR_OK);
    cr_expect_eq(attr_set(&session, "samples", "7"), ATTR_OK);
    cr_expect_eq(attr_set(&session, "samples", "many"), ATTR_BAD_INPUT);
    cr_expect_eq(attr_set(&session, "no_such_option", "7"), ATTR_BAD_INPUT);
    cr_expect(set->samples == 7 && attr_option_is_given(set, ATTR_OPTION_samples), "samples=%d, given %d",
              (int)set->samples, attr_option_is_given(set, ATTR_OPTION_samples));
    cr_expect_eq(attr_set(&session, "method", "smoothgrad"), ATTR_OK);
    cr_expect(set->samples == 7 && set->sigma == 0.15, "samples=%d sigma=%g", (int)set->samples, set->sigma);
}

/* ---- Written */

Test(presets, what_is_the_methods_own_is_a_comment_in_the_section_of_init) {
    choose("method=fusiongrad|sigma=0.15|seed=1");
    char *text = written(&o, ATTR_WRITE_COMMENTS);
    cr_expect(has_line(text, "#samples=10") && has_line(text, "#clones=10"), "%s", text);
    cr_expect(has_line(text, "#steps=auto"), "an option that another method's preset has: %s", text);
    cr_expect(has_line(text, "sigma=0.15") && has_line(text, "method=fusiongrad"), "what was given: %s", text);
    cr_expect(has_line(text, "seed=1") && has_line(text, "max_steps=1024"), "what no preset has: %s", text);
    free(text);
    text = written(&o, 0);
    cr_expect(has_line(text, "samples=10") && has_line(text, "sigma=0.15"), "a record has every value: %s", text);
    free(text);
}

/* Reads "name=value" lines that are no comments. */
static void read_back(const char *text) {
    char line[1024];
    attr_options_default(&o);
    for (; *text; text += strcspn(text, "\n") + (strchr(text, '\n') != NULL)) {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
        char *value = strchr(line, '=');
        if (line[0] == '#' || line[0] == '[' || !value) continue;
        *value = '\0';
        give(ATTR_FROM_FILE, line, value + 1);
    }
}

Test(presets, sections_read_back_to_the_same_values) {
    static const char *const cases[] = {
        "method=fusiongrad|samples=50|clones=25",
        "method=fusiongrad",
        "method=ggig|preset=fast|steps=auto",
        "method=noisegrad|base=integrated_gradients|abs_before_mean=0",
        "method=vargrad",
    };
    static const int ways[] = {0, ATTR_WRITE_CHANGED, ATTR_WRITE_COMMENTS, ATTR_WRITE_ORIGINS};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int w = 0; w < 4; w++) {
            choose(cases[i]);
            char *expected = written(&o, 0), *text = written(&o, ways[w]);
            read_back(text);
            attr_options_resolve(&o);
            char *again = written(&o, 0);
            cr_expect_str_eq(again, expected, "%s, written in way %d:\n%s", cases[i], ways[w], text);
            free(again);
            free(text);
            free(expected);
        }
}

Test(presets, the_section_of_init_follows_the_method) {
    choose("method=smoothgrad");
    char *text = written(&o, ATTR_WRITE_COMMENTS);
    read_back(text);
    give(ATTR_FROM_FLAGS, "method", "fusiongrad");
    attr_options_resolve(&o);
    cr_expect(o.samples == 10 && o.clones == 10 && o.sigma == 0.09, "samples=%d clones=%d sigma=%g", (int)o.samples,
              (int)o.clones, o.sigma);
    free(text);
}

/* ---- Refused */

Test(presets, what_a_method_cannot_do_is_refused) {
    static const struct {
        const char *options, *message; /* NULL: accepted */
    } cases[] = {
        {"method=smoothgrad_squared|reduction=mean", "command line: method=smoothgrad_squared is reduction=square"},
        {"method=smoothgrad_squared|reduction=square", NULL},
        {"method=vargrad|reduction=square", "method=vargrad is reduction=variance; method=smoothgrad takes any"},
        {"method=smoothed_ig|base=gradient", "command line: method=smoothed_ig is base=integrated_gradients"},
        {"method=smoothgrad|base=ggig", NULL},
        {"method=smoothed_ig|steps=1", "rule=even needs steps of 2 or more, for the two ends (1 comes from: command"},
        {"method=noisegrad|base=integrated_gradients|rule=trapezoid|steps=1", "rule=trapezoid needs steps of 2"},
        {"method=noisegrad|base=gradient|rule=trapezoid|steps=1", NULL},
        {"method=ig_max|steps=1", "command line: the path of ig_max needs steps of 2 or more"},
        {"method=fusiongrad|base=ggig|steps=1", "the path of ggig needs steps of 2 or more"},
        {"method=ggig|steps=2", NULL},
        {"method=gda|steps=1", NULL},
        {"method=fusiongrad|antithetic=1|samples=7", "needs an even number of samples (7 comes from: command line)"},
        {"method=noisegrad|antithetic=1|samples=7", NULL},
        {"antithetic=1|samples=auto|max_samples=9", "needs an even number of max_samples (9 comes from: command line)"},
        {"antithetic=1|samples=auto", NULL},
        {"method=relex|samples=auto", "method=relex needs a number of samples"},
        {"method=fusiongrad|samples=auto", "method=fusiongrad needs a number of samples; clones=auto"},
        {"method=fusiongrad|clones=auto", NULL},
        {"method=geg|clones=auto", "method=geg needs a number of clones"},
        {"method=smoothtaylor|reduction=variance|roots=1", "needs 2 roots or more (1 comes from: command line)"},
        {"method=noisegrad|reduction=variance|clones=1", "needs 2 clones or more (1 comes from: command line)"},
        {"method=fusiongrad|reduction=variance|clones=1|samples=2", NULL},
        {"method=vargrad|antithetic=1|samples=2", "needs 4 samples or more (2 comes from: command line)"},
        {"method=vargrad|antithetic=1|samples=4", NULL},
        {"method=vargrad|samples=auto", "reduction=variance has no error that samples=auto could wait for"},
        {"method=smoothtaylor|reduction=variance|roots=auto", "has no error that roots=auto could wait for"},
        {"method=noisegrad|reduction=variance|clones=auto", "has no error that clones=auto could wait for"},
        {"method=noisegrad|reduction=variance|samples=auto", NULL},
        {"method=gradient|reduction=variance|samples=1", NULL},
        {"pool=3", "command line: pool=3 (expected 1, 2, 4, 8, 16, 32, 64 or auto)"},
        {"pool=64", NULL},
        {"pool=auto", NULL},
        {"mean=0.5", NULL},
        {"mean=1,2", "command line: mean=1,2 (expected R,G,B, or one number)"},
        {"mean=nan", "mean=nan (expected R,G,B, or one number)"},
        {"std=0.2,0,0.2", "std=0.2,0,0.2 (expected R,G,B, or one number, all above 0)"},
        {"std=-1", "std=-1 (expected"},
        {"std=inf", "std=inf (expected"},
        {"crop=1,2,3", "crop=1,2,3 (expected X,Y,W,H in pixels, or whole)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        choose(cases[i].options);
        attr_status status = attr_options_validate(&o);
        cr_expect_eq(status, cases[i].message ? ATTR_BAD_INPUT : ATTR_OK, "%s: %s", cases[i].options,
                     status == ATTR_OK ? "accepted" : attr_error_message());
        if (status != ATTR_OK && cases[i].message)
            cr_expect(strstr(attr_error_message(), cases[i].message), "%s: the message is \"%s\"", cases[i].options,
                      attr_error_message());
    }
}

/* ---- Texts */

Test(presets, layers_are_numbers_and_ranges_of_them) {
    enum { LAYERS = 12 };
    static const struct {
        const char *text, *noisy; /* one sign for each layer; NULL: refused */
    } cases[] = {
        {"all", "############"},
        {"0", "#..........."},
        {"11", "...........#"},
        {"0,3-5,11", "#..###.....#"},
        {"3-5,4-7,5", "...#####...."},
        {"7,0", "#......#...."},
        {"0-11", "############"},
        {"5-5", ".....#......"},
        {"12"},
        {"5-12"},
        {"5-3"},
        {"-1"},
        {"1-"},
        {"1,"},
        {",1"},
        {"1,,2"},
        {"1-2-3"},
        {"1 ,2"},
        {"1;2"},
        {"0x1"},
        {"a"},
        {"All"},
        {"all,1"},
        {""},
        {"99999999999999999999"},
        {"0-99999999999999999999"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool noisy[LAYERS];
        char got[LAYERS + 1] = "";
        attr_status status = attr_read_layers(noisy, LAYERS, ATTR_OPTION_noise_layers, cases[i].text);
        cr_expect_eq(status, cases[i].noisy ? ATTR_OK : ATTR_BAD_INPUT, "\"%s\": %s", cases[i].text,
                     attr_status_name(status));
        if (status != ATTR_OK) {
            cr_expect(strstr(attr_error_message(), "(0 to 11)"), "\"%s\": \"%s\"", cases[i].text, attr_error_message());
            continue;
        }
        for (int k = 0; k < LAYERS; k++) got[k] = noisy[k] ? '#' : '.';
        cr_expect_str_eq(got, cases[i].noisy ? cases[i].noisy : "", "\"%s\"", cases[i].text);
    }
}

Test(presets, colours_are_three_numbers_or_one) {
    static const struct {
        const char *text;
        double colour[3];
        bool refused;
    } cases[] = {
        {"0.485,0.456,0.406", {0.485, 0.456, 0.406}},
        {"1,2,3", {1, 2, 3}},
        {"-0.5", {-0.5, -0.5, -0.5}},
        {"1e-3", {1e-3, 1e-3, 1e-3}},
        {"1,2", .refused = true},
        {"1,2,3,4", .refused = true},
        {"1,2,", .refused = true},
        {"1,2,3x", .refused = true},
        {"", .refused = true},
        {"red", .refused = true},
        {"nan", .refused = true},
        {"0,nan,0", .refused = true},
        {"0,0,inf", .refused = true},
        {"1e999", .refused = true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double colour[3];
        bool taken = attr_read_colour(colour, cases[i].text);
        cr_expect_eq(taken, !cases[i].refused, "\"%s\": %s", cases[i].text, taken ? "taken" : "refused");
        if (!taken) continue;
        cr_expect(memcmp(colour, cases[i].colour, sizeof colour) == 0, "\"%s\": %g,%g,%g", cases[i].text, colour[0],
                  colour[1], colour[2]);
    }
}
