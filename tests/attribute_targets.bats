# `darknet attribute test -target ...`: what is explained, and what is refused with the character that is wrong.

load attribute

explain() {
    attribute test "$@" "${quick[@]}" -output json,npy
}

# value PATH...: of the only picture's summary.
value() {
    results value results/*/summary.json "$@"
}

coco() {
    needs_testdata
    coco=(cfg/coco.data "$yolo.cfg" "$yolo.weights")
    pictures=$ATTRIBUTION_TESTDATA/coco/images
}

@test "targets: a classifier's contrasts have a value, a name and words of their own" {
    for target in "logit(Bag) - logit(Shirt)" "logit - logit(runner_up)" "probability(4)" "logit(\"Shirt\")"; do
        explain "${model[@]}" "$picture" -target "$target" -results results
    done
    find results -name '*.npy'
    [ -s results/9_ankle-boot/Bag-Shirt_gradient.npy ]
    [ -s results/9_ankle-boot/Ankle-boot-Sneaker_gradient.npy ]
    [ -s results/9_ankle-boot/Shirt_gradient.npy ]
    [ "$(value maps 0 target)" = "logit(Shirt)" ]
}

@test "targets: a contrast is the difference of both maps, with itself exactly zero" {
    explain "${model[@]}" "$picture" -target "logit(Bag)" -results one
    explain "${model[@]}" "$picture" -target "logit(Shirt)" -results two
    explain "${model[@]}" "$picture" -target "logit(Bag) - logit(Shirt)" -results both
    explain "${model[@]}" "$picture" -target "logit(Bag)-logit(Bag)" -results none
    python3 - <<'PYTHON'
import json, struct

def read(path):
    data = open(path, "rb").read()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    return struct.unpack(f"<{(len(data) - start) // 4}f", data[start:])

folder = "9_ankle-boot"
a, b = read(f"one/{folder}/Bag_gradient.npy"), read(f"two/{folder}/Shirt_gradient.npy")
both, none = read(f"both/{folder}/Bag-Shirt_gradient.npy"), read(f"none/{folder}/Bag-logit_gradient.npy")
size = sum(v * v for v in both) ** 0.5
error = sum((x - y - v) ** 2 for x, y, v in zip(a, b, both)) ** 0.5
assert size > 0 and error < 1e-5 * size, (error, size)
assert all(v == 0 for v in none)
assert json.load(open(f"none/{folder}/summary.json"))["maps"][0]["target_value"] == 0
PYTHON
}

@test "targets: the true class of a classifier is the label that the path contains" {
    printf 'bag\nshirt\nboot\n' >all.labels
    for i in 3 4 5 6 7 8 9; do echo "none$i" >>all.labels; done
    { grep -v '^names\|^labels' "$build/cfg/fashion.data" || true; } >my.data
    echo "labels=all.labels" >>my.data
    explain my.data "${model[1]}" "${model[2]}" "$picture" -target "logit - logit(truth)"
    [ "$(value maps 0 target)" = "logit - logit(boot)" ]
    sed -i 's/^boot/none2/' all.labels
    refused "contains no label of all.labels" attribute test my.data "${model[1]}" "${model[2]}" "$picture" -target "logit(truth)"
    grep -v '^labels' my.data >without.data
    refused "character 7: the .data file has no labels=" attribute test without.data "${model[1]}" "${model[2]}" "$picture" \
        -target "logit(truth)"
}

@test "targets: what is wrong is told with its character" {
    refused "command line: target=logt, character 1: there is no quantity \"logt\" (did you mean logit?)" \
        attribute test "${model[@]}" "$picture" -target logt
    refused "target=logit(dog), character 7: there is no class \"dog\" (names" attribute test "${model[@]}" "$picture" -target "logit(dog)"
    refused "target=logit(detection 1), character 7: a detection needs a detector" attribute test "${model[@]}" "$picture" \
        -target "logit(detection 1)"
    refused "target=score needs a detector" attribute test "${model[@]}" "$picture" -target score
    refused "there is no class \"bag\" (did you mean Bag?)" attribute test "${model[@]}" "$picture" -target "logit(bag)"
    make_detector quarter.cfg
    detector=(quarter.data quarter.cfg quarter.weights)
    refused "character 7: $build/$picture has no detection 99, but" attribute test "${detector[@]}" "$build/$picture" \
        -target "score(detection 99)"
    refused "there is no label file" attribute test "${detector[@]}" "$build/$picture" -target "score(missed)"
    refused "no detection head has an anchor 0, row 7" attribute test "${detector[@]}" "$build/$picture" -target "score(cell 1/0/7/0)"
    refused "the network has no other class to compare with" attribute test "${detector[@]}" "$build/$picture" \
        -target "logit - logit(runner_up)"
}

@test "targets: a section of a cfg names them without blanks" {
    printf '[attribution]\ntarget = logit( Bag ) - logit(runner_up)\nmethod=gradient\n' >target.cfg
    explain "${model[@]}" "$picture" -attribution target.cfg
    [ "$(value maps 0 class)" = Bag ]
}

@test "targets: help has the grammar" {
    run attribute help target
    [[ $output == *"target   = term [ - term ]"* && $output == *"-candidates X"* && $output == *objectness_logit* ]]
}

@test "targets: a score follows the product rule over objectness and class" {
    coco
    for target in score objectness probability; do
        explain "${coco[@]}" data/dog.jpg -target $target -detections 1 -results $target
    done
    python3 - <<'PYTHON'
import json, struct

def read(name):
    data = open(f"{name}/dog/dog_1_gradient.npy", "rb").read()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    values = struct.unpack(f"<{(len(data) - start) // 4}f", data[start:])
    return values, json.load(open(f"{name}/dog/summary.json"))["maps"][0]["target_value"]

(score, s), (objectness, o), (probability, p) = read("score"), read("objectness"), read("probability")
error = sum((v - o * c - p * b) ** 2 for v, b, c in zip(score, objectness, probability)) ** 0.5
size = sum(v * v for v in score) ** 0.5
print(s, o * p, error / size)
assert abs(s - o * p) < 1e-6 and error < 1e-5 * size, error / size
PYTHON
}

@test "targets: missed and suppressed boxes say what they lack and who suppresses them" {
    coco
    explain "${coco[@]}" "$pictures/000000000071.jpg" -target "score(missed 2)"
    [ "$(value maps 0 place)" = missed ]
    [ "$(value maps 0 failed)" = box ]
    explain "${coco[@]}" "$pictures/000000000071.jpg" -target "score(suppressed) - score(suppressor)" -detections 2
    [ "$(value maps 0 fate)" = suppressed ]
    [ "$(value maps 1 name)" = train_suppressed2-suppressor_gradient ]
    python3 -c '
import json
for m in json.load(open("results/000000000071/summary.json"))["maps"]:
    by = m["suppressed_by"]
    assert abs(m["target_value"] - m["score"] + by["score"]) < 1e-5, m
    assert m["score"] < by["score"]
'
    refused "no better box suppresses it" attribute test "${coco[@]}" "$pictures/000000000071.jpg" \
        -target "score(suppressed 15) - score(suppressor)"
}
