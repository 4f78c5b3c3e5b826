# -json: what `darknet attribute test` and `compare` print for programs.

load attribute

explain() {
    attribute test "${model[@]}" "$@" "${quick[@]}"
}

# json_lines FILE WANTED...: each line of FILE is an object. WANTED is a folder: the object is what summary.json or
# compare.json there has, if it is there, and the folder. Or it is "PICTURE: text in the error".
json_lines() {
    python3 - "$@" <<'PYTHON'
import json, os, sys

data = open(sys.argv[1], "rb").read()
assert data.endswith(b"\n") or not data, "the last line is not whole"
lines = data.decode("utf-8").split("\n")[:-1]
assert len(lines) == len(sys.argv) - 2, f"{len(lines)} lines, {len(sys.argv) - 2} expected"
for line, wanted in zip(lines, sys.argv[2:]):
    found = json.loads(line)
    if ": " in wanted:
        picture, text = wanted.split(": ", 1)
        assert list(found) == ["picture", "error"], found
        assert found["picture"] == picture and text in found["error"], (found, wanted)
        continue
    assert found.pop("folder") == wanted, (found["picture"], wanted)
    assert found["picture"]["path"] and "predictions" in found, found
    for name in "summary.json", "compare.json":
        path = os.path.join(wanted, name)
        if os.path.exists(path):
            assert found == json.load(open(path, encoding="utf-8")), path
PYTHON
}

@test "json: a picture, a list, a folder, standard input: a line each, and nothing else" {
    explain "$picture" -json >lines 2>errors
    json_lines lines results/9_ankle-boot
    [ ! -s errors ]
    mkdir some
    cp "$pictures/9_ankle-boot.png" "$pictures/8_bag.png" some
    printf '%s\n' some/9_ankle-boot.png some/8_bag.png some/9_ankle-boot.png >it.txt
    explain it.txt -json -results listed -top 2 >lines 2>errors
    json_lines lines listed/9_ankle-boot listed/8_bag listed/9_ankle-boot_2
    [ ! -s errors ]
    explain some -json -results folder >lines 2>errors
    json_lines lines folder/8_bag folder/9_ankle-boot
    [ ! -s errors ]
    explain -json -results asked <it.txt >lines 2>errors
    json_lines lines asked/9_ankle-boot asked/8_bag asked/9_ankle-boot_2
    [ ! -s errors ]
    no_temporary_files
}

@test "json: whatever is written; what Darknet and -verbose say goes to stderr" {
    explain "$picture" -json -output npy >lines
    json_lines lines results/9_ankle-boot
    [ ! -e results/9_ankle-boot/summary.json ]
    explain "$picture" -json -verbose >lines 2>errors
    json_lines lines results/9_ankle-boot
    grep -q '^method=gradient' errors
    grep -q 'Loading weights' errors
    make_detector it.cfg
    attribute test quarter.data it.cfg quarter.weights "$picture" -thresh 0.99 -json "${quick[@]}" >lines
    json_lines lines results/9_ankle-boot
    [ "$(python3 -c 'import json; print(json.loads(open("lines").read())["maps"])')" = '[]' ]
}

@test "json: a picture that fails is a line, too; messages and exit codes are as ever" {
    run --separate-stderr -2 explain no.png -json
    [ "$stderr" = "darknet attribute: no.png: cannot open: No such file or directory" ]
    echo "$output" >lines
    json_lines lines "no.png: no.png: cannot open: No such file or directory"
    mkdir results
    touch results/8_bag
    printf '%s\n' no.png "$picture" cfg/fashion-pictures/8_bag.png none.png >it.txt
    wanted=("no.png: no.png: cannot open: No such" results/9_ankle-boot
        "cfg/fashion-pictures/8_bag.png: results/8_bag: cannot make the folder" "none.png: none.png: cannot open")
    for input in list stdin; do
        rm -rf results/9_ankle-boot
        if [ $input = list ]; then
            run --separate-stderr -1 explain it.txt -json
        else
            run --separate-stderr -1 explain -json <it.txt
        fi
        echo "$output" >lines
        json_lines lines "${wanted[@]}"
        echo "$stderr"
        [ "${#stderr_lines[@]}" = 4 ]
        [[ ${stderr_lines[3]} == "darknet attribute: "*": 3 of 4 pictures could not be explained" ]]
    done
    run --separate-stderr -2 explain no.txt -json
    [ -z "$output" ]
}

