#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "cfg_files.h"

TestSuite(shapes, .init = enter_folder, .fini = leave_folder, .timeout = 600);

#define NET            "[net]\nwidth=8\nheight=8\nchannels=3\n" /* 4 lines: the first layer stands in line 5 */
#define REFUSED(cases) EXPECT_REFUSED(cases, ATTR_CFG_NET, ATTR_BAD_INPUT)

Test(shapes, refuses_an_input_without_size_or_too_large) {
    static const refusal cases[] = {
        {"[net]\nbatch=1\n[avgpool]\n",
         "net.cfg:1: [net] does not tell the size of its input (expected width, height, channels)"},
        {"[net]\nwidth=8\nheight=4\n[avgpool]\n",
         "net.cfg:1: [net] is 8 x 4 x 0 (expected all three of width, height, channels)"},
        {NET "inputs=191\n[avgpool]\n", "net.cfg:5: inputs=191, but width x height x channels are 192"},
        {"[net]\nwidth=16384\nheight=16384\nchannels=8\n[avgpool]\n",
         "net.cfg:1: [net] has 2147483648 inputs (expected at most 2147483647)"},
    };
    REFUSED(cases);
}

Test(shapes, accepts_an_input_that_is_a_list) {
    int count;
    put_text("net.cfg", "[net]\ninputs=10\n[connected]\noutput=4\nbatch_normalize=1\n[softmax]\ngroups=2\n");
    attr_shape *shapes = shapes_of(&count, "net.cfg");
    cr_assert_eq(count, 2);
    cr_expect_eq(shapes[0].inputs, 10);
    cr_expect_eq(shapes[0].parameters, 40 + 4 * 4);
    cr_expect_eq(shapes[1].outputs, 4);
    cr_expect_eq(shapes[1].out_w, 0);
    cr_expect_eq(shapes[1].line, 6);
    free(shapes);
}

Test(shapes, refuses_layers_that_need_a_picture_and_get_a_list) {
    static const char *const layers[] = {"convolutional", "deconvolutional", "local",     "crop",   "maxpool",
                                         "avgpool",       "normalization",   "batchnorm", "l2norm", "upsample",
                                         "reorg",         "region",          "yolo"};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        char text[256], message[256];
        snprintf(text, sizeof text, "[net]\ninputs=10\n[%s]\n", layers[i]);
        snprintf(
            message, sizeof message,
            "net.cfg:3: [%s] needs a picture (width x height x channels), but what comes before it gives a list of "
            "10 numbers",
            layers[i]);
        expect_refused(&(refusal){text, message}, ATTR_CFG_NET, ATTR_BAD_INPUT);
    }
    static const refusal cases[] = {
        {NET "[reorg]\nextra=1\n[conv]\n",
         "net.cfg:7: [convolutional] needs a picture (width x height x channels), but "
         "what comes before it gives a list of 193 numbers"},
        {NET "[max]\nsize=2\nstride=2\n[conv]\n[route]\nlayers=0,1\n[max]\n[conv]\n[max]\nstride=2\n[route]\nlayers=-1,"
             "-2\n[conv]\n",
         "net.cfg:17: [convolutional] needs a picture (width x height x channels), but what comes before it gives a "
         "list "
         "of 20 numbers"},
        {NET "[softmax]\n[shortcut]\nfrom=-1\n", "net.cfg:6: [shortcut] needs a picture (width x height x channels), "
                                                 "but what comes before it gives a list of 192 numbers"},
    };
    REFUSED(cases);
}

