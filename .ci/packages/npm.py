"""The npm pair: a launcher, and a package for the platform with the program in it, which npm chooses by itself."""

import json
from pathlib import Path

from archive import compressed, tar
from content import DESCRIPTION, KEYWORDS, LICENCE, README, REPOSITORY, VERSION, Content
from platforms import PLATFORMS, Platform

_LAUNCHER = Path(__file__).with_name("launcher.js")


def write(content: Content, platform: Platform, dist: Path) -> list[Path]:
    launcher = {
        "bin": {"orgready": "bin/orgready.js"},
        "engines": {"node": ">=18"},
        "keywords": KEYWORDS,
        "optionalDependencies": {f"@orgready/{one.npm}": VERSION for one in PLATFORMS.values()},
    }
    files = {"README.md": README.encode(), "bin/orgready.js": _LAUNCHER.read_bytes()}
    first = _pack(dist, "orgready", launcher, files | _own(content))
    native = {"os": [platform.os], "cpu": [platform.cpu], "preferUnplugged": True}
    if platform.libc:
        native["libc"] = [platform.libc]
    readme = f"The program of the package `orgready`, which installs this one by itself, for {content.target}.\n"
    files = {"README.md": readme.encode(), f"bin/{content.name}": content.program}
    return [first, _pack(dist, f"@orgready/{platform.npm}", native, files | content.licences)]


def _own(content: Content) -> dict[str, bytes]:
    return {name: text for name, text in content.licences.items() if name.startswith("LICENSE")}


def _pack(dist: Path, name: str, more: dict, files: dict[str, bytes]) -> Path:
    manifest = {"name": name, "version": VERSION, "description": DESCRIPTION, "license": LICENCE} | more
    if REPOSITORY:
        manifest["repository"] = {"type": "git", "url": f"git+{REPOSITORY}.git"}
    files["package.json"] = json.dumps(manifest, indent=2).encode() + b"\n"
    entries = [(f"package/{path}", files[path], 0o755 if path.startswith("bin/") else 0o644) for path in sorted(files)]
    # As `npm pack` calls it.
    path = dist / f"{name.lstrip('@').replace('/', '-')}-{VERSION}.tgz"
    path.write_bytes(compressed(tar(entries)))
    return path
