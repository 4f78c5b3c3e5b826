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
 * number. Rows of the topic COMMAND are flags only: sections may not have them, records do not keep them. If their help
 * begins with names of commands, "valid, sanity: ..", they are refused by all others, as are those of ATTACK by all but
 * attack and init. */
#ifndef ATTR_OPTIONS_TABLE_H
#define ATTR_OPTIONS_TABLE_H

/* clang-format off */

#define ATTR_TOPICS(X) \
    X(METHOD,  "method",  "how it is explained") \
    X(TARGET,  "target",  "what is explained") \
    X(PATH,    "path",    "paths of integrated_gradients, ig_max and ggig, from a baseline to the picture") \
    X(NOISE,   "noise",   "noise on the input: smoothgrad and its kin, fusiongrad, smoothtaylor, relex") \
    X(CLONES,  "clones",  "noise on the network's parameters: noisegrad, fusiongrad, geg, dream") \
    X(ASCENT,  "ascent",  "maxima of gradients: ggig, ig_max, gda, geg") \
    X(MASK,    "mask",    "the optimised mask of relex") \
    X(LAYER,   "layer",   "maps of a layer: gradcam, gradcam_pp, layercam, gradient_x_activation") \
    X(ATTACK,  "attack",  "pictures that deceive: the command attack") \
    X(OUTPUT,  "output",  "what is written") \
    X(RUN,     "run",     "how it is computed; none but seed, precision and, in the last digits, tuned changes a result") \
    X(COMMAND, "command", "on the command line only")

