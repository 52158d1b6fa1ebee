"""Packs one built program in every form: python3 .ci/packages PROGRAM TARGET DIST."""

import hashlib
import sys
from pathlib import Path

import archive
import debian
import image
import npm
import wheel
from content import Content
from platforms import PLATFORMS


def main() -> None:
    program, target, dist = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    platform = PLATFORMS.get(target) or sys.exit(f"no packages are made for {target}; platforms.py has the list")
    content = Content(program, target)
    made = [archive.write(content, dist), *npm.write(content, platform, dist), wheel.write(content, platform, dist)]
    if platform.debian:
        made += [debian.write(content, platform, dist), image.write(content, platform, dist)]
    sums = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(made))
    (dist / "SHA256SUMS").write_text("".join(sums), newline="\n")
    for path in sorted(made):
        print(f"{path.stat().st_size:>10}  {path.name}")


main()
