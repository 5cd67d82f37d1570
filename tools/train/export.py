"""Tuned weights -> an int8 ONNX file with the face of the encoder it started from, and what quantisation costs.

Weights are quantised per channel: per tensor, as in the published -q file, sentence vectors stray four times as far from
fp32. Reduced range keeps AVX2 processors without VNNI from saturating."""
import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

import bert
import companies as data


def blend(tuned, base, share):
    """share of the tuned weights, the rest of the encoder they started from (WiSE-FT, Wortsman et al. 2022)."""
    return {name: share * tuned[f"bert.{name}"] + (1 - share) * value for name, value in base.items()}


def add_readings(path, weights):
    """One output, "readings" [n, t, width + TOKEN_WIDTH + 1]: hidden state, its narrow vector, the token's weight (softplus)."""
    model = onnx.load(path)
    graph, hidden = model.graph, model.graph.output[0]
    project, weigh = weights["project.weight"].numpy().T, weights["weigh.weight"].numpy().T
    for name, value in (("project", project), ("weigh", weigh), ("weigh_bias", weights["weigh.bias"].numpy())):
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
    graph.node.extend([
        helper.make_node("MatMul", [hidden.name, "project"], ["narrow"], "/readings/project"),
        helper.make_node("MatMul", [hidden.name, "weigh"], ["weighed"], "/readings/weigh"),
        helper.make_node("Add", ["weighed", "weigh_bias"], ["biased"], "/readings/bias"),
        helper.make_node("Softplus", ["biased"], ["weight"], "/readings/softplus"),
        helper.make_node("Concat", [hidden.name, "narrow", "weight"], ["readings"], "/readings/concat", axis=2)])
    shape = [d.dim_param or d.dim_value for d in hidden.type.tensor_type.shape.dim]
    graph.output.remove(hidden)
    graph.output.append(helper.make_tensor_value_info("readings", TensorProto.FLOAT, [*shape[:2], sum(project.shape) + 1]))
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return [node.name for node in graph.node if node.name.startswith("/readings/")]


def sentence(session, cutter, texts, width=512):
    ids, mask = data.batch([cutter(t) for t in texts])
    first = session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})[0][:, 0, :width]
    return first / np.linalg.norm(first, axis=1, keepdims=True)


def compare(full, quantised, cutter, texts, size=16):
    """Cosine of the sentence vectors to fp32 and to the same text in a batch, and processor time of a question alone."""
    exact = np.vstack([sentence(full, cutter, [t]) for t in texts])
    clock = time.process_time()
    alone = np.vstack([sentence(quantised, cutter, [t]) for t in texts])
    cost = (time.process_time() - clock) / len(texts)
    together = np.vstack([sentence(quantised, cutter, texts[i:i + size]) for i in range(0, len(texts), size)])
    figures = lambda a, b: {"mean": round(float((a * b).sum(1).mean()), 4), "least": round(float((a * b).sum(1).min()), 4)}
    return {"texts": len(texts), "cosine_to_fp32": figures(alone, exact), f"cosine_alone_to_batch_of_{size}": figures(alone, together), "cpu_ms_alone": round(cost * 1e3, 2)}


def export(options):
    tuned = bert.read(options.base)
    weights = torch.load(options.weights, map_location="cpu") if options.weights else None
    if weights:
        tuned.load_state_dict(blend(weights, tuned.state_dict(), options.share))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder) / "exact.onnx"
        bert.write(tuned, options.base, exact)
        exact_too = add_readings(exact, weights) if weights else []
        quantize_dynamic(exact, options.out, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True, nodes_to_exclude=exact_too)
        one = onnxruntime.SessionOptions()
        one.intra_op_num_threads = 1
        full, quantised = (onnxruntime.InferenceSession(str(p), one, providers=["CPUExecutionProvider"]) for p in (exact, options.out))
        asked = [data.normalise(q["q"]) for q in data.read_lines(options.texts)][:options.most]
        print(json.dumps(compare(full, quantised, data.Cutter(options.tokenizer, 128), asked)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, help="fp32 ONNX file of the encoder the weights started from")
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--weights", type=Path, help="encoder.pt of encoder.py; without it the base itself is quantised")
    parser.add_argument("--share", type=float, default=1., help="of the tuned weights against the base's")
    parser.add_argument("--texts", type=Path, required=True, help="questions.jsonl to compare fp32 and int8 on")
    parser.add_argument("--most", type=int, default=200, help="questions to compare on")
    parser.add_argument("--out", type=Path, required=True)
    export(parser.parse_args())
