#include <criterion/criterion.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/background.h"

typedef struct {
    atomic_bool may_end;
    attr_status status;
    pthread_t thread;
    sigset_t signals;
} work;

static void nap(void) {
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static attr_status do_work(void *argument) {
    work *w = argument;
    w->thread = pthread_self();
    pthread_sigmask(SIG_SETMASK, NULL, &w->signals);
    while (!w->may_end) nap();
    return w->status == ATTR_OK ? ATTR_OK : attr_fail(w->status, "it failed with %d", (int)w->status);
}

Test(background, goes_on_beside_the_caller) {
    attr_background b = {0};
    work w = {.status = ATTR_OK};
    cr_expect_not(attr_background_ended(&b), "nothing was started");
    attr_background_start(&b, do_work, &w); /* a call made here would not come back */
    cr_expect_not(attr_background_ended(&b));
    w.may_end = true;
    while (!attr_background_ended(&b)) nap();
    cr_expect_eq(attr_background_wait(&b), ATTR_OK);
    cr_expect_not(pthread_equal(w.thread, pthread_self()));
    cr_expect_not(attr_background_ended(&b), "it was waited for");
}

Test(background, a_failure_and_its_message_get_to_the_one_who_waits) {
    attr_background b = {0};
    work w = {.status = ATTR_IO};
    attr_fail(ATTR_BAD_INPUT, "before");
    attr_background_start(&b, do_work, &w);
    cr_expect_str_eq(attr_error_message(), "before");
    w.may_end = true;
    cr_expect_eq(attr_background_wait(&b), ATTR_IO);
    cr_expect_str_eq(attr_error_message(), "it failed with 4");
}

Test(background, a_success_leaves_the_message_of_the_caller) {
    attr_background b = {0};
    work w = {.may_end = true, .status = ATTR_OK};
    attr_fail(ATTR_BAD_INPUT, "before");
    attr_background_start(&b, do_work, &w);
    cr_expect_eq(attr_background_wait(&b), ATTR_OK);
    cr_expect_str_eq(attr_error_message(), "before");
}

Test(background, can_be_used_again_and_waiting_for_nothing_is_no_failure) {
    attr_background b = {0};
    cr_expect_eq(attr_background_wait(&b), ATTR_OK);
    for (int i = 0; i < 100; ++i) {
        work w = {.may_end = true, .status = i % 2 ? ATTR_NUMERIC : ATTR_OK};
        attr_background_start(&b, do_work, &w);
        cr_expect_eq(attr_background_wait(&b), w.status);
        cr_expect_eq(attr_background_wait(&b), ATTR_OK);
    }
}

Test(background, two_at_once_keep_their_messages_apart) {
    attr_background b[2] = {{0}};
    work w[2] = {{.status = ATTR_IO}, {.status = ATTR_NUMERIC}};
    for (int i = 0; i < 2; ++i) attr_background_start(&b[i], do_work, &w[i]);
    for (int i = 0; i < 2; ++i) w[i].may_end = true;
    cr_expect_eq(attr_background_wait(&b[1]), ATTR_NUMERIC);
    cr_expect_str_eq(attr_error_message(), "it failed with 5");
    cr_expect_eq(attr_background_wait(&b[0]), ATTR_IO);
    cr_expect_str_eq(attr_error_message(), "it failed with 4");
}

Test(background, gets_no_signals) {
    attr_background b = {0};
    work w = {.may_end = true};
    sigset_t here;
    attr_background_start(&b, do_work, &w);
    attr_background_wait(&b);
    pthread_sigmask(SIG_SETMASK, NULL, &here);
    cr_expect(sigismember(&w.signals, SIGINT) && sigismember(&w.signals, SIGTERM));
    cr_expect_not(sigismember(&here, SIGINT) || sigismember(&here, SIGTERM));
}
