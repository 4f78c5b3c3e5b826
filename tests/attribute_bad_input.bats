# `darknet attribute test` with files that are wrong, and with nowhere to write to: one telling line, nothing half-done.

load attribute

explain() {
    attribute test "$@" "${quick[@]}"
}

@test "bad input: weights" {
    weights=$build/cfg/fashion.weights
    : >empty.weights
    head -c 8 "$weights" >start.weights
    head -c 1000 "$weights" >short.weights
    head -c -4 "$weights" >shorter_by_one.weights
    { cat "$weights" && printf '\0\0\0\0'; } >long.weights
    { cat "$weights" && printf '\0'; } >odd.weights
    echo "these are no weights, but a line of text" >text.weights
    echo "<html>404</html>" >page.weights
    echo "version https://git-lfs.github.com/spec/v1" >pointer.weights
    cp "$weights" nan.weights && printf '\0\0\300\177' | dd of=nan.weights bs=1 seek=20 conv=notrunc status=none
    while IFS='|' read -r file text; do
        refused "$file: $text" explain cfg/fashion.data cfg/fashion.cfg "$file" "$picture"
    done <<'CASES'
no.weights|cannot open: No such file
empty.weights|is empty
start.weights|is truncated: has 8 bytes, the header alone needs 16
short.weights|is truncated: has 245 floats, the net needs 71034 (first missing: layer 0 convolutional)
shorter_by_one.weights|is truncated: has 71033 floats, the net needs 71034 (first missing: layer 7 convolutional)
long.weights|has 1 floats more than the net needs
odd.weights|has 1 bytes more than the net needs
text.weights|is a text file
page.weights|is a web page
pointer.weights|is a pointer of git-lfs
nan.weights|a bias of layer 0 convolutional is nan at place 0
.|is not a regular file
/dev/null|is not a regular file
CASES
}

@test "bad input: weights of another net" {
    sed 's/filters=64/filters=63/' "$build/cfg/fashion.cfg" >smaller.cfg
    sed 's/filters=64/filters=65/' "$build/cfg/fashion.cfg" >larger.cfg
    refused "(weights of another net?)" explain cfg/fashion.data smaller.cfg cfg/fashion.weights "$picture"
    refused "is truncated" explain cfg/fashion.data larger.cfg cfg/fashion.weights "$picture"
    make_detector it.cfg
    refused "quarter.weights: is truncated" explain cfg/fashion.data cfg/fashion.cfg quarter.weights "$picture"
}

@test "bad input: cfg" {
    # LINES of the cfg, | for a line end; the line to blame; the text
    while IFS=';' read -r lines line text; do
        printf '%s\n' "$lines" | sed 's/^NET/[net]|width=28|height=28|channels=3/' | tr '|' '\n' >it.cfg
        refused "it.cfg$line: $text" explain cfg/fashion.data it.cfg cfg/fashion.weights "$picture"
    done <<'CASES'
width=28|[net];:1;key 'width' before any section
NET|[convolutoinal];:5;unknown section [convolutoinal] (nearest known: [convolutional])
NET|[convolutional]|filterz=3;:6;unknown key 'filterz' in [convolutional] (nearest known: 'filters')
NET|[convolutional]|filters;:6;'filters' has no '='
NET|[convolutional]|filters=many;:6;filters=many
NET|[convolutional]|filters=2|filters=3;:7;
NET|[convolutional]|size=0;:6;size=0 is out of range
NET|[convolutional]|filters=0;:6;filters=0 is out of range
NET|[convolutional]|filters=-1;:6;filters=-1 is out of range
NET|[convolutional]|filters=2000000000;:6;filters=2000000000 is out of range
NET|[convolutional]|filters=99999999999999999999;:6;filters=99999999999999999999
NET|[maxpool]|stride=0;:6;stride=0 is out of range
NET|[avgpool]|[route]|layers=5;:7;layers: layer 5 does not come before this one, which is layer 1
NET|[avgpool]|[route]|layers=-2;:7;layers: layer -2 does not come before this one, which is layer 1
NET|[avgpool]|[shortcut]|from=-3;:7;
NET|[rnn];:5;section [rnn] cannot be attributed exactly
[net]|width=0|height=28|channels=3|[softmax];:2;width=0 is out of range
[net]|width=99999999|height=28|channels=3|[softmax];:2;width=99999999 is out of range
[net]|width=28|height=28|channels=0|[softmax];:4;channels=0 is out of range
[net]|[softmax];:1;[net] does not tell the size of its input
NET;;has no layers
;;holds no network
text;:1;'text' has no '='
CASES
    head -c 3000 "$build/cfg/fashion.weights" >it.cfg
    refused "it.cfg" explain cfg/fashion.data it.cfg cfg/fashion.weights "$picture"
    refused "no.cfg: cannot open" explain cfg/fashion.data no.cfg cfg/fashion.weights "$picture"
    refused "Is a directory" explain cfg/fashion.data . cfg/fashion.weights "$picture"
}

