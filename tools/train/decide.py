#!/usr/bin/env python3
"""Trains the ranker and the decision model of the answering from feature files and writes models/weights/answering-<profile>.json.

    decide.py --profile best --out models/weights FEATURES/*.feat [--test NAME=FEATURES/other.feat …] [--drop REGEX]

Feature files come from `zhike eval features`, so what is learnt is what production computes. Companies are left out in
five folds (young and mature knowledge base of a company always together): the ranker's scores that the decision learns from,
the probabilities the thresholds are fitted on and the printed figures all come from models that never saw the company.
Files named by --test are neither trained nor fitted on. Seeded; minutes on two cores.
"""
import argparse
import json
import os
import re

import numpy as np
import xgboost

ANSWER, CLARIFY, NONE, HUMAN = 0, 1, 2, 3
RIGHT, WRONG, AMBIGUOUS, NOTHING = 0, 1, 2, 3
FOLDS = 5
TARGETS = (.90, .92, .94, .95, .96, .97, .975, .98, .985, .99)
RANKER = dict(objective="rank:ndcg", n_estimators=300, max_depth=5, learning_rate=.05, subsample=.8, colsample_bytree=.5,
              min_child_weight=5, tree_method="hist", n_jobs=1)
SURE = dict(objective="binary:logistic", n_estimators=200, max_depth=3, learning_rate=.05, subsample=.8, colsample_bytree=.3,
            min_child_weight=6, tree_method="hist", n_jobs=1)
FORESTS = 5
# Nearer, or further ahead of the others, can only make the first more likely right.
RISING = ("margin.", "first.bge.", "first.e5.", "first.classifier", "first.bm25", "first.article", "first.late.", "first.title")
KIND = dict(objective="multi:softprob", num_class=3, n_estimators=160, max_depth=3, learning_rate=.05, subsample=.8,
            colsample_bytree=.4, min_child_weight=8, tree_method="hist", n_jobs=1)


class Company:
    """One feature file: x[question] = candidates × columns, in the order of the production short list."""

    def __init__(self, path, drop):
        with open(path, "rb") as f:
            self.head = json.loads(f.readline())
            rows = np.frombuffer(f.read(), "<f4").reshape(-1, 4 + len(self.head["columns"]))
        self.name = os.path.basename(path).removesuffix(".feat")
        self.group = self.name.split("+")[0]
        keep = [i for i, c in enumerate(self.head["columns"]) if not (drop and re.search(drop, c))]
        self.columns = [self.head["columns"][i] for i in keep]
        starts = np.flatnonzero(np.r_[True, rows[1:, 0] != rows[:-1, 0]])
        self.x, self.right, self.expect, self.types = [], [], [], []
        for begin, end in zip(starts, np.r_[starts[1:], len(rows)]):
            block = rows[begin:end]
            expect = int(block[0, 2])
            if expect >= HUMAN:
                continue
            self.x.append(np.ascontiguousarray(block[:, 4:][:, keep]))
            self.right.append(block[:, 3] > 0)
            self.expect.append(expect)
            self.types.append(self.head["types"][int(block[0, 0])])
        self.expect = np.array(self.expect)
        self.types = np.array(self.types)


def fit_ranker(companies, seed):
    picks = [(c.x[i], c.right[i]) for c in companies for i in np.flatnonzero(c.expect <= CLARIFY) if c.right[i].any()]
    model = xgboost.XGBRanker(random_state=seed, **RANKER)
    model.fit(np.vstack([x for x, _ in picks]), np.concatenate([y for _, y in picks]).astype(int),
              group=[len(y) for _, y in picks])
    return model


def rank(model, company):
    flat = model.predict(np.vstack(company.x))
    return np.split(flat, np.cumsum([len(x) for x in company.x])[:-1])


def decision_names(columns):
    own = [c for c in columns if not c.startswith("q.")]
    return ([f"first.{c}" for c in own] + [f"second.{c}" for c in own] + [f"score.{i}" for i in range(4)] +
            [f"margin.{i}" for i in range(1, 4)] + [c for c in columns if c.startswith("q.")])


def view(company, scores):
    """What the decision sees of each question, and the order of its candidates."""
    own = [i for i, c in enumerate(company.columns) if not c.startswith("q.")]
    asked = [i for i, c in enumerate(company.columns) if c.startswith("q.")]
    rows, orders = [], []
    for x, s in zip(company.x, scores):
        order = np.argsort(-s, kind="stable")
        top = np.full(4, np.nan, np.float32)
        top[:min(4, len(s))] = s[order[:4]]
        second = x[order[1], own] if len(order) > 1 else np.full(len(own), np.nan)
        rows.append(np.concatenate([x[order[0], own], second, top, top[0] - top[1:], x[0, asked]]))
        orders.append(order)
    return np.array(rows, np.float32), orders


