"""The plain archive, and the one way in which archives are written: the same content gives the same bytes."""

import gzip
import io
import tarfile
from pathlib import Path

from content import COMPLETIONS, EPOCH, README, VERSION, Content

Entry = tuple[str, bytes | None, int]  # Path, content (None: a folder), mode.


def tar(entries: list[Entry], links: dict[str, str] | None = None) -> bytes:
    """A tar of these entries, in this order, each owned by root and as old as the commit."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, content, mode in entries:
            entry = tarfile.TarInfo(path)
            entry.mode, entry.mtime = mode, EPOCH
            if content is None:
                entry.type = tarfile.DIRTYPE
            else:
                entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content or b""))
        for path, target in (links or {}).items():
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname, entry.mtime = tarfile.SYMTYPE, target, EPOCH
            archive.addfile(entry)
    return buffer.getvalue()


def compressed(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=EPOCH)


def write(content: Content, dist: Path) -> Path:
    folder = f"orgready-{VERSION}-{content.target}"
    files = {content.name: content.program, "README.md": README.encode(), "man/orgready.1": content.manual}
    files |= {f"completions/{COMPLETIONS[shell][1]}": script for shell, script in content.completions.items()}
    files |= content.licences
    folders = sorted({str(Path(path).parent) for path in files} - {"."})
    entries: list[Entry] = [(folder, None, 0o755), *((f"{folder}/{path}", None, 0o755) for path in folders)]
    entries += [(f"{folder}/{path}", files[path], 0o755 if path == content.name else 0o644) for path in sorted(files)]
    path = dist / f"{folder}.tar.gz"
    path.write_bytes(compressed(tar(entries)))
    return path
