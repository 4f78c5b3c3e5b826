#include "fresh_folder.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/attr-test-XXXXXX";

void enter_fresh_folder(void) {
    cr_assert(mkdtemp(folder) && chdir(folder) == 0, "%s: %s", folder, strerror(errno));
}

void leave_fresh_folder(void) {
    char command[sizeof folder + 16];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert(chdir("/") == 0 && system(command) == 0, "%s", command);
}
