"""Paints the glyph: a ring for the long window, a disc for the short one. Vectors only, at any size and pixel ratio."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from probe_tray.adapters.systems.desktop import SystemDesktop
from probe_tray.core.settings import IconInk
from probe_tray.ui.tokens import Tokens
from probe_tray.ui.tray.digits import Digits, draw_pause, outline
from probe_tray.ui.tray.icon_sheet import GRID, IconCell, IconSheet, each_cell
from probe_tray.view.tray.icon_look import IconLook, Tone

SIZES = (16, 18, 20, 22, 24, 32, 36, 40, 44, 48, 64)
"""Sizes in pixels that the platforms' trays ask for."""
ROW_SIZES = (16, 20, 24, 32, 48)
"""Those that a menu asks for: 16 at each scale of a screen."""
_MOST_KEPT, _MOST_FAINT = 64, 4
"""More than the cards on a screen: each number has a look of its own, and each picture costs some 12 kB while kept. Of
faint parts those of the tray, in two colors, and of the menu's rows: 97 and 28 kB each."""
_TURN = 5760
"""A full turn, in the sixteenths of a degree that Qt counts in."""
_TOP = 1440
_FULL = 100
_SLASH = 12.5
"""Where the slash stands at its upper end, in percent of a turn."""
_SMALL = 20
_STALE = 0.5
"""The opacity of old numbers."""


class Ink(msgspec.Struct, frozen=True, kw_only=True):
    """The colours of a glyph, as #rrggbb."""

    plain: str
    warning: str
    critical: str
    on_critical: str = "#ffffff"
    warning_number: str = "#ffb454"
    """Digits need more contrast than a ring does."""
    halo: str = ""
    """What is drawn around the strong parts; empty: nothing."""


ON_LIGHT = Ink(plain="#2b333c", warning="#c56a00", critical="#c9261b", warning_number="#9a5200")
ON_DARK = Ink(plain="#eef1f4", warning="#ffb454", critical="#ff6b5e", on_critical="#22262c")

IN_MENU = Ink(plain="#3792a5", warning="#c97a0d", critical="#e5483c", warning_number="#c97a0d")
"""For a menu whose background nobody describes: at least 3:1 on white and on black."""
ON_EITHER = replace(IN_MENU, halo="#ffffff")
"""The same for a panel, which may have a color of its own, such as the blue of Waybar: the halo stands out there."""


def tray_ink(wanted: IconInk, desktop: SystemDesktop) -> Ink:
    """What reads on the panel that the tray is on, as the person ``wanted`` it."""
    match wanted:
        case IconInk.DARK_PANEL:
            return ON_DARK
        case IconInk.LIGHT_PANEL:
            return ON_LIGHT
        case IconInk.COLOURED:
            return ON_EITHER
        case IconInk.AUTOMATIC:
            dark = desktop.panel_is_dark()
            return ON_EITHER if dark is None else ON_DARK if dark else ON_LIGHT


def is_template(wanted: IconInk, desktop: SystemDesktop) -> bool:
    """Whether the system may color the icon itself."""
    return desktop.draws_icon and wanted is IconInk.AUTOMATIC


def menu_ink(tokens: Tokens, desktop: SystemDesktop) -> Ink:
    """The glyphs in the tray's menu, which on Linux the panel draws in its own colours."""
    return card_ink(tokens) if desktop.draws_menu else IN_MENU


def card_ink(tokens: Tokens) -> Ink:
    """The glyph inside our own windows."""
    return Ink(
        plain=tokens.accent,
        warning=tokens.warning,
        critical=tokens.critical,
        on_critical=tokens.on_accent,
        warning_number=tokens.warning_text,
    )


