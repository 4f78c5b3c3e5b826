# `darknet attribute compare`: several methods side by side, the text in every PNG file, and the progress on a terminal.

load attribute

comparisons() {
    python3 "$BATS_TEST_DIRNAME/fixtures/comparisons.py" "$@"
}

compare() {
    attribute compare "${model[@]}" "$@"
}

some=gradient,integrated_gradients,smoothgrad,noisegrad:integrated_gradients,fusiongrad,smoothtaylor
labels=(${some//,/ })

@test "compare: a page, figures and the maps of every method" {
    run -0 compare "$picture" -methods $some -top 2 -steps 8
    echo "$output"
    [ "${lines[0]}" = "$picture: Predicted and explained by 6 methods:" ]
    [ "$(grep -c '^ *[0-9.]*%: ' <<<"$output")" = 5 ]
    [ "$(grep -c '^results/9_ankle-boot/.*: logit .* gradient' <<<"$output")" = 12 ]
    [[ ${lines[-1]} == "seconds: gradient "*", noisegrad:integrated_gradients "*", in all "* ]]
    comparisons whole results/9_ankle-boot "${labels[@]}"
    no_temporary_files
}

@test "compare: maps are those of test, byte for byte, with each method's own preset" {
    compare "$picture" -methods $some -steps 8 >log
    for label in "${labels[@]}"; do
        base=(-steps 8)
        [[ $label != *:* ]] || base+=(-base "${label#*:}")
        attribute test "${model[@]}" "$picture" -method "${label%:*}" "${base[@]}" -results alone >alone.log
        name=Ankle-boot_${label/:/_}
        echo "$name"
        cmp results/9_ankle-boot/"$name".npy alone/9_ankle-boot/"$name".npy
        cmp results/9_ankle-boot/"$name".png alone/9_ankle-boot/"$name".png
        [ "$(sed -n "s|^results/.*/$name: ||p" log)" = "$(sed -n "s|^alone/.*/$name: ||p" alone.log)" ]
    done
}

@test "compare: flags are for all methods, the cfg's section, too" {
    cp "$build/cfg/fashion.cfg" it.cfg
    printf '[attribution]\nmethod=relex\nseed=7\ntop=3\n' >>it.cfg
    attribute compare cfg/fashion.data it.cfg cfg/fashion.weights "$picture" -methods smoothgrad,noisegrad \
        -samples 6 -clones 4 -output npy,json
    for k in 0 1; do
        [ "$(results value results/9_ankle-boot/compare.json methods $k options seed)" = 7 ]
        [ "$(results value results/9_ankle-boot/compare.json methods $k options samples)" = 6 ]
        [ "$(results value results/9_ankle-boot/compare.json methods $k maps 2 gradients)" = $((6 - 2 * k)) ]
    done
    [ ! -e results/9_ankle-boot/compare.html ]
    [ "$(ls results/9_ankle-boot | grep -c '\.npy$')" = 6 ]
}

@test "compare: compare.cfg repeats the run" {
    compare "$picture" -methods smoothgrad,smoothtaylor -samples 5 -seed 3 -normalisation signs -shared_scale
    mv results before
    command=$(sed -n 's/^# *\(darknet attribute compare .*\)/\1/p' before/9_ankle-boot/compare.cfg)
    mkdir -p results/9_ankle-boot && cp before/9_ankle-boot/compare.cfg results/9_ankle-boot
    echo "$command"
    PATH=$build:$PATH bash -c "$command"
    for file in before/9_ankle-boot/*.{npy,png,cfg}; do cmp "$file" results/9_ankle-boot/"${file##*/}"; done
    [ "$(results value results/9_ankle-boot/compare.json shared_scale)" = true ]
}

@test "compare: with -shared_scale the maps of a target have one scale, the largest" {
    for normalisation in percentile outlier signs maximum; do
        flags=(-methods gradient,smoothgrad,noisegrad -top 3 -normalisation $normalisation)
        compare "$picture" "${flags[@]}" >/dev/null
        compare "$picture" "${flags[@]}" -shared_scale -results shared >/dev/null
        comparisons scales results/9_ankle-boot/compare.json >own
        comparisons scales shared/9_ankle-boot/compare.json >one
        echo "$normalisation"
        paste own one
        [ "$(wc -l <one)" = 3 ]
        awk '{ if ($1 == $2 || $1 == $3) exit 1 }' own
        paste own one | awk '{ most = $1; for (i = 2; i <= 3; i++) if ($i > most) most = $i
                               for (i = 4; i <= 6; i++) if ($i != most) exit 1 }'
        comparisons whole shared/9_ankle-boot gradient smoothgrad noisegrad
        grep -q '<b>One scale</b>' shared/9_ankle-boot/compare.html
        ! grep -q '<b>One scale</b>' results/9_ankle-boot/compare.html
        rm -r results shared
    done
}

