# `darknet attribute valid`: a table of methods and metrics, with controls; undefined scores; resuming.

load attribute

some() {
    mkdir -p some
    cp "$pictures"/[0-4]_* some/
}

few=(-methods gradient,integrated_gradients -metrics deletion,gini,mass_accuracy -threads 1)

@test "valid: a table with a row for each method and control, and a line for each map" {
    some
    attribute valid "${model[@]}" some "${few[@]}" | tee out
    grep -q "5 targets on 5 pictures" out
    python3 - <<'PYTHON'
import csv, json, math
table = list(csv.DictReader(open("results/valid/valid.csv")))
methods = ["gradient", "integrated_gradients", "control: random", "control: centre", "control: edges"]
assert [r["method"] for r in table] == [m for m in methods for _ in range(3)], table
scores = list(csv.DictReader(open("results/valid/scores.csv")))
lines = [r for r in scores if r["target_index"] != "-1"]
assert len(lines) == 5 * len(methods) and len(scores) == len(lines) + 5
for row in table:
    values = [float(r[row["metric"]]) for r in lines if r["method"] == row["method"] and r[row["metric"]]]
    assert int(row["n"]) == len(values) and int(row["undefined"]) == 5 - len(values), row
    if row["metric"] == "mass_accuracy":  # a classifier has no box
        assert row["mean"] == "" and row["undefined"] == "5", row
        continue
    mean = sum(values) / len(values)
    assert abs(float(row["mean"]) - mean) < 1e-12 * abs(mean) and float(row["low"]) <= mean <= float(row["high"]), row
by = {(r["method"], r["metric"]): float(r["mean"]) for r in table if r["mean"]}
assert all(0 < by[m, "deletion"] < 1.5 and 0 < by[m, "gini"] < 1 for m in methods), by
assert by["control: random", "gini"] < 0.4, by  # 1/3 in the mean
# Random maps of each picture are its own: shared ones would miss chance in all pictures alike.
assert len({r["gini"] for r in lines if r["method"] == "control: random"}) == 5, lines
summary = json.load(open("results/valid/valid.json"))
assert [m["name"] for m in summary["metrics"]] == ["deletion", "gini", "mass_accuracy"]
assert len(summary["differences"]) == 1 and 0 < summary["differences"][0]["p"]["deletion"] <= 1
PYTHON
    grep -q "<td>control:<wbr> random</td>" results/valid/index.html
    grep -q "^  best: .*, not significantly better than another (Holm, 5 %); p = .* against random$" out
}

