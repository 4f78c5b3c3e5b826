#include "model/cfg.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/memory.h"

enum { max_bytes = 1 << 20, max_sections = 10000, max_options_of_a_section = 1000 };

typedef struct {
    attr_cfg *cfg;
    attr_cfg_mode mode;
    const char *path;
    int line;
    attr_section *section; /* the one that keys belong to; NULL before the first */
    int options, attribution_options;
} reader;

#define REFUSE(r, status, format, ...) attr_fail(status, "%s:%d: " format, (r)->path, (r)->line, ##__VA_ARGS__)

static const char white_space[] = " \t\r";

/* Darknet removes blanks and tabs; a carriage return it keeps, and then no longer recognises the word before. */
static void remove_white_space(char *line) {
    char *to = line;
    for (const char *from = line; *from; from++) {
        if (!strchr(white_space, *from)) *to++ = *from;
    }
    *to = '\0';
}

static attr_status refuse_control_characters(const reader *r, const char *line) {
    for (const unsigned char *c = (const unsigned char *)line; *c; c++) {
        if (*c < ' ' || *c == 127) {
            return REFUSE(r, ATTR_BAD_INPUT, "control character 0x%02x (expected a text file)", *c);
        }
    }
    return ATTR_OK;
}

static attr_status begin_attribution(reader *r) {
    attr_section *section = &r->cfg->attribution;
    if (section->line == 0) *section = (attr_section){NULL, NULL, r->line, r->cfg->attribution_options, 0};
    r->section = section;
    return ATTR_OK;
}

static attr_status begin_layer(reader *r, const char *name) {
    attr_cfg *cfg = r->cfg;
    const attr_section_kind *kind;
    ATTR_TRY(attr_section_kind_find(&kind, r->path, r->line, name));
    if (cfg->count == 0 && kind->type != NETWORK)
        return REFUSE(r, ATTR_BAD_INPUT, "the first section is [%s] (expected [net])", name);
    if (cfg->count > 0 && kind->type == NETWORK)
        return REFUSE(r, ATTR_BAD_INPUT, "a second [%s] (expected a layer)", name);
    if (cfg->count > max_sections)
        return REFUSE(r, ATTR_BAD_INPUT, "too many layers (expected at most %d)", max_sections);
    cfg->sections[cfg->count] = (attr_section){kind, NULL, r->line, cfg->options + r->options, 0};
    r->section = &cfg->sections[cfg->count++];
    return ATTR_OK;
}

static attr_status begin_part(reader *r, const char *name) {
    attr_cfg *cfg = r->cfg;
    if (cfg->count == max_sections)
        return REFUSE(r, ATTR_BAD_INPUT, "too many sections (expected at most %d)", max_sections);
    cfg->sections[cfg->count] = (attr_section){NULL, name, r->line, cfg->options + r->options, 0};
    r->section = &cfg->sections[cfg->count++];
    return ATTR_OK;
}

static attr_status begin_section(reader *r, char *line) {
    size_t length = strlen(line);
    if (r->mode == ATTR_CFG_DATA)
        return REFUSE(r, ATTR_BAD_INPUT, "%.60s: sections have no place in this file (expected key = value)", line);
    if (length < 3 || line[length - 1] != ']') {
        return REFUSE(r, ATTR_BAD_INPUT,
                      "'%.60s' is no section (expected a name between [ and ], a comment needs a "
                      "line of its own)",
                      line);
    }
    line[length - 1] = '\0';
    const char *name = line + 1;
    if (strcmp(name, "attribution") == 0) return begin_attribution(r);
    if (r->mode == ATTR_CFG_ATTRIBUTION)
        return REFUSE(r, ATTR_BAD_INPUT, "section [%.60s] has no place in this file (expected [attribution])", name);
    return r->mode == ATTR_CFG_EXPERIMENT ? begin_part(r, name) : begin_layer(r, name);
}

/* Whether the option is to be kept: what Darknet has no use for, or has twice, is not. */
static attr_status check_option(bool *keep, const reader *r, const char *key, const char *value) {
    const attr_section *section = r->section;
    const attr_key *row = NULL;
    *keep = true;
    if (section->kind) ATTR_TRY(attr_key_check(&row, section->kind, r->path, r->line, key, value));
    const attr_cfg_option *first = attr_cfg_find(section, key);
    if (first && row && row->role != ATTR_KEY_NETWORK) {
        *keep = false;
    } else if (first) {
        return REFUSE(r, ATTR_BAD_INPUT, "'%.60s' a second time (the first is in line %d)", key, first->line);
    }
    return ATTR_OK;
}

