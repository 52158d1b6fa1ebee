"""The licences of everything that is linked into the program, read from the sources that it was built from."""

import html
import json
import re
import subprocess
from pathlib import Path

_FILE = re.compile(r"(LICEN[CS]E|COPYING|COPYRIGHT|NOTICE|UNLICENSE)([-._].*)?$", re.IGNORECASE)


def collect(root: Path, target: str) -> str:
    """One text: which crates, then each licence once, with the names of those that come under it."""
    crates = _linked(root, target)
    documents = Path(_run("rustc", "--print", "sysroot").strip()) / "share/doc/rust"
    texts: dict[str, list[str]] = {}
    for crate in crates:
        name = f"{crate['name']} {crate['version']}"
        found = _texts(Path(crate["manifest_path"]).parent) or _standard(crate, documents / "licenses")
        for text in found:
            texts.setdefault(text, []).append(name)
    library = (documents / "COPYRIGHT-library.html").read_text(encoding="utf-8")
    lines = ["orgready contains these works of others:", ""]
    lines += [f"* {crate['name']} {crate['version']}: {crate['license']}" for crate in crates]
    lines += ["* the Rust standard library: its notice is the last", ""]
    for text, names in texts.items():
        lines += ["=" * 80, ", ".join(dict.fromkeys(names)), "=" * 80, "", text, ""]
    lines += ["=" * 80, "the Rust standard library", "=" * 80, "", _plain(library), ""]
    return "\n".join(lines)


def _run(*command: str, **options) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, encoding="utf-8", **options).stdout


def _linked(root: Path, target: str) -> list[dict]:
    """The packages whose code ends up in the program, as the features are: no macros, which only ran to build it."""
    options = ("--locked", "--edges=normal,no-proc-macro", "--prefix=none", f"--target={target}")
    tree = _run("cargo", "tree", *options, "--format={p}", cwd=root)
    linked = {tuple(line.split(" ")[:2]) for line in tree.splitlines() if line}
    filtered = f"--filter-platform={target}"
    known = json.loads(_run("cargo", "metadata", "--locked", "--format-version=1", filtered, cwd=root))
    packages = [one for one in known["packages"] if one["id"] != known["resolve"]["root"]]
    packages = [one for one in packages if (one["name"], f"v{one['version']}") in linked]
    return sorted(packages, key=lambda package: (package["name"], package["version"]))


def _texts(folder: Path) -> list[str]:
    """Those of the crate, and of what it has taken in."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and _FILE.match(path.name))
    code = (".rs", ".go", ".py")
    texts = (path.read_text(encoding="utf-8", errors="replace").strip() for path in files if path.suffix not in code)
    return [text for text in dict.fromkeys(texts) if len(text) > 100]


def _standard(crate: dict, folder: Path) -> list[str]:
    """The text that a crate means that carries none: of its licences, the first that the toolchain has the text of."""
    for word in sorted(re.findall(r"[A-Za-z0-9.-]+", crate["license"] or "")):
        text = folder / f"{word}.txt"
        if text.exists():
            authors = ", ".join(crate["authors"]) or f"the authors of {crate['name']}"
            return [f"Copyright (c) {authors}\n\n{text.read_text(encoding='utf-8').strip()}"]
    raise SystemExit(f"{crate['name']} ({crate['license']}) carries no licence text, which has to be told")


def _plain(page: str) -> str:
    """A page without its markup."""
    text = re.sub(r"<(style|head)\b.*?</\1>", "", page, flags=re.DOTALL)
    text = html.unescape(re.sub(r"<[^>]+>", "", text))
    return re.sub(r"\n\s*\n\s*\n+", "\n\n", text).strip()