#define ATTR_OPTIONS(INT, REAL, TEXT, BOOL, CHOICE, SET, CHOICE_OR_FILE) \
    CHOICE(METHOD, method, "smoothgrad", "the method") \
    CHOICE(METHOD, preset, "paper", "where defaults come from that depend on the method") \
    CHOICE(METHOD, base, "gradient", "for methods with noise: what they make means of") \
    CHOICE(METHOD, space, "pixel", "where noise is added and gradients are taken") \
    TEXT(METHOD, mean, "0.485,0.456,0.406", "R,G,B", "for space=normalised and baseline=colour: the colours' mean") \
    TEXT(METHOD, std, "0.229,0.224,0.225", "R,G,B", "for space=normalised: their standard deviation") \
    REAL(METHOD, tolerance, "0.01", "1e-06", "10", "", \
         "steps=auto: the sum of the map may miss f(picture) - f(baseline) by this part; samples, roots or clones=auto: " \
         "the map's error") \
    INT(METHOD, max_samples, "1000", "8", "1000000", NULL, "", "where samples, roots or clones=auto gives up") \
    \
    TEXT(TARGET, target, "auto", "TARGET", \
         "the number whose gradient is taken: a quantity, of a place or class, minus another (`help target`)") \
    TEXT(TARGET, crop, "whole", "X,Y,W,H", "the part of the picture to look at, in its pixels; whole: all of it") \
    TEXT(TARGET, class, "predicted", "CLASSES", \
         "names or numbers, separated by commas; predicted: the top classes or the detected ones") \
    INT(TARGET, top, "1", "1", "1000000", NULL, "", "classifier: so many of the most probable classes; triage: cases of each kind (else all)") \
    INT(TARGET, detections, "all", "1", "1000000", "all", "", "detector: at most so many detections, best first") \
    REAL(TARGET, thresh, "0.5", "0", "1", "", "detector: lowest score of a detection") \
    REAL(TARGET, hier, "0.5", "0", "1", "", "detector with a tree of classes: lowest probability of a branch") \
    REAL(TARGET, candidates, "0.1", "0", "1", "", "detector: lowest score of a candidate that counts as suppressed") \
    REAL(TARGET, iou, "0.5", "0.01", "1", "", "detector: overlap (IoU) from which on a box is that of a labelled object") \
    REAL(TARGET, nms, "0.45", "0", "1", "", "detector: overlap (IoU) above which two boxes are one detection") \
    \
    INT(PATH, steps, "auto", "1", "1000000", "auto", "", \
        "gradients along the path; auto: more and more until the tolerance is met (50 in means, 51 in maxima)") \
    INT(PATH, max_steps, "1024", "1", "1000000", NULL, "", "where steps=auto gives up") \
    CHOICE(PATH, rule, "gauss", "where the steps lie and what they weigh") \
    CHOICE_OR_FILE(PATH, baseline, "black", "where the path starts") \
    INT(PATH, baselines, "5", "1", "10000", NULL, "", "for baseline=noise: so many are averaged") \
    /* A Gaussian of 0.1 leaves 4 % of a wave a quarter of the side long, 45 % of one half as long as the side. */ \
    REAL(PATH, blur, "0.1", "0.001", "1", "of the longer side", "for baseline=blur: standard deviation") \
    \
    BOOL(PATH, multiply, "1", "0: without the factor (picture - baseline), the mean or the maximum alone") \
    \
    INT(NOISE, samples, "50", "1", "1000000", "auto", "", \
        "noisy copies, fusiongrad: of each clone; auto: more and more until the tolerance is met") \
    REAL(NOISE, sigma, "0.15", "0", "1000", "", "standard deviation of the noise, in sigma_unit") \
    CHOICE(NOISE, sigma_unit, "range", "the unit of sigma and root_sigma") \
    INT(NOISE, roots, "150", "1", "1000000", "auto", "", "smoothtaylor: so many; auto: as for samples") \
    REAL(NOISE, root_sigma, "0.11", "0", "1000", "", "smoothtaylor: standard deviation of the roots around the input") \
    CHOICE(NOISE, adaptive, "none", "smoothtaylor: searches root_sigma for each map") \
    /* 0.1 in the papers' normalised space, whose range is 4.4. */ \
    REAL(NOISE, adaptive_rate, "0.023", "1e-06", "1000", "", "adaptive: first step of the search, in sigma_unit") \
    INT(NOISE, adaptive_steps, "20", "1", "10000", NULL, "", "adaptive: steps at most, of one or two maps each") \
    BOOL(NOISE, adaptive_redraw, "0", "adaptive: new random numbers for each map of the search, as in the paper") \
    CHOICE(NOISE, reduction, "mean", "what is made of the samples") \
    BOOL(NOISE, abs_before_mean, "0", "absolute values of every sample's map, not of the mean") \
    BOOL(NOISE, antithetic, "0", "every second copy has the noise of the one before with the other sign") \
    \
    INT(CLONES, clones, "25", "1", "1000000", "auto", "", \
        "networks with noise; geg: that predict the same; dream: if given; auto: as for samples") \
    REAL(CLONES, weight_sigma, "0.2", "0", "100", "", "standard deviation of the noise on every parameter") \
    CHOICE(CLONES, weight_noise, "multiplicative", "how it is put on them") \
    TEXT(CLONES, noise_layers, "all", "LAYERS", "numbers and ranges of layers with noise: 0,3-8; all") \
    INT(CLONES, attempts, "2000", "1", "100000000", NULL, "", "geg: clones tried at most") \
    \
    CHOICE(ASCENT, maximum, "signed", "what is made of the gradients of all points") \
    INT(ASCENT, ascent_steps, "100", "1", "1000000", NULL, "", "gradients from each point on") \
    REAL(ASCENT, ascent_rate, "0.0001", "0", "1000000", "", "y + ascent_rate x gradient is the next point") \
    \
    INT(MASK, iterations, "50", "1", "1000000", NULL, "", "steps of the optimisation") \
    REAL(MASK, mask_rate, "0.1", "1e-06", "100", "", "length of a step") \
    REAL(MASK, momentum, "0.99", "0", "1", "", "part of the step before that is kept") \
    REAL(MASK, sparsity, "0.0001", "0", "1000", "", "weight of the mask's size (lambda1)") \
    REAL(MASK, background, "1", "0", "1000", "", "weight of what the rest of the picture shows (lambda2)") \
    BOOL(MASK, control, "0", "also a mask for a random other class: what can be forced shows nothing") \
    \
    TEXT(LAYER, layers, "auto", "LAYERS", \
         "numbers and ranges: 12,16-20, a map of each; auto: the last layer of activations before the head") \
    BOOL(LAYER, relu, "1", "0: what speaks against the target is kept, with its sign") \
    \
    CHOICE(ATTACK, attack, "pgd", "what is done to the picture") \
    REAL(ATTACK, epsilon, "0", "0", "1", "", \
         "how far a number of the input, 0 to 1, may go; 0: as published, pgd 0.0158, topk 8 / 255, structured as far as it likes") \
    INT(ATTACK, attack_iterations, "auto", "1", "1000000", "auto", "", "steps; auto: pgd 40, structured 1500, topk 100") \
    /* .01, 1 and 2e-4 in the papers' normalised space, a unit of which is .225 here. */ \
    REAL(ATTACK, attack_step, "0", "0", "1", "", \
         "how far a step goes; 0: pgd 0.00225, structured 0.000045 (Adam's learning rate), topk 0.225") \
    BOOL(ATTACK, random_start, "1", "pgd: it starts anywhere within epsilon") \
    TEXT(ATTACK, attack_class, "any", "CLASS", "pgd: the class that is to be seen, name or number; any: another one") \
    CHOICE(ATTACK, attack_match, "frozen", "pgd of a detection: whose score is changed") \
    CHOICE(ATTACK, attacked_map, "gradient", "structured, topk: the map that is changed") \
    TEXT(ATTACK, wanted_map, "none", "FILE", \
         "structured: what it is to look like: the map of this picture, or a .npy of the network's height and width") \
    INT(ATTACK, attacked_pixels, "auto", "1", "100000000", "auto", "", \
        "topk: so many of its largest pixels; auto: 1000 of 224 x 224, and as large a part of others") \
    REAL(ATTACK, beta, "0", "0", "1000000", "", \
         "structured, topk: sharpness of the softplus for second derivatives; 0: 100 in the end, 30") \
    REAL(ATTACK, map_weight, "39.72", "0", "1000000000000", "", "structured: weight of the map (1e11 / 224^4)") \
    REAL(ATTACK, keep_weight, "1e+03", "0", "1000000000000", "", "structured: of the prediction that is kept (1e6 / 1000)") \
    \
    TEXT(OUTPUT, results, "results", "FOLDER", "where the results go, a folder for each picture") \
    SET(OUTPUT, output, "npy,png,json,html", "kinds of files") \
    CHOICE(OUTPUT, channels, "sum", "how the colour planes become one map") \
    INT(OUTPUT, pool, "1", "1", "64", "auto", "", \
        "side, 1, 2, 4 .. 64, of the blocks of network pixels that get their mean; auto: as small as the tolerance allows") \
    CHOICE(OUTPUT, normalisation, "percentile", "of drawings: the value whose colour is the palette's end") \
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
    TEXT(COMMAND, methods, "gradient,integrated_gradients,smoothgrad,noisegrad", "METHODS", \
         "compare, triage, valid, sanity: the methods, separated by commas; one with noise may name its base: noisegrad:integrated_gradients") \
    TEXT(COMMAND, metrics, "deletion,insertion,aupc,faithfulness_correlation,sensitivity_n,infidelity,road,autvc,gini,pointing_game,mass_accuracy,rank_accuracy", "METRICS", \
         "valid: the metrics, separated by commas (`help metrics`)") \
    BOOL(COMMAND, as_published, "0", "valid: metrics with what papers or their code have by mistake; `help metrics` marks them (*)") \
    CHOICE(COMMAND, mask, "box", "valid: where a detection's object is") \
    TEXT(COMMAND, polygons, "", "FOLDER", \
         "valid: outlines for mask=polygon, <picture>.txt: a line an object, a number and x y x y ... relative to the picture") \
    TEXT(COMMAND, masks, "", "FOLDER", \
         "valid: of a classifier's pictures where the object is, <picture>.png of the same size, white; greys count in part") \
    TEXT(COMMAND, second, "", "WEIGHTS", "valid: another network of the same cfg, for stability") \
    TEXT(COMMAND, partner, "", "FOLDER", \
         "valid: of each picture another one, <picture>.png, seen at the same places of the input: what `attack` made of it") \
    BOOL(COMMAND, shared_scale, "0", "compare: the colours of a target's maps have one scale, the largest") \
    BOOL(COMMAND, json, "0", \
         "test, compare: standard output is a line of JSON for each picture (summary.json, compare.json), no text") \
    TEXT(COMMAND, save, "tuned.cfg", "FILE", "tune: the file to write") \
    TEXT(COMMAND, attribution, "", "FILE", "a file with an [attribution] section, over that of the network's cfg") \
    REAL(COMMAND, drop, "0.05", "0.001", "0.999", "", "calibrate: the part of the accuracy that the noise is to cost") \
    INT(COMMAND, calibrate_clones, "8", "2", "10000", NULL, "", "calibrate: networks with noise at each sigma") \
    INT(COMMAND, pictures, "200", "1", "1000000", NULL, "", \
        "calibrate, valid: at most so many of the list, evenly spaced") \
    BOOL(COMMAND, grid, "1", "calibrate: -grid=0 leaves out the sigmas that only make the curve complete") \
    SET(COMMAND, checks, "cascade,bottom_up,independent,logit,perturbation,shift", "sanity: what maps are put to") \
    INT(COMMAND, stages, "all", "1", "100000", "all", "", \
        "sanity: at most so many stages of a randomisation, each of as many layers as it takes; all: a layer each") \
    INT(COMMAND, perturbation_step, "10", "1", "99", NULL, "", "sanity: noise of 1, 1 + step, ... to 100 percent") \
    INT(COMMAND, other_classes, "5", "1", "64", NULL, "", "sanity: so many other classes of check logit, drawn at random") \
    REAL(COMMAND, shift, "0.5", "-1", "1", "", "sanity, valid: what check shift and input_invariance add to the input, whose values are from 0 to 1") \
    CHOICE(COMMAND, size, "small", "experiment: which keys hold that begin with small. or paper.") \
    BOOL(COMMAND, dry, "0", "experiment: what would be done, and what it would take, by one picture of each network") \
    \
    TEXT(COMMAND, detection, "", "CLASSES", "dream: a detector's classes, wherever in the picture") \
    INT(COMMAND, layer, "0", "0", "100000", NULL, "", "dream: the layer of -channel") \
    INT(COMMAND, channel, "0", "0", "100000000", NULL, "", "dream: a channel of that layer, instead of a class") \
    CHOICE(COMMAND, unit, "mean", "dream: what of a channel") \
    INT(COMMAND, dream_steps, "200", "1", "1000000", NULL, "", "dream: steps of the optimisation") \
    REAL(COMMAND, dream_rate, "0.009", "1e-06", "100", "", "dream: learning rate of Adam") \
    REAL(COMMAND, rotation, "15", "0", "180", "degrees", "dream: each step's view is turned by up to so much, to both sides") \
    REAL(COMMAND, smallest_scale, "0.5", "0.05", "20", "", "dream: each view's height and width are multiplied, by no less") \
    REAL(COMMAND, largest_scale, "1.2", "0.05", "20", "", "dream: and by no more") \
    REAL(COMMAND, jitter, "0", "0", "10000", "pixels", "dream: each view is moved by up to so much, to all sides") \
    BOOL(COMMAND, fresh_clones, "0", "dream: with clones, others at each step, not the same at all") \
    \
    BOOL(COMMAND, stock, "1", "check: -stock=0 leaves out the slow comparison with stock Darknet's own gradient") \
    BOOL(COMMAND, verbose, "0", "tell where every value comes from, and let Darknet talk") \
    BOOL(COMMAND, help, "0", "this text") \
    BOOL(COMMAND, version, "0", "the version")