static attr_status read_option(reader *r, char *line) {
    char *equals = strchr(line, '=');
    if (!equals) return REFUSE(r, ATTR_BAD_INPUT, "'%.60s' has no '=' (expected key=value)", line);
    *equals = '\0';
    const char *key = line, *value = equals + 1;
    if (!*key) return REFUSE(r, ATTR_BAD_INPUT, "nothing before '=' (expected key=%.60s)", value);
    if (!*value) return REFUSE(r, ATTR_BAD_INPUT, "nothing after '%.60s=' (expected a value)", key);
    attr_section *section = r->section;
    if (!section) {
        return REFUSE(r, ATTR_BAD_INPUT, "key '%.60s' before any section (expected %s first)", key,
                      r->mode == ATTR_CFG_NET          ? "[net]"
                      : r->mode == ATTR_CFG_EXPERIMENT ? "[experiment]"
                                                       : "[attribution]");
    }
    bool keep;
    ATTR_TRY(check_option(&keep, r, key, value));
    if (!keep) return ATTR_OK;
    if (section->count == max_options_of_a_section)
        return REFUSE(r, ATTR_BAD_INPUT, "too many keys in a section (expected at most %d)", section->count);
    section->options[section->count++] = (attr_cfg_option){key, value, r->line};
    if (section == &r->cfg->attribution)
        r->attribution_options++;
    else
        r->options++;
    return ATTR_OK;
}

/* White space goes, as Darknet removes it; an experiment has sentences, which keep what is inside. */
static void strip_line(const reader *r, char *line) {
    char *equals = strchr(line, '=');
    if (r->mode != ATTR_CFG_EXPERIMENT || !equals || line[strspn(line, white_space)] == '[') {
        remove_white_space(line);
        return;
    }
    char *value = equals + 1 + strspn(equals + 1, white_space);
    size_t length = strlen(value);
    while (length > 0 && strchr(white_space, value[length - 1])) --length;
    value[length] = '\0';
    *equals = '\0';
    remove_white_space(line);
    size_t key = strlen(line);
    line[key] = '=';
    memmove(line + key + 1, value, length + 1);
}

static attr_status read_line(reader *r, char *line) {
    strip_line(r, line);
    if (line[0] == '\0' || line[0] == '#' || line[0] == ';') return ATTR_OK;
    ATTR_TRY(refuse_control_characters(r, line));
    return line[0] == '[' ? begin_section(r, line) : read_option(r, line);
}

static attr_status read_lines(reader *r, size_t size) {
    attr_cfg *cfg = r->cfg;
    char *line = cfg->text, *end = cfg->text + size;
    if (strncmp(line, "\xef\xbb\xbf", 3) == 0) line += 3; /* the mark that some editors put before UTF-8 */
    while (line < end) {
        char *line_end = memchr(line, '\n', end - line);
        if (!line_end) line_end = end;
        *line_end = '\0';
        r->line++;
        if (strlen(line) != (size_t)(line_end - line))
            return REFUSE(r, ATTR_BAD_INPUT, "a byte 0 (expected a text file)");
        ATTR_TRY(read_line(r, line));
        line = line_end + 1;
    }
    return ATTR_OK;
}

static size_t occurrences(const char *text, size_t size, char wanted) {
    size_t count = 0;
    for (size_t i = 0; i < size; i++) count += text[i] == wanted;
    return count;
}

/* Room for as many sections and options as there can be. */
static attr_status allocate(attr_cfg *cfg, size_t size) {
    size_t sections = occurrences(cfg->text, size, '['), options = occurrences(cfg->text, size, '=');
    if (sections > max_sections) sections = max_sections; /* besides [net]; begin_layer refuses the next one */
    ATTR_TRY(attr_allocate(&cfg->sections, sections + 1, sizeof *cfg->sections, "a cfg file"));
    ATTR_TRY(attr_allocate(&cfg->options, options + 1, sizeof *cfg->options, "a cfg file"));
    return attr_allocate(&cfg->attribution_options, options + 1, sizeof *cfg->options, "a cfg file");
}

static attr_status refuse_emptiness(const reader *r) {
    const attr_cfg *cfg = r->cfg;
    if (r->mode == ATTR_CFG_NET && cfg->count == 0)
        return attr_fail(ATTR_BAD_INPUT, "%s: holds no network (expected [net] and layers)", r->path);
    if (r->mode == ATTR_CFG_NET && cfg->count == 1)
        return attr_fail(ATTR_BAD_INPUT, "%s: has no layers (expected some after [net])", r->path);
    if (r->mode == ATTR_CFG_DATA && cfg->sections[0].count == 0)
        return attr_fail(ATTR_BAD_INPUT, "%s: is empty (expected key = value)", r->path);
    if (r->mode == ATTR_CFG_EXPERIMENT && cfg->count == 0)
        return attr_fail(ATTR_BAD_INPUT, "%s: holds no experiment (expected [experiment])", r->path);
    if (r->mode == ATTR_CFG_ATTRIBUTION && cfg->attribution.line == 0)
        return attr_fail(ATTR_BAD_INPUT, "%s: is empty (expected [attribution])", r->path);
    return ATTR_OK;
}

