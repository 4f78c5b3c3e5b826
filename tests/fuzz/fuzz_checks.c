/* fuzz_checks [TRIES [SEED]]: longer runs of fuzz_checks.h, in the working folder (use an empty one). A crash leaves
 * the file that made it.
 *
 *   gcc -fopenmp -fsanitize=address,undefined -Iplugin -Ibuild/darknet-src/include tests/fuzz/fuzz_checks.c \
 *       build/sanitize/libattribution.a -lcrypto -lz -lm -pthread -o build/sanitize/fuzz_checks */
#include "fuzz_checks.h"

static int report(const char *what, const fuzz_run *run) {
    fprintf(stdout, "%s: %ld tries, %ld accepted, %ld run by Darknet%s%s\n", what, run->tries, run->accepted,
            run->run_by_darknet, run->failure[0] ? ": " : "", run->failure);
    return run->failure[0] != '\0';
}

int main(int argc, char **argv) {
    long tries = argc > 1 ? atol(argv[1]) : 100000;
    fuzz_run cfg = {.state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1}, weights = cfg;
    if (!freopen("/dev/null", "w", stderr)) return 1; /* Darknet's chatter */
    while (cfg.tries < tries && !cfg.failure[0]) fuzz_cfg(&cfg);
    while (weights.tries < tries && !weights.failure[0]) fuzz_weights(&weights);
    return report("cfg", &cfg) | report("weights", &weights);
}
