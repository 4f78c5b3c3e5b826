/* The program's side: subcommands of `darknet attribute`. Only this room prints. */
#ifndef ATTR_COMMANDS_COMMANDS_H
#define ATTR_COMMANDS_COMMANDS_H

#include "base/status.h"
#include "options/options.h"

/* A subcommand gets its positional arguments (without "attribute" and its own name) and the flags. */
typedef attr_status (*attr_command)(int count, char **arguments, const attr_options *flags);

attr_status attr_command_test(int count, char **arguments, const attr_options *flags);
attr_status attr_command_compare(int count, char **arguments, const attr_options *flags);
attr_status attr_command_triage(int count, char **arguments, const attr_options *flags);
attr_status attr_command_valid(int count, char **arguments, const attr_options *flags);
attr_status attr_command_experiment(int count, char **arguments, const attr_options *flags);
attr_status attr_command_sanity(int count, char **arguments, const attr_options *flags);
attr_status attr_command_check(int count, char **arguments, const attr_options *flags);
attr_status attr_command_tune(int count, char **arguments, const attr_options *flags);
attr_status attr_command_calibrate(int count, char **arguments, const attr_options *flags);
attr_status attr_command_dream(int count, char **arguments, const attr_options *flags);
attr_status attr_command_attack(int count, char **arguments, const attr_options *flags);
attr_status attr_command_init(int count, char **arguments, const attr_options *flags);
attr_status attr_command_help(int count, char **arguments, const attr_options *flags);

/* Whether there is a subcommand of that name. */
bool attr_is_command(const char *name);

/* Called by Darknet's main: `darknet attribute ...`. Returns the program's exit code. */
int attr_command_main(int argc, char **argv);

/* Called by Darknet's `detector test` and `classifier predict` behind each prediction: explains the picture when the
 * cfg has an [attribution] section, else does nothing. thresh and hier are the command's, 0 where it has none. Ends the
 * program with the exit code of design when it fails. */
void attr_after_prediction(const char *data, const char *cfg, const char *weights, const char *picture, float thresh,
                           float hier);

/* Prints "darknet attribute: <the last failure's message>" on stderr and returns the exit code for the status. */
int attr_report_failure(attr_status status);

/* --- pictures to work on (pictures.c, picture_list.c) ---------------------------------------------------------- */

/* Calls `each` with every picture of `argument`: a picture file, a list, a folder (see below), or NULL: paths asked for
 * on stdin as Darknet does, but with option `json` only a terminal is asked. One of several that fails is reported, the
 * others are still done; the worst status is returned. */
typedef attr_status (*attr_for_picture)(void *context, const char *path);
attr_status attr_for_each_picture(const char *argument, const attr_options *o, attr_for_picture each, void *context);

/* Several pictures by one name, for who wants to look ahead. A list is a .txt or .list file with one path a line,
 * blanks around it do not count. A folder gives the pictures in it, known by the ends of their names (.jpg .jpeg .png
 * .bmp .gif .tga .ppm .pgm .pnm, in any case), in the order of the bytes of their names; hidden ones and folders below
 * are left out. A file of such a name is a list of itself. */
typedef struct {
    char *path;        /* the present picture's; NULL behind the last. Valid until attr_list_close() */
    char *text, *rest; /* of a list */
    char **files;      /* of a folder, NULL behind the last */
    size_t taken;      /* of these */
} attr_list;
/* Whether it is the name of a list or a folder. */
bool attr_is_list(const char *argument);
/* The first path is there; a list or a folder without any is ATTR_BAD_INPUT. */
attr_status attr_list_open(attr_list *list, const char *path);
void attr_list_next(attr_list *list);
void attr_list_close(attr_list *list);

/* Cuts white space at both ends off, in place. */
char *attr_trim(char *line);

/* How the pictures of a list went. Zeroed: none was tried. */
typedef struct {
    attr_status worst;
    int all, failed;
} attr_tally;
/* Counts a picture and reports a failure, the last one of this thread, at once; an interrupt is for the end to tell. */
void attr_tally_add(attr_tally *tally, attr_status status);
/* What to return for all. */
attr_status attr_tally_end(const attr_tally *tally, const char *list);

/* --- progress (progress.c) ------------------------------------------------------------------------------------ */

/* An attr_progress (methods/schedule.h): a counter on stderr if that is a terminal, renewed ten times a second at most:
 * "smoothgrad: 123 of 2500 gradients, 85 per second, 28 s left". `context` is the name in front, or NULL. Stops the run
 * when ctrl-C was pressed. */
int attr_show_progress(void *context, size_t done, size_t all);
/* The same for other things than gradients: "3 of 8 forwards". */
int attr_show_count(size_t done, size_t all, const char *things);
/* Takes the counter off the terminal; the next run's rate starts anew. */
void attr_hide_progress(void);
/* From now on ctrl-C and SIGTERM end the run at the next gradient, with whole files only. */
void attr_catch_interrupts(void);
int attr_was_interrupted(void);

#endif