#define ATTR_METHOD_WORDS(X) \
    X(METHOD_GRADIENT, "gradient", "the derivative at the picture") \
    X(METHOD_GRADIENT_X_INPUT, "gradient_x_input", "the derivative times the input") \
    X(METHOD_INTEGRATED_GRADIENTS, "integrated_gradients", "its mean along a path, times the length of the path") \
    X(METHOD_SMOOTHTAYLOR, "smoothtaylor", "at noisy roots, times the way back from them") \
    X(METHOD_IG_MAX, "ig_max", "its maximum along a path") \
    X(METHOD_GGIG, "ggig", "its maximum over ascents from all points of a path (Geometrically Guided IG)") \
    X(METHOD_GDA, "gda", "its maximum over an ascent from the input") \
    X(METHOD_SMOOTHGRAD, "smoothgrad", "the mean of a base map over noisy copies of the input") \
    X(METHOD_SMOOTHGRAD_SQUARED, "smoothgrad_squared", "the mean of its square") \
    X(METHOD_VARGRAD, "vargrad", "its variance") \
    X(METHOD_SMOOTHED_IG, "smoothed_ig", "the mean of integrated_gradients over noisy copies of the input") \
    X(METHOD_NOISEGRAD, "noisegrad", "the mean of a base map over networks with noise on their parameters") \
    X(METHOD_FUSIONGRAD, "fusiongrad", "over both") \
    X(METHOD_GEG, "geg", "the maximum of the derivative over networks that predict the same") \
    X(METHOD_RELEX, "relex", "a mask that keeps the prediction, optimised") \
    X(METHOD_GRADCAM, "gradcam", "a layer's channels, weighted by their mean derivative (Grad-CAM)") \
    X(METHOD_GRADCAM_PP, "gradcam_pp", "weighted by what raises the target, place by place (Grad-CAM++)") \
    X(METHOD_LAYERCAM, "layercam", "a layer's activations times their positive derivatives (LayerCAM)") \
    X(METHOD_GRADIENT_X_ACTIVATION, "gradient_x_activation", "times their derivatives; with relu=1 ODAM")

