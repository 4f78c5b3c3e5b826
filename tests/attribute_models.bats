# `darknet attribute` with real models, on Darknet's own pictures.

load attribute

golden_pictures() {
    cut -f1 "$1" | uniq | sed 's|^|data/|' >list.txt
}

@test "real models: Tiny Darknet's five best classes are those of stock Darknet" {
    needs_testdata
    golden_pictures "$golden/cls_tiny.tsv"
    attribute test cfg/imagenet1k.data "$tiny.cfg" "$tiny.weights" list.txt -top 5 "${quick[@]}" -output json
    results predictions "$golden/cls_tiny.tsv" results 1e-4 0
    results whole results/*
    [ "$(results value results/dog/summary.json maps 0 class)" = malamute ]
    attribute test cfg/imagenet1k.data "$tiny.cfg" "$tiny.weights" data/dog.jpg -class "malamute,Eskimo dog" "${quick[@]}"
    [ -s results/dog/Eskimo_dog_gradient.npy ] && [ -s results/dog/malamute_gradient.npy ]
}

@test "real models: Yolo-Fastest's detections are those of stock Darknet" {
    needs_testdata
    golden_pictures "$golden/det_yolo-fastest-1.1.tsv"
    attribute test cfg/coco.data "$yolo.cfg" "$yolo.weights" list.txt -thresh 0.3 "${quick[@]}" -output json
    results predictions "$golden/det_yolo-fastest-1.1.tsv" results 1e-3 1e-4
    results whole results/*
    [ "$(results value results/dog/summary.json maps 0 name)" = dog_1_gradient ]
}

@test "real models: detector test explains what it prints" {
    needs_testdata
    cp "$yolo.cfg" without.cfg
    { cat without.cfg && printf '\n[attribution]\nmethod=gradient\noutput=npy,json\n'; } >with.cfg
    for cfg in without with; do
        "$darknet" detector test cfg/coco.data $cfg.cfg "$yolo.weights" data/dog.jpg -thresh 0.3 2>/dev/null |
            sed 's/ in [0-9.]* seconds//' >$cfg.out
    done
    diff without.out <(grep -v '^results/' with.out)
    [ "$(grep -c '%$' without.out)" = 5 ]
    [ "$(grep -c '^results/dog/.*: score ' with.out)" = 5 ]
    results whole results/dog
}

@test "real models: Integrated Gradients of a detection and of a class add up" {
    full_size
    needs_testdata
    path=(-method integrated_gradients -coordinates network -output npy,json -tolerance 0.05)
    attribute test cfg/imagenet1k.data "$tiny.cfg" "$tiny.weights" data/eagle.jpg "${path[@]}" -results class
    attribute test cfg/coco.data "$yolo.cfg" "$yolo.weights" data/dog.jpg "${path[@]}" -detections 2 -baseline blur
    results complete class/eagle results/dog
}

@test "real models: the same bits with one and two threads and any batch" {
    needs_testdata
    some=(cfg/coco.data "$yolo.cfg" "$yolo.weights" data/dog.jpg -samples 3 -detections 2 -output npy,json)
    attribute test "${some[@]}" -threads 1 -batch 1 -results one
    attribute test "${some[@]}" -threads 2 -batch 3 -results two
    results whole one/dog two/dog
    for map in dog_1 bicycle_1; do cmp {one,two}/dog/${map}_smoothgrad.npy; done
}

@test "real models: check proves Yolo-Fastest's gradients exact, and tells of stock Darknet's" {
    needs_testdata
    run -0 attribute check "$yolo.cfg" "$yolo.weights" data/dog.jpg
    echo "$output"
    [ "${lines[-1]}" = "the gradient is exact" ]
    [ "$(echo "$output" | grep -c ' ok$')" = 133 ]
    [[ $output == *"stock Darknet's own gradient: "* ]]
}

@test "real models: check proves Tiny Darknet's gradients exact" {
    full_size
    needs_testdata
    run -0 attribute check "$tiny.cfg" "$tiny.weights" data/dog.jpg
    echo "$output"
    [ "${lines[-1]}" = "the gradient is exact" ]
}
