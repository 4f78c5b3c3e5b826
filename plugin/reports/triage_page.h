/* Parts of the page of `triage`. Private to this room. */
#ifndef ATTR_REPORTS_TRIAGE_PAGE_H
#define ATTR_REPORTS_TRIAGE_PAGE_H

#include "reports/triage.h"

/* The longest side of the page's pictures and maps. */
enum { ATTR_GALLERY_SIDE = 480 };

/* "missed", "found", "taken for another": a kind for people. */
const char *attr_triage_kind_label(int kind);

/* A card. `place` is its number in the order given; `shared_end` the value where colours end if all have one scale. */
void attr_write_triage_card(FILE *file, const attr_triage *t, int one_case, int place, double shared_end);

/* The tables above the cards. */
attr_status attr_write_triage_tables(FILE *file, const attr_triage *t);

#endif
