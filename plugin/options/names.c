/* Names of options and words, and those that were nearly right. */
#include <string.h>

#include "options/row.h"

static char plain(char c) {
    return c == '-' ? '_' : c;
}

bool attr_same_name(const char *a, const char *b) {
    while (*a && plain(*a) == plain(*b)) a++, b++;
    return *a == '\0' && *b == '\0';
}

int attr_option_find(const char *name) {
    for (int i = 0; i < ATTR_OPTION_COUNT; i++)
        if (attr_same_name(attr_option_rows[i].name, name)) return i;
    return -1;
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

/* Letters to insert, to leave out, to change or to swap with their neighbour (each letter at most once), by dynamic
 * programming; rows i-2, i-1 and i of the table are kept. */
static int edit_distance(const char *a, size_t na, const char *b, size_t nb) {
    enum { SIZE = 64 };
    int rows[3][SIZE];
    if (na >= SIZE || nb >= SIZE) return SIZE;
    for (size_t j = 0; j <= nb; j++) rows[0][j] = (int)j;
    for (size_t i = 1; i <= na; i++) {
        int *row = rows[i % 3], *before = rows[(i + 2) % 3], *two_before = rows[(i + 1) % 3];
        row[0] = (int)i;
        for (size_t j = 1; j <= nb; j++) {
            int changed = before[j - 1] + (plain(a[i - 1]) != plain(b[j - 1]));
            row[j] = smaller(changed, 1 + smaller(before[j], row[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], two_before[j - 2] + 1);
        }
    }
    return rows[na % 3][nb];
}

void attr_nearest_try(attr_nearest *nearest, const char *candidate) {
    size_t length = strlen(nearest->name);
    int distance = edit_distance(nearest->name, length, candidate, strlen(candidate));
    if (length >= 3 && strncmp(nearest->name, candidate, length) == 0) distance = 0; /* the beginning of a name */
    if (distance > 1 + (int)length / 4 || distance >= (int)length) return;
    if (nearest->best && nearest->distance <= distance) return;
    nearest->best = candidate;
    nearest->distance = distance;
}

const char *attr_nearest_name(const char *name, char *const *names, int count) {
    attr_nearest nearest = {.name = name};
    for (int i = 0; i < count; i++) attr_nearest_try(&nearest, names[i]);
    return nearest.best;
}
