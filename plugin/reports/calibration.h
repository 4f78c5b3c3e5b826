/* The files of `darknet attribute calibrate`. */
#ifndef ATTR_REPORTS_CALIBRATION_H
#define ATTR_REPORTS_CALIBRATION_H

#include "base/status.h"
#include "metrics/accuracy_drop.h"
#include "options/options.h"

typedef struct {
    const attr_drop_curve *curve;
    const attr_options *options; /* drop, seed, weight_noise, noise_layers */
    int clones, pictures;
    double chance;
    const char *accuracy; /* what is measured: "AP50" */
    const char *truth;    /* what it is measured against, in words */
    const char *list, *cfg_path, *weights_path, *cfg_hash, *weights_hash;
} attr_calibration;

/* Writes into a folder that is there, each file all or nothing (ATTR_IO):
 *
 *   calibration.csv   a line for each sigma: sigma, mean accuracy of the clones, its standard error, relative accuracy
 *                     drop, its standard error, clones
 *   calibration.svg   the drop over sigma with error bars, the goal and the sigma that was chosen, up to where nothing
 * is left (a drop of 95 %) calibrated.cfg    a section for -attribution: noisegrad with that sigma, how it was found,
 * and what follows from it for fusiongrad and smoothgrad as comments; only if the curve has a chosen point */
attr_status attr_write_calibration(const attr_calibration *c, const char *folder);

#endif
