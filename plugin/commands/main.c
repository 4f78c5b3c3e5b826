#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Which of the flags -method and -methods a command heeds; of both it would be one only. */
typedef enum { HEEDS_NONE, HEEDS_METHOD, HEEDS_METHODS, HEEDS_EITHER } attr_heeds;

static const struct {
    const char *name;
    attr_command run;
    attr_heeds heeds;
    bool takes_all_flags; /* those of the commands whose work it does, too */
} commands[] = {
    {"test", attr_command_test, HEEDS_METHOD, false},
    {"compare", attr_command_compare, HEEDS_METHODS, false},
    {"triage", attr_command_triage, HEEDS_EITHER, false},
    {"valid", attr_command_valid, HEEDS_METHODS, false},
    {"experiment", attr_command_experiment, HEEDS_EITHER, true},
    {"sanity", attr_command_sanity, HEEDS_EITHER, false},
    {"check", attr_command_check, HEEDS_NONE, false},
    {"tune", attr_command_tune, HEEDS_NONE, false},
    {"calibrate", attr_command_calibrate, HEEDS_NONE, false},
    {"dream", attr_command_dream, HEEDS_NONE, false},
    {"attack", attr_command_attack, HEEDS_METHOD, false},
    {"init", attr_command_init, HEEDS_METHOD, false},
    {"help", attr_command_help, HEEDS_METHOD, false},
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

/* What a command would not heed is refused: results would be others than those asked for. */
static attr_status check_flags(const attr_options *flags, int command) {
    const char *name = commands[command].name;
    attr_heeds heeds = commands[command].heeds;
    bool one = flags->given[ATTR_FROM_FLAGS].line[ATTR_OPTION_method] != 0;
    bool many = flags->given[ATTR_FROM_FLAGS].line[ATTR_OPTION_methods] != 0;
    if (one && heeds == HEEDS_METHODS)
        return attr_fail(ATTR_BAD_INPUT, "command line: %s takes -methods a,b,c, not -method", name);
    if (one && heeds == HEEDS_NONE) return attr_fail(ATTR_BAD_INPUT, "command line: %s has no use for -method", name);
    if (one && many && heeds == HEEDS_EITHER)
        return attr_fail(ATTR_BAD_INPUT, "command line: -method and -methods: %s takes one of them", name);
    return commands[command].takes_all_flags ? ATTR_OK : attr_options_check_command(flags, name);
}

static attr_status dispatch(int argc, char **argv, const attr_options *flags) {
    if (flags->version) {
        printf("Attribution for Darknet %s\n", ATTR_VERSION);
        return ATTR_OK;
    }
    if (flags->help) return attr_command_help(argc > 2 ? 1 : 0, argv + 2, flags); /* `test -help` is `help test` */
    if (argc < 3)
        return attr_fail(ATTR_BAD_INPUT, "a command is missing (test, compare, triage, valid, sanity, experiment, "
                                         "check, tune, calibrate, dream, attack, init or help)");
    int command = find_command(argv[2]);
    if (command < 0)
        return attr_fail(ATTR_BAD_INPUT,
                         "there is no command \"%s\" (test, compare, triage, valid, sanity, experiment, check, tune, "
                         "calibrate, dream, attack, init or help)",
                         argv[2]);
    ATTR_TRY(check_flags(flags, command));
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