Test(shapes, refuses_windows_that_do_not_fit) {
    static const refusal cases[] = {
        {NET "[conv]\nsize=9\n", "net.cfg:6: size=9 is larger than the input, 8 x 8 and padding 0"},
        {NET "[conv]\nsize=11\npadding=1\n", "net.cfg:6: size=11 is larger than the input, 8 x 8 and padding 1"},
        {NET "[local]\nsize=9\n", "net.cfg:6: size=9 is larger than the input, 8 x 8 and padding 0"},
        {NET "[max]\nsize=9\npadding=0\n", "net.cfg:6: size=9 is larger than the input, 8 x 8 and padding 0"},
        {NET "[max]\nsize=2\npadding=4\n", "net.cfg:7: padding=4: a window of size 2 holds nothing but padding"},
        {NET "[max]\nsize=2\npadding=3\n", "net.cfg:7: padding=3: a window of size 2 holds nothing but padding"},
        {NET "[max]\nsize=2\npadding=4\nstride=100\n",
         "net.cfg:7: padding=4: a window of size 2 holds nothing but padding"},
        {NET "[conv]\nfilters=4\ngroups=2\n",
         "net.cfg:7: groups=2 does not divide both the 3 channels and the 4 filters"},
        {NET "[conv]\nfilters=4\ngroups=3\n",
         "net.cfg:7: groups=3 does not divide both the 3 channels and the 4 filters"},
        {NET "[conv]\nfilters=3\ngroups=3\nflipped=1\n",
         "net.cfg:8: flipped=1 with groups=3: Darknet would turn over more weights than there are"},
        {NET "[conv]\nfilters=3\nnumload=4\n", "net.cfg:7: numload=4, but the layer has 3 filters"},
        {NET "[deconv]\nsize=1\npadding=4\n",
         "net.cfg:5: [deconvolutional] makes 0 x 0 x 1 of 8 x 8 x 3 (expected sides of 1 to 16384)"},
        {NET "[local]\nsize=5\npad=1\n", "net.cfg:7: pad=1 of [local] with size=5 and stride=1: Darknet counts its "
                                         "windows wrongly (expected pad=0, or an odd size with pad half of it)"},
        {NET "[local]\nsize=4\npad=1\nstride=3\n",
         "net.cfg:7: pad=1 of [local] with size=4 and stride=3: Darknet counts its windows wrongly (expected pad=0, or "
         "an odd size with pad half of it)"},
        {NET "[crop]\ncrop_width=9\ncrop_height=8\n", "net.cfg:6: crops 9 x 8 out of 8 x 8"},
        {NET "[crop]\ncrop_width=8\ncrop_height=9\n", "net.cfg:7: crops 8 x 9 out of 8 x 8"},
        {NET "[lrn]\nsize=8\n", "net.cfg:6: size=8 is too large for 3 channels (expected at most 7)"},
    };
    REFUSED(cases);
    expect_accepted(NET "[max]\nsize=2\npadding=2\n[conv]\nsize=9\n[lrn]\nsize=3\n[local]\npad=0\n", ATTR_CFG_NET);
}

Test(shapes, takes_1x1_convolutions_with_stride_or_padding) {
    expect_accepted(NET "[conv]\nsize=1\nstride=2\n", ATTR_CFG_NET);
    expect_accepted(NET "[conv]\nsize=1\npadding=1\n", ATTR_CFG_NET);
    expect_accepted(NET "[conv]\nsize=1\npad=1\n", ATTR_CFG_NET);
}

Test(shapes, refuses_strides_that_do_not_divide) {
    static const refusal cases[] = {
        {NET "[conv]\nfilters=9\n[reorg]\nstride=3\n", "net.cfg:8: stride=3 does not divide both sides of 8 x 8"},
        {NET "[reorg]\nstride=2\n", "net.cfg:6: the square of stride=2 does not divide the 3 channels"},
        {NET "[reorg]\nstride=2\nreverse=1\n", "net.cfg:6: the square of stride=2 does not divide the 3 channels"},
        {NET "[reorg]\nstride=2\nreverse=1\nflatten=1\n",
         "net.cfg:6: the square of stride=2 does not divide the 3 channels"},
        {NET "[reorg]\nstride=3\nflatten=1\n", "net.cfg:6: stride=3 does not divide both sides of 8 x 8"},
        {NET "[reorg]\nextra=2\nflatten=1\n", "net.cfg:6: extra and flatten at once (expected one of them)"},
        {NET "[upsample]\nstride=-3\n", "net.cfg:6: stride=-3 does not divide both sides of 8 x 8"},
        {NET "[upsample]\nstride=0\n", "net.cfg:6: stride=0 (expected 2, or -2 to make the picture smaller)"},
    };
    REFUSED(cases);
    expect_accepted(NET "[conv]\nfilters=9\n[reorg]\nstride=3\nreverse=1\n[route]\nlayers=0\n[reorg]\nstride=2\n"
                        "flatten=1\n[reorg]\nstride=2\n[reorg]\nstride=7\nextra=3\n",
                    ATTR_CFG_NET);
}

