/* test: explains what a network sees in pictures. */
#include "commands/commands.h"

#include <stdio.h>

#include "commands/explain_picture.h"

attr_status attr_command_test(int count, char **arguments, const attr_options *flags) {
    if (count < 3 || count > 4)
        return attr_fail(
            ATTR_BAD_INPUT,
            "usage: darknet attribute test DATA CFG WEIGHTS [PICTURE|LIST|FOLDER] [-json] [-option value]");
    attr_run run = {0};
    attr_catch_interrupts();
    attr_status status = attr_run_begin(&run, arguments, flags);
    if (status == ATTR_OK && run.session->options.verbose)
        status = attr_options_write(stdout, &run.session->options, ATTR_WRITE_ORIGINS);
    const char *pictures = count == 4 ? arguments[3] : NULL;
    if (status == ATTR_OK)
        status = pictures && attr_is_list(pictures)
                     ? attr_explain_list(&run, pictures)
                     : attr_for_each_picture(pictures, flags, attr_explain_and_write, &run);
    return attr_run_end(&run, status);
}
