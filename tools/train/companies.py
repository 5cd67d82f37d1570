"""Companies to train on: a folder each, with articles.jsonl, questions.jsonl and, if there is one, more_similar.jsonl."""
import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import opencc
from tokenizers import Tokenizer

HAN = re.compile("[\u3400-\u9fff]")
to_simplified = opencc.OpenCC("t2s").convert


def normalise(text):
    """As the product does before it encodes: lower case, simplified characters, no blanks inside Chinese."""
    text = text.lower()
    return re.sub(r"\s+", "", to_simplified(text)) if HAN.search(text) else text.strip()


@dataclass
class Company:
    name: str
    articles: list
    texts: list            # questions and answer sentences, normalised
    text_article: np.ndarray
    text_is_question: np.ndarray
    asked: list            # what was asked, normalised
    right: np.ndarray      # [asked, articles]; a row of zeros: no article answers it
    customer: np.ndarray   # asked by a customer (questions.jsonl), else a further similar question
    expect: np.ndarray
    type: np.ndarray


def read_lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def sentences(answer):
    return [s for s in re.split("[。；！？]", answer) if len(s) > 3]


def load(folder):
    folder = Path(folder)
    articles = read_lines(folder / "articles.jsonl")
    rows = [(normalise(t), i, True) for i, a in enumerate(articles) for t in [a["question"], *a["similar"]]]
    rows += [(normalise(t), i, False) for i, a in enumerate(articles) for t in sentences(a["answer"])]
    place = {a["id"]: i for i, a in enumerate(articles)}
    asked = [(normalise(q["q"]), q["ids"], True, q["expect"], q["type"]) for q in read_lines(folder / "questions.jsonl") if q["expect"] != "human"]
    more = folder / "more_similar.jsonl"
    if more.exists():
        asked += [(normalise(t), [r["id"]], False, "answer", "similar") for r in read_lines(more) for t in r["similar"]]
    right = np.zeros((len(asked), len(articles)), bool)
    for row, (_, ids, *_) in zip(right, asked):
        row[[place[i] for i in ids]] = True
    column = lambda k, of=asked: np.array([r[k] for r in of])
    return Company(folder.name, articles, [r[0] for r in rows], column(1, rows), column(2, rows), [a[0] for a in asked], right, column(2), column(3), column(4))


def load_all(folders):
    """Every folder below the given ones that holds questions; in the order of their names."""
    found = sorted({p.parent for f in folders for p in Path(f).glob("**/questions.jsonl") if (p.parent / "articles.jsonl").exists()}, key=lambda p: p.name)
    return [load(p) for p in found]


class Cutter:
    """Texts -> token ids, at most `limit` of them."""

    def __init__(self, path, limit=96):
        self.tokenizer = Tokenizer.from_file(str(path))
        self.tokenizer.enable_truncation(limit)
        self.tokenizer.no_padding()
        self.known = {}

    def __call__(self, text):
        if text not in self.known:
            self.known[text] = np.array(self.tokenizer.encode(text).ids, np.int64)
        return self.known[text]


def batch(rows):
    """Rows of token ids -> ids and mask, padded to the longest."""
    ids = np.zeros((len(rows), max(len(r) for r in rows)), np.int64)
    mask = np.zeros_like(ids)
    for i, r in enumerate(rows):
        ids[i, :len(r)], mask[i, :len(r)] = r, 1
    return ids, mask
