/* Layers in blocked tensors of more than one block of channels, and where layouts meet; see layer_harness.h for what is
 * expected of each. */
#include <criterion/criterion.h>

#include "base/dispatch.h"
#include "engine_pair.h"
#include "layer_harness.h"
#include "model/engine.h"

#define CONV "[convolutional] size=3 stride=1 pad=1 activation=leaky filters="

static void check_all(const layer_row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) check_layers(&rows[i]);
}

/* What layer number `layer` of an engine in which tensors share memory does of the next one. */
static void expect_together(const char *cfg, int layer, bool joins, bool adds) {
    network *net = make_test_network(cfg, 1);
    attr_engine *e;
    cr_assert_eq(attr_engine_create(&e, net, ATTR_F32, 1, ATTR_KEEP_NEEDED), ATTR_OK);
    const attr_op *op = attr_engine_op(e, layer), *next = attr_engine_op(e, layer + 1);
    cr_expect(op->joined == (joins ? next : NULL), "%s", cfg);
    cr_expect(op->added == (adds ? next : NULL), "%s", cfg);
    attr_engine_free(e);
    free_test_network(net);
}

#define CHECK(rows) check_all(rows, sizeof rows / sizeof *rows)

Test(layers_blocked, convolutions) {
    const layer_row rows[] = {
        {.cfg = "[net] height=9 width=11 channels=3 " CONV "33 " CONV "48 batch_normalize=1 "
                "[convolutional] filters=17 size=1 batch_normalize=1 activation=relu"},
        {.cfg = "[net] height=11 width=8 channels=20 [convolutional] filters=40 size=3 stride=2 pad=1 activation=relie "
                "[convolutional] filters=40 groups=40 size=3 pad=1 activation=relu "
                "[convolutional] filters=32 size=5 stride=1 pad=1 activation=elu"},
        /* groups of whole blocks, and groups that only the plain kernels can do */
        {.cfg = "[net] height=6 width=7 channels=32 [convolutional] filters=64 groups=2 size=3 pad=1 activation=leaky "
                "[convolutional] filters=24 groups=4 size=3 pad=1 activation=leaky " CONV "16"},
        {.cfg = "[net] height=5 width=4 channels=24 [deconvolutional] filters=35 size=4 stride=2 padding=1 "
                "batch_normalize=1 activation=leaky " CONV "18"},
    };
    CHECK(rows);
}

Test(layers_blocked, pools_and_elementwise_layers) {
    const layer_row rows[] = {
        {.cfg = "[net] height=9 width=8 channels=3 " CONV "40 [maxpool] size=2 stride=2 " CONV
                "17 [maxpool] size=3 stride=1 [avgpool]"},
        {.cfg = "[net] height=7 width=5 channels=4 " CONV "33 [batchnorm] [activation] activation=logistic " CONV "3"},
        {.cfg = "[net] height=4 width=5 channels=2 " CONV "21 [upsample] stride=2 scale=.5 " CONV
                "18 [upsample] stride=-2 " CONV "4"},
        {.cfg = "[net] height=4 width=5 channels=2 " CONV "32 [dropout] probability=.5 " CONV "16 [cost]"},
    };
    CHECK(rows);
}

/* Only where tensors share memory: the harness compares with an engine that keeps all. */
Test(layers_blocked, convolution_of_a_picture_does_the_pool_behind_it) {
    const layer_row rows[] = {
        {.cfg = "[net] height=9 width=8 channels=3 " CONV "40 [maxpool] size=2 stride=2 " CONV "17"},
        {.cfg = "[net] height=7 width=31 channels=1 " CONV "16 [maxpool] size=2 stride=2 padding=0 " CONV "17"},
        {.cfg = "[net] height=6 width=37 channels=4 [convolutional] filters=33 size=5 stride=2 activation=relu "
                "[maxpool] size=2 stride=2 " CONV "3"},
        {.cfg = "[net] height=5 width=6 channels=2 [convolutional] filters=7 size=1 activation=linear [maxpool] size=2 "
                "stride=2 [dropout] " CONV "3"},
        {.cfg = "[net] height=6 width=6 channels=3 " CONV "16 [maxpool] size=2 stride=2"},
        {.cfg = "[net] height=6 width=6 channels=3 " CONV
                "16 [maxpool] size=2 stride=2 [upsample] stride=2 [route] layers=-1,0 "},
    };
    const size_t joined = 4; /* heads are not, nor what others read, too */
    for (attr_cpu generation = ATTR_CPU_ANY; generation <= ATTR_CPU_AMX; ++generation) {
        attr_cpu_limit = generation;
        CHECK(rows);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) expect_together(rows[i].cfg, 0, i < joined, false);
}

/* Of odd sizes, of samples in several blocks of units, side by side, and with a stride. */
Test(layers_blocked, convolution_on_matrix_units_does_the_pool_behind_it) {
    const layer_row rows[] = {
        {.cfg = "[net] height=9 width=12 channels=3 " CONV "20 " CONV "70 [maxpool] size=2 stride=2 " CONV "17"},
        {.cfg = "[net] height=5 width=259 channels=3 [convolutional] filters=33 activation=linear [convolutional] "
                "filters=64 size=3 pad=1 activation=relie [maxpool] size=2 stride=2 [convolutional] filters=3"},
        {.cfg = "[net] height=7 width=5 channels=3 " CONV "40 [convolutional] filters=80 size=3 pad=1 activation=relu "
                "[maxpool] size=2 stride=2 padding=0 " CONV "3"},
        {.cfg = "[net] height=24 width=26 channels=3 " CONV "17 [convolutional] filters=64 size=3 stride=2 pad=1 "
                "batch_normalize=1 activation=leaky [maxpool] size=2 stride=2 " CONV "3"},
        {.cfg = "[net] height=8 width=8 channels=3 " CONV "64 [convolutional] filters=64 size=1 activation=leaky "
                "[maxpool] size=2 stride=2 " CONV "3"},
    };
    const size_t joined = 4; /* kernels of one pixel know no rows */
    const bool amx = attr_cpu_newest() == ATTR_CPU_AMX;
    CHECK(rows);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) expect_together(rows[i].cfg, 1, amx && i < joined, false);
}

