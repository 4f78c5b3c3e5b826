# `darknet attribute test` with lists: reading ahead and writing behind must not show. Standard input, which does one
# picture after the other, is the reference.

load attribute

explain() {
    attribute test "${model[@]}" "$@" "${quick[@]}"
}

# as_one_by_one LIST: a list prints and writes what the same lines on standard input do, in the same order.
as_one_by_one() {
    local by_list=0 one_by_one=0
    explain "$1" -results results >by_list 2>&1 || by_list=$?
    mkdir -p results blocked
    mv results listed
    cp -r blocked results
    explain -results results <"$1" >one_by_one 2>&1 || one_by_one=$?
    sed -i "s/^darknet attribute: $1: /darknet attribute: standard input: /" by_list
    sed -i 's/Enter Image Path: //g; /^$/d' one_by_one
    sed -i 's/in [0-9.]* seconds/in S seconds/' by_list one_by_one
    cat by_list
    diff one_by_one by_list
    [ $by_list = $one_by_one ]
    diff -r -x summary.json -x index.html -x run.cfg results listed
    [ "$(cd results && find . | sort)" = "$(cd listed && find . | sort)" ]
    no_temporary_files
}

@test "lists: failures of reading and writing are told in the order of the list" {
    # what stands in the way of a folder of results
    mkdir blocked
    touch blocked/8_bag blocked/4_coat
    cp -r blocked results
    printf '%s\n' no.png "$picture" broken.png cfg/fashion-pictures/8_bag.png no.png \
        cfg/fashion-pictures/3_dress.png cfg/fashion-pictures/8_bag.png cfg/fashion-pictures/4_coat.png \
        "$picture" broken.png no.png >it.txt
    head -c 100 "$pictures/9_ankle-boot.png" >broken.png
    as_one_by_one it.txt
    [ "$(grep -c '^darknet attribute: ' by_list)" = 8 ]
    [ "$(grep -c 'Predicted and explained' by_list)" = 4 ]
    [ "$(tail -n 1 by_list)" = "darknet attribute: standard input: 7 of 11 pictures could not be explained" ]
    [ "$(grep -n 'bag: cannot make' by_list | cut -d: -f1)" -lt "$(grep -n 3_dress.png by_list | cut -d: -f1)" ]
}

@test "lists: of one picture, of a bad one, of bad ones only" {
    for lines in "$picture" no.png "no.png|none.png|$picture" "$picture|no.png" "no.png|none.png"; do
        rm -rf results listed
        echo "$lines" | tr '|' '\n' >it.list
        as_one_by_one it.list
    done
}

@test "lists: nowhere to write is told for each picture, with exit code 1" {
    printf '%s\n' "$picture" no.png cfg/fashion-pictures/8_bag.png >it.txt
    touch file
    run --separate-stderr -1 explain it.txt -results file
    echo "$stderr"
    [ -z "$output" ]
    [ "${stderr_lines[0]}" = "darknet attribute: file: cannot make the folder: Not a directory" ]
    [ "${stderr_lines[1]}" = "darknet attribute: no.png: cannot open: No such file or directory" ]
    [ "${stderr_lines[2]}" = "darknet attribute: file: cannot make the folder: Not a directory" ]
    [ "${stderr_lines[3]}" = "darknet attribute: it.txt: 3 of 3 pictures could not be explained" ]
    [ "${#stderr_lines[@]}" = 4 ]
}

@test "lists: ctrl-C while files are written leaves whole files, and counts them" {
    for number in {1..40}; do
        [ -e 1.png ] && ln 1.png "$number.png" || pictures grey 1.png 1600 1200
        echo "$number.png"
    done >it.txt
    "$darknet" attribute test "${model[@]}" it.txt "${quick[@]}" >log 2>errors &
    process=$!
    interrupted run.cfg 0.02
    cat errors
    [ $code = 1 ]
    done=$(ls results | wc -l)
    [ "$done" -ge 2 ] && [ "$done" -lt 40 ]
    [ "$(cat errors)" = "darknet attribute: it.txt: interrupted ($done pictures are done)" ]
    [ "$(grep -c 'Predicted and explained' log)" = "$done" ]
    no_temporary_files
    results whole results/*
}
