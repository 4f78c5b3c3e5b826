# Every cfg file that comes with Darknet or with the plugin is exact or refused by name; the table of all is printed.

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
    build=${ATTRIBUTION_BUILD:-$root/build}
}

@test "the gradient of every cfg file is exact, but for the recurrent ones, which are refused by name" {
    # Layers and engine have smaller tests for the sanitizers, which would need half an hour here.
    ! nm "$build/darknet" | grep -q __asan_init || skip "too slow with sanitizers"
    "$BATS_TEST_DIRNAME/cfg-table" "$build/darknet" "$build"/cfg/*.cfg >"$BATS_TEST_TMPDIR/table"
    sed 's/^/# /' "$BATS_TEST_TMPDIR/table" >&3
    cd "$BATS_TEST_TMPDIR"
    files=("$build"/cfg/*.cfg)
    [ "$(grep -cE ' (exact|refused: .*)$' table)" -eq ${#files[@]} ]
    ! grep WRONG table
    refused=$(sed -nE 's/^([^ ]+) .* refused: (.*)$/\1: \2/p' table)
    [ "$refused" = "gru: section [gru] cannot be attributed exactly
rnn: section [rnn] cannot be attributed exactly
rnn.train: section [rnn] cannot be attributed exactly" ]
}

@test "a gradient that is 0 is not called exact" {
    cd "$BATS_TEST_TMPDIR"
    printf '%s\n' '[net]' width=8 height=8 channels=3 '[connected]' output=3 activation=linear '[connected]' output=3 \
        activation=linear '[shortcut]' from=-2 alpha=1e6 beta=1e6 activation=hardtan '[softmax]' >steep.cfg
    run "$build/darknet" attribute check steep.cfg
    [ "$status" -eq 1 ]
    [[ $output == *"the gradient is 0 for 1 of 1 inputs: nothing to check end to end"* ]]
    [[ $output != *"is exact"* ]]
}
