#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cfg_files.h"

TestSuite(cfg, .init = enter_folder, .fini = leave_folder);

#define NET       "[net]\nwidth=8\nheight=8\nchannels=3\n"
#define NOT_KNOWN " of another Darknet fork changes the network and is not known to this Darknet"

Test(cfg, takes_white_space_comments_and_line_ends_as_darknet_does) {
    static const char text[] =
        "\xef\xbb\xbf# comment\r\n; comment\n\n \t[ n e t ]\r\n wi dth = 1 6\t\r\nheight=8\nchannels=3\n"
        "  # filters=5\n[conv]\nfilters = 7 \nsize=3\npad=1\nactivation = le aky";
    attr_cfg *cfg;
    put_text("net.cfg", text);
    cr_assert_eq(attr_cfg_read(&cfg, "net.cfg", ATTR_CFG_NET), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(cfg->count, 2);
    const attr_section *net = &cfg->sections[0], *conv = &cfg->sections[1];
    cr_expect_eq(net->kind->type, NETWORK);
    cr_expect_eq(net->line, 4);
    cr_expect_eq(attr_cfg_int(net, "width", 0), 16);
    cr_expect_eq(attr_cfg_line(net, "width"), 5);
    cr_expect_eq(attr_cfg_line(net, "inputs"), 4, "the section's line for a key that is not set");
    cr_expect_eq(conv->kind->type, CONVOLUTIONAL);
    cr_expect_str_eq(conv->kind->name, "convolutional");
    cr_expect_eq(conv->count, 4);
    cr_expect_eq(attr_cfg_int(conv, "filters", 0), 7);
    cr_expect_eq(attr_cfg_int(conv, "stride", 3), 3);
    cr_expect_str_eq(attr_cfg_text(conv, "activation", ""), "leaky");
    cr_expect_null(attr_cfg_find(conv, "width"));
    attr_cfg_free(cfg);
}

Test(cfg, reads_numbers_and_lists) {
    double list[3] = {0};
    attr_cfg *cfg;
    put_text("net.cfg", NET "[yolo]\nanchors = 10.5,13,  .25,1e1\nmask=2\n[shortcut]\nalpha=-.5\nfrom=-1\n");
    cr_assert_eq(attr_cfg_read(&cfg, "net.cfg", ATTR_CFG_NET), ATTR_OK, "%s", attr_error_message());
    const attr_section *yolo = &cfg->sections[1], *shortcut = &cfg->sections[2];
    cr_expect_eq(attr_cfg_list(list, 3, yolo, "anchors"), 4);
    cr_expect(list[0] == 10.5 && list[1] == 13 && list[2] == .25, "%g %g %g", list[0], list[1], list[2]);
    cr_expect_eq(attr_cfg_list(NULL, 0, yolo, "mask"), 1);
    cr_expect_eq(attr_cfg_list(NULL, 0, yolo, "map"), 0);
    cr_expect_eq(attr_cfg_float(shortcut, "alpha", 1), -.5);
    cr_expect_eq(attr_cfg_float(shortcut, "beta", 1), 1);
    cr_expect_eq(attr_cfg_int(shortcut, "from", 0), -1);
    attr_cfg_free(cfg);
}

Test(cfg, refuses_bad_grammar_with_file_and_line) {
    static const refusal cases[] = {
        {"", "net.cfg: holds no network (expected [net] and layers)"},
        {"# nothing\n\n", "net.cfg: holds no network (expected [net] and layers)"},
        {NET, "net.cfg: has no layers (expected some after [net])"},
        {"\nwidth=3\n[net]\n", "net.cfg:2: key 'width' before any section (expected [net] first)"},
        {"[net]\nwidth\n", "net.cfg:2: 'width' has no '=' (expected key=value)"},
        {"[net]\n=3\n", "net.cfg:2: nothing before '=' (expected key=3)"},
        {"[net]\nwidth = \n", "net.cfg:2: nothing after 'width=' (expected a value)"},
        {"[net]\nwidth=8\n#\nwidth=8\n", "net.cfg:4: 'width' a second time (the first is in line 2)"},
        {"[net]\nwid\x01th=8\n", "net.cfg:2: control character 0x01 (expected a text file)"},
        {"[convolutional]\n", "net.cfg:1: the first section is [convolutional] (expected [net])"},
        {NET "[avgpool]\n[network]\n", "net.cfg:6: a second [network] (expected a layer)"},
        {"[net\n",
         "net.cfg:1: '[net' is no section (expected a name between [ and ], a comment needs a line of its own)"},
        {"[]\n", "net.cfg:1: '[]' is no section (expected a name between [ and ], a comment needs a line of its own)"},
        {"[net] # mine\n", "net.cfg:1: '[net]#mine' is no section (expected a name between [ and ], a comment needs a "
                           "line of its own)"},
    };
    EXPECT_REFUSED(cases, ATTR_CFG_NET, ATTR_BAD_INPUT);
}

Test(cfg, refuses_what_is_no_text_or_too_large) {
    static const char zero[] = NET "[avg\0pool]\n";
    attr_cfg *cfg;
    put_bytes("net.cfg", zero, sizeof zero - 1);
    cr_expect_eq(attr_cfg_read(&cfg, "net.cfg", ATTR_CFG_NET), ATTR_BAD_INPUT);
    cr_expect_null(cfg);
    cr_expect_str_eq(attr_error_message(), "net.cfg:5: a byte 0 (expected a text file)");

    size_t size = (1 << 20) + 1;
    char *large = malloc(size);
    memset(large, '\n', size);
    put_bytes("net.cfg", large, size);
    cr_expect_eq(attr_cfg_read(&cfg, "net.cfg", ATTR_CFG_NET), ATTR_BAD_INPUT);
    cr_expect_str_eq(attr_error_message(), "net.cfg: larger than 1048576 bytes");
    free(large);

    cr_expect_eq(attr_cfg_read(&cfg, "missing.cfg", ATTR_CFG_NET), ATTR_BAD_INPUT);
    cr_expect_str_eq(attr_error_message(), "missing.cfg: cannot open: No such file or directory");
}

static void put_repeated(const char *path, const char *start, const char *format, int count) {
    FILE *file = fopen(path, "w");
    fputs(start, file);
    for (int i = 0; i < count; i++) fprintf(file, format, i);
    cr_assert_eq(fclose(file), 0);
}

Test(cfg, refuses_too_many_layers_and_keys) {
    attr_cfg *cfg;
    put_repeated("net.cfg", NET, "[avgpool]\n", 10000);
    cr_expect_eq(attr_cfg_read(&cfg, "net.cfg", ATTR_CFG_NET), ATTR_OK, "%s", attr_error_message());
    attr_cfg_free(cfg);
    put_repeated("net.cfg", NET, "[avgpool]\n", 10001);
    cr_expect_eq(attr_cfg_read(&cfg, "net.cfg", ATTR_CFG_NET), ATTR_BAD_INPUT);
    cr_expect_str_eq(attr_error_message(), "net.cfg:10005: too many layers (expected at most 10000)");
    put_repeated("own.cfg", "[attribution]\n", "k%d=1\n", 1001);
    cr_expect_eq(attr_cfg_read(&cfg, "own.cfg", ATTR_CFG_ATTRIBUTION), ATTR_BAD_INPUT);
    cr_expect_str_eq(attr_error_message(), "own.cfg:1002: too many keys in a section (expected at most 1000)");
}

Test(cfg, answers_a_misspelt_name_with_the_nearest_one) {
    static const refusal cases[] = {
        {NET "[convolutionl]\n", "net.cfg:5: unknown section [convolutionl] (nearest known: [convolutional])"},
        {NET "[maxpol]\n", "net.cfg:5: unknown section [maxpol] (nearest known: [maxpool])"},
        {NET "[Yolo]\n", "net.cfg:5: unknown section [Yolo] (nearest known: [yolo])"},
        {NET "[conv]\nfilter=3\n", "net.cfg:6: unknown key 'filter' in [convolutional] (nearest known: 'filters')"},
        {NET "[conv]\nbatchnormalize=1\n",
         "net.cfg:6: unknown key 'batchnormalize' in [convolutional] (nearest known: 'batch_normalize')"},
        {NET "[avg]\nstopbackwards=1\n",
         "net.cfg:6: unknown key 'stopbackwards' in [avgpool] (nearest known: 'stopbackward')"},
        {"[net]\nwitdh=3\n", "net.cfg:2: unknown key 'witdh' in [net] (nearest known: 'width')"},
        {NET "[conv]\nactivation=leakyrelu\n", "net.cfg:6: unknown activation 'leakyrelu' (nearest known: 'leaky')"},
    };
    EXPECT_REFUSED(cases, ATTR_CFG_NET, ATTR_BAD_INPUT);
}

Test(cfg, refuses_values_that_are_no_numbers_or_out_of_range) {
    static const refusal cases[] = {
        {"[net]\nwidth=8x\n", "net.cfg:2: width=8x: '8x' is no whole number"},
        {"[net]\nwidth=8.5\n", "net.cfg:2: width=8.5: '8.5' is no whole number"},
        {"[net]\nwidth=0x10\n", "net.cfg:2: width=0x10: '0x10' is no whole number"},
        {"[net]\nwidth=99999999999\n", "net.cfg:2: width=99999999999: '99999999999' is no whole number"},
        {"[net]\nwidth=0\n", "net.cfg:2: width=0 is out of range (expected 1 to 16384)"},
        {"[net]\nwidth=16385\n", "net.cfg:2: width=16385 is out of range (expected 1 to 16384)"},
        {"[net]\nbatch=-1\n", "net.cfg:2: batch=-1 is out of range (expected 1 to 2147483647)"},
        {"[net]\ndecay=fast\n", "net.cfg:2: decay=fast: 'fast' is no number"},
        {"[net]\ndecay=nan\n", "net.cfg:2: decay=nan: 'nan' is no number"},
        {"[net]\ndecay=1e999\n", "net.cfg:2: decay=1e999: '1e999' is no number"},
        {"[net]\nsteps=1,2,x\n", "net.cfg:2: steps=1,2,x: 'x' is no number"},
        {NET "[conv]\nfilters=3 # three\n",
         "net.cfg:6: filters=3#three: '3#three' is no whole number (a comment needs a line of its own)"},
        {NET "[conv]\npad=2\n", "net.cfg:6: pad=2 is out of range (expected 0 to 1)"},
        {NET "[route]\nlayers=-1,,2\n",
         "net.cfg:6: layers=-1,,2: a number is missing (expected numbers with a comma between two of them)"},
        {NET "[route]\nlayers=-1,\n",
         "net.cfg:6: layers=-1,: a number is missing (expected numbers with a comma between two of them)"},
        {NET "[yolo]\nanchors=1,-2\n", "net.cfg:6: anchors=1,-2 is out of range (expected 0 to 1000000)"},
        {NET "[softmax]\ntemperature=0\n", "net.cfg:6: temperature=0 is out of range (expected 1e-06 to 1000000)"},
        {NET "[shortcut]\nfrom=-1,-2\n", "net.cfg:6: from=-1,-2: '-1,-2' is no whole number"},
    };
    EXPECT_REFUSED(cases, ATTR_CFG_NET, ATTR_BAD_INPUT);
}

Test(cfg, accepts_keys_that_only_training_of_other_forks_reads) {
    expect_accepted(
        "[net]\nwidth=2\nheight=2\nchannels=20\nmosaic=1\ncutmix=1\nlabel_smooth_eps=0.1\ndynamic_minibatch=1\n"
        "letter_box=1\npolicy=sgdr\nsgdr_cycle=1000\nlearning_rate=.01\nbatch=64\nsubdivisions=8\nbatch=1\n"
        "[yolo]\nclasses=15\nanchors=1,1\niou_loss=ciou\niou_normalizer=0.07\ncls_normalizer=1.0\nobj_normalizer=1\n"
        "ignore_thresh=.7\nnms_kind=greedynms\nbeta_nms=0.6\nmax_delta=5\nresize=1.5\nscale_x_y=1.00\nnew_coords=0\n",
        ATTR_CFG_NET);
    expect_accepted(
        NET "[conv]\ndilation=1\nantialiasing=0\nbinary=0\n[route]\nlayers=-1\ngroups=1\ngroup_id=0\n[shortcut]\n"
            "from=-1\nweights_type=none\n[dropout]\ndropblock=1\n",
        ATTR_CFG_NET);
}

Test(cfg, refuses_what_another_fork_changes_in_the_network) {
    static const refusal cases[] = {
        {NET "[yolo]\nscale_x_y=1.05\n", "net.cfg:6: key 'scale_x_y'" NOT_KNOWN " (only 1 changes nothing)"},
        {NET "[yolo]\nnew_coords=1\n", "net.cfg:6: key 'new_coords'" NOT_KNOWN " (only 0 changes nothing)"},
        {NET "[route]\nlayers=-1\ngroups=2\n", "net.cfg:7: key 'groups'" NOT_KNOWN " (only 1 changes nothing)"},
        {NET "[route]\ngroup_id=1\n", "net.cfg:6: key 'group_id'" NOT_KNOWN " (only 0 changes nothing)"},
        {NET "[conv]\nantialiasing=1\n", "net.cfg:6: key 'antialiasing'" NOT_KNOWN " (only 0 changes nothing)"},
        {NET "[conv]\ndilation=2\n", "net.cfg:6: key 'dilation'" NOT_KNOWN " (only 1 changes nothing)"},
        {NET "[conv]\nstride_x=1\n", "net.cfg:6: key 'stride_x'" NOT_KNOWN},
        {NET "[max]\nstride_y=1\n", "net.cfg:6: key 'stride_y'" NOT_KNOWN},
        {NET "[conv]\nshare_index=-3\n", "net.cfg:6: key 'share_index'" NOT_KNOWN},
        {NET "[conv]\nassisted_excitation=4000\n",
         "net.cfg:6: key 'assisted_excitation'" NOT_KNOWN " (only 0 changes nothing)"},
        {NET "[shortcut]\nweights_type=per_feature\n",
         "net.cfg:6: key 'weights_type'" NOT_KNOWN " (only none changes nothing)"},
        {NET "[conv]\nactivation=mish\n", "net.cfg:6: activation 'mish'" NOT_KNOWN},
        {NET "[conv]\nactivation=swish\n", "net.cfg:6: activation 'swish'" NOT_KNOWN},
        {NET "[scale_channels]\n",
         "net.cfg:5: section [scale_channels] of another Darknet fork is not known to this Darknet"},
        {NET "[sam]\n", "net.cfg:5: section [sam] of another Darknet fork is not known to this Darknet"},
        {NET "[Gaussian_yolo]\n",
         "net.cfg:5: section [Gaussian_yolo] of another Darknet fork is not known to this Darknet"},
    };
    EXPECT_REFUSED(cases, ATTR_CFG_NET, ATTR_UNSUPPORTED);
}

Test(cfg, refuses_by_name_what_has_no_exact_gradient) {
    static const char *const sections[] = {"rnn", "gru", "lstm", "crnn", "iseg"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        char text[256], message[256];
        snprintf(text, sizeof text, NET "[%s]\n", sections[i]);
        snprintf(message, sizeof message, "net.cfg:5: section [%s] cannot be attributed exactly", sections[i]);
        expect_refused(&(refusal){text, message}, ATTR_CFG_NET, ATTR_UNSUPPORTED);
    }
    static const refusal cases[] = {
        {NET "[conv]\nbinary=1\n", "net.cfg:6: binary=1 cannot be attributed exactly (expected 0)"},
        {NET "[conv]\nxnor=1\n", "net.cfg:6: xnor=1 cannot be attributed exactly (expected 0)"},
        {NET "[softmax]\nspatial=1\n", "net.cfg:6: spatial=1 cannot be attributed exactly (expected 0)"},
    };
    EXPECT_REFUSED(cases, ATTR_CFG_NET, ATTR_UNSUPPORTED);
}

Test(cfg, knows_all_activations_and_aliases) {
    expect_accepted(
        "[network]\nwidth=8\nheight=8\nchannels=16\n"
        "[conv]\nactivation=logistic\n[conv]\nactivation=loggy\n[conv]\nactivation=relu\n[conv]\nactivation=elu\n"
        "[conv]\nactivation=selu\n[conv]\nactivation=relie\n[conv]\nactivation=ramp\n[conv]\nactivation=linear\n"
        "[conv]\nactivation=tanh\n[conv]\nactivation=plse\n[conv]\nactivation=leaky\n[conv]\nactivation=stair\n"
        "[conv]\nactivation=hardtan\n[deconv]\nactivation=lhtan\n[lrn]\nsize=1\n[max]\n[avg]\n[conn]\n[soft]\n",
        ATTR_CFG_NET);
}

Test(cfg, leaves_attribution_sections_out_of_the_net) {
    attr_cfg *cfg;
    put_text("net.cfg", "[attribution]\nmethod=gradient\n" NET "[attribution]\nanything = goes here\n[avgpool]\n");
    cr_assert_eq(attr_cfg_read(&cfg, "net.cfg", ATTR_CFG_NET), ATTR_OK, "%s", attr_error_message());
    cr_expect_eq(cfg->count, 2);
    cr_expect_eq(cfg->sections[0].count, 3);
    cr_expect_eq(cfg->sections[1].kind->type, AVGPOOL);
    cr_assert_eq(cfg->attribution.count, 2);
    cr_expect_eq(cfg->attribution.line, 1);
    cr_expect_str_eq(cfg->attribution.options[0].key, "method");
    cr_expect_str_eq(cfg->attribution.options[1].value, "goeshere");
    cr_expect_eq(cfg->attribution.options[1].line, 8);
    attr_cfg_free(cfg);
    static const refusal cases[] = {
        {"[attribution]\na=1\n" NET "[avgpool]\n[attribution]\na=2\n",
         "net.cfg:9: 'a' a second time (the first is in line 2)"},
        {"[attribution]\n", "net.cfg: holds no network (expected [net] and layers)"},
    };
    EXPECT_REFUSED(cases, ATTR_CFG_NET, ATTR_BAD_INPUT);
}

Test(cfg, reads_files_of_attribution_sections) {
    expect_accepted("# mine\n[attribution]\nmethod=gradient\n\n[attribution]\nclass=3\n", ATTR_CFG_ATTRIBUTION);
    expect_accepted("[attribution]\n", ATTR_CFG_ATTRIBUTION);
    static const refusal cases[] = {
        {"", "net.cfg: is empty (expected [attribution])"},
        {"method=gradient\n", "net.cfg:1: key 'method' before any section (expected [attribution] first)"},
        {"[net]\n", "net.cfg:1: section [net] has no place in this file (expected [attribution])"},
        {"[attribution]\na=1\na=1\n", "net.cfg:3: 'a' a second time (the first is in line 2)"},
    };
    EXPECT_REFUSED(cases, ATTR_CFG_ATTRIBUTION, ATTR_BAD_INPUT);
}

Test(cfg, reads_data_files) {
    static const refusal cases[] = {
        {"# nothing\n", "net.cfg: is empty (expected key = value)"},
        {"classes=1\n[net]\n", "net.cfg:2: [net]: sections have no place in this file (expected key = value)"},
        {"classes\n", "net.cfg:1: 'classes' has no '=' (expected key=value)"},
        {"classes=1\nclasses=2\n", "net.cfg:2: 'classes' a second time (the first is in line 1)"},
    };
    EXPECT_REFUSED(cases, ATTR_CFG_DATA, ATTR_BAD_INPUT);
    attr_cfg *cfg;
    put_text("net.cfg", "classes= 80\n#valid = data/list\nnames = data/coco.names\nwhatever=1\n");
    cr_assert_eq(attr_cfg_read(&cfg, "net.cfg", ATTR_CFG_DATA), ATTR_OK, "%s", attr_error_message());
    cr_expect_eq(cfg->sections[0].count, 3);
    cr_expect_eq(attr_cfg_int(&cfg->sections[0], "classes", 2), 80);
    cr_expect_str_eq(attr_cfg_text(&cfg->sections[0], "names", ""), "data/coco.names");
    attr_cfg_free(cfg);
}

static void expect_written(const char *text, const char *expected) {
    attr_cfg *cfg;
    char *written = NULL;
    size_t size;
    FILE *file = open_memstream(&written, &size);
    put_text("net.cfg", text);
    cr_assert_eq(attr_cfg_read(&cfg, "net.cfg", ATTR_CFG_NET), ATTR_OK, "%s", attr_error_message());
    cr_assert_eq(attr_cfg_write_for_darknet(cfg, file), ATTR_OK, "%s", attr_error_message());
    fclose(file);
    cr_expect_str_eq(written, expected, "\n%s", written);
    free(written);
    attr_cfg_free(cfg);
}

Test(cfg, writes_for_darknet_only_what_makes_the_network) {
    expect_written(
        "; mine\n[attribution]\nmethod=gradient\n[network]\nbatch=64\nsubdivisions=16\nrandom=1\r\nwidth = 8\n"
        "height=8\nchannels=3\nmosaic=1\nlearning_rate=.1\ntime_steps=3\n\n[conv]\nfilters = 5\nbinary=0\n"
        "dilation=1\nactivation=leaky\nstopbackward=1\ndontload=1\n[dropout]\nprobability=.5\n",
        "[net]\nbatch=1\nsubdivisions=1\ntime_steps=1\nrandom=0\nwidth=8\nheight=8\nchannels=3\n"
        "[convolutional]\nfilters=5\nactivation=leaky\ndontload=1\n[dropout]\n");
}

Test(cfg, notices_when_writing_fails) {
    attr_cfg *cfg;
    FILE *full = fopen("/dev/full", "w");
    if (!full) cr_skip_test("no /dev/full");
    put_text("net.cfg", NET "[softmax]\n");
    cr_assert_eq(attr_cfg_read(&cfg, "net.cfg", ATTR_CFG_NET), ATTR_OK, "%s", attr_error_message());
    cr_expect_eq(attr_cfg_write_for_darknet(cfg, full), ATTR_IO);
    cr_expect_str_eq(attr_error_message(), "net.cfg: cannot hand the network on");
    fclose(full);
    attr_cfg_free(cfg);
}
