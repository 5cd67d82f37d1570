"""Trains the model that hears what must go to a person at once: danger, fraud under way, an accusation or a complaint to an
authority, the wish for a person. Multinomial logistic regression over the encoder's sentence vector and the characters'
n-grams, fitted by L-BFGS; companies are left out in turn for the printed figures and the threshold.

    alarm.py --data data/companies --encoder models/weights/encoder-zh.onnx --tokenizer TOKENIZER.json --out models/weights

Reads every company's questions.jsonl (expect "human" or anything else) and alarms/*.jsonl, which say the kind too. Messages
without a Han character are left to the rules."""
import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
import onnxruntime
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack

import companies as data

CLASSES = ("none", "person", "complaint", "danger")
KINDS = {"none": 0, "person": 1, "authority": 2, "accusation": 2, "danger": 3, "fraud": 3, "self_harm": 3}
FOLDS = 8
WIDTH = 512           # of the sentence vector
VECTOR_SCALE, GRAM_SCALE = 4., 4.
RIDGE = 2.           # times half the squared weights
HUMAN_WEIGHT = 3.    # a message missed costs more than one too many
ALARM_WEIGHT = .3    # of alarms/, which are written further apart than what companies hear
FEWEST = 2           # texts for a person that hold an n-gram, for it to count
FALSE_ALARMS = .005  # of the questions that articles answer


def grams(text):
    """As text::char_grams(text, 1, 3) gives them, each once."""
    s = [c for c in text if c.isalnum()]
    return {"".join(s[i:i + n]) for n in (1, 2, 3) for i in range(len(s) - n + 1)}


def messages(folder):
    """-> rows of company, text, class (-1: for a person, kind unknown), whether an article answers it."""
    rows = []
    for path in sorted(folder.glob("*/*/questions.jsonl")):
        for q in data.read_lines(path):
            rows.append((path.parent.name, data.normalise(q["q"]), -1 if q["expect"] == "human" else 0, q["expect"] in ("answer", "clarify")))
    for path in sorted((folder / "alarms").glob("*.jsonl")):
        for q in data.read_lines(path):
            rows.append(("", data.normalise(q["q"]), KINDS[q["kind"]], False))
    return [r for r in rows if data.HAN.search(r[1])]


def vectors(path, tokenizer, texts, size=32):
    one = onnxruntime.SessionOptions()
    one.intra_op_num_threads = 1
    session, cutter = onnxruntime.InferenceSession(str(path), one, providers=["CPUExecutionProvider"]), data.Cutter(tokenizer, 128)
    out, order = np.zeros((len(texts), WIDTH), np.float32), sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for part in (order[i:i + size] for i in range(0, len(order), size)):
        ids, mask = data.batch([cutter(texts[i]) for i in part])
        first = session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})[0][:, 0, :WIDTH]
        out[part] = first / np.linalg.norm(first, axis=1, keepdims=True)
    return out


class Features:
    def __init__(self, texts, human):
        counts = Counter(g for t, h in zip(texts, human) if h for g in grams(t))
        self.grams = sorted(g for g, n in counts.items() if n >= FEWEST)
        self.place = {g: i for i, g in enumerate(self.grams)}

    def __call__(self, texts, vector):
        values, columns, starts = [], [], [0]
        for t in texts:
            all_grams = grams(t)
            known = [self.place[g] for g in all_grams if g in self.place]
            columns += known
            values += [GRAM_SCALE / np.sqrt(max(1, len(all_grams)))] * len(known)
            starts.append(len(columns))
        return hstack([csr_matrix(vector * VECTOR_SCALE), csr_matrix((values, columns, starts), (len(texts), len(self.grams)))]).tocsr()


