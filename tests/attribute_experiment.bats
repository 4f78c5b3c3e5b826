# `darknet attribute experiment`: a study as a cfg file.

load attribute

# experiment NAME [LINE...]: writes NAME.cfg with two networks that are the same, three methods, and lines.
experiment() {
    printf '%s\n' "[experiment]" "title=A < B & C" "[data]" "data=${model[0]}" "list=some" \
        "[model]" "name=first net" "cfg=${model[1]}" "weights=${model[2]}" \
        "[model]" "name=second" "cfg=${model[1]}" "weights=${model[2]}" "seed=7" \
        "[method]" "method=gradient" \
        "[method]" "name=smooth" "method=smoothgrad" "samples=2" "sigma=0,.2" \
        "[metric]" "metrics=gini, deletion" "pictures=3" \
        "[claim]" "text=Noise makes maps even" "metric=gini" "falls_with=sigma" \
        "[plot]" "metric=gini" "x=sigma" "over=models" \
        "[plot]" "metric=deletion" "x=curve" "of=gradient; smooth, sigma .2" \
        "[plot]" "metric=gini, deletion" "${@:2}" >"$1.cfg"
    mkdir -p some
    cp "$pictures"/[0-4]_* some/
}

files() {
    (cd results/experiments/study && find . -type f ! -name run.cfg ! -name '*.html' ! -name '*.json' -print0 | sort -z | xargs -0 sha256sum)
}

@test "experiment: all files, complete and finite; no noise is the gradient itself; nothing is done twice" {
    experiment study "[accuracy]" "clones=2" "[method]" "name=clones" "method=noisegrad" "clones=2" \
        "weight_noise=additive,multiplicative" "weight_sigma=.1"
    attribute experiment study.cfg -threads 1 | tee out
    grep -q "^first net: 3 of 3 pictures are left" out
    grep -q "^Noise makes maps even" out
    python3 - <<'PYTHON'
import csv, math
folder = "results/experiments/study/"
rows = list(csv.DictReader(open(folder + "measurements.csv")))
table = list(csv.DictReader(open(folder + "table.csv")))
methods = ["gradient", "smooth, sigma 0", "smooth, sigma .2", "clones, weight_noise additive",
           "clones, weight_noise multiplicative", "control: random", "control: centre", "control: edges"]
maps = [r for r in rows if r["metric"] in ("gini", "deletion")]
assert len(maps) == 2 * 3 * len(methods) * 2, len(maps)
assert all(math.isfinite(float(r["value"])) for r in rows)
by = {}
for r in maps:
    by.setdefault((r["network"], r["method"], r["metric"]), []).append(float(r["value"]))
for network in "first net", "second":
    assert [r["method"] for r in table if (r["network"], r["metric"]) == (network, "gini")] == methods
    for metric in "gini", "deletion":
        assert by[network, "gradient", metric] == by[network, "smooth, sigma 0", metric]
        assert by[network, "gradient", metric] != by[network, "smooth, sigma .2", metric]
for r in table:
    values = [float(m["value"]) for m in rows
              if all(m[k] == r[k] for k in ("network", "method", "metric"))]
    assert int(r["n"]) == len(values) and abs(float(r["mean"]) - sum(values) / len(values)) < 1e-12, r
drops = [r for r in rows if r["metric"] == "accuracy_drop"]
assert len(drops) == 2 * 2 * 2 and {r["target"] for r in drops} == {"clone 1", "clone 2"}
assert len([line for line in open(folder + "table.md") if line.startswith("| ")]) == 2 * (1 + 8) + 2 * (1 + 2)
PYTHON
    grep -q "A &#60; B &#38; C" results/experiments/study/index.html
    ! command -v gnuplot >/dev/null || [ "$(grep -c '<svg' results/experiments/study/index.html)" -ge 3 ]
    no_temporary_files
    files >before
    attribute experiment study.cfg -threads 1 | tee out
    grep -q "^second: 0 of 3 pictures are left" out
    files | diff before -
}

