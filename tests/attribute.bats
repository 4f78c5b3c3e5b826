# `darknet attribute`: commands, help, options.

load attribute

@test "attribute: without a command, or with an unknown one, it says which there are" {
    refused "a command is missing (test, compare, triage, valid, sanity, experiment, check, tune, calibrate, dream, attack, init or help)" attribute
    refused "a command is missing" attribute -verbose
    refused 'there is no command "tset" (test, compare, triage, valid, sanity, experiment, check, tune, calibrate, dream, attack, init or help)' attribute tset
}

@test "attribute: a command with too few or too many arguments shows its usage" {
    refused "usage: darknet attribute test DATA CFG WEIGHTS" attribute test
    refused "usage: darknet attribute test" attribute test cfg/fashion.data cfg/fashion.cfg
    refused "usage: darknet attribute test" attribute test "${model[@]}" "$picture" "$picture"
    refused "usage: darknet attribute check CFG" attribute check
    refused "usage: darknet attribute check" attribute check a b c d
    refused 'init takes no argument, but got "x"' attribute init x
    refused "help takes one topic or option" attribute help method noise
}

@test "version: the name and the version of the header" {
    version=$(sed -n 's/#define ATTR_VERSION *"\(.*\)"/\1/p' "$root/plugin/attribution.h")
    run -0 attribute -version
    [ "$output" = "Attribution for Darknet $version" ]
    run -0 attribute test x -version
    [ "$output" = "Attribution for Darknet $version" ]
}

@test "help: the same text for help, -help and --help, alone or with a command and anything else" {
    attribute help >text
    grep -q "darknet attribute check CFG" text
    for words in "-help" "--help"; do attribute "$words" | cmp - text; done
    attribute help test >text
    for words in "test -help" "test ${model[*]} $picture -help"; do
        # shellcheck disable=SC2086
        attribute $words | cmp - text
    done
    refused "nonsense" attribute nonsense -help
    [ "$(ls)" = text ]
}

@test "help: every topic and every option has its part of the text" {
    attribute help >text
    topics=$(sed -n 's/^\([a-z]*\): .*/\1/p' text)
    [ "$(echo "$topics" | wc -l)" -ge 6 ]
    for topic in $topics; do
        sed -n "/^$topic: /,/^\$/p" text | sed '/^$/d' >part
        [ -s part ]
        attribute help "$topic" | head -n "$(wc -l <part)" | cmp - part # behind targets comes their grammar
    done
    options=$(grep '^  -' text | grep -v 'the same as\|ignored$' | awk '{ print $1 }')
    [ "$(echo "$options" | wc -l)" -ge 30 ]
    for option in $options; do
        attribute help "${option#-}" >part # of the topic if there is one of that name
        grep "^  $option\( \|\$\)" part | grep -qxFf - text
    done
    for command in test check init; do
        attribute help $command | diff - <(sed '/^method: /,$d' text)
    done
    refused "no help on methd: expected the name of an option or one of method, " attribute help methd
}

