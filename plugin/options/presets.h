/* Defaults that depend on the method: of its paper (or its authors' code), and of a quick first look.
 *
 *   X(preset, method, option, value)
 *
 * What no row names has the default of table.h. Rows of `fast` come on top of those of `paper`. Sigmas that papers give
 * in the space of ImageNet's normalised pictures are divided by 4.4 there, the range of such a picture. */
#ifndef ATTR_OPTIONS_PRESETS_H
#define ATTR_OPTIONS_PRESETS_H

/* clang-format off */

#define ATTR_PRESETS(X) \
    X(PAPER, SMOOTHGRAD,         tolerance,       "0.2")       \
    X(PAPER, SMOOTHGRAD_SQUARED, tolerance,       "0.2")       \
    X(PAPER, SMOOTHGRAD_SQUARED, reduction,       "square")    \
    X(PAPER, VARGRAD,            reduction,       "variance")  \
    X(PAPER, SMOOTHED_IG,        tolerance,       "0.2")       \
    X(PAPER, SMOOTHED_IG,        samples,         "100")       \
    X(PAPER, SMOOTHED_IG,        base,            "integrated_gradients") \
    X(PAPER, SMOOTHED_IG,        steps,           "20")        \
    X(PAPER, SMOOTHED_IG,        rule,            "even")      \
    X(PAPER, SMOOTHTAYLOR,       tolerance,       "0.2")       \
    X(PAPER, NOISEGRAD,          tolerance,       "0.2")       \
    X(PAPER, NOISEGRAD,          abs_before_mean, "1")         \
    X(PAPER, FUSIONGRAD,         tolerance,       "0.2")       \
    X(PAPER, FUSIONGRAD,         abs_before_mean, "1")         \
    X(PAPER, FUSIONGRAD,         clones,          "10")        \
    X(PAPER, FUSIONGRAD,         samples,         "10")        \
    X(PAPER, FUSIONGRAD,         sigma,           "0.09")      \
    X(PAPER, GGIG,               multiply,        "0")         \
    X(PAPER, IG_MAX,             multiply,        "0")         \
    X(PAPER, GEG,                clones,          "200")       \
    X(PAPER, GEG,                weight_sigma,    "0.001")     \
    X(PAPER, GEG,                weight_noise,    "additive")  \
    X(PAPER, RELEX,              sigma,           "0.1")       \
    X(PAPER, RELEX,              baseline,        "colour")    \
    X(PAPER, GRADIENT_X_ACTIVATION, relu,         "0")         \
    X(FAST,  INTEGRATED_GRADIENTS, tolerance,     "0.05")      \
    X(FAST,  SMOOTHGRAD,         samples,         "16")        \
    X(FAST,  SMOOTHGRAD_SQUARED, samples,         "16")        \
    X(FAST,  VARGRAD,            samples,         "16")        \
    X(FAST,  SMOOTHED_IG,        samples,         "16")        \
    X(FAST,  SMOOTHED_IG,        steps,           "8")         \
    X(FAST,  SMOOTHED_IG,        rule,            "gauss")     \
    X(FAST,  SMOOTHTAYLOR,       roots,           "32")        \
    X(FAST,  NOISEGRAD,          clones,          "8")         \
    X(FAST,  FUSIONGRAD,         clones,          "4")         \
    X(FAST,  FUSIONGRAD,         samples,         "4")         \
    X(FAST,  IG_MAX,             steps,           "17")        \
    X(FAST,  GGIG,               steps,           "11")        \
    X(FAST,  GGIG,               ascent_steps,    "10")        \
    X(FAST,  GGIG,               ascent_rate,     "0.001")     \
    X(FAST,  GDA,                ascent_steps,    "10")        \
    X(FAST,  GDA,                ascent_rate,     "0.001")     \
    X(FAST,  GEG,                clones,          "20")        \
    X(FAST,  GEG,                attempts,        "200")       \
    X(FAST,  RELEX,              samples,         "8")

/* clang-format on */

#endif
