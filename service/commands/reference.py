"""The table of settings in docs/operation.md: `python -m service.commands.reference` writes it."""

from __future__ import annotations

from pathlib import Path

from service.settings import PREFIX, Settings

MARKS = "<!-- settings -->\n", "<!-- /settings -->"
PAGE = Path(__file__).parent.parent.parent / "docs" / "operation.md"


def table() -> str:
    """All settings with their defaults."""
    lines = ["| environment | default | |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default_factory or field.default is None else f"`{field.default}`"
        lines.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Writes it in its place."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    PAGE.write_text(f"{before}{MARKS[0]}{table()}{MARKS[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
