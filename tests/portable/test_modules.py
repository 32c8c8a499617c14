"""The stage in one piece: it is what the app serves, in an order in which a browser can make it."""

import gzip
import json
import re

import pytest
from epochscope.portable.modules import FILE, FUTURES, NOTEBOOK, bundled, file_loader, in_order, split, without_comments
from epochscope.resources import resource

STAGE = resource("stage")


def test_the_packed_modules_are_the_files_that_the_app_serves():
    modules = json.loads(gzip.decompress(bundled().modules))
    assert modules == [[name, parts] for name, parts in in_order(STAGE, "hosts/notebook.js", without_comments)]
    for name, parts in modules:
        source = without_comments((STAGE / name).read_text())
        texts = [part for part in parts if isinstance(part, str)]
        assert re.fullmatch(r"[\w./]+".join(map(re.escape, texts)), source), name
    assert bundled().style == (STAGE / "stage.css").read_text()
    assert len(bundled().modules) < 150_000


def test_each_module_comes_after_all_that_it_imports():
    needed = set()
    for entry in (NOTEBOOK, FILE, FUTURES, "phone/phone.js"):
        before = set()
        for name, parts in in_order(STAGE, entry):
            imported = {part[0] for part in parts if isinstance(part, list)}
            assert imported <= before, name
            before.add(name)
        needed |= before
    files = {path.relative_to(STAGE).as_posix() for path in STAGE.rglob("*.js")}
    first = {"hosts/loader.js", "hosts/file_loader.js", "hosts/site_loader.js"}
    pages = {
        "runtime/words.js",
        "runtime/word_list.js",
        "runtime/way_back.js",
    }  # only the app's own pages explain words and have a way back
    assert files - needed == {"data/types.js", *first, *pages}  # types alone; what comes before all others


def test_only_comments_are_taken_away():
    for path in STAGE.rglob("*.js"):
        source = path.read_text()
        kept = without_comments(source).splitlines()
        left = iter(source.splitlines())
        assert all(line in left for line in kept), path  # in the same order
        code = [line for line in source.splitlines() if not re.match(r"\s*(/?\*|\*/)", line)]
        assert [line for line in kept if not re.match(r"\s*(/?\*|\*/)", line)] == code, path
    assert without_comments("a();\n  /** b\n * c */\nd(/** e */ f);\n") == "a();\nd(/** e */ f);\n"


def test_what_a_file_begins_with_stands_on_its_own():
    text = file_loader()
    assert not re.search(r"^import\b", text, re.M)
    assert not re.search(r"</script|<!--", text, re.I)
    assert "export async function made" in text


def test_every_way_to_name_a_module_is_found():
    source = "\n".join(
        [
            '/** @import { A } from "./a.js" */',
            'import { B } from "./b.js";',
            'import "../c.js";',
            "import {",
            "  D,",
            '} from "../base/d.js";',
            'export { E } from "./e.js";',
            'const f = "./f.js";',
        ]
    )
    parts = split(source, "panels/one.js")
    names = [part[0] for part in parts if isinstance(part, list)]
    assert names == ["panels/b.js", "c.js", "base/d.js", "panels/e.js"]


def test_modules_that_import_each_other_are_refused(tmp_path):
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\n')
    with pytest.raises(ValueError, match=r"a\.js -> b\.js -> a\.js"):
        in_order(tmp_path, "a.js")