Test(shapes, refuses_layers_that_do_not_exist_or_do_not_fit) {
    static const refusal cases[] = {
        {NET "[route]\nlayers=-1\n", "net.cfg:6: [route] joins 0 layers (expected layers= with 1 to 256 layers before "
                                     "it)"},
        {NET "[conv]\n[route]\n",
         "net.cfg:6: [route] joins 0 layers (expected layers= with 1 to 256 layers before it)"},
        {NET "[conv]\n[route]\nlayers=0,1\n",
         "net.cfg:7: layers: layer 1 does not come before this one, which is layer "
         "1 (expected -1 to -1, or 0 to 0)"},
        {NET "[conv]\n[conv]\n[route]\nlayers=-3\n", "net.cfg:8: layers: layer -3 does not come before this one, which "
                                                     "is layer 2 (expected -2 to -1, or 0 to 1)"},
        {NET "[shortcut]\nfrom=-1\n", "net.cfg:5: [shortcut] adds nothing (expected from= with a layer before it)"},
        {NET "[conv]\n[shortcut]\n", "net.cfg:6: [shortcut] adds nothing (expected from= with a layer before it)"},
        {NET "[conv]\n[shortcut]\nfrom=5\n", "net.cfg:7: from: layer 5 does not come before this one, which is layer 1 "
                                             "(expected -1 to -1, or 0 to 0)"},
        {NET "[softmax]\n[conn]\n[shortcut]\nfrom=-2\n",
         "net.cfg:8: [shortcut] needs a picture, but [softmax] gives a list of 192 numbers"},
        {"[net]\nwidth=8\nheight=4\nchannels=1\n[conv]\n[avg]\n[shortcut]\nfrom=0\n",
         "net.cfg:8: [shortcut] cannot add 8 x 4 to 1 x 1 (expected the same factor for both sides)"},
        {NET "[dropout]\n", "net.cfg:5: [dropout] is the first layer (expected one before it)"},
        {NET "[cost]\n", "net.cfg:5: [cost] is the first layer (expected one before it)"},
        {NET "[conv]\n[cost]\n[softmax]\n",
         "net.cfg:6: [cost] before [softmax]: it hands nothing on (expected it at the end)"},
        {NET "[softmax]\ngroups=5\n", "net.cfg:6: groups=5 does not divide the 192 inputs of [softmax]"},
    };
    REFUSED(cases);
    expect_accepted(NET "[conv]\n[dropout]\n[softmax]\n[cost]\n[cost]\n", ATTR_CFG_NET);
}