@test "valid: all differences, corrected for the pairs of a metric" {
    mkdir some && cp "$pictures"/[0-9]_* some/
    attribute valid "${model[@]}" some -methods gradient,gradient_x_input,integrated_gradients -metrics deletion,gini -threads 1
    python3 - <<'PYTHON'
import csv, json
scores = [r for r in csv.DictReader(open("results/valid/scores.csv")) if r["target_index"] != "-1"]
by = {(r["picture_index"], r["method"], m): float(r[m]) for r in scores for m in ("deletion", "gini")}
pictures = sorted({r["picture_index"] for r in scores})
assert len(pictures) == 10

def flips(d):
    """All sign flips."""
    sums = [0]
    for x in d:
        sums = [s + x for s in sums] + [s - x for s in sums]
    return sum(abs(s) >= abs(sum(d)) - 1e-12 * sum(map(abs, d)) for s in sums) / len(sums)

def holm(p):
    order, most, out = sorted(range(len(p)), key=p.__getitem__), 0, [0] * len(p)
    for k, i in enumerate(order):
        most = max(most, min(1, (len(p) - k) * p[i]))
        out[i] = most
    return out

def close(a, b):
    return abs(float(a) - b) <= 1e-12

pairs = list(csv.DictReader(open("results/valid/differences.csv")))
assert [r["metric"] for r in pairs] == ["deletion"] * 3 + ["gini"] * 3, pairs
summary = json.load(open("results/valid/valid.json"))
table = {(r["method"], r["metric"]): r for r in csv.DictReader(open("results/valid/valid.csv"))}
methods = ["gradient", "gradient_x_input", "integrated_gradients"]
for metric in ("deletion", "gini"):
    rows = [r for r in pairs if r["metric"] == metric]
    assert [(r["first"], r["second"]) for r in rows] == [(a, b) for i, a in enumerate(methods) for b in methods[i + 1:]]
    p = []
    for r in rows:
        d = [by[i, r["first"], metric] - by[i, r["second"], metric] for i in pictures]
        assert r["n"] == "10" and close(r["difference"], sum(d) / 10) and float(r["low"]) <= sum(d) / 10 <= float(r["high"]), r
        p.append(flips(d))
    for r, one, corrected, entry in zip(rows, p, holm(p), summary["differences"]):
        assert close(r["p"], one) and close(r["p_holm"], corrected), (r, one, corrected)
        assert float(r["p"]) == entry["p"][metric] and float(r["p_holm"]) == entry["p_holm"][metric], (r, entry)
    p = [flips([by[i, m, metric] - by[i, "control: random", metric] for i in pictures]) for m in methods]
    for m, one, corrected in zip(methods, p, holm(p)):
        r = table[m, metric]
        assert close(r["p_against_random"], one) and close(r["p_against_random_holm"], corrected), r
        for control in ("random", "centre", "edges"):
            ratio = float(r["mean"]) / float(table["control: " + control, metric]["mean"])
            assert abs(float(r["relative_to_" + control]) / ratio - 1) < 1e-12, (control, r)
        assert r["relative_to_box"] == "", r
PYTHON
    grep -q "</b> is better than " results/valid/index.html
}

@test "valid: curves are complete and finite, and drawn" {
    some
    attribute valid "${model[@]}" some "${few[@]:0:2}" -metrics deletion,insertion,gini,aupc -threads 1
    python3 - <<'PYTHON'
import csv, math
lines = list(csv.reader(open("results/valid/curves.csv")))
head, rows = lines[0], [r for r in lines[1:] if r[1] != "-1"]
assert head[:4] == ["picture_index", "target_index", "row", "metric_index"] and head[-4:] == ["metric", "method", "target", "picture"]
assert head[4:-4] == [f"y{i}" for i in range(31)]
assert len(lines) == 1 + len(rows) + 5
expected = {(str(p), "0", str(row), str(k)) for p in range(5) for row in range(5) for k in (0, 1, 3)}
assert {tuple(r[:4]) for r in rows} == expected and len(rows) == len(expected), len(rows)
for r in rows:
    y = [float(v) for v in r[4:-4]]
    assert len(y) == 31 and all(map(math.isfinite, y)), r
    end = {"deletion": 0, "insertion": 30, "aupc": 0}[r[-4]]  # where all of the picture is there
    assert abs(y[end] - 1) < 1e-5, (r[-4:], y[end])
scores = {(r["picture_index"], r["method"]): r for r in csv.DictReader(open("results/valid/scores.csv"))}
for r in rows:  # by the trapezoidal rule, coarser than the metric's own
    y = [float(v) for v in r[4:-4]]
    area = (sum(y) - (y[0] + y[-1]) / 2) / 30
    if r[-4] != "aupc":
        assert abs(area - float(scores[r[0], r[-3]][r[-4]])) < 0.05, (r[-4:], area)
page = open("results/valid/index.html").read()
assert page.count('<svg class="bands"') == 3 and page.count("<polyline") == 15, page.count("<polyline")
assert "nan" not in page[page.index("<h2>Curves"):page.index("<h2>What they")]
PYTHON
}

