#!/usr/bin/env python3
"""Compares the includes of every module with the dependencies its CMakeLists.txt declares and with the layer order.

A module may include its own headers, headers of declared DEPS and external headers; Boost.Beast may be included only
in src/gateway. Exit 1 with one line per breach.
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
order = re.search(r"set\(ZK_MODULES ([^)]*)\)", (root / "CMakeLists.txt").read_text()).group(1).split()
breaches = []
checked = 0
for module in order:
    cmake = root / "src" / module / "CMakeLists.txt"
    if not cmake.exists():
        continue
    call = re.search(r"zk_module\((.*?)\)", cmake.read_text(), re.S).group(1).split()
    lists, key = {}, None
    for word in call:
        if word in ("NAME", "DEPS", "LIBS", "PRIVATE_LIBS", "TEST_LIBS", "TEST_DEPS"):
            key = word
            lists[key] = []
        else:
            lists[key].append(word)
    deps = set(lists.get("DEPS", []))
    for dep in deps:
        if order.index(dep) >= order.index(module):
            breaches.append(f"src/{module}/CMakeLists.txt: depends on {dep}, which is not below it")
    for file in sorted((root / "src" / module).rglob("*.[ch]pp")):
        parts = file.relative_to(root / "src" / module).parts
        allowed = deps | {module}
        if parts[0] in ("tests", "bench", "fuzz"):
            allowed |= set(lists.get("TEST_DEPS", []))
        checked += 1
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            m = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
            if not m:
                continue
            where = f"{file.relative_to(root)}:{number}"
            if "boost/beast" in m.group(2) and module != "gateway" and parts[0] not in ("tests", "bench"):
                breaches.append(f"{where}: Boost.Beast lives only in src/gateway")
            head = m.group(2).split("/")[0]
            if m.group(1) == '"' and head in order and head not in allowed:
                breaches.append(f"{where}: includes {m.group(2)}, but {head} is not in DEPS of {module}")
for b in breaches:
    print(b)
print(f"{checked} files of {sum((root / 'src' / m).exists() for m in order)} modules checked, {len(breaches)} breaches")
sys.exit(1 if breaches or not checked else 0)
