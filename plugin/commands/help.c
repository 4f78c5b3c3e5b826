#include "commands/commands.h"

#include <stdio.h>
#include <string.h>

#include "metrics/score.h"

static const char usage[] =
    "Which pixels made this score? Exact gradients for Darknet's classifiers and detectors.\n"
    "\n"
    "  darknet attribute test DATA CFG WEIGHTS [PICTURES]       explain what a network sees in pictures\n"
    "  darknet attribute compare DATA CFG WEIGHTS [PICTURES] -methods a,b,c\n"
    "                                                           the same by several methods, side by side\n"
    "  darknet attribute triage DATA CFG WEIGHTS [PICTURES]     sort what it gets right and wrong, and explain each "
    "case\n"
    "  darknet attribute valid DATA CFG WEIGHTS [PICTURES]      which method's maps are better, by -metrics a,b,c\n"
    "  darknet attribute sanity DATA CFG WEIGHTS [PICTURES]     can its maps be believed? random parameters, other "
    "classes\n"
    "  darknet attribute experiment FILE                        a study of several networks and methods, as a cfg\n"
    "  darknet attribute check CFG [WEIGHTS [PICTURES]]         prove that the gradients of a network are exact\n"
    "  darknet attribute tune CFG [-o FILE]                     measure which kernels are fastest here, for "
    "tuned=FILE\n"
    "  darknet attribute calibrate DATA CFG WEIGHTS             find weight_sigma for this network, on the pictures of "
    "valid=\n"
    "  darknet attribute dream DATA CFG WEIGHTS -class a,b      the picture that a class likes best; or -detection a,b "
    "of a\n"
    "                                                           detector, -layer L -channel C; with -clones N: of N "
    "noisy networks\n"
    "  darknet attribute attack DATA CFG WEIGHTS [PICTURES]     a picture that looks the same, and is seen or "
    "explained "
    "otherwise\n"
    "  darknet attribute init                                   print an [attribution] section to start from\n"
    "  darknet attribute help [TOPIC|OPTION]                    this text, a topic's options, an option\n"
    "\n"
    "DATA, CFG and WEIGHTS are Darknet's files. PICTURES is a picture, a list (a .txt or .list file, a path a line)\n"
    "or a folder: the pictures in it, not those in folders below. Without it paths are read from standard input. With\n"
    "-json, test and compare print a line of JSON for each picture, and nothing else.\n"
    "With an [attribution] section in the network's cfg, `darknet detector test` and `darknet classifier predict`\n"
    "explain what they print, too.\n"
    "\n"
    "Options are keys of an [attribution] section (in the network's cfg, in a file that the .data file names with\n"
    "attribution=, or in a file given with -attribution) and flags: -key value. Later ones win, in this order.\n"
    "\n"
    "Exit codes: 0 success, 2 bad usage or bad input, 1 failure at run time.\n"
    "\n";

static void list_metrics(void) {
    fputs("\nThe metrics of `valid`:\n", stdout);
    for (const attr_metric *m = attr_metrics; m->name; ++m)
        printf("  %-26s %-13s %-7s %s\n", m->name, m->group,
               m->direction > 0   ? "higher"
               : m->direction < 0 ? "lower"
                                  : "",
               m->help);
    fputs(
        "(*) with -as_published something else, see README.md. An undefined score is left out of means, and counted.\n",
        stdout);
}

attr_status attr_command_help(int count, char **arguments, const attr_options *flags) {
    (void)flags;
    if (count > 1) return attr_fail(ATTR_BAD_INPUT, "help takes one topic or option, not \"%s\" besides", arguments[1]);
    if (count == 1) {
        attr_status status = attr_options_help(stdout, arguments[0]);
        if (status == ATTR_OK && 0 == strcmp(arguments[0], "metrics")) list_metrics();
        if (status == ATTR_OK || !attr_is_command(arguments[0])) return status;
    }
    fputs(usage, stdout);
    return count == 1 ? ATTR_OK : attr_options_help(stdout, NULL);
}
