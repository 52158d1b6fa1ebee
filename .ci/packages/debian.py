"""The Debian package, by dpkg-deb."""

import gzip
import hashlib
import os
import subprocess
import tempfile
import time
from pathlib import Path

from content import COMPLETIONS, DESCRIPTION, EPOCH, REPOSITORY, VERSION, Content
from platforms import Platform

_MAINTAINER = "The orgready authors <orgready@example.invalid>"


def write(content: Content, platform: Platform, dist: Path) -> Path:
    documents = "usr/share/doc/orgready"
    files = {
        "usr/bin/orgready": content.program,
        "usr/share/man/man1/orgready.1.gz": gzip.compress(content.manual, 9, mtime=EPOCH),
        f"{documents}/changelog.gz": gzip.compress(_changelog(), 9, mtime=EPOCH),
        f"{documents}/copyright": _copyright(content),
        f"{documents}/THIRD-PARTY-LICENSES.txt.gz": gzip.compress(
            content.licences["THIRD-PARTY-LICENSES.txt"], 9, mtime=EPOCH
        ),
    }
    for shell, (folder, name) in COMPLETIONS.items():
        if folder:
            files[f"usr/share/{folder}/{name}"] = content.completions[shell]
    sums = "".join(f"{hashlib.md5(text).hexdigest()}  {path}\n" for path, text in sorted(files.items()))
    size = sum(len(text) for text in files.values()) // 1024 + 1
    files["DEBIAN/md5sums"] = sums.encode()
    files["DEBIAN/control"] = _control(platform, size).encode()
    path = dist / f"orgready_{VERSION}_{platform.debian}.deb"
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            file = Path(folder, "tree", name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text)
            file.chmod(0o755 if name.startswith("usr/bin/") else 0o644)
        for each in [Path(folder, "tree"), *Path(folder, "tree").rglob("*")]:
            if each.is_dir():
                each.chmod(0o755)
            os.utime(each, (EPOCH, EPOCH))
        command = ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", Path(folder, "tree"), path]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return path


def _control(platform: Platform, size: int) -> str:
    homepage = f"Homepage: {REPOSITORY}\n" if REPOSITORY else ""
    return (
        f"Package: orgready\nVersion: {VERSION}\nArchitecture: {platform.debian}\nMaintainer: {_MAINTAINER}\n"
        f"Installed-Size: {size}\nDepends: libc6 (>= 2.17), ca-certificates\nSection: utils\nPriority: optional\n"
        f"{homepage}Description: logs in to new Salesforce scratch orgs by JWT\n"
        f" {DESCRIPTION}.\n"
    )


def _changelog() -> bytes:
    date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(EPOCH))
    text = f"orgready ({VERSION}) unstable; urgency=medium\n\n  * See CHANGELOG.md of the project.\n\n"
    return f"{text} -- {_MAINTAINER}  {date}\n".encode()


def _copyright(content: Content) -> bytes:
    return (
        b"orgready is under the MIT licence or, as you prefer, under the Apache License, Version 2.0, which is in\n"
        b"/usr/share/common-licenses/Apache-2.0 on Debian systems. The works of others that it contains, with their\n"
        b"licences, are in THIRD-PARTY-LICENSES.txt.gz beside this file.\n\n" + content.licences["LICENSE-MIT"]
    )
