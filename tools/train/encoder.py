"""Fine-tunes the sentence encoder on customers' questions against their company's articles, for two readings of one pass:
a vector a text (token 0), and a vector a token for late interaction (MaxSim of ColBERT, Khattab & Zaharia 2020). The small
projection and the tokens' weights serve the training alone: the product reads the encoder's own tokens.

One step takes questions of one company and all its articles; an article is represented by a few of its texts, chosen among
those nearest to the step's questions by the vectors of the encoder it starts from. Softmax over the articles
and "none"; questions nobody wrote an article for, and questions whose article was left out on purpose, teach "none"."""
import argparse
import hashlib
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import bert
import companies as data

TOKEN_WIDTH = 64


class Tuned(nn.Module):
    def __init__(self, base):
        super().__init__()
        self.bert, width = base, base.words.embedding_dim
        self.project, self.weigh = nn.Linear(width, TOKEN_WIDTH, bias=False), nn.Linear(width, 1)
        nn.init.orthogonal_(self.project.weight)
        nn.init.zeros_(self.weigh.weight), nn.init.zeros_(self.weigh.bias)
        self.none, self.none_late = nn.Parameter(torch.tensor(.55)), nn.Parameter(torch.tensor(.6))
        self.heat, self.heat_late = nn.Parameter(torch.tensor(20.).log()), nn.Parameter(torch.tensor(20.).log())

    def forward(self, ids, mask):
        return self.readings(self.bert(ids, mask), mask)

    def readings(self, hidden, mask):
        """-> sentence [n, width], tokens [n, t, TOKEN_WIDTH], weights [n, t] summing to 1 (token 0 and padding weigh nothing)."""
        inner = mask.bool().clone()
        inner[:, 0] = False
        weights = F.softplus(self.weigh(hidden)[..., 0]) * inner
        return F.normalize(hidden[:, 0], dim=1), F.normalize(self.project(hidden), dim=2) * inner[..., None], weights / weights.sum(1, keepdim=True).clamp(min=1e-6)


def print_of(company):
    """Tells the texts of a company from those it had before an edit."""
    return hashlib.sha256("\n".join([*company.texts, "", *company.asked]).encode()).hexdigest()[:12]


def keep_below(model, cutter, companies, device, layers, folder):
    """What the frozen layers make of every text, computed once and kept in `folder`: company -> text -> [t, width] in half precision."""
    out = {}
    for c in companies:
        texts = sorted({*c.texts, *c.asked}, key=lambda t: (len(t), t))  # the same in every process: the file holds rows alone
        lengths = [len(cutter(t)) for t in texts]
        file = folder / f"{c.name}.{layers}.{print_of(c)}.npy"
        if not file.exists():
            parts = []
            model.eval()
            with torch.no_grad():
                for k in range(0, len(texts), 32):
                    ids, mask = (torch.from_numpy(x).to(device) for x in data.batch([cutter(t) for t in texts[k:k + 32]]))
                    parts.append(model.bert.below(ids, mask, layers)[mask.bool()].half().cpu().numpy())
            model.train()
            np.save(file, np.concatenate(parts))
            print(f"frozen layers over {c.name}", flush=True)
        out[c.name] = dict(zip(texts, np.split(np.load(file, mmap_mode="r"), np.cumsum(lengths)[:-1])))
    return out


def read_all(model, states, layers, device, size=32):
    """The trained layers over texts of very different lengths, like ones together; in the order given, tokens padded to the longest."""
    order = sorted(range(len(states)), key=lambda i: len(states[i]))
    longest, back = len(states[order[-1]]), torch.tensor(np.argsort(order), device=device)
    parts = []
    for part in (order[i:i + size] for i in range(0, len(order), size)):
        length = len(states[part[-1]])
        hidden, mask = np.zeros((len(part), length, model.bert.words.embedding_dim), np.float32), np.zeros((len(part), length), np.int64)
        for k, i in enumerate(part):
            hidden[k, :len(states[i])], mask[k, :len(states[i])] = states[i], 1
        mask = torch.from_numpy(mask).to(device)
        sentence, tokens, weights = model.readings(model.bert.above(torch.from_numpy(hidden).to(device), mask, layers), mask)
        parts.append((sentence, F.pad(tokens, (0, 0, 0, longest - length)), F.pad(weights, (0, longest - length))))
    return [torch.cat(column)[back] for column in zip(*parts)]


