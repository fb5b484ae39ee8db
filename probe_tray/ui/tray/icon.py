"""Paints the glyph: a ring for the long window, a disc for the short one. Vectors only, at any size and pixel ratio."""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import product

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from probe_tray.adapters.systems.desktop import SystemDesktop
from probe_tray.core.settings import IconInk
from probe_tray.ui.tokens import Tokens
from probe_tray.ui.tray.digits import Digits, draw_pause
from probe_tray.view.tray.icon_look import IconLook, Tone

SIZES = (16, 18, 20, 22, 24, 32, 36, 40, 44, 48, 64)
"""Sizes in pixels that the platforms' trays ask for."""
ROW_SIZES = (16, 20, 24, 32, 48)
"""Those that a menu asks for: 16 at each scale of a screen."""
_MOST_KEPT = 64
"""More than the cards on a screen. Each number has a look of its own, and each picture costs some 12 kB while kept."""
_GRID = 24.0
_TURN = 5760
"""A full turn, in the sixteenths of a degree that Qt counts in."""
_TOP = 1440
_FULL = 100
_SLASH = 12.5
"""Where the slash stands at its upper end, in percent of a turn."""
_SMALL = 20
_STALE, _STRONG = 0.5, 0.5
"""The opacity of old numbers, and that from which a part is a strong one."""


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

    def pixmap(self, look: IconLook, ink: Ink, size: int, ratio: float = 1.0) -> QPixmap:
        """The glyph ``size`` logical pixels wide, for a screen of that pixel ratio."""
        pixels = max(1, round(size * ratio))
        key = (look, ink, pixels)
        picture = self._kept.get(key)
        if picture is None:
            picture = self._kept[key] = _paint(look, ink, pixels)
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
        icon = QIcon()
        for size in sizes:
            icon.addPixmap(_paint(look, ink, size))
        calm = look.weekly_tone is Tone.CALM and look.short_tone is Tone.CALM
        icon.setIsMask(template and calm and not look.exhausted and not look.badge)
        return icon


def _paint(look: IconLook, ink: Ink, pixels: int) -> QPixmap:
    picture = QPixmap(pixels, pixels)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    _IconDrawing(painter, pixels, ink).paint(look)
    if ink.halo:
        # Below what is drawn, which cuts holes around badge, pause and slash: what lies there before is cut too.
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOver)
        painter.drawPixmap(0, 0, _halo(look, ink.halo, pixels))
    painter.end()
    return picture


def _halo(look: IconLook, colour: str, pixels: int) -> QPixmap:
    """An edge around the strong parts; the faint ones, which say by it that they are empty, only lie on its colour."""
    plain = Ink(plain=colour, warning=colour, critical=colour, on_critical=colour, warning_number=colour)
    shape = QPixmap(pixels, pixels)
    shape.fill(Qt.GlobalColor.transparent)
    inside = QPainter(shape)
    _IconDrawing(inside, pixels, plain, faint=0.0).paint(replace(look, stale=False))
    inside.end()
    ground = QPixmap(pixels, pixels)
    ground.fill(Qt.GlobalColor.transparent)
    painter = QPainter(ground)
    _IconDrawing(painter, pixels, plain).paint(look)
    away = max(1.0, pixels / _GRID)
    painter.setOpacity(_STALE if look.stale else 1.0)
    for across, down in product((-away, 0.0, away), repeat=2):
        painter.drawPixmap(QPointF(across, down), shape)
    painter.end()
    return ground