class IconPainter:
    """Makes pictures of looks, and keeps the latest that cards are painted with again and again."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._kept: OrderedDict[tuple[IconLook, Ink, int], QPixmap] = OrderedDict()
        self._sheets: dict[Sequence[int], IconSheet] = {}
        self._faint: OrderedDict[tuple[_FaintParts, str, Sequence[int]], QPixmap] = OrderedDict()
        """What lies below the parts that tell numbers, and stays the same while these change."""

    def pixmap(self, look: IconLook, ink: Ink, size: int, ratio: float = 1.0) -> QPixmap:
        """The glyph ``size`` logical pixels wide, for a screen of that pixel ratio."""
        pixels = max(1, round(size * ratio))
        key = (look, ink, pixels)
        picture = self._kept.get(key)
        if picture is None:
            picture = self._kept[key] = self._paint(look, ink, IconSheet((pixels,)))
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        if ratio != 1.0:
            picture = QPixmap(picture)
            picture.setDevicePixelRatio(pixels / size)
        return picture

    def icon(self, look: IconLook, ink: Ink, *, template: bool = False, sizes: Sequence[int] = SIZES) -> QIcon:
        """The glyph in these sizes. ``template``: macOS colours it, unless it is amber or red.

        Nothing of it is kept here: whoever shows it asks again only for another look.
        """
        sheet = self._sheets.get(sizes)
        if sheet is None:
            sheet = self._sheets[sizes] = IconSheet(sizes)
        icon = QIcon()
        for picture in sheet.cut(self._paint(look, ink, sheet)):
            icon.addPixmap(picture)
        calm = look.weekly_tone is Tone.CALM and look.short_tone is Tone.CALM
        icon.setIsMask(template and calm and not look.exhausted and not look.badge)
        return icon

    def _paint(self, look: IconLook, ink: Ink, sheet: IconSheet) -> QPixmap:
        picture = self._begun(look, ink, sheet)
        drawing = _IconDrawing(picture, sheet, ink)
        drawing.strong(look)
        drawing.finish(look)
        drawing.end()
        # Not drawn before: what is drawn cuts holes around badge, pause and slash, also into what lies there then.
        return self._on_halo(picture, look, ink.halo, sheet) if ink.halo else picture

    def _on_halo(self, picture: QPixmap, look: IconLook, colour: str, sheet: IconSheet) -> QPixmap:
        """``picture`` with an edge around its strong parts.

        The faint ones, which say by it that they are empty, only lie on its colour.
        """
        plain = Ink(plain=colour, warning=colour, critical=colour, on_critical=colour, warning_number=colour)
        shape = sheet.blank()
        inside = _IconDrawing(shape, sheet, plain)
        inside.strong(look)
        ground = self._begun(look, plain, sheet)
        drawing = _IconDrawing(ground, sheet, plain)
        drawing.put(shape)
        drawing.finish(look)
        inside.finish(replace(look, stale=False))
        inside.end()
        drawing.spread(shape, _STALE if look.stale else 1.0)
        drawing.put(picture)
        drawing.end()
        return ground

    def _begun(self, look: IconLook, ink: Ink, sheet: IconSheet) -> QPixmap:
        """A picture with the faint parts of a look."""
        parts = _faint_parts(look)
        key = parts, ink.plain, sheet.sizes
        picture = self._faint.get(key)
        if picture is None:
            picture = self._faint[key] = sheet.blank()
            drawing = _IconDrawing(picture, sheet, ink)
            drawing.faint(parts)
            drawing.end()
            if len(self._faint) > _MOST_FAINT:
                self._faint.popitem(last=False)
        self._faint.move_to_end(key)
        return QPixmap(picture)


class _FaintParts(NamedTuple):
    """What is drawn of a look so faintly that it only says how far a part would go."""

    ring: bool = False
    disc: bool = False
    track: bool = False
    dot: bool = False
    """Whether the track leaves room for a dot."""


def _faint_parts(look: IconLook) -> _FaintParts:
    if look.number is not None:
        return _FaintParts(track=True, dot=look.badge or look.paused)
    if look.weekly is None and look.short is None:
        return _FaintParts(ring=look.badge)
    # A full disc below the slash would only blur it.
    return _FaintParts(ring=True, disc=look.short is not None and not (look.exhausted and look.short >= _FULL))


class _IconDrawing:
    """One picture in all sizes of a sheet: first its faint parts, then its strong ones, then what lies on them."""

    def __init__(self, picture: QPixmap, sheet: IconSheet, ink: Ink) -> None:
        """Draw on ``picture`` until :meth:`end`."""
        self._picture, self._sheet, self._ink = picture, sheet, ink
        painter = self._painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def end(self) -> None:
        self._painter.end()

    def put(self, picture: QPixmap) -> None:
        self._painter.drawPixmap(0, 0, picture)

    def spread(self, shape: QPixmap, opacity: float) -> None:
        self._painter.setOpacity(opacity)
        self._sheet.spread(self._painter, shape)
        self._painter.setOpacity(1.0)

    def faint(self, parts: _FaintParts) -> None:
        ring, disc = self._plain(0.24), self._plain(0.22)
        for cell in self._each_cell():
            if parts.ring:
                self._ring(cell, ring)
            if parts.disc:
                self._pie(cell, _FULL, disc)
            if parts.track:
                Digits(self._painter, cell.size).bar(_FULL, ring, dot=parts.dot)

    def strong(self, look: IconLook) -> None:
        """The parts that tell numbers, or that there are none."""
        if look.number is not None:
            self._number(look, look.number)
        elif look.weekly is None and look.short is None:
            self._hollow(badge=look.badge)
        else:
            self._use(look)

    def finish(self, look: IconLook) -> None:
        """What lies on the other parts, or makes them faint."""
        if look.exhausted and look.number is None and (look.weekly is not None or look.short is not None):
            self._slash(self._colour(Tone.CRITICAL))
        if look.stale:
            self._fade()
        if not (look.badge or look.paused):
            return
        for cell in self._each_cell():
            if look.number is not None:
                digits = Digits(self._painter, cell.size)
                digits.dot(QColor(self._ink.critical)) if look.badge else digits.pause(QColor(self._ink.plain))
            elif look.badge:
                self._badge(cell)
            else:
                self._pause(cell)

    def _each_cell(self) -> Iterator[IconCell]:
        return each_cell(self._painter, self._sheet.cells)

    def _fade(self) -> None:
        """Make all that was drawn faint at once: parts that are so one by one would show through each other."""
        faint = QColor("black")
        faint.setAlphaF(_STALE)
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        # fillRect would have Qt's binding make all that a place may be filled with.
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(faint)
        self._painter.drawRect(0, 0, self._picture.width(), self._picture.height())
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)

    def _number(self, look: IconLook, number: int) -> None:
        """The number above a bar of the long window; a badge shortens the bar, so that it covers no digit."""
        tone = look.number_tone
        warned = tone is Tone.WARNING and not look.exhausted
        colour = QColor(self._ink.warning_number) if warned else self._colour(Tone.CRITICAL if look.exhausted else tone)
        bar = colour if look.exhausted else self._colour(look.weekly_tone)
        written = outline(str(number))
        for cell in self._each_cell():
            digits = Digits(self._painter, cell.size)
            digits.write(written, colour)
            digits.bar(look.number_bar, bar, dot=look.badge or look.paused)

    def _use(self, look: IconLook) -> None:
        long = self._colour(Tone.CRITICAL if look.exhausted else look.weekly_tone)
        short = self._colour(look.short_tone)
        for cell in self._each_cell():
            if look.exhausted:
                self._ring(cell, long)
            elif look.weekly:
                self._arc(cell, look.weekly, long)
            if look.short is not None and not (look.exhausted and look.short >= _FULL):
                self._pie(cell, look.short, short, struck=look.exhausted)

    def _hollow(self, *, badge: bool) -> None:
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        for cell in self._each_cell():
            if badge:
                width = max(1.0, cell.size * 1.6 / GRID)
                self._painter.setPen(QPen(self._plain(0.5), width))
                self._painter.drawEllipse(cell.middle, cell.disc - width / 2, cell.disc - width / 2)
                continue
            width = max(1.5, cell.size * 2.4 / GRID)
            pen = QPen(self._plain(0.6), width, Qt.PenStyle.CustomDashLine, Qt.PenCapStyle.FlatCap)
            # Ten dashes all around, so that the last one ends where the first begins.
            step = 2 * 3.14159265 * cell.radius / 10 / width
            pen.setDashPattern([step * 0.56, step * 0.44])
            self._painter.setPen(pen)
            self._painter.drawEllipse(cell.middle, cell.radius, cell.radius)

    def _ring(self, cell: IconCell, colour: QColor) -> None:
        self._painter.setPen(QPen(colour, cell.stroke))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawEllipse(cell.middle, cell.radius, cell.radius)

    def _arc(self, cell: IconCell, percent: int, colour: QColor) -> None:
        self._painter.setPen(QPen(colour, cell.stroke, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawArc(cell.around(cell.radius), _TOP, -round(_TURN * percent / _FULL))

    def _pie(self, cell: IconCell, percent: int, colour: QColor, *, struck: bool = False) -> None:
        """``struck``: what lies between the top and the slash is left out, of which only a speck would be seen."""
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(colour)
        if percent >= _FULL:
            self._painter.drawEllipse(cell.middle, cell.disc, cell.disc)
        elif percent:
            first = min(_SLASH, percent) if struck else 0
            self._painter.drawPie(
                cell.around(cell.disc),
                _TOP - round(_TURN * first / _FULL),
                -round(_TURN * (percent - first) / _FULL),
            )

    def _slash(self, colour: QColor) -> None:
        for cell in self._each_cell():
            low, high = cell.size * 5.2 / GRID, cell.size * 18.8 / GRID
            line = QLineF(low, high, high, low)
            width = max(2.0, cell.size * 2.6 / GRID)
            # A gap on both sides keeps the slash apart from the disc on any background.
            self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
            self._painter.setPen(QPen(QColor("black"), width * 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            inset = (cell.centre - (cell.radius - cell.stroke / 2) * 0.68) - low
            self._painter.drawLine(QLineF(low + inset, high - inset, high - inset, low + inset))
            self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
            self._painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            self._painter.drawLine(line)

    def _badge(self, cell: IconCell) -> None:
        radius = max(3.5, cell.size * 4.8 / GRID)
        at = cell.size - radius - (0 if cell.size <= _SMALL else cell.size * 0.8 / GRID)
        centre = QPointF(at, at)
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
        self._painter.setBrush(QColor("black"))
        hole = radius + max(1.0, cell.size * 1.4 / GRID)
        self._painter.drawEllipse(centre, hole, hole)
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        self._painter.setBrush(QColor(self._ink.critical))
        self._painter.drawEllipse(centre, radius, radius)
        self._painter.setBrush(QColor(self._ink.on_critical))
        width = max(1.0, radius * 0.38)
        self._painter.drawRoundedRect(
            QRectF(at - width / 2, at - radius * 0.62, width, radius * 0.76), width / 2, width / 2
        )
        self._painter.drawEllipse(QPointF(at, at + radius * 0.48), width * 0.56, width * 0.56)

    def _pause(self, cell: IconCell) -> None:
        """Two bars where a badge would be: no notification comes."""
        size = max(7.0, cell.size * 9 / GRID)
        place = QRectF(cell.size - size, cell.size - size, size, size)
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
        self._painter.setBrush(QColor("black"))
        gap = max(1.0, cell.size * 1.4 / GRID)
        self._painter.drawRoundedRect(place.adjusted(-gap, -gap, gap, gap), gap, gap)
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        draw_pause(self._painter, place, QColor(self._ink.plain))

    def _colour(self, tone: Tone) -> QColor:
        match tone:
            case Tone.CALM:
                return QColor(self._ink.plain)
            case Tone.WARNING:
                return QColor(self._ink.warning)
            case Tone.CRITICAL:
                return QColor(self._ink.critical)

    def _plain(self, opacity: float) -> QColor:
        colour = QColor(self._ink.plain)
        colour.setAlphaF(opacity)
        return colour