def outcome(company, orders):
    first = np.array([r[o[0]] for r, o in zip(company.right, orders)])
    return np.select([(company.expect == ANSWER) & first, company.expect == ANSWER, company.expect == CLARIFY],
                     [RIGHT, WRONG, AMBIGUOUS], NOTHING), first


class Decision:
    """How likely the first is right (the mean of FORESTS monotone forests), and if not, which of the other outcomes it is."""

    def __init__(self, views, outcomes, names, seed):
        x, y = np.vstack(views), np.concatenate(outcomes)
        rising = tuple(int(n.startswith(RISING)) for n in names)
        self.sure = [xgboost.XGBClassifier(random_state=seed + k, monotone_constraints=rising, **SURE).fit(x, (y == RIGHT).astype(int))
                     for k in range(FORESTS)]
        self.kind = xgboost.XGBClassifier(random_state=seed, **KIND).fit(x[y != RIGHT], y[y != RIGHT] - 1)

    def predict(self, view):
        right = 1 / (1 + np.exp(-np.mean([m.predict(view, output_margin=True) for m in self.sure], 0)))
        return np.hstack([right[:, None], (1 - right[:, None]) * self.kind.predict_proba(view)])


def wilson_lower(right, n, z=1.645):
    """One-sided 95 % lower bound of a share (Wilson 1927)."""
    if n == 0:
        return 0.
    p = right / n
    return (p + z * z / (2 * n) - z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)


def thresholds(p, right, wrong):
    """For each target the lowest probability at which the bound on precision still clears it."""
    order = np.argsort(-p)
    r, w = np.cumsum(right[order]), np.cumsum(wrong[order])
    bound = np.array([wilson_lower(a, a + b) for a, b in zip(r, w)])
    out = []
    for t in TARGETS:
        ok = np.flatnonzero(bound >= t)
        out.append({"target": t, "at": float(p[order[ok[-1]]]) if len(ok) else 1.01})
    return out


def figures(company, orders, p, operating, target=.98):
    out, first = outcome(company, orders)
    answer = company.expect == ANSWER
    at = next(o["at"] for o in operating["answer"] if o["target"] >= target)
    none = p[:, NOTHING] >= operating["none"]
    said = (p[:, RIGHT] >= at) & (p[:, AMBIGUOUS] < operating["clarify"])
    asked = ~said & ~none
    right = said & (out == RIGHT)
    wrong = said & ((out == WRONG) | (out == NOTHING) | ((out == AMBIGUOUS) & ~first))
    three = np.array([r[o[:3]].any() for r, o in zip(company.right, orders)])
    n = answer.sum()
    ambiguous, nothing = company.expect == CLARIFY, company.expect == NONE
    order = np.argsort(-p[:, RIGHT])
    r, w = np.cumsum((out == RIGHT)[order]), np.cumsum(((out == WRONG) | (out == NOTHING) | ((out == AMBIGUOUS) & ~first))[order])
    best = r[r / np.maximum(1, r + w) >= target]
    return {"r@1": first[answer].mean(), "r@3": three[answer].mean(), "precision": right.sum() / max(1, (right | wrong).sum()),
            "coverage": right.sum() / n, "best_cov": best.max() / n if len(best) else 0.,
            "reach": (right.sum() + (asked & answer & three).sum()) / n,
            "oos_answered": (said & nothing).sum() / max(1, nothing.sum()), "oos_offered": (asked & nothing).sum() / max(1, nothing.sum()),
            "clarify_hit": (asked & ambiguous & three).sum() / max(1, ambiguous.sum()),
            "ece": calibration_error(p[:, RIGHT], out == RIGHT)}


def calibration_error(p, hit, bins=10):
    at = np.minimum((p * bins).astype(int), bins - 1)
    return sum(abs(p[at == b].mean() - hit[at == b].mean()) * (at == b).mean() for b in range(bins) if (at == b).any())


def show(name, row):
    print(f"{name:26}", "  ".join(f"{k} {v:.3f}" for k, v in row.items()), flush=True)


def raw_trees(model):
    raw = json.loads(bytes(model.get_booster().save_raw("json")))["learner"]
    return raw["gradient_booster"]["model"], float(raw["learner_model_param"]["base_score"].strip("[]"))


