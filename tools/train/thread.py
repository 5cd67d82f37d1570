"""Fits the weights of src/dialogue/thread.cpp on dialogues: a conditional logit over the features that
`zhike eval answers --multiturn M --traces --predictions P` writes into the trace of every turn read within its
thread. Prints the figures with each company left out in turn, then the weights of all.

    python tools/train/thread.py NAME=data/dialogues/NAME.jsonl,P ...
"""

import json
import sys

import numpy as np
from scipy.optimize import minimize

NAMES = (
    "kAlone kBehind kSame kSamePoints kSameSwap kSameCorrects kCategory kOffered kOfferedShort kNone kNoneAlone"
).split()
RIDGE = 1.0
# Questions without an article are asked on purpose more often in these dialogues than customers do.
WEIGHT_OF_NONE = 0.35
START = np.array([0.5, 0.3] + [0.0] * (len(NAMES) - 2))


def samples(company, dialogues, predictions):
    turns = {}
    with open(dialogues, encoding="utf-8") as file:
        for line in file:
            d = json.loads(line)
            turns.update({(d["id"], i + 1): t for i, t in enumerate(d["turns"])})
    with open(predictions, encoding="utf-8") as file:
        for line in file:
            p = json.loads(line)
            rows = p.get("trace", {}).get("thread_features")
            if "dialogue" not in p or not rows:
                continue
            turn = turns[(p["dialogue"], p["turn"])]
            right = {"answer": set(turn["ids"]), "none": {""}}.get(turn["expect"], set())
            y = np.array([k in right for k in rows])
            if y.any():
                yield company, list(rows), np.array(list(rows.values()), dtype=float), y


def probabilities(w, x):
    z = x @ w
    p = np.exp(z - z.max())
    return p / p.sum()


def loss(w, data):
    value, gradient = RIDGE * ((w - START) ** 2).sum(), 2 * RIDGE * (w - START)
    for _, ids, x, y in data:
        weight = WEIGHT_OF_NONE if y[ids.index("")] else 1.0
        p = probabilities(w, x)
        hit = p[y].sum()
        value -= weight * np.log(hit + 1e-12)
        gradient -= weight * (x.T @ (np.where(y, p / hit, 0) - p))
    return value, gradient


def fit(data):
    return minimize(loss, START, args=(data,), jac=True, method="L-BFGS-B").x


def main():
    data = []
    for argument in sys.argv[1:]:
        company, files = argument.split("=")
        data += samples(company, *files.split(","))
    seen = []
    for company in sorted({d[0] for d in data}):
        w = fit([d for d in data if d[0] != company])
        for _, ids, x, y in (d for d in data if d[0] == company):
            p = probabilities(w, x)
            none = ids.index("")
            best = max((i for i in range(len(ids)) if i != none), key=lambda i: p[i])
            seen.append((p[best], p[none], bool(y[best]), bool(y[none])))
    print(f"{len(data)} turns, {len({d[0] for d in data})} companies, each left out in turn")
    print("answer at  none at  right (answers)  right (none)  wrong answers")
    answers, nones = sum(not s[3] for s in seen), sum(s[3] for s in seen)
    for at in (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6):
        for none_at in (0.3, 0.4, 0.5):
            hits = sum(s[0] >= at and s[2] for s in seen)
            none_hits = sum(s[0] < at and s[1] >= none_at and s[3] for s in seen)
            wrong = sum(s[0] >= at and not s[2] for s in seen)
            print(f"{at:9.2f} {none_at:8.2f} {hits / answers:16.3f} {none_hits / max(1, nones):13.3f} {wrong:14}")
    for name, value in zip(NAMES, fit(data)):
        print(f"{name:14} {value:.2f}")


main()
