"""A PDF page without the text it brought: it looks the same, but none of it is found or copied.

Invisible text (render mode 3, as OCR layers have) is taken out of the page and of the forms that it
draws. Where visible text is left, drawing it must go on: then the page's content becomes a pattern
that is painted once over the page. Viewers draw what is in a pattern, none looks for text in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pikepdf import Array, Dictionary, Object, Page, Pdf, Stream

    Forms = dict[str, Object]

INVISIBLE = 3
SHOWING = ("Tj", "TJ", "'", '"')
NEXT_LINE = ("'", '"')  # those that go to the next line first
NESTED = 8  # forms in forms that are looked into
OWN_OF_STREAM = ("/Length", "/Filter", "/DecodeParms")
MARGIN_PT = 1.0
LETTER_PT = (0.0, 0.0, 612.0, 792.0)


def remove_text(pdf: Pdf, page: Page) -> None:
    """Takes the page's own text away."""
    from pikepdf import Name, PdfError, parse_content_stream, unparse_content_stream

    resources = page.resources
    if not _has_fonts(resources):
        return
    eraser = _Eraser(pdf)
    try:
        kept, forms = eraser.erase(parse_content_stream(page), resources)
    except (PdfError, ValueError, TypeError):  # operands that are none
        _into_pattern(pdf, page)
        return
    if eraser.visible:
        _into_pattern(pdf, page)
    elif eraser.erased:
        page.obj[Name.Contents] = pdf.make_stream(unparse_content_stream(kept))
        page.obj[Name.Resources] = _with_forms(resources, forms)


def _has_fonts(resources: Object | None, depth: int = NESTED) -> bool:
    """Whether any text can be drawn with these resources, or those of the forms among them."""
    from pikepdf import Dictionary, Name

    if not isinstance(resources, Dictionary) or depth == 0:
        return False
    fonts = resources.get(Name.Font)
    if isinstance(fonts, Dictionary) and len(fonts) > 0:
        return True
    forms = _forms(resources).values()
    return any(_has_fonts(form.get(Name.Resources), depth - 1) for form in forms)


def _forms(resources: Object) -> dict[str, Stream]:
    from pikepdf import Dictionary, Name, Stream

    found = resources.get(Name.XObject) if isinstance(resources, Dictionary) else None
    return {
        name: item
        for name, item in (found.items() if isinstance(found, Dictionary) else ())
        if isinstance(item, Stream) and item.get(Name.Subtype) == Name.Form
    }


def _with_forms(resources: Object, forms: Forms) -> Dictionary:
    """A copy of the resources that has these forms instead of its own of the same names."""
    from pikepdf import Dictionary

    own = copied(resources)
    if forms:
        own.XObject = Dictionary({**dict(own.XObject.items()), **forms})
    return own


def copied(dictionary: Object) -> Dictionary:
    """A dictionary of its own, not shared with other pages, of the same objects."""
    from pikepdf import Dictionary

    return Dictionary(dict(dictionary.items()))


@dataclass(slots=True)
class _Eraser:
    """Leaves out invisible text; knows whether there was any, and whether other text was met."""

    pdf: Pdf
    erased: bool = False
    visible: bool = False

    def erase(
        self, content: Iterable[Any], resources: Object, mode: int = 0, depth: int = NESTED
    ) -> tuple[list[Any], Forms]:
        """The instructions without those that show invisible text, and the forms that had some.

        `mode` is the render mode at the start.
        """
        state = _Modes(mode)
        forms, changed, kept = _forms(resources), dict[str, Any](), list[Any]()
        for instruction in content:
            operator = str(instruction.operator)
            state.after(operator, instruction.operands)
            name = str(instruction.operands[0]) if operator == "Do" else ""
            if name in forms and depth > 0:
                changed |= self._form(name, forms[name], resources, state.mode, depth - 1)
            if operator in SHOWING and state.mode == INVISIBLE:
                self.erased = True
                kept += _next_line(operator)
            else:
                self.visible |= operator in SHOWING
                kept.append(instruction)
        return kept, changed

    def _form(self, name: str, form: Stream, outer: Object, mode: int, depth: int) -> Forms:
        """The form without its invisible text, by its name; nothing where it has none."""
        from pikepdf import Name, parse_content_stream, unparse_content_stream

        resources = form.get(Name.Resources, outer)
        before, self.erased = self.erased, False
        kept, forms = self.erase(parse_content_stream(form), resources, mode, depth)
        if not self.erased:
            self.erased = before
            return {}
        copy = self.pdf.make_stream(unparse_content_stream(kept))
        for key, value in form.items():
            if key not in OWN_OF_STREAM:
                copy[key] = value
        copy[Name.Resources] = _with_forms(resources, forms)
        return {name: copy}


@dataclass(slots=True)
class _Modes:
    """The text render mode, which is part of the graphics state."""

    mode: int
    saved: list[int] = field(default_factory=list)

    def after(self, operator: str, operands: Sequence[Any]) -> None:
        """Follows one instruction."""
        if operator == "q":
            self.saved.append(self.mode)
        elif operator == "Q" and self.saved:
            self.mode = self.saved.pop()
        elif operator == "Tr" and len(operands) == 1:
            self.mode = int(operands[0])


def _next_line(operator: str) -> Iterator[Any]:
    """What is left of an operator that also goes to the next line."""
    from pikepdf import ContentStreamInstruction, Operator

    if operator in NEXT_LINE:
        yield ContentStreamInstruction([], Operator("T*"))


def real_box(raw: Array) -> tuple[float, float, float, float]:
    """A box of a page, its corners in order; one without area is the one that pdfium takes then."""
    x0, y0, x1, y1 = (float(v) for v in raw)
    box = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
    return box if box[0] < box[2] and box[1] < box[3] else LETTER_PT


def _into_pattern(pdf: Pdf, page: Page) -> None:
    from pikepdf import Dictionary, Name

    page.contents_coalesce()
    x0, y0, x1, y1 = real_box(page.mediabox)
    left, bottom = x0 - MARGIN_PT, y0 - MARGIN_PT
    width, height = x1 - x0 + 2 * MARGIN_PT, y1 - y0 + 2 * MARGIN_PT
    pattern = pdf.make_stream(
        page.obj.Contents.read_bytes(),
        Type=Name.Pattern, PatternType=1, PaintType=1, TilingType=1,
        BBox=[left, bottom, left + width, bottom + height], XStep=2 * width, YStep=2 * height,
        Resources=copied(page.resources),
    )  # fmt: skip
    place = b"%f %f %f %f re f" % (left, bottom, width, height)
    page.obj[Name.Contents] = pdf.make_stream(b"/Pattern cs /Page scn " + place)
    page.obj[Name.Resources] = Dictionary(Pattern=Dictionary(Page=pattern))