def export_trees(raw, base, share=1.):
    """Trees in the form answering/trees.hpp reads, leaves times `share`; inner nodes carry the mean below them."""
    out = []
    for t in raw:
        left, right = t["left_children"], t["right_children"]
        value = [np.float32(v) for v in t["split_conditions"]]
        cover = t["sum_hessian"]
        mean = [float(v) for v in value]
        for i in reversed(range(len(left))):
            if left[i] >= 0:
                a, b = cover[left[i]], cover[right[i]]
                mean[i] = (mean[left[i]] * a + mean[right[i]] * b) / max(1e-12, a + b)
        leaf = [l < 0 for l in left]
        out.append({"f": [-1 if e else f for e, f in zip(leaf, t["split_indices"])],
                    "t": [0 if e else float(f"{v:.9g}") for e, v in zip(leaf, value)],
                    "l": [0 if e else l for e, l in zip(leaf, left)], "r": [0 if e else r for e, r in zip(leaf, right)],
                    "d": [int(d) for d in t["default_left"]], "v": [float(f"{v * share:.6g}") for v in mean]})
    return {"base": base, "trees": out}


def export(ranker, decision, columns, operating, path, note):
    r, k = raw_trees(ranker)[0], raw_trees(decision.kind)[0]
    kinds = [export_trees([t for t, of in zip(k["trees"], k["tree_info"]) if of == c], 0.) for c in range(3)]
    forests = [raw_trees(m) for m in decision.sure]
    base = float(np.mean([np.log(b / (1 - b)) for _, b in forests]))
    sure = export_trees([t for f, _ in forests for t in f["trees"]], base, 1 / len(forests))
    weights = {"format": "zhike-answering-2", "trained": note, "ranker_features": columns, "decision_features": decision_names(columns),
               "ranker": export_trees(r["trees"], 0.), "sure": sure, "kind": kinds, "operating": operating}
    with open(path, "w", encoding="utf-8") as f:
        json.dump(weights, f, separators=(",", ":"))
        f.write("\n")
    print(f"wrote {path}, {os.path.getsize(path) >> 10} KiB")


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--profile", required=True)
    a.add_argument("--out")
    a.add_argument("--test", action="append", default=[])
    a.add_argument("--drop", help="leave out the columns that match")
    a.add_argument("--seed", type=int, default=7)
    a.add_argument("files", nargs="+")
    a = a.parse_args()
    companies = [Company(f, a.drop) for f in a.files]
    groups = sorted({c.group for c in companies})
    fold = {g: i % FOLDS for i, g in enumerate(groups)}
    views, orders, outcomes, p = [None] * len(companies), [None] * len(companies), [None] * len(companies), [None] * len(companies)
    for k in range(FOLDS):
        model = fit_ranker([c for c in companies if fold[c.group] != k], a.seed)
        for i, c in enumerate(companies):
            if fold[c.group] == k:
                views[i], orders[i] = view(c, rank(model, c))
                outcomes[i], _ = outcome(c, orders[i])
        print(f"ranker: fold {k + 1} of {FOLDS}", flush=True)
    for k in range(FOLDS):
        rest = [i for i, c in enumerate(companies) if fold[c.group] != k]
        model = Decision([views[i] for i in rest], [outcomes[i] for i in rest], decision_names(companies[0].columns), a.seed)
        for i, c in enumerate(companies):
            if fold[c.group] == k:
                p[i] = model.predict(views[i])
    every = np.vstack(p)
    outs = np.concatenate(outcomes)
    first = np.concatenate([outcome(c, o)[1] for c, o in zip(companies, orders)])
    wrong = (outs == WRONG) | (outs == NOTHING) | ((outs == AMBIGUOUS) & ~first)
    operating = {"answer": thresholds(every[:, RIGHT], outs == RIGHT, wrong), "none": .5, "clarify": .5}
    # Out of scope: at most 35 % of such questions may be offered buttons; the rest of the reach is kept.
    operating["none"] = float(np.quantile(every[outs == NOTHING][:, NOTHING], .35))
    rows = [figures(c, o, q, operating) for c, o, q in zip(companies, orders, p)]
    for c, row in zip(companies, rows):
        show(c.name, row)
    young = [r for c, r in zip(companies, rows) if "+" not in c.name]
    show("mean, young, left out", {k: np.mean([r[k] for r in young]) for k in young[0]})
    bad_if_high = {"oos_answered", "oos_offered", "ece"}
    show("worst, young", {k: (max if k in bad_if_high else min)(r[k] for r in young) for k in young[0]})
    print("operating", json.dumps(operating))
    ranker, decision = fit_ranker(companies, a.seed), Decision(views, outcomes, decision_names(companies[0].columns), a.seed)
    for t in a.test:
        c = Company(t, a.drop)
        x, order = view(c, rank(ranker, c))
        show(c.name, figures(c, order, decision.predict(x), operating))
    if a.out:
        os.makedirs(a.out, exist_ok=True)
        export(ranker, decision, companies[0].columns, operating, os.path.join(a.out, f"answering-{a.profile}.json"),
               {"companies": groups, "questions": int(sum(len(c.x) for c in companies)), "seed": a.seed})


if __name__ == "__main__":
    main()
