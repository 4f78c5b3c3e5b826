/* Memory: every allocation is checked, zeroed, aligned to 64 bytes and safe against overflow of count x size. */
#ifndef ATTR_BASE_MEMORY_H
#define ATTR_BASE_MEMORY_H

#include <stddef.h>

#include "base/status.h"

/* Sets *out to `count` zeroed elements of `size` bytes (NULL for count 0). `what` names the thing in the message of
 * ATTR_NO_MEMORY. The caller releases it with free(). */
attr_status attr_allocate(void *out, size_t count, size_t size, const char *what);

/* A copy of `text`, released by the caller with free(). */
attr_status attr_copy_text(char **out, const char *text);

#endif
