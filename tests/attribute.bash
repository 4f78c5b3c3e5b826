# What the tests of `darknet attribute` share. Every test works in a new folder.

bats_require_minimum_version 1.5.0

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
    build=${ATTRIBUTION_BUILD:-$root/build}
    darknet=$build/darknet
    pictures=$build/cfg/fashion-pictures
    model=(cfg/fashion.data cfg/fashion.cfg cfg/fashion.weights)
    picture=cfg/fashion-pictures/9_ankle-boot.png
    quick=(-method gradient -threads 1)
    command -v python3 >/dev/null || skip "python3 is missing"
    mkdir "$BATS_TEST_TMPDIR/work"
    cd "$BATS_TEST_TMPDIR/work"
}

attribute() {
    "$darknet" attribute "$@"
}

# fixtures/results.py and fixtures/pictures.py say what they can do.
results() {
    python3 "$BATS_TEST_DIRNAME/fixtures/results.py" "$@"
}
pictures() {
    python3 "$BATS_TEST_DIRNAME/fixtures/pictures.py" "$@"
}

# wait_for PROCESS COMMAND...: until the command succeeds, or the process has ended, however long that takes.
wait_for() {
    local process=$1
    shift
    while kill -0 "$process" 2>/dev/null && ! "$@" >/dev/null 2>&1; do sleep 0.02; done
}

# ends_with CODE TEXT COMMAND...: the command ends with that code and one line on stderr that contains TEXT, prints
# nothing else, and neither makes nor takes away a file.
ends_with() {
    local code=$1 text=$2 before
    shift 2
    before=$(find . | sort)
    run --separate-stderr "$@"
    echo "\$ $*"
    echo "expected $code: $text"
    echo "found $status: $stderr"
    echo "$output"
    [ "$status" = "$code" ]
    [[ $stderr == "darknet attribute: "* && $stderr == *"$text"* && $stderr != *$'\n'* ]]
    [ -z "$output" ]
    [ "$(find . | sort)" = "$before" ]
}

# refused TEXT COMMAND...: as bad usage or bad input.
refused() {
    ends_with 2 "$@"
}

# The files of an interrupted or failed run are whole or not there at all.
no_temporary_files() {
    local found
    found=$(find . -name '.?*')
    echo "$found"
    [ -z "$found" ]
}

needs_testdata() {
    [ -n "${ATTRIBUTION_TESTDATA:-}" ] || skip "ATTRIBUTION_TESTDATA is not set"
    tiny=$ATTRIBUTION_TESTDATA/models/tiny-darknet/tiny
    yolo=$ATTRIBUTION_TESTDATA/models/yolo-fastest/yolo-fastest-1.1
    golden=$ATTRIBUTION_TESTDATA/golden
}

# For a test that does with a real network or many pictures what smaller tests of the same file do. The sanitizers look for
# other things than figures, and take ten times as long; real networks go through them in attribute_models.bats,
# attribute_layers.bats and test_real_models.c.
full_size() {
    ! with_sanitizers || skip "of full size, not with sanitizers"
}
with_sanitizers() {
    grep -q __asan_init "$darknet"
}

# A detector of one class for 32 x 32 pixels, made here: one detection in each quarter of a picture, of a score that
# depends on the quarter's brightness: the darker, the better. Its cfg is given on as $1 and ends with the rest.
make_detector() {
    local file=$1
    shift
    printf '%s\n' '[net]' width=32 height=32 channels=3 '[convolutional]' filters=6 size=16 stride=16 \
        activation=linear '[yolo]' mask=0 anchors=10,10 classes=1 num=1 "$@" >"$file"
    printf 'quarter\n' >quarter.names
    printf 'names=quarter.names\nclasses=1\n' >quarter.data
    python3 - <<'PYTHON'
import struct

weights = [-0.001 * (filter >= 4) * (1 + i % 7) for filter in range(6) for i in range(3 * 16 * 16)]
with open("quarter.weights", "wb") as file:
    file.write(struct.pack("<iiiq", 0, 2, 0, 0))
    file.write(struct.pack(f"<{6 + len(weights)}f", 0, 0, 0, 0, 3, 3, *weights))
PYTHON
}

# interrupted FILE PAUSE: presses ctrl-C on the run $process once two results have a FILE, looking every PAUSE seconds.
# Leaves the run's exit code in $code.
interrupted() {
    for _ in {1..600}; do
        [ "$(find results -name "$1" 2>/dev/null | wc -l)" -lt 2 ] || break
        sleep "$2"
    done
    kill -INT "$process"
    code=0
    wait "$process" || code=$?
}

# A list of pictures with labels, and a detector of one class: its cell of the darkest quarter is the best.
make_list() {
    make_detector quarter.cfg
    mkdir -p images labels
    python3 - <<'PYTHON'
import struct, zlib

def png(path, rgb):
    raw = b"".join(b"\0" + bytes(row) for row in rgb)
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", len(rgb[0]) // 3, len(rgb), 8, 2, 0, 0, 0)
    open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))

for i in range(6):
    rows = [[(60 * (x // 16) + 90 * (y // 16) + 10 * i) % 256 for x in range(32) for _ in range(3)] for y in range(32)]
    png(f"images/{i}.png", rows)
    with open(f"labels/{i}.txt", "w") as labels:
        labels.write("0 0.25 0.25 0.3 0.3\n")
        if i % 2:
            labels.write("0 0.75 0.75 0.3 0.3\n")
PYTHON
    ls images/*.png >list.txt
    detector=(quarter.data quarter.cfg quarter.weights)
}
