# darknet attribute dream
load attribute

dream() {
    attribute dream "${model[@]}" "$@" -threads 1
}

# json CODE: Python with `d`, dream.json of the folder $of.
json() {
    python3 - "results/dream/$of/dream.json" <<PYTHON
import json, math, os, sys
d = json.load(open(sys.argv[1]))
$1
PYTHON
}

# The pixels of a .png file as bytes, and its size: for Python.
read_png='
import struct, zlib
def png(path):
    data, at, packed = open(path, "rb").read(), 8, b""
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR": w, h = struct.unpack(">II", data[at + 8:at + 16])
        if kind == b"IDAT": packed += data[at + 8:at + 8 + n]
        at += 12 + n
    raw, line, rows, before = zlib.decompress(packed), 3 * w + 1, [], [0] * 3 * w
    for y in range(h):
        kind, row = raw[y * line], list(raw[y * line + 1:(y + 1) * line])
        for i in range(3 * w):
            a, b, c = (row[i - 3] if i >= 3 else 0), before[i], (before[i - 3] if i >= 3 else 0)
            p = a + b - c
            paeth = a if abs(p - a) <= abs(p - b) and abs(p - a) <= abs(p - c) else b if abs(p - b) <= abs(p - c) else c
            row[i] = (row[i] + [0, a, b, (a + b) // 2, paeth][kind]) & 255
        rows.append(row)
        before = row
    return w, h, rows
'

@test "dream: two classes, all files whole, told line by line, seen by the network itself" {
    run --separate-stderr -0 dream -class Trouser,Bag -dream_steps 60
    echo "$output"
    [ -z "$stderr" ]
    [[ ${lines[0]} =~ ^"results/dream/Trouser: Trouser, logit "[0-9.]+" after 60 steps ("[-0-9.]+" before); seen without noise, probability "[01]\.[0-9]+", "[0-9.]+" seconds"$ ]]
    [[ ${lines[1]} == "results/dream/Bag: Bag, "* ]]
    [ "${#lines[@]}" = 2 ]
    [ "$(cd results/dream && find . -type d | sort | tr '\n' ' ')" = ". ./Bag ./Trouser " ]
    [ "$(ls results/dream/Bag | tr '\n' ' ')" = "dream.json dream.npy dream.png index.html progress.png run.cfg step00000.png step00007.png step00015.png step00022.png step00030.png step00037.png step00045.png step00052.png step00060.png " ]
    no_temporary_files
    of=Trouser json '
s, c = d["settings"], d["curves"]
assert d["of"] == "Trouser" and d["class_index"] == 1 and d["objective"] == "logit" and d["name"] == "Trouser"
assert (s["seed"], s["steps"], s["rate"], s["rotation"], s["smallest_scale"], s["largest_scale"], s["jitter"]) == (1, 60, .009, 15, .5, 1.2, 0)
assert s["clones"] == 0 and s["gradient_limit"] == 1
assert len(c["objective"]) == len(c["clean"]) == len(c["probability"]) == 61
assert c["objective"][60] is None and all(math.isfinite(v) for v in c["clean"] + c["objective"][:60])
assert c["clean"][60] > c["clean"][0] + 5 and abs(c["probability"][60] - d["probability"]) < 1e-6 and d["probability"] > .9 and d["is_seen"]
assert d["predictions"][0]["class"] == "Trouser" and len(d["predictions"]) == 5 and abs(d["predictions"][0]["score"] - d["probability"]) < 1e-6
assert [f["step"] for f in d["frames"]] == [0, 7, 15, 22, 30, 37, 45, 52, 60]
assert all(os.path.exists("results/dream/Trouser/" + f["file"]) for f in d["frames"])'
    grep -q '<svg' results/dream/Bag/index.html
    ! grep -qE '(src|href)="(http|//)' results/dream/Bag/index.html
    grep -q 'Without noise the network sees Bag in it' results/dream/Bag/index.html
    grep -q '^# Attribution for Darknet' results/dream/Bag/run.cfg
}

@test "dream: the pictures are the numbers; the strip is the frames; the network explains its dream" {
    dream -class Trouser -dream_steps 20
    python3 - <<PYTHON
$read_png
data = open("results/dream/Trouser/dream.npy", "rb").read()
values = struct.unpack("<2352f", data[-4 * 2352:])
assert b"(3, 28, 28)" in data[:128], data[:128]
w, h, rows = png("results/dream/Trouser/dream.png")
assert (w, h) == (28, 28) and all(0 < v < 1 for v in values)
for y in range(28):
    for x in range(28):
        for k in range(3):
            assert abs(rows[y][3 * x + k] - 255 * values[784 * k + 28 * y + x]) <= .5001, (y, x, k)
assert rows == png("results/dream/Trouser/step00020.png")[2]
w, h, strip = png("results/dream/Trouser/progress.png")
assert (w, h) == (9 * 32 - 4, 28), (w, h)
for i, step in enumerate([0, 2, 5, 7, 10, 12, 15, 17, 20]):
    frame = png(f"results/dream/Trouser/step{step:05}.png")[2]
    assert all(strip[y][96 * i:96 * i + 84] == frame[y] for y in range(28)), step
    assert i == 8 or all(strip[y][96 * i + 84:96 * i + 96] == [255] * 12 for y in range(28)), step
PYTHON
    attribute test "${model[@]}" results/dream/Trouser/dream.png "${quick[@]}" | grep -q Trouser
}

@test "dream: the same seed gives the same bytes with one and two threads and from its record, another seed others" {
    dream -class Bag -dream_steps 12 -clones 3 -weight_sigma 0.1 -jitter 2
    mv results one
    attribute dream "${model[@]}" -class Bag -dream_steps 12 -clones 3 -weight_sigma 0.1 -jitter 2 -threads 2 -batch 4
    mv results two
    for file in one/dream/Bag_noisegrad3/*.png one/dream/Bag_noisegrad3/dream.npy; do cmp "$file" "two/${file#one/}"; done
    diff <(grep -v '"seconds"' one/dream/*/dream.json) <(grep -v '"seconds"' two/dream/*/dream.json)
    sed -n 's/^#   darknet //p' one/dream/*/run.cfg | sed "s|results/dream|one/dream|; s|^|'$darknet' |" >again
    sh -e again
    cmp one/dream/Bag_noisegrad3/dream.npy results/dream/Bag_noisegrad3/dream.npy
    dream -class Bag -dream_steps 12 -clones 3 -weight_sigma 0.1 -jitter 2 -seed 2
    ! cmp -s one/dream/Bag_noisegrad3/dream.npy results/dream/Bag_noisegrad3/dream.npy
    of=Bag_noisegrad3 json 'assert d["settings"]["clones"] == 3 and d["settings"]["weight_sigma"] == .1 and d["settings"]["weight_noise"] == "multiplicative" and not d["settings"]["fresh_clones"]'
    dream -class Bag -dream_steps 12 -clones 3 -weight_sigma 0.1 -jitter 2 -fresh_clones
    ! cmp -s one/dream/Bag_noisegrad3/dream.npy results/dream/Bag_noisegrad3/dream.npy
    mv results fresh
    sed -n 's/^#   darknet //p' fresh/dream/*/run.cfg | sed "s|results/dream|fresh/dream|; s|^|'$darknet' |" >again
    sh -e again
    cmp fresh/dream/Bag_noisegrad3/dream.npy results/dream/Bag_noisegrad3/dream.npy
}

@test "dream: of noisy networks, seen by the one without noise" {
    dream -class Trouser,Bag -dream_steps 60 -clones 8 -weight_sigma 0.1 >it
    cat it
    [ "$(grep -c '; seen without noise' it)" = 2 ]
    of=Trouser_noisegrad8 json 'assert d["is_seen"] and d["settings"]["clones"] == 8'
}

@test "dream: what the noise has ruined is told" {
    dream -class Sneaker -dream_steps 5 -clones 2 -weight_sigma 5 >it
    cat it
    grep -q 'NOT seen without noise, probability 0.* but ' it
    grep -q 'weight_sigma 5 may leave too little of the network' it
    grep -q 'class="warn">Without noise the network does not see Sneaker' results/dream/*/index.html
}

@test "dream: of a channel, its mean or its middle; the record repeats it" {
    dream -layer 2 -channel 5 -dream_steps 10 >it
    grep -q '^results/dream/layer2_channel5: layer 2 \[[a-z]*\], channel 5, mean [0-9.e-]* after 10 steps' it
    ! grep -q seen it
    of=layer2_channel5 json '
assert "class_index" not in d and "is_seen" not in d and d["unit"] == "mean" and d["channel"] == 5
assert d["curves"]["clean"][10] > d["curves"]["clean"][0] and "probability" not in d["curves"]'
    dream -layer 2 -channel 5 -unit centre -dream_steps 10
    cp results/dream/layer2_channel5_centre/dream.npy it.npy
    sed -n 's/^#   darknet //p' results/dream/layer2_channel5_centre/run.cfg | sed "s|^|'$darknet' |" >again
    cp -r results/dream/layer2_channel5_centre/run.cfg it.cfg
    sed "s|-attribution results/dream/layer2_channel5_centre/run.cfg|-attribution it.cfg|" again | sh -e
    cmp it.npy results/dream/layer2_channel5_centre/dream.npy
    of=layer2_channel5_centre json 'assert d["unit"] == "centre"'
}

@test "dream: a difference of classes, a class by its number, only what output asks for" {
    dream -target 'logit(Bag) - logit(Shirt)' -dream_steps 5 -output json
    [ "$(ls results/dream/Bag-Shirt | tr '\n' ' ')" = "dream.json run.cfg " ]
    of=Bag-Shirt json 'assert d["objective"] == "logit(Bag) - logit(Shirt)" and d["curves"]["probability"] == [None] * 6'
    dream -class 8 -dream_steps 5 -output png
    [ "$(ls results/dream/Bag | tr '\n' ' ')" = "dream.png progress.png run.cfg step00000.png step00001.png step00002.png step00003.png step00004.png step00005.png " ]
}

@test "dream: of a detector, anywhere or in a cell, is detected" {
    make_detector quarter.cfg
    detector=(quarter.data quarter.cfg quarter.weights)
    attribute dream "${detector[@]}" -detection quarter -dream_steps 40 -dream_rate 0.05 -threads 1 >it
    cat it
    grep -q '^results/dream/quarter: quarter, log score, anywhere .*; seen without noise, score ' it
    of=quarter json '
assert d["is_seen"] and d["probability"] > .5 and all(p["box"] for p in d["predictions"])
assert abs(math.exp(d["curves"]["clean"][40]) - d["curves"]["probability"][40]) < 1e-6'
    grep -q 'class="box"' results/dream/quarter/index.html
    attribute dream "${detector[@]}" -target 'score(cell 1/0/1/0, quarter)' -dream_steps 10 -threads 1 >it
    grep -q ', score' it
    refused "a detection needs a picture" attribute dream "${detector[@]}" -target 'score(detection 1)'
    refused 'detection=nothing: there is no class "nothing"' attribute dream "${detector[@]}" -detection nothing
    refused "dream: of what? -detection NAME, or -layer L -channel C" attribute dream "${detector[@]}"
}

@test "dream: what it cannot do is refused" {
    refused "usage: darknet attribute dream DATA CFG WEIGHTS -class" attribute dream "${model[@]:0:2}"
    refused "usage: darknet attribute dream" dream "$picture" -class Bag
    refused "dream: of what? -class NAME, or -layer L -channel C" dream
    refused 'class=Bags: there is no class "Bags"' dream -class Bags
    refused "-layer and -channel go together, -channel is missing" dream -layer 3
    refused "-layer and -channel go together, -layer is missing" dream -channel 3
    refused "dream: -layer 99: the network has layers 0 to 9" dream -layer 99 -channel 0
    refused "layer 0 [convolutional] has channels 0 to 15, none of number 99" dream -layer 0 -channel 99
    refused "dream: -class and -detection are two things at once" dream -class Bag -detection Bag
    refused "dream: -detection needs a detector; a classifier has -class" dream -detection Bag
    refused "a channel of a layer is no class" dream -class Bag -layer 0 -channel 1
    refused "dream: -unit is for -layer and -channel" dream -class Bag -unit centre
    refused "a number of clones is needed" dream -class Bag -clones auto
    refused "dream: -fresh_clones needs -clones N" dream -class Bag -fresh_clones
    refused "-smallest_scale 2 is above -largest_scale 1.2" dream -class Bag -smallest_scale 2
    refused "-json is for test, compare, not for dream" dream -class Bag -json
    refused "dream_steps=0: expected a whole number from 1" dream -class Bag -dream_steps 0
    printf '[attribution]\ndream_steps=5\n' >it.cfg
    refused "dream_steps" dream -class Bag -attribution it.cfg
}

@test "dream: an interrupted one leaves no halves" {
    "$darknet" attribute dream "${model[@]}" -class Trouser,Bag -dream_steps 1000000 -results other 2>/dev/null &
    process=$!
    wait_for "$process" test -d other/dream/Trouser
    code=0
    kill -INT "$process"
    wait "$process" || code=$?
    [ "$code" = 1 ]
    no_temporary_files
    [ -z "$(find other -type f)" ]
}

@test "dream: of Tiny Darknet's classes, with and without noise, are seen" {
    full_size
    needs_testdata
    tiny=(cfg/imagenet1k.data "$tiny.cfg" "$tiny.weights")
    attribute dream "${tiny[@]}" -class goldfish,pug,daisy,volcano -dream_steps 40 -output json >it
    attribute dream "${tiny[@]}" -class goldfish -dream_steps 40 -clones 3 -weight_sigma 0.02 -output json >>it
    cat it
    [ "$(grep -c '; seen without noise, probability \(1\.000\|0\.9\)' it)" = 5 ]
}

@test "dream: of Yolo-Fastest's classes are detected" {
    full_size
    needs_testdata
    attribute dream cfg/coco.data "$yolo.cfg" "$yolo.weights" -detection person,zebra -dream_steps 60 -output json >it
    cat it
    [ "$(grep -c '; seen without noise, score ' it)" = 2 ]
}