@test "valid: the box is where the box's control says, and its control wins localisation" {
    make_list
    attribute valid "${detector[@]}" list.txt -methods gradient -metrics mass_accuracy,pointing_game,rank_accuracy,deletion_matched -threads 1
    python3 - <<'PYTHON'
import csv
by = {(r["method"], r["metric"]): r for r in csv.DictReader(open("results/valid/valid.csv"))}
for metric in ("mass_accuracy", "pointing_game", "rank_accuracy"):
    best = float(by["control: box", metric]["mean"])
    assert best == 1, (metric, best)
    for method in ("gradient", "control: random", "control: centre", "control: edges"):
        assert float(by[method, metric]["mean"]) <= best, (method, metric)
assert int(by["gradient", "deletion_matched"]["n"]) == 6
PYTHON
}

@test "valid: the same bits whatever threads, and an interrupted run goes on" {
    some
    attribute valid "${model[@]}" some "${few[@]}" -results one
    attribute valid "${model[@]}" some "${few[@]:0:4}" -threads 2 -results two
    cmp one/valid/scores.csv two/valid/scores.csv
    cmp one/valid/curves.csv two/valid/curves.csv
    for lost in scores curves both; do
        cp -r one "$lost"
        sed -i "s|one/valid|$lost/valid|" "$lost/valid/run.cfg"
        # The last picture is not there, that before it has no end: in one table it is, which is not enough.
        [ $lost = curves ] || sed -i '/^4,/d; /^3,-1/d' "$lost/valid/scores.csv"
        [ $lost = scores ] || sed -i '/^4,/d; /^3,-1/d' "$lost/valid/curves.csv"
        attribute valid "${model[@]}" some "${few[@]}" -results "$lost"
        for table in scores curves valid differences; do cmp "one/valid/$table.csv" "$lost/valid/$table.csv"; done
        cmp one/valid/index.html "$lost/valid/index.html"
    done
}

@test "valid: what it cannot do is refused" {
    some
    refused "metrics: there is no metric deltion (did you mean deletion?)" attribute valid "${model[@]}" some -metrics deltion
    refused "valid takes -methods a,b,c, not -method" attribute valid "${model[@]}" some -method gradient
    refused "-shared_scale is for compare, not for valid" attribute valid "${model[@]}" some -shared_scale
    refused "metrics: gini is there twice" attribute valid "${model[@]}" some -metrics gini,gini
    refused "methods: there is no method" attribute valid "${model[@]}" some -methods gradent
    refused "usage: darknet attribute valid" attribute valid "${model[@]}" some more
}

@test "valid: adaptive noise is searched for each target" {
    some
    local taylor=(-methods smoothtaylor -metrics autvc -roots 5 -threads 1)
    attribute valid "${model[@]}" some "${taylor[@]}" -results fixed >/dev/null
    attribute valid "${model[@]}" some "${taylor[@]}" -adaptive autvc -adaptive_steps 4 -results found >/dev/null
    sigmas=()
    for file in some/*; do
        attribute test "${model[@]}" "$file" -method smoothtaylor -roots 5 -threads 1 -adaptive autvc -adaptive_steps 4 -results one >/dev/null
        sigma=$(results value one/"$(basename "$file" .png)"/summary.json maps 0 adaptive sigma)
        attribute valid "${model[@]}" "$file" "${taylor[@]}" -root_sigma "$sigma" -results each/"$(basename "$file")" >/dev/null
        sigmas+=("$sigma")
    done
    echo "${sigmas[@]}"
    python3 - <<'PYTHON'
import csv, glob
def read(folder):
    rows = csv.DictReader(open(folder + "/valid/scores.csv"))
    return {r["picture"]: float(r["autvc"]) for r in rows if r["method"] == "smoothtaylor"}
fixed, found = read("fixed"), read("found")
each = {}
for folder in glob.glob("each/*"):
    each.update(read(folder))
assert len(found) == 5 and found.keys() == fixed.keys() == each.keys(), (found, each)
for picture in found:
    assert abs(found[picture] - each[picture]) < 1e-6 * each[picture], (picture, found[picture], each[picture])
assert sum(found.values()) < sum(fixed.values()), (found, fixed)
PYTHON
}
