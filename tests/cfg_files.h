/* Files for the tests of readers and checkers. A test suite takes enter_folder and leave_folder as .init and .fini, so
 * that each test runs in a fresh folder of its own. */
#ifndef TESTS_CFG_FILES_H
#define TESTS_CFG_FILES_H

#include <stddef.h>

#include "base/status.h"
#include "model/shapes.h"

void enter_folder(void);
void leave_folder(void);

void put_bytes(const char *path, const void *bytes, size_t size);
void put_text(const char *path, const char *text);

/* The shapes of the net in a file, which must pass all checks. */
attr_shape *shapes_of(int *count, const char *path);

/* A text and the whole message that is the answer to it. */
typedef struct {
    const char *text, *message;
} refusal;

/* Reads the text as net.cfg and works out its shapes: must fail with this status and message, must succeed. */
void expect_refused(const refusal *r, attr_cfg_mode mode, attr_status status);
void expect_accepted(const char *text, attr_cfg_mode mode);

#define EXPECT_REFUSED(refusals, mode, status)                                                                         \
    for (size_t refused = 0; refused < sizeof refusals / sizeof *refusals; refused++)                                  \
    expect_refused(&refusals[refused], mode, status)

/* The folder of Darknet's source, absolute: $DARKNET_SOURCE, else build/darknet-src. */
const char *darknet_source(void);

/* Throws away what is printed, until end_silence(). */
typedef struct {
    int out, error;
} streams;

streams silence(void);
void end_silence(streams before);

/* Darknet's own parser and reader of weights; their chatter is thrown away. */
network *parse_quietly(const char *path);
void load_weights_quietly(network *net, const char *path);

/* The parser without the drawing of random weights, which takes longer than all else: they stay 0. */
network *parse_without_weights(const char *path);

#endif
