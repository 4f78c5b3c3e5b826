#include "session/names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "methods/method.h"

attr_status attr_name_picture(char **out, const char *path) {
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    ATTR_TRY(attr_copy_text(out, *name ? name : "picture"));
    char *dot = strrchr(*out, '.');
    if (dot && dot != *out) *dot = 0;
    if ((*out)[0] == '.') (*out)[0] = '_'; /* no hidden folder, and not the folder of results itself */
    return ATTR_OK;
}

void attr_name_part(char out[ATTR_NAME_PART], const char *name) {
    snprintf(out, ATTR_NAME_PART, "%.*s", ATTR_NAME_PART - 1, name);
    for (char *c = out; *c; ++c)
        if (!isalnum((unsigned char)*c) && !strchr("-.+", *c)) *c = '_';
    if (out[0] == '.') out[0] = '_';
}

/* The number of an item's target among those of its class, from 1. */
static int number_of(const attr_explained *item, const char *class_part, const attr_explanation *ex, size_t each) {
    char other_part[ATTR_NAME_PART];
    size_t before = 0;
    for (const attr_explained *other = ex->explained; other != item; ++other) {
        attr_name_part(other_part, other->class_name);
        before += 0 == strcmp(other_part, class_part);
    }
    return 1 + (int)(before / each);
}

/* Whether a place bears no number of its own. */
static bool is_counted(const char *part) {
    return part[0] == '\0' || part[0] == '-';
}

attr_status attr_name_target(char **out, const char *class_name, int number, const char *part, const char *last) {
    enum { longest_name = 3 * ATTR_NAME_PART + 64 };
    char class_part[ATTR_NAME_PART], place[ATTR_NAME_PART], last_part[ATTR_NAME_PART], number_part[16] = "";
    attr_name_part(class_part, class_name);
    attr_name_part(place, part);
    attr_name_part(last_part, last);
    if (number > 0) snprintf(number_part, sizeof number_part, "_%d", number);
    ATTR_TRY(attr_allocate(out, longest_name, 1, "a name"));
    snprintf(*out, longest_name, "%s%s%s%s_%s", class_part, number_part, is_counted(part) ? "" : "_", place, last_part);
    return ATTR_OK;
}

attr_status attr_name_item(attr_explained *item, const attr_explanation *ex, const char *part, const attr_map *map,
                           size_t each) {
    char class_part[ATTR_NAME_PART], last[ATTR_NAME_PART], label[ATTR_METHOD_LABEL], layer_part[16] = "";
    attr_name_part(class_part, item->class_name);
    int number = number_of(item, class_part, ex, each);
    if (!is_counted(part) || (!item->is_detection && number == 1)) number = 0;
    if (map->layer.kind && 0 != strcmp(ex->options.layers, "auto"))
        snprintf(layer_part, sizeof layer_part, "_layer%d", map->layer.index);
    snprintf(last, sizeof last, "%s%s", attr_method_label(label, &ex->options), layer_part);
    return attr_name_target(&item->name, item->class_name, number, part, last);
}
