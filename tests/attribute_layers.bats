# `darknet attribute test` and `compare` with the methods that look at a layer.

load attribute

methods="gradcam gradcam_pp layercam gradient_x_activation"
folder=results/9_ankle-boot
summary=$folder/summary.json

@test "layers: every method says which layer it looked at, in the line, in summary.json and on the page" {
    for method in $methods; do
        rm -rf results
        run -0 attribute test "${model[@]}" "$picture" -method $method
        echo "$output"
        [[ $output == *"$folder/Ankle-boot_$method: logit "*", 1 gradient, layer 6 [convolutional], 7 x 7 x 64" ]]
        results whole $folder
        [ "$(results value $summary maps 0 layer index)" = 6 ]
        [ "$(results value $summary maps 0 layer kind)" = convolutional ]
        [ "$(results value $summary maps 0 layer channels)" = 64 ]
        [ "$(results value $summary maps 0 gradients)" = 1 ]
        grep -q '<li>Made at layer 6 \[convolutional\], 7 &times; 7 places of 64 channels</li>' $folder/index.html
        grep -q 'what the layer sees here raises the target' $folder/index.html
    done
}

@test "layers: signs are kept by gradient_x_activation, and by the others with relu=0" {
    for method in $methods; do
        for relu in 0 1; do
            attribute test "${model[@]}" "$picture" -method $method -relu=$relu -output json >log
            least=$(results value $summary maps 0 negative_sum)
            echo "$method relu=$relu: $least"
            [ $relu = 0 ] || [ "$least" = 0 ] || [ "$least" = 0.0 ]
        done
        attribute test "${model[@]}" "$picture" -method $method -output json >log
        [[ $method != gradient_x_activation || $(results value $summary maps 0 negative_sum) == -* ]]
    done
}

@test "layers: several are a map each" {
    run -0 attribute test "${model[@]}" "$picture" -method layercam -layers 2,4-6 -top 2 -channels none
    echo "$output"
    [ "$(grep -c "^$folder/.*_layercam_layer[2456]: " <<<"$output")" = 8 ]
    [[ $output == *"$folder/Ankle-boot_layercam_layer4: "*", layer 4 [maxpool], 7 x 7 x 32"* ]]
    results whole $folder
    for layer in 2 4 5 6; do
        attribute test "${model[@]}" "$picture" -method layercam -layers $layer -results alone -threads 1 -batch 1 >log
        cmp {$folder,alone/9_ankle-boot}/Ankle-boot_layercam_layer$layer.npy
        cmp {$folder,alone/9_ankle-boot}/Ankle-boot_layercam_layer$layer.png
    done
}

@test "layers: detections keep their numbers" {
    make_detector quarter.cfg
    attribute test quarter.data quarter.cfg quarter.weights "$picture" -method gradcam -layers 0 -thresh 0 >log
    cat log
    grep -q 'quarter_1_gradcam_layer0: score .*, layer 0 \[convolutional\], 2 x 2 x 6' log
    grep -q 'quarter_2_gradcam_layer0: score ' log
    results whole $folder
}

@test "layers: run.cfg repeats the run" {
    attribute test "${model[@]}" "$picture" -method gradient_x_activation -layers 3,5 -coordinates network >log
    mv results before
    attribute test "${model[@]}" "$picture" -attribution before/9_ankle-boot/run.cfg >log
    for layer in 3 5; do
        cmp {before/9_ankle-boot,$folder}/Ankle-boot_gradient_x_activation_layer$layer.npy
    done
}

@test "layers: what cannot be looked at is refused with what can" {
    try=("${model[@]}" "$picture" -method gradcam)
    refused "layer 8 [avgpool] has only one place (width x height) and cannot be mapped for layer 9 [softmax], which the \
target hangs on (possible: 0-7)" attribute test "${try[@]}" -layers 8
    refused "layer 9 [softmax] is not before layer 9 [softmax]" attribute test "${try[@]}" -layers 9
    refused "layers=10: expected auto, or numbers and ranges of layers (0 to 9): 0,3-8" attribute test "${try[@]}" -layers 10
    refused "layers=last: expected auto" attribute test "${try[@]}" -layers last
    attribute test "${model[@]}" "$picture" "${quick[@]}" -layers 99 -output json >log # looks at none
}

@test "layers: compare has them side by side with others, at one layer for all" {
    run -0 attribute compare "${model[@]}" "$picture" -methods gradient,gradcam,gradcam_pp,layercam,gradient_x_activation
    echo "$output"
    [ "$(grep -c ', layer 6 \[convolutional\]' <<<"$output")" = 4 ]
    [ "$(grep -c 'Made at layer 6' $folder/compare.html)" = 4 ]
    [ "$(results value $folder/compare.json methods 1 maps 0 layer index)" = 6 ]
    attribute test "${model[@]}" "$picture" -method gradcam -results alone >log
    cmp {$folder,alone/9_ankle-boot}/Ankle-boot_gradcam.npy
    attribute compare "${model[@]}" "$picture" -methods gradient,layercam -layers 3 >log
    grep -q 'layercam_layer3: .*, layer 3 \[convolutional\], 14 x 14 x 32' log
    refused "compare takes one layer for all, not layers=3,5 (test takes several)" \
        attribute compare "${model[@]}" "$picture" -methods gradient,layercam -layers 3,5
}

@test "layers: each head of Yolo-Fastest has its own" {
    needs_testdata
    attribute test cfg/coco.data "$yolo.cfg" "$yolo.weights" data/dog.jpg -method gradcam >log
    cat log
    grep -q 'dog_1_gradcam: .*, layer 119 \[convolutional\], 10 x 10 x 96' log
    grep -q 'car_1_gradcam: .*, layer 128 \[convolutional\], 20 x 20 x 120' log
    refused "layer 120 [convolutional] does not lead to layer 130 [yolo], which the target hangs on (possible: 0-115,122-129)" \
        attribute test cfg/coco.data "$yolo.cfg" "$yolo.weights" data/dog.jpg -method gradcam -layers 120 -results other
    rm -rf results
    attribute test cfg/coco.data "$yolo.cfg" "$yolo.weights" data/dog.jpg -method layercam -layers 80,100 -thresh 0.3 >log
    cat log
    for name in dog_1_layercam_layer{80,100} car_1_layercam_layer{80,100} car_2_layercam_layer{80,100}; do
        grep -q "/$name: " log
    done
    results whole results/dog
}
