# `darknet attribute calibrate`.

load attribute

# A list of the fashion pictures, whose names contain their labels, and a .data file for it.
fashion_list() {
    printf '%s\n' 0_t-shirt 1_trouser 2_pullover 3_dress 4_coat 5_sandal 6_shirt 7_sneaker 8_bag 9_ankle-boot |
        sed 's|.*|cfg/fashion-pictures/&.png|' >it.list
    printf '%s\n' classes=10 labels=cfg/fashion.labels valid=it.list >it.data
}

calibrate() {
    attribute calibrate it.data cfg/fashion.cfg cfg/fashion.weights -calibrate_clones 3 "$@"
}

# column NUMBER: of calibration.csv, without its head.
column() {
    sed 1d results/calibration.csv | cut -d, -f"$1"
}

# The three files are whole and say the same.
agree() {
    no_temporary_files
    xmllint --noout results/calibration.svg 2>/dev/null || python3 -c 'import sys, xml.dom.minidom as d; d.parse(sys.argv[1])' results/calibration.svg
    [ "$(head -n 1 results/calibration.csv)" = sigma,accuracy,accuracy_error,drop,drop_error,clones ]
    column 1 | sort -g | diff - <(column 1)
    local sigma
    sigma=$(sed -n 's/^weight_sigma=//p' results/calibrated.cfg)
    column 1 | xargs -n 1 printf '%.6g\n' | grep -qxF "$sigma"
    [ "$(grep -c '^\[' results/calibrated.cfg)" = 1 ]
    grep -qx 'method=noisegrad' results/calibrated.cfg
    grep -qx '# method=fusiongrad' results/calibrated.cfg
    grep -qx '# sigma=0.075' results/calibrated.cfg
    python3 - "$sigma" "$(sed -n 's/^# weight_sigma=//p' results/calibrated.cfg)" <<'PYTHON'
import sys
whole, half = map(float, sys.argv[1:])
assert whole > 0 and abs(half - whole / 2) < 1e-5 * whole, sys.argv
PYTHON
}

@test "calibrate: a classifier with labels in its paths; the section can be given back" {
    fashion_list
    run --separate-stderr -0 calibrate
    echo "$output"
    [ -z "$stderr" ]
    [[ ${lines[0]} == "10 pictures, letterboxed as by "*"accuracy against the labels in the pictures' paths" ]]
    [ "${lines[1]}" = "3 clones, multiplicative noise, seed 1" ]
    [[ ${lines[2]} == "sigma 0 "*" accuracy 1.0000 +- 0.0000, drop   0.00 % +- 0.00 %" ]]
    [[ $output == *$'\nsigma '*" +- "*": accuracy 0."*" instead of 1.0000, a relative drop of "* ]]
    agree
    for sigma in 0 0.05 0.1 0.2 0.3 0.4 0.6 0.8 1; do column 1 | grep -qx $sigma; done
    [ "$(column 6 | sort -u)" = 3 ]
    [ "$(column 1 | wc -l)" = "$(grep -c '^sigma .* drop  *-*[0-9]' <<<"$output")" ]
    attribute test "${model[@]}" "$picture" -attribution results/calibrated.cfg -clones 2 -threads 1 -results maps
    results whole maps/9_ankle-boot
    [ "$(results value maps/9_ankle-boot/summary.json options method)" = noisegrad ]
}

@test "calibrate: without the grid the same sigma; with other threads and batches the same bits" {
    fashion_list
    calibrate -threads 1 >one
    mv results with
    calibrate -grid=0 -threads 3 -batch 3 >other
    [ "$(tail -n 2 one | head -n 1)" = "$(tail -n 2 other | head -n 1)" ]
    column 1 | while read -r sigma; do
        diff <(grep "^$sigma," with/calibration.csv) <(grep "^$sigma," results/calibration.csv)
    done
    [ "$(column 1 | wc -l)" -lt "$(sed 1d with/calibration.csv | wc -l)" ]
    agree
}