/* The first of the methods, in their order. */
#define ATTR_BASE_WORDS(X) \
    X(BASE_GRADIENT, "gradient", "the derivative") \
    X(BASE_GRADIENT_X_INPUT, "gradient_x_input", "times the input") \
    X(BASE_INTEGRATED_GRADIENTS, "integrated_gradients", "along a path") \
    X(BASE_SMOOTHTAYLOR, "smoothtaylor", "at noisy roots") \
    X(BASE_IG_MAX, "ig_max", "maximum along a path") \
    X(BASE_GGIG, "ggig", "with ascents") \
    X(BASE_GDA, "gda", "one ascent")

#define ATTR_PRESET_WORDS(X) \
    X(PRESET_PAPER, "paper", "the method's paper") \
    X(PRESET_FAST, "fast", "fewer samples: a first look")

#define ATTR_SPACE_WORDS(X) \
    X(SPACE_PIXEL, "pixel", "the network's input, as it is") \
    X(SPACE_NORMALISED, "normalised", "(input - mean) / std, as in the papers' frameworks")

#define ATTR_ADAPTIVE_WORDS(X) \
    X(ADAPTIVE_NONE, "none", "root_sigma is taken as it is") \
    X(ADAPTIVE_AUPC, "aupc", "the one that makes the score fall fastest when salient windows are destroyed") \
    X(ADAPTIVE_AUTVC, "autvc", "the one that makes the map smoothest")

