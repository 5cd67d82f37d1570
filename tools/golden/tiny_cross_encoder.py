#!/usr/bin/env python3
"""Writes tests/golden/tiny_cross_encoder.onnx: logit = sum of ids × mask × (1 + type). Needs the pip package onnx 1.17."""
import pathlib

from onnx import TensorProto, checker, helper, save

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
nodes = [
    helper.make_node("Mul", ["input_ids", "attention_mask"], ["real"]),
    helper.make_node("Mul", ["real", "token_type_ids"], ["typed"]),
    helper.make_node("Add", ["real", "typed"], ["both"]),
    helper.make_node("Cast", ["both"], ["floats"], to=TensorProto.FLOAT),
    helper.make_node("ReduceSum", ["floats", "axis"], ["logits"], keepdims=1),
]
graph = helper.make_graph(
    nodes, "tiny_cross_encoder",
    [helper.make_tensor_value_info(n, TensorProto.INT64, ["rows", "columns"]) for n in INPUTS],
    [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["rows", 1])],
    [helper.make_tensor("axis", TensorProto.INT64, [1], [1])])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
checker.check_model(model)
save(model, pathlib.Path(__file__).resolve().parents[2] / "tests/golden/tiny_cross_encoder.onnx")
