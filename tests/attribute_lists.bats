# `darknet attribute test` with lists and folders: reading ahead and writing behind must not show. Standard input, which
# does one picture after the other, is the reference. attribute_json.bats has what -json prints of them.

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

# ---- Folders

# A folder of pictures (copies of the boot and the bag) and of what is none.
make_folder() {
    local name
    mkdir -p "$1/below" "$1/folder.png"
    for name in B.png a.png "two  words.png" _.PNG 10.png 9.png; do cp "$pictures/9_ankle-boot.png" "$1/$name"; done
    for name in .hidden.png below/deep.png; do cp "$pictures/8_bag.png" "$1/$name"; done
    echo "no picture" | tee "$1/notes.txt" "$1/png" >"$1/it.png.orig"
    mkfifo "$1/pipe.png"
}

@test "folders: the pictures in it, in the order of their bytes, as one by one" {
    make_folder "a folder"
    printf 'a folder/%s\n' 10.png 9.png B.png _.PNG a.png "two  words.png" >names
    explain "a folder" -results folder >by_folder
    explain -results listed <names | sed 's/Enter Image Path: //g; /^$/d' >one_by_one
    sed -i 's/in [0-9.]* seconds/in S seconds/; s/^folder/listed/' by_folder one_by_one
    cat by_folder
    diff one_by_one by_folder
    [ "$(grep -o '^a folder/.*: Pred' by_folder | sed 's/: Pred$//')" = "$(cat names)" ]
    [ "$(ls folder | wc -l)" = 6 ]
    results whole folder/*
    diff -r -x summary.json -x index.html -x run.cfg folder listed
    [ -z "$(find folder -name '.?*')" ]
}

@test "folders: every kind of picture that can be read, and odd names" {
    mkdir kinds
    pictures encodings kinds
    (cd kinds && mv grey.png ' grey .Png' && mv grey.pgm $'gr\ney.PGM' && mv colour.bmp $'\xff.bmp')
    explain kinds/ -output json >log
    cat log
    count=$(find kinds -type f -printf . | wc -c)
    [ "$count" -ge 10 ]
    [ "$(grep -ac 'Predicted and explained' log)" = "$count" ]
    [ "$(find results -name summary.json -printf . | wc -c)" = "$count" ]
    grep -aq '^kinds/ grey .Png: ' log
}

@test "folders: one without pictures, one that cannot be read, a bad picture in it" {
    mkdir empty closed
    refused "empty: the folder has no picture" explain empty
    touch empty/.hidden.png empty/text
    mkdir empty/folder.png
    refused "empty: the folder has no picture" explain empty
    refused "empty: the folder has no picture" attribute compare "${model[@]}" empty -methods gradient
    cp "$pictures/9_ankle-boot.png" empty/b.png
    ln -s nowhere.png empty/a.png
    run --separate-stderr -2 explain empty
    echo "$stderr"
    [ "${stderr_lines[0]}" = "darknet attribute: empty/a.png: cannot open: No such file or directory" ]
    [ "${stderr_lines[1]}" = "darknet attribute: empty: 1 of 2 pictures could not be explained" ]
    results whole results/b
    [ "$(id -u)" != 0 ] || return 0
    chmod 0 closed
    refused "closed: cannot open: Permission denied" explain closed
}

@test "folders: beside the program, for compare, and for check" {
    explain cfg/fashion-pictures -output json >log
    [ "$(grep -c 'Predicted and explained' log)" = 10 ]
    mkdir some
    cp "$pictures/9_ankle-boot.png" "$pictures/8_bag.png" some
    attribute compare "${model[@]}" some -methods gradient,gradient_x_input -threads 1
    [ "$(ls results/8_bag/compare.json results/9_ankle-boot/compare.json | wc -l)" = 2 ]
    attribute check "${model[@]:1}" some -stock=0 >log
    grep -q 'over 2 inputs' log
}
