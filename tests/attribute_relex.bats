# `darknet attribute test` with the methods that ask what the network predicts: relex and geg.

load attribute

folder=results/9_ankle-boot
summary=$folder/summary.json

@test "relex: a mask from 0 to 1, what it keeps, its control and the objective of each step" {
    run -0 attribute test "${model[@]}" "$picture" -method relex -control -iterations 30 -samples 8 -threads 1
    [[ $output == *"$folder/Ankle-boot_relex: "*" 960 gradients, keeps "*" of Ankle-boot ("*" on the picture, "*" on the rest), retrieved; control: "* ]]
    results whole results/9_ankle-boot
    python3 - <<'PYTHON'
import json, struct

folder = "results/9_ankle-boot/"
item = json.load(open(folder + "summary.json"))["maps"][0]
mask, control = item["mask"], item["mask"]["control"]
data = open(folder + item["files"]["npy"], "rb").read()
values = struct.unpack("<784f", data[-4 * 784 :])  # sums of three channels
assert 0 <= min(values) and max(values) <= 3, (min(values), max(values))
assert abs(sum(values) / 784 / 3 - mask["area"]) < 1e-6, mask["area"]
assert mask["retrieved"] is True and mask["kept"] > 0.9 > mask["area"], mask
assert mask["predicted"] == item["class_index"] != control["class_index"], control
assert control["class"] != item["class"] and control["original"] < 0.1, control
assert len(mask["objective"]) == 30
for step in mask["objective"]:
    parts = step["foreground"] + step["background"] + step["sparsity"]
    assert abs(step["total"] - parts) <= 1e-12 * abs(parts), step
assert mask["objective"][-1]["total"] < mask["objective"][0]["total"] / 2, mask["objective"]
assert item["gradients"] == 960 and item["samples"] == 8, item
PYTHON
    grep -q '<svg ' $folder/index.html
    grep -q 'Control: a mask for another class' $folder/index.html
    run -1 grep -i '<script' $folder/index.html
}

@test "relex: a picture larger than the network's input has a mask from 0 to 1, too" {
    pictures grey tall.png 50 90
    attribute test "${model[@]}" tall.png -method relex -iterations 30 -samples 2 -output npy -channels none
    python3 - <<'PYTHON'
import glob, struct

values = struct.unpack("<13500f", open(glob.glob("results/tall/*.npy")[0], "rb").read()[-4 * 13500 :])
assert 0 <= min(values) and 0.5 < max(values) <= 1, (min(values), max(values))
PYTHON
}

@test "relex and geg: the same bits for any batch and number of threads" {
    for method in relex geg; do
        for run in "1 1" "3 1" "4 2"; do
            set -- $run
            attribute test "${model[@]}" "$picture" -method $method -iterations 4 -samples 3 -clones 5 \
                -batch "$1" -threads "$2" -results "$method-$1" -output npy
            cmp $method-1/9_ankle-boot/*.npy "$method-$1"/9_ankle-boot/*.npy
        done
    done
}

@test "geg: clones that predict the same, and how many were tried" {
    run -0 attribute test "${model[@]}" "$picture" -method geg -clones 10
    [[ $output == *"$folder/Ankle-boot_geg: "*", 10 gradients, 10 clones of "*" tried"* ]]
    results whole results/9_ankle-boot
    [ "$(results value $summary maps 0 samples)" = 10 ]
    [ "$(results value $summary maps 0 tried)" -ge 10 ]
    # Without noise it is the gradient.
    attribute test "${model[@]}" "$picture" -method geg -clones 3 -weight_sigma 0 -results same -output npy
    attribute test "${model[@]}" "$picture" -method gradient -results same -output npy
    cmp same/9_ankle-boot/Ankle-boot_geg.npy same/9_ankle-boot/Ankle-boot_gradient.npy
}

@test "geg: no clone that predicts the same is a failure with a reason" {
    run -1 --separate-stderr attribute test "${model[@]}" "$picture" -method geg -weight_sigma 30 -attempts 2
    [[ $stderr == *"none of 2 clones keeps the probability and the prediction"*"weight_sigma=30 is too large"* ]]
}
