# Pages in a real browser: what is clicked, typed and pressed does what it says; no errors; narrow and wide windows.

load attribute

needs_browser() {
    [[ ${ATTRIBUTION_BUILD:-} != */sanitize ]] || skip "the pages are the same"
    command -v chromedriver >/dev/null && command -v chromium >/dev/null || skip "chromium and chromedriver are missing"
}

browser() {
    python3 "$BATS_TEST_DIRNAME/browser.py" "$@"
}

@test "gallery: of COCO pictures by two methods" {
    needs_browser
    needs_testdata
    ls "$ATTRIBUTION_TESTDATA"/coco/images/*.jpg >list.txt
    attribute triage cfg/coco.data "$yolo.cfg" "$yolo.weights" list.txt -methods gradient,gradcam -top 8 -thresh 0.2 2>/dev/null
    mkdir -p "$build/tests"
    browser gallery results/triage/index.html "$build/tests"
}

@test "gallery: of more than a thousand cases" {
    needs_browser
    make_list
    for _ in {1..60}; do cat list.txt; done >long.txt
    attribute triage "${detector[@]}" long.txt "${quick[@]}" -output html,json
    [ "$(grep -c '<article' results/triage/index.html)" -gt 1000 ]
    [ "$(wc -c <results/triage/index.html)" -lt 5000000 ]
    browser gallery results/triage/index.html
}

@test "gallery: of a classifier, with names that are no HTML" {
    needs_browser
    mkdir "a & <b>"
    for i in 0 1 2 3 4 5 6 7 8 9; do cp "$pictures"/${i}_* "a & <b>/"; done
    cp "$pictures"/8_* "a & <b>/\"wrong\"_9_ankle-boot.png"
    sed 's/^Bag$/<script>alert(1)<\/script> "b"/' "$build/cfg/fashion.names" >it.names
    printf 'classes=10\nlabels=cfg/fashion.labels\nnames=it.names\n' >it.data
    attribute triage it.data "${model[1]}" "${model[2]}" "a & <b>" -method integrated_gradients
    ! grep -q '<script>alert' results/triage/index.html
    browser gallery results/triage/index.html
}

@test "gallery: the pages of test and compare open without an error, narrow and wide" {
    needs_browser
    attribute test "${model[@]}" "$picture" -samples 4
    browser page results/9_ankle-boot/index.html
    attribute compare "${model[@]}" "$picture" -methods gradient,integrated_gradients,gradcam
    browser page results/9_ankle-boot/compare.html
}

@test "gallery: the page of valid opens without an error, narrow and wide, with a drawing for each curve" {
    needs_browser
    make_list
    mkdir some && cp "$pictures"/[0-7]_* some/
    attribute valid "${model[@]}" some -methods gradient,noisegrad:integrated_gradients,smoothgrad,gradcam -preset fast -samples 3 -clones 2 -metrics deletion,insertion,gini
    browser page results/valid/index.html
    attribute valid "${detector[@]}" list.txt -methods gradient -metrics gini,mass_accuracy -results one # without a curve
    browser page one/valid/index.html
}

@test "gallery: the page of a dream opens without an error, narrow and wide" {
    needs_browser
    attribute dream "${model[@]}" -class Bag -dream_steps 10 -clones 2
    browser page results/dream/Bag_noisegrad2/index.html
}