@test "calibrate: goal, kind of noise, layers and seed are respected" {
    fashion_list
    calibrate -grid=0 >reference
    calibrate -grid=0 -drop 0.5 >it
    python3 - "$(tail -n 2 reference | head -n 1)" "$(tail -n 2 it | head -n 1)" <<'PYTHON'
import sys
less, more = (float(line.split()[1].rstrip(":")) for line in sys.argv[1:])
assert more > 1.5 * less, (less, more)
PYTHON
    calibrate -grid=0 -seed 2 >it
    ! diff -q it reference
    calibrate -grid=0 -weight_noise additive -noise_layers 0,2-3 >it
    [ "$(sed -n 2p it)" = "3 clones, additive noise, seed 1" ]
    grep -qx 'weight_noise=additive' results/calibrated.cfg
    grep -qx 'noise_layers=0,2-3' results/calibrated.cfg
    agree
    # noise on a layer without parameters costs nothing: no sigma is found, but the curve is written
    rm -r results
    run --separate-stderr -1 calibrate -grid=0 -noise_layers 1
    [[ $stderr == *"even with sigma 4 the accuracy does not drop by 5 %"* ]]
    [ "$(column 3 | sort -u)" = 0 ]
    [ ! -e results/calibrated.cfg ]
    no_temporary_files
}

@test "calibrate: without any label the network is its own judge, and this is said" {
    fashion_list
    mkdir plain
    for i in 0 1 2 3; do cp "$(ls "$pictures"/${i}_*)" plain/$i.png; done
    printf 'plain/%s.png\n' 0 1 2 3 >it.list
    run --separate-stderr -0 calibrate -grid=0
    [[ ${lines[0]} == "4 pictures"*"against the classes that the network predicts without noise (no path contains a label)" ]]
    [[ $output == *"instead of 1.0000"* ]]
    agree
    sed -i /labels=/d it.data
    run -0 calibrate -grid=0
    [[ $output == *"network predicts without noise"* ]]
    # one label is enough to be judged by labels; those without are left out
    fashion_list
    echo plain/3.png >>it.list
    run --separate-stderr -0 calibrate -grid=0
    [ "$stderr" = "darknet attribute: plain/3.png: left out, its path contains no label of cfg/fashion.labels" ]
    [[ ${lines[0]} == "10 pictures"* && $output == *"left out, without a label: 1 of 11 pictures"* ]]
}

@test "calibrate: of a long list some, evenly spaced" {
    fashion_list
    run -0 calibrate -grid=0 -pictures 4 -drop 0.2
    [ "${lines[0]}" = "it.list: 4 of its 10 pictures, evenly spaced" ]
    [[ ${lines[1]} == "4 pictures"* ]]
    printf 'cfg/fashion-pictures/%s.png\n' 0_t-shirt 2_pullover 5_sandal 7_sneaker >it.list
    calibrate -grid=0 -drop 0.2 >it
    diff <(sed 1d <<<"$output") it
}

@test "calibrate: unreadable pictures are told, the others count; the exit code says so" {
    fashion_list
    head -c 100 "$pictures/9_ankle-boot.png" >9_ankle-boot.png
    printf '%s\n' 9_ankle-boot.png no/8_bag.png >>it.list
    run --separate-stderr -2 calibrate -grid=0
    echo "$stderr"
    [[ ${lines[0]} == "10 pictures"* ]]
    [[ ${stderr_lines[0]} == "darknet attribute: 9_ankle-boot.png: "* ]]
    [[ ${stderr_lines[1]} == "darknet attribute: no/8_bag.png: "* ]]
    [ "${stderr_lines[2]}" = "darknet attribute: it.list: 2 of 12 pictures could not be used, the figures are without them" ]
    agree
}

@test "calibrate: wrong usage, and lists that cannot be used" {
    fashion_list
    refused "usage: darknet attribute calibrate DATA CFG WEIGHTS" attribute calibrate
    refused "usage: darknet attribute calibrate DATA CFG WEIGHTS" attribute calibrate "${model[@]}" "$picture"
    refused "drop=2: expected a number from 0.001 to 0.999" calibrate -drop 2
    refused "calibrate_clones=1" attribute calibrate it.data cfg/fashion.cfg cfg/fashion.weights -calibrate_clones 1
    refused "crop=0,0,9,9: calibrate takes whole pictures" calibrate -crop 0,0,9,9
    refused "noise_layers=99" calibrate -noise_layers 99
    : >it.list
    refused "it.list: the list names no picture" calibrate
    rm it.list
    refused "it.list: cannot open" calibrate
    sed -i /valid=/d it.data
    refused "it.data: valid= is missing" calibrate
    fashion_list
    printf 'one\n' >few.labels
    sed -i 's/labels=.*/labels=few.labels/' it.data
    refused "few.labels: has 1 names, but there are 10 classes" calibrate
    fashion_list
    echo no/1_trouser.png >it.list
    run --separate-stderr -2 calibrate
    [[ ${stderr_lines[1]} == "darknet attribute: it.list: none of its 1 pictures can be used" ]]
    [ ! -e results ]
}

