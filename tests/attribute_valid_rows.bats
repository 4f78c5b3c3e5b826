# `darknet attribute valid`: every metric in turn, where objects are, a second network, an exact map.

load attribute

# Numbers that are none are empty in a table, null in JSON, and not on the page; what is empty is counted.
check_numbers() {
    if grep -iE '(^|[^a-z])-?(nan|inf|infinity)([^a-z]|$)' "$1"/valid/*.csv "$1/valid/valid.json" "$1/valid/index.html"; then
        return 1
    fi
    RESULTS=$1 python3 - <<'PYTHON'
import csv, json, os
folder = os.environ["RESULTS"] + "/valid/"
table = list(csv.DictReader(open(folder + "valid.csv")))
lines = [r for r in csv.DictReader(open(folder + "scores.csv")) if r["target_index"] != "-1"]
def pairs(pairs):
    assert len({k for k, _ in pairs}) == len(pairs)
    return dict(pairs)
def refuse(word):
    raise ValueError(word)
summary = json.load(open(folder + "valid.json"), object_pairs_hook=pairs, parse_constant=refuse)
targets = len({(r["picture_index"], r["target_index"]) for r in lines})
assert targets > 0
for row in table:
    values = [r[row["metric"]] for r in lines if r["method"] == row["method"]]
    there = [float(v) for v in values if v]
    assert len(values) == targets and int(row["n"]) == len(there) and int(row["undefined"]) == targets - len(there), row
    assert (row["mean"] == "") == (not there), row
    assert not there or abs(float(row["mean"]) - sum(there) / len(there)) <= 1e-9 * max(map(abs, there)), row
PYTHON
}

every_metric() {
    attribute help metrics | sed -n 's/^  \([a-z_]*\)  *\(faithfulness\|axioms\|noise\|complexity\|localisation\|partner\|robustness\|stability\) .*/\1/p' | paste -sd,
}

@test "valid: all metrics of a classifier, of maps that say something and of some that do not" {
    mkdir some masks
    cp "$pictures"/[0-1]_* some/
    BATS_FIXTURES=$BATS_TEST_DIRNAME/fixtures python3 - <<'PYTHON'
import glob, os, sys
sys.path.insert(0, os.environ["BATS_FIXTURES"])
from pictures import png
open("some/2_black.png", "wb").write(png(28, 28, 8, 0, [bytes(28)] * 28))
pictures = sorted(glob.glob("some/*"))
masks = {pictures[0]: lambda x: 255 * (x < 14), pictures[1]: lambda x: 0, pictures[2]: lambda x: 8 * x}
for path, of in masks.items():
    open("masks/" + os.path.basename(path), "wb").write(png(28, 28, 8, 0, [bytes(of(x) for x in range(28))] * 28))
PYTHON
    all=$(every_metric)
    [ "$(tr ',' '\n' <<<"$all" | wc -l)" -gt 45 ]
    attribute valid "${model[@]}" some -methods gradient_x_input,gradcam,smoothgrad -samples 2 -metrics "$all" -masks masks \
        -second "$build/${model[2]}" -partner some -threads 1 | tee out
    grep -q "undefined$" out
    ! grep -iw nan out
    check_numbers results
    [ "$(grep -c '<table class="scores">' results/valid/index.html)" = 8 ] # one a group
    grep -q "<h3>Faithfulness</h3>" results/valid/index.html
    python3 - <<'PYTHON'
import csv
by = {}
for r in csv.DictReader(open("results/valid/scores.csv")):
    if r["target_index"] != "-1":
        by[r["picture_index"], r["method"]] = r
rows = [k for k in by["0", "gradient_x_input"] if k in {m["metric"] for m in csv.DictReader(open("results/valid/valid.csv"))}]
# Times a black picture a map is 0 everywhere.
for k in rows:
    assert by["2", "gradient_x_input"][k] == "" or k.endswith("retrieval_random"), (k, by["2", "gradient_x_input"][k])
# An empty mask is none.
needs_mask = [k for k in rows if k.startswith("mask_") or k in
              ("pointing_game", "mass_accuracy", "rank_accuracy", "localisation", "weighted_localisation", "roc_auc",
               "weighted_jaccard", "relevance_percent")]
assert len(needs_mask) == 12, needs_mask
for k in needs_mask:
    assert by["1", "smoothgrad"][k] == "" and by["0", "smoothgrad"][k] != "" and by["2", "smoothgrad"][k] != "", k
# The second network is the first: without random numbers nothing differs.
for method, expected in (("gradcam", ""), ("gradient_x_input", "0")):
    r = by["0", method]
    assert r["fidelity"] == "" if method == "gradcam" else float(r["fidelity"]) > 0, r["fidelity"]
    assert float(r["stability"]) == float(r["stability_floor"]) == 0 and float(r["stability_ssim"]) == 1, r
    assert float(r["stability_overlap"]) == float(r["stability_overlap_floor"]) == 1, r
r = by["0", "smoothgrad"]
assert float(r["stability"]) == float(r["stability_floor"]) > 0 and float(r["fidelity"]) > 0, r
# Each picture is its own partner.
for method in ("gradient_x_input", "gradcam", "smoothgrad"):
    r = by["0", method]
    assert r["partner_overlap"] == "1" and all(abs(float(r[k]) - 1) < 1e-12 for k in ("partner_spearman", "partner_ssim")), r
    for k in ("retrieval", "retrieval_random", "deletion", "preservation"):
        assert r["partner_" + k] == r[k], (method, k, r[k])
# Controls cannot be explained again, a class has no box.
for k in rows:
    if k.startswith(("stability", "partner")) or k in ("fidelity", "max_sensitivity", "lipschitz", "input_invariance", "retrieval_random"):
        assert by["0", "control: random"][k] == "", k
    if k.endswith("_matched") or k == "energy":
        assert by["0", "smoothgrad"][k] == "", k
PYTHON
}

