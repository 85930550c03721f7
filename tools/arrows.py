#!/usr/bin/env python3
"""Checks the arrows between the workspace's crates, and who may name which library.

The rules are those of ARCHITECTURE.md; a crate or a library that breaks one is named with the rule.
"""

import json
import subprocess
import sys

# crate -> the workspace's crates that it may use (for its own code; tests may use more)
ARROWS = {
    "vedetta-domain": set(),
    "vedetta-http": {"vedetta-domain"},
    "vedetta-ingest": {"vedetta-domain", "vedetta-http"},
    "vedetta-nlp": {"vedetta-domain"},
    "vedetta-dedupe": {"vedetta-domain"},
    "vedetta-store": {"vedetta-domain"},
    "vedetta-alert": {"vedetta-domain", "vedetta-http"},
    "vedetta-config": {"vedetta-domain", "vedetta-http", "vedetta-ingest", "vedetta-alert", "vedetta-nlp"},
    "vedetta": {"vedetta-domain", "vedetta-http", "vedetta-ingest", "vedetta-nlp", "vedetta-dedupe",
                "vedetta-store", "vedetta-alert", "vedetta-config"},
}

# library -> the one crate that may name it
FENCES = {
    "sled": "vedetta-store",
    "rust-bert": "vedetta-nlp",
    "tch": "vedetta-nlp",
    "rust_tokenizers": "vedetta-nlp",
    "whatlang": "vedetta-nlp",
    "feed-rs": "vedetta-ingest",
    "trafilatura": "vedetta-ingest",
    "reqwest": "vedetta-http",
}

# libraries that crates without I/O must not have
PURE = {"vedetta-domain": {"tokio", "reqwest", "futures"}, "vedetta-dedupe": {"tokio", "reqwest", "futures"}}


def broken(packages: list[dict]) -> list[str]:
    """Every rule that is broken, as a sentence."""
    found = []
    for package in packages:
        name = package["name"]
        uses = {d["name"] for d in package["dependencies"] if d["kind"] in (None, "build")}
        if name not in ARROWS:
            found.append(f"{name} has no place in the arrows: give it one in tools/arrows.py")
            continue
        for other in sorted(uses & set(ARROWS)):
            if other not in ARROWS[name]:
                found.append(f"{name} must not use {other}")
        for library in sorted(uses & set(FENCES)):
            if FENCES[library] != name:
                found.append(f"{name} must not name {library}: only {FENCES[library]} does")
        for library in sorted(uses & PURE.get(name, set())):
            found.append(f"{name} must stay without I/O and async, it names {library}")
    return found


def main() -> int:
    out = subprocess.run(["cargo", "metadata", "--format-version=1", "--no-deps", "--offline"],
                         capture_output=True, text=True, check=True).stdout
    problems = broken(json.loads(out)["packages"])
    for problem in problems:
        print(f"arrows: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
