"""QR codes (ISO/IEC 18004), made with segno. The library is loaded for the first one only."""

from probe_tray.core.account.secret import Secret

QrMatrix = tuple[tuple[bool, ...], ...]
"""Row by row; True is a dark module. Without the light border that belongs around it."""

BORDER = 4
"""Modules of light around a QR code, as the standard wants it."""


def qr_matrix(text: Secret) -> QrMatrix:
    """The QR code of ``text``, read though some 15% of it are damaged. Digits and capitals make the smallest one."""
    import segno

    return tuple(tuple(bool(module) for module in row) for row in segno.make_qr(text.reveal(), error="m").matrix)
