# darknet attribute sanity
load attribute

sanity() {
    attribute sanity "${model[@]}" "$@" -threads 1
}

# csv CODE: Python with `rows`, the lines of sanity.csv, numbers as numbers, and `json`, sanity.json.
csv() {
    python3 - "${folder:-results/sanity}" <<PYTHON
import csv, json, math, sys
def number(text):
    try: return float(text)
    except ValueError: return text
folder = sys.argv[1]
rows = [{k: number(v) for k, v in row.items()} for row in csv.DictReader(open(folder + "/sanity.csv"))]
document = json.load(open(folder + "/sanity.json"))
def of(check, method=None):
    return [r for r in rows if r["check"] == check and method in (None, r["method"])]
def verdict(check, method):
    return next(v["verdict"] for v in document["verdicts"] if v["check"] == check and v["method"] == method)
$1
PYTHON
}

@test "sanity: all checks of two methods, all files whole, told line by line" {
    run --separate-stderr -0 sanity "$picture" -methods gradient,gradient_x_input
    echo "$output"
    [ -z "$stderr" ]
    [ "$(grep -c '^  [a-z_]* .* maps, the last agrees by ' <<<"$output")" = 12 ]
    [ "$(grep -cE '^gradient(_x_input)? [a-z_]+: (passes|doubtful|fails|cannot be told): ' <<<"$output")" = 12 ]
    [ "$(find results -type f | sort | tr '\n' ' ')" = "results/sanity/index.html results/sanity/run.cfg results/sanity/sanity.csv results/sanity/sanity.json " ]
    no_temporary_files
    csv '
assert len(of("cascade", "gradient")) == len(of("bottom_up", "gradient")) == len(of("independent", "gradient")) == 7
assert [r["layer"] for r in of("cascade", "gradient")][1:] == [7, 6, 5, 3, 2, 0]
assert [r["layer"] for r in of("bottom_up", "gradient")][1:] == [0, 2, 3, 5, 6, 7]
assert [r["stage"] for r in of("perturbation", "gradient")] == [0] + list(range(1, 101, 10))
for check in "cascade", "bottom_up", "independent", "perturbation":
    for method in "gradient", "gradient_x_input":
        first = of(check, method)[0]
        assert abs(first["spearman"] - 1) < 1e-9 and abs(first["abs_spearman"] - 1) < 1e-9 and first["overlap"] == 1 and first["ssim"] == 1
# from the top or from the bottom: in the end all layers are random, by the same numbers
for key in "spearman", "abs_spearman", "pearson", "overlap", "ssim", "value":
    assert of("cascade", "gradient")[-1][key] == of("bottom_up", "gradient")[-1][key], key
# one layer alone: the same as the first of each cascade
assert of("independent", "gradient")[1]["spearman"] == of("bottom_up", "gradient")[1]["spearman"]
assert of("independent", "gradient")[-1]["spearman"] == of("cascade", "gradient")[1]["spearman"]
# the noise of a t is shared by all methods
assert [r["ratio"] for r in of("perturbation", "gradient")] == [r["ratio"] for r in of("perturbation", "gradient_x_input")]
assert all(0 <= r["ratio"] <= 1 for r in of("perturbation"))
names = [r["name"] for r in of("logit", "gradient")]
assert len(set(names)) == 5 and "Ankle-boot" not in names, names
# magnitudes of gradient_x_input are mostly the picture
assert verdict("cascade", "gradient_x_input") == "fails"
assert verdict("cascade", "gradient") != "fails"
assert all(math.isfinite(r["value"]) and abs(r["value"]) < 1e3 for r in rows)
'
    grep -q '<svg' results/sanity/index.html
    ! grep -qE '(src|href)="(http|//)' results/sanity/index.html
    grep -q '^# Attribution for Darknet' results/sanity/run.cfg
}