Test(shapes, refuses_heads_that_do_not_fit) {
    static const refusal cases[] = {
        {NET "[yolo]\nclasses=80\nnum=3\n",
         "net.cfg:5: [yolo] needs 255 channels (3 boxes of 85 numbers), but the layer "
         "before it gives 3"},
        {NET "[yolo]\nclasses=80\nnum=9\nmask=6,7,8\n",
         "net.cfg:5: [yolo] needs 255 channels (3 boxes of 85 numbers), but the layer before it gives 3"},
        {NET "[yolo]\nclasses=80\nnum=9\nmask=7,9\n",
         "net.cfg:8: mask: there is no anchor 9 (expected 0 to 8, as num=9)"},
        {NET "[conv]\nfilters=6\n[yolo]\nclasses=1\n",
         "net.cfg:7: [yolo] has 0 numbers in anchors= (expected 2, a width "
         "and a height for each of num=1)"},
        {NET "[conv]\nfilters=6\n[yolo]\nclasses=1\nanchors=1\n",
         "net.cfg:9: [yolo] has 1 numbers in anchors= (expected 2, a width and a height for each of num=1)"},
        {NET "[conv]\nfilters=6\n[yolo]\nclasses=1\nanchors=1,2,3\n",
         "net.cfg:9: [yolo] has 3 numbers in anchors= (expected 2, a width and a height for each of num=1)"},
        {NET "[region]\nclasses=20\nnum=5\n", "net.cfg:5: [region] needs 125 channels (5 boxes of 25 numbers), but the "
                                              "layer before it gives 3"},
        {NET "[region]\ncoords=2\n", "net.cfg:6: coords=2 (expected 4 at least: x, y, w, h)"},
        {NET "[conv]\nfilters=10\n[region]\nclasses=5\nanchors=1,2,3\n",
         "net.cfg:9: [region] has 3 numbers in anchors= (expected 2, a width and a height for each of num=1)"},
        {NET "[detection]\nclasses=20\ncoords=4\nnum=2\nside=7\n",
         "net.cfg:5: [detection] needs 1470 inputs (7 x 7 places of 2 boxes of 5 numbers and 20 classes), but the "
         "layer "
         "before it gives 192"},
        {NET "[detection]\ncoords=5\n", "net.cfg:6: coords=5 of [detection] (expected 4: Darknet reads x, y, w, h)"},
        {NET "[detection]\nclasses=20\n", "net.cfg:5: coords=1 of [detection] (expected 4: Darknet reads x, y, w, h)"},
    };
    REFUSED(cases);
}

Test(shapes, refuses_sizes_beyond_an_int) {
    static const refusal cases[] = {
        {"[net]\nwidth=16384\nheight=16384\nchannels=1\n[conv]\nfilters=8\n",
         "net.cfg:5: [convolutional] has 2147483648 outputs (expected at most 2147483647)"},
        {"[net]\ninputs=65536\n[conn]\noutput=32768\n",
         "net.cfg:3: [connected] has 2147483648 weights (expected at most 2147483647)"},
        {"[net]\nwidth=1\nheight=1\nchannels=1048576\n[conv]\nfilters=1048576\n",
         "net.cfg:5: [convolutional] has 1099511627776 weights (expected at most 2147483647)"},
        {"[net]\nwidth=1\nheight=1\nchannels=1048576\n[conv]\nfilters=1048576\ngroups=1048576\n",
         "net.cfg:5: [convolutional] has 1099511627776 groups x channels (expected at most 2147483647)"},
        {"[net]\nwidth=1\nheight=1\nchannels=32768\n[conv]\nfilters=32768\ngroups=32768\nsize=3\npad=1\n",
         "net.cfg:5: [convolutional] has 9663676416 groups x weights (expected at most 2147483647)"},
        {"[net]\nwidth=1\nheight=1\nchannels=1048576\n[conv]\nfilters=1\nsize=46\npad=1\n",
         "net.cfg:5: [convolutional] has 2218786816 pixels x channels in a window (expected at most 2147483647)"},
        {"[net]\nwidth=16384\nheight=16384\nchannels=1\n[conv]\nsize=3\npad=1\n",
         "net.cfg:5: [convolutional] unrolls its input into 2415919104 numbers (expected at most 2147483647)"},
        {"[net]\nwidth=32\nheight=32\nchannels=3\n[local]\nsize=3\nfilters=1048576\n",
         "net.cfg:5: [local] has 25480396800 weights (expected at most 2147483647)"},
        {NET "[upsample]\nstride=16384\n",
         "net.cfg:5: [upsample] makes 131072 x 131072 x 3 of 8 x 8 x 3 (expected sides of 1 to 16384)"},
        {NET "[reorg]\nextra=2147483647\n", "net.cfg:5: [reorg] has 2147483839 outputs (expected at most 2147483647)"},
        {"[net]\nwidth=16384\nheight=16384\nchannels=5\n[conv]\nfilters=5\n[route]\nlayers=0,0\n",
         "net.cfg:7: [route] has 2684354560 outputs (expected at most 2147483647)"},
    };
    REFUSED(cases);
}

