"""The wheel: the program, where pip and uv put programs. PEP 427, and the tags of PEP 600 and 656."""

import base64
import hashlib
import time
import zipfile
from pathlib import Path

from content import DESCRIPTION, EPOCH, KEYWORDS, LICENCE, README, REPOSITORY, VERSION, Content
from platforms import Platform


def write(content: Content, platform: Platform, dist: Path) -> Path:
    info = f"orgready-{VERSION}.dist-info"
    files = {f"orgready-{VERSION}.data/scripts/{content.name}": content.program}
    files |= {f"{info}/licenses/{name}": text for name, text in content.licences.items()}
    files[f"{info}/METADATA"] = _metadata(content).encode()
    tags = "".join(f"Tag: py3-none-{tag}\n" for tag in platform.wheel.split("."))
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: orgready\nRoot-Is-Purelib: false\n{tags}".encode()
    record = "".join(f"{path},{_digest(text)},{len(text)}\n" for path, text in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    path = dist / f"orgready-{VERSION}-py3-none-{platform.wheel}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, time.gmtime(EPOCH)[:6])
            entry.create_system = 3  # Unix, whose modes these are.
            entry.external_attr = (0o100755 if "/scripts/" in name else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return path


def _digest(text: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text).digest()).decode().rstrip("=")


def _metadata(content: Content) -> str:
    lines = ["Metadata-Version: 2.4", "Name: orgready", f"Version: {VERSION}", f"Summary: {DESCRIPTION}"]
    lines += [f"License-Expression: {LICENCE}", *(f"License-File: {name}" for name in content.licences)]
    lines += [f"Keywords: {','.join(KEYWORDS)}", "Requires-Python: >=3.7"]
    lines += [f"Project-URL: Repository, {REPOSITORY}"] if REPOSITORY else []
    lines += ["Description-Content-Type: text/markdown", "", README]
    return "\n".join(lines)