@test "sanity: the same bits again, for any threads and batch; another seed, other numbers" {
    sanity "$picture" -method smoothgrad -samples 4 -checks cascade,logit,perturbation -stages 3 -perturbation_step 50 >it
    mv results one
    attribute sanity "${model[@]}" "$picture" -method smoothgrad -samples 4 -checks cascade,logit,perturbation -stages 3 \
        -perturbation_step 50 -threads 2 -batch 3 >other
    diff one/sanity/sanity.csv results/sanity/sanity.csv
    mv results two
    sed -n 's/^#   darknet //p' one/sanity/run.cfg | sed "s|results/sanity/run.cfg|one/sanity/run.cfg|; s|^|'$darknet' |" >again
    sh -e again
    diff one/sanity/sanity.csv results/sanity/sanity.csv
    sanity "$picture" -method smoothgrad -samples 4 -checks cascade,logit,perturbation -stages 3 -perturbation_step 50 \
        -seed 2 >it
    ! diff -q one/sanity/sanity.csv results/sanity/sanity.csv
    csv 'assert [r["stage"] for r in of("cascade")] == [0, 2, 4, 6] and [r["stage"] for r in of("perturbation")] == [0, 1, 51]'
}

# A network that is one matrix: the gradient of a class's logit is that class's row.
make_linear() {
    printf '%s\n' '[net]' width=8 height=8 channels=1 '[connected]' output=4 activation=linear '[softmax]' >linear.cfg
    printf '%s\n' a b c d >linear.names
    printf 'names=linear.names\nclasses=4\n' >linear.data
    python3 - <<'PYTHON'
import random, struct
random.seed(3)
weights = [random.gauss(0, 1) for _ in range(4 * 64)]
open("linear.weights", "wb").write(struct.pack("<iiiq", 0, 2, 0, 0) + struct.pack("<260f", *[0] * 4, *weights))
PYTHON
    pictures grey it.png 8 8
}

@test "sanity: of a linear network maps of other classes agree as its rows of weights do" {
    make_linear
    attribute sanity linear.data linear.cfg linear.weights it.png -method gradient -other_classes 3 -threads 1
    csv '
import struct
w = struct.unpack("<256f", open("linear.weights", "rb").read()[20 + 16:])
def ranks(v):
    order = sorted(range(64), key=lambda i: v[i])
    return [order.index(i) for i in range(64)]
def spearman(a, b):
    a, b = ranks(a), ranks(b)
    return 1 - 6 * sum((x - y) ** 2 for x, y in zip(a, b)) / (64 * (64 ** 2 - 1))
row = lambda c: w[64 * c:64 * c + 64]
own = "abcd".index(of("logit")[0]["class"])
assert len(of("logit")) == 3
for r in of("logit"):
    other = "abcd".index(r["name"])
    assert abs(r["spearman"] - spearman(row(own), row(other))) < 1e-6, r
    a, b = [abs(x) for x in row(own)], [abs(x) for x in row(other)]
    assert abs(r["abs_spearman"] - spearman(a, b)) < 1e-6, r
# a bias of a connected layer undoes a shift everywhere
shift = of("shift")[0]
assert abs(shift["spearman"] - 1) < 1e-9
assert abs(shift["value"] - document["maps"][0]["target_value"]) < 1e-4
# one layer with parameters: every randomisation has one stage, all the same
assert len(of("cascade")) == len(of("independent")) == 2
assert of("cascade")[1]["spearman"] == of("independent")[1]["spearman"] == of("bottom_up")[1]["spearman"]
'
}

@test "sanity: a detector, each detection at its own cell; what cannot be checked says why" {
    make_list
    run -0 attribute sanity "${detector[@]}" images/5.png -method gradient -thresh 0.2 -detections 2 -threads 1
    echo "$output"
    csv '
assert {r["target"] for r in rows} == {1, 2}
assert len(of("cascade")) == 4 and not of("logit")
assert all(m["checks"]["logit"]["problem"] == "the network has no other class to compare with" for m in document["maps"])
assert verdict("logit", "gradient") == "cannot be told"
'
    run -0 attribute sanity "${detector[@]}" images/5.png -method gradient -thresh 0.99 -threads 1
    [[ $output == *"nothing to explain"* ]]
    run -0 attribute sanity "${detector[@]}" images/5.png -method gradient -thresh 0.2 -target w -detections 1 -threads 1
    [[ $output == *"needs a probability"* ]]
}