@test "valid: all metrics of a detector" {
    make_list
    head -2 list.txt >two.txt
    mkdir partners
    for path in $(cat two.txt); do cp "$path" partners/; done
    attribute valid "${detector[@]}" two.txt -methods gradient,smoothgrad -samples 2 -metrics "$(every_metric)" \
        -second quarter.weights -partner partners -threads 1 | tee out
    ! grep -iw nan out
    check_numbers results
    python3 - <<'PYTHON'
import csv
by = {(r["method"], r["metric"]): r for r in csv.DictReader(open("results/valid/valid.csv"))}
missing = {metric for (method, metric), r in by.items() if method == "gradient" and r["n"] == "0"}
# A gradient promises no sum; a score below .8; there is one class; nothing positive in the map, for the darker the
# better; the cell has the picture's lowest value already.
assert missing <= {"completeness", "pic", "retrieval_random", "partner_retrieval_random", "localisation", "weighted_localisation",
                   "faithfulness_correlation", "sensitivity_n"}, missing
PYTHON
}

@test "valid: masks of a classifier are pictures" {
    mkdir some masks
    cp "$pictures"/[0-2]_* some/
    BATS_FIXTURES=$BATS_TEST_DIRNAME/fixtures python3 - <<'PYTHON'
import glob, os, sys
sys.path.insert(0, os.environ["BATS_FIXTURES"])
from pictures import png
for i, path in enumerate(sorted(glob.glob("some/*"))[:2]):  # the third has none
    rows = [bytes((255 if x < 14 else 0) if i == 0 else 9 * x for x in range(28)) for y in range(28)]
    open("masks/" + os.path.basename(path), "wb").write(png(28, 28, 8, 0, rows))
PYTHON
    attribute valid "${model[@]}" some -methods gradient -metrics mass_accuracy,relevance_percent,roc_auc -masks masks -threads 1 | tee out
    grep -q ", 1 undefined$" out
    attribute test "${model[@]}" some/0_* -method gradient -coordinates network -output npy -threads 1 -results maps
    BATS_FIXTURES=$BATS_TEST_DIRNAME/fixtures python3 - <<'PYTHON'
import csv, glob, os, sys
sys.path.insert(0, os.environ["BATS_FIXTURES"])
from results import read_npy
(path,) = glob.glob("maps/*/*.npy")
shape, a = read_npy(path)
inside = sum(abs(v) for i, v in enumerate(a) if i % 28 < 14)
share = inside / sum(map(abs, a))
scores = {(r["picture_index"], r["method"]): r for r in csv.DictReader(open("results/valid/scores.csv")) if r["target_index"] != "-1"}
for metric in ("mass_accuracy", "relevance_percent"):  # one for a mask of 0 and 1
    assert abs(float(scores["0", "gradient"][metric]) - share) < 1e-6, (metric, scores["0", "gradient"][metric], share)
assert scores["1", "gradient"]["relevance_percent"] and not scores["2", "gradient"]["relevance_percent"]
assert abs(float(scores["0", "control: random"]["mass_accuracy"]) - .5) < .05
PYTHON
    # A mask of another size is a problem of its picture.
    pictures grey masks/"$(basename some/0_*)" 27 28
    run attribute valid "${model[@]}" some -methods gradient -metrics mass_accuracy -masks masks -threads 1 -results other
    echo "$output"
    [[ $output == *"it has 27 x 28 pixels, its picture 28 x 28"* ]]
    refused "mask=polygon needs a detector" attribute valid "${model[@]}" some -mask polygon -polygons masks
    refused "masks=nowhere: there is no such folder" attribute valid "${model[@]}" some -masks nowhere
}