@test "experiment: sanity checks as numbers, with curves and a page of maps" {
    experiment study "[checks]" "checks=cascade,perturbation" "pictures=2" "shown=1" "perturbation_step=20" \
        "[plot]" "metric=perturbation_spearman, perturbation_probability" "x=curve"
    attribute experiment study.cfg -threads 1 | tee out
    python3 - <<'PYTHON'
import csv, math
folder = "results/experiments/study/"
rows = [r for r in csv.DictReader(open(folder + "measurements.csv")) if r["metric"][:3] in ("cas", "per")]
assert {r["metric"] for r in rows} == {"cascade_spearman", "cascade_ssim", "cascade_overlap", "perturbation_spearman",
    "perturbation_ssim", "perturbation_overlap", "perturbation_probability"}
assert len(rows) == 2 * 2 * 3 * 7, len(rows)
p = {}
for r in rows:  # the noise of a t is the same for all methods
    if r["metric"] == "perturbation_probability":
        p.setdefault((r["network"], r["picture"]), set()).add(r["value"])
assert len(p) == 4 and all(len(values) == 1 for values in p.values()), p
curves = [r for r in csv.DictReader(open(folder + "first net/checks/curves.csv")) if r["target_index"] != "-1"]
assert len(curves) == 2 * 3 * 7
for r in curves:
    assert abs(float(r["y0"]) - 1) < 1e-9 and all(math.isfinite(float(r["y%d" % i])) for i in range(31)), r
sanity = list(csv.DictReader(open(folder + "first net/sanity/sanity.csv")))
first = [r for r in sanity if r["check"] == "cascade" and r["method"] == "gradient"]
mine = [r for r in rows if r["metric"] == "cascade_ssim" and r["method"] == "gradient" and r["network"] == "first net"]
assert len({r["picture"] for r in sanity}) == 1 and float(first[-1]["ssim"]) == float(mine[0]["value"])
PYTHON
    grep -q 'first%20net/sanity/index.html' results/experiments/study/index.html
    files >before
    attribute experiment study.cfg -threads 2 >/dev/null
    files | diff before -
}

@test "experiment: interrupted at whatever moment, it goes on to the same bytes" {
    experiment study
    attribute experiment study.cfg -threads 1 >/dev/null
    files >before
    for seconds in .2 .6 1.2; do
        rm -rf results
        timeout -s INT "$seconds" "$darknet" attribute experiment study.cfg -threads 1 >out 2>&1 || true
        attribute experiment study.cfg -threads 2 >/dev/null
        files | diff before -
    done
}

@test "experiment: a dry run says what there is to do, and leaves nothing" {
    experiment study "[make]" "run=scripts/nothing" "makes=none.weights"
    attribute experiment study.cfg -dry | tee out
    grep -q "^none.weights is missing, and would be made first: scripts/nothing" out
    experiment study
    attribute experiment study.cfg -dry -threads 1 | tee out
    grep -q "^first net: 3 pictures, 3 methods, 2 metrics: 15 gradients, " out # of each 1 + 2 + 2
    [ ! -e results ]
}

# trained_study KIND DATA LIST: writes study.cfg with one network, small.cfg, which Darknet trains.
trained_study() {
    printf '%s\n' "[experiment]" "title=A network made here" "[data]" "data=$1" "list=$2" \
        "[train]" "cfg=small.cfg" "weights=nets/small.weights" "seed=${3:-1}" \
        "[model]" "name=small" "cfg=small.cfg" "weights=nets/small.weights" \
        "[method]" "method=gradient" "[metric]" "metrics=gini" "pictures=2" >study.cfg
}