@test "compare: what cannot be compared is refused before anything is computed" {
    refused 'there is no method smoothgrat (did you mean smoothgrad?)' compare "$picture" -methods gradient,smoothgrat
    refused 'there is no method "xyzzy"' compare "$picture" -methods xyzzy
    refused 'there is no base integrated_gradient (did you mean integrated_gradients?)' \
        compare "$picture" -methods noisegrad:integrated_gradient
    refused 'gradient makes means of no other method' compare "$picture" -methods gradient:gradient_x_input
    refused 'method=smoothed_ig is base=integrated_gradients' compare "$picture" -methods smoothed_ig:gradient
    refused 'gradient is there twice' compare "$picture" -methods gradient,smoothgrad,gradient
    refused 'noisegrad is there twice' compare "$picture" -methods noisegrad,noisegrad:gradient
    refused 'noisegrad is there twice' compare "$picture" -methods noisegrad,noisegrad:ig_max -base ig_max
    for empty in , gradient, ,gradient gradient,,smoothgrad; do
        refused 'a name is missing' compare "$picture" -methods $empty
    done
    refused '-methods needs a value' compare "$picture" -methods
    refused 'compare takes -methods a,b,c, not -method' compare "$picture" -method gradient
    refused 'antithetic=1 needs an even number' compare "$picture" -methods gradient,smoothgrad -antithetic -samples 5
    refused 'usage: darknet attribute compare' attribute compare cfg/fashion.data cfg/fashion.cfg
    refused 'no.png: cannot open' compare no.png -methods gradient
    : >empty.txt
    refused 'the list names no picture' compare empty.txt -methods gradient
    printf '[attribution]\nmethods=gradient\n' >file
    refused 'methods is for the command line only' compare "$picture" -attribution file
}

@test "compare: a list, and pictures of one name" {
    mkdir a
    cp "$pictures/8_bag.png" a/9_ankle-boot.png
    printf '%s\n' "$picture" no.png a/9_ankle-boot.png >it.txt
    run --separate-stderr -2 compare it.txt -methods gradient,smoothgrad
    echo "$output"
    echo "$stderr"
    [ "$stderr" = "$(printf 'darknet attribute: %s\n' 'no.png: cannot open: No such file or directory' \
        'it.txt: 1 of 3 pictures could not be explained')" ]
    comparisons whole results/9_ankle-boot gradient smoothgrad
    comparisons whole results/9_ankle-boot_2 gradient smoothgrad
    [ "$(ls results/9_ankle-boot_2/Bag_*.npy | wc -l)" = 2 ]
}

@test "compare: no detection is no failure, and is told once" {
    make_detector it.cfg
    run -0 attribute compare quarter.data it.cfg quarter.weights "$picture" -thresh 0.99 -methods gradient,smoothgrad
    echo "$output"
    [ "$(grep -c 'nothing to explain: no detection above -thresh 0.99' <<<"$output")" = 1 ]
    [ "$(ls results/9_ankle-boot)" = "$(printf 'compare.cfg\ncompare.html\ncompare.json')" ]
    grep -q 'Nothing was detected' results/9_ankle-boot/compare.html
}

@test "compare: a detector's detections, and a map that is zero" {
    make_detector it.cfg
    attribute compare quarter.data it.cfg quarter.weights "$picture" -methods gradient,gradient_x_input -detections 2
    comparisons whole results/9_ankle-boot gradient gradient_x_input
    python3 - <<'PYTHON'
import struct, zlib

def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

header = struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)
pixels = zlib.compress(bytes(32 * (1 + 3 * 32)))
open("black.png", "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))
PYTHON
    for flags in "" -shared_scale; do
        # shellcheck disable=SC2086
        attribute compare quarter.data it.cfg quarter.weights black.png -methods gradient,gradient_x_input \
            -detections 1 -results zero $flags
        comparisons whole zero/black gradient gradient_x_input
        [ "$(results value zero/black/compare.json methods 1 maps 0 note)" != null ]
        [ ! -e zero/black/quarter_1_gradient_x_input.png ]
        grep -q 'zero everywhere' zero/black/compare.html
    done
}