@test "valid: outlines of a detector's objects" {
    make_list
    mkdir outlines
    for i in 0 1 2; do # the upper right half of the label's box, and something else
        printf '5 .6 .6 .9 .6 .9 .9\n1 .1 .1 .4 .1 .4 .4\n' >outlines/$i.txt
    done
    printf '5 .6 .6 .9 .6 .9 .9\n' >outlines/3.txt # of another object: none
    outlined=(-methods gradient -metrics mass_accuracy,roc_auc,energy -mask polygon -polygons outlines -threads 1)
    attribute valid "${detector[@]}" list.txt "${outlined[@]}" | tee out
    check_numbers results
    python3 - <<'PYTHON'
import csv
by = {(r["method"], r["metric"]): r for r in csv.DictReader(open("results/valid/valid.csv"))}
for (method, metric), r in by.items():
    assert (int(r["n"]), int(r["undefined"])) == ((6, 0) if metric == "energy" else (3, 3)), r
share = float(by["control: box", "mass_accuracy"]["mean"])
assert abs(share - .5) < .05, share  # half of the box, but for pixels on edges
PYTHON
    printf '1 .1 .1 .4 .1\n' >outlines/2.txt
    run attribute valid "${detector[@]}" list.txt "${outlined[@]}" -results broken
    echo "$output"
    [[ $output == *"outlines/2.txt:1: an outline has three corners or more"* ]]
    refused "mask=polygon needs polygons=FOLDER" attribute valid "${detector[@]}" list.txt -mask polygon
    refused "polygons=outlines needs mask=polygon" attribute valid "${detector[@]}" list.txt -polygons outlines
    refused "masks= is for classifiers" attribute valid "${detector[@]}" list.txt -masks outlines
    refused "stability needs second=WEIGHTS" attribute valid "${detector[@]}" list.txt -metrics stability
}

# A network of one linear layer that looks at twenty bright pixels: Integrated Gradients against the mean colour is
# what pixels contribute, and its multiples alone are.
@test "valid: an exact map of a linear network wins faithfulness against all controls" {
    printf '%s\n' '[net]' width=16 height=16 channels=3 '[connected]' output=2 activation=linear '[softmax]' >linear.cfg
    printf 'other\nspots\n' >linear.names
    printf 'names=linear.names\nclasses=2\n' >linear.data
    BATS_FIXTURES=$BATS_TEST_DIRNAME/fixtures python3 - <<'PYTHON'
import os, random, struct, sys
sys.path.insert(0, os.environ["BATS_FIXTURES"])
from pictures import png
random.seed(3)
spots = set(random.sample(range(256), 20))
weights = [0] * 768 + [.1 if i % 256 in spots else .001 * random.random() for i in range(768)]
open("linear.weights", "wb").write(struct.pack("<iiiq", 0, 2, 0, 0) + struct.pack("<2f", 4.5, 0) + struct.pack(f"<{len(weights)}f", *weights))
os.mkdir("some")
for k in range(4):
    grey = [random.randrange(225, 256) if i in spots else random.randrange(0, 200) for i in range(256)]
    open(f"some/{k}.png", "wb").write(png(16, 16, 8, 0, [bytes(grey[16 * y:16 * y + 16]) for y in range(16)]))
PYTHON
    attribute valid linear.data linear.cfg linear.weights some -methods integrated_gradients,gradient_x_input -baseline mean \
        -target logit -threads 1 -metrics deletion,insertion,preservation,pixel_flipping,faithfulness_correlation,sensitivity_n,infidelity,road,aupc,sic,completeness,retrieval
    check_numbers results
    python3 - <<'PYTHON'
import csv
by = {(r["method"], r["metric"]): r for r in csv.DictReader(open("results/valid/valid.csv"))}
for metric in {m for _, m in by} - {"completeness"}:
    sign = 1 if by["integrated_gradients", metric]["better"] == "higher" else -1
    best = float(by["integrated_gradients", metric]["mean"])
    for control in ("random", "centre", "edges"):
        other = float(by["control: " + control, metric]["mean"])
        assert sign * best > sign * other, (metric, control, best, other)
assert float(by["integrated_gradients", "completeness"]["mean"]) < 1e-5
assert float(by["integrated_gradients", "infidelity"]["mean"]) < 1e-6
assert float(by["integrated_gradients", "retrieval"]["mean"]) == 1
PYTHON
}

