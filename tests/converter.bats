# scripts/convert-face-api and scripts/get-face-models: made models of random bytes, then the real ones.

bats_require_minimum_version 1.5.0

setup_file() {
    top=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
    export top
    export models=$BATS_FILE_TMPDIR/models
    # The package's own manifests would do, but need the network: these have its names, shapes and ways of storing.
    cd "$BATS_FILE_TMPDIR"
    python3 - <<'PYTHON'
import json, math, random, struct

random.seed(1)


def write(model, shapes):
    weights, data = [], b""
    for name, shape in shapes:
        entry = {"name": name, "shape": shape, "dtype": "float32"}
        count = math.prod(shape)
        if len(shape) == 1:
            data += struct.pack(f"<{count}f", *(random.uniform(-1, 1) for _ in range(count)))
        else:
            entry["quantization"] = {"dtype": "uint8", "scale": random.uniform(0.01, 0.02), "min": -1.5}
            data += random.randbytes(count)
        weights.append(entry)
    with open(f"{model}.json", "w") as file:
        json.dump([{"weights": weights, "paths": [f"{model}.bin"]}], file)
    with open(f"{model}.bin", "wb") as file:
        file.write(data)


def separable(name, inputs, outputs):
    return [(f"{name}/depthwise_filter", [3, 3, inputs, 1]), (f"{name}/pointwise_filter", [1, 1, inputs, outputs]),
            (f"{name}/bias", [outputs])]


shapes = [("conv0/filters", [3, 3, 3, 16]), ("conv0/bias", [16])]
for n in range(1, 6):
    shapes += separable(f"conv{n}", 8 << n, 16 << n)
write("face-detector", shapes + [("conv8/filters", [1, 1, 512, 25]), ("conv8/bias", [25])])

shapes = [("dense0/conv0/filters", [3, 3, 3, 32]), ("dense0/conv0/bias", [32])]
for block in range(4):
    for n in range(0 if block else 1, 4):
        shapes += separable(f"dense{block}/conv{n}", (32 << block) >> (n == 0), 32 << block)
write("face-expression", shapes + [("fc/weights", [256, 7]), ("fc/bias", [7])])
PYTHON
    for model in face-detector face-expression; do
        "$top/scripts/convert-face-api" $model $model.json $model.weights
    done
    # The real models, if this machine can have them.
    real=0
    "$top/scripts/get-face-models" "$models" 2>get-face-models.log || real=$?
    export real
}

setup() {
    cd "$BATS_TEST_TMPDIR"
    cp "$BATS_FILE_TMPDIR"/face-detector.json "$BATS_FILE_TMPDIR"/face-detector.bin .
}

need_real_models() {
    [ "$real" != 3 ] || skip "$(tail -n 1 "$BATS_FILE_TMPDIR/get-face-models.log")"
    [ "$real" = 0 ] || { cat "$BATS_FILE_TMPDIR/get-face-models.log" && false; }
}

# Converts the model after `$2` was run by Python on its manifest m and its bytes b; the message must contain `$1`.
refused() {
    python3 - "$2" <<'PYTHON'
import json, sys
m, b = json.load(open("face-detector.json")), open("face-detector.bin", "rb").read()
exec(sys.argv[1])
json.dump(m, open("face-detector.json", "w")), open("face-detector.bin", "wb").write(b)
PYTHON
    run -2 "$top/scripts/convert-face-api" face-detector face-detector.json out.weights
    echo "$output"
    [ "${#lines[@]}" = 1 ]
    [[ $output == *"$1"* ]]
    [ ! -e out.weights ]
}