@test "json: names that are no UTF-8, with quotes and ends of lines" {
    mkdir odd
    cp "$pictures/9_ankle-boot.png" $'odd/\xff"\n\\.png'
    echo text >$'odd/\xfe\t.png'
    run --separate-stderr -2 explain odd -json
    echo "$output" >lines
    cat lines
    python3 - <<'PYTHON'
import json

first, second = (json.loads(line) for line in open("lines", encoding="utf-8"))
assert first["picture"] == "odd/\ufffd\t.png" and first["error"].startswith("odd/\ufffd\t.png: cannot be read"), first
assert second["picture"]["path"] == 'odd/\ufffd"\n\\.png', second["picture"]
assert second["folder"] == 'results/\ufffd"\n\\', second["folder"]
PYTHON
}

@test "json: compare prints compare.json on a line" {
    printf '%s\n' "$picture" no.png cfg/fashion-pictures/8_bag.png >it.txt
    run --separate-stderr -2 attribute compare "${model[@]}" it.txt -methods gradient,smoothgrad -samples 4 -json \
        -threads 1
    echo "$output" >lines
    json_lines lines results/9_ankle-boot "no.png: no.png: cannot open" results/8_bag
    [ "$(python3 -c 'import json; print(len(json.loads(open("lines").readline())["methods"]))')" = 2 ]
    [ "${#stderr_lines[@]}" = 2 ]
}

@test "json: a terminal is asked for paths, on stderr; standard output stays JSON" {
    command -v script >/dev/null || skip "script (util-linux) is missing"
    echo "'$darknet' attribute test ${model[*]} ${quick[*]} -json >lines 2>errors" >run.sh
    printf '%s\n\4' "$picture" | script -qec 'sh run.sh' /dev/null
    cat errors
    json_lines lines results/9_ankle-boot
    [ "$(grep -o 'Enter Image Path: ' errors | wc -l)" = 2 ]
}

@test "json: commands that do not print it refuse it; so do sections" {
    for command in "check ${model[*]:1}" "tune cfg/fashion.cfg" "calibrate ${model[*]}" init help; do
        refused "-json is for test, compare, not for ${command%% *}" attribute $command -json
    done
    printf '[attribution]\njson=1\n' >file
    refused "json is for the command line only" explain "$picture" -attribution file
}

@test "json: a standard output that takes nothing ends with 1" {
    [ -w /dev/full ] || skip "/dev/full is missing"
    run -1 --separate-stderr bash -c '"$@" >/dev/full' - "$darknet" attribute test "${model[@]}" "$picture" \
        "${quick[@]}" -json
    echo "$stderr"
    [ "$stderr" = "darknet attribute: standard output: writing failed: No space left on device" ]
}

@test "json: ctrl-C leaves whole lines, one for each whole result" {
    mkdir many
    for number in {10..49}; do
        [ -e many/10.png ] && ln many/10.png "many/$number.png" || pictures grey many/10.png 1600 1200
    done
    "$darknet" attribute test "${model[@]}" many "${quick[@]}" -json >lines 2>errors &
    process=$!
    interrupted run.cfg 0.02
    cat errors
    [ $code = 1 ]
    done=$(ls results | wc -l)
    [ "$done" -ge 2 ] && [ "$done" -lt 40 ]
    [ "$(cat errors)" = "darknet attribute: many: interrupted ($done pictures are done)" ]
    json_lines lines results/*
    no_temporary_files
}