def fit(x, y, weight):
    """Weights [classes, columns + 1]. A row with y = -1 is for a person, no matter how: its classes from 1 on are added up."""
    rows, width, classes = x.shape[0], x.shape[1], len(CLASSES)
    target = np.zeros((rows, classes), bool)
    target[np.arange(rows), np.maximum(y, 0)] = True
    target[y < 0] = [False, True, True, True]

    def cost(flat):
        w = flat.reshape(classes, width + 1)
        z = x @ w[:, :-1].T + w[:, -1]
        z -= z.max(1, keepdims=True)
        p = np.exp(z)
        p /= p.sum(1, keepdims=True)
        hit = (p * target).sum(1, keepdims=True)
        g = (p - p * target / np.maximum(hit, 1e-12)) * weight[:, None]
        gradient = np.hstack([(x.T @ g).T + RIDGE * w[:, :-1], g.sum(0)[:, None]])
        return -(weight * np.log(np.maximum(hit[:, 0], 1e-12))).sum() + RIDGE / 2 * (w[:, :-1] ** 2).sum(), gradient.ravel()

    start = np.zeros((classes, width + 1))
    return minimize(cost, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 120}).x.reshape(classes, width + 1)


def chances(w, x):
    z = x @ w[:, :-1].T + w[:, -1]
    p = np.exp(z - z.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def wilson(hits, n, z=1.96):
    p = hits / n
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (p + z * z / (2 * n) - half) / (1 + z * z / n), (p + z * z / (2 * n) + half) / (1 + z * z / n)


def left_out(company, x, y, weight):
    """How likely each message is for a person, by a model that saw neither its company nor (of those of no company) itself."""
    names = sorted(set(company))
    fold = np.array([i % FOLDS if not c else names.index(c) % FOLDS for i, c in enumerate(company)])
    p = np.zeros((len(y), len(CLASSES)))
    for k in range(FOLDS):
        p[fold == k] = chances(fit(x[fold != k], y[fold != k], weight[fold != k]), x[fold == k])
        print(f"fold {k + 1} of {FOLDS}", flush=True)
    return p


def main(options):
    rows = messages(options.data)
    company, texts, y, answered = [r[0] for r in rows], [r[1] for r in rows], np.array([r[2] for r in rows]), np.array([r[3] for r in rows])
    vector = vectors(options.encoder, options.tokenizer, texts)
    features, asked = Features(texts, y != 0), np.array([bool(c) for c in company])
    x, weight = features(texts, vector), np.where(y != 0, HUMAN_WEIGHT, 1.) * np.where(asked, 1., ALARM_WEIGHT)
    print(f"{len(y)} messages, {(y != 0).sum()} for a person, {len(features.grams)} n-grams", flush=True)
    p = left_out(company, x, y, weight)
    human = 1 - p[:, 0]
    at = float(np.quantile(human[answered], 1 - FALSE_ALARMS))
    heard, wanted = human >= at, asked & (y != 0)
    report = lambda name, which: print(f"{name}: {heard[which].sum()} of {which.sum()} ({heard[which].mean():.3f}, {wilson(heard[which].sum(), which.sum())[0]:.3f}-{wilson(heard[which].sum(), which.sum())[1]:.3f})")
    print(f"threshold {at:.3f}")
    report("companies left out, for a person", wanted)
    report("companies left out, an article answers", answered)
    report("companies left out, nobody answers", asked & (y == 0) & ~answered)
    report("alarms, for a person", ~asked & (y != 0)), report("alarms, otherwise", ~asked & (y == 0))
    known = ~asked & (y > 0)
    print(f"kind right among alarms heard: {(p[known & heard][:, 1:].argmax(1) + 1 == y[known & heard]).mean():.3f}")
    if options.show:
        for name, which in (("missed", wanted & ~heard), ("false", asked & (y == 0) & heard)):
            for i in np.flatnonzero(which):
                print(name, f"{human[i]:.2f}", company[i], texts[i])
    w = fit(x, y, weight)
    weights = {"format": "zhike-alarm-1", "classes": CLASSES, "at": round(at, 4), "bias": np.round(w[:, -1], 5).tolist(),
               "sentence": np.round(w[:, :WIDTH] * VECTOR_SCALE, 4).tolist(),
               "grams": {g: np.round(w[:, WIDTH + i] * GRAM_SCALE, 4).tolist() for i, g in enumerate(features.grams)}}
    with open(options.out / "alarm-zh.json", "w", encoding="utf-8") as f:
        json.dump(weights, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--show", action="store_true", help="print the messages missed and taken wrongly")
    main(parser.parse_args())
