"""The OCI image, as a layout in a tar: the program, the C library it was linked for, trust roots, and nothing else."""

import hashlib
import json
import re
import subprocess
import time
from pathlib import Path

from archive import Entry, compressed, tar
from content import DESCRIPTION, EPOCH, LICENCE, REPOSITORY, VERSION, Content
from platforms import Platform

_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# No name and no number that a host is likely to have.
_USER = 65532


def write(content: Content, platform: Platform, dist: Path) -> Path:
    layer = tar(_files(content))
    packed = compressed(layer)
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(EPOCH))
    labels = {
        "org.opencontainers.image.title": "orgready",
        "org.opencontainers.image.description": DESCRIPTION,
        "org.opencontainers.image.version": VERSION,
        "org.opencontainers.image.licenses": LICENCE,
        "org.opencontainers.image.created": created,
    } | ({"org.opencontainers.image.source": REPOSITORY} if REPOSITORY else {})
    config = {
        "created": created,
        "architecture": platform.debian,
        "os": "linux",
        "config": {
            "User": f"{_USER}:{_USER}",
            # The one place that can be written to where the root is read-only.
            "Env": ["PATH=/usr/bin", "HOME=/tmp"],
            "WorkingDir": "/tmp",
            "Entrypoint": ["/usr/bin/orgready"],
            "Cmd": ["--help"],
            "Labels": labels,
        },
        "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
        "history": [{"created": created, "created_by": ".ci/package"}],
    }
    blobs: dict[str, bytes] = {}
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": _blob(blobs, "application/vnd.oci.image.config.v1+json", _json(config)),
        "layers": [_blob(blobs, "application/vnd.oci.image.layer.v1.tar+gzip", packed)],
        "annotations": labels,
    }
    entry = _blob(blobs, manifest["mediaType"], _json(manifest))
    entry |= {
        "platform": {"architecture": platform.debian, "os": "linux"},
        "annotations": {"org.opencontainers.image.ref.name": VERSION},
    }
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry]}
    entries: list[Entry] = [("oci-layout", _json({"imageLayoutVersion": "1.0.0"}), 0o644)]
    entries += [("index.json", _json(index), 0o644), ("blobs", None, 0o755), ("blobs/sha256", None, 0o755)]
    entries += [(f"blobs/sha256/{name}", text, 0o644) for name, text in sorted(blobs.items())]
    path = dist / f"orgready-{VERSION}-image-{platform.debian}.tar"
    path.write_bytes(tar(entries))
    return path


def _files(content: Content) -> list[Entry]:
    files = {"usr/bin/orgready": content.program}
    for path in _libraries(content.path):
        files[str(path).lstrip("/")] = path.resolve().read_bytes()
        files["usr/share/doc/libc6/copyright"] = Path("/usr/share/doc/libc6/copyright").read_bytes()
    if not _CERTIFICATES.exists():
        raise SystemExit(f"the image needs {_CERTIFICATES}: install ca-certificates")
    files[str(_CERTIFICATES).lstrip("/")] = _CERTIFICATES.read_bytes()
    files["etc/passwd"] = f"orgready:x:{_USER}:{_USER}::/tmp:/nonexistent\n".encode()
    files["etc/group"] = f"orgready:x:{_USER}:\n".encode()
    files["etc/nsswitch.conf"] = b"hosts: files dns\n"
    files |= {f"usr/share/doc/orgready/{name}": text for name, text in content.licences.items()}
    parents = {str(parent) for path in files for parent in Path(path).parents} - {"."}
    entries: list[Entry] = [(folder, None, 0o755) for folder in sorted(parents)] + [("tmp", None, 0o1777)]
    programs = ("usr/bin/", "lib")
    return entries + [(path, files[path], 0o755 if path.startswith(programs) else 0o644) for path in sorted(files)]


def _libraries(program: Path) -> list[Path]:
    """What the loader loads with it on this machine, the loader too; none for a static program."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    return [Path(path) for path in re.findall(r"(?:=> )?(/\S+) \(0x", listed)]


def _json(value: dict) -> bytes:
    return json.dumps(value, indent=1).encode()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _blob(blobs: dict[str, bytes], kind: str, content: bytes) -> dict:
    digest = _digest(content)
    blobs[digest.removeprefix("sha256:")] = content
    return {"mediaType": kind, "digest": digest, "size": len(content)}
