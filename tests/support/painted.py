"""Reads the texts of a window as they are drawn, with their places, whoever draws them."""

from collections.abc import Callable, Iterable, Iterator

import msgspec
from PySide6.QtCore import QBuffer, QIODevice, QPoint, QPointF, QRectF, QSize, QXmlStreamAttributes, QXmlStreamReader
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QTransform
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget


class DrawnText(msgspec.Struct, frozen=True):
    """A line of a text."""

    text: str
    place: QRectF
    baseline: float
    """How far down its letters stand."""


def drawn_texts(window: QWidget) -> list[DrawnText]:
    """Every line of text in a window, from below to above."""
    return drawn_by(lambda painter: window.render(painter, QPoint()), window.size(), window.logicalDpiX())


def drawn_by(paint: Callable[[QPainter], None], size: QSize, resolution: int) -> list[DrawnText]:
    """Every line of text that ``paint`` draws, at the ``resolution`` of the screen, for else letters are others."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setResolution(resolution)
    painter = QPainter(generator)
    paint(painter)
    painter.end()
    return _joined(line for line in _lines(QXmlStreamReader(bytes(buffer.data().data()).decode())) if line.text.strip())


def _joined(pieces: Iterable[DrawnText]) -> list[DrawnText]:
    """Each line whole: a change of font or an underlined letter divides it."""
    lines = list[DrawnText]()
    for piece in pieces:
        last = lines[-1] if lines else None
        follows = last is not None and (
            abs(last.place.bottom() - piece.place.bottom()) < piece.place.height() / 2
            and abs(last.place.right() - piece.place.left()) < piece.place.height() / 7
        )
        if last is not None and follows:
            lines[-1] = DrawnText(last.text + piece.text, last.place.united(piece.place), piece.baseline)
        else:
            lines.append(piece)
    return lines


def _lines(reader: QXmlStreamReader) -> Iterator[DrawnText]:
    above = [QTransform()]
    while not reader.atEnd():
        match reader.readNext():
            case QXmlStreamReader.TokenType.StartElement:
                told = reader.attributes()
                here = _matrix(told.value("transform")) * above[-1]
                if reader.name() == "text":
                    # Reads its end, too.
                    text = reader.readElementText()
                    start = here.map(QPointF(float(told.value("x")), float(told.value("y"))))
                    yield DrawnText(text, here.mapRect(_area(told, text)), start.y())
                else:
                    above.append(here)
            case QXmlStreamReader.TokenType.EndElement:
                above.pop()
            case _:
                pass


def _area(told: QXmlStreamAttributes, text: str) -> QRectF:
    font = QFont(told.value("font-family").split(","))
    font.setPixelSize(max(1, round(float(told.value("font-size")))))
    font.setWeight(QFont.Weight(int(told.value("font-weight"))))
    metrics = QFontMetricsF(font)
    top = float(told.value("y")) - metrics.ascent()
    return QRectF(float(told.value("x")), top, metrics.horizontalAdvance(text), metrics.height())


def _matrix(text: str) -> QTransform:
    if not text.startswith("matrix("):
        return QTransform()
    a, b, c, d, e, f = (float(part) for part in text[len("matrix(") : -1].split(","))
    return QTransform(a, b, c, d, e, f)
