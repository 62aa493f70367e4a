"""The elements below the root of an XML file, one in memory; what is larger than any that is meant is passed over."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, TreeBuilder  # no parsing: that is defusedxml's
from xml.parsers.expat import ExpatError, XMLParserType  # likewise

from defusedxml.expatreader import DefusedExpatParser

from partners.formats.faults import Code
from partners.formats.sources import Source

BLOCK_BYTES = 1 << 16
MOST_BYTES, MOST_DEPTH = 4 << 20, 100
"""Of one element below the root, and of what is in it: the standard's largest are some kilobytes, a dozen deep."""
MOST_MARK_BYTES, MOST_OPEN = 4 << 20, 200_000
"""Of one tag, comment or instruction, and of elements within each other: the parser keeps these itself."""


class BreakError(Exception):
    """Why a file is read no further."""

    code = Code.NOT_XML

    def __init__(self, line: int) -> None:
        """Break off at a line."""
        super().__init__()
        self.line = line


class BrokenError(BreakError):
    """It is no XML from some place on, has a document type or entities, or is in an unknown encoding."""


class TooLargeError(BreakError):
    """What comes next cannot even be passed over in bounded memory."""

    code = Code.TOO_LARGE


class Child(NamedTuple):
    """An element below the root."""

    root: str
    """Name of the root, as all names without its prefix."""
    name: str
    line: int
    """On which it begins, from 1."""
    element: Element | None
    """None: it is larger or deeper than any of the standard."""
    has_id: bool
    """Whether something in it can be pointed at."""
    has_ref: bool
    """Whether something in it points."""


def children(source: Source) -> Iterator[Child]:
    """Each element below the root.

    Raises:
        OSError: the file cannot be read.
        BrokenError: it cannot be read from some place on.
        TooLargeError: likewise.
    """
    reading = _Reading()
    with source.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield from reading.of(block)
        yield from reading.of(b"")


def _parser() -> XMLParserType:
    """A parser that refuses document types, and tells nobody of anything yet."""
    reader = DefusedExpatParser(namespaceHandling=0, forbid_dtd=True)
    reader.reset()
    parser: XMLParserType = reader._parser  # noqa: SLF001  # its own events make an object of each element
    return parser


class _Reading:
    """A file as far as it was read.

    The parser's own events are taken, and not those of ``iterparse``, so that nothing is made of what is passed over.
    Names are read without regard to namespaces: every version of the standard has its own, some files forget theirs.
    """

    def __init__(self) -> None:
        self._expat = _parser()
        self._bytes, self._depth, self._root = 0, 0, ""
        self._begin: int | None = None
        """Where the element begins that is built; None: none is."""
        self._builder = TreeBuilder()
        self._name, self._line = "", 0
        self._attributes: set[str] = set()
        """Names of all in the element that is built."""
        self._done: list[Child] = []
        self._between()

    def of(self, block: bytes) -> Iterator[Child]:
        """What ends in the next bytes of the file; empty bytes are its end."""
        error = self._fed(block)
        yield from self._done
        self._done = []
        if error is not None:
            raise error
        if self._begin is not None and self._bytes - self._begin > MOST_BYTES:
            self._pass_over()

    def _fed(self, block: bytes) -> BreakError | None:
        """Have the parser go on; why it cannot."""
        self._bytes += len(block)
        try:
            self._expat.Parse(block, not block)
        except TooLargeError as error:
            return error
        except ExpatError as error:
            return BrokenError(error.lineno)
        except (LookupError, ValueError):  # an encoding that nobody knows; a document type
            return BrokenError(self._expat.CurrentLineNumber)
        is_long = bool(block) and self._bytes - self._expat.CurrentByteIndex > MOST_MARK_BYTES
        return TooLargeError(self._expat.CurrentLineNumber) if is_long else None

    def _between(self) -> None:
        """Go on between elements: their root, and what stands around them, is not kept."""
        self._expat.StartElementHandler, self._expat.EndElementHandler = self._first, self._leave
        self._expat.CharacterDataHandler = None

    def _first(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        name = tag.rpartition(":")[2]
        if self._depth == 1:
            self._root = name
            return
        self._name, self._line, self._begin = name, self._expat.CurrentLineNumber, self._expat.CurrentByteIndex
        self._builder, self._attributes = TreeBuilder(), set(attributes)
        self._expat.StartElementHandler, self._expat.EndElementHandler = self._start, self._end
        self._expat.CharacterDataHandler = self._builder.data
        self._builder.start(tag, attributes)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            self._pass_over()
        else:
            self._builder.start(tag, attributes)
            if attributes:
                self._attributes.update(attributes)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        self._builder.end(tag)
        if self._depth == 1:
            self._finish(self._builder.close())

    def _pass_over(self) -> None:
        """Forget the element, and keep nothing of it until it ends."""
        self._builder, self._begin = TreeBuilder(), None
        self._expat.StartElementHandler, self._expat.EndElementHandler = self._enter, self._leave
        self._expat.CharacterDataHandler = None

    def _enter(self, *_: Any) -> None:
        self._depth += 1
        if self._depth > MOST_OPEN:
            raise TooLargeError(self._line)

    def _leave(self, _: str) -> None:
        self._depth -= 1
        if self._depth == 1:
            self._finish(None)

    def _finish(self, element: Element | None) -> None:
        has_id, has_ref = "id" in self._attributes, "ref" in self._attributes
        self._done.append(Child(self._root, self._name, self._line, element, has_id, has_ref))
        self._begin = None
        self._between()