@test "valid: one picture, of which there is no interval" {
    attribute valid "${model[@]}" "$picture" -methods gradient -metrics gini,deletion,mass_accuracy -threads 1 | tee out
    grep -q "1 targets on 1 pictures" out
    grep -qE "^  gradient +0\.[0-9]+$" out
    grep -qE "^  gradient +undefined$" out
    ! grep -iw nan out
    check_numbers results
}

@test "valid: the map of an attacked picture beside that of the picture" {
    mkdir some partners
    cp "$pictures"/[0-1]_* some/
    attribute attack "${model[@]}" some -method gradient -output json -epsilon .05 -threads 1 -results attacked
    for path in some/*; do
        cp attacked/"$(basename "$path" .png)"/*_pgd.png partners/"$(basename "$path")"
    done
    rows=(-methods gradient -metrics deletion,partner_spearman,partner_overlap,partner_deletion -threads 1)
    attribute valid "${model[@]}" some "${rows[@]}" -partner partners
    grep -q -- "-partner partners" results/valid/run.cfg
    # Of the class that is seen in the picture, at both inputs.
    for path in some/*; do
        class=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["targets"][0]["class_index"])' \
            attacked/"$(basename "$path" .png)"/attack.json)
        for of in some partners; do
            attribute test "${model[@]}" $of/"$(basename "$path")" -class "$class" -method gradient -coordinates network \
                -channels none -output npy -threads 1 -results maps/$of
        done
    done
    BATS_FIXTURES=$BATS_TEST_DIRNAME/fixtures python3 - <<'PYTHON'
import csv, glob, os, sys
sys.path.insert(0, os.environ["BATS_FIXTURES"])
from results import read_npy
lines = [r for r in csv.DictReader(open("results/valid/scores.csv")) if r["target_index"] != "-1" and r["method"] == "gradient"]
assert len(lines) == 2
def grey(path):
    _, a = read_npy(path)
    return [sum(abs(v) for v in a[i::784]) for i in range(784)]
def ranks(a):
    order = sorted(range(len(a)), key=a.__getitem__)
    out = [0] * len(a)
    i = 0
    while i < len(a):
        k = i
        while k < len(a) and a[order[k]] == a[order[i]]:
            k += 1
        for n in range(i, k):
            out[order[n]] = (i + k - 1) / 2
        i = k
    return out
def correlation(a, b):
    mean = (len(a) - 1) / 2
    ab, aa, bb = (sum((p - mean) * (q - mean) for p, q in zip(x, y)) for x, y in ((a, b), (a, a), (b, b)))
    return ab / (aa * bb) ** .5
for r in lines:
    name = os.path.basename(r["picture"]).removesuffix(".png")
    a, b = (grey(glob.glob(f"maps/{of}/{name}/*.npy")[0]) for of in ("some", "partners"))
    assert abs(float(r["partner_spearman"]) - correlation(ranks(a), ranks(b))) < 1e-4, r
    top = [set(sorted(range(784), key=lambda i: -x[i])[:16]) for x in (a, b)]
    assert abs(float(r["partner_overlap"]) - len(top[0] & top[1]) / 16) < 1e-6, r
    assert 0 < float(r["partner_overlap"]) < 1 and r["partner_deletion"] != r["deletion"], r
PYTHON
    first=$(ls some | head -1)
    pictures grey partners/"$first" 27 28
    run attribute valid "${model[@]}" some "${rows[@]}" -partner partners -results other
    echo "$output"
    [[ $output == *"partners/$first: its 27 x 28 pixels do not lie in the input as the picture's 28 x 28 do"* ]]
    rm partners/"$first"
    run attribute valid "${model[@]}" some "${rows[@]}" -partner partners -results none
    echo "$output"
    [[ $output == *"partners/$first: "* ]]
    refused "partner_spearman needs partner=FOLDER" attribute valid "${model[@]}" some -metrics partner_spearman
    refused "partner=nowhere: there is no such folder" attribute valid "${model[@]}" some -partner nowhere
}
