/* The files of an attack on a picture, in the picture's folder. For each target, NAME being e.g. "dog_1_pgd":
 *
 *   NAME.png             the picture that deceives, of as many pixels as the network looks at: give it to the network
 *   NAME.difference.png  what was changed, times `magnification` of attack.json, around grey (output=png)
 *   NAME.before.png      the map over the picture, and NAME.after.png, each with its own scale (output=png)
 *   NAME.before.npy, NAME.after.npy    the same maps in numbers, [net_h][net_w] (output=npy)
 *
 * and of all attack.json (output=json) and attack.cfg, the options in force. */
#ifndef ATTR_REPORTS_ATTACK_H
#define ATTR_REPORTS_ATTACK_H

#include <stdio.h>

#include "session/attack.h"

/* All of them, into <results>/<picture>; *folder is released with free(), also after a failure. */
attr_status attr_write_attack(char **folder, const attr_attack_report *report, const char *results);

/* The parts that are text. */
void attr_write_attack_summary(FILE *file, const attr_attack_report *report);
attr_status attr_write_attack_record(FILE *file, const attr_explanation *e, const char *path);

/* What the differences are multiplied by for their picture: the largest becomes white or black. */
double attr_attack_magnification(const attr_attack_target *target);

#endif
