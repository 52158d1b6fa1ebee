"""What is packed: the program, and what it says about itself; texts and figures of the project."""

import os
import subprocess
import tomllib
from functools import cached_property
from pathlib import Path

import licences

ROOT = Path(__file__).resolve().parents[2]
EPOCH = int(os.environ["SOURCE_DATE_EPOCH"])
REPOSITORY = os.environ.get("REPOSITORY")

# For each shell, where its completions lie below /usr/share, and what the file is called.
COMPLETIONS = {
    "bash": ("bash-completion/completions", "orgready"),
    "zsh": ("zsh/vendor-completions", "_orgready"),
    "fish": ("fish/vendor_completions.d", "orgready.fish"),
    "powershell": (None, "_orgready.ps1"),
    "elvish": (None, "orgready.elv"),
}

_manifest = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]
VERSION = _manifest["version"]
DESCRIPTION = _manifest["description"]
LICENCE = _manifest["license"]
KEYWORDS = _manifest["keywords"]
README = (ROOT / "README.md").read_text(encoding="utf-8")


class Content:
    def __init__(self, program: Path, target: str):
        self.target = target
        self.path = program
        self.program = program.read_bytes()
        self.name = "orgready.exe" if "-windows-" in target else "orgready"

    def _says(self, *arguments: str) -> bytes:
        # Nothing of this machine may show in it, such as the width of its terminal.
        return subprocess.run([self.path, *arguments], stdout=subprocess.PIPE, check=True).stdout

    @cached_property
    def manual(self) -> bytes:
        return self._says("man")

    @cached_property
    def completions(self) -> dict[str, bytes]:
        return {shell: self._says("completions", shell) for shell in COMPLETIONS}

    @cached_property
    def licences(self) -> dict[str, bytes]:
        own = {name: (ROOT / name).read_bytes() for name in ("LICENSE-APACHE", "LICENSE-MIT")}
        return own | {"THIRD-PARTY-LICENSES.txt": licences.collect(ROOT, self.target).encode()}