Test(shapes, refuses_networks_larger_than_the_memory) {
    char text[64 * 1024] = "[net]\nwidth=16384\nheight=16384\nchannels=7\n";
    for (int i = 0; i < 1000; i++) strcat(text, "[activation]\n"); /* 7.5 TB */
    attr_cfg *cfg;
    attr_shape *shapes;
    int count;
    put_text("net.cfg", text);
    cr_assert_eq(attr_cfg_read(&cfg, "net.cfg", ATTR_CFG_NET), ATTR_OK, "%s", attr_error_message());
    cr_expect_eq(attr_cfg_shapes(&shapes, &count, cfg), ATTR_NO_MEMORY);
    cr_expect_null(shapes);
    static const char start[] = "net.cfg: the network needs more than 7516.2 GB of memory, this computer has ";
    cr_expect(strncmp(attr_error_message(), start, sizeof start - 1) == 0, "%s", attr_error_message());
    attr_cfg_free(cfg);
}

/* ---- Against Darknet's own parser */

/* What Darknet makes of each layer must be what is foretold. */
static void expect_same_shapes(const network *net, const attr_shape *shapes, int count, const char *path) {
    cr_assert_eq(net->n, count, "%s: %d layers, Darknet has %d", path, count, net->n);
    for (int i = 0; i < count; i++) {
        const layer *l = &net->layers[i];
        const attr_shape *s = &shapes[i];
        int list = s->out_w == 0; /* Darknet leaves what it likes in the sizes of a list */
        int weights = l->type == CONVOLUTIONAL || l->type == DECONVOLUTIONAL ? l->nweights : (int)s->weights;
        cr_assert(l->type == s->type && l->inputs == s->inputs && l->outputs == s->outputs &&
                      (list || (l->out_w == s->out_w && l->out_h == s->out_h && l->out_c == s->out_c)) &&
                      (!list || l->out_w * l->out_h * l->out_c == 0) && weights == (int)s->weights,
                  "%s: layer %d [%s] in line %d: %d inputs, %d x %d x %d = %d outputs, %zu weights\n"
                  "Darknet: %d inputs, %d x %d x %d = %d outputs, %d weights",
                  path, i, s->name, s->line, s->inputs, s->out_w, s->out_h, s->out_c, s->outputs, s->weights, l->inputs,
                  l->out_w, l->out_h, l->out_c, l->outputs, weights);
    }
}

/* What decides about the answer of a network, layer by layer. */
static void expect_same_network(const network *net, const network *other, const char *path) {
    cr_assert_eq(net->n, other->n, "%s", path);
    cr_assert(net->w == other->w && net->h == other->h && net->c == other->c && net->inputs == other->inputs &&
                  net->outputs == other->outputs && !net->hierarchy == !other->hierarchy,
              "%s", path);
    for (int i = 0; i < net->n; i++) {
        const layer *a = &net->layers[i], *b = &other->layers[i];
        int same = a->type == b->type && a->activation == b->activation && a->batch_normalize == b->batch_normalize &&
                   a->outputs == b->outputs && a->n == b->n && a->groups == b->groups && a->size == b->size &&
                   a->stride == b->stride && a->pad == b->pad && a->classes == b->classes && a->coords == b->coords &&
                   a->softmax == b->softmax && a->background == b->background && a->sqrt == b->sqrt &&
                   a->side == b->side && a->total == b->total && a->reverse == b->reverse && a->flatten == b->flatten &&
                   a->extra == b->extra && a->flipped == b->flipped && a->noadjust == b->noadjust &&
                   a->index == b->index && a->alpha == b->alpha && a->beta == b->beta && a->kappa == b->kappa &&
                   a->temperature == b->temperature && a->dontload == b->dontload && a->numload == b->numload &&
                   a->dontloadscales == b->dontloadscales && !a->softmax_tree == !b->softmax_tree && !a->map == !b->map;
        cr_assert(same, "%s: layer %d is not the same in the text for Darknet", path, i);
        for (int k = 0; a->type == ROUTE && k < a->n; k++)
            cr_assert_eq(a->input_layers[k], b->input_layers[k], "%s: layer %d", path, i);
        int boxes = a->type == YOLO ? a->total : a->type == REGION ? a->n : 0;
        for (int k = 0; k < 2 * boxes; k++) cr_assert_eq(a->biases[k], b->biases[k], "%s: layer %d", path, i);
        for (int k = 0; a->type == YOLO && k < a->n; k++) cr_assert_eq(a->mask[k], b->mask[k], "%s: layer %d", path, i);
    }
}

