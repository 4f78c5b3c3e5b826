#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static attr_status start(pid_t *child, const char *const *words, const char *output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (output)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    else
        posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    int error = posix_spawnp(child, words[0], &actions, NULL, (char *const *)(uintptr_t)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error == 0) return ATTR_OK;
    return attr_fail(error == ENOENT ? ATTR_UNSUPPORTED : ATTR_IO, "%s: %s", words[0], strerror(error));
}

attr_status attr_run_program(const char *const *words, const char *output) {
    pid_t child;
    int how = 0;
    ATTR_TRY(start(&child, words, output));
    while (waitpid(child, &how, 0) < 0) {
        if (errno != EINTR) return attr_fail(ATTR_IO, "%s: %s", words[0], strerror(errno));
        kill(child, SIGINT); /* of one that was meant for this process alone */
    }
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return ATTR_OK;
    if (WIFSIGNALED(how) && (WTERMSIG(how) == SIGINT || WTERMSIG(how) == SIGTERM))
        return attr_fail(ATTR_INTERRUPTED, "%s: interrupted", words[0]);
    if (WIFEXITED(how)) return attr_fail(ATTR_IO, "%s: exit code %d", words[0], WEXITSTATUS(how));
    return attr_fail(ATTR_IO, "%s: ended by signal %d", words[0], WTERMSIG(how));
}
