# `darknet attribute test`: the files it writes, their figures, and that the same input gives the same bits.

load attribute

methods="gradient gradient_x_input integrated_gradients smoothgrad"

@test "results: the files of a run have the documented names, shapes and figures" {
    for method in $methods; do
        attribute test "${model[@]}" "$picture" -top 3 -method $method
        results whole results/9_ankle-boot
        [ -s results/9_ankle-boot/Ankle-boot_$method.npy ]
        [ -s results/9_ankle-boot/Sneaker_$method.npy ]
        [ -s results/9_ankle-boot/Sandal_$method.png ]
        rm -r results
    done
}

@test "results: detections are numbered within their class, best first" {
    make_detector it.cfg
    attribute test quarter.data it.cfg quarter.weights "$picture" "${quick[@]}" -detections 3
    results whole results/9_ankle-boot
    [ "$(cd results/9_ankle-boot && echo *.npy)" = "quarter_1_gradient.npy quarter_2_gradient.npy quarter_3_gradient.npy" ]
    summary=results/9_ankle-boot/summary.json
    for number in 0 1 2; do
        [ "$(results value $summary maps $number score)" = "$(results value $summary predictions $number score)" ]
        [ "$(results value $summary maps $number target)" = score ]
    done
    [ "$(results value $summary predictions 3 class)" = quarter ]
    # The gradient of a quarter's detection is nowhere but in this quarter.
    python3 - <<'PYTHON'
import json, struct

for item in json.load(open("results/9_ankle-boot/summary.json"))["maps"]:
    data = open("results/9_ankle-boot/" + item["files"]["npy"], "rb").read()
    values = struct.unpack("<784f", data[-4 * 784 :])
    row, column = item["head"]["row"], item["head"]["column"]
    inside = [values[28 * y + x] for y in range(14 * row, 14 * row + 14) for x in range(14 * column, 14 * column + 14)]
    assert any(inside) and sum(map(bool, values)) == sum(map(bool, inside)), item["name"]
PYTHON
}

@test "results: no detection is no failure, and is told" {
    make_detector it.cfg
    run -0 attribute test quarter.data it.cfg quarter.weights "$picture" -thresh 0.99
    [[ $output == *"$picture: nothing to explain: no detection above -thresh 0.99" ]]
    results whole results/9_ankle-boot
    [ "$(results value results/9_ankle-boot/summary.json maps)" = "[]" ]
}

@test "results: every option of the output is followed" {
    for output in npy png json html npy,json html,png; do
        attribute test "${model[@]}" "$picture" "${quick[@]}" -output $output
        wanted=run.cfg
        [[ $output == *html* ]] && wanted+=" index.html"
        [[ $output == *json* ]] && wanted+=" summary.json"
        for kind in npy png; do
            [[ $output == *$kind* ]] && wanted+=" Ankle-boot_gradient.$kind"
        done
        [ "$(ls results/9_ankle-boot)" = "$(printf '%s\n' $wanted | sort)" ]
    done
    for channels in sum abs none; do
        for coordinates in picture network; do
            attribute test "${model[@]}" data/eagle.jpg "${quick[@]}" -channels $channels -coordinates $coordinates \
                -output npy,json
            results whole results/eagle
        done
    done
}