def max_sim(asked, weights, tokens, article, articles):
    """[q, t, w], [q, t], [x, u, w], article of each x -> [q, articles]: each token's best match anywhere in the article, weighed."""
    per_text = torch.einsum("qtw,xuw->qtxu", asked, tokens).amax(3)
    best = torch.full((*per_text.shape[:2], articles), -1., device=asked.device)
    best = best.scatter_reduce(2, article.expand(*per_text.shape[:2], -1), per_text, "amax", include_self=True)
    return torch.einsum("qta,qt->qa", best, weights)


def encode(model, cutter, texts, device, size=64):
    """All three readings for many texts; sentence vectors as one array, the others as lists."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    sentence, tokens, weights = np.zeros((len(texts), model.bert.words.embedding_dim), np.float32), [None] * len(texts), [None] * len(texts)
    model.eval()
    with torch.no_grad():
        for part in (order[i:i + size] for i in range(0, len(order), size)):
            ids, mask = (torch.from_numpy(x).to(device) for x in data.batch([cutter(texts[i]) for i in part]))
            s, t, w = (x.float().cpu().numpy() for x in model(ids, mask))
            for k, i in enumerate(part):
                n = int(mask[k].sum())
                sentence[i], tokens[i], weights[i] = s[k], t[k, 1:n], w[k, 1:n]
    model.train()
    return sentence, tokens, weights


def recall(model, cutter, company, device):
    """recall@1 of customers' questions: nearest question; most of its tokens found in the article."""
    pick = np.where(company.customer & (company.expect == "answer"))[0]
    texts, late, _ = encode(model, cutter, company.texts, device)
    asked, tokens, weights = encode(model, cutter, [company.asked[i] for i in pick], device)
    mean = texts[company.text_is_question].mean(0)
    centre = lambda x: (x - mean) / np.linalg.norm(x - mean, axis=1, keepdims=True)
    similarity = centre(asked) @ centre(texts).T
    nearest = np.full((len(pick), len(company.articles)), -1.)
    np.maximum.at(nearest.T, company.text_article[company.text_is_question], similarity.T[company.text_is_question])
    joined = [np.vstack([late[k] for k in np.where(company.text_article == a)[0]]) for a in range(len(company.articles))]
    found = np.array([[w @ (t @ j.T).max(1) for j in joined] for t, w in zip(tokens, weights)])
    hit = lambda score: company.right[pick, :][np.arange(len(pick)), score.argmax(1)].mean()
    return hit(nearest), hit(found), hit(nearest + found)