class _IconDrawing:
    """One picture. Measures snap to whole pixels, so that a ring of 16 px is two pixels thick and sharp."""

    def __init__(self, painter: QPainter, size: int, ink: Ink, *, faint: float = 1.0) -> None:
        """``faint``: how much of the parts is drawn that are hardly to be seen."""
        self._painter = painter
        self._faint = faint
        self._size = size
        self._ink = ink
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._centre = size / 2
        part = self._centre % 1
        self._stroke = max(2 if size >= _SMALL - 6 else 1, round(size * 3 / _GRID))
        outer = round(size * 10.7 / _GRID - part) + part
        self._radius = outer - self._stroke / 2
        self._disc = round(size * 4.6 / _GRID - part) + part

    def paint(self, look: IconLook) -> None:
        if look.number is not None:
            self._number(look, look.number)
            return
        if look.weekly is None and look.short is None:
            self._hollow(badge=look.badge)
        else:
            self._use(look)
        if look.stale:
            self._fade()
        if look.badge or look.paused:
            self._badge() if look.badge else self._pause()

    def _fade(self) -> None:
        """Make all that was drawn faint at once: parts that are so one by one would show through each other."""
        faint = QColor("black")
        faint.setAlphaF(_STALE)
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        # fillRect would have Qt's binding make all that a place may be filled with.
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(faint)
        self._painter.drawRect(0, 0, self._size, self._size)
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)

    def _number(self, look: IconLook, number: int) -> None:
        """The number above a bar of the long window; a badge shortens the bar, so that it covers no digit."""
        tone = look.short_tone if look.short == number else look.weekly_tone
        warned = tone is Tone.WARNING and not look.exhausted
        colour = QColor(self._ink.warning_number) if warned else self._colour(Tone.CRITICAL if look.exhausted else tone)
        digits = Digits(self._painter, self._size)
        digits.write(str(number), colour)
        digits.bar(
            look.number_bar,
            colour if look.exhausted else self._colour(look.weekly_tone),
            self._plain(0.24),
            dot=look.badge or look.paused,
        )
        if look.stale:
            self._fade()
        if look.badge:
            digits.dot(QColor(self._ink.critical))
        elif look.paused:
            digits.pause(QColor(self._ink.plain))

    def _use(self, look: IconLook) -> None:
        critical = self._colour(Tone.CRITICAL)
        self._ring(self._plain(0.24))
        if look.exhausted:
            self._ring(critical)
        elif look.weekly:
            self._arc(look.weekly, self._colour(look.weekly_tone))
        # A full disc below the slash would only blur it.
        if look.short is not None and not (look.exhausted and look.short >= _FULL):
            self._pie(_FULL, self._plain(0.22))
            self._pie(look.short, self._colour(look.short_tone), struck=look.exhausted)
        if look.exhausted:
            self._slash(critical)

    def _hollow(self, *, badge: bool) -> None:
        if badge:
            self._ring(self._plain(0.24))
            width = max(1.0, self._size * 1.6 / _GRID)
            self._painter.setPen(QPen(self._plain(0.5), width))
            self._painter.setBrush(Qt.BrushStyle.NoBrush)
            self._painter.drawEllipse(self._middle(), self._disc - width / 2, self._disc - width / 2)
            return
        width = max(1.5, self._size * 2.4 / _GRID)
        pen = QPen(self._plain(0.6), width, Qt.PenStyle.CustomDashLine, Qt.PenCapStyle.FlatCap)
        # Ten dashes all around, so that the last one ends where the first begins.
        step = 2 * 3.14159265 * self._radius / 10 / width
        pen.setDashPattern([step * 0.56, step * 0.44])
        self._painter.setPen(pen)
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawEllipse(self._middle(), self._radius, self._radius)

    def _ring(self, colour: QColor) -> None:
        self._painter.setPen(QPen(colour, self._stroke))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawEllipse(self._middle(), self._radius, self._radius)

    def _arc(self, percent: int, colour: QColor) -> None:
        self._painter.setPen(QPen(colour, self._stroke, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.drawArc(self._around(self._radius), _TOP, -round(_TURN * percent / _FULL))

    def _pie(self, percent: int, colour: QColor, *, struck: bool = False) -> None:
        """``struck``: what lies between the top and the slash is left out, of which only a speck would be seen."""
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(colour)
        if percent >= _FULL:
            self._painter.drawEllipse(self._middle(), self._disc, self._disc)
        elif percent:
            first = min(_SLASH, percent) if struck else 0
            self._painter.drawPie(
                self._around(self._disc),
                _TOP - round(_TURN * first / _FULL),
                -round(_TURN * (percent - first) / _FULL),
            )

    def _slash(self, colour: QColor) -> None:
        low, high = self._size * 5.2 / _GRID, self._size * 18.8 / _GRID
        line = QLineF(low, high, high, low)
        width = max(2.0, self._size * 2.6 / _GRID)
        cap = Qt.PenCapStyle.RoundCap
        # A gap on both sides keeps the slash apart from the disc on any background.
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
        self._painter.setPen(QPen(QColor("black"), width * 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        inset = (self._centre - (self._radius - self._stroke / 2) * 0.68) - low
        self._painter.drawLine(QLineF(low + inset, high - inset, high - inset, low + inset))
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        self._painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, cap))
        self._painter.drawLine(line)

    def _badge(self) -> None:
        radius = max(3.5, self._size * 4.8 / _GRID)
        at = self._size - radius - (0 if self._size <= _SMALL else self._size * 0.8 / _GRID)
        centre = QPointF(at, at)
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
        self._painter.setBrush(QColor("black"))
        hole = radius + max(1.0, self._size * 1.4 / _GRID)
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

    def _pause(self) -> None:
        """Two bars where a badge would be: no notification comes."""
        size = max(7.0, self._size * 9 / _GRID)
        place = QRectF(self._size - size, self._size - size, size, size)
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
        self._painter.setBrush(QColor("black"))
        gap = max(1.0, self._size * 1.4 / _GRID)
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
        colour.setAlphaF(opacity if opacity >= _STRONG else opacity * self._faint)
        return colour

    def _middle(self) -> QPointF:
        return QPointF(self._centre, self._centre)

    def _around(self, radius: float) -> QRectF:
        return QRectF(self._centre - radius, self._centre - radius, 2 * radius, 2 * radius)
