"""Whom TLS trusts: what the operating system trusts, and what SSL_CERT_FILE and SSL_CERT_DIR name besides."""

import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from probe_tray.adapters.systems.current import this_system
from probe_tray.core.errors import CertificateError, Phrase

if TYPE_CHECKING:
    from typing_extensions import Buffer

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where Linux distributions keep what they trust. A bundled OpenSSL looks in the place of its build machine."""
_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")


def make_context(environment: Mapping[str, str], host: str) -> ssl.SSLContext:
    """The one context of a client. It reads files, some 40 ms for a whole bundle, so call it off the event loop.

    Raises CertificateError (about ``host``) for a variable that names nothing usable.
    """
    try:
        return _context(environment, host)
    except CertificateError:
        raise
    except Exception:  # noqa: BLE001 - libraries of the system, and files of any content
        raise _refusal(host, "what this computer trusts cannot be read") from None


def _context(environment: Mapping[str, str], host: str) -> ssl.SSLContext:
    if this_system().verifies_certificates:
        context = _verifying_context()
    else:
        # WORKAROUND truststore 0.10.5: on Linux it reads the whole bundle again for every connection, on the event
        # loop (https://github.com/sethmlarson/truststore, _openssl.py), and SSL_CERT_FILE replaces the system's.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _trust_system(context)
    if file := environment.get("SSL_CERT_FILE"):
        _trust_file(context, Path(file), host)
    if folders := environment.get("SSL_CERT_DIR"):
        _trust_folders(context, folders, host)
    return context


def _verifying_context() -> ssl.SSLContext:
    import truststore

    class ConnectionContexts(truststore.SSLContext):
        """Gives each connection a context of its own.

        WORKAROUND truststore 0.10.5 (https://github.com/sethmlarson/truststore, _api.py): it verifies under a lock of
        the context, so that a verifier that waits for the network would hold up all other handshakes.
        """

        def __init__(self, protocol: int) -> None:
            super().__init__(protocol)
            # truststore does not tell what it was told to trust.
            self._besides = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

        def load_verify_locations(
            self,
            cafile: str | bytes | os.PathLike[str] | os.PathLike[bytes] | None = None,
            capath: str | bytes | os.PathLike[str] | os.PathLike[bytes] | None = None,
            cadata: "str | Buffer | None" = None,
        ) -> None:
            self._besides.load_verify_locations(cafile, capath, cadata)

        def wrap_bio(
            self,
            incoming: ssl.MemoryBIO,
            outgoing: ssl.MemoryBIO,
            server_side: bool = False,  # noqa: FBT001, FBT002 - as ssl has it
            server_hostname: str | bytes | None = None,
            session: ssl.SSLSession | None = None,
        ) -> ssl.SSLObject:
            made = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            made.set_alpn_protocols(["http/1.1"])
            if besides := self._besides.get_ca_certs(binary_form=True):
                made.load_verify_locations(cadata=b"".join(besides))
            name = server_hostname.decode() if isinstance(server_hostname, bytes) else server_hostname
            return made.wrap_bio(incoming, outgoing, server_side, name, session)

    return ConnectionContexts(ssl.PROTOCOL_TLS_CLIENT)


def _trust_system(context: ssl.SSLContext) -> None:
    compiled = ssl.get_default_verify_paths()
    folder = Path(compiled.openssl_capath)
    if folder.is_dir() and any(_HASHED.fullmatch(entry.name) for entry in folder.iterdir()):
        # Read when a chain needs it, one certificate at a time.
        context.load_verify_locations(capath=folder)
        return
    for file in (compiled.openssl_cafile, *_BUNDLES):
        if Path(file).is_file():
            context.load_verify_locations(cafile=file)
            return


def _trust_file(context: ssl.SSLContext, path: Path, host: str) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except FileNotFoundError:
        raise _refusal(host, Phrase("SSL_CERT_FILE names {path}, which doesn't exist", path=str(path))) from None
    except ssl.SSLError:
        raise _refusal(
            host, Phrase("SSL_CERT_FILE names {path}, which contains no PEM certificate", path=str(path))
        ) from None
    except OSError:
        raise _refusal(host, Phrase("SSL_CERT_FILE names {path}, which can't be read", path=str(path))) from None


def _trust_folders(context: ssl.SSLContext, folders: str, host: str) -> None:
    for folder in map(Path, filter(None, folders.split(os.pathsep))):
        if not os.path.isdir(folder):  # noqa: PTH112 - never raises
            raise _refusal(host, Phrase("SSL_CERT_DIR names {path}, which isn't a folder", path=str(folder)))
        if this_system().verifies_certificates:
            # The system's own verifier is only told of certificates that have been loaded.
            for file in sorted(f for f in folder.iterdir() if _HASHED.fullmatch(f.name)):
                _trust_file(context, file, host)
        else:
            context.load_verify_locations(capath=folder)


def _refusal(host: str, reason: str) -> CertificateError:
    return CertificateError(host=host, reason=reason)
