#include "reports/text.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Unicode 15, table 3-7: the first byte decides what the second may be; that excludes overlong forms and surrogates. */
size_t attr_utf8_length(const char *text) {
    const unsigned char *s = (const unsigned char *)text;
    unsigned char low = 0x80, high = 0xbf;
    size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (s[0] == 0xe0) low = 0xa0;
    if (s[0] == 0xed) high = 0x9f;
    if (s[0] == 0xf0) low = 0x90;
    if (s[0] == 0xf4) high = 0x8f;
    for (size_t i = 1; i < length; i++) {
        if (s[i] < low || s[i] > high) return 0;
        low = 0x80;
        high = 0xbf;
    }
    return length;
}

void attr_shell_word(FILE *file, const char *word) {
    bool plain = word[0] != '\0';
    for (const char *c = word; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_-+=:,./@%", *c)) plain = false;
    if (!plain) putc('\'', file);
    for (const char *c = word; *c; c++) {
        if (*c == '\'')
            fputs("'\\''", file);
        else
            putc((unsigned char)*c < ' ' || *c == 127 ? '?' : *c, file);
    }
    if (!plain) putc('\'', file);
}

/* ---- HTML */

static void write_text(FILE *file, const char *text) {
    while (*text) {
        size_t length = attr_utf8_length(text);
        unsigned char c = (unsigned char)*text;
        bool is_control = (c < ' ' && c != '\n' && c != '\t') || c == 127 || (c == 0xc2 && (text[1] & 0xe0) == 0x80);
        if (length == 0 || is_control)
            fputs("&#xfffd;", file);
        else if (strchr("&<>\"'", c))
            fprintf(file, "&#%d;", c);
        else
            fwrite(text, 1, length, file);
        text += length ? length : 1;
    }
}

static void write_number(FILE *file, double value, int digits) {
    char text[128];
    if (!isfinite(value)) {
        fputs("not a number", file);
        return;
    }
    snprintf(text, sizeof text, "%.*g", digits, fabs(value));
    char *exponent = strchr(text, 'e');
    int power = exponent ? atoi(exponent + 1) : 0;
    fprintf(file, "%s%.*s", value < 0 ? "&minus;" : "", (int)strcspn(text, "e"), text);
    if (exponent) fprintf(file, "&#8239;&times;&#8239;10<sup>%s%d</sup>", power < 0 ? "&minus;" : "", abs(power));
}

static void write_percent(FILE *file, double share) {
    double percent = 100 * share;
    if (percent > 0 && percent < .001)
        fputs("less than 0.001", file);
    else if (percent < 1)
        fprintf(file, "%.2g", percent);
    else if (percent >= 99.95 && percent < 100)
        fputs("more than 99.9", file);
    else
        fprintf(file, "%.*f", percent < 9.95 || (percent >= 99 && percent < 100) ? 1 : 0, percent);
    fputs("&nbsp;%", file);
}

static void write_score(FILE *file, double score) {
    if (score >= 0 && score <= 1)
        write_percent(file, score);
    else
        write_number(file, score, 4);
}

void attr_html(FILE *file, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    for (const char *c = format; *c; c++) {
        int digits = 4;
        if (*c != '%') {
            putc(*c, file);
            continue;
        }
        if (*++c == '.') {
            digits = c[1] - '0';
            c += 2;
        }
        switch (*c) {
        case 's':
            write_text(file, va_arg(arguments, const char *));
            break;
        case 'd':
            fprintf(file, "%d", va_arg(arguments, int));
            break;
        case 'l': /* %lld */
            fprintf(file, "%lld", va_arg(arguments, long long));
            c += 2;
            break;
        case 'z': /* %zu */
            fprintf(file, "%zu", va_arg(arguments, size_t));
            c++;
            break;
        case 'g':
            write_number(file, va_arg(arguments, double), digits);
            break;
        case 'f':
            write_percent(file, va_arg(arguments, double));
            break;
        case 'e':
            write_score(file, va_arg(arguments, double));
            break;
        default: /* %% */
            putc('%', file);
        }
    }
    va_end(arguments);
}

void attr_html_name(FILE *file, const char *name) {
    char part[64];
    while (*name) {
        size_t length = strcspn(name, "_:");
        if (name[length]) length++;
        int taken = snprintf(part, sizeof part, "%.*s", (int)(length < sizeof part ? length : sizeof part - 1), name);
        write_text(file, part);
        name += taken;
        if (*name && strchr("_:", name[-1])) fputs("<wbr>", file);
    }
}

void attr_html_part_of_address(FILE *file, const char *name) {
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        fprintf(file, c < 128 && (isalnum(c) || strchr("_-.~", c)) ? "%c" : "%%%02X", c);
    }
}

void attr_html_address(FILE *file, const char *name) {
    fputs("./", file); /* or "a:b" would be an address of protocol a */
    attr_html_part_of_address(file, name);
}

void attr_base64(FILE *file, const unsigned char *data, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        size_t bytes = size - i < 3 ? size - i : 3;
        unsigned int group = 0;
        char text[4];
        for (size_t k = 0; k < 3; k++) group = group << 8 | (k < bytes ? data[i + k] : 0);
        for (size_t k = 0; k < 4; k++) text[k] = k <= bytes ? digits[group >> (18 - 6 * k) & 63] : '=';
        fwrite(text, 1, 4, file);
    }
}
