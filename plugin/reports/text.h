/* Texts and numbers for people and for other programs, as JSON, HTML, shell words and base64 need them. */
#ifndef ATTR_REPORTS_TEXT_H
#define ATTR_REPORTS_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Bytes of the well-formed UTF-8 sequence that `text` begins with, 1 to 4; 0 if it begins with none. */
size_t attr_utf8_length(const char *text);

/* A word of a POSIX shell's command line, quoted if it must be. Control characters, which would end a comment or a
 * command, become question marks. */
void attr_shell_word(FILE *file, const char *word);

/* printf for HTML, checked as such by the compiler, but values are made fit for HTML and for people:
 *   %s          a text, its special characters escaped (also fit for a value between quotation marks); what has no
 * place in HTML (bytes that are no UTF-8, control characters) becomes U+FFFD %d %lld %zu whole numbers %g %.2g     a
 * number with 4 or so many digits, a true minus and powers of ten %f          a share as percentage: .34 as "34 %" */
void attr_html(FILE *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A name, which may be broken behind underscores and colons where it is too long for its place. */
void attr_html_name(FILE *file, const char *name);

/* A file's name as a relative address between quotation marks; as a part of one, behind a slash or an equals sign. */
void attr_html_address(FILE *file, const char *name);
void attr_html_part_of_address(FILE *file, const char *name);

void attr_base64(FILE *file, const unsigned char *data, size_t size);

#endif