@test "bad input: a net whose layers would not fit into memory" {
    printf '%s\n' '[net]' width=16384 height=16384 channels=3 '[convolutional]' filters=1048576 size=1 >it.cfg
    refused "it.cfg" explain cfg/fashion.data it.cfg cfg/fashion.weights "$picture"
}

@test "bad input: .data file and names" {
    printf 'one\ntwo\n' >few.names
    : >empty.names
    printf '1\n2\n3\n4\n\n6\n7\n8\n9\n10\n' >gap.names
    echo "no equals sign" >no_key.data
    for list in few empty gap no; do echo "names=$list.names" >$list.data; done
    echo "attribution=no.cfg" >no_section.data
    while IFS='|' read -r file text; do
        refused "$text" explain "$file" cfg/fashion.cfg cfg/fashion.weights "$picture"
    done <<'CASES'
missing.data|missing.data: cannot open
no_key.data|no_key.data:1: 'noequalssign' has no '='
no.data|no.names: cannot open
few.data|few.names: has 2 names, but there are 10 classes
empty.data|empty.names: is empty
gap.data|gap.names:5: is empty
no_section.data|no.cfg: cannot open
CASES
}

@test "bad input: without names, classes are numbers" {
    echo classes=10 >it.data
    run -0 explain it.data cfg/fashion.cfg cfg/fashion.weights "$picture" -class 9
    [[ $output == *"99.69%: 9"* ]]
    results whole results/9_ankle-boot
    [ -s results/9_ankle-boot/9_gradient.npy ]
}

@test "bad input: pictures, and a baseline that is none" {
    : >empty.png
    echo text >text.png
    cp "$pictures/9_ankle-boot.png" whole.png
    size=$(wc -c <whole.png)
    for bytes in 8 30 100 $((size / 2)) $((size - 20)); do head -c $bytes whole.png >cut_$bytes.png; done
    mkdir folder.png
    refused "./folder.png: cannot open: Is a directory" \
        attribute test "${model[@]}" "$picture" -method integrated_gradients -baseline ./folder.png
    echo "<svg/>" >drawing.svg
    while IFS='|' read -r file text; do
        refused "$file: $text" explain "${model[@]}" "$file"
        refused "$file: $text" attribute test "${model[@]}" "$picture" -method integrated_gradients -baseline "./$file"
    done <<'CASES'
no.png|cannot open: No such file
empty.png|the file is empty
text.png|cannot be read as a picture
drawing.svg|cannot be read as a picture
CASES
    for file in cut_*; do refused "$file: " explain "${model[@]}" $file; done
    explain "${model[@]}" whole.png
}

