/* The table of options. One row is the key of an [attribution] section, the flag of the command line, the entry of the
 * help, the field of attr_options and the line of the saved record. A new option is one row here; a new word is one
 * line in its list.
 *
 *   INT            topic, name, default, smallest, largest, word for 0, unit, help       int64_t
 *   REAL           topic, name, default, smallest, largest, unit, help                   double
 *   TEXT           topic, name, default, placeholder in the help, help                   char[]
 *   BOOL           topic, name, default, help                                            bool
 *   CHOICE         topic, name, default, help       one word of the list "name"          int, an ATTR_<LIST>_<WORD>
 *   SET            topic, name, default, help       some of the words                    unsigned, bit 1 << word
 *   CHOICE_OR_FILE topic, name, default, help       a word or the name of a file         char[], see attr_option_word()
 *
 * Defaults are written as attr_options_write() writes them. An INT with a word for 0 takes 0, too, below its smallest
 * number. Rows of the topic COMMAND are flags only: sections may not have them, records do not keep them. */
#ifndef ATTR_OPTIONS_TABLE_H
#define ATTR_OPTIONS_TABLE_H

/* clang-format off */

#define ATTR_TOPICS(X) \
    X(METHOD,  "method",  "how it is explained") \
    X(TARGET,  "target",  "what is explained") \
    X(PATH,    "path",    "the path of integrated_gradients, from a baseline to the picture") \
    X(NOISE,   "noise",   "the noisy copies of smoothgrad") \
    X(OUTPUT,  "output",  "what is written") \
    X(RUN,     "run",     "how it is computed; none but seed, precision and, in the last digits, tuned changes a result") \
    X(COMMAND, "command", "on the command line only")

#define ATTR_OPTIONS(INT, REAL, TEXT, BOOL, CHOICE, SET, CHOICE_OR_FILE) \
    CHOICE(METHOD, method, "smoothgrad", "the method") \
    \
    CHOICE(TARGET, target, "auto", "the number whose gradient is taken") \
    TEXT(TARGET, crop, "whole", "X,Y,W,H", "the part of the picture to look at, in its pixels; whole: all of it") \
    TEXT(TARGET, class, "predicted", "CLASSES", \
         "names or numbers, separated by commas; predicted: the top classes or the detected ones") \
    INT(TARGET, top, "1", "1", "1000000", NULL, "", "classifier: so many of the most probable classes") \
    INT(TARGET, detections, "all", "1", "1000000", "all", "", "detector: at most so many detections, best first") \
    REAL(TARGET, thresh, "0.5", "0", "1", "", "detector: lowest score of a detection") \
    REAL(TARGET, hier, "0.5", "0", "1", "", "detector with a tree of classes: lowest probability of a branch") \
    REAL(TARGET, nms, "0.45", "0", "1", "", "detector: overlap (IoU) above which two boxes are one detection") \
    \
    INT(PATH, steps, "auto", "1", "1000000", "auto", "", \
        "gradients along the path; auto: more and more until the tolerance is met") \
    REAL(PATH, tolerance, "0.01", "1e-06", "1", "", \
         "for steps=auto: the sum of the map may miss f(picture) - f(baseline) by this part") \
    INT(PATH, max_steps, "1024", "1", "1000000", NULL, "", "where steps=auto gives up") \
    CHOICE(PATH, rule, "gauss", "where the steps lie and what they weigh") \
    CHOICE_OR_FILE(PATH, baseline, "black", "where the path starts") \
    INT(PATH, baselines, "5", "1", "10000", NULL, "", "for baseline=noise: so many are averaged") \
    /* A Gaussian of 0.1 leaves 4 % of a wave a quarter of the side long, 45 % of one half as long as the side. */ \
    REAL(PATH, blur, "0.1", "0.001", "1", "of the longer side", "for baseline=blur: standard deviation") \
    \
    INT(NOISE, samples, "50", "1", "1000000", NULL, "", "noisy copies") \
    REAL(NOISE, sigma, "0.15", "0", "1000", "", "standard deviation of the noise, in sigma_unit") \
    CHOICE(NOISE, sigma_unit, "range", "the unit of sigma") \
    CHOICE(NOISE, reduction, "mean", "what is made of the gradients of the copies") \
    BOOL(NOISE, antithetic, "0", "every second copy has the noise of the one before with the other sign") \
    \
    TEXT(OUTPUT, results, "results", "FOLDER", "where the results go, a folder for each picture") \
    SET(OUTPUT, output, "npy,png,json,html", "kinds of files") \
    CHOICE(OUTPUT, channels, "sum", "how the colour planes become one map") \
    CHOICE(OUTPUT, coordinates, "picture", "the pixels of the map") \
    \
    INT(RUN, seed, "1", "0", "9223372036854775807", NULL, "", "chooses the random numbers") \
    INT(RUN, threads, "all", "1", "1024", "all", "", "threads; all: one for each processor") \
    INT(RUN, batch, "auto", "1", "65536", "auto", "", "inputs computed at once; auto: what the memory allows") \
    INT(RUN, memory, "1024", "16", "1048576", NULL, "MiB", "limit for batch=auto") \
    \
    CHOICE(RUN, precision, "f32", "of the derivatives; predictions are always single precision with double sums") \
    CHOICE_OR_FILE(RUN, tuned, "none", "what `darknet attribute tune` found to be fastest on this machine") \
    \
    TEXT(COMMAND, save, "tuned.cfg", "FILE", "tune: the file to write") \
    TEXT(COMMAND, attribution, "", "FILE", "a file with an [attribution] section, over that of the network's cfg") \
    BOOL(COMMAND, stock, "1", "check: -stock=0 leaves out the slow comparison with stock Darknet's own gradient") \
    BOOL(COMMAND, verbose, "0", "tell where every value comes from, and let Darknet talk") \
    BOOL(COMMAND, help, "0", "this text") \
    BOOL(COMMAND, version, "0", "the version")

