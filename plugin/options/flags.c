/* Flags of the command line in Darknet's style. */
#include <ctype.h>
#include <string.h>

#include "options/row.h"

/* A lone dash and negative numbers are no flags. */
static bool is_flag(const char *argument) {
    if (argument[0] != '-') return false;
    return isalpha((unsigned char)argument[1]) || (argument[1] == '-' && argument[2] != '\0');
}

/* What may be the value of a BOOL. */
static bool is_yes_or_no(const char *argument) {
    return (argument[0] == '0' || argument[0] == '1') && argument[1] == '\0';
}

typedef struct {
    const char *name, *same_as; /* the row it stands for; NULL: ignored */
    bool takes_value;
} host_flag;

#define ALIAS(name, row)           {name, row, true},
#define IGNORED(name, takes_value) {name, NULL, takes_value},
static const host_flag host_flags[] = {ATTR_HOST_FLAGS(ALIAS, IGNORED)};

static const host_flag *find_host_flag(const char *name) {
    for (size_t i = 0; i < sizeof host_flags / sizeof *host_flags; i++)
        if (attr_same_name(host_flags[i].name, name)) return &host_flags[i];
    return NULL;
}

/* Takes the flag argv[at] and its value, if that is the next argument; *taken is how many arguments that were. */
static attr_status take_flag(int *taken, attr_options *o, int argc, char **argv, int at) {
    char name[64], expected[512];
    const char *start = argv[at] + strspn(argv[at], "-");
    size_t length = strcspn(start, "=");
    const char *value = start[length] == '=' ? start + length + 1 : NULL;
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), start);
    const host_flag *host = find_host_flag(name);
    if (host && host->same_as) snprintf(name, sizeof name, "%s", host->same_as);
    int i = attr_option_find(name);
    bool takes_value = host ? host->takes_value : i >= 0 && attr_option_rows[i].kind != ATTR_KIND_BOOL;
    *taken = 1;
    if (i >= 0 && !takes_value && !value && at + 1 < argc && is_yes_or_no(argv[at + 1])) {
        value = argv[at + 1];
        *taken = 2;
    }
    if (takes_value && !value) {
        if (at + 1 >= argc || is_flag(argv[at + 1])) {
            if (i < 0) return attr_fail(ATTR_BAD_INPUT, "command line: -%s needs a value", name);
            attr_value_expected(expected, &attr_option_rows[i], sizeof expected);
            return attr_fail(ATTR_BAD_INPUT, "command line: -%s needs a value: %s", name, expected);
        }
        value = argv[at + 1];
        *taken = 2;
    }
    if (host && !host->same_as) return ATTR_OK;
    return attr_options_set(o, ATTR_FROM_FLAGS, NULL, at, name, value ? value : "1");
}

attr_status attr_options_parse_flags(attr_options *o, int *argc, char **argv) {
    int kept = 1;
    for (int at = 1; at < *argc;) {
        int taken = 0;
        if (strcmp(argv[at], "--") == 0) {
            for (at++; at < *argc; at++) argv[kept++] = argv[at];
            break;
        }
        if (is_flag(argv[at])) ATTR_TRY(take_flag(&taken, o, *argc, argv, at));
        if (!taken) argv[kept++] = argv[at++];
        at += taken;
    }
    *argc = kept;
    argv[kept] = NULL;
    return ATTR_OK;
}

/* ---- For which command */

/* The length of the list of commands that a row is for, at the beginning of its help; 0: it is for all. */
static size_t length_of_commands(const attr_option_row *row) {
    size_t length = strspn(row->help, "abcdefghijklmnopqrstuvwxyz, ");
    if (row->topic != ATTR_TOPIC_COMMAND || row->help[length] != ':') return 0;
    return length;
}

static bool has_word(const char *list, size_t length, const char *word) {
    size_t size = strlen(word);
    for (const char *at = list; at + size <= list + length; at += strcspn(at, " ") + 1)
        if (0 == strncmp(at, word, size) && (at + size == list + length || at[size] == ',')) return true;
    return false;
}

attr_status attr_options_check_command(const attr_options *flags, const char *command) {
    for (int i = 0; i < ATTR_OPTION_COUNT; i++) {
        const attr_option_row *row = &attr_option_rows[i];
        bool attacks = row->topic == ATTR_TOPIC_ATTACK;
        const char *list = attacks ? "attack, init" : row->help;
        size_t length = attacks ? strlen(list) : length_of_commands(row);
        if (!flags->given[ATTR_FROM_FLAGS].line[i] || length == 0 || has_word(list, length, command)) continue;
        return attr_fail(ATTR_BAD_INPUT, "command line: -%s is for %.*s, not for %s", row->name, (int)length, list,
                         command);
    }
    return ATTR_OK;
}
