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

# Batches of several pictures, cropped and flipped by chance: threads that read them would share out the chances anew.
@test "a training with DARKNET_SEED gives the same weights again, with another other ones" {
    printf '[net]\nbatch=8\nwidth=28\nheight=28\nchannels=3\nmin_crop=28\nmax_crop=32\nmax_batches=4\n' >it.cfg
    printf '[conv]\nfilters=4\nsize=3\nbatch_normalize=1\nactivation=leaky\n[connected]\noutput=10\n[softmax]\n' >>it.cfg
    printf '%s\n' "$root"/cfg/fashion-pictures/*.png >train.list
    train_with() {
        mkdir "$2"
        printf 'classes=10\ntrain=train.list\nlabels=%s\nbackup=%s\n' "$root/cfg/fashion.labels" "$2" >it.data
        DARKNET_SEED=$1 "$darknet" classifier train it.data it.cfg
    }
    train_with 1 first
    train_with 1 again
    train_with 2 other
    cmp first/it.weights again/it.weights
    ! cmp -s first/it.weights other/it.weights || false
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
