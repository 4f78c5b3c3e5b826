#define _GNU_SOURCE /* memmem() */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "images/npy.h"
#include "model/cfg.h"
#include "reports/reports.h"
#include "fresh_folder.h"

TestSuite(reports, .init = enter_fresh_folder, .fini = leave_fresh_folder);

/* ---- An explanation: two detections on a grey picture, with maps that have values of both signs */

enum { most_pixels = 2000 * 20 };
static float pixels[3 * most_pixels], maps[2][most_pixels];
static attr_prediction predictions[2];
static attr_explained explained[2];
static attr_explanation ex;

static void set_option(const char *name, const char *value) {
    cr_assert_eq(attr_options_set(&ex.options, ATTR_FROM_FLAGS, NULL, 1, name, value), ATTR_OK, "%s",
                 attr_error_message());
}

static void make_item(int i, char *name, char *class_name) {
    const attr_prediction *p = &predictions[i];
    for (int k = 0; k < ex.picture.w * ex.picture.h; k++) maps[i][k] = (float)(k % 7 - 3 + i) / 1024;
    explained[i] =
        (attr_explained){.name = name,
                         .class_name = class_name,
                         .map = maps[i],
                         .plane = maps[i],
                         .is_detection = true,
                         .detection = {16, 2, 5, 7, p->class_index, .75f, .5f, .375f, 0, 0, 0, 0},
                         .target = "score",
                         .aim = {.place = ATTR_PLACE_DETECTION, .number = i + 1},
                         .figures = {.baseline_target = NAN, .expected_sum = NAN, .mean_target = .125, .converged = 1},
                         .pool = 4};
    for (int k = 0; k < ATTR_POOLS; k++) explained[i].figures.pooled_error[k] = .5 / (1 << k);
    explained[i].result = (attr_result){.name = name,
                                        .class_name = class_name,
                                        .class_index = p->class_index,
                                        .score = p->score,
                                        .target = .375,
                                        .width = ex.picture.w,
                                        .height = ex.picture.h,
                                        .channels = 1,
                                        .map = maps[i],
                                        .sum = -.5,
                                        .padding_share = .0312,
                                        .relative_error = .34,
                                        .completeness_gap = NAN,
                                        .converged = 1,
                                        .split_half = .0625,
                                        .samples = 50,
                                        .gradients = 50};
    memcpy(explained[i].result.box, p->box, sizeof p->box);
}

static void make_explanation(int w, int h) {
    ex = (attr_explanation){.picture_path = "data/street.jpg",
                            .picture_name = "street",
                            .picture_hash = "picture's hash",
                            .picture = {w, h, 3, pixels},
                            .cfg_path = "tiny.cfg",
                            .weights_path = "tiny.weights",
                            .data_path = "coco.data",
                            .cfg_hash = "cfg's hash",
                            .weights_hash = "weights' hash",
                            .net_w = 416,
                            .net_h = 416,
                            .net_c = 3,
                            .is_detector = true,
                            .sigma = .125,
                            .input_high = 1,
                            .seconds = 2,
                            .parameters_checksum = 0xabcdef,
                            .predictions = predictions,
                            .prediction_count = 2,
                            .explained = explained,
                            .count = 2};
    attr_options_default(&ex.options);
    attr_letterbox_make(&ex.letterbox, 416, 416, w, h);
    for (int k = 0; k < 3 * w * h; k++) pixels[k] = .5f;
    predictions[0] = (attr_prediction){"dog", 16, .375, {.5, .5, .25, .5}};
    predictions[1] = (attr_prediction){"cat & <mouse>", 15, .25, {.25, .25, .125, .25}};
    make_item(0, "dog_1_smoothgrad", "dog");
    make_item(1, "cat_____mouse__1_smoothgrad", "cat & <mouse>");
}

/* ---- What was written */

static void write_it(void) {
    cr_assert_eq(attr_write(&ex, "results"), ATTR_OK, "%s", attr_error_message());
}

static char *read_text(const char *path) {
    char *text = NULL;
    cr_assert_eq(attr_read_file(&text, NULL, path, 1 << 26), ATTR_OK, "%s", attr_error_message());
    return text;
}

static void expect_in_file(const char *path, const char *expected) {
    char *text = read_text(path);
    cr_expect(strstr(text, expected), "%s has no \"%s\"", path, expected);
    free(text);
}

static void expect_not_in_file(const char *path, const char *unexpected) {
    char *text = read_text(path);
    cr_expect_not(strstr(text, unexpected), "%s has \"%s\"", path, unexpected);
    free(text);
}

