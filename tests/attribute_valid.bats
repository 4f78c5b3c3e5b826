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
summary = json.load(open("results/valid/valid.json"))
assert [m["name"] for m in summary["metrics"]] == ["deletion", "gini", "mass_accuracy"]
assert len(summary["differences"]) == 1 and 0 < summary["differences"][0]["p"]["deletion"] <= 1
PYTHON
    grep -q "<td>control: random</td>" results/valid/index.html
}

@test "valid: the box is where the box's control says, and its control wins localisation" {
    make_list
    attribute valid "${detector[@]}" list.txt -methods gradient -metrics mass_accuracy,pointing_game,rank_accuracy,deletion_matched -threads 1
    python3 - <<'PYTHON'
import csv
by = {(r["method"], r["metric"]): r for r in csv.DictReader(open("results/valid/valid.csv"))}
for metric in ("mass_accuracy", "pointing_game", "rank_accuracy"):
    best = float(by["control: box", metric]["mean"])
    assert best == 1 or metric == "mass_accuracy" and best > 0.9, (metric, best)  # pixels on the edge count in part
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
    cp -r one three
    sed -i 's|one/valid|three/valid|' three/valid/run.cfg
    sed -i '/^4,/d; /^3,-1/d' three/valid/scores.csv # the last two pictures are not done
    attribute valid "${model[@]}" some "${few[@]}" -results three
    diff <(sort one/valid/scores.csv) <(sort three/valid/scores.csv)
    cmp one/valid/valid.csv three/valid/valid.csv
}

@test "valid: what it cannot do is refused" {
    some
    refused "metrics: there is no metric deltion (did you mean deletion?)" attribute valid "${model[@]}" some -metrics deltion
    refused "metrics: gini is there twice" attribute valid "${model[@]}" some -metrics gini,gini
    refused "methods: there is no method" attribute valid "${model[@]}" some -methods gradent
    refused "usage: darknet attribute valid" attribute valid "${model[@]}" some more
}