def sample(company, nearest, random, options):
    """Rows of questions to ask, and some texts of the articles to tell apart: those the questions are nearest to, all right ones among them."""
    by_customer, by_editor = np.where(company.customer)[0], np.where(~company.customer)[0]
    first = min(len(by_customer), options.questions if not len(by_editor) else options.questions * 7 // 10)
    rows = np.concatenate([random.choice(by_customer, first, replace=False), random.choice(by_editor, min(len(by_editor), options.questions - first), replace=False)])
    wanted = np.bincount(nearest[rows].ravel(), minlength=len(company.texts)) + random.random(len(company.texts)) * .9
    weight = np.bincount(company.text_article, weights=wanted, minlength=len(company.articles)) + 1000 * company.right[rows].any(0)
    articles = np.argsort(-weight)[:max(options.articles, company.right[rows].any(0).sum())]
    chosen = []
    for a in articles:
        own = np.where(company.text_article == a)[0]
        chosen.extend(own[np.argsort(-wanted[own])[:options.texts]])
    return rows, np.array(chosen)


def neighbours(model, cutter, companies, device, cache):
    """For every question the nearest texts of its right articles and of the five nearest others; kept in `cache`."""
    known, out = dict(np.load(cache)) if cache.exists() else {}, {}
    for c in companies:
        key = f"{c.name}.{print_of(c)}"
        if key in known:
            out[c.name] = known[key]
            continue
        texts, asked = encode(model, cutter, c.texts, device)[0], encode(model, cutter, c.asked, device)[0]
        similarity = asked @ texts.T
        nearest = np.zeros((len(c.asked), len(c.articles)), np.int64)
        for a in range(len(c.articles)):
            own = np.where(c.text_article == a)[0]
            nearest[:, a] = own[similarity[:, own].argmax(1)]
        score = np.take_along_axis(similarity, nearest, 1) + c.right * 2.
        out[c.name] = known[key] = np.take_along_axis(nearest, np.argsort(-score, 1)[:, :6], 1)
        np.savez(cache, **known)
        print(f"neighbours of {c.name}", flush=True)
    return out


def loss_of(model, states, company, rows, chosen, random, options, device):
    own = states[company.name]
    asked = [own[company.asked[i]] for i in rows]
    asked = [np.concatenate([x[:1], x[1:][random.random(len(x) - 1) > options.drop_token]]) if len(x) > 6 else x for x in asked]
    asked, asked_tokens, weights = read_all(model, asked, options.frozen, device)
    sentence, tokens, _ = read_all(model, [own[company.texts[k]] for k in chosen], options.frozen, device)
    article, articles = torch.from_numpy(company.text_article[chosen]).to(device), len(company.articles)
    right = torch.from_numpy(company.right[rows]).to(device)
    gone = torch.from_numpy(random.random(len(rows)) < options.drop_article).to(device)[:, None] & right
    similarity = asked @ sentence.T
    near = torch.full((len(rows), articles), -1., device=device).scatter_reduce(1, article.expand(len(rows), -1), similarity, "amax", include_self=True)
    late = max_sim(asked_tokens, weights, tokens, article, articles)
    absent = torch.ones(articles, dtype=torch.bool, device=device).scatter(0, article, False)
    total, target = 0., torch.cat([right & ~gone, ~(right & ~gone).any(1, keepdim=True)], 1)
    for score, none, heat in ((near, model.none, model.heat), (late, model.none_late, model.heat_late)):
        logits = torch.cat([score, none.expand(len(rows), 1)], 1) * heat.exp().clamp(max=60)
        logits = logits.masked_fill(torch.cat([gone | absent, torch.zeros_like(gone[:, :1])], 1), -1e4)
        total = total - torch.logsumexp(logits.log_softmax(1).masked_fill(~target, -1e4), 1).mean()
    return total


def train(options):
    torch.manual_seed(options.seed), torch.set_num_threads(options.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    learn, cutter, random = data.load_all(options.data), data.Cutter(options.tokenizer), np.random.default_rng(options.seed)
    check = data.load_all(options.measure)[:options.check]
    model = Tuned(bert.read(options.base)).to(device)
    for part in (model.bert.words, model.bert.positions, model.bert.types, model.bert.norm, *model.bert.layers[:options.frozen]):
        part.requires_grad_(False)
    fresh = {n: p for n, p in model.named_parameters() if not n.startswith("bert.")}
    groups = [{"params": [p for n, p in model.named_parameters() if p.requires_grad and n not in fresh], "lr": options.rate, "top": options.rate},
              {"params": list(fresh.values()), "lr": 1e-3, "top": 1e-3}]
    optimiser, start = torch.optim.AdamW(groups, weight_decay=.01), 0
    average = {n: p.detach().clone() for n, p in model.named_parameters() if p.requires_grad}
    options.out.mkdir(parents=True, exist_ok=True)
    options.cache.mkdir(parents=True, exist_ok=True)
    saved = options.out / "state.pt"
    if saved.exists():
        state = torch.load(saved, map_location=device, weights_only=False)
        model.load_state_dict(state["model"]), optimiser.load_state_dict(state["optimiser"]), average.update(state["average"])
        start, random.bit_generator.state = state["step"], state["random"]
    print(f"{len(learn)} companies to learn from, {len(check)} to measure on, from step {start} of {options.steps}, on {device}", flush=True)
    nearest = neighbours(Tuned(bert.read(options.base)).to(device), cutter, learn, device, options.cache / "neighbours.npz")
    states = keep_below(model, cutter, learn, device, options.frozen, options.cache)
    clock, sums = time.monotonic(), []
    for step in range(start, options.steps):
        for group in groups:
            warm, left = min(1., (step + 1) / 30), 1 - step / options.steps
            group["lr"] = group["top"] * min(warm, .05 + .95 * left)
        for live, planned in zip(optimiser.param_groups, groups):
            live["lr"] = planned["lr"]
        company = learn[random.integers(len(learn))]
        rows, chosen = sample(company, nearest[company.name], random, options)
        loss = loss_of(model, states, company, rows, chosen, random, options, device)
        optimiser.zero_grad(), loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.), optimiser.step()
        keep = min(.98, step / (step + 10))
        with torch.no_grad():
            for n, p in model.named_parameters():
                if n in average: average[n].mul_(keep).add_(p, alpha=1 - keep)
        sums.append(loss.item())
        if (step + 1) % 20 == 0:
            pace = (time.monotonic() - clock) / (step + 1 - start)
            print(f"step {step + 1}/{options.steps} loss {np.mean(sums[-20:]):.3f} {pace:.2f} s a step, {pace * (options.steps - step - 1) / 60:.0f} min left", flush=True)
        if (step + 1) % options.every == 0 or step + 1 == options.steps:
            torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "average": average, "step": step + 1, "random": random.bit_generator.state}, saved)
            if check:
                report(model, average, cutter, check, step + 1, device)
    torch.save({**model.state_dict(), **average}, options.out / "encoder.pt")