Test(layers_blocked, shortcuts_of_other_sizes_and_channels) {
    const layer_row rows[] = {
        {.cfg = "[net] height=5 width=7 channels=3 " CONV "20 " CONV
                "33 [shortcut] from=-2 activation=leaky alpha=.5 beta=.8 " CONV "2"},
        {.cfg = "[net] height=5 width=7 channels=3 " CONV "33 " CONV
                "20 [shortcut] from=-2 activation=tanh alpha=.5 beta=-.8 " CONV "2"},
        {.cfg = "[net] height=8 width=12 channels=2 " CONV
                "35 [maxpool] size=2 stride=2 [shortcut] from=-2 activation=leaky alpha=.7 beta=.4 "},
        {.cfg = "[net] height=3 width=4 channels=2 " CONV "18 [upsample] stride=2 " CONV
                "34 [shortcut] from=-3 activation=linear alpha=.7 beta=.4 "},
    };
    CHECK(rows);
}

/* Only of a plain sum that nobody else reads the parts of. */
Test(layers_blocked, convolution_on_matrix_units_does_the_sum_behind_it) {
    const layer_row rows[] = {
        {.cfg = "[net] height=9 width=11 channels=3 " CONV "40 " CONV "40 " CONV
                "40 [shortcut] from=-3 activation=linear " CONV "17"},
        {.cfg = "[net] height=9 width=11 channels=3 " CONV "40 [convolutional] filters=20 activation=relu " CONV
                "40 batch_normalize=1 [shortcut] from=-3 "
                "activation=linear [convolutional] filters=20 activation=leaky " CONV
                "40 [shortcut] from=-3 activation=linear " CONV "17"},
        {.cfg = "[net] height=9 width=11 channels=3 " CONV "40 " CONV "40 " CONV
                "40 [shortcut] from=-3 activation=leaky " CONV "17"},
        {.cfg = "[net] height=9 width=11 channels=3 " CONV "40 " CONV "40 " CONV
                "40 [shortcut] from=-3 activation=linear alpha=.5 " CONV "17"},
        {.cfg = "[net] height=4 width=5 channels=3 " CONV "40 " CONV "40 " CONV
                "40 [shortcut] from=-3 activation=linear [route] layers=-1,-2 " CONV "17"},
        {.cfg = "[net] height=9 width=11 channels=3 " CONV "40 " CONV
                "40 [convolutional] filters=40 size=3 pad=1 activation=elu [shortcut] from=-3 activation=linear " CONV
                "17"},
    };
    const size_t added = 2;
    const bool amx = attr_cpu_newest() == ATTR_CPU_AMX;
    CHECK(rows);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) expect_together(rows[i].cfg, 2, false, amx && i < added);
}

Test(layers_blocked, layouts_meet) {
    const layer_row rows[] = {
        /* full blocks can be joined as they are, others cannot */
        {.cfg = "[net] height=5 width=4 channels=3 " CONV "32 " CONV "20 [route] layers=-2,-1 " CONV "5"},
        {.cfg = "[net] height=5 width=4 channels=3 " CONV "20 " CONV "32 [route] layers=-2,-1 " CONV "5"},
        {.cfg = "[net] height=5 width=4 channels=3 " CONV "16 [route] layers=-1,-1 " CONV "5"},
        /* a plain layer between, and one beside a blocked one */
        {.cfg = "[net] height=6 width=4 channels=3 " CONV "20 [reorg] stride=2 " CONV "6"},
        {.cfg = "[net] height=6 width=4 channels=3 " CONV "20 [normalization] [route] layers=-1,-2 " CONV "6"},
        {.cfg = "[net] height=6 width=4 channels=3 " CONV "20 [l2norm] " CONV "20 [shortcut] from=-2 activation=relu"},
        {.cfg = "[net] height=4 width=4 channels=17 " CONV "17 [connected] output=30 activation=linear [softmax]"},
    };
    CHECK(rows);
}

Test(layers_blocked, layers_are_blocked_where_they_can_be) {
    engine_pair n;
    engine_pair_make(&n,
                     "[net] height=8 width=8 channels=3 " CONV "16 [maxpool] size=2 stride=2 [dropout] " CONV
                     "16 [shortcut] from=-2 activation=linear [route] layers=-1,-2 [upsample] stride=2 [avgpool] "
                     "[softmax]",
                     1);
    for (int i = 0; i < attr_engine_layers(n.single); i++) {
        const attr_op *op = attr_engine_op(n.single, i);
        cr_expect_eq(op->writes->blocked, op->l->type != SOFTMAX, "layer %d [%s]", i, op->kind->name);
        cr_expect_not(attr_engine_op(n.twin, i)->writes->blocked, "layer %d [%s] of the twin", i, op->kind->name);
    }
    engine_pair_free(&n);
}
