# `darknet attribute tune`, and options tuned and precision.

load attribute

@test "tune: a table, a file, and the line for the cfg; a run with the file gives the same map" {
    run -0 attribute tune cfg/fashion.cfg -threads 1 -batch 2 -o tuned.cfg
    [[ $output == *"1 threads, batch 2"* && $output == *winograd*gather*dnnl* ]]
    [[ $output == *" of 5 convolutional layers"* ]]
    [[ $output != *"0 of 5"* ]] || [[ $output != *tuned=tuned.cfg* ]]
    grep -q '^# .*cfg/fashion.cfg' tuned.cfg
    grep -q '^# on .*, 1 threads, batch 2\.$' tuned.cfg
    grep -qE '^network=[0-9a-f]{16}$' tuned.cfg
    grep -qx 'precision=f32' tuned.cfg
    no_temporary_files
    sed -i '/ward\./d; $a forward.3=gather\nbackward.3=gather' tuned.cfg
    attribute test "${model[@]}" "$picture" "${quick[@]}" -tuned ./tuned.cfg
    attribute test "${model[@]}" "$picture" "${quick[@]}" -results by_rule
    results equal 1e-4 results/9_ankle-boot/*.npy by_rule/9_ankle-boot/*.npy
    grep -qx 'tuned=./tuned.cfg' results/9_ankle-boot/run.cfg
    grep -q "^#   $(sha256sum tuned.cfg | cut -d' ' -f1)  ./tuned.cfg" results/9_ankle-boot/run.cfg
    [ "$(results value results/9_ankle-boot/summary.json tuned sha256)" = "$(sha256sum tuned.cfg | cut -d' ' -f1)" ]
    [ "$(results value results/9_ankle-boot/summary.json options precision)" = f32 ]
    results whole results/9_ankle-boot by_rule/9_ankle-boot
}

@test "tune: wrong arguments, and a place that cannot be written" {
    refused "usage: darknet attribute tune CFG" attribute tune
    refused "usage: darknet attribute tune CFG" attribute tune a b
    refused "nowhere.cfg" attribute tune nowhere.cfg
    run -1 attribute tune cfg/fashion.cfg -threads 1 -batch 1 -o nowhere/tuned.cfg
    [[ $output == *"nowhere/tuned.cfg"* ]]
}

@test "tuned: a file that is none, or of another network, is refused" {
    refused "none.cfg" attribute test "${model[@]}" "$picture" "${quick[@]}" -tuned none.cfg
    refused "tuned=fast" attribute test "${model[@]}" "$picture" "${quick[@]}" -tuned fast
    echo 'method=gradient' >wrong.cfg
    refused "wrong.cfg:1: unknown key method" attribute test "${model[@]}" "$picture" "${quick[@]}" -tuned wrong.cfg
    attribute tune cfg/face-expression.cfg -threads 1 -batch 1 -o other.cfg
    refused "made for another network" attribute test "${model[@]}" "$picture" "${quick[@]}" -tuned other.cfg
}

# Where there is AMX, the map is near; elsewhere, and without oneDNN, the program says why not.
@test "precision: mixed is near single, or refused with the reason" {
    run attribute test "${model[@]}" "$picture" "${quick[@]}" -precision mixed
    if [ "$status" = 0 ]; then
        attribute test "${model[@]}" "$picture" "${quick[@]}" -results single
        results equal 0.02 results/9_ankle-boot/*.npy single/9_ankle-boot/*.npy
        grep -qx 'precision=mixed' results/9_ankle-boot/run.cfg
    else
        refused "command line: precision=mixed: " attribute test "${model[@]}" "$picture" "${quick[@]}" -precision mixed
        [[ $stderr == *AMX* || $stderr == *oneDNN* ]]
        refused "precision=mixed" attribute tune cfg/fashion.cfg -precision mixed
    fi
}