@test "results: with crop, only that part of the picture is looked at" {
    attribute test "${model[@]}" "$picture" "${quick[@]}" -crop 2,3,20,10
    results whole results/9_ankle-boot
    [ "$(results value results/9_ankle-boot/summary.json maps 0 width)" = 20 ]
    [ "$(results value results/9_ankle-boot/summary.json maps 0 height)" = 10 ]
    attribute test "${model[@]}" "$picture" "${quick[@]}" -crop 0,0,28,28 -results all
    attribute test "${model[@]}" "$picture" "${quick[@]}" -results whole
    cmp all/9_ankle-boot/*.npy whole/9_ankle-boot/*.npy
}

@test "results: classes are chosen by name and by number, and explained alike alone and together" {
    attribute test "${model[@]}" "$picture" -class Bag,3 -threads 1 >some
    [ "$(grep -c '^results/' some)" = 2 ]
    results whole results/9_ankle-boot
    attribute test "${model[@]}" "$picture" -top 10 -threads 1 -results all >/dev/null # more than are done at once
    [ "$(ls all/9_ankle-boot/*.npy | wc -l)" = 10 ]
    results whole all/9_ankle-boot
    for class in Bag Dress; do
        cmp results/9_ankle-boot/${class}_smoothgrad.npy all/9_ankle-boot/${class}_smoothgrad.npy
    done
}

@test "results: what a run of other options left does not stand beside the new files" {
    attribute test "${model[@]}" "$picture" "${quick[@]}"
    attribute test "${model[@]}" "$picture" "${quick[@]}" -output json
    [ "$(ls results/9_ankle-boot)" = "$(printf 'run.cfg\nsummary.json')" ]
}

@test "results: Integrated Gradients add up to the change of the score, or say that they do not" {
    grid=(-method integrated_gradients -coordinates network -output npy,json -threads 1)
    tolerances="0.01 0.001"
    ! with_sanitizers || tolerances=0.001 # the shorter ones
    for tolerance in $tolerances; do
        for rule in gauss trapezoid right; do
            # That some give up is part of the test, but need not be far.
            limit=1024
            [ $tolerance = 0.01 ] || limit=64
            [ $tolerance$rule != 0.001gauss ] || limit=256
            for baseline in black mean blur noise cfg/fashion-pictures/3_dress.png; do
                attribute test "${model[@]}" "$picture" "${grid[@]}" -tolerance $tolerance -rule $rule \
                    -max_steps $limit -baseline $baseline -baselines 2 -results "$tolerance/$rule/$(basename $baseline .png)" >>log
            done
        done
    done
    grep gradients log
    results complete */*/*/9_ankle-boot
    told=$(grep -c "(above the tolerance)" log || true)
    [ "$told" = "$(cat */*/*/9_ankle-boot/summary.json | grep -c '"converged": false')" ]
    [ "$told" -gt 0 ] && [ "$told" -lt 15 ]
}

@test "results: Integrated Gradients of a given number of steps use this number" {
    for steps in 1 5 40; do
        attribute test "${model[@]}" "$picture" -method integrated_gradients -coordinates network -steps $steps
        results complete results/9_ankle-boot
        [ "$(results value results/9_ankle-boot/summary.json maps 0 gradients)" = $steps ]
    done
}

@test "results: adaptive noise is searched for each map on its own, told, and reproduced by that noise" {
    search=(-method smoothtaylor -roots 5 -threads 1 -output npy,json,html)
    objectives="autvc aupc"
    ! with_sanitizers || objectives=autvc # the other, of longer searches, is in the last run
    for objective in $objectives; do
        attribute test "${model[@]}" "$picture" "${search[@]}" -adaptive $objective -adaptive_steps 6 -top 2 >log
        [ "$(grep -c ', root sigma [0-9.]* (adaptive)' log)" = 2 ]
        results whole results/9_ankle-boot
        grep -q "Roots with noise of standard deviation" results/9_ankle-boot/index.html
        summary=results/9_ankle-boot/summary.json
        for number in 0 1; do
            name=$(results value $summary maps $number name)
            sigma=$(results value $summary maps $number adaptive sigma)
            tried=$(results value $summary maps $number adaptive evaluations)
            echo "$objective $name: $sigma of $tried"
            [ "$tried" -ge 7 ] && [ "$tried" -le 13 ]
            attribute test "${model[@]}" "$picture" "${search[@]}" -root_sigma "$sigma" -sigma_unit absolute \
                -class "${name%_smoothtaylor}" -results fixed
            cmp "results/9_ankle-boot/$name.npy" "fixed/9_ankle-boot/$name.npy"
        done
    done
    attribute test "${model[@]}" "$picture" "${search[@]}" -adaptive aupc -adaptive_steps 6 -adaptive_redraw -results new
    [ "$(results value new/9_ankle-boot/summary.json maps 0 adaptive start_sigma)" = \
        "$(results value $summary maps 0 adaptive start_sigma)" ]
    [ "$(results value new/9_ankle-boot/summary.json maps 0 adaptive objective)" != \
        "$(results value $summary maps 0 adaptive objective)" ]
}

@test "results: run.cfg given back with -attribution makes the same bytes" {
    while read -r options; do
        # shellcheck disable=SC2086
        attribute test "${model[@]}" "$picture" $options
        attribute test "${model[@]}" "$picture" -attribution results/9_ankle-boot/run.cfg -results again
        cmp results/9_ankle-boot/*.npy again/9_ankle-boot/*.npy
        diff <(grep -v '^results=\|-attribution' results/9_ankle-boot/run.cfg) \
            <(grep -v '^results=\|-attribution' again/9_ankle-boot/run.cfg)
        rm -r results again
    done <<'CASES'
-seed 12345678901
-samples 9 -sigma 0.3333333333333333 -reduction square -target probability
-samples 8 -sigma 0.01 -sigma_unit absolute -antithetic -reduction variance -channels abs
-method integrated_gradients -baseline noise -baselines 2 -rule trapezoid -class 4
-method integrated_gradients -baseline cfg/fashion-pictures/8_bag.png -steps 7 -coordinates network
-method smoothtaylor -roots 4 -adaptive autvc -adaptive_steps 3 -adaptive_rate 0.05 -space normalised
-method gradient_x_input -channels none -target log_probability
-method gradient -crop 1,2,20,21 -threads 1 -batch 1 -memory 16
CASES
}

@test "results: the command in run.cfg repeats the run, whatever the files are called" {
    mkdir "it's a folder" elsewhere
    cp "$pictures/8_bag.png" "it's a folder/50% \$HOME äöü.png"
    cp "$build/cfg/fashion.cfg" "it's a folder/net.cfg"
    attribute test cfg/fashion.data "it's a folder/net.cfg" cfg/fashion.weights "it's a folder/50% \$HOME äöü.png" \
        -samples 3 -results "results of 'today'"
    folder="results of 'today'/50% \$HOME äöü"
    results whole "$folder"
    cp -r "$folder" before
    command=$(sed -n 's/^# *\(darknet attribute test .*\)/\1/p' "$folder/run.cfg")
    rm "$folder"/*.npy
    PATH=$build:$PATH bash -c "$command"
    cmp before/*.npy "$folder"/*.npy
    cmp before/run.cfg "$folder/run.cfg"
}

@test "results: run.cfg has the right checksums" {
    attribute test "${model[@]}" "$picture" "${quick[@]}"
    sed -n 's/^# *\([0-9a-f]\{64\}  \)/\1/p' results/9_ankle-boot/run.cfg >sums
    [ "$(wc -l <sums)" = 3 ]
    (cd "$build" && sha256sum --check --strict) <sums
    sum=$(sha256sum <"$build/cfg/fashion.weights")
    [ "$(results value results/9_ankle-boot/summary.json model weights sha256)" = "${sum%% *}" ]
}

@test "results: the same bits from two runs, one and two threads, any batch and any memory" {
    for method in $methods; do
        options=(-method $method -baseline noise -top 2 -output npy,json)
        n=0
        for flags in "" "-threads 1" "-threads 2" "-threads 2 -batch 1" "-threads 1 -batch 5" "-batch 64" "-memory 16"; do
            n=$((n + 1))
            # shellcheck disable=SC2086
            attribute test "${model[@]}" "$picture" "${options[@]}" $flags -results $n >/dev/null
            for class in Ankle-boot Sneaker; do
                echo "$method $class $flags"
                cmp 1/9_ankle-boot/${class}_$method.npy $n/9_ankle-boot/${class}_$method.npy
            done
        done
        rm -r [1-9]
    done
}

@test "results: memory does not grow with samples, nor with a batch larger than they are" {
    # Kilobytes of a run with these options.
    memory() {
        python3 - "$darknet" attribute test "${model[@]}" "$picture" "$@" <<'PYTHON'
import resource, subprocess, sys

subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
PYTHON
    }
    few=$(memory -samples 8)
    for options in "-samples 400" "-samples 4 -batch 4000" "-method gradient -batch 4000" \
        "-method integrated_gradients -steps 4 -batch 4000"; do
        # shellcheck disable=SC2086
        many=$(memory $options)
        echo "$options: $many kB, with 8 samples $few kB"
        [ "$many" -lt $((2 * few)) ]
    done
}

@test "results: the seed changes what is drawn at random, and nothing else" {
    for seed in 0 1 9223372036854775807; do
        attribute test "${model[@]}" "$picture" -samples 5 -seed $seed -results $seed
        attribute test "${model[@]}" "$picture" "${quick[@]}" -seed $seed -results $seed/plain
    done
    for seed in 0 9223372036854775807; do
        cmp 1/plain/9_ankle-boot/*.npy $seed/plain/9_ankle-boot/*.npy
        run -1 results equal 0.05 1/9_ankle-boot/*.npy $seed/9_ankle-boot/*.npy
    done
}

@test "results: methods meet where they should" {
    attribute test "${model[@]}" "$picture" "${quick[@]}"
    attribute test "${model[@]}" "$picture" -method smoothgrad -samples 4 -sigma 0 -results without_noise
    cmp results/9_ankle-boot/*.npy without_noise/9_ankle-boot/*.npy
    attribute test "${model[@]}" "$picture" -method gradient_x_input -results product
    # From black, one step of the rule that takes the picture's end.
    attribute test "${model[@]}" "$picture" -method integrated_gradients -rule right -steps 1 -results path
    results equal 1e-6 product/9_ankle-boot/*.npy path/9_ankle-boot/*.npy
}

@test "results: a map that is zero everywhere is told as such and not drawn" {
    # Far from the threshold the logistic is 1 in single precision, and its derivative 0.
    make_detector it.cfg
    python3 - <<'PYTHON'
import struct

data = open("quarter.weights", "rb").read()
open("quarter.weights", "wb").write(data[:36] + struct.pack("<ff", 300, 300) + data[44:])
PYTHON
    run -0 attribute test quarter.data it.cfg quarter.weights "$picture" "${quick[@]}" -detections 1
    [[ $output == *"ZERO everywhere"* ]]
    results whole results/9_ankle-boot
    [ "$(results value results/9_ankle-boot/summary.json maps 0 note)" != null ]
    [ ! -e results/9_ankle-boot/quarter_1_gradient.png ]
}

@test "results: with pool every error is that of the map in blocks" {
    explain_pooled() { attribute test "${model[@]}" "$picture" -method smoothgrad -coordinates network -output json,npy,error "$@"; }
    summary=results/9_ankle-boot/summary.json
    explain_pooled -samples 16 >printed
    grep -q ' of the map (.*% in blocks of 8 pixels)' printed
    explain_pooled -samples 16 -pool 4 >printed
    grep -q ' of the map in blocks of 4 pixels' printed
    python3 - <<'PYTHON'
import json, struct

def read(name):
    data = open("results/9_ankle-boot/" + name, "rb").read()
    return struct.unpack("<784f", data[-4 * 784 :])

def norm(values):
    return sum(value * value for value in values) ** .5

item = json.load(open("results/9_ankle-boot/summary.json"))["maps"][0]
error, values = read("Ankle-boot_smoothgrad.error.npy"), read("Ankle-boot_smoothgrad.npy")
ratio = norm(error) / norm(values)
assert abs(ratio / item["relative_error"] - 1) < 1e-4, (ratio, item)
assert len({error[28 * y + x] for y in range(4) for x in range(4)}) == 1
PYTHON
    # Fewer samples are enough for blocks.
    explain_pooled -samples auto -tolerance .1 -max_samples 4000 >/dev/null
    alone=$(results value $summary maps 0 samples)
    explain_pooled -samples auto -tolerance .1 -max_samples 4000 -pool 4 >/dev/null
    [ "$(results value $summary maps 0 samples)" -lt "$alone" ]
    [ "$(results value $summary maps 0 error_is_above)" = false ]
    # Blocks that were looked for are named, and if none has so small an error, that is told.
    explain_pooled -samples 16 -pool auto -tolerance .0001 >printed
    grep -q ' of the map in blocks of [0-9]* pixels (above the tolerance)' printed
    [ "$(results value $summary maps 0 error_is_above)" = true ]
}
