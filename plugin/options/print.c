/* Options written: as a section, and as help. */
#include <string.h>

#include "options/row.h"
#include "options/target_text.h"

typedef struct {
    const char *name, *title;
} topic_text;

#define TOPIC(topic, name, title) {name, title},
static const topic_text topics[] = {ATTR_TOPICS(TOPIC)};

/* ---- A section */

/* What Darknet's cfg grammar would lose, and the percent sign, as % and two digits. */
static void write_escaped(FILE *out, const char *text) {
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c <= ' ' || c == 127 || c == '%')
            fprintf(out, "%%%02x", c);
        else
            putc(c, out);
    }
}

static void write_comments(FILE *out, const attr_option_row *row) {
    char values[512];
    attr_value_range(values, row, sizeof values);
    fprintf(out, "\n# %s%s%s%s\n", row->help, values[0] ? " (" : "", values, values[0] ? ")" : "");
    for (int i = 0; row->words && row->words[i].word; i++)
        fprintf(out, "#   %-22s %s\n", row->words[i].word, row->words[i].help);
}

void attr_option_text(char out[ATTR_TEXT_SIZE], const attr_options *o, attr_option option) {
    attr_value_format(out, &attr_option_rows[option], o);
}

attr_status attr_options_write(FILE *out, const attr_options *o, int how) {
    char text[ATTR_TEXT_SIZE], origin[ATTR_TEXT_SIZE];
    int topic = -1;
    fprintf(out, "[attribution]\n");
    for (int i = 0; i < ATTR_OPTION_COUNT; i++) {
        const attr_option_row *row = &attr_option_rows[i];
        attr_value_format(text, row, o);
        if (row->topic == ATTR_TOPIC_COMMAND) continue;
        /* a default that was given stays, where it may be that it keeps a preset's value away */
        bool is_choice = attr_option_is_given(o, (attr_option)i) && attr_option_has_preset((attr_option)i);
        if (how & ATTR_WRITE_CHANGED && strcmp(text, row->initial) == 0 && !is_choice) continue;
        if (how & ATTR_WRITE_GIVEN && !attr_option_is_given(o, (attr_option)i)) continue;
        if (how & ATTR_WRITE_COMMENTS) {
            if ((int)row->topic != topic) fprintf(out, "\n# ---- %s\n", topics[row->topic].title);
            topic = (int)row->topic;
            write_comments(out, row);
        }
        if (how & ATTR_WRITE_ORIGINS) {
            attr_options_origin(origin, o, (attr_option)i, sizeof origin);
            for (char *c = origin; *c; c++)
                if (*c == '\n') *c = '?'; /* in the name of a file: would end the comment */
            fprintf(out, "# from: %s\n", origin);
        }
        bool of_method = how & ATTR_WRITE_COMMENTS && attr_option_has_preset((attr_option)i) &&
                         !attr_option_is_given(o, (attr_option)i);
        fprintf(out, "%s%s=", of_method ? "#" : "", row->name);
        write_escaped(out, text);
        fprintf(out, "\n");
    }
    return ferror(out) ? attr_fail(ATTR_IO, "writing the options failed") : ATTR_OK;
}

/* ---- Help */

static const char *placeholder(const attr_option_row *row) {
    switch (row->kind) {
    case ATTR_KIND_INT:
        return "N";
    case ATTR_KIND_REAL:
        return "X";
    case ATTR_KIND_TEXT:
        return row->unit;
    case ATTR_KIND_BOOL:
        return "";
    case ATTR_KIND_CHOICE:
        return "WORD";
    case ATTR_KIND_SET:
        return "WORD,WORD,...";
    case ATTR_KIND_CHOICE_OR_FILE:
        return "WORD or FILE";
    }
    return "";
}

static void help_row(FILE *out, const attr_option_row *row) {
    char flag[64], range[128];
    bool shows_default = row->initial[0] && row->kind != ATTR_KIND_BOOL;
    attr_value_range(range, row, sizeof range);
    snprintf(flag, sizeof flag, "-%s %s", row->name, placeholder(row));
    fprintf(out, "  %-24s %s", flag, row->help);
    if (shows_default) fprintf(out, " [%s%s%s]", row->initial, range[0] ? "; " : "", range);
    fprintf(out, "\n");
    for (int i = 0; row->words && row->words[i].word; i++)
        fprintf(out, "      %-20s %s\n", row->words[i].word, row->words[i].help);
}

#define HELP_ALIAS(name, row)           fprintf(out, "  %-24s the same as -%s\n", "-" name, row);
#define HELP_IGNORED(name, takes_value) fprintf(out, "  %-24s ignored\n", takes_value ? "-" name " X" : "-" name);

static void help_topic(FILE *out, attr_option_topic topic) {
    fprintf(out, "%s: %s\n", topics[topic].name, topics[topic].title);
    for (int i = 0; i < ATTR_OPTION_COUNT; i++)
        if (attr_option_rows[i].topic == topic) help_row(out, &attr_option_rows[i]);
    if (topic == ATTR_TOPIC_COMMAND) {
        ATTR_HOST_FLAGS(HELP_ALIAS, HELP_IGNORED)
    }
}

attr_status attr_options_help(FILE *out, const char *topic) {
    char known[256] = "";
    bool found = false;
    for (int t = 0; t < ATTR_TOPIC_COUNT; t++) {
        if (topic && !attr_same_name(topic, topics[t].name)) continue;
        if (found) fprintf(out, "\n");
        help_topic(out, (attr_option_topic)t);
        if (topic && attr_same_name(topic, "target")) attr_target_help(out);
        found = true;
    }
    int i = topic ? attr_option_find(topic) : -1;
    /* "mask" is a topic and an option of another one */
    if (i >= 0 && !(found && attr_same_name(topics[attr_option_rows[i].topic].name, topic)))
        help_row(out, &attr_option_rows[i]);
    if (found || i >= 0) return ferror(out) ? attr_fail(ATTR_IO, "writing the help failed") : ATTR_OK;
    for (int t = 0; t < ATTR_TOPIC_COUNT; t++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", t ? ", " : "", topics[t].name);
    return attr_fail(ATTR_BAD_INPUT, "no help on %.64s: expected the name of an option or one of %s", topic, known);
}
