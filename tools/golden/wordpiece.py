#!/usr/bin/env python3
"""Writes tests/golden/wordpiece.jsonl and tests/golden/bge_vectors.jsonl: what the reference tokenizer and the reference
runtime make of 2,000 and 64 made-up strings. How to run it: tests/golden/README.md. The same seed gives the same files.
"""
import json
import pathlib
import random
import sys

import numpy
import onnxruntime
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "models/bge-small-zh-v1.5-q.onnx"
TOKENIZER = ROOT / "models/bge-small-zh-v1.5-tokenizer.json"
MAX_TOKENS = 128
random.seed(20261123)

SIMPLIFIED = ["我想退货", "运费谁出", "订单一直没有发货", "快递显示签收但我没收到", "发票抬头写错了怎么改", "会员到期自动续费吗",
              "优惠券不能用", "密码忘了", "手机号换了收不到验证码", "客服什么时候上班", "能不能开专票", "充电器会发烫",
              "屏幕有一条绿线", "七天无理由", "尺码偏小吗", "怎么注销账号", "退款多久到账", "地址填错了", "拆封了还能退吗", "保修几年"]
TRADITIONAL = ["請問運費怎麼計算", "發票開錯了", "訂單還沒出貨", "帳號被鎖定", "退貨需要自己付郵資嗎", "點數何時到期", "門市可以換貨嗎"]
JAPANESE = ["返品したいのですが", "パスワードを忘れました", "配送状況を教えてください", "ｶﾀｶﾅ半角", "㈱テスト", "が゛と゛"]
KOREAN = ["환불은 언제 되나요", "배송이 늦어요", "비밀번호를 잊어버렸어요", "각"]
LATIN = ["where is my order", "Refund PLEASE", "WiFi 6E router", "iPhone 15 Pro Max", "naïve café façade", "Übergröße Straße",
         "ÀÉÎÕÜ àéîõü", "e\u0301clair o\u0308l", "İstanbul ıssız", "ﬁne ﬂow ﬀ", "don't can't won't", "C++ C# .NET node.js", "a_b-c/d\\e",
         "Привет, где мой заказ?", "Πού είναι η παραγγελία;", "مرحبا أين طلبي", "שלום היכן ההזמנה", "ขอคืนเงิน", "नमस्ते", "tiếng Việt"]
DIGITS = ["12345678901234567890", "2026-11-23", "¥199.00", "１２３４５", "３．１４", "①②③ⅣⅧ", "13800138000", "SF1234567890", "50%off", "1,000.50", "٣٤٥", "½¾"]
EMOJI = ["😀😂", "👨‍👩‍👧‍👦", "🇨🇳", "❤️", "👍🏽", "🫠🫡", "☎", "™©®", "🧧🎁"]
PUNCTUATION = ["，。！？；：", "“”‘’", "（）【】《》", "…——", "!!!???", "~·`^", "「」『』", "￥＄％＆", "\u2e43\u2e4a", "\u166d", "$+<=>|", "‼⁉", "、"]
CONTROL = ["\u0000", "\u0007", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u202e", "\u2028", "\u0085", "\ue000", "\ufffd", "\t", "\r\n", "\u3000", "\u00a0", "\u180e",
           "\u2066", "\u0890", "\U000e0041", "\U0010fffd"]
RARE = ["𠮷野家", "㐂", "䶵", "𪚥", "𫝀", "\U0002b820\U0002b920", "\U0002ceb0", "豈更", "\U0002f800", "〇〆々", "⺀⻳", "㊙㋿", "ㄅㄆㄇ", "丨亅", "\ufa0e"]
SPECIAL = ["[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", "[unused1]", "[cls]", "[MASK", "##的", "[[SEP]]"]
LONG = ["a" * 99, "a" * 100, "a" * 101, "supercalifragilisticexpialidocious" * 3, "x" * 400, "1" * 120, "é" * 101, "は" * 130, "好" * 130, "的 " * 140,
        "pneumonoultramicroscopicsilicovolcanoconiosis", "www.example.com/path?query=1&b=2", "ァ" * 100]
POOLS = [SIMPLIFIED] * 5 + [TRADITIONAL, JAPANESE, KOREAN, LATIN, LATIN, DIGITS, EMOJI, PUNCTUATION, CONTROL, RARE, SPECIAL]


def random_code_points():
    out = []
    while len(out) < random.randint(1, 30):
        c = random.choice([random.randrange(0x80), random.randrange(0x3000), random.randrange(0x10000), random.randrange(0x110000)])
        if not 0xD800 <= c < 0xE000:
            out.append(chr(c))
    return "".join(out)


def mixture():
    return "".join(random.choice(random.choice(POOLS)) + random.choice(["", "", " ", "，", "\n"]) for _ in range(random.randint(1, 7)))


def shuffled():
    s = list(mixture())
    random.shuffle(s)
    return "".join(s)


def strings():
    found = dict.fromkeys(["", " "] + [s for pool in (*POOLS, LONG) for s in pool])
    makers = [mixture, mixture, mixture, shuffled, random_code_points,
              lambda: random.choice(LONG) + mixture(), lambda: " ".join(mixture() for _ in range(12))]
    while len(found) < 2000:
        found.setdefault(random.choice(makers)())
    return list(found)


def main():
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    tokenizer.enable_truncation(MAX_TOKENS)
    golden = ROOT / "tests/golden"
    texts = strings()
    with open(golden / "wordpiece.jsonl", "w", encoding="utf-8") as f:
        for t in texts:
            f.write(json.dumps({"text": t, "ids": tokenizer.encode(t).ids}, ensure_ascii=True, separators=(",", ":")) + "\n")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(MODEL), options)
    picked = SIMPLIFIED + TRADITIONAL + JAPANESE + KOREAN + LATIN + [mixture() for _ in range(64)]
    with open(golden / "bge_vectors.jsonl", "w", encoding="utf-8") as f:
        for t in picked[:64]:
            ids = numpy.array([tokenizer.encode(t).ids], dtype=numpy.int64)
            hidden = session.run(None, {"input_ids": ids, "attention_mask": ids * 0 + 1, "token_type_ids": ids * 0})[0]
            v = hidden[0, 0] / numpy.linalg.norm(hidden[0, 0])
            f.write(json.dumps({"text": t, "vector": [round(float(x), 5) for x in v]}, ensure_ascii=True, separators=(",", ":")) + "\n")
    print(f"{len(texts)} strings, 64 vectors", file=sys.stderr)


main()