@test "experiment: Darknet trains what [train] asks for, once; other settings need other weights" {
    printf '[net]\nbatch=8\nwidth=28\nheight=28\nchannels=3\nlearning_rate=.01\nmax_batches=3\n' >small.cfg
    printf '[conv]\nfilters=4\nsize=3\nbatch_normalize=1\nactivation=leaky\n[connected]\noutput=10\n[softmax]\n' >>small.cfg
    printf '%s\n' "$pictures"/*.png >some.list
    printf 'classes=10\ntrain=some.list\nvalid=some.list\nlabels=%s\nnames=%s\nbackup=none\n' \
        "$root/cfg/fashion.labels" "$root/cfg/fashion.names" >small.data
    trained_study small.data some.list
    attribute experiment study.cfg -dry | tee out
    grep -q "^nets/small.weights is missing: Darknet would train small.cfg first" out
    [ ! -e nets ]
    attribute experiment study.cfg >out
    grep -q "^nets/small.weights is missing: Darknet trains small.cfg, see nets/small.weights.log" out
    [ "$(ls nets)" = $'small.weights\nsmall.weights.log\nsmall.weights.made' ]
    grep -q "^3, " nets/small.weights.log
    sum=$(sha256sum nets/small.weights)
    attribute experiment study.cfg >out
    ! grep -q "is missing" out || false
    trained_study small.data some.list 2
    refused "nets/small.weights was trained with another cfg, .data file, list or seed" attribute experiment study.cfg
    rm -r nets
    attribute experiment study.cfg >/dev/null
    [ "$(sha256sum nets/small.weights)" != "$sum" ]
    rm -r nets
    trained_study small.data some.list 1
    attribute experiment study.cfg >/dev/null
    [ "$(sha256sum nets/small.weights)" = "$sum" ]
}

@test "experiment: a detector is trained, too; an interrupted training leaves no weights" {
    ! with_sanitizers || skip "Darknet's find_replace() copies names of labels onto themselves"
    make_list
    printf '%s\n' 'classes=1' 'names=quarter.names' 'train=list.txt' 'valid=list.txt' >quarter.data
    detector_for() {
        printf '%s\n' '[net]' width=32 height=32 channels=3 batch=2 learning_rate=.001 max_batches="$1" '[convolutional]' \
            filters=6 size=16 stride=16 activation=linear '[yolo]' mask=0 anchors=10,10 classes=1 num=1 >small.cfg
    }
    detector_for 100000000
    trained_study quarter.data list.txt
    "$darknet" attribute experiment study.cfg >out 2>&1 &
    process=$!
    wait_for "$process" test -s nets/small.weights.log
    kill -INT "$process"
    code=0
    wait "$process" || code=$?
    [ "$code" = 1 ]
    [ "$(ls nets)" = small.weights.log ]
    detector_for 3
    attribute experiment study.cfg -thresh .001
    [ "$(ls nets)" = $'small.weights\nsmall.weights.log\nsmall.weights.made' ]
    sum=$(sha256sum nets/small.weights)
    rm -r nets
    attribute experiment study.cfg -thresh .001 >/dev/null
    [ "$(sha256sum nets/small.weights)" = "$sum" ]
    detector_for 0
    rm -r nets
    refused "small.cfg: max_batches= is missing" attribute experiment study.cfg
}

@test "experiment: what is wrong is told before anything is done" {
    experiment study "[plot]" "metric=gini" "x=seed"
    refused "study.cfg:39: [plot] x=seed: no method has several values of it" attribute experiment study.cfg
    experiment study "smapels=3"
    refused "study.cfg:39: [plot] has no key smapels" attribute experiment study.cfg
    refused "usage: darknet attribute experiment FILE" attribute experiment
    refused "none.cfg" attribute experiment none.cfg
    : >empty.cfg
    refused "empty.cfg: holds no experiment" attribute experiment empty.cfg
    experiment study "[make]" "run=scripts/nothing" "makes=none.weights"
    run --separate-stderr -3 attribute experiment study.cfg || true
    [[ $stderr == *"scripts/nothing"* ]]
    [ ! -e results ]
}

@test "experiment: every study of the project is well formed" {
    for file in "$root"/cfg/experiments/*.cfg; do
        run -0 attribute experiment "$file" -dry -size small
        [[ $output == *"What the rest takes is not known before."* ]]
        run -0 attribute experiment "$file" -dry -size paper
    done
}