/* The file with batches of one: some of Darknet's own ask for more memory than an int can count. */
static void copy_with_batch_1(const char *from, const char *to) {
    char *text, *line, *rest;
    cr_assert_eq(attr_read_file(&text, NULL, from, 1 << 20), ATTR_OK, "%s", attr_error_message());
    FILE *file = fopen(to, "w");
    for (rest = text; (line = strsep(&rest, "\n"));) {
        int replaced = strncmp(line, "batch=", 6) == 0 || strncmp(line, "subdivisions=", 13) == 0;
        fprintf(file, "%s%s\n", replaced ? "#" : "", line);
    }
    cr_assert_eq(fclose(file), 0);
    free(text);
}

/* Darknet parses the file, and the text that is written for it. */
static void compare_with_darknet(const char *path) {
    attr_cfg *cfg;
    attr_shape *shapes;
    int count;
    cr_assert_eq(attr_cfg_read(&cfg, path, ATTR_CFG_NET), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_cfg_shapes(&shapes, &count, cfg), ATTR_OK, "%s", attr_error_message());
    FILE *file = fopen("written.cfg", "w");
    cr_assert_eq(attr_cfg_write_for_darknet(cfg, file), ATTR_OK, "%s", attr_error_message());
    fclose(file);
    network *net = parse_without_weights("written.cfg");
    expect_same_shapes(net, shapes, count, path);
    cr_expect_eq(net->batch, 1);
    copy_with_batch_1(path, "copy.cfg");
    network *original = parse_without_weights("copy.cfg");
    expect_same_shapes(original, shapes, count, path);
    expect_same_network(net, original, path);
    free_network(original);
    free_network(net);
    free(shapes);
    attr_cfg_free(cfg);
}

/* Names one of the sections that are refused, or NULL. */
static const char *refused_section(const char *path) {
    static const char *const names[] = {"[rnn]", "[gru]", "[lstm]", "[crnn]", "[iseg]"};
    char *text;
    const char *found = NULL;
    cr_assert_eq(attr_read_file(&text, NULL, path, 1 << 20), ATTR_OK, "%s", attr_error_message());
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strstr(text, names[i])) found = names[i];
    }
    free(text);
    return found;
}

static void expect_refused_for(const char *path, const char *section) {
    attr_cfg *cfg;
    cr_expect_eq(attr_cfg_read(&cfg, path, ATTR_CFG_NET), ATTR_UNSUPPORTED, "%s", path);
    cr_expect(strstr(attr_error_message(), section), "%s: %s", path, attr_error_message());
}

static int is_cfg(const struct dirent *entry) {
    const char *end = strrchr(entry->d_name, '.');
    return end && strcmp(end, ".cfg") == 0;
}

/* The files are dealt out to several tests, which run side by side. */
enum { shares = 4 };

ParameterizedTestParameters(shapes, are_those_of_darknet_for_its_cfg_files) {
    static int share[shares] = {0, 1, 2, 3};
    return cr_make_param_array(int, share, shares);
}

ParameterizedTest(int *share, shapes, are_those_of_darknet_for_its_cfg_files, .timeout = 600) {
    char folder[4096];
    struct dirent **files;
    int refused = 0, compared = 0;
    snprintf(folder, sizeof folder, "%s/data", darknet_source());
    cr_assert_eq(symlink(folder, "data"), 0); /* tree=data/9k.tree */
    snprintf(folder, sizeof folder, "%s/cfg", darknet_source());
    int count = scandir(folder, &files, is_cfg, alphasort);
    cr_assert(count > 0, "%s holds no cfg files: set DARKNET_SOURCE", folder);
    for (int i = 0; i < count; i++) {
        char path[8192];
        snprintf(path, sizeof path, "%s/%s", folder, files[i]->d_name);
        free(files[i]);
        if (i % shares != *share) continue;
        const char *section = refused_section(path);
        if (section)
            expect_refused_for(path, section);
        else
            compare_with_darknet(path);
        refused += section != NULL;
        compared += section == NULL;
    }
    free(files);
    cr_expect(refused <= 2 && compared >= 8, "%s: %d refused, %d compared", folder, refused, compared);
}