@test "compare: ctrl-C leaves whole files of the methods that are done, and no page" {
    "$darknet" attribute compare "${model[@]}" "$picture" -methods gradient,smoothgrad -samples 1000000 >log 2>errors &
    process=$!
    wait_for $process grep -q gradient: log
    sleep 0.3
    kill -INT $process
    code=0
    wait $process || code=$?
    cat log errors
    [ $code = 1 ]
    [ "$(cat errors)" = "darknet attribute: interrupted" ]
    [ "$(ls results/9_ankle-boot)" = "$(printf 'Ankle-boot_gradient.npy\nAnkle-boot_gradient.png\ncompare.cfg')" ]
    no_temporary_files
    attribute test "${model[@]}" "$picture" -method gradient -results alone
    cmp results/9_ankle-boot/Ankle-boot_gradient.npy alone/9_ankle-boot/Ankle-boot_gradient.npy
}

@test "compare: an earlier page does not stand beside maps of an interrupted run" {
    compare "$picture" -methods gradient
    run timeout --preserve-status -s INT 2 "$darknet" attribute compare "${model[@]}" "$picture" \
        -methods gradient,smoothgrad -samples 1000000
    [ "$status" = 1 ]
    [ ! -e results/9_ankle-boot/compare.html ]
    [ ! -e results/9_ankle-boot/compare.json ]
}

@test "compare: two runs, one and two threads give the same bits" {
    n=0
    for flags in "" "-threads 1" "-threads 2 -batch 3"; do
        n=$((n + 1))
        # shellcheck disable=SC2086
        compare "$picture" -methods smoothgrad,noisegrad,fusiongrad $flags -results $n >/dev/null
        for file in 1/9_ankle-boot/*.npy; do cmp "$file" $n/9_ankle-boot/"${file##*/}"; done
    done
}

@test "png: every map says what it is worth" {
    attribute test "${model[@]}" "$picture" -method smoothgrad
    comment=$(comparisons comment results/9_ankle-boot/Ankle-boot_smoothgrad.png)
    echo "$comment"
    [[ $comment == "Ankle-boot, smoothgrad: logit "*", 50 gradients, error "*"% of the map"*"halves of the samples"* ]]
    attribute test "${model[@]}" "$picture" -method integrated_gradients
    comment=$(comparisons comment results/9_ankle-boot/Ankle-boot_integrated_gradients.png)
    echo "$comment"
    [[ $comment == "Ankle-boot, integrated_gradients: logit "*" gradients, gap "*" of "* ]]
}

@test "progress: rate and time left on a terminal, ten times a second at most, nothing elsewhere" {
    start=$(date +%s%N)
    comparisons terminal "$darknet" attribute test "${model[@]}" "$picture" -samples 3000 >log
    tenths=$((($(date +%s%N) - start) / 100000000))
    tail -n 5 log
    count=$(grep -c ' of 3000 gradients' log)
    echo "$count lines in $tenths tenths of a second"
    [ "$count" -ge 2 ]
    [ "$count" -le $((tenths + 2)) ]
    grep -qE '^[0-9]+ of 3000 gradients, [0-9.]+ per second, [0-9.]+ (s|min|h) left\|$' log
    [ "$(tail -n 1 log | tr -d '|')" = "" ] # taken off at the end
    comparisons terminal "$darknet" attribute compare "${model[@]}" "$picture" -methods noisegrad -clones 500 >log
    grep -qE '^noisegrad: [0-9]+ of 500 gradients, ' log
    run --separate-stderr -0 attribute test "${model[@]}" "$picture" -samples 500
    [ -z "$stderr" ]
}

@test "compare: Yolo-Fastest's detections by four methods" {
    full_size
    needs_testdata
    attribute compare cfg/coco.data "$yolo.cfg" "$yolo.weights" data/dog.jpg -preset fast -detections 2 \
        -methods gradient,smoothgrad,noisegrad,smoothtaylor -output png,json,html
    comparisons whole results/dog gradient smoothgrad noisegrad smoothtaylor
}

@test "compare: adaptive noise is for smoothtaylor, whatever stands beside it" {
    attribute compare "${model[@]}" "$picture" -methods gradient,smoothtaylor -roots 5 -threads 1 -adaptive autvc \
        -adaptive_steps 4 >printed
    [ "$(grep -c '(adaptive)' printed)" = 1 ]
    refused "adaptive=autvc searches the noise of method=smoothtaylor" attribute compare "${model[@]}" "$picture" \
        -methods gradient,smoothgrad -adaptive autvc
}
