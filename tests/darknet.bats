# Darknet with the patches: what it does beyond stock Darknet, and what it does as before.

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
    darknet=${ATTRIBUTION_BUILD:-$root/build}/darknet
    cd "$BATS_TEST_TMPDIR"
}

@test "cfg, data and pictures are found from any folder" {
    run "$darknet" detector test cfg/coco.data cfg/yolov3-tiny.cfg missing.weights data/dog.jpg
    [[ $output == *"Couldn't open file: missing.weights"* ]]
}

@test "a file in the working folder comes before one beside the program" {
    mkdir cfg
    printf '[net]\nwidth=8\nheight=8\nchannels=3\n[softmax]\n' >cfg/tiny.cfg
    run "$darknet" ops cfg/tiny.cfg
    [[ $output == *"    0 softmax "* && $output != *"    1 "* ]]
}

@test "an installed program finds its data, and uninstall takes away what install brought" {
    make -s -C "$root" install DESTDIR="$PWD/dest" PREFIX=/usr
    [ -f dest/usr/include/attribution.h ] && [ -f dest/usr/lib/libattribution.so ]
    run dest/usr/bin/darknet detector test cfg/coco.data cfg/yolov3-tiny.cfg missing.weights data/dog.jpg
    [[ $output == *"Couldn't open file: missing.weights"* ]]
    touch dest/usr/share/darknet/cfg/mine.cfg
    make -s -C "$root" uninstall DESTDIR="$PWD/dest" PREFIX=/usr
    [ "$(find dest -type f)" = dest/usr/share/darknet/cfg/mine.cfg ]
}

@test "an [attribution] section makes no layer, wherever it stands" {
    net='[net]\nwidth=8\nheight=8\nchannels=3\n'
    section='[attribution]\nmethod=gradient\n'
    for cfg in "$net$section[softmax]\n" "$net[softmax]\n$section" "$section$net[softmax]\n"; do
        printf "$cfg" >it.cfg
        run "$darknet" ops it.cfg
        [ "$status" -eq 0 ]
        [[ $output == *"    0 softmax "* && $output != *"    1 "* && $output != *"not recognized"* ]]
    done
}

@test "an unknown command is answered as by stock Darknet" {
    run "$darknet" nonsense
    [ "$status" -eq 0 ]
    [ "$output" = "Not an option: nonsense" ]
}

@test "the shared library exports the functions of the public header only" {
    exported=$(nm -D --defined-only "${darknet%/*}/libattribution.so" | awk '{print $3}' | sort)
    declared=$(sed -n 's/^ATTR_API.*\(attr_[a-z_]*\)(.*/\1/p' "$root/plugin/attribution.h" | sort)
    [ -n "$declared" ]
    [ "$exported" = "$declared" ]
}

@test "real models predict as with stock Darknet" {
    [ -n "${ATTRIBUTION_TESTDATA:-}" ] || skip "ATTRIBUTION_TESTDATA is not set"
    model=$ATTRIBUTION_TESTDATA/models/tiny-darknet/tiny
    run "$darknet" classifier predict cfg/imagenet1k.data $model.cfg $model.weights data/dog.jpg
    [[ $output == *"14.51%: malamute"* ]]
    model=$ATTRIBUTION_TESTDATA/models/yolo-fastest/yolo-fastest-1.1
    run "$darknet" detector test cfg/coco.data $model.cfg $model.weights data/dog.jpg -thresh 0.3
    [[ $output == *"dog: 61%"*"bicycle: 60%"* ]]
    [ -s predictions.jpg ]
}