#define ATTR_WEIGHT_NOISE_WORDS(X) \
    X(WEIGHT_NOISE_MULTIPLICATIVE, "multiplicative", "parameter x (1 + noise)") \
    X(WEIGHT_NOISE_ADDITIVE, "additive", "parameter + noise")

#define ATTR_MAXIMUM_WORDS(X) \
    X(MAXIMUM_SIGNED, "signed", "the largest value") \
    X(MAXIMUM_MAGNITUDE, "magnitude", "the largest absolute value of the largest values of ascents") \
    X(MAXIMUM_TRAPEZOID, "trapezoid", "no maximum over points: the mean by the trapezoid rule")

#define ATTR_RULE_WORDS(X) \
    X(RULE_GAUSS, "gauss", "Gauss-Legendre, the most exact for smooth paths") \
    X(RULE_TRAPEZOID, "trapezoid", "even steps, both ends counted half") \
    X(RULE_RIGHT, "right", "even steps without the baseline, as in many papers") \
    X(RULE_EVEN, "even", "even steps, both ends counted in full, as in other papers")

#define ATTR_BASELINE_WORDS(X) \
    X(BASELINE_BLACK, "black", "zeros") \
    X(BASELINE_MEAN, "mean", "the picture's mean colour") \
    X(BASELINE_BLUR, "blur", "the picture blurred") \
    X(BASELINE_COLOUR, "colour", "the colour of option mean") \
    X(BASELINE_NOISE, "noise", "uniform noise, several baselines averaged")

#define ATTR_SIGMA_UNIT_WORDS(X) \
    X(SIGMA_UNIT_RANGE, "range", "the input's largest minus its smallest value, in option space") \
    X(SIGMA_UNIT_ABSOLUTE, "absolute", "the values of the input, in option space")

#define ATTR_REDUCTION_WORDS(X) \
    X(REDUCTION_MEAN, "mean", "SmoothGrad") \
    X(REDUCTION_SQUARE, "square", "mean of the squares, SmoothGrad-Squared") \
    X(REDUCTION_VARIANCE, "variance", "VarGrad")

#define ATTR_OUTPUT_WORDS(X) \
    X(OUTPUT_NPY, "npy", "the numbers, for NumPy") \
    X(OUTPUT_PNG, "png", "the map over the picture") \
    X(OUTPUT_JSON, "json", "what was found, with the figures of quality") \
    X(OUTPUT_HTML, "html", "one page with everything") \
    X(OUTPUT_ERROR, "error", "the standard error of every pixel, for NumPy")

#define ATTR_CHANNELS_WORDS(X) \
    X(CHANNELS_SUM, "sum", "signed sum") \
    X(CHANNELS_ABS, "abs", "sum of the absolute values") \
    X(CHANNELS_MAGNITUDE, "magnitude", "absolute value of the signed sum") \
    X(CHANNELS_NONE, "none", "all planes are kept")

