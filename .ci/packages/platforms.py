"""What each target is called by those who install from it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Platform:
    npm: str  # Of the package with the program: @orgready/<npm>.
    os: str  # As Node says: process.platform.
    cpu: str  # As Node says: process.arch.
    wheel: str  # The platform tag.
    libc: str | None = None  # As npm says.
    debian: str | None = None  # Debian's name for the processor, which is also that of images.


PLATFORMS = {
    "x86_64-unknown-linux-gnu": Platform(
        "linux-x64", "linux", "x64", "manylinux_2_17_x86_64.manylinux2014_x86_64", "glibc", "amd64"
    ),
    "aarch64-unknown-linux-gnu": Platform(
        "linux-arm64", "linux", "arm64", "manylinux_2_17_aarch64.manylinux2014_aarch64", "glibc", "arm64"
    ),
    "x86_64-unknown-linux-musl": Platform("linux-x64-musl", "linux", "x64", "musllinux_1_1_x86_64", "musl"),
    "aarch64-unknown-linux-musl": Platform("linux-arm64-musl", "linux", "arm64", "musllinux_1_1_aarch64", "musl"),
    "x86_64-apple-darwin": Platform("darwin-x64", "darwin", "x64", "macosx_10_12_x86_64"),
    "aarch64-apple-darwin": Platform("darwin-arm64", "darwin", "arm64", "macosx_11_0_arm64"),
    "x86_64-pc-windows-msvc": Platform("win32-x64", "win32", "x64", "win_amd64"),
}