def report(model, average, cutter, check, step, device):
    """Recall of the averaged weights on companies never learnt from."""
    live = {n: p.detach().clone() for n, p in model.named_parameters() if n in average}
    model.load_state_dict(average, strict=False)
    rows = [recall(model, cutter, c, device) for c in check]
    model.load_state_dict(live, strict=False)
    print("not learnt from " + json.dumps({"step": step, "nearest": round(float(np.mean([r[0] for r in rows])), 4), "late": round(float(np.mean([r[1] for r in rows])), 4),
                                    "sum": round(float(np.mean([r[2] for r in rows])), 4), "worst": round(float(min(r[2] for r in rows)), 4)}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", type=Path, required=True)
    parser.add_argument("--base", required=True, help="fp32 ONNX file of the encoder to start from")
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--questions", type=int, default=48, help="questions a step")
    parser.add_argument("--texts", type=int, default=2, help="texts an article a step")
    parser.add_argument("--rate", type=float, default=4e-5)
    parser.add_argument("--frozen", type=int, default=2, help="layers kept as they are, from below (the words' vectors always are)")
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps neighbours and what the frozen layers give")
    parser.add_argument("--articles", type=int, default=40, help="articles told apart a step")
    parser.add_argument("--drop-token", type=float, default=.05)
    parser.add_argument("--drop-article", type=float, default=.1)
    parser.add_argument("--measure", nargs="*", type=Path, default=[], help="folders of further companies, never learnt from, to measure on")
    parser.add_argument("--check", type=int, default=2, help="how many of those")
    parser.add_argument("--every", type=int, default=200)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--seed", type=int, default=1)
    train(parser.parse_args())