/* Layers and keys that Darknet's own files do not have. */
Test(shapes, are_those_of_darknet_for_all_layer_types) {
    put_text("net.cfg",
             "[net]\nwidth=13\nheight=9\nchannels=4\n[crop]\ncrop_width=12\ncrop_height=8\nnoadjust=1\n"
             "[conv]\nfilters=8\nsize=3\nstride=2\npadding=2\ngroups=4\nbatch_normalize=1\nactivation=selu\n"
             "[deconv]\nfilters=6\nsize=4\nstride=2\npadding=1\nactivation=elu\n[batchnorm]\n[lrn]\n"
             "[maxpool]\nsize=3\nstride=2\n[upsample]\nstride=3\nscale=.5\n[upsample]\nstride=-3\n[logistic]\n"
             "[activation]\nactivation=plse\n[l2norm]\n[dropout]\n[local]\nfilters=4\nsize=2\nstride=2\n"
             "[upsample]\n[reorg]\nstride=2\n[reorg]\nreverse=1\nstride=2\n[reorg]\nflatten=1\n[conv]\nfilters=4\n"
             "[shortcut]\nfrom=-6\nalpha=2\nbeta=.5\nactivation=stair\n[route]\nlayers=-1,13,-3\n[route]\nlayers=0,-1\n"
             "[route]\nlayers=-2\n[avgpool]\n[reorg]\nextra=5\n[connected]\noutput=192\nbatch_normalize=1\n[softmax]\n"
             "groups=4\ntemperature=2\n[cost]\n");
    compare_with_darknet("net.cfg");
}

static void put_tree(int classes) {
    FILE *file = fopen("some.tree", "w");
    for (int i = 0; i < classes; i++) fprintf(file, "c%d %d\n", i, i < 3 ? -1 : i < 5 ? 0 : 4);
    fclose(file);
}

Test(shapes, are_those_of_darknet_for_all_heads) {
    static const char *const heads[] = {
        "[conv]\nfilters=14\n[yolo]\nclasses=2\nnum=3\nmask=2,0\nanchors=1,2,3,4,5,6\n",
        "[conv]\nfilters=14\n[yolo]\nclasses=2\nnum=2\nanchors=1,2,3,4\nmap=some.map\n",
        "[conv]\nfilters=22\n[region]\nclasses=6\nnum=2\nanchors=1,2,3,4\nsoftmax=1\nbackground=1\n",
        "[conv]\nfilters=13\n[region]\nclasses=6\ncoords=6\nanchors=1,2\ntree=some.tree\n",
        "[conn]\noutput=48\n[detection]\nclasses=2\ncoords=4\nnum=2\nside=2\nsqrt=1\nsoftmax=1\n",
        "[conv]\nfilters=6\n[avgpool]\n[softmax]\ntree=some.tree\n",
    };
    put_tree(6);
    put_text("some.map", "1\n0\n");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        char text[1024];
        snprintf(text, sizeof text, NET "%s", heads[i]);
        put_text("net.cfg", text);
        compare_with_darknet("net.cfg");
    }
}

/* A net of another fork: depthwise convolutions, and keys that only its training reads. */
Test(shapes, are_those_of_darknet_for_yolo_fastest) {
    char path[4096];
    const char *folder = getenv("ATTRIBUTION_TESTDATA");
    if (!folder) cr_skip_test("ATTRIBUTION_TESTDATA is not set");
    snprintf(path, sizeof path, "%s/models/yolo-fastest/yolo-fastest-1.1.cfg", folder);
    compare_with_darknet(path);
}
