/* init: an [attribution] section with every option, its default (or the value of a flag) and its help as comments. */
#include "commands/commands.h"

#include <stdio.h>

attr_status attr_command_init(int count, char **arguments, const attr_options *flags) {
    if (count > 0) return attr_fail(ATTR_BAD_INPUT, "init takes no argument, but got \"%s\"", arguments[0]);
    ATTR_TRY(attr_options_validate(flags));
    return attr_options_write(stdout, flags, ATTR_WRITE_COMMENTS);
}