@test "calibrate: nowhere to write is told before the work" {
    fashion_list
    touch file
    run --separate-stderr -1 calibrate -results file/it
    [[ $stderr == "darknet attribute: file: cannot make the folder: "* ]]
    [[ $output != *sigma* ]]
}

@test "calibrate: a detector with label files, without any, and with some" {
    make_detector quarter.cfg
    mkdir images labels
    # boxes of 10 x 10 pixels in the quarters of a picture that is darker to the right, where scores are above .5
    for i in 1 2 3; do pictures grey images/$i.png 32 32; done
    printf 'images/%s.png\n' 1 2 3 >it.list
    printf 'names=quarter.names\nclasses=1\nvalid=it.list\n' >it.data
    detector=(attribute calibrate it.data quarter.cfg quarter.weights -grid=0 -threads 1 -drop 0.5)
    run --separate-stderr -0 "${detector[@]}"
    echo "$output"
    [[ ${lines[0]} == "3 pictures"*"AP50 against 6 detections above 0.5 of the network without noise (there are no label files)" ]]
    [[ ${lines[2]} == "sigma 0 "*" AP50 1.0000 "* ]]
    agree
    run --separate-stderr -2 "${detector[@]}" -thresh 0.999
    [[ $stderr == *"the network detects nothing above thresh=0.999 in any picture"* ]]
    # one of both is labelled, in the second picture both are
    printf '0 0.75 0.25 0.3125 0.3125\n' >labels/1.txt
    printf '0 0.75 0.25 0.3125 0.3125\n0 0.75 0.75 0.3125 0.3125\n' >labels/2.txt
    run --separate-stderr -0 "${detector[@]}"
    echo "$output$stderr"
    [ "$stderr" = "darknet attribute: images/3.png: left out, it has no label file" ]
    [[ ${lines[0]} == "2 pictures"*"AP50 against 3 objects of the label files" ]]
    [[ $output == *"left out, without a label: 1 of 3 pictures"* ]]
    agree
    printf '7 0.5 0.5 0.1 0.1\n' >labels/3.txt
    run --separate-stderr -2 "${detector[@]}"
    [ "${stderr_lines[0]}" = "darknet attribute: labels/3.txt:1: class 7 (expected 0 to 0)" ]
    [[ ${stderr_lines[1]} == *"1 of 3 pictures could not be used"* ]]
    agree
    for i in 1 2 3; do : >labels/$i.txt; done
    run --separate-stderr -2 "${detector[@]}"
    [[ $stderr == *"the label files name no object in any picture"* ]]
}

@test "calibrate: ctrl-C leaves no half file" {
    fashion_list
    for _ in {1..500}; do cat it.list; done >long.list
    sed -i 's/valid=.*/valid=long.list/' it.data
    "$darknet" attribute calibrate it.data cfg/fashion.cfg cfg/fashion.weights -pictures 5000 -calibrate_clones 100 \
        -threads 1 >it 2>error &
    process=$!
    wait_for $process grep -q 'sigma 0' it
    kill -INT $process
    code=0
    wait $process || code=$?
    cat error
    [ $code = 1 ]
    grep -q interrupted error
    [ -z "$(find results -type f)" ]
}

@test "calibrate: Yolo-Fastest on labelled pictures" {
    full_size
    needs_testdata
    find "$ATTRIBUTION_TESTDATA/coco/images" -name '0000000000[378]*.jpg' | sort >it.list
    printf 'classes=80\nvalid=it.list\nnames=%s/coco.names\n' "$(dirname "$yolo")" >it.data
    run -0 attribute calibrate it.data "$yolo.cfg" "$yolo.weights" -grid=0 -calibrate_clones 2 -drop 0.3
    echo "$output"
    [[ ${lines[0]} == "6 pictures"*" objects of the label files" ]]
    agree
    python3 - "$(sed -n 's/^weight_sigma=//p' results/calibrated.cfg)" <<'PYTHON'
import sys
assert 0.01 < float(sys.argv[1]) < 0.15, sys.argv
PYTHON
}
