# `darknet attribute test`: pictures of every kind, lists, standard input, ctrl-C.

load attribute

explain() {
    attribute test "${model[@]}" "$@" "${quick[@]}"
}

@test "pictures: the same pixels give the same map, whatever the file's format" {
    pictures encodings .
    explain colour_rgb.png -class Bag
    explain grey_rgb.png -class Bag
    for file in colour* grey*; do
        explain "$file" -class Bag -results "as_$file"
        results whole as_"$file"/*
        echo "$file"
        cmp "as_$file"/*/Bag_gradient.npy results/"${file%%[_1.]*}_rgb/Bag_gradient.npy"
    done
    [ "$(ls -d as_* | wc -l)" = 12 ]
    run cmp results/colour_rgb/Bag_gradient.npy results/grey_rgb/Bag_gradient.npy
    [ "$status" = 1 ]
}

@test "pictures: of one pixel, one row, one column, and narrow ones" {
    for size in "1 1" "1 7" "7 1" "1 500" "500 1" "3000 2" "28 28" "29 28"; do
        # shellcheck disable=SC2086
        pictures grey "${size/ /x}.png" $size
    done
    ls ./*.png >list.txt
    explain list.txt -coordinates picture
    results whole results/*
    [ "$(ls results | wc -l)" = 8 ]
    attribute test "${model[@]}" list.txt -method integrated_gradients -baseline blur -steps 4 -results path
    attribute test "${model[@]}" list.txt -method smoothgrad -samples 2 -results noise
    results whole path/* noise/*
}

@test "pictures: a very large one" {
    pictures grey large.png 9000 7000
    explain large.png -coordinates network -output json
    results whole results/large
    [ "$(results value results/large/summary.json picture width)" = 9000 ]
}

@test "pictures: one that is too large is refused before memory is taken for it" {
    pictures grey bomb.png 1 1
    printf '\0\001\0\0\0\001\0\0' | dd of=bomb.png bs=1 seek=16 conv=notrunc status=none # 65536 x 65536
    refused "bomb.png: " explain bomb.png
}

@test "pictures: names with blanks, quotes, signs, other scripts, and broken ones" {
    n=0
    for name in "two words" "it's" 'quo"te' "übergröße 日本語" "100%" 'a$b`c' "semi;colon&and" "new
line" $'broken\xff' ".hidden" "no.ending.at" "-dash"; do
        mkdir -p "in folder"
        cp "$pictures/8_bag.png" "in folder/$name.png"
        explain "in folder/$name.png"
        n=$((n + 1))
    done
    [ "$(find results -mindepth 1 -maxdepth 1 -type d -printf x | wc -c)" = $n ]
    results whole results/*
    [ "$(results value "results/übergröße 日本語/summary.json" picture path)" = "in folder/übergröße 日本語.png" ]
    [ -d results/_hidden ]
}

@test "pictures: without an ending, behind a link, and given by an absolute path" {
    cp "$pictures/8_bag.png" bag
    ln -s bag link.png
    explain "$PWD/bag" -results absolute
    explain bag
    explain link.png
    cmp absolute/bag/Bag_gradient.npy results/bag/Bag_gradient.npy
    cmp results/link/Bag_gradient.npy results/bag/Bag_gradient.npy
}

@test "lists: .txt and .list, blanks around the paths, empty lines, Windows' line ends, no end of the last line" {
    printf '\n  cfg/fashion-pictures/8_bag.png \t\n\ncfg/fashion-pictures/0_t-shirt.png\r\n%s' "$picture" >it.txt
    printf '\xef\xbb\xbf%s\r\n' "$picture" >windows.txt
    explain windows.txt -results windows
    results whole windows/*
    explain it.txt >one
    cp it.txt IT.LIST
    explain IT.LIST -results two >other
    [ "$(grep -c 'Predicted and explained' one)" = 3 ]
    diff -r -x run.cfg -x summary.json -x index.html results two
    results whole results/* two/*
}

@test "lists: two pictures of one name get a folder each, the same in every run" {
    mkdir -p a b
    cp "$pictures/8_bag.png" a/it.png
    cp "$pictures/3_dress.png" b/it.png
    cp "$pictures/4_coat.png" it_2.jpg
    printf '%s\n' a/it.png b/it.png it_2.jpg a/it.png >list.txt
    for again in 1 2; do
        explain list.txt
        [ "$(ls results)" = "$(printf 'it\nit_2\nit_2_2\nit_3')" ]
        results whole results/*
        [ "$(results value results/it/summary.json picture path)" = a/it.png ]
        [ "$(results value results/it_2/summary.json picture path)" = b/it.png ]
        [ "$(results value results/it_2_2/summary.json picture path)" = it_2.jpg ]
        cmp results/it/Bag_gradient.npy results/it_3/Bag_gradient.npy
    done
}

@test "standard input: Darknet's prompt, a path a line" {
    run -0 explain <<<"  $picture  

cfg/fashion-pictures/8_bag.png"
    echo "$output"
    [[ $output == "Enter Image Path: $picture: Predicted and explained in "* ]]
    [ "$(echo "$output" | grep -o 'Enter Image Path: ' | wc -l)" = 4 ]
    results whole results/*
    [ "$(ls results)" = "$(printf '8_bag\n9_ankle-boot')" ]
    run -0 explain </dev/null
    [ "$output" = "Enter Image Path: " ]
}

@test "ctrl-C ends a long run with 1, and nothing is written" {
    for signal in INT TERM; do
        run timeout --preserve-status -s $signal 1 "$darknet" attribute test "${model[@]}" "$picture" -samples 1000000
        echo "$output"
        [ "$status" = 1 ]
        [ "$output" = "darknet attribute: interrupted" ]
        [ -z "$(ls -A)" ]
    done
}

@test "ctrl-C in a list leaves the pictures that are done, and the run can be repeated" {
    for number in {1..400}; do cp "$pictures/8_bag.png" "$number.png"; done
    ls ./*.png >list.txt
    "$darknet" attribute test "${model[@]}" list.txt -samples 50 -threads 1 >log 2>errors &
    process=$!
    interrupted summary.json 0.05
    cat errors
    [ $code = 1 ]
    done=$(ls results | wc -l)
    [ "$done" -ge 2 ] && [ "$done" -lt 400 ]
    [ "$(cat errors)" = "darknet attribute: list.txt: interrupted ($done pictures are done)" ]
    no_temporary_files
    results whole results/*
    cp -r results before
    head -n 3 list.txt >short.txt
    attribute test "${model[@]}" short.txt -samples 50 -threads 1
    results whole results/*
    cmp before/1/Bag_smoothgrad.npy results/1/Bag_smoothgrad.npy
}

@test "ctrl-C at the prompt ends with 1" {
    mkfifo pipe
    exec 4<>pipe
    run timeout --preserve-status -s INT 1 "$darknet" attribute test "${model[@]}" <&4
    [ "$status" = 1 ]
    [[ $output == *"standard input: interrupted (0 pictures are done)"* ]]
}
