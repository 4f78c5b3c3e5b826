#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { alignment = 64, page = 4096, large = 4 << 20 };

/* Asks for huge pages: going through a tensor once, a processor waits for the translation of addresses else. */
static void ask_for_huge_pages(void *memory, size_t bytes) {
    char *start = (char *)memory + (page - (uintptr_t)memory % page) % page;
    madvise(start, bytes - page, MADV_HUGEPAGE); /* or not */
}

attr_status attr_allocate(void *out, size_t count, size_t size, const char *what) {
    void *memory = NULL;
    if (count > 0 && size > 0) {
        if (count > (SIZE_MAX - alignment) / size)
            return attr_fail(ATTR_NO_MEMORY, "out of memory: %zu x %zu bytes for %s", count, size, what);
        size_t bytes = count * size;
        if (posix_memalign(&memory, alignment, bytes) != 0)
            return attr_fail(ATTR_NO_MEMORY, "out of memory: %zu bytes for %s", bytes, what);
        if (bytes >= large) ask_for_huge_pages(memory, bytes);
        memset(memory, 0, bytes);
    }
    memcpy(out, &memory, sizeof memory); /* `out` is a pointer to a pointer of any type */
    return ATTR_OK;
}

attr_status attr_copy_text(char **out, const char *text) {
    size_t length = strlen(text) + 1;
    ATTR_TRY(attr_allocate(out, length, 1, "a text"));
    memcpy(*out, text, length);
    return ATTR_OK;
}