@test "init: a section with every option, which given back changes nothing" {
    attribute init >it.cfg
    [ "$(grep -c '^\[' it.cfg)" = 1 ]
    [ "$(sed -n '/^\[/p' it.cfg)" = "[attribution]" ]
    attribute help | sed -n '1,/^command:/s/^  -\([a-z_]*\) .*/\1/p' | sort >in_help
    # what is the method's own default is a comment without a blank: #samples=50
    sed -n 's/^#\{0,1\}\([a-z_]*\)=.*/\1/p' it.cfg | sort | diff - in_help
    grep -qx '#samples=50' it.cfg
    attribute test "${model[@]}" "$picture" >one
    attribute test "${model[@]}" "$picture" -results two -attribution it.cfg >other
    diff <(sed 's/in [0-9.]* seconds//' one) <(sed 's/in [0-9.]* seconds//; s/^two/results/' other)
    cmp results/9_ankle-boot/*.npy two/9_ankle-boot/*.npy
}

@test "init: the README's table has every option with its default" {
    attribute init | sed -n 's/^#\{0,1\}\([a-z_]*=.*\)/\1/p' >defaults
    python3 - "$root/README.md" <<'PYTHON'
import re, sys

table = open(sys.argv[1]).read().split("\n## Options\n")[1].split("\n## ")[0]
said = {}
for names, defaults in re.findall(r"^\| (`[a-z].*?) \| (.*?) \|", table, re.M):
    names = re.findall(r"`(\w+)`", names)
    defaults = [default.strip("`").split()[0] for default in defaults.split(", ")]
    assert len(names) == len(defaults), names
    said |= dict(zip(names, defaults))
said["output"] = said["output"].replace("all", "npy,png,json,html")
assert said == dict(line.strip().split("=") for line in open("defaults")), said
PYTHON
}

@test "init: flags change the section, and are checked" {
    attribute init -samples 7 -method gradient -results "my results/100%" -antithetic >it.cfg
    for line in samples=7 method=gradient results=my%20results/100%25 antithetic=1; do grep -qxF "$line" it.cfg; done
    attribute test "${model[@]}" "$picture" -attribution it.cfg
    results whole "my results/100%/9_ankle-boot"
    refused "steps=-1" attribute init -steps -1
    refused "antithetic=1 needs an even number of samples" attribute init -antithetic -samples 3
}

@test "options: what is nearly right is named" {
    refused "unknown option methd (did you mean method?)" attribute test "${model[@]}" "$picture" -methd gradient
    refused "unknown option sample (did you mean samples?)" attribute check cfg/fashion.cfg -sample 3
    refused "(\`darknet attribute help\` lists them)" attribute test "${model[@]}" "$picture" -zzzzzz 1
    refused "method=gradiant: expected gradient, " attribute test "${model[@]}" "$picture" -method gradiant
    refused "(did you mean gradient?)" attribute test "${model[@]}" "$picture" -method gradiant
    refused "baseline=blakc: expected black, " attribute test "${model[@]}" "$picture" -baseline blakc
    refused "output=png,pgn" attribute test "${model[@]}" "$picture" -output png,pgn
}

@test "options: values out of range, missing, given twice or not fitting are refused" {
    while read -r text flags; do
        # shellcheck disable=SC2086
        refused "${text//_/ }" attribute test "${model[@]}" "$picture" $flags
    done <<'CASES'
baselines=0:_expected_a_whole_number_from_1_to_10000 -baselines 0
samples=-5 -samples -5
samples=1e3 -samples 1e3
samples=1000001 -samples 1000001
seed=-1 -seed -1
seed=9223372036854775808 -seed 9223372036854775808
thresh=1.5:_expected_a_number_from_0_to_1 -thresh 1.5
thresh=nan -thresh nan
sigma=inf -sigma inf
tolerance=0 -tolerance 0
threads=-1 -threads -1
steps=many -steps many
antithetic=yes -antithetic=yes
output=png,png -output png,png
-samples_needs_a_value:_a_whole_number -samples
-samples_needs_a_value -samples -method gradient
-method_needs_a_value:_gradient, -method
samples_is_given_twice -samples 5 -samples 5
results_is_given_twice -out a -results b
crop=1,2,3_(expected_X,Y,W,H -crop 1,2,3
crop=20,20,20,20_is_not_inside_its_28_x_28_pixels -crop 20,20,20,20
antithetic=1_needs_an_even -antithetic -samples 3
adaptive=autvc_searches_the_noise_of_method=smoothtaylor -adaptive autvc
adaptive=aupc_searches_the_noise_of_method=smoothtaylor -method gradient -adaptive aupc
reduction=variance_needs_2_samples -reduction variance -samples 1
rule=trapezoid_needs_steps_of_2 -method integrated_gradients -rule trapezoid -steps 1
there_is_no_class_"nobody" -class nobody
there_is_no_class_"10" -class 10
there_is_no_class_"" -class Bag,,Coat
CASES
    refused "results=: expected a text" attribute test "${model[@]}" "$picture" -results ""
}

@test "options: flags may stand anywhere, with one dash or two, and -- ends them" {
    attribute --method=gradient test -threads=1 cfg/fashion.data -top 2 cfg/fashion.cfg cfg/fashion.weights "$picture"
    [ "$(ls results/9_ankle-boot/*.npy | wc -l)" = 2 ]
    cp "$pictures/8_bag.png" ./-8_bag.png
    attribute test "${quick[@]}" -- "${model[@]}" -8_bag.png
    results whole results/9_ankle-boot results/-8_bag
}

@test "options: Darknet's own flags are understood" {
    attribute test "${model[@]}" "$picture" "${quick[@]}" -t 3 -out here -i 0 -nogpu -dont_show
    [ "$(ls here/9_ankle-boot/*.npy | wc -l)" = 3 ]
}

@test "options: a flag wins over -attribution, that over the .data file's, that over the cfg's section" {
    printf '[attribution]\nmethod=gradient\nseed=2\ntop=2\nsamples=2\n' | cat "$build/cfg/fashion.cfg" - >net.cfg
    printf '[attribution]\nseed=3\ntop=3\nsamples=3\n' >of_data.cfg
    { cat "$build/cfg/fashion.data" && echo attribution=of_data.cfg; } >it.data
    printf '[attribution]\ntop=4\nsamples=4\n' >given.cfg
    attribute test it.data net.cfg cfg/fashion.weights "$picture" -attribution given.cfg -samples 5
    summary=results/9_ankle-boot/summary.json
    [ "$(results value $summary options method)" = gradient ]
    [ "$(results value $summary options seed)" = 3 ]
    [ "$(results value $summary options top)" = 4 ]
    [ "$(results value $summary options samples)" = 5 ]
    line=$(grep -n method=gradient net.cfg | cut -d: -f1)
    [ "$(results value $summary option_origins method)" = "net.cfg:$line" ]
    [ "$(results value $summary option_origins seed)" = "of_data.cfg:2" ]
    [ "$(results value $summary option_origins top)" = "given.cfg:2" ]
    [ "$(results value $summary option_origins samples)" = "command line" ]
}

@test "options: -verbose tells where every value comes from" {
    printf '[attribution]\nmethod=gradient\n' >it.cfg
    run --separate-stderr -0 attribute test "${model[@]}" "$picture" -attribution it.cfg -seed 7 -verbose
    [[ $output == *"# from: it.cfg:2"$'\n'"method=gradient"* ]]
    [[ $output == *"# from: command line"$'\n'"seed=7"* ]]
    [[ $output == *"# from: default"$'\n'"top=1"* ]]
    [[ $stderr == *"28 x  28"* ]] # Darknet's table of layers
}

@test "options: a section is read as strictly, and blamed by file and line" {
    while IFS='|' read -r line text; do
        printf '[attribution]\nseed=1\n%s\n' "$line" >it.cfg
        refused "it.cfg:3: $text" attribute test "${model[@]}" "$picture" -attribution it.cfg
        { cat "$build/cfg/fashion.cfg" && cat it.cfg; } >net.cfg
        number=$(grep -c '' net.cfg)
        refused "net.cfg:$number: $text" attribute test cfg/fashion.data net.cfg cfg/fashion.weights "$picture"
    done <<'CASES'
methd=gradient|unknown option methd (did you mean method?)
baselines=0|baselines=0: expected a whole number from 1 to 10000
seed=2|
help=1|help is for the command line only
results=a%2|results=a%2: expected % with two hexadecimal digits
CASES
    refused "none.cfg: cannot open" attribute test "${model[@]}" "$picture" -attribution none.cfg
    refused "fashion.cfg:1: section [net] has no place in this file" \
        attribute test "${model[@]}" "$picture" -attribution cfg/fashion.cfg
}

@test "output that cannot be written ends with 1 and one line" {
    [ -w /dev/full ] || skip "no /dev/full"
    for words in init help "check cfg/fashion.cfg cfg/fashion.weights" "test ${model[*]} $picture ${quick[*]}"; do
        # shellcheck disable=SC2086
        run -1 bash -c '"$@" 2>&1 >/dev/full' _ "$darknet" attribute $words
        echo "$words: $output"
        [[ $output == "darknet attribute: "*writing* && ${#lines[@]} = 1 ]]
    done
}

@test "check: the embedded model's gradient is exact, on noise, on a picture and on a list" {
    run -0 attribute check cfg/fashion.cfg cfg/fashion.weights
    [ "${lines[-1]}" = "the gradient is exact" ]
    [ "$(echo "$output" | grep -c ' ok$')" = 12 ] # ten layers, two figures end to end
    [[ $output == *"  stock Darknet's own gradient: cosine "* ]]
    run -0 attribute check cfg/fashion.cfg cfg/fashion.weights -stock=0
    [[ $output != *stock* && $output == *"the gradient is exact" ]]
    run -0 attribute check cfg/fashion.cfg cfg/fashion.weights "$picture"
    [[ $output == *"$picture: logit "*"the gradient is exact" ]]
    printf '%s\n' "$picture" cfg/fashion-pictures/8_bag.png >list.txt
    run -0 attribute check cfg/fashion.cfg cfg/fashion.weights list.txt -target probability
    [[ $output == *"8_bag.png: probability "*"median of single - double over 2 inputs"*"the gradient is exact" ]]
    [ "$(ls)" = list.txt ]
}

@test "check: without weights it takes random ones, which the seed chooses" {
    make_detector it.cfg
    attribute check it.cfg >first
    attribute check it.cfg -seed 1 | cmp - first
    run -0 attribute check it.cfg -seed 2
    [[ $output == "no weights given: random ones, made from seed 2"*"the gradient is exact" ]]
    [ "$(grep '^noise' first)" != "$(echo "$output" | grep '^noise')" ]
}

@test "check: refuses by name what has no exact gradient here" {
    refused "rnn.cfg:14: section [rnn] cannot be attributed exactly" attribute check cfg/rnn.cfg
    refused "no.cfg: cannot open" attribute check no.cfg
    refused "no.weights: cannot open" attribute check cfg/fashion.cfg no.weights
    run -2 attribute check cfg/fashion.cfg cfg/fashion.weights no.png
    [[ $output == *"no.png: cannot open"* && $output != *"is exact"* ]]
}