static attr_status read_into(attr_cfg *cfg, const char *path, attr_cfg_mode mode) {
    size_t size;
    ATTR_TRY(attr_copy_text(&cfg->path, attr_find_file(path)));
    ATTR_TRY(attr_read_file(&cfg->text, &size, cfg->path, max_bytes));
    ATTR_TRY(allocate(cfg, size));
    reader r = {.cfg = cfg, .mode = mode, .path = cfg->path};
    if (mode == ATTR_CFG_DATA) {
        cfg->sections[0] = (attr_section){NULL, NULL, 1, cfg->options, 0};
        r.section = &cfg->sections[0];
        cfg->count = 1;
    }
    ATTR_TRY(read_lines(&r, size));
    return refuse_emptiness(&r);
}

attr_status attr_cfg_read(attr_cfg **out, const char *path, attr_cfg_mode mode) {
    *out = NULL;
    attr_cfg *cfg;
    ATTR_TRY(attr_allocate(&cfg, 1, sizeof *cfg, "a cfg file"));
    attr_status status = read_into(cfg, path, mode);
    if (status == ATTR_OK)
        *out = cfg;
    else
        attr_cfg_free(cfg);
    return status;
}

void attr_cfg_free(attr_cfg *cfg) {
    if (!cfg) return;
    free(cfg->path);
    free(cfg->sections);
    free(cfg->text);
    free(cfg->options);
    free(cfg->attribution_options);
    free(cfg);
}

const attr_cfg_option *attr_cfg_find(const attr_section *section, const char *key) {
    for (int i = 0; i < section->count; i++) {
        if (strcmp(section->options[i].key, key) == 0) return &section->options[i];
    }
    return NULL;
}

int attr_cfg_int(const attr_section *section, const char *key, int fallback) {
    const attr_cfg_option *option = attr_cfg_find(section, key);
    int number;
    return option && attr_parse_whole(&number, option->value) ? number : fallback;
}

double attr_cfg_float(const attr_section *section, const char *key, double fallback) {
    const attr_cfg_option *option = attr_cfg_find(section, key);
    double number;
    return option && attr_parse_number(&number, option->value) ? number : fallback;
}

const char *attr_cfg_text(const attr_section *section, const char *key, const char *fallback) {
    const attr_cfg_option *option = attr_cfg_find(section, key);
    return option ? option->value : fallback;
}

int attr_cfg_list(double *out, int limit, const attr_section *section, const char *key) {
    const char *part = attr_cfg_text(section, key, NULL);
    int count = 0;
    while (part) {
        if (count < limit) out[count] = strtod(part, NULL);
        count++;
        part = strchr(part, ',');
        if (part) part++;
    }
    return count;
}

int attr_cfg_line(const attr_section *section, const char *key) {
    const attr_cfg_option *option = attr_cfg_find(section, key);
    return option ? option->line : section->line;
}

/* Darknet reads a line without its blanks, so it could not find such a file. */
static attr_status write_file_name(FILE *file, const attr_cfg *cfg, const attr_cfg_option *option) {
    const char *found = attr_find_file(option->value);
    if (strpbrk(found, " \t\r\n")) {
        return attr_fail(ATTR_BAD_INPUT, "%s:%d: %s=%s: Darknet cannot read a file whose path has white space",
                         cfg->path, option->line, option->key, found);
    }
    fprintf(file, "%s=%s\n", option->key, found);
    return ATTR_OK;
}

static attr_status write_option(FILE *file, const attr_cfg *cfg, const attr_section *section,
                                const attr_cfg_option *option) {
    const attr_key *row;
    ATTR_TRY(attr_key_check(&row, section->kind, cfg->path, option->line, option->key, option->value));
    if (row->role != ATTR_KEY_NETWORK) return ATTR_OK;
    if (row->type == ATTR_KEY_TEXT) return write_file_name(file, cfg, option); /* tree and map, no others */
    fprintf(file, "%s=%s\n", option->key, option->value);
    return ATTR_OK;
}

attr_status attr_cfg_write_for_darknet(const attr_cfg *cfg, FILE *file) {
    for (int i = 0; i < cfg->count; i++) {
        const attr_section *section = &cfg->sections[i];
        fprintf(file, "[%s]\n", section->kind->name);
        if (i == 0) fputs("batch=1\nsubdivisions=1\ntime_steps=1\nrandom=0\n", file);
        for (int k = 0; k < section->count; k++) ATTR_TRY(write_option(file, cfg, section, &section->options[k]));
    }
    if (fflush(file) != 0 || ferror(file)) return attr_fail(ATTR_IO, "%s: cannot hand the network on", cfg->path);
    return ATTR_OK;
}
