# darknet attribute attack
load attribute

attack() {
    attribute attack "${model[@]}" "$@" -threads 1
}

# json CODE: Python with `document`, attack.json of results/${folder:-9_ankle-boot}, and `t`, its first target.
json() {
    python3 - "results/${folder:-9_ankle-boot}/attack.json" <<PYTHON
import json, math, sys
document = json.load(open(sys.argv[1]))
t = document["targets"][0]
$1
PYTHON
}

# pixels FILE: width, height and the bytes of an 8-bit RGB picture, as numbers on one line.
pixels() {
    python3 - "$1" <<'PYTHON'
import struct, sys, zlib
data = open(sys.argv[1], "rb").read()
at, idat = 8, b""
while at < len(data):
    size, kind = struct.unpack(">I4s", data[at : at + 8])
    body = data[at + 8 : at + 8 + size]
    if kind == b"IHDR":
        w, h, depth, colour = struct.unpack(">IIBB", body[:10])
        channels = {0: 1, 2: 3}[colour]
    if kind == b"IDAT":
        idat += body
    at += size + 12
raw, rows, line = zlib.decompress(idat), [], bytes(w * channels)
for y in range(h):
    kind, row = raw[y * (w * channels + 1)], bytearray(raw[y * (w * channels + 1) + 1 : (y + 1) * (w * channels + 1)])
    for i in range(len(row)):
        a, b = row[i - channels] if i >= channels else 0, line[i]
        c = line[i - channels] if i >= channels else 0
        p = a + b - c
        paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
        row[i] = (row[i] + (0, a, b, (a + b) // 2, paeth)[kind]) & 255
    line = bytes(row)
    rows += [v for i in range(0, len(row), channels) for v in (row[i : i + 3] if channels == 3 else [row[i]] * 3)]
print(w, h, *rows)
PYTHON
}

@test "attack: all files of pgd, whole, and what is printed" {
    run --separate-stderr -0 attack "$picture" "${quick[@]:0:2}" -epsilon 0.06
    echo "$output"
    [ -z "$stderr" ]
    [[ ${lines[0]} == *"Ankle-boot: logit by pgd: succeeded" ]]
    [[ ${lines[-1]} == "  results/9_ankle-boot/Ankle-boot_pgd.png" ]]
    [ "$(cd results/9_ankle-boot && echo *)" = "Ankle-boot_pgd.after.npy Ankle-boot_pgd.after.png Ankle-boot_pgd.before.npy Ankle-boot_pgd.before.png Ankle-boot_pgd.difference.png Ankle-boot_pgd.png attack.cfg attack.json" ]
    no_temporary_files
    json '
assert document["attack"] == "pgd" and abs(document["epsilon"] - 0.06) < 1e-12 and document["most_iterations"] == 40
assert abs(document["step"] - 0.00225) < 1e-12 and "beta" not in document
assert (document["width"], document["height"], document["channels"]) == (28, 28, 3)
assert t["class"] == "Ankle-boot" and t["class_index"] == 9 and t["attack_class"] is None and t["succeeded"]
assert len(t["probabilities"]) == 41 and "losses" not in t and "attack_class_probabilities" not in t
assert t["probabilities"][40] == t["exact"]["probability"] < 0.5 < t["before"]["probability"]
assert t["after"]["predicted"] != 9 == t["before"]["predicted"]
assert t["after"]["classes"][0]["class_index"] == t["after"]["predicted"] and len(t["after"]["classes"]) == 5
assert t["distance"]["l_infinity"] <= 0.06 + 1e-6 and t["exact_distance"]["l_infinity"] <= 0.06 + 1e-6
assert abs(t["magnification"] * t["distance"]["l_infinity"] - 0.5) < 1e-9
for key in "spearman", "absolute_spearman", "ssim", "top_overlap":
    assert -1 <= t["maps"][key] < 1, key
'
    grep -q '^# Attribution for Darknet' results/9_ankle-boot/attack.cfg
}

@test "attack: the picture is within epsilon, byte by byte, and reproduces its figures" {
    attack "$picture" -method gradient -epsilon 0.0314 >it
    pixels "$build/$picture" >clean
    pixels results/9_ankle-boot/Ankle-boot_pgd.png >deceived
    json '
a, b = ([int(n) for n in open(f).read().split()] for f in ("clean", "deceived"))
assert a[:2] == b[:2] == [28, 28]
d = [x - y for x, y in zip(a[2:], b[2:])]
assert 0 < max(map(abs, d)) <= 8, max(map(abs, d))
assert abs(max(map(abs, d)) / 255 - t["distance"]["l_infinity"]) < 1e-6
assert abs(math.sqrt(sum(x * x for x in d)) / 255 - t["distance"]["l2"]) < 1e-5
'
    attribute test "${model[@]}" results/9_ankle-boot/Ankle-boot_pgd.png -method gradient -class Ankle-boot -threads 1 \
        -coordinates network -results again >it
    json '
again = json.load(open("again/Ankle-boot_pgd/summary.json"))
after = {c["class_index"]: c["score"] for c in t["after"]["classes"]}
seen = {c["class_index"]: c["score"] for c in again["predictions"]}
assert after == seen, (after, seen)
'
    cmp again/Ankle-boot_pgd/Ankle-boot_gradient.npy results/9_ankle-boot/Ankle-boot_pgd.after.npy
    attribute test "${model[@]}" "$picture" -method gradient -class Ankle-boot -threads 1 -coordinates network -results again >it
    cmp again/9_ankle-boot/Ankle-boot_gradient.npy results/9_ankle-boot/Ankle-boot_pgd.before.npy
}

@test "attack: the same bits again, by its record, for any threads and batch; another seed, another picture" {
    attack "$picture" -method smoothgrad -samples 4 >it
    mv results one
    attribute attack "${model[@]}" "$picture" -method smoothgrad -samples 4 -threads 2 -batch 3 >it
    cmp one/9_ankle-boot/Ankle-boot_pgd.png results/9_ankle-boot/Ankle-boot_pgd.png
    cmp one/9_ankle-boot/Ankle-boot_pgd.after.npy results/9_ankle-boot/Ankle-boot_pgd.after.npy
    rm -r results
    sed -n 's/^#   darknet //p' one/9_ankle-boot/attack.cfg |
        sed "s|results/9_ankle-boot/attack.cfg|one/9_ankle-boot/attack.cfg|; s|^|'$darknet' |" >again
    sh -e again >it
    diff one/9_ankle-boot/attack.json results/9_ankle-boot/attack.json
    attack "$picture" -method smoothgrad -samples 4 -seed 2 >it
    ! cmp -s one/9_ankle-boot/Ankle-boot_pgd.png results/9_ankle-boot/Ankle-boot_pgd.png
    rm -r results
    attack "$picture" -method gradient -random_start=0 -attack_iterations 3 >it
    json 'assert t["probabilities"][0] == t["before"]["probability"] and len(t["probabilities"]) == 4'
}

@test "attack: to a class that is named; several targets; other kinds of files" {
    run -0 attack "$picture" -method gradient -attack_class Bag -epsilon 0.1 -attack_step 0.01 -output json
    echo "$output"
    [ "$(cd results/9_ankle-boot && echo *)" = "Ankle-boot_pgd.png attack.cfg attack.json" ]
    json '
assert t["attack_class"] == "Bag" and t["succeeded"] and t["after"]["predicted"] == 8
assert t["after"]["attack_class_probability"] > 0.5 > t["before"]["attack_class_probability"]
assert t["attack_class_probabilities"][-1] > t["attack_class_probabilities"][0]
'
    run -0 attack "$picture" -method gradient -top 2 -output npy
    [ -e results/9_ankle-boot/Ankle-boot_pgd.png ]
    [ ! -e results/9_ankle-boot/Ankle-boot_pgd.after.png ]
    [ "$(find results -name '*_pgd.png' | wc -l)" = 2 ]
}

@test "attack: topk keeps the prediction and moves the map" {
    attack "$picture" -method gradient -attack topk >it
    cat it
    json '
assert document["attack"] == "topk" and document["beta"] == 30 and document["top_pixels"] == 16
assert t["succeeded"] and t["after"]["predicted"] == t["before"]["predicted"] == 9
assert t["distance"]["l_infinity"] <= 8 / 255 + 1e-6
assert t["gradient_maps"]["top_overlap"] < 0.5, t["gradient_maps"]
assert len(t["losses"]) == len(t["probabilities"]) == t["iterations"] + 1
assert min(t["losses"]) < 0.7 * t["losses"][0]
'
    attack "$picture" -method gradient -attack topk -attacked_map gradient_x_input -attacked_pixels 40 \
        -attack_iterations 20 >it
    json 'assert document["top_pixels"] == 40 and t["gradient_maps"]["top_overlap"] < 1 and t["iterations"] <= 20'
}

@test "attack: structured takes the map of another picture, or an array" {
    attack "$picture" -method gradient -attack structured -wanted_map cfg/fashion-pictures/1_trouser.png \
        -attack_iterations 150 -attack_step 0.0005 >it
    cat it
    json '
assert document["attack"] == "structured" and document["epsilon"] is None and document["beta"] == 100
assert t["after"]["predicted"] == 9 and abs(t["after"]["probability"] - t["before"]["probability"]) < 0.1
assert t["wanted_spearman_after"] > t["wanted_spearman_before"] + 0.1, t["wanted_spearman_after"]
assert len(t["losses"]) == 151
'
    python3 - <<'PYTHON'
import struct
head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (28, 28), }"
head += b" " * (63 - (len(head) + 10) % 64) + b"\n"
rows = [[float(4 <= y < 10 and 4 <= x < 10) for x in range(28)] for y in range(28)]
open("wanted.npy", "wb").write(b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head
                               + struct.pack("<784f", *sum(rows, [])))
open("small.npy", "wb").write(open("wanted.npy", "rb").read().replace(b"(28, 28)", b"(14, 56)"))
PYTHON
    attack "$picture" -method gradient -attack structured -wanted_map wanted.npy -attack_iterations 40 \
        -attack_step 0.0005 -epsilon 0.05 >it
    json 'assert t["wanted_spearman_after"] > t["wanted_spearman_before"] and t["distance"]["l_infinity"] <= 0.05 + 1e-6'
    rm -r results it
    refused "small.npy: a wanted map is an array of the network's 28 x 28" attack "$picture" -attack structured -wanted_map small.npy
    refused "no.png" attack "$picture" -attack structured -wanted_map no.png
}

@test "attack: a detection at its cell, and where it is found anew; another class; nothing there" {
    make_list
    run -0 attribute attack "${detector[@]}" images/5.png -method gradient -thresh 0.2 -detections 2 -threads 1 \
        -epsilon 0.05 -attack_step 0.005
    echo "$output"
    folder=5
    [ "$(cd results/5 && echo *_pgd.png)" = "quarter_1_pgd.png quarter_2_pgd.png" ]
    json '
assert len(document["targets"]) == 2
for t in document["targets"]:
    assert t["after"]["probability"] < t["before"]["probability"] and t["after"]["best_match"] is not None
    assert t["probabilities"][-1] < t["probabilities"][0]
'
    run -0 attribute attack "${detector[@]}" images/5.png -method gradient -thresh 0.2 -detections 1 -attack_match anew \
        -threads 1
    json 'assert t["after"]["best_match"] < t["before"]["best_match"]'
    run -0 attribute attack "${detector[@]}" images/5.png -method gradient -thresh 0.99 -threads 1
    [[ $output == *"nothing to attack"* ]]
}

@test "attack: wrong usage" {
    refused "usage: darknet attribute attack DATA CFG WEIGHTS" attribute attack
    refused "attack=fgsm" attack "$picture" -attack fgsm
    refused "epsilon=2" attack "$picture" -epsilon 2
    refused "attack_class=Hat: there is no such class" attack "$picture" -attack_class Hat
    refused "attack_match=anew is for detections" attack "$picture" -attack_match anew
    refused "attack=structured needs wanted_map=FILE" attack "$picture" -attack structured
    refused "attack=pgd does not use beta" attack "$picture" -beta 3
    refused "attack=topk does not use attack_class" attack "$picture" -attack topk -attack_class Bag
    refused "attacked_pixels=785: the picture has 28 x 28" attack "$picture" -attack topk -attacked_pixels 785
    refused "attack takes one layer for all" attack "$picture" -method gradcam -layers 3,4
    refused "adaptive: attack takes root_sigma as it is" attack "$picture" -method smoothtaylor -adaptive aupc
    refused "-json is for test, compare, not for attack" attack "$picture" -json
    refused "needs a probability" attack "$picture" -method gradient -target "logit - logit(runner_up)"
    refused "no.png" attack no.png
}

@test "attack: bends that no softplus rounds are refused for maps, not for pgd" {
    sed '0,/activation=leaky/s//activation=hardtan/; 0,/activation=relu/s//activation=hardtan/' \
        "$build/cfg/fashion.cfg" >bent.cfg
    grep -q hardtan bent.cfg
    refused "has activation=hardtan" attribute attack cfg/fashion.data bent.cfg cfg/fashion.weights "$picture" -attack topk
    run -0 attribute attack cfg/fashion.data bent.cfg cfg/fashion.weights "$picture" -method gradient -threads 1
}

@test "attack: a list, with a picture that cannot be read" {
    ls "$pictures"/[01]_* >list.txt
    echo no.png >>list.txt
    run --separate-stderr -2 attack list.txt -method gradient -output json
    echo "$output$stderr"
    [[ $stderr == *"no.png"* ]]
    [ "$(find results -name attack.json | wc -l)" = 2 ]
}

@test "attack: ctrl-C leaves no half file" {
    "$darknet" attribute attack "${model[@]}" "$picture" -method gradient -attack_iterations 1000000 -threads 1 >it 2>error &
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

@test "attack: Tiny Darknet: a picture that is no square is seen otherwise, and reproduces that" {
    full_size
    needs_testdata
    run -0 attribute attack cfg/imagenet1k.data cfg/tiny.cfg "$tiny.weights" data/dog.jpg -method gradient
    echo "$output"
    folder=dog
    json '
assert (document["width"], document["height"]) == (224, 168) and document["top_pixels"] == 750
assert t["after"]["probability"] < 1e-6 * t["before"]["probability"] and t["succeeded"]
assert t["distance"]["l_infinity"] < 0.0159
'
    attribute test cfg/imagenet1k.data cfg/tiny.cfg "$tiny.weights" results/dog/malamute_pgd.png -method gradient -output json \
        -results again >it
    json '
again = json.load(open("again/malamute_pgd/summary.json"))["predictions"]
assert [p["score"] for p in again] == [c["score"] for c in t["after"]["classes"]]
'
}

@test "attack: Yolo-Fastest: the dog is gone, also where it is looked for anew" {
    full_size
    needs_testdata
    run -0 attribute attack cfg/coco.data "$yolo.cfg" "$yolo.weights" data/dog.jpg -method gradient -class dog \
        -attack_match anew -output json
    echo "$output"
    folder=dog
    json '
assert t["succeeded"] and t["after"]["best_match"] < 0.01 < 0.5 < t["before"]["best_match"]
assert not any(d["class"] == "dog" for d in t["after"]["detections"])
'
    run -0 attribute attack cfg/coco.data "$yolo.cfg" "$yolo.weights" data/dog.jpg -method gradient -class dog \
        -attack topk -attack_iterations 2 -output json
    json 'assert t["iterations"] == 2 and t["after"]["predicted"] == t["before"]["predicted"]'
}

@test "attack: pgd as published lowers the true class of 95 and more of 100 pictures of Fashion-MNIST" {
    full_size
    dataset=${FASHION_MNIST:-/usr/share/datasets/fashion-mnist}
    [ -r "$dataset/t10k-images-idx3-ubyte.gz" ] || skip "dataset-fashion-mnist is not installed"
    python3 - "$dataset" "$build/cfg/fashion.names" <<'PYTHON'
import gzip, os, struct, sys, zlib
images = gzip.open(sys.argv[1] + "/t10k-images-idx3-ubyte.gz").read()[16:]
labels = gzip.open(sys.argv[1] + "/t10k-labels-idx1-ubyte.gz").read()[8:]
names = open(sys.argv[2]).read().split()
def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
os.mkdir("fashion")
for i in range(100):
    rows = b"".join(b"\0" + images[784 * i + 28 * y : 784 * i + 28 * y + 28] for y in range(28))
    head = struct.pack(">IIBBBBB", 28, 28, 8, 0, 0, 0, 0)
    with open(f"fashion/{i}.png", "wb") as png:
        png.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    with open(names[labels[i]] + ".list", "a") as of:
        of.write(f"fashion/{i}.png\n")
PYTHON
    for list in *.list; do
        attack "$list" -method gradient -output json -class "${list%.list}" >>it
    done
    python3 - <<'PYTHON'
import glob, json
targets = [json.load(open(f))["targets"][0] for f in glob.glob("results/*/attack.json")]
lowered = [t["after"]["probability"] < t["before"]["probability"] for t in targets]
print(sum(lowered), "of", len(targets))
assert len(targets) == 100 and sum(lowered) >= 95
assert all(t["distance"]["l_infinity"] <= 0.07 * 0.225 + 1e-6 for t in targets)
PYTHON
}
