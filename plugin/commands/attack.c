/* attack: pictures that look the same and are seen, or explained, otherwise. */
#include "commands/commands.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "commands/explain_picture.h"
#include "reports/attack.h"

/* "dog 0.91", or that there is nothing. */
static void print_best(const attr_attack_view *v) {
    if (v->count == 0)
        fputs("nothing detected", stdout);
    else
        printf("%s %.4g", v->predictions[0].class_name, v->predictions[0].score);
}

static void print_agreement(const char *what, const attr_attack_agreement *a) {
    printf("  %s: rank correlation %.3f (magnitudes %.3f), SSIM %.3f, top pixels in common %.3f\n", what, a->spearman,
           a->absolute, a->ssim, a->overlap);
}

static void print_target(const attr_attack_report *r, const attr_attack_target *t, const char *folder) {
    static const char *const words[] = {"pgd", "structured", "topk"};
    printf("%s: %s: %s by %s: %s\n", r->ex->picture_path, t->class_name, t->target, words[r->attack],
           t->succeeded ? "succeeded" : "failed");
    printf("  probability %.4g before, %.4g after %zu steps, %.4g in 8 bits\n", t->before.probability,
           t->exact.probability, t->trace.iterations, t->after.probability);
    if (t->towards_name)
        printf("  %s: %.4g before, %.4g after, %.4g in 8 bits\n", t->towards_name, t->before.towards, t->exact.towards,
               t->after.towards);
    if (t->is_detection) printf("  best match %.4g before, %.4g in 8 bits\n", t->before.rematch, t->after.rematch);
    fputs("  best: ", stdout);
    print_best(&t->before);
    fputs(" before, ", stdout);
    print_best(&t->after);
    printf(" after\n  distance %.4g (%.3g / 255), l2 %.4g\n", t->written_distance.largest,
           255 * t->written_distance.largest, t->written_distance.euclidean);
    print_agreement("maps", &t->maps);
    if (r->attack != ATTR_ATTACK_PGD) print_agreement("gradient maps", &t->gradient_maps);
    if (r->wanted)
        printf("  wanted map: rank correlation %.3f before, %.3f after\n", t->wanted_before, t->wanted_after);
    printf("  %s/%s.png\n", folder, t->name);
    fflush(stdout);
}

static int show_progress(void *context, size_t done, size_t all) {
    (void)context;
    return attr_show_count(done, all, "steps");
}

/* An attr_for_picture with an attr_run as context. */
static attr_status attack_picture(void *context, const char *path) {
    attr_run *run = context;
    char *folder = NULL;
    if (attr_was_interrupted()) return attr_fail(ATTR_INTERRUPTED, "interrupted");
    attr_attack_report r = {.session = run->session};
    attr_status status = attr_attack_picture(&r, path, show_progress, NULL);
    attr_hide_progress();
    if (status == ATTR_OK && r.count == 0)
        printf("%s: nothing to attack: no detection%s above -thresh %g\n", path,
               r.ex && r.ex->prediction_count > 0 ? " of the classes asked for" : "", run->session->options.thresh);
    if (status == ATTR_OK && r.count > 0) status = attr_claim_folder(run, r.ex);
    if (status == ATTR_OK && r.count > 0) status = attr_write_attack(&folder, &r, run->session->options.results);
    for (int i = 0; status == ATTR_OK && i < r.count; ++i) print_target(&r, &r.targets[i], folder);
    free(folder);
    attr_attack_free(&r);
    return status;
}

attr_status attr_command_attack(int count, char **arguments, const attr_options *flags) {
    if (count < 3 || count > 4)
        return attr_fail(ATTR_BAD_INPUT, "usage: darknet attribute attack DATA CFG WEIGHTS [PICTURE|LIST|FOLDER] "
                                         "[-attack pgd|structured|topk] [-option value]");
    attr_run run = {0};
    attr_catch_interrupts();
    attr_status status = attr_run_begin(&run, arguments, flags);
    if (status == ATTR_OK) status = attr_check_attack(run.session);
    if (status == ATTR_OK && run.session->options.verbose)
        status = attr_options_write(stdout, &run.session->options, ATTR_WRITE_ORIGINS);
    if (status == ATTR_OK) status = attr_for_each_picture(arguments[3], flags, attack_picture, &run);
    return attr_run_end(&run, status); /* arguments[count] is NULL */
}
