# Darknet's own commands with an [attribution] section in the network's cfg, and the program somewhere else.

load attribute

# What Darknet prints, without the time it took.
lines_of() {
    sed 's/Predicted in [0-9.]* seconds/Predicted in some seconds/' "$@"
}

@test "classifier predict: explains what it prints when the cfg has a section, and prints the same besides" {
    cp "$build/cfg/fashion.cfg" without.cfg
    { cat without.cfg && printf '\n[attribution]\nmethod=gradient\nresults=maps\n'; } >with.cfg
    files=$(ls)
    "$darknet" classifier predict cfg/fashion.data without.cfg cfg/fashion.weights "$picture" >without.out 2>without.err
    [ "$(ls)" = "$(printf '%s\nwithout.err\nwithout.out' "$files")" ]
    grep -qx "99.69%: Ankle-boot" without.out
    "$darknet" classifier predict cfg/fashion.data with.cfg cfg/fashion.weights "$picture" >with.out 2>with.err
    diff <(lines_of without.err) <(lines_of with.err)
    diff without.out <(grep -v '^maps/' with.out)
    [ "$(grep '^maps/' with.out)" = "maps/9_ankle-boot/Ankle-boot_gradient: logit 10.74, 1 gradient" ]
    results whole maps/9_ankle-boot
    attribute test "${model[@]}" "$picture" -method gradient
    cmp maps/9_ankle-boot/*.npy results/9_ankle-boot/*.npy
}

@test "classifier predict: explains every picture asked for at the prompt" {
    { cat "$build/cfg/fashion.cfg" && printf '\n[attribution]\nmethod=gradient\n'; } >it.cfg
    printf '%s\n' "$picture" cfg/fashion-pictures/8_bag.png "$picture" >list
    run -0 --separate-stderr "$darknet" classifier predict cfg/fashion.data it.cfg cfg/fashion.weights <list
    [ "$(echo "$output" | grep -c '^results/')" = 3 ]
    [ "$(ls results)" = "$(printf '8_bag\n9_ankle-boot\n9_ankle-boot_2')" ]
    results whole results/*
    cmp results/9_ankle-boot/*.npy results/9_ankle-boot_2/*.npy
}

@test "classifier predict: a section with a mistake ends with 2 and one line, after Darknet's own" {
    { cat "$build/cfg/fashion.cfg" && printf '[attribution]\nmethod=gradien\n'; } >it.cfg
    run -2 --separate-stderr "$darknet" classifier predict cfg/fashion.data it.cfg cfg/fashion.weights "$picture"
    [ "$output" = "99.69%: Ankle-boot" ]
    [[ ${stderr_lines[-1]} == "darknet attribute: it.cfg:"*": method=gradien: expected "*"(did you mean gradient?)" ]]
    [ "$(ls)" = it.cfg ]
}

@test "detector test: explains what it prints when the cfg has a section, and prints the same besides" {
    make_detector without.cfg
    make_detector with.cfg '[attribution]' method=gradient thresh=0.99 results=maps
    for cfg in without with; do
        "$darknet" detector test quarter.data $cfg.cfg quarter.weights "$picture" -thresh 0.5 >$cfg.out 2>$cfg.err
        rm predictions.jpg
    done
    diff without.err with.err
    diff <(lines_of without.out) <(lines_of with.out | grep -v '^maps/')
    found=$(grep -c '^quarter: ' without.out)
    [ "$found" -ge 1 ]
    [ "$(grep -c '^maps/9_ankle-boot/quarter_[1-4]_gradient: score ' with.out)" = "$found" ]
    results whole maps/9_ankle-boot
    [ ! -e results ]
    # The scores printed are those of the maps.
    grep '^quarter: ' with.out | sort >printed
    python3 - >explained <<'PYTHON'
import json

for item in json.load(open("maps/9_ankle-boot/summary.json"))["maps"]:
    print(f"quarter: {100 * item['score']:.0f}%")
PYTHON
    sort explained | diff printed -
}

@test "detector test: without a section nothing is written but Darknet's own picture" {
    make_detector it.cfg
    mkdir empty
    mv it.cfg quarter.* empty
    cd empty
    before=$(ls)
    "$darknet" detector test quarter.data it.cfg quarter.weights "$picture"
    rm predictions.jpg
    [ "$(ls)" = "$before" ]
}

@test "ctrl-C while a prediction is explained ends with 1, and no file of ours is there" {
    { cat "$build/cfg/fashion.cfg" && printf '\n[attribution]\nsamples=1000000\n'; } >it.cfg
    run timeout --preserve-status -s INT 1 "$darknet" classifier predict cfg/fashion.data it.cfg cfg/fashion.weights \
        "$picture"
    [ "$status" = 1 ]
    [[ $output == *"darknet attribute: interrupted"* ]]
    [ "$(ls -A)" = it.cfg ]
}

@test "elsewhere: the model is found from any folder, one's own files come first" {
    mkdir -p cfg
    printf 'a\nb\nc\nd\ne\nf\ng\nh\ni\nmine\n' >cfg/fashion.names
    run -0 attribute test "${model[@]}" "$picture" "${quick[@]}"
    [[ $output == *"99.69%: mine"* ]]
    [ -s results/9_ankle-boot/mine_gradient.npy ]
    cd cfg
    run -0 attribute test "${model[@]}" "$picture" "${quick[@]}"
    [[ $output == *"99.69%: Ankle-boot"* ]]
}

@test "elsewhere: called through PATH, through a link, with a closed standard input" {
    PATH=$build:$PATH darknet attribute test "${model[@]}" "$picture" "${quick[@]}"
    ln -s "$darknet" dn
    ./dn attribute test "${model[@]}" "$picture" "${quick[@]}" -results link <&-
    cmp results/9_ankle-boot/*.npy link/9_ankle-boot/*.npy
}

@test "elsewhere: an installed program explains as the built one" {
    make -s -C "$root" install DESTDIR="$PWD/dest" PREFIX=/usr
    mkdir away
    cd away
    ../dest/usr/bin/darknet attribute test "${model[@]}" "$picture"
    results whole results/9_ankle-boot
    attribute test "${model[@]}" "$picture" -results built
    results equal 1e-5 results/9_ankle-boot/*.npy built/9_ankle-boot/*.npy # install may build with other flags
    { cat "$build/cfg/fashion.cfg" && printf '\n[attribution]\nmethod=gradient\n'; } >it.cfg
    ../dest/usr/bin/darknet classifier predict cfg/fashion.data it.cfg cfg/fashion.weights "$picture"
    [ -s results/9_ankle-boot/Ankle-boot_gradient.npy ]
}
