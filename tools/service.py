#!/usr/bin/env python3
"""Lets `systemd-analyze verify` read the unit file, with the binary's path replaced by one that exists.

On a machine without systemd the check is left out, and says so.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile


def main() -> int:
    unit = pathlib.Path(sys.argv[1])
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        print(f"service: {unit} was not verified: this machine has no systemd-analyze", file=sys.stderr)
        return 0
    text = unit.read_text(encoding="utf-8").replace("/usr/bin/vedetta run", shutil.which("true") or "/bin/true")
    # The manual page is not installed here.
    text = "\n".join(line for line in text.splitlines() if not line.startswith("Documentation="))
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / unit.name
        copy.write_text(text + "\n", encoding="utf-8")
        answer = subprocess.run([analyze, "verify", "--man=no", str(copy)], capture_output=True, text=True)
    said = [line for line in answer.stderr.splitlines() if unit.name in line]
    if answer.returncode != 0 or said:
        print("\n".join(["service: systemd-analyze verify refuses the unit:", answer.stderr.strip()]), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