@test "bad input: a list goes on behind a bad picture and names it" {
    printf '%s\n' "$picture" no.png cfg/fashion-pictures/8_bag.png >list.txt
    run --separate-stderr -2 explain "${model[@]}" list.txt
    echo "$stderr"
    [ "${stderr_lines[0]}" = "darknet attribute: no.png: cannot open: No such file or directory" ]
    [ "${stderr_lines[1]}" = "darknet attribute: list.txt: 1 of 3 pictures could not be explained" ]
    [ "${#stderr_lines[@]}" = 2 ]
    [ "$(ls results)" = "$(printf '8_bag\n9_ankle-boot')" ]
    results whole results/*
    rm -r results
    run -2 --separate-stderr explain "${model[@]}" <list.txt
    [ "${stderr_lines[0]}" = "darknet attribute: no.png: cannot open: No such file or directory" ]
    results whole results/*
}

@test "bad input: lists that are none" {
    : >empty.txt
    printf '\n  \n\t\n' >blank.list
    mkdir folder.txt
    echo folder.txt >names.txt
    refused "empty.txt: the list names no picture" explain "${model[@]}" empty.txt
    refused "blank.list: the list names no picture" explain "${model[@]}" blank.list
    refused "no.txt: cannot open" explain "${model[@]}" no.txt
    refused "folder.txt: the folder has no picture" explain "${model[@]}" folder.txt
    run --separate-stderr -2 explain "${model[@]}" names.txt
    [ "${stderr_lines[0]}" = "darknet attribute: folder.txt: cannot open: Is a directory" ]
}

@test "bad input: what the target or the network cannot have" {
    refused "objectness" explain "${model[@]}" "$picture" -target objectness
    refused "score" explain "${model[@]}" "$picture" -target score
    sed 's/channels=3/channels=2/' "$build/cfg/fashion.cfg" >two.cfg
    run -2 attribute test cfg/fashion.data two.cfg cfg/fashion.weights "$picture"
    [ "${#lines[@]}" = 1 ]
}

@test "nowhere to write: a results folder that cannot be made ends with 1" {
    touch file
    ends_with 1 "file: cannot make the folder: Not a directory" explain "${model[@]}" "$picture" -results file
    ends_with 1 "file: cannot make the folder: Not a directory" explain "${model[@]}" "$picture" -results file/below
    ends_with 1 "/proc/none: cannot make the folder" explain "${model[@]}" "$picture" -results /proc/none
    mkdir -p taken && touch taken/9_ankle-boot
    ends_with 1 "taken/9_ankle-boot: cannot make the folder" explain "${model[@]}" "$picture" -results taken
    mkdir -p blocked/9_ankle-boot/summary.json
    run -1 explain "${model[@]}" "$picture" -results blocked
    [[ $output == *"blocked/9_ankle-boot/summary.json: "* ]]
    no_temporary_files
}

@test "nowhere to write: a folder without the right to write ends with 1" {
    [ "$(id -u)" != 0 ] || skip "root may write everywhere"
    mkdir locked
    chmod 555 locked
    ends_with 1 "locked/9_ankle-boot: cannot make the folder: Permission denied" \
        explain "${model[@]}" "$picture" -results locked
}

# Every file in the folder $1 is whole: as in the folder $2 of a run that had room.
whole_or_missing() {
    local file
    no_temporary_files
    for file in "$1"/*; do
        [ -e "$file" ] || continue # the limit is below the first file
        case $file in
        */run.cfg | */summary.json) tail -c 1 "$file" | cmp - <(echo) ;;
        */index.html) tail -n 1 "$file" | grep -q '</html>' ;;
        *) cmp "$file" "$2/${file##*/}" ;;
        esac
    done
}

@test "nowhere to write: a file that cannot grow is not left behind half" {
    attribute test "${model[@]}" "$picture" -top 2 -results free
    # SIGXFSZ is ignored, so that writing fails with EFBIG, as on a full disk.
    for kilobytes in 1 2 4 8 16; do
        run -1 bash -c 'trap "" XFSZ; ulimit -f $1; shift; "$@" 2>&1' _ $kilobytes "$darknet" attribute test \
            "${model[@]}" "$picture" -top 2 -results "tight/$kilobytes"
        echo "$kilobytes kB: $output"
        [[ ${#lines[@]} = 1 && $output == "darknet attribute: tight/$kilobytes/9_ankle-boot/"*": cannot write: File too large" ]]
        whole_or_missing tight/$kilobytes/9_ankle-boot free/9_ankle-boot
    done
    [ "$(ls tight/16/9_ankle-boot | wc -l)" -gt 3 ]
}

@test "nowhere to write: a full disk leaves only whole files" {
    unshare -rm sh -c 'mkdir -p disk && mount -t tmpfs -o size=64k none disk' 2>/dev/null ||
        skip "a small disk cannot be mounted here"
    attribute test "${model[@]}" "$picture" -top 10 -results free
    run -1 unshare -rm sh -c 'mount -t tmpfs -o size=64k none disk || exit 9; "$@" 2>&1; code=$?; cp -r disk kept; exit $code' \
        _ "$darknet" attribute test "${model[@]}" "$picture" -top 10 -results disk
    echo "$output"
    [[ ${#lines[@]} = 1 && $output == "darknet attribute: disk/9_ankle-boot/"*": cannot write: No space left on device" ]]
    whole_or_missing kept/9_ankle-boot free/9_ankle-boot
    [ "$(ls kept/9_ankle-boot | wc -l)" -gt 2 ]
}
