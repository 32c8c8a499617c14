"""Writes the catalogs anew; see the package."""

from __future__ import annotations

import argparse
import io
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from epochscope.language import LANGUAGES
from epochscope.resources import resource

from assets.messages.collect import messages

HERE = Path(__file__).parent
_NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)  # a date of writing would change every file each time


def po_path(language: str, name: str) -> Path:
    """Where the translations of a catalog are edited."""
    return HERE / LANGUAGES[language].folder / f"{name}.po"


def mo_path(language: str, name: str) -> Path:
    """Where the compiled catalog is read by the app."""
    return resource("bundled/messages") / LANGUAGES[language].folder / "LC_MESSAGES" / f"{name}.mo"


def translations(language: str, name: str) -> Catalog:
    """The catalog as it stands in its file; an empty one if there is none."""
    path = po_path(language, name)
    if not path.exists():
        return Catalog(LANGUAGES[language].folder, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGES[language].folder)


def brought_up_to_date(language: str, name: str, template: Catalog) -> Catalog:
    """The translations of the messages that there are today."""
    catalog = translations(language, name)
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.project, catalog.version = "epochscope", ""
    catalog.header_comment = f"# epochscope in {LANGUAGES[language].tag}: {name}"
    catalog.creation_date = catalog.revision_date = _NO_DATE
    catalog.fuzzy = False
    return catalog


def compiled(catalog: Catalog) -> bytes:
    """The bytes of the compiled catalog."""
    made = io.BytesIO()
    write_mo(made, catalog)
    return made.getvalue()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def main() -> None:
    """Writes all catalogs, or lists what has no translation."""
    parser = argparse.ArgumentParser(prog="python -m assets.messages", description=__doc__)
    parser.add_argument("--missing", action="store_true", help="list what has no translation instead")
    missing = parser.parse_args().missing
    for name, template in messages().items():
        for language in list(LANGUAGES)[1:]:
            catalog = brought_up_to_date(language, name, template)
            lacking = [one.id for one in catalog if one.id and not (one.string and all(one.string))]
            print(f"{language} {name}: {len(catalog)} messages, {len(lacking)} without a translation")
            if missing:
                print(*(f"  {one!r}" for one in lacking), sep="\n")
                continue
            text = io.BytesIO()
            write_po(text, catalog, width=120, sort_output=False, omit_header=False)
            _write(po_path(language, name), text.getvalue())
            _write(mo_path(language, name), compiled(catalog))


if __name__ == "__main__":
    main()
