#include <criterion/criterion.h>

#include "cfg_files.h"
#include "fuzz/fuzz_checks.h"

TestSuite(fuzz, .init = enter_folder, .fini = leave_folder, .timeout = 300);

Test(fuzz, what_passes_the_checks_of_a_cfg_is_safe_for_darknet) {
    fuzz_run run = {.state = 1};
    streams before = silence();
    while (run.tries < 3000 && !run.failure[0]) fuzz_cfg(&run);
    end_silence(before);
    cr_expect(!run.failure[0], "try %ld: %s", run.tries, run.failure);
    cr_expect(run.accepted > 150 && run.run_by_darknet > 80, "%ld accepted, %ld run", run.accepted, run.run_by_darknet);
}

Test(fuzz, weights_files_pass_only_if_they_fit_to_the_byte) {
    fuzz_run run = {.state = 1};
    while (run.tries < 3000 && !run.failure[0]) fuzz_weights(&run);
    cr_expect(!run.failure[0], "try %ld: %s", run.tries, run.failure);
    cr_expect(run.accepted > 50, "%ld accepted", run.accepted);
}