@test "sanity: a list, with a picture that cannot be read" {
    ls "$pictures"/[01]_* >list.txt
    echo no.png >>list.txt
    run --separate-stderr -2 sanity list.txt -method gradient -checks independent -stages 1
    echo "$output$stderr"
    [[ $stderr == *"no.png"* ]]
    csv 'assert len({r["picture"] for r in rows}) == 2 and document["verdicts"][0]["maps"] == 2'
}

@test "sanity: wrong usage" {
    refused "usage: darknet attribute sanity DATA CFG WEIGHTS" attribute sanity
    refused "checks=top" sanity "$picture" -checks top
    refused "other_classes=0" sanity "$picture" -other_classes 0
    refused "-json is for test, compare, not for sanity" sanity "$picture" -json
    refused "sanity takes one layer for all" sanity "$picture" -method gradcam -layers 3,4
    refused "no.png" sanity no.png
}

@test "sanity: nowhere to write is told after the first picture" {
    touch file
    run --separate-stderr -1 sanity "$picture" -method gradient -stages 1 -results file/it
    [[ ${stderr_lines[0]} == "darknet attribute: file: cannot make the folder: "* ]]
}

@test "sanity: ctrl-C leaves no half file" {
    "$darknet" attribute sanity "${model[@]}" "$picture" -method smoothgrad -samples 100000 -checks cascade -threads 1 \
        >it 2>error &
    process=$!
    sleep 2
    kill -INT $process
    code=0
    wait $process || code=$?
    cat error
    [ $code = 1 ]
    grep -q interrupted error
    [ ! -e results ]
}

@test "sanity: Tiny Darknet: a cascade starts at 1 and ends where chance is" {
    full_size
    needs_testdata
    run -0 attribute sanity cfg/imagenet1k.data cfg/tiny.cfg "$tiny.weights" data/dog.jpg -checks cascade,independent \
        -methods gradient,gradcam
    echo "$output"
    csv '
cascade = of("cascade", "gradient")
assert len(cascade) == 17 and cascade[0]["spearman"] == 1
assert 0.1 < cascade[1]["abs_spearman"] < 0.6
last = cascade[-1]
for key in "spearman", "abs_spearman":
    edge = max(abs(last["low_" + key]), abs(last["high_" + key])) + 0.02
    assert abs(last[key]) < edge, (key, last[key], edge)
assert verdict("cascade", "gradient") == "passes"
# 49 places, smooth: chance alone reaches 0.4, and what is within it passes
grad_cam = of("cascade", "gradcam")[-1]
chance = max(abs(grad_cam["low_abs_spearman"]), abs(grad_cam["high_abs_spearman"]))
assert abs(grad_cam["abs_spearman"]) < 0.5
assert verdict("cascade", "gradcam") == ("passes" if abs(grad_cam["abs_spearman"]) <= chance else "doubtful")
# the size of logits stays sane
assert all(abs(r["value"]) < 100 for r in rows)
'
}

@test "sanity: Yolo-Fastest: a detection keeps its cell" {
    full_size
    needs_testdata
    run -0 attribute sanity cfg/coco.data "$yolo.cfg" "$yolo.weights" data/dog.jpg -method gradient -detections 1 \
        -stages 4 -checks cascade,logit,shift
    echo "$output"
    csv '
assert len(of("cascade")) == 5 and len(of("logit")) == 5
assert all(0 <= r["value"] <= 1 for r in rows)
assert abs(of("cascade")[-1]["abs_spearman"]) < 0.5
'
}
