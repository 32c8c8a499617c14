"""Tables as people save them: separators, decimals, encodings, comments, class columns, genes in rows, typed files."""

import io
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from epochscope.data.own.choose import AS_CLASS, DROP, MEAN, OWN_CLASS, Choice, chosen
from epochscope.data.own.raw import guess
from epochscope.data.own.read import read
from epochscope.data.own.sources import choice_for
from epochscope.types import EpochscopeError
from sklearn.datasets import dump_svmlight_file, load_digits, load_iris, load_wine

from tests.data.own_files import image, packed, zipped

X = np.array([[1.5, 1000.0], [2.25, 20.0], [3.5, 1234567.25], [4.5, 40.5]])
WORDS = ["oak", "elm", "oak", "ash"]
TRUTH = [2, 1, 2, 0]


def points(content: bytes, options=None, **said):
    raw = read(content, "a file", options)
    return chosen(raw, choice_for(raw, **said), "a file")


def asked(raw) -> dict[str, str]:
    return {question.key: question.chosen for question in raw.questions}


TEXTS = {
    "tab, decimal comma": "width\theight\tkind\n1,5\t1000\toak\n2,25\t20\telm\n3,5\t1234567,25\toak\n4,5\t40,5\tash\n",
    "semicolon, decimal comma": "width;height;kind\n1,5;1000;oak\n2,25;20;elm\n3,5;1234567,25;oak\n4,5;40,5;ash\n",
    "semicolon, thousands": "width;height;kind\n1,5;1.000;oak\n2,25;20;elm\n3,5;1.234.567,25;oak\n4,5;40,5;ash\n",
    "thousands by blanks": "width;height;kind\n1,5;1 000;oak\n2,25;20;elm\n3,5;1 234 567,25;oak\n4,5;40,5;ash\n",
    "quoted thousands": 'width,height,kind\n1.5,"1,000",oak\n2.25,20,elm\n3.5,"1,234,567.25",oak\n4.5,40.5,ash\n',
    "tab, thousands": "width\theight\tkind\n1.5\t1,000\toak\n2.25\t20\telm\n3.5\t1,234,567.25\toak\n4.5\t40.5\tash\n",
    "sep=;": "sep=;\nwidth;height;kind\n1,5;1000;oak\n2,25;20;elm\n3,5;1234567,25;oak\n4,5;40,5;ash\n",
    '"sep=|"': '"sep=|"\nwidth|height|kind\n1.5|1000|oak\n2.25|20|elm\n3.5|1234567.25|oak\n4.5|40.5|ash\n',
    "comments": "# mine\n#\nwidth,height,kind\n1.5,1000,oak\n# pause\n2.25,20,elm\n3.5,1234567.25,oak\n4.5,40.5,ash\n",
    "header in a comment": "# width height kind\n1.5 1000 oak\n2.25 20 elm\n3.5 1234567.25 oak\n4.5 40.5 ash\n",
    "blanks": "  width  height kind\n  1.5   1000 oak\n 2.25     20 elm\n  3.5 1234567.25 oak\n 4.5 40.5\t ash\n",
    "double tabs": "1.5\t1000\toak\n2.25\t\t20\telm\n3.5\t1234567.25\t\toak\n4.5\t40.5\tash\n",
    "bars": "width|height|kind\n1.5|1000|oak\n2.25|20|elm\n3.5|1234567.25|oak\n4.5|40.5|ash\n",
    "newlines in cells": '"width\n(cm)",height,kind\n1.5,1000,"oak"\n2.25,20,"elm"\n3.5,1234567.25,oak\n4.5,40.5,ash\n',
    "old Mac's line ends": "width,height,kind\r\n1.5,1000,oak\r\n2.25,20,elm\r\n3.5,1234567.25,oak\r\n4.5,40.5,ash",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_every_way_of_writing_a_table_gives_the_same_points(kind):
    found = points(TEXTS[kind].encode())
    np.testing.assert_allclose(found.x, X, rtol=1e-6)
    assert found.class_names == ("ash", "elm", "oak")
    assert found.truth.tolist() == TRUTH
    if kind not in ("double tabs",):
        assert [name.split()[0] for name in found.feature_names] == ["width", "height"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32", "cp1252"])
def test_every_encoding_is_read_and_said(encoding):
    content = "größe;kind\n1,5;Bäume\n2,5;Sträucher\n3,5;Bäume\n".encode(encoding)
    raw = read(content, "trees")
    assert list(raw.columns) == ["größe", "kind"]
    assert points(content).class_names == ("Bäume", "Sträucher")
    assert points(content).x.ravel().tolist() == [1.5, 2.5, 3.5]
    said = " ".join(raw.assumed).lower()
    assert encoding == "utf-8-sig" or encoding[:6] in said
    assert "decimal commas" in said
    assert "semicolons" in said


def test_a_guessed_encoding_can_be_changed():
    content = "size,kind\n1,дуб\n2,вяз\n3,дуб\n".encode("cp1251")
    assert asked(read(content, "f"))["encoding"] in read(content, "f").questions[0].options
    assert points(content, {"encoding": "cp1251"}).class_names == ("вяз", "дуб")
    long = (
        "size,kind\n" + "".join(f"{i},{word}\n" for i, word in enumerate(["берёза", "лиственница", "дуб"] * 30))
    ).encode("cp1251")
    assert points(long).class_names == ("берёза", "дуб", "лиственница")


def test_groups_of_three_after_a_comma_are_asked_about():
    content = b"a\tb\n1,234\t1\n2,345\t2\n3,456\t5\n"
    assert points(content).x[:, 0].tolist() == [1234, 2345, 3456]
    np.testing.assert_allclose(points(content, {"decimal": "1,5 (comma)"}).x[:, 0], [1.234, 2.345, 3.456])
    np.testing.assert_allclose(points(content.replace(b"\t", b";")).x[:, 0], [1.234, 2.345, 3.456])
    assert "thousands separators" in read(content, "f").assumed


def test_signs_inside_of_quoted_cells_are_no_comments():
    content = b'size,kind,remark\n1,a,"one\n# two"\n2,b,plain\n3,a,"#"\n'
    raw = read(content, "f")
    assert raw.columns["remark"].tolist() == ["one\n# two", "plain", "#"]
    assert raw.columns["size"].tolist() == [1, 2, 3]
    assert read(b"#1,5\n#2,6\n#3,9\n", "f").columns["feature 2"].tolist() == [5, 6, 9]


def test_header_of_numpy_s_savetxt():
    content = packed(lambda file: np.savetxt(file, X, header="width height"))
    raw = read(content, "f.txt")
    assert list(raw.columns) == ["width", "height"]
    np.testing.assert_allclose(points(content).x, X, rtol=1e-6)


ARFF = """% Trees
@RELATION 'trees of a park'
@ATTRIBUTE width NUMERIC
@attribute 'its height' real
@attribute KIND {oak, elm, 'ash'}

@DATA
1.5, 1000, oak
2.25,20,elm
% pause
3.5,1234567.25,oak
4.5,40.5,'ash'
"""
KEEL = """@relation trees
@attribute width real [1.5, 4.5]
@attribute Kind {oak, elm, ash}
@attribute height real [20.0, 1234567.25]
@inputs width, height
@outputs Kind
@data
1.5, oak, 1000
2.25, elm, 20
3.5, oak, 1234567.25
4.5, ash, 40.5
"""
SPARSE = """@relation trees
@attribute width numeric
@attribute height numeric
@attribute kind {oak, elm, ash}
@data
{0 1.5, 1 1000}
{0 2.25, 1 20, 2 elm}
{0 3.5, 1 1234567.25}
{0 4.5, 1 40.5, 2 ash}
"""


@pytest.mark.parametrize("content", [ARFF, KEEL, SPARSE], ids=["arff", "keel", "sparse arff"])
def test_arff_and_keel_with_their_class_column(content):
    raw = read(content.encode(), "trees.arff")
    found = points(content.encode())
    np.testing.assert_allclose(found.x, X, rtol=1e-6)
    assert found.class_names == ("ash", "elm", "oak")
    assert found.truth.tolist() == TRUTH
    assert "class column" in raw.assumed[0]


def test_a_nominal_class_of_numbers_is_the_label():
    head = b"@relation a\n@attribute x integer [1, 9]\n@attribute Class {1, 2, 10}\n@inputs x\n@outputs Class\n"
    content = head + b"@data\n1,1\n9,10\n?,2\n4,2\n"
    found = points(content, missing=MEAN)
    assert found.class_names == ("1", "10", "2")
    assert found.feature_names == ("x",)
    np.testing.assert_allclose(found.x.ravel(), [1, 9, 14 / 3, 4], rtol=1e-6)


@pytest.mark.parametrize("zero_based", [True, False])
def test_libsvm_with_its_labels(zero_based):
    iris = load_iris()
    content = packed(lambda file: dump_svmlight_file(iris.data, iris.target + 1, file, zero_based=zero_based))
    found = points(content)
    np.testing.assert_allclose(found.x, iris.data, rtol=1e-6)
    assert found.class_names == ("1", "2", "3")
    assert found.truth.tolist() == iris.target.tolist()
    asked_for = b"2 qid:1 1:0.5 3:2 # a comment\n1 qid:1 2:1\n2 qid:2 1:3\n"
    assert points(asked_for).x.tolist() == [[0.5, 0, 2], [0, 1, 0], [3, 0, 0]]
    binary = points(b"-1 1:0.5 3:2\n+1 2:1\n-1 1:3\n")
    assert binary.class_names == ("-1", "1")
    assert binary.x.tolist() == [[0.5, 0, 2], [0, 1, 0], [3, 0, 0]]


def test_of_an_excel_file_the_sheet_of_numbers_is_read_and_what_stands_above_its_table_left_out():
    table = [["Wine of 2020 (a source)"], [], ["a", "b", "kind"], [1, 2.5, "x"], [3, 4, "y"], [5, 6, "x"]]
    raw = read(excel({"About": [["read me"], ["this is wine"]], "Data": table}), "wine.xlsx")
    found = chosen(raw, choice_for(raw), "wine.xlsx")
    assert found.feature_names == ("a", "b")
    assert found.x.tolist() == [[1, 2.5], [3, 4], [5, 6]]
    assert found.class_names == ("x", "y")
    assert "above the table: Wine of 2020 (a source)" in raw.assumed
    titled = [["only one"], ["a", "b"], [1, 2], [3, 4], [5, 6]]
    assert points(excel({"Data": titled})).feature_names == ("a", "b")
    gap = [[1, None], [1, 2], [3, 4], [5, 6]]
    assert read(excel({"Data": gap}), "x.xlsx").rows == 4


def excel(sheets: dict[str, list[list]]) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return packed(book.save)


ROWS = [["width", "height", "kind"], *([*x, word] for x, word in zip(X.tolist(), WORDS, strict=True))]


def test_excel_with_sheets_to_choose_from():
    content = excel({"notes": [["hello"]], "trees": [[], *[[None, *row] for row in ROWS]], "other": [["a"], [1], [2]]})
    raw = read(content, "trees.xlsx")
    assert asked(raw) == {"sheet": "trees"}
    found = points(content)
    np.testing.assert_allclose(found.x, X, rtol=1e-6)
    assert (found.class_names, found.truth.tolist()) == (("ash", "elm", "oak"), TRUTH)
    assert points(content, {"sheet": "other"}).x.tolist() == [[1], [2]]


def test_excel_without_its_library_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(EpochscopeError, match="pip install 'epochscope\\[excel\\]'"):
        read(excel_like(), "trees.xlsx")


def excel_like() -> bytes:
    return zipped({"xl/workbook.xml": b"<a/>", "[Content_Types].xml": b"<a/>"})


GENES = ["GAPDH", "ACTB", "CD3D", "SOX9"]


def gene_table(names=GENES, first: str = "") -> bytes:
    table = pd.DataFrame(np.arange(12.0).reshape(4, 3) ** 2, index=names, columns=["cell a", "cell b", "cell c"])
    return table.to_csv(index_label=first).encode()


@pytest.mark.parametrize(
    ("content", "turned"),
    [
        (gene_table(), True),
        (gene_table([f"ENSG0000000{i:04d}" for i in range(4)]), True),
        (gene_table(["a", "b", "c", "d"], "gene_symbol"), True),
        (gene_table(["rose", "iris", "lily", "reed"], "flower"), False),
    ],
)
def test_genes_by_cells_are_turned_and_asked_about(content, turned):
    raw = read(content, "expression.csv")
    assert asked(raw) == {"turn": "columns (turned)" if turned else "rows"}
    assert points(content, label="none").x.shape == ((3, 4) if turned else (4, 3))
    assert points(content, {"turn": "rows"}, label="none").x.shape == (4, 3)
    other = points(content, {"turn": "columns (turned)"}, label="none")
    np.testing.assert_array_equal(other.x, (np.arange(12.0).reshape(4, 3) ** 2).T)
    assert other.feature_names == tuple(pd.read_csv(io.BytesIO(content), index_col=0).index)


def test_more_genes_than_columns_are_taken_by_their_variance():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.poisson(0.3, (24_000, 6)), index=[f"ENSG{i:011d}" for i in range(24_000)])
    raw = read(table.to_csv(sep="\t", index_label="gene").encode(), "genes.tsv")
    assert raw.matrix.shape == (6, 24_000)
    assert chosen(raw, Choice(), "genes.tsv").x.shape == (6, 2_000)


def test_one_hot_columns_are_one_label():
    hot = np.eye(3)[[0, 1, 2, 1, 0, 2]]
    table = pd.DataFrame({"a": np.arange(6) * 1.5, "b": np.arange(6) ** 2.0})
    for names in (["class_cat", "class_dog", "class_owl"], ["cat", "dog", "owl"]):
        content = table.join(pd.DataFrame(hot, columns=names)).to_csv(index=False).encode()
        found = points(content)
        assert found.feature_names == ("a", "b")
        assert found.class_names == ("cat", "dog", "owl")
        assert found.truth.tolist() == [0, 1, 2, 1, 0, 2]
        assert "one-hot columns are one label" in " ".join(read(content, "f").assumed)
        assert points(content, {"one-hot": "features"}, label="none").x.shape == (6, 5)
    bare = np.column_stack([table, hot])
    assert points(packed(np.save, bare)).x.shape == (6, 2)
    assert points(packed(lambda file: np.savetxt(file, bare))).x.shape == (6, 2)
    parquet = packed(table.join(pd.DataFrame(hot.astype(bool), columns=["label_x", "label_y", "label_z"])).to_parquet)
    assert points(parquet).class_names == ("x", "y", "z")


def test_one_hot_features_stay_features():
    rows = {"a": [1.0, 2, 4, 5], "color_red": [1, 0, 0, 1], "color_blue": [0, 1, 1, 0], "kind": WORDS}
    assert points(pd.DataFrame(rows).to_csv(index=False).encode()).x.shape == (4, 3)
    binary = np.random.default_rng(0).integers(0, 2, (40, 12))
    assert points(packed(np.save, binary)).x.shape == (40, 12)


def test_minus_one_and_nothing_mean_unlabeled():
    table = pd.DataFrame({"a": np.arange(6.0), "label": [0, 1, -1, 1, 0, np.nan]})
    content = table.to_csv(index=False).encode()
    found = points(content)
    assert found.x.ravel().tolist() == [0, 1, 3, 4]
    assert (found.class_names, found.steps) == (("0", "1"), ("2 rows without a label dropped",))
    raw = read(content, "f")
    kept = chosen(raw, choice_for(raw)._replace(unlabeled=OWN_CLASS), "f")
    assert (kept.class_names, len(kept.x)) == (("0", "1", "unlabeled"), 6)
    classes = chosen(raw, choice_for(raw)._replace(unlabeled=AS_CLASS), "f")
    assert (classes.class_names, len(classes.x)) == (("-1", "0", "1"), 5)
    signs = table.assign(label=[-1, 1, -1, 1, 1, -1]).to_csv(index=False).encode()
    assert points(signs).class_names == ("-1", "1")
    named = packed(np.savez, X=np.arange(12.0).reshape(6, 2), y=np.array([0, 1, -1, 1, 0, -1]))
    assert points(named).class_names == ("0", "1")


@pytest.mark.parametrize("make", [load_wine, load_digits, load_iris])
def test_a_class_column_in_the_last_place_is_guessed_said_and_changeable(make):
    found = make()
    content = packed(
        lambda file: np.savetxt(file, np.column_stack([found.data, found.target]), delimiter=",", fmt="%g")
    )
    raw = read(content, "bare.data")
    last = f"feature {found.data.shape[1] + 1}"
    assert guess(raw).label == last
    assert guess(raw).why == "last column, few whole numbers"
    assert points(content).x.shape == found.data.shape
    assert points(content, label="none").x.shape[1] == found.data.shape[1] + 1
    first = np.column_stack([found.target + 1, found.data])
    assert guess(read(packed(lambda file: np.savetxt(file, first, delimiter=",")), "f")).label == "feature 1"


def test_answers_on_a_scale_have_no_class_column():
    scale = np.random.default_rng(0).integers(1, 6, (80, 12))
    assert guess(read(packed(lambda file: np.savetxt(file, scale, delimiter=",", fmt="%d")), "f")).label == ""


def parquet(table: pa.Table) -> bytes:
    import pyarrow.parquet

    return packed(lambda file: pyarrow.parquet.write_table(table, file))


def test_a_null_vector_drops_its_row_not_the_column():
    for kind in (pa.list_(pa.float32()), pa.list_(pa.float32(), 2), pa.large_list(pa.float64())):
        table = pa.table({"code": pa.array([[1, 2], None, [3, 4], [5, 9]], kind), "y": [0, 0, 1, 1]})
        found = points(parquet(table))
        assert found.x.tolist() == [[1, 2], [3, 4], [5, 9]]
        assert found.truth.tolist() == [0, 1, 1]
        assert found.steps == ("1 row with a missing value dropped",)


def test_fixed_shape_tensors_are_pictures_or_vectors():
    values = np.arange(60, dtype=np.float32).reshape(5, 4, 3)
    table = pa.table({"image": pa.FixedShapeTensorArray.from_numpy_ndarray(values), "label": list("abcab")})
    found = points(parquet(table))
    np.testing.assert_array_equal(found.x, values.reshape(5, 12))
    assert found.pictures.shape == (5, 4, 3)
    assert found.class_names == ("a", "b", "c")
    flat = pa.table({"code": pa.FixedShapeTensorArray.from_numpy_ndarray(values.reshape(5, 12)[:, :2].copy())})
    np.testing.assert_array_equal(points(parquet(flat)).x, values.reshape(5, 12)[:, :2])
    nested = pa.table({"image": pa.array(values.tolist(), pa.list_(pa.list_(pa.float32())))})
    np.testing.assert_array_equal(points(parquet(nested)).x, values.reshape(5, 12))


def test_pictures_of_hugging_face():
    shades = np.arange(4 * 30, dtype=np.uint8).reshape(4, 5, 6)
    rows = [{"bytes": image(shade), "path": f"{i}.png"} for i, shade in enumerate(shades)]
    rows[1] = None
    struct = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    found = points(parquet(pa.table({"image": pa.array(rows, struct), "label": [3, 3, 7, 7]})))
    np.testing.assert_array_equal(found.x, shades[[0, 2, 3]].reshape(3, 30))
    np.testing.assert_array_equal(found.pictures, shades[[0, 2, 3]])
    assert found.class_names == ("3", "7")
    assert found.truth.tolist() == [0, 1, 1]


def test_categories_booleans_and_bytes_as_labels():
    base = {"a": np.arange(4.0)}
    for values, names in (
        (pd.Categorical(WORDS), ("ash", "elm", "oak")),
        ([True, False, True, True], ("0", "1")),
        ([b"x", b"y", b"x", None], ("x", "y")),
    ):
        found = points(packed(pd.DataFrame({**base, "target": values}).to_parquet))
        assert found.class_names == names


def test_a_zip_with_a_single_table_is_read():
    assert points(zipped({"trees.csv": TEXTS["bars"].encode()})).class_names == ("ash", "elm", "oak")


ONE = b"@relation a\n@attribute x numeric\n"
BROKEN, NAMED = [{"bytes": b"no", "path": ""}] * 3, pa.array([{"bytes": None, "path": "x.png"}] * 3)
WRONG = {
    "a square that is no number": (b"a,b\n1,2\n2,1e25\n3,4\n", "row 2 of column 'b': the square"),
    "constant": (b"a,b\n1,2\n1,2\n1,2\n", "All 3 points of a file are the same"),
    "sep without a table": (b"sep=;\n", "is empty"),
    "comments only": (b"# a\n# b\n", ""),
    "arff without data": (ONE, "no line @data"),
    "arff without attributes": (b"@relation a\n@data\n1,2\n", "without any line @attribute"),
    "arff with a short row": (ONE + b"@attribute y numeric\n@data\n1,2\n3\n", "row 2, has 1 cells"),
    "arff with a word": (ONE + b"@data\n1\nfour\n", "'x' holds numbers, but there is 'four'"),
    "sparse arff out of range": (ONE + b"@data\n{7 1}\n{0 2}\n", "row 1 after @data, is no row"),
    "libsvm of a huge index": (b"1 1:1\n2 99999999:1\n", "sparse matrix of 2 x 99,999,999"),
    "libsvm that falls": (b"1 5:1 3:1\n" * 2 + b"x y z\n" * 30, ""),
    "libsvm with a slip": (b"1 1:1\n" * 25 + b"1 2:x\n", "no label followed by"),
    "excel of nothing": (excel_like(), "is damaged or no Excel file"),
    "old office": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Office"),
    "utf-16 cut off": ("a;b\n1;2\n".encode("utf-16")[:-1], "damaged UTF-16"),
    "control signs": (b"a,b\n\x01\x02\x03,\xff\xfe\n", "is no text"),
    "parquet of names of pictures": (parquet(pa.table({"image": NAMED})), "only names pictures"),
    "parquet of broken pictures": (parquet(pa.table({"image": BROKEN})), "Picture 1 in a file is damaged"),
    "a nested zip": (zipped({"a.zip": zipped({"a.csv": b"a\n1\n2\n"})}), "contains neither numpy arrays"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_what_cannot_be_is_one_sentence(kind):
    content, words = WRONG[kind]
    with pytest.raises(EpochscopeError) as raised:
        points(content)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)
    assert 15 < len(str(raised.value)) < 400


def test_missing_policy_is_unchanged_by_labels():
    raw = read(b"a,b,label\n1,2,x\n,3,y\n4,5,\n7,8,y\n", "f")
    assert chosen(raw, Choice("label", (), DROP), "f").x.tolist() == [[1, 2], [7, 8]]
    assert len(chosen(raw, Choice("label", (), MEAN), "f").x) == 3
