"""Leaves out of Qt's ICU data what the program has no use for: all languages but two, and mainframes' codes.

Qt's build for Linux carries all of it, 32 MB, a quarter of the bundle; on Windows and macOS it uses the system's own.
"""

import ctypes
import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from project import output, stop

LANGUAGES: Final = ("en", "zh")
_LOCALE: Final = re.compile(r"([a-z]{2,3})(_\w+)*\.res")
# Converters of IBM's mainframes, transliteration, word lists of languages that write no spaces: Qt never asks for them.
_UNUSED: Final = re.compile(r".*\.dict|.*/translit/.*|.*/ibm-[^/]*\.cnv|.*/brkitr/.*\.brk")
_MAGIC: Final = b"\xda\x27"
_ALIGN: Final = 16

Item = tuple[bytes, bytes]
"""Name and data."""


def is_needed(name: str) -> bool:
    """Whether an item stays; ``name`` is like ``icudt73l/curr/de.res``."""
    if _UNUSED.fullmatch(name):
        return False
    locale = _LOCALE.fullmatch(name.rpartition("/")[2])
    return locale is None or locale[1] in LANGUAGES


def items(data: bytes) -> tuple[bytes, list[Item]]:
    """The header and the items of an ICU data package (ICU's udata.h: header, contents sorted by name, items)."""
    (length,) = struct.unpack_from("<H", data)
    if data[2:4] != _MAGIC:
        stop("The ICU data has a form that this script does not know.")
    (count,) = struct.unpack_from("<I", data, length)
    places: Sequence[tuple[int, int]] = [
        struct.unpack_from("<II", data, length + 4 + 8 * number) for number in range(count)
    ]
    ends = [*(at for _, at in places[1:]), len(data) - length]
    found: list[Item] = []
    for (name, start), end in zip(places, ends, strict=True):
        label = data[length + name : data.index(b"\0", length + name)]
        found.append((label, data[length + start : length + end]))
    return data[:length], found


def package(header: bytes, kept: Iterable[Item]) -> bytes:
    """The data package of these items, in their order."""
    kept = list(kept)
    names = b"".join(name + b"\0" for name, _ in kept)
    first_name = 4 + 8 * len(kept)
    body = bytearray()
    start = -(-(first_name + len(names)) // _ALIGN) * _ALIGN
    contents, at = bytearray(struct.pack("<I", len(kept))), first_name
    for name, data in kept:
        contents += struct.pack("<II", at, start + len(body))
        at += len(name) + 1
        body += data + bytes(-len(data) % _ALIGN)
    head = bytes(contents) + names
    return header + head + bytes(start - len(head)) + bytes(body)


def slim(library: Path) -> None:
    """Replace the library of ICU's data by one that has only what is needed, under the same name and symbol."""
    symbol, size = _symbol(library)
    loaded = ctypes.CDLL(str(library))
    data = ctypes.string_at(ctypes.addressof(ctypes.c_char.in_dll(loaded, symbol)), size)
    header, found = items(data)
    kept = [(name, content) for name, content in found if is_needed(name.decode())]
    with tempfile.TemporaryDirectory() as folder:
        blob, source, made = (Path(folder, name) for name in ("icu.dat", "icu.S", library.name))
        blob.write_bytes(package(header, kept))
        source.write_text(
            f".section .rodata\n.globl {symbol}\n.type {symbol}, @object\n.balign {_ALIGN}\n"
            f'{symbol}: .incbin "{blob}"\n.size {symbol}, . - {symbol}\n.section .note.GNU-stack,"",@progbits\n'
        )
        command = ["gcc", "-shared", "-nostdlib", "-s", f"-Wl,-soname,{library.name}", "-o", made, source]
        subprocess.run(command, check=True)
        # A file of its own: this process has mapped the old one, and dies where its bytes go (SIGBUS, mmap(2)).
        instead = library.with_name(f"{library.name}.slim")
        shutil.copyfile(made, instead)
        shutil.copymode(library, instead)
        instead.replace(library)


def _symbol(library: Path) -> tuple[str, int]:
    lines = [line.split() for line in output(["nm", "-DS", "--defined-only", library]).splitlines()]
    found = [(line[3], int(line[1], 16)) for line in lines if len(line) == 4 and line[3].startswith("icudt")]
    return found[0] if found else stop(f"{library.name} has no ICU data.")