#define ATTR_NORMALISATION_WORDS(X) \
    X(NORMALISATION_PERCENTILE, "percentile", "the 99th percentile of the absolute values; the smallest of them is 0") \
    X(NORMALISATION_OUTLIER, "outlier", "the one up to which absolute values make 98 % of their sum") \
    X(NORMALISATION_SIGNS, "signs", "the largest value of each sign") \
    X(NORMALISATION_MAXIMUM, "maximum", "the largest absolute value")

#define ATTR_COORDINATES_WORDS(X) \
    X(COORDINATES_PICTURE, "picture", "those of the picture") \
    X(COORDINATES_NETWORK, "network", "those of the network's input")

#define ATTR_PRECISION_WORDS(X) \
    X(PRECISION_F32, "f32", "single") \
    X(PRECISION_MIXED, "mixed", "convolutions backward in bf16, 1 % off at most; needs a processor with AMX")

#define ATTR_CHECKS_WORDS(X) \
    X(CHECK_CASCADE, "cascade", "random parameters for one layer after the other, from the top") \
    X(CHECK_BOTTOM_UP, "bottom_up", "from the bottom") \
    X(CHECK_INDEPENDENT, "independent", "for one layer alone, each in turn") \
    X(CHECK_LOGIT, "logit", "the same number of other classes") \
    X(CHECK_PERTURBATION, "perturbation", "more and more noise on all parameters") \
    X(CHECK_SHIFT, "shift", "a constant added to the input, which the first layer's bias takes away again")

#define ATTR_MASK_WORDS(X) \
    X(MASK_BOX, "box", "its label's box, or else its own") \
    X(MASK_POLYGON, "polygon", "the outline of the labelled object that it took, from option polygons; else nowhere")

#define ATTR_SIZE_WORDS(X) \
    X(SIZE_SMALL, "small", "for a small computer") \
    X(SIZE_PAPER, "paper", "as in the paper")

#define ATTR_UNIT_WORDS(X) \
    X(UNIT_MEAN, "mean", "the mean over its places") \
    X(UNIT_CENTRE, "centre", "the one in the middle")

#define ATTR_ATTACK_WORDS(X) \
    X(ATTACK_PGD, "pgd", "another prediction: projected gradient descent") \
    X(ATTACK_STRUCTURED, "structured", "the same prediction, but another map: wanted_map") \
    X(ATTACK_TOPK, "topk", "the same prediction, but another map: not where it was largest")

#define ATTR_ATTACK_MATCH_WORDS(X) \
    X(MATCH_FROZEN, "frozen", "that of its cell and anchor") \
    X(MATCH_ANEW, "anew", "in each step that of the box that is the best for it")

#define ATTR_ATTACKED_MAP_WORDS(X) \
    X(ATTACKED_MAP_GRADIENT, "gradient", "the gradient's magnitudes") \
    X(ATTACKED_MAP_GRADIENT_X_INPUT, "gradient_x_input", "those of the gradient times the input")

#define ATTR_TUNED_WORDS(X) \
    X(TUNED_NONE, "none", "every layer as the program's rule says")

#define ATTR_WORD_LISTS(X) \
    X(method, ATTR_METHOD_WORDS) \
    X(preset, ATTR_PRESET_WORDS) \
    X(base, ATTR_BASE_WORDS) \
    X(space, ATTR_SPACE_WORDS) \
    X(adaptive, ATTR_ADAPTIVE_WORDS) \
    X(weight_noise, ATTR_WEIGHT_NOISE_WORDS) \
    X(maximum, ATTR_MAXIMUM_WORDS) \
    X(rule, ATTR_RULE_WORDS) \
    X(baseline, ATTR_BASELINE_WORDS) \
    X(sigma_unit, ATTR_SIGMA_UNIT_WORDS) \
    X(reduction, ATTR_REDUCTION_WORDS) \
    X(output, ATTR_OUTPUT_WORDS) \
    X(channels, ATTR_CHANNELS_WORDS) \
    X(normalisation, ATTR_NORMALISATION_WORDS) \
    X(coordinates, ATTR_COORDINATES_WORDS) \
    X(precision, ATTR_PRECISION_WORDS) \
    X(tuned, ATTR_TUNED_WORDS) \
    X(checks, ATTR_CHECKS_WORDS) \
    X(size, ATTR_SIZE_WORDS) \
    X(mask, ATTR_MASK_WORDS) \
    X(unit, ATTR_UNIT_WORDS) \
    X(attack, ATTR_ATTACK_WORDS) \
    X(attack_match, ATTR_ATTACK_MATCH_WORDS) \
    X(attacked_map, ATTR_ATTACKED_MAP_WORDS)

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
