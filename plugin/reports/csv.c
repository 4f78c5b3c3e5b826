#include "reports/csv.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void attr_csv_number(FILE *file, double value, char end) {
    if (isfinite(value)) fprintf(file, "%.17g", value);
    putc(end, file);
}

void attr_csv_text(FILE *file, const char *text, char end) {
    bool quoted = strpbrk(text, ",\"") != NULL;
    if (quoted) putc('"', file);
    for (; *text; text++) {
        if (*text == '"') putc('"', file);
        putc((unsigned char)*text < ' ' ? '?' : *text, file);
    }
    if (quoted) putc('"', file);
    putc(end, file);
}

char *attr_csv_field(char **rest) {
    char *field = *rest, *to = field, *from = field;
    if (!field) return NULL;
    bool quoted = *from == '"';
    if (quoted) from++;
    while (*from && (quoted || *from != ',')) {
        if (quoted && *from == '"') {
            if (from[1] != '"') {
                quoted = false;
                from++;
                continue;
            }
            from++;
        }
        *to++ = *from++;
    }
    *rest = *from ? from + 1 : NULL;
    *to = '\0';
    return field;
}

double attr_csv_next_number(char **rest) {
    char *field = attr_csv_field(rest), *end;
    if (!field) return NAN;
    double value = strtod(field, &end);
    return end == field ? NAN : value;
}
