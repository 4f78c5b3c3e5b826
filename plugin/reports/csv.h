/* Lines of comma-separated values (RFC 4180), written and read back. Private to this room. */
#ifndef ATTR_REPORTS_CSV_H
#define ATTR_REPORTS_CSV_H

#include <stdio.h>

/* A number that reads back to the same double, nothing for one that is not finite; then `end`, a comma or a line's. */
void attr_csv_number(FILE *file, double value, char end);

/* In quotation marks where it must be; control characters, which could end a line, become question marks. */
void attr_csv_text(FILE *file, const char *text, char end);

/* The next field of a line, quotation marks removed in place; NULL behind the last. */
char *attr_csv_field(char **rest);

/* The next field as a number; NAN if it is none, or there is none. */
double attr_csv_next_number(char **rest);

#endif