static int occurrences(const char *path, const char *wanted) {
    char *text = read_text(path);
    int count = 0;
    for (const char *at = text; (at = strstr(at, wanted)); at++) count++;
    free(text);
    return count;
}

/* The names in a folder, hidden ones too, in alphabetical order, with a blank behind each. */
static const char *names_in(const char *path) {
    static char names[4096];
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    names[0] = '\0';
    for (int i = 0; i < count; i++) {
        if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s ", entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0) free(entries);
    return names;
}

static void make_file(const char *path, const char *content) {
    FILE *file = fopen(path, "w");
    cr_assert(file && fputs(content, file) >= 0 && fclose(file) == 0, "%s: %s", path, strerror(errno));
}

/* Width and height of a PNG file's pixels, as its header has them. */
static void read_png_size(int size[2], const unsigned char *png) {
    for (int k = 0; k < 2; k++) size[k] = png[18 + 4 * k] << 8 | png[19 + 4 * k];
}

/* ---- Files */

Test(reports, files_are_those_asked_for) {
    static const char *const cases[][2] = {
        {"npy,png,json,html", "cat_____mouse__1_smoothgrad.npy cat_____mouse__1_smoothgrad.png dog_1_smoothgrad.npy "
                              "dog_1_smoothgrad.png index.html run.cfg summary.json "},
        {"npy", "cat_____mouse__1_smoothgrad.npy dog_1_smoothgrad.npy run.cfg "},
        {"png", "cat_____mouse__1_smoothgrad.png dog_1_smoothgrad.png run.cfg "},
        {"json", "run.cfg summary.json "},
        {"html", "index.html run.cfg "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char results[16], path[64];
        make_explanation(24, 16);
        set_option("output", cases[i][0]);
        snprintf(results, sizeof results, "%zu/deep", i);
        snprintf(path, sizeof path, "%s/street", results);
        cr_assert_eq(attr_write(&ex, results), ATTR_OK, "%s: %s", cases[i][0], attr_error_message());
        cr_expect_str_eq(names_in(path), cases[i][1], "output=%s: %s", cases[i][0], names_in(path));
    }
}

Test(reports, npy_holds_the_map) {
    static const int channels[] = {1, 3};
    for (size_t i = 0; i < 2; i++) {
        float *map = NULL;
        int dims = 0, c = channels[i];
        size_t shape[ATTR_NPY_MAX_DIMS];
        make_explanation(24, 16);
        explained[0].result.height = 8; /* as with coordinates=network: not the picture's size */
        explained[0].result.channels = c;
        write_it();
        cr_assert_eq(attr_npy_read(&map, &dims, shape, "results/street/dog_1_smoothgrad.npy"), ATTR_OK, "%s",
                     attr_error_message());
        cr_assert(c == 1 ? dims == 2 : dims == 3 && shape[0] == 3, "%d channels: %d dimensions", c, dims);
        cr_assert(shape[dims - 2] == 8 && shape[dims - 1] == 24, "%d channels: height %zu, width %zu", c,
                  shape[dims - 2], shape[dims - 1]);
        cr_assert_arr_eq(map, maps[0], (size_t)c * 8 * 24 * sizeof *map, "%d channels", c);
        free(map);
    }
}

Test(reports, record_gives_all_options_back) {
    attr_options again;
    attr_cfg *cfg = NULL;
    make_explanation(24, 16);
    ex.picture_path = "my street.jpg";
    set_option("method", "integrated_gradients");
    set_option("baseline", "a b%.png");
    set_option("sigma", "0.123456789");
    set_option("output", "png,json");
    write_it();
    cr_assert_eq(attr_cfg_read(&cfg, "results/street/run.cfg", ATTR_CFG_ATTRIBUTION), ATTR_OK, "%s",
                 attr_error_message());
    attr_options_default(&again);
    for (int i = 0; i < cfg->attribution.count; i++) {
        const attr_cfg_option *o = &cfg->attribution.options[i];
        cr_assert_eq(attr_options_set(&again, ATTR_FROM_FILE, "run.cfg", o->line, o->key, o->value), ATTR_OK, "%s",
                     attr_error_message());
    }
    attr_cfg_free(cfg);
    memset(&again.given, 0, sizeof again.given);
    memset(&ex.options.given, 0, sizeof ex.options.given);
    cr_expect_arr_eq(&again, &ex.options, sizeof again);
    expect_in_file("results/street/run.cfg", "#   darknet attribute test coco.data tiny.cfg tiny.weights "
                                             "'my street.jpg' -attribution results/street/run.cfg\n");
    expect_in_file("results/street/run.cfg", "cfg's hash");
    expect_in_file("results/street/run.cfg", "weights' hash");
    expect_in_file("results/street/run.cfg", "picture's hash");
}

/* ---- The summary */

Test(reports, summary_tells_what_is_known) {
    static const char *const expected[] = {
        "\"program\": \"Attribution for Darknet\",\n  \"version\": \"" ATTR_VERSION "\"",
        "\"path\": \"data/street.jpg\",\n    \"name\": \"street\",\n    \"sha256\": \"picture's hash\"",
        "\"kind\": \"detector\"",
        "\"data\": \"coco.data\"",
        "\"parameters_checksum\": \"0000000000abcdef\"",
        "\"method\": \"smoothgrad\",\n  \"seed\": 9223372036854775807,\n  \"sigma\": 0.125,\n  \"seconds\": 2",
        "\"samples\": 20",
        "\"detections\": \"all\"",
        "\"antithetic\": true",
        "\"output\": [\n      \"npy\",\n      \"json\"\n    ]",
        "\"option_origins\": {\n    \"samples\": \"command line\",",
        "\"head\": {\n        \"layer\": 16,\n        \"anchor\": 2,\n        \"row\": 5,\n        \"column\": 7,\n"
        "        \"objectness\": 0.75,\n        \"class_probability\": 0.5",
        "\"files\": {\n        \"npy\": \"dog_1_smoothgrad.npy\"\n      }",
        "\"note\": null,\n      \"drawing\": {\n        \"palette\": \"diverging\"",
        "\"target\": \"score\",\n      \"target_value\": 0.375",
        "\"min\": -0.0029296875,\n      \"max\": 0.0029296875",
        "\"padding_share\": 0.0312,\n      \"gradients\": 50,\n      \"samples\": 50,\n      \"relative_error\": "
        "0.34,\n      "
        "\"block_errors\": {\n        \"1\": 0.5,\n        \"2\": 0.25,",
        "\"64\": 0.0078125\n      },\n      \"split_half\": 0.0625,\n      \"pool\": 4",
    };
    make_explanation(7, 16);
    set_option("samples", "20");
    set_option("antithetic", "1");
    set_option("output", "npy,json");
    set_option("seed", "9223372036854775807");
    write_it();
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        expect_in_file("results/street/summary.json", expected[i]);
    expect_not_in_file("results/street/summary.json", "\"completeness\"");
    expect_not_in_file("results/street/summary.json", "\"verbose\"");
    /* 16 lines of -3 .. 3, in 1024ths; of the second map, -2 .. 4 */
    expect_in_file("results/street/summary.json", "\"positive_sum\": 0.09375,\n      \"negative_sum\": -0.09375");
    expect_in_file("results/street/summary.json", "\"positive_sum\": 0.15625,\n      \"negative_sum\": -0.046875");
}

Test(reports, summary_has_the_completeness_of_integrated_gradients) {
    make_explanation(24, 16);
    set_option("method", "integrated_gradients");
    for (int i = 0; i < 2; i++) {
        explained[i].result.relative_error = NAN;
        explained[i].result.completeness_gap = .0625;
        explained[i].result.converged = explained[i].figures.converged = i;
        explained[i].figures.baseline_target = .125;
        explained[i].figures.expected_sum = .25;
        explained[i].figures.mean_target = NAN;
        explained[i].figures.steps = 64;
    }
    write_it();
    expect_in_file("results/street/summary.json",
                   "\"relative_error\": null,\n      \"completeness\": {\n        \"gap\": 0.0625,\n"
                   "        \"baseline_target\": 0.125,\n        \"expected\": 0.25,\n        \"steps\": 64,\n"
                   "        \"converged\": false");
    expect_not_in_file("results/street/summary.json", "\"sigma\": 0.125");
    expect_in_file("results/street/index.html",
                   "Completeness gap 0.062 of 0.25 (<span class=\"warn\">not converged</span>: "
                   "above 1.0&nbsp;% after 64 steps)");
    expect_in_file("results/street/index.html", "Completeness gap 0.062 of 0.25 (converged: 64 steps)");
}

/* ---- The page */

Test(reports, page_is_whole_and_needs_nothing_else) {
    const char *page = "results/street/index.html";
    make_explanation(24, 16);
    write_it();
    char *text = read_text(page);
    cr_expect_eq(strncmp(text, "<!DOCTYPE html>\n<html lang=\"en\">", 31), 0);
    cr_expect_str_eq(text + strlen(text) - 8, "</html>\n");
    free(text);
    cr_expect_eq(occurrences(page, "<img "), 3);
    cr_expect_eq(occurrences(page, "alt=\""), 3);
    cr_expect_eq(occurrences(page, "src=\"data:image/png;base64,iVBORw0KGgo"), 3);
    cr_expect_eq(occurrences(page, "src="), 3);
    cr_expect_eq(occurrences(page, "<article "), occurrences(page, "</article>"));
    cr_expect_eq(occurrences(page, "<div"), occurrences(page, "</div>"));
    expect_not_in_file(page, "://");
    expect_not_in_file(page, "<script");
    expect_not_in_file(page, "<mouse>");
    expect_not_in_file(page, "url(");
}

Test(reports, page_tells_figures_in_words) {
    static const char *const expected[] = {
        "<td>1</td><td><a href=\"#map-1\">dog</a></td><td class=\"number\">38&nbsp;%</td>"
        "<td class=\"number\">9, 4</td><td class=\"number\">6 &times; 8</td>",
        "left:37.50%;top:25.00%;width:25.00%;height:50.00%",
        "<h3><span>2</span> cat &#38; &#60;mouse&#62; <span>25&nbsp;%</span></h3>",
        "Monte-Carlo error 34&nbsp;% of the map in these blocks, from 50 gradients; 12&nbsp;% in blocks of 4, "
        "3.1&nbsp;% in blocks of 16, 0.78&nbsp;% in blocks of 64",
        "Rank correlation of the maps of two halves of the samples: 0.062",
        "This map is noise",
        "Mean of the target under the noise: 0.125. <span class=\"warn\">Noise takes more than half of it away</span>",
        "Blocks of 4 &times; 4 network pixels have their mean",
        "3.1&nbsp;% of the map lies on the letterbox bars",
        "Target: score = 0.375",
        "href=\"./dog_1_smoothgrad.npy\"",
        "<b>smoothgrad</b>: the mean, over noisy copies of the picture, of this: how much the target changes",
        "standard deviation 0.125 in input units, seed 1",
        "darknet attribute test coco.data tiny.cfg tiny.weights data/street.jpg -attribution results/street/run.cfg",
        "\nsigma_unit=range\n",
    };
    make_explanation(24, 16);
    write_it();
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        expect_in_file("results/street/index.html", expected[i]);
}

Test(reports, page_holds_large_pictures_shrunk) {
    int file_size[2], page_size[2];
    char expected[64];
    unsigned char *png = NULL;
    attr_drawing drawing;
    make_explanation(1700, 20);
    write_it();
    cr_assert_eq(attr_read_file((char **)&png, NULL, "results/street/dog_1_smoothgrad.png", 1 << 26), ATTR_OK);
    read_png_size(file_size, png);
    free(png);
    cr_expect(file_size[0] == 1700 && file_size[1] == 20, "file: %d x %d", file_size[0], file_size[1]);
    cr_assert_eq(attr_draw_picture(&drawing, &ex.picture, ATTR_PAGE_SIDE), ATTR_OK, "%s", attr_error_message());
    read_png_size(page_size, drawing.png);
    free(drawing.png);
    cr_expect(page_size[0] == 850 && page_size[1] == 10, "page: %d x %d", page_size[0], page_size[1]);
    snprintf(expected, sizeof expected, "<img width=\"%d\" height=\"%d\"", page_size[0], page_size[1]);
    cr_expect_eq(occurrences("results/street/index.html", expected), 3, "%s", expected);
}

Test(reports, maps_without_negative_values_have_the_sequential_palette) {
    make_explanation(24, 16);
    for (int k = 0; k < 24 * 16; k++) maps[0][k] = fabsf(maps[0][k]);
    write_it();
    cr_expect_eq(occurrences("results/street/summary.json", "\"palette\": \"sequential\""), 1);
    cr_expect_eq(occurrences("results/street/summary.json", "\"palette\": \"diverging\""), 1);
    cr_expect_eq(occurrences("results/street/index.html", "The brighter, the more"), 1);
    cr_expect_eq(occurrences("results/street/index.html", "Red: the target would rise"), 1);
}

Test(reports, boxes_that_are_not_finite_are_left_out) {
    make_explanation(24, 16);
    for (int k = 0; k < 2; k++) {
        predictions[k].box[2] = k ? INFINITY : NAN;
        memcpy(explained[k].result.box, predictions[k].box, sizeof predictions[k].box);
    }
    write_it();
    expect_in_file("results/street/summary.json", "\"width\": null");
    cr_expect_eq(occurrences("results/street/index.html", "<img "), 3);
}

Test(reports, drawings_carry_what_they_are_worth) {
    static const struct {
        const char *method, *base;
        double error, split_half, gap;
        const char *expected;
    } cases[] = {
        {"smoothgrad", "gradient", .34, .5, NAN,
         "dog, smoothgrad: score 0.375, 50 gradients, error 34% of the map in blocks of 4 pixels, rank "
         "correlation of two halves of the samples 0.50"},
        {"noisegrad", "integrated_gradients", .34, .0625, NAN,
         "dog, noisegrad:integrated_gradients: score 0.375, 50 gradients, error 34% of the map in blocks of 4 "
         "pixels, NOISE: two halves of the samples do not agree (rank correlation 0.06)"},
        {"integrated_gradients", "gradient", NAN, NAN, .0625,
         "dog, integrated_gradients: score 0.375, 50 gradients, gap 0.062 of 0.25"},
        {"gradient", "gradient", NAN, NAN, NAN, "dog, gradient: score 0.375, 50 gradients"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char *png = NULL;
        size_t size = 0, length = strlen(cases[i].expected);
        char chunk[512];
        make_explanation(24, 16);
        set_option("method", cases[i].method);
        set_option("base", cases[i].base);
        explained[0].result.relative_error = cases[i].error;
        explained[0].result.split_half = cases[i].split_half;
        explained[0].result.completeness_gap = cases[i].gap;
        explained[0].figures.expected_sum = .25;
        explained[0].figures.mean_target = NAN;
        write_it();
        cr_assert_eq(attr_read_file((char **)&png, &size, "results/street/dog_1_smoothgrad.png", 1 << 26), ATTR_OK);
        memcpy(chunk, "tEXtComment", 12);
        memcpy(chunk + 12, cases[i].expected, length);
        const unsigned char *at = memmem(png, size, chunk, 12 + length);
        const char *found = memmem(png, size, chunk, 12);
        cr_assert(at, "%s: found \"%.200s\", expected \"%s\"", cases[i].method, found ? found + 12 : "no comment",
                  cases[i].expected);
        cr_expect_eq((size_t)at[-2] << 8 | at[-1], length + 8, "%s: the comment goes on", cases[i].method);
        free(png);
    }
}

Test(reports, the_normalisation_is_followed_by_summary_and_page) {
    static const struct {
        const char *word, *summary, *page;
    } cases[] = {
        {"percentile", "\"scale\": 0.0029296875,\n        \"negative_scale\": 0.0029296875,\n        \"zero\": 0\n",
         NULL},
        {"signs", "\"scale\": 0.00390625,\n        \"negative_scale\": 0.001953125,\n        \"zero\": 0\n",
         "<span>&le;&nbsp;&minus;0.002</span><span>0</span><span>&ge;&nbsp;0.0039</span>"},
        {"maximum", "\"scale\": 0.00390625,\n        \"negative_scale\": 0.00390625,\n        \"zero\": 0\n",
         "<span>&le;&nbsp;&minus;0.0039</span><span>0</span><span>&ge;&nbsp;0.0039</span>"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_explanation(24, 16); /* the second map: -2 .. 4, in 1024ths */
        set_option("normalisation", cases[i].word);
        write_it();
        expect_in_file("results/street/summary.json", cases[i].summary);
        if (cases[i].page) expect_in_file("results/street/index.html", cases[i].page);
    }
}

Test(reports, the_smallest_value_of_a_map_far_from_0_is_told) {
    make_explanation(24, 16);
    for (int k = 0; k < 24 * 16; k++) maps[0][k] = 2 + (float)(k % 3);
    write_it();
    expect_in_file("results/street/index.html", "<span>&le;&nbsp;2</span><span>&ge;&nbsp;4</span>");
    expect_in_file("results/street/summary.json",
                   "\"scale\": 4,\n        \"negative_scale\": 4,\n        \"zero\": 2\n");
}

/* ---- Comparisons */

static void *copy_of(const void *from, size_t size) {
    void *to = malloc(size);
    cr_assert(to);
    return memcpy(to, from, size);
}

/* The explanation above as one that is owned, by this method, its values times `factor`. */
static attr_explanation *by_method(const char *method, float factor) {
    size_t area = (size_t)ex.picture.w * (size_t)ex.picture.h;
    attr_explanation *e = copy_of(&ex, sizeof ex);
    attr_options *o = &e->options;
    cr_assert_eq(attr_options_set(o, ATTR_FROM_FLAGS, NULL, 1, "method", method), ATTR_OK, "%s", attr_error_message());
    char **texts[] = {&e->picture_path, &e->picture_name, &e->cfg_path, &e->weights_path, &e->data_path};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) *texts[i] = strdup(*texts[i]);
    e->picture.data = copy_of(pixels, 3 * area * sizeof(float));
    e->predictions = copy_of(predictions, sizeof predictions);
    e->explained = copy_of(explained, sizeof explained);
    for (int i = 0; i < 2; i++) {
        attr_explained *item = &e->explained[i];
        char name[64];
        snprintf(name, sizeof name, "%d_%s", i, method);
        e->predictions[i].class_name = strdup(predictions[i].class_name);
        item->result.name = item->name = strdup(name);
        item->result.class_name = item->class_name = strdup(item->class_name);
        item->target = strdup(item->target);
        item->result.map = item->map = copy_of(maps[i], area * sizeof(float));
        item->plane = copy_of(maps[i], area * sizeof(float));
        for (size_t k = 0; k < area; k++) item->map[k] = item->plane[k] = factor * maps[i][k];
    }
    return e;
}

static attr_comparison comparison;
static attr_options given;

/* Two methods, the second's values four times the first's. */
static attr_status compare(bool shared_scale, bool broken) {
    make_explanation(24, 16);
    attr_options_default(&given);
    given.shared_scale = shared_scale;
    strcpy(given.results, "results");
    strcpy(given.methods, "gradient,noisegrad");
    comparison = (attr_comparison){.options = &given};
    attr_explanation *first = by_method("gradient", 1), *second = by_method("noisegrad", 4);
    if (broken) second->explained[1].map[3] = second->explained[1].plane[3] = NAN;
    cr_assert_eq(attr_comparison_add(&comparison, first), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_comparison_add(&comparison, second), ATTR_OK, "%s", attr_error_message());
    attr_status status = attr_comparison_finish(&comparison);
    return status;
}

Test(reports, comparison_is_a_page_with_a_row_a_target_and_a_column_a_method) {
    const char *page = "results/street/compare.html";
    cr_assert_eq(compare(false, false), ATTR_OK, "%s", attr_error_message());
    cr_expect_str_eq(names_in("results/street"),
                     "0_gradient.npy 0_gradient.png 0_noisegrad.npy 0_noisegrad.png 1_gradient.npy 1_gradient.png "
                     "1_noisegrad.npy 1_noisegrad.png compare.cfg compare.html compare.json ",
                     "%s", names_in("results/street"));
    cr_expect_eq(occurrences(page, "<section id=\"map-"), 2);
    cr_expect_eq(occurrences(page, "<article>"), 4);
    cr_expect_eq(occurrences(page, "<h4>noisegrad</h4>"), 2);
    cr_expect_eq(occurrences(page, "src=\"data:image/png;base64,iVBORw0KGgo"), 5);
    cr_expect_eq(occurrences(page, "<div"), occurrences(page, "</div>"));
    cr_expect_eq(occurrences(page, "<span"), occurrences(page, "</span>"));
    expect_in_file(page, "#map-2\">cat &#38; &#60;mouse&#62;</a>");
    expect_in_file(page, "Every map has its own scale");
    expect_in_file(page, "<li>2 s for all 2 maps</li>");
    expect_in_file(page, "-attribution results/street/compare.cfg -methods gradient,noisegrad\n");
    expect_not_in_file(page, "<script");
    expect_not_in_file(page, "://");
    cr_expect_eq(occurrences("results/street/compare.json", "\"label\": \"noisegrad\""), 1);
    cr_expect_eq(occurrences("results/street/compare.json", "\"block_errors\""), 4);
    attr_comparison_free(&comparison);
}

Test(reports, comparison_lets_go_of_what_the_page_does_not_need) {
    for (int shared = 0; shared < 2; shared++) {
        cr_assert_eq(compare(shared, false), ATTR_OK, "%s", attr_error_message());
        for (int k = 0; k < 2; k++) {
            const attr_explanation *e = comparison.parts[k].e;
            for (int i = 0; i < 2; i++)
                cr_expect(!e->explained[i].map && !e->explained[i].plane && !e->explained[i].result.map,
                          "shared_scale=%d, method %d, map %d is still there", shared, k, i);
            cr_expect_eq(e->picture.data != NULL, k == 0, "shared_scale=%d, method %d", shared, k);
        }
        attr_comparison_free(&comparison);
    }
}

Test(reports, a_shared_scale_is_that_of_all_drawings_of_a_target) {
    unsigned char *alone = NULL, *shared = NULL, *largest_alone = NULL, *largest = NULL;
    size_t sizes[4];
    cr_assert_eq(compare(false, false), ATTR_OK, "%s", attr_error_message());
    for (int i = 0; i < 2; i++) {
        double ratio = comparison.parts[1].figures[i].scale.positive / comparison.parts[0].figures[i].scale.positive;
        cr_expect_float_eq(ratio, 4, 1e-6, "target %d: the scales' ratio is %g", i, ratio);
    }
    attr_comparison_free(&comparison);
    attr_read_file((char **)&alone, &sizes[0], "results/street/0_gradient.png", 1 << 26);
    attr_read_file((char **)&largest_alone, &sizes[1], "results/street/0_noisegrad.png", 1 << 26);
    cr_assert_eq(compare(true, false), ATTR_OK, "%s", attr_error_message());
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++) {
            double scale = comparison.parts[k].drawings[i].scale.positive, most = 4. * (3 + i) / 1024;
            cr_expect_float_eq(scale, most, 1e-9, "target %d, method %d: %g, expected %g", i, k, scale, most);
        }
    attr_comparison_free(&comparison);
    attr_read_file((char **)&shared, &sizes[2], "results/street/0_gradient.png", 1 << 26);
    attr_read_file((char **)&largest, &sizes[3], "results/street/0_noisegrad.png", 1 << 26);
    cr_expect(sizes[0] != sizes[2] || memcmp(alone, shared, sizes[0]) != 0, "the smaller map is drawn as before");
    cr_expect(sizes[1] == sizes[3] && memcmp(largest_alone, largest, sizes[1]) == 0, "the larger map has changed");
    expect_in_file("results/street/compare.html", "<b>One scale</b>");
    expect_in_file("results/street/compare.json", "\"shared_scale\": true");
    expect_in_file("results/street/compare.cfg", "-methods gradient,noisegrad -shared_scale\n");
    free(alone);
    free(shared);
    free(largest_alone);
    free(largest);
}

Test(reports, comparison_with_a_map_that_is_not_finite_fails_after_all_is_written) {
    for (int shared = 0; shared < 2; shared++) {
        attr_status status = compare(shared, true);
        cr_expect_eq(status, ATTR_NUMERIC, "shared_scale=%d: %s", shared, attr_status_name(status));
        cr_expect_str_eq(attr_error_message(), "results/street/1_noisegrad: the map has values that are not finite",
                         "%s", attr_error_message());
        cr_expect_eq(occurrences("results/street/compare.html", "<img "), 4, "shared_scale=%d", shared);
        expect_in_file("results/street/compare.html", "values that are not finite: not drawn");
        attr_comparison_free(&comparison);
    }
}

Test(reports, comparison_takes_away_the_page_of_an_earlier_one_before_it_writes_maps) {
    cr_assert_eq(compare(false, false), ATTR_OK, "%s", attr_error_message());
    attr_comparison_free(&comparison);
    make_file("results/street/notes.txt", "mine");
    make_explanation(24, 16);
    comparison = (attr_comparison){.options = &given};
    cr_assert_eq(attr_comparison_add(&comparison, by_method("gradient", 1)), ATTR_OK, "%s", attr_error_message());
    attr_comparison_free(&comparison); /* as if it were interrupted here */
    cr_expect_str_eq(names_in("results/street"),
                     "0_gradient.npy 0_gradient.png 0_noisegrad.npy 0_noisegrad.png 1_gradient.npy 1_gradient.png "
                     "1_noisegrad.npy 1_noisegrad.png compare.cfg notes.txt ",
                     "%s", names_in("results/street"));
}

/* ---- Maps that cannot be drawn */

Test(reports, zero_map_is_not_drawn_and_said_to_be_zero) {
    make_explanation(24, 16);
    memset(maps[0], 0, sizeof maps[0]);
    write_it();
    cr_expect_str_eq(names_in("results/street"),
                     "cat_____mouse__1_smoothgrad.npy cat_____mouse__1_smoothgrad.png dog_1_smoothgrad.npy index.html "
                     "run.cfg summary.json ",
                     "%s", names_in("results/street"));
    expect_in_file("results/street/summary.json", "\"note\": \"the map is zero everywhere: nothing to draw\"");
    expect_not_in_file("results/street/summary.json", "dog_1_smoothgrad.png");
    expect_in_file("results/street/index.html", "the map is zero everywhere: nothing to draw");
    cr_expect_eq(occurrences("results/street/index.html", "<img "), 2);
}

Test(reports, map_that_is_not_finite_fails_the_run_after_all_is_written) {
    static const float broken[] = {NAN, INFINITY};
    for (size_t i = 0; i < 2; i++) {
        make_explanation(24, 16);
        maps[0][5] = broken[i];
        cr_expect_eq(attr_write(&ex, "results"), ATTR_NUMERIC, "%g", broken[i]);
        cr_expect_str_eq(attr_error_message(),
                         "results/street/dog_1_smoothgrad: the map has values that are not finite", "%s",
                         attr_error_message());
        cr_expect_str_eq(names_in("results/street"),
                         "cat_____mouse__1_smoothgrad.npy cat_____mouse__1_smoothgrad.png dog_1_smoothgrad.npy "
                         "index.html run.cfg summary.json ",
                         "%g: %s", broken[i], names_in("results/street"));
        expect_in_file("results/street/summary.json", "values that are not finite: not drawn");
        expect_in_file("results/street/summary.json", "\"min\": null");
        expect_in_file("results/street/index.html", "values that are not finite: not drawn");
    }
}

Test(reports, map_that_cancels_out_when_shrunk_is_still_in_the_page) {
    make_explanation(1700, 20);
    memset(maps[0], 0, sizeof maps[0]);
    maps[0][0] = 1;
    maps[0][1] = -1;
    write_it();
    cr_expect_eq(occurrences("results/street/index.html", "<img "), 3);
    cr_expect_eq(occurrences("results/street/index.html", "<img width=\"1700\" height=\"20\""), 1);
}

Test(reports, nothing_detected_is_said) {
    make_explanation(24, 16);
    ex.prediction_count = ex.count = 0;
    write_it();
    cr_expect_str_eq(names_in("results/street"), "index.html run.cfg summary.json ", "%s", names_in("results/street"));
    expect_in_file("results/street/summary.json", "\"maps\": []");
    expect_in_file("results/street/index.html", "Nothing was detected with a score above 50&nbsp;%");
}

/* ---- Earlier runs */

Test(reports, files_of_an_earlier_run_are_not_taken_for_those_of_this_one) {
    make_explanation(24, 16);
    write_it();
    make_file("results/street/notes.txt", "mine");
    make_file("results/street/dog_1_gradient.png", "of another method");
    ex.count = 1;
    set_option("output", "npy");
    write_it();
    cr_expect_str_eq(names_in("results/street"),
                     "cat_____mouse__1_smoothgrad.npy cat_____mouse__1_smoothgrad.png dog_1_gradient.png "
                     "dog_1_smoothgrad.npy notes.txt run.cfg ",
                     "%s", names_in("results/street"));
}

Test(reports, foreign_files_stay) {
    cr_assert(mkdir("results", 0777) == 0 && mkdir("results/street", 0777) == 0);
    make_file("results/street/index.html", "mine");
    make_file("results/street/dog_1_smoothgrad.png", "mine");
    make_file("results/street/run.cfg", "[attribution]\n");
    make_explanation(24, 16);
    set_option("output", "json");
    write_it();
    cr_expect_str_eq(names_in("results/street"), "dog_1_smoothgrad.png index.html run.cfg summary.json ", "%s",
                     names_in("results/street"));
    expect_in_file("results/street/index.html", "mine");
}

/* ---- Failures */

Test(reports, folder_that_cannot_be_made_is_named) {
    make_file("results", "a file");
    make_explanation(24, 16);
    cr_expect_eq(attr_write(&ex, "results"), ATTR_IO);
    cr_expect(strstr(attr_error_message(), "results"), "%s", attr_error_message());
}

/* A limit of the size of files stands for a full disk. The files grow in this order: run.cfg, maps, summary, page. */
Test(reports, full_disk_leaves_whole_files_only) {
    static const struct {
        rlim_t limit;
        const char *failed, *left;
    } cases[] = {
        {100, "results/street/run.cfg: cannot write", ""},
        {2500, "results/street/dog_1_smoothgrad.npy: cannot write", "run.cfg "},
        {122000, "results/street/index.html: cannot write",
         "cat_____mouse__1_smoothgrad.npy cat_____mouse__1_smoothgrad.png dog_1_smoothgrad.npy dog_1_smoothgrad.png "
         "run.cfg "},
    };
    struct rlimit before, low;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned int state = 1;
        make_explanation(200, 100);
        for (int k = 0; k < 3 * 200 * 100; k++) pixels[k] = (float)((state = state * 69069 + 1) >> 24) / 255;
        cr_assert_eq(system("rm -rf results"), 0);
        low = (struct rlimit){cases[i].limit, before.rlim_max};
        cr_assert_eq(setrlimit(RLIMIT_FSIZE, &low), 0);
        attr_status status = attr_write(&ex, "results");
        setrlimit(RLIMIT_FSIZE, &before);
        cr_expect_eq(status, ATTR_IO, "%zu: %s", i, attr_status_name(status));
        cr_expect_eq(strncmp(attr_error_message(), cases[i].failed, strlen(cases[i].failed)), 0, "%zu: %s", i,
                     attr_error_message());
        cr_expect_str_eq(names_in("results/street"), cases[i].left, "%zu: %s", i, names_in("results/street"));
    }
}