@test "converter: the weights file has exactly the numbers that the cfg asks for" {
    for model in face-detector face-expression; do
        numbers=$(awk -F= '
            BEGIN { c = 3 }
            function close_section() {
                if (type == "[convolutional]") {
                    total += n + n * c / groups * size * size
                    c = n
                }
            }
            /^\[/ { close_section(); type = $1; groups = 1 }
            $1 == "filters" { n = $2 }
            $1 == "size" { size = $2 }
            $1 == "groups" { groups = $2 }
            END { close_section(); print total }' "$top/cfg/$model.cfg")
        bytes=$(wc -c <"$BATS_FILE_TMPDIR/$model.weights")
        echo "$model: $numbers numbers, $bytes bytes"
        [ "$bytes" = $((20 + 4 * numbers)) ]
    done
}

@test "converter: the layers hold the package's numbers where Darknet looks for them" {
    cd "$BATS_FILE_TMPDIR"
    python3 - "$top" <<'PYTHON'
import array, json, math, re, struct, sys


def source(model):
    """name -> (shape, values in double precision)"""
    manifest = json.load(open(f"{model}.json"))[0]
    data, offset, tensors = open(f"{model}.bin", "rb").read(), 0, {}
    for entry in manifest["weights"]:
        count = math.prod(entry["shape"])
        if "quantization" in entry:
            q = entry["quantization"]
            values = [byte * q["scale"] + q["min"] for byte in data[offset : offset + count]]
            offset += count
        else:
            values = struct.unpack_from(f"<{count}f", data, offset)
            offset += 4 * count
        tensors[entry["name"]] = entry["shape"], values
    return tensors


def layers(model):
    """(biases, kernels, keys) of each convolutional section, read as Darknet does."""
    data = open(f"{model}.weights", "rb").read()
    assert struct.unpack_from("<iiiq", data) == (0, 2, 0, 0)
    offset, channels, result = 20, 3, []
    for section in open(f"{sys.argv[1]}/cfg/{model}.cfg").read().split("[convolutional]")[1:]:
        keys = {key: int(value) for key, value in re.findall(r"^(\w+)=(\d+)$", section.split("[")[0], re.M)}
        n, size, per = keys["filters"], keys["size"], channels // keys.get("groups", 1)
        biases = struct.unpack_from(f"<{n}f", data, offset)
        kernels = struct.unpack_from(f"<{n * per * size * size}f", data, offset + 4 * n)
        offset += 4 * (n + len(kernels))
        kernel = lambda o, i, y, x, k=kernels, p=per, s=size: k[((o * p + i) * s + y) * s + x]
        result.append((biases, kernel, n, per, size))
        channels = n
    return result


def same(found, wanted, where):
    if abs(found - wanted) > 1e-6 * max(1, abs(wanted)):
        sys.exit(f"{where}: found {found}, wanted {wanted}")


def check(where, layer, kernel, bias):
    """kernel(o, i, y, x) and bias(o) are what the layer should hold."""
    biases, found, outputs, inputs, size = layer
    for o in range(outputs):
        same(biases[o], bias(o), f"{where} bias {o}")
        for i in range(inputs):
            for y in range(size):
                for x in range(size):
                    same(found(o, i, y, x), kernel(o, i, y, x), f"{where} kernel {o},{i},{y},{x}")


def hwio(tensors, name):
    (_, width, inputs, outputs), values = tensors[name]
    return lambda o, i, y, x: values[((y * width + x) * inputs + i) * outputs + o]


def shifted(kernel):
    return lambda o, i, y, x: kernel(o, i, y - 1, x - 1) if y and x else 0


def check_separable(where, pair, tensors, stride):
    depthwise = hwio(tensors, f"{where}/depthwise_filter")
    channel = lambda o, i, y, x: depthwise(0, o, y, x)
    check(f"{where} depthwise", pair[0], shifted(channel) if stride == 2 else channel, lambda o: 0)
    check(f"{where} pointwise", pair[1], hwio(tensors, f"{where}/pointwise_filter"),
          lambda o: tensors[f"{where}/bias"][1][o])


tensors, net = source("face-detector"), layers("face-detector")
assert len(net) == 12
first = hwio(tensors, "conv0/filters")
mean = 117.001, 114.697, 97.404
check("conv0", net[0], first, lambda o: tensors["conv0/bias"][1][o] - sum(
    first(o, i, y, x) * mean[i] / 255 for i in range(3) for y in range(3) for x in range(3)))
for n in range(1, 6):
    check_separable(f"conv{n}", net[2 * n - 1 : 2 * n + 1], tensors, 1)
last = hwio(tensors, "conv8/filters")
row = lambda o: o // 6 * 5 + o % 6
check("conv8", net[11], lambda o, i, y, x: last(row(o), i, y, x) if o % 6 < 5 else 0,
      lambda o: tensors["conv8/bias"][1][row(o)] if o % 6 < 5 else 0)

tensors, net = source("face-expression"), layers("face-expression")
assert len(net) == 33
mean = 122.782, 117.001, 104.298
check("mean", net[0], lambda o, i, y, x: o == i, lambda o: -mean[o] / 255)
check("dense0/conv0", net[1], shifted(hwio(tensors, "dense0/conv0/filters")),
      lambda o: tensors["dense0/conv0/bias"][1][o])
at = 2
for block in range(4):
    for n in range(0 if block else 1, 4):
        check_separable(f"dense{block}/conv{n}", net[at : at + 2], tensors, 2 if n == 0 else 1)
        at += 2
check("fc", net[32], lambda o, i, y, x: tensors["fc/weights"][1][i * 7 + o], lambda o: tensors["fc/bias"][1][o])
PYTHON
}

@test "converter: a .bin file that is too short is refused" {
    refused "ends too early" "b = b[:-1]"
}

@test "converter: a .bin file that is too long is refused" {
    refused "expected" "b += b'x'"
}

@test "converter: a missing tensor is refused" {
    refused "tensor conv3/bias is missing" \
        "[w.update(name='other') for w in m[0]['weights'] if w['name'] == 'conv3/bias']"
}

@test "converter: a tensor too many is refused" {
    refused "unexpected tensor other" \
        "m[0]['weights'].append(dict(name='other', shape=[1], dtype='float32')); b += bytes(4)"
}

@test "converter: a wrong shape is refused" {
    refused "conv0/bias: shape [4, 4] (expected [16])" "m[0]['weights'][1]['shape'] = [4, 4]"
}

@test "converter: an unknown way of storing is refused" {
    refused "stored as uint16" "m[0]['weights'][0]['quantization']['dtype'] = 'uint16'"
}

@test "converter: a file that is no manifest is refused" {
    refused "not a weights manifest" "m = [{}]"
}

@test "converter: a manifest whose .bin file is missing is refused" {
    refused "No such file" "m[0]['paths'] = ['none.bin']"
}

@test "converter: the other model's manifest is refused" {
    run -2 "$top/scripts/convert-face-api" face-expression face-detector.json out.weights
    [ ! -e out.weights ]
}

@test "converter: wrong usage is refused" {
    run -2 "$top/scripts/convert-face-api" face face-detector.json out.weights
    [[ $output == usage:* ]]
}

@test "converter: weights that cannot be written leave nothing behind" {
    mkdir out.weights
    run -1 "$top/scripts/convert-face-api" face-detector face-detector.json out.weights
    [[ $output == *"out.weights: cannot be written"* ]]
    [ "$(ls)" = "face-detector.bin
face-detector.json
out.weights" ]
}

# A copy of the scripts, so that its build/download is empty, and a stand-in for npm.
copy_with_npm() {
    mkdir -p copy bin
    cp -r "$top/scripts" copy
    printf '#!/bin/sh\n%s\n' "$1" >bin/npm
    chmod +x bin/npm
}

@test "face models: without network the exit code is 3 and the message says what can be done" {
    copy_with_npm 'echo "npm ERR! code ENOTFOUND" >&2; exit 1'
    PATH=$PWD/bin:$PATH run -3 copy/scripts/get-face-models models
    echo "$output"
    [[ $output == *"connect to the network, or put vladmandic-face-api-1.7.15.tgz into "*"npm says: code ENOTFOUND"* ]]
    [ -z "$(find models copy/build/download -type f)" ]
}

@test "face models: another tarball than the expected one is not used" {
    copy_with_npm 'echo other >vladmandic-face-api-1.7.15.tgz'
    PATH=$PWD/bin:$PATH run -1 copy/scripts/get-face-models models
    [[ $output == *"is not the expected file"* ]]
    [ -z "$(find models copy/build/download -type f)" ]
}

@test "face models: a second run does nothing" {
    need_real_models
    copy_with_npm 'touch called; exit 1'
    cp -r "$models" models
    before=$(ls -l --time-style=full-iso models)
    PATH=$PWD/bin:$PATH run -0 copy/scripts/get-face-models models
    [ -z "$output" ]
    [ "$(ls -l --time-style=full-iso models)" = "$before" ]
}

@test "face models: a damaged file is made again" {
    need_real_models
    cp -r "$models" models
    echo x >>models/face-detector.weights
    run -0 "$top/scripts/get-face-models" models
    cmp models/face-detector.weights "$models/face-detector.weights"
}

# Stock Darknet looks for its letters in data/, and writes predictions.jpg, where it is started.
need_darknet() {
    need_real_models
    program=${ATTRIBUTION_BUILD:-$top/build}/darknet
    [ -x "$program" ] || skip "no $program"
    ln -s "${program%/*}/data" data
    ln -s "$top/cfg" cfg
}

@test "face models: the detector finds 3, 2, 3, 5, 5 and 4 faces" {
    need_darknet
    found=
    for number in 1 2 3 4 5 6; do
        found="$found $("$program" detector test cfg/face-detector.data cfg/face-detector.cfg \
            "$models/face-detector.weights" "$models/sample$number.jpg" -thresh 0.5 2>log | grep -c '^face:')"
    done
    echo "found:$found"
    [ "$found" = " 3 2 3 5 5 4" ]
}

@test "face models: the classifier gives the probabilities of the package's own TensorFlow.js" {
    need_darknet
    # TensorFlow.js was given sample1.jpg as Darknet letterboxes it to 112x112. No face cut out: only the numbers count.
    "$program" classifier predict cfg/face-expression.data cfg/face-expression.cfg "$models/face-expression.weights" \
        "$models/sample1.jpg" -t 7 2>log | tee found
    printf '%s\n' 59.605 sad 15.256 angry 11.260 neutral 9.679 happy 3.436 disgusted 0.730 surprised 0.034 fearful |
        paste - - >wanted
    awk 'FNR == NR { name[FNR] = $2; wanted[FNR] = $1; next }
         { difference = $1 - wanted[FNR] }
         $2 != name[FNR] || difference > 0.01 || difference < -0.01 { exit 1 }
         END { if (FNR != 7) exit 1 }' wanted found
}
