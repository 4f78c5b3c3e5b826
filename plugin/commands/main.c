#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    attr_command run;
    bool prints_json; /* knows -json */
} commands[] = {
    {"test", attr_command_test, true},
    {"compare", attr_command_compare, true},
    {"triage", attr_command_triage, false},
    {"valid", attr_command_valid, false},
    {"experiment", attr_command_experiment, false},
    {"sanity", attr_command_sanity, false},
    {"check", attr_command_check, false},
    {"tune", attr_command_tune, false},
    {"calibrate", attr_command_calibrate, false},
    {"dream", attr_command_dream, false},
    {"attack", attr_command_attack, false},
    {"init", attr_command_init, false},
    {"help", attr_command_help, false},
};
enum { command_count = sizeof commands / sizeof *commands };

/* The number of the command of that name, or -1. */
static int find_command(const char *name) {
    for (int i = 0; i < command_count; ++i)
        if (0 == strcmp(name, commands[i].name)) return i;
    return -1;
}

bool attr_is_command(const char *name) {
    return find_command(name) >= 0;
}

int attr_report_failure(attr_status status) {
    fprintf(stderr, "darknet attribute: %s\n", attr_error_message());
    return attr_status_exit_code(status);
}

static attr_status dispatch(int argc, char **argv, const attr_options *flags) {
    if (flags->version) {
        printf("Attribution for Darknet %s\n", ATTR_VERSION);
        return ATTR_OK;
    }
    if (flags->help) return attr_command_help(0, NULL, flags);
    if (argc < 3)
        return attr_fail(ATTR_BAD_INPUT, "a command is missing (test, compare, triage, valid, sanity, experiment, "
                                         "check, tune, calibrate, dream, attack, init or help)");
    int command = find_command(argv[2]);
    if (command < 0)
        return attr_fail(ATTR_BAD_INPUT,
                         "there is no command \"%s\" (test, compare, triage, valid, sanity, experiment, check, tune, "
                         "calibrate, dream, attack, init or help)",
                         argv[2]);
    if (flags->json && !commands[command].prints_json)
        return attr_fail(ATTR_BAD_INPUT, "command line: -json is for test and compare, not for %s", argv[2]);
    return commands[command].run(argc - 3, argv + 3, flags);
}

/* OpenMP's threads spin for milliseconds when they wait for each other. Where other programs want the processors, too,
 * that makes small networks five times slower. libgomp reads how long to spin when it is loaded, so the program starts
 * itself again; if that fails, it is only slower. */
static void start_with_patient_threads(char **argv) {
    if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY")) return;
    if (setenv("GOMP_SPINCOUNT", "1000", 1) == 0) execv("/proc/self/exe", argv);
}

int attr_command_main(int argc, char **argv) {
    start_with_patient_threads(argv);
    attr_options *flags = malloc(sizeof *flags);
    if (!flags) return 1;
    attr_options_default(flags);
    attr_status status = attr_options_parse_flags(flags, &argc, argv);
    if (status == ATTR_OK) status = dispatch(argc, argv, flags);
    if (status == ATTR_OK && (fflush(stdout) != 0 || ferror(stdout)))
        status = attr_fail(ATTR_IO, "standard output: writing failed");
    free(flags);
    return status == ATTR_OK ? 0 : attr_report_failure(status);
}
