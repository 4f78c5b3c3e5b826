/* init: an [attribution] section with every option, its default (or the value of a flag) and its help as comments. */
#include "commands/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

attr_status attr_command_init(int count, char **arguments, const attr_options *flags) {
    if (count > 0) return attr_fail(ATTR_BAD_INPUT, "init takes no argument, but got \"%s\"", arguments[0]);
    attr_options *options = NULL;
    ATTR_TRY(attr_allocate(&options, 1, sizeof *options, "options"));
    *options = *flags;
    attr_options_resolve(options);
    attr_status status = attr_options_validate(options);
    if (status == ATTR_OK) status = attr_options_write(stdout, options, ATTR_WRITE_COMMENTS);
    free(options);
    return status;
}
