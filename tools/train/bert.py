"""BERT encoder in plain PyTorch: weights read from an ONNX file and written back into the same graph, so a tuned model
differs from the published one in its numbers alone."""
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import nn

HEADS, EPSILON = 8, 1e-12
LINEAR = {"query": "attention/self/query", "key": "attention/self/key", "value": "attention/self/value", "attention_out": "attention/output/dense",
          "inner": "intermediate/dense", "outer": "output/dense"}
NORM = {"attention_norm": "attention.output.LayerNorm", "norm": "output.LayerNorm"}


class Layer(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.query, self.key, self.value, self.attention_out = (nn.Linear(width, width) for _ in range(4))
        self.inner, self.outer = nn.Linear(width, inner), nn.Linear(inner, width)
        self.attention_norm, self.norm = nn.LayerNorm(width, EPSILON), nn.LayerNorm(width, EPSILON)

    def forward(self, x, mask, drop):
        rows, length, width = x.shape
        cut = lambda y: y.view(rows, length, HEADS, width // HEADS).transpose(1, 2)
        y = F.scaled_dot_product_attention(cut(self.query(x)), cut(self.key(x)), cut(self.value(x)), attn_mask=mask)
        y = self.attention_out(y.transpose(1, 2).reshape(rows, length, width))
        x = self.attention_norm(x + F.dropout(y, drop, self.training))
        return self.norm(x + F.dropout(self.outer(F.gelu(self.inner(x))), drop, self.training))


class Bert(nn.Module):
    """forward(ids [n, t], mask [n, t], types [n, t] or None) -> last hidden state [n, t, width]."""

    def __init__(self, vocabulary=21128, width=512, inner=2048, layers=4, positions=512, drop=.1):
        super().__init__()
        self.words, self.positions, self.types = nn.Embedding(vocabulary, width), nn.Embedding(positions, width), nn.Embedding(2, width)
        self.norm, self.drop = nn.LayerNorm(width, EPSILON), drop
        self.layers = nn.ModuleList(Layer(width, inner) for _ in range(layers))

    def forward(self, ids, mask, types=None):
        return self.above(self.below(ids, mask, 0, types), mask, 0)

    def below(self, ids, mask, layers, types=None):
        """The words' vectors and the first `layers` layers."""
        types = torch.zeros_like(ids) if types is None else types
        x = self.norm(self.words(ids) + self.positions.weight[:ids.shape[1]] + self.types(types))
        return self.run(F.dropout(x, self.drop, self.training), mask, self.layers[:layers])

    def above(self, x, mask, layers):
        """What comes after the first `layers` layers."""
        return self.run(x, mask, self.layers[layers:])

    def run(self, x, mask, layers):
        keep = mask.bool()[:, None, None, :]
        for layer in layers:
            x = layer(x, keep, self.drop)
        return x


def initialisers(graph):
    """Our parameter name -> (initialiser's name, stored transposed)."""
    names = {"words.weight": ("embeddings.word_embeddings.weight", False), "positions.weight": ("embeddings.position_embeddings.weight", False),
             "types.weight": ("embeddings.token_type_embeddings.weight", False),
             "norm.weight": ("embeddings.LayerNorm.weight", False), "norm.bias": ("embeddings.LayerNorm.bias", False)}
    products = {node.name: node.input[1] for node in graph.node if node.op_type == "MatMul"}
    layer = 0
    while f"/encoder/layer.{layer}/output/dense/MatMul" in products:
        for ours, theirs in LINEAR.items():
            names[f"layers.{layer}.{ours}.weight"] = (products[f"/encoder/layer.{layer}/{theirs}/MatMul"], True)
            names[f"layers.{layer}.{ours}.bias"] = (f"encoder.layer.{layer}.{theirs.replace('/', '.')}.bias", False)
        for ours, theirs in NORM.items():
            for part in ("weight", "bias"):
                names[f"layers.{layer}.{ours}.{part}"] = (f"encoder.layer.{layer}.{theirs}.{part}", False)
        layer += 1
    return names


def read(path):
    model = onnx.load(path)
    stored = {t.name: t for t in model.graph.initializer}
    state = {}
    for ours, (name, transposed) in initialisers(model.graph).items():
        value = torch.from_numpy(numpy_helper.to_array(stored[name]).copy())
        state[ours] = value.T.contiguous() if transposed else value
    bert = Bert(len(state["words.weight"]), layers=sum(k.endswith("inner.weight") for k in state))
    bert.load_state_dict(state)
    return bert


def write(bert, template, path):
    """Writes the weights into the template's graph."""
    model = onnx.load(template)
    stored = {t.name: t for t in model.graph.initializer}
    state = bert.state_dict()
    for ours, (name, transposed) in initialisers(model.graph).items():
        value = state[ours].detach().float().cpu()
        stored[name].CopyFrom(numpy_helper.from_array((value.T if transposed else value).contiguous().numpy(), name))
    onnx.checker.check_model(model)
    onnx.save(model, path)