#define ATTR_METHOD_WORDS(X) \
    X(METHOD_GRADIENT, "gradient", "the derivative at the picture") \
    X(METHOD_GRADIENT_X_INPUT, "gradient_x_input", "the derivative times the input") \
    X(METHOD_INTEGRATED_GRADIENTS, "integrated_gradients", "its mean along a path, times the length of the path") \
    X(METHOD_SMOOTHGRAD, "smoothgrad", "its mean over noisy copies of the input")

#define ATTR_TARGET_WORDS(X) \
    X(TARGET_AUTO, "auto", "logit for a classifier, score for a detector") \
    X(TARGET_LOGIT, "logit", "of the class, before softmax or logistic") \
    X(TARGET_PROBABILITY, "probability", "of the class") \
    X(TARGET_LOG_PROBABILITY, "log_probability", "its logarithm") \
    X(TARGET_OBJECTNESS, "objectness", "detector: that there is an object") \
    X(TARGET_OBJECTNESS_LOGIT, "objectness_logit", "detector: the same before the logistic") \
    X(TARGET_SCORE, "score", "detector: objectness x probability of the class")

#define ATTR_RULE_WORDS(X) \
    X(RULE_GAUSS, "gauss", "Gauss-Legendre, the most exact for smooth paths") \
    X(RULE_TRAPEZOID, "trapezoid", "even steps, both ends counted half") \
    X(RULE_RIGHT, "right", "even steps without the baseline, as in many papers")

#define ATTR_BASELINE_WORDS(X) \
    X(BASELINE_BLACK, "black", "zeros") \
    X(BASELINE_MEAN, "mean", "the picture's mean colour") \
    X(BASELINE_BLUR, "blur", "the picture blurred") \
    X(BASELINE_NOISE, "noise", "uniform noise, several baselines averaged")

#define ATTR_SIGMA_UNIT_WORDS(X) \
    X(SIGMA_UNIT_RANGE, "range", "the input's largest minus its smallest value") \
    X(SIGMA_UNIT_ABSOLUTE, "absolute", "the values of the network's input")

#define ATTR_REDUCTION_WORDS(X) \
    X(REDUCTION_MEAN, "mean", "SmoothGrad") \
    X(REDUCTION_SQUARE, "square", "mean of the squares, SmoothGrad-Squared") \
    X(REDUCTION_VARIANCE, "variance", "VarGrad")

#define ATTR_OUTPUT_WORDS(X) \
    X(OUTPUT_NPY, "npy", "the numbers, for NumPy") \
    X(OUTPUT_PNG, "png", "the map over the picture") \
    X(OUTPUT_JSON, "json", "what was found, with the figures of quality") \
    X(OUTPUT_HTML, "html", "one page with everything")

#define ATTR_CHANNELS_WORDS(X) \
    X(CHANNELS_SUM, "sum", "signed sum") \
    X(CHANNELS_ABS, "abs", "sum of the absolute values") \
    X(CHANNELS_NONE, "none", "all planes are kept")

#define ATTR_COORDINATES_WORDS(X) \
    X(COORDINATES_PICTURE, "picture", "those of the picture") \
    X(COORDINATES_NETWORK, "network", "those of the network's input")

#define ATTR_PRECISION_WORDS(X) \
    X(PRECISION_F32, "f32", "single") \
    X(PRECISION_MIXED, "mixed", "convolutions backward in bf16, 1 % off at most; needs oneDNN and a processor with AMX")

#define ATTR_TUNED_WORDS(X) \
    X(TUNED_NONE, "none", "every layer as the program's rule says")

#define ATTR_WORD_LISTS(X) \
    X(method, ATTR_METHOD_WORDS) \
    X(target, ATTR_TARGET_WORDS) \
    X(rule, ATTR_RULE_WORDS) \
    X(baseline, ATTR_BASELINE_WORDS) \
    X(sigma_unit, ATTR_SIGMA_UNIT_WORDS) \
    X(reduction, ATTR_REDUCTION_WORDS) \
    X(output, ATTR_OUTPUT_WORDS) \
    X(channels, ATTR_CHANNELS_WORDS) \
    X(coordinates, ATTR_COORDINATES_WORDS) \
    X(precision, ATTR_PRECISION_WORDS) \
    X(tuned, ATTR_TUNED_WORDS)

/* Flags of Darknet's own commands: another name of a row, or accepted and ignored (with or without a value). */
#define ATTR_HOST_FLAGS(ALIAS, IGNORED) \
    ALIAS("out", "results") \
    ALIAS("t", "top") \
    ALIAS("o", "save") \
    IGNORED("i", true) \
    IGNORED("nogpu", false) \
    IGNORED("dont_show", false)

/* clang-format on */

#endif
