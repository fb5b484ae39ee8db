"""Sign the package in dist/ with the certificates of the project: on macOS the disk image, on Windows the installer.

Run it on either with ``uv run python packaging/sign_packages.py``. Without a certificate the package stays as it is,
which is said. These variables are read; no certificate, key or password becomes an argument of a program:

- macOS: ``MACOS_CERTIFICATE`` (a Developer ID certificate with its key, as PKCS #12 in Base64),
  ``MACOS_CERTIFICATE_PASSWORD``, ``CODESIGN_IDENTITY`` (its name); ``NOTARY_KEY`` (a key of App Store Connect, the text
  of the .p8 file), ``NOTARY_KEY_ID``, ``NOTARY_ISSUER``.
- Windows: ``WINDOWS_CERTIFICATE`` (a code signing certificate with its key, as PKCS #12 in Base64),
  ``WINDOWS_CERTIFICATE_PASSWORD``.
"""

import base64
import binascii
import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Final

import build_dmg
from project import DIST, TITLE, output, run, stop

MAC: Final = ("MACOS_CERTIFICATE", "MACOS_CERTIFICATE_PASSWORD", "CODESIGN_IDENTITY")
NOTARY: Final = ("NOTARY_KEY", "NOTARY_KEY_ID", "NOTARY_ISSUER")
WINDOWS: Final = ("WINDOWS_CERTIFICATE", "WINDOWS_CERTIFICATE_PASSWORD")
# The time stamp keeps the signature good after the certificate has ended.
_POWERSHELL: Final = """
$ErrorActionPreference = 'Stop'
$bytes = [Convert]::FromBase64String($env:WINDOWS_CERTIFICATE)
$certificate = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new(
    $bytes, $env:WINDOWS_CERTIFICATE_PASSWORD)
$signed = Set-AuthenticodeSignature -LiteralPath $env:TO_SIGN -Certificate $certificate -IncludeChain All `
    -HashAlgorithm SHA256 -TimestampServer 'http://timestamp.digicert.com'
if ($signed.Status -ne 'Valid') { throw $signed.StatusMessage }
"""


def is_complete(names: tuple[str, ...], environ: Mapping[str, str]) -> bool:
    """Whether all variables have a value; end this script where only some have."""
    absent = [name for name in names if not environ.get(name)]
    if absent and len(absent) < len(names):
        stop(f"Not signed, because {', '.join(absent)} is missing and the others of its kind are there.")
    return not absent


def keychain_commands(keychain: Path, password: str, certificate: Path, certificate_password: str) -> str:
    """What ``security -i`` reads to make a keychain with the certificate, which codesign may use without a question."""
    if any(sign in certificate_password for sign in '"\\\n'):
        stop("The password of the certificate has a quotation mark, a backslash or a line end. Choose another one.")
    return (
        f'create-keychain -p "{password}" "{keychain}"\n'
        f'unlock-keychain -p "{password}" "{keychain}"\n'
        f'import "{certificate}" -k "{keychain}" -f pkcs12 -P "{certificate_password}" -T /usr/bin/codesign\n'
        f'set-key-partition-list -S apple-tool:,apple: -s -k "{password}" "{keychain}"\n'
    )


def certificate_bytes(encoded: str, name: str) -> bytes:
    """Decode a certificate; end this script where the variable ``name`` holds something else."""
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except binascii.Error:
        stop(f"{name} is not Base64.")


@contextlib.contextmanager
def keychain_with_certificate(environ: Mapping[str, str], folder: Path) -> Generator[None]:
    """Have the certificate in a keychain of its own that codesign finds; delete it at the end."""
    keychain, certificate = folder / "signing.keychain-db", folder / "certificate.p12"
    certificate.write_bytes(certificate_bytes(environ["MACOS_CERTIFICATE"], "MACOS_CERTIFICATE"))
    commands = keychain_commands(keychain, secrets.token_hex(), certificate, environ["MACOS_CERTIFICATE_PASSWORD"])
    known = [line.strip().strip('"') for line in output(["security", "list-keychains", "-d", "user"]).splitlines()]
    try:
        # What it prints is not shown: it may repeat what it was told.
        subprocess.run(["/usr/bin/security", "-i"], input=commands, text=True, check=False, capture_output=True)
        run("security", "list-keychains", "-d", "user", "-s", keychain, *known)
        if environ["CODESIGN_IDENTITY"] not in output(["security", "find-identity", "-v", "-p", "codesigning"]):
            stop("The keychain has no certificate with the name in CODESIGN_IDENTITY, or it is no longer valid.")
        yield
    finally:
        if keychain.exists():
            run("security", "delete-keychain", keychain)


def sign_image(image: Path, environ: Mapping[str, str]) -> None:
    """Build the disk image again with the app in it signed, and have Apple's notary see it."""
    if not is_complete(MAC, environ):
        print(f"Not signed: {', '.join(MAC)} are not set. {image.name} stays as it is.")
        return
    notarise = is_complete(NOTARY, environ)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        mounted, app, key = folder / "image", folder / f"{TITLE}.app", folder / "notary.p8"
        run("hdiutil", "attach", "-readonly", "-nobrowse", "-mountpoint", mounted, image)
        try:
            shutil.copytree(mounted / app.name, app, symlinks=True)
        finally:
            run("hdiutil", "detach", mounted)
        key.write_text(environ["NOTARY_KEY"] if notarise else "", encoding="utf-8")
        with keychain_with_certificate(environ, folder):
            build_dmg.build(app, image, {**environ, "NOTARY_KEY_FILE": str(key) if notarise else ""})
    print(f"Signed {image.name}.")


def sign_installer(installer: Path, environ: Mapping[str, str]) -> None:
    """Sign the installer for Windows."""
    if not is_complete(WINDOWS, environ):
        print(f"Not signed: {', '.join(WINDOWS)} are not set. {installer.name} stays as it is.")
        return
    shell = ("powershell", "-NoProfile", "-NonInteractive", "-Command", _POWERSHELL)
    run(*shell, env={**environ, "TO_SIGN": str(installer)})
    print(f"Signed {installer.name}.")


def main() -> None:
    """Run the command."""
    kinds = {"darwin": ("*.dmg", sign_image), "win32": ("*.exe", sign_installer)}
    if sys.platform not in kinds:
        stop("Packages are signed on macOS and Windows.")
    pattern, sign = kinds[sys.platform]
    packages = sorted(DIST.glob(pattern))
    if not packages:
        stop(f"dist/ has no {pattern}.")
    for package in packages:
        sign(package, os.environ)


if __name__ == "__main__":
    main()
