"""Pictures as people have them: depth, transparency, palettes, colors, and folders that name the class."""

import numpy as np
import pytest
from epochscope.data import load
from epochscope.data.own.choose import chosen
from epochscope.data.own.raw import guess
from epochscope.data.own.read import read
from epochscope.data.own.sources import choice_for
from epochscope.data.own.user_datasets import keep
from epochscope.rights import PROGRAM
from epochscope.types import EpochscopeError

from tests.data.own_files import image, packed, zipped

RAMP = (np.arange(48).reshape(6, 8) * 1_300).astype(np.uint16)


@pytest.fixture(autouse=True)
def _folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path / "data"))


def points(content: bytes, options=None, **said):
    raw = read(content, "pictures.zip", options)
    return chosen(raw, choice_for(raw, **said), "pictures.zip")


def two(first: bytes, second: bytes, ending: str = "png") -> bytes:
    return zipped({f"a/1.{ending}": first, f"b/2.{ending}": second})


def asked(raw) -> dict[str, str]:
    return {question.key: question.chosen for question in raw.questions}


DEEP = {
    "16-bit png": ("png", RAMP, {}),
    "16-bit tiff": ("tif", RAMP, {"kind": "TIFF"}),
    "32-bit tiff": ("tif", RAMP.astype(np.int32) * 20, {"kind": "TIFF"}),
    "float tiff": ("tif", RAMP.astype(np.float32) / 7 - 300, {"kind": "TIFF"}),
}


@pytest.mark.parametrize("kind", DEEP)
def test_deep_pictures_keep_their_range(kind):
    ending, pixels, how = DEEP[kind]
    other = pixels[::-1].copy()
    found = points(two(image(pixels, **how), image(other, **how), ending))
    np.testing.assert_allclose(found.x, np.stack([pixels, other]).reshape(2, -1).astype(np.float32), rtol=1e-6)
    assert (found.pictures.min(), found.pictures.max()) == (0, 255)
    assert len(np.unique(found.pictures)) > 40


def test_transparency_lies_on_white():
    gray = np.full((4, 4, 2), [0, 255], np.uint8)
    gray[0, 0] = [0, 0]  # black, but wholly transparent
    gray[0, 1] = [0, 128]
    found = points(two(image(gray, mode="LA"), image(np.full((4, 4), 9, np.uint8))))
    assert found.pictures[0, 0, 0] == 255
    assert 120 < found.pictures[0, 0, 1] < 135
    assert found.pictures[0, 1, 1] == 0
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[..., 3] = 255
    rgba[0, 0, 3] = 0
    rgba[1, 1, :3] = [255, 0, 0]
    color = points(two(image(rgba), image(rgba[::-1].copy())))
    assert color.pictures.shape == (2, 4, 4, 3)
    assert color.pictures[0, 0, 0].tolist() == [255, 255, 255]
    assert color.pictures[0, 1, 1].tolist() == [255, 0, 0]


RGB = np.zeros((5, 4, 3), np.uint8)
RGB[..., 0], RGB[2:, :, 1], RGB[:, 2:, 2] = 200, 90, 30


@pytest.mark.parametrize("mode", ["RGB", "P", "CMYK"])
def test_color_is_three_values_a_pixel_unless_gray_is_asked_for(mode):
    kind = "TIFF" if mode == "CMYK" else "PNG"
    content = two(image(RGB, kind, mode), image(RGB[::-1].copy(), kind, mode), "tif" if mode == "CMYK" else "png")
    raw = read(content, "pictures.zip")
    assert asked(raw)["color"].startswith("color")
    found = points(content)
    assert found.x.shape == (2, 60)
    near = 60 if mode == "P" else 3  # a palette of the web has steps
    np.testing.assert_allclose(found.x[0].reshape(5, 4, 3), RGB, atol=near)
    np.testing.assert_array_equal(found.pictures.reshape(2, -1), found.x)
    gray = points(content, {"color": "gray"})
    assert (gray.x.shape, gray.pictures.shape) == ((2, 20), (2, 5, 4))
    kept = keep(found, PROGRAM, title="color", file="pictures.zip", label="folder")
    data = load(f"own-{kept.id}")
    assert data.pictures.shape == (2, 5, 4, 3)
    assert data.x.max() == 1


def test_gray_pictures_stored_in_color_stay_gray():
    gray = np.repeat(RGB[..., :1], 3, axis=2)
    content = two(image(gray), image(gray // 2))
    assert asked(read(content, "f")) == {}
    assert points(content).x.shape == (2, 20)


def test_jpeg_of_cmyk_and_a_gif():
    red = np.full((8, 8, 3), [250, 5, 5], np.uint8)
    content = zipped({"a/1.jpg": image(red, "JPEG", "CMYK"), "b/2.gif": image(red // 2, "GIF", "P")})
    found = points(content)
    assert found.pictures.shape == (2, 8, 8, 3)
    assert np.abs(found.pictures[0].mean(axis=(0, 1)) - [250, 5, 5]).max() < 12


def shade(value: int) -> bytes:
    return image(np.full((4, 4), value, np.uint8))


TREES = {
    "class": ["{c}/{i}.png"],
    "above": ["all/{c}/{i}.png"],
    "images below": ["{c}/images/{i}.png"],
    "train": ["train/{c}/images/{i}.png"],
    "train and test": ["train/{c}/images/{i}.png", "test/{c}/images/{i}.png"],
    "set and val": ["set/val/{c}/{i}.png", "set/train/{c}/{i}.png"],
}


@pytest.mark.parametrize("tree", TREES)
def test_the_class_is_the_folder_that_varies(tree):
    members = {
        place.format(c=name, i=i): shade(40 * i + 9 * len(name) + 3 * which)
        for which, place in enumerate(TREES[tree])
        for name in ("cat", "horse")
        for i in range(3)
    }
    found = points(zipped(members))
    assert found.class_names == ("cat", "horse")
    assert len(found.x) == 6 * len(TREES[tree])
    horses = {4 * 9 + 9 + 40 * i + 3 * which for i in range(3) for which in range(len(TREES[tree]))}
    assert set(found.pictures[found.truth == 1, 0, 0].tolist()) == horses


def test_one_part_of_a_zip_can_be_asked_for():
    members = {
        f"{part}/{c}/{i}.png": shade(i * 9 + len(part) + len(c))
        for part in ("train", "test")
        for c in ("a", "bb")
        for i in range(3)
    }
    raw = read(zipped(members), "f")
    assert asked(raw) == {"parts": "train and test"}
    half = points(zipped(members), {"parts": "test"})
    assert (len(half.x), half.class_names) == (6, ("a", "bb"))


def test_several_levels_that_vary_are_asked_about():
    members = {
        f"{c}/{s}/{i}.png": shade(i * 30 + len(c) + len(s))
        for c in ("cat", "horse")
        for s in ("left", "right")
        for i in range(2)
    }
    raw = read(zipped(members), "f")
    assert guess(raw).label == "folder"
    (question,) = raw.questions
    assert question.options == ("folder left, right (2)", "folder cat, horse (2)")
    assert points(zipped(members)).class_names == ("left", "right")
    assert points(zipped(members), {"class": question.options[1]}).class_names == ("cat", "horse")


def test_pictures_of_an_array_in_color():
    shots = np.random.default_rng(0).integers(0, 256, (6, 5, 4, 3)).astype(np.uint8)
    for stored in (shots, np.moveaxis(shots, -1, 1)):
        found = points(packed(np.savez, x=stored, y=[0, 1, 0, 1, 1, 0]))
        np.testing.assert_array_equal(found.x, stored.reshape(6, -1))
        assert found.pictures.shape == (6, 5, 4, 3)
    single = points(packed(np.savez, x=shots[..., :1], y=[0, 1, 0, 1, 1, 0]))
    assert single.pictures.shape == (6, 5, 4)


WRONG = {
    "8 bits among 16": two(image(RAMP), shade(3)),
    "tiff cut off": two(image(RAMP, "TIFF")[:90], image(RAMP, "TIFF"), "tif"),
    "all alike": two(shade(3), shade(3)),
    "infinite": two(
        image(np.full((4, 4), np.inf, np.float32), "TIFF"), image(np.zeros((4, 4), np.float32), "TIFF"), "tif"
    ),
    "a square that is no number": two(
        image(np.full((4, 4), 1e30, np.float32), "TIFF"), image(np.zeros((4, 4), np.float32), "TIFF"), "tif"
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_cannot_be_is_one_sentence(kind):
    with pytest.raises(EpochscopeError) as raised:
        points(WRONG[kind])
    assert "\n" not in str(raised.value)
    assert 15 < len(str(raised.value)) < 400


@pytest.mark.parametrize("called", ["{}.png", "{}", "pictures/{}.png"])
def test_a_table_beside_the_pictures_names_their_classes(called):
    values = np.arange(12)
    members = {f"set/pictures/{i}.png": image(np.full((9, 7), 20 * i, np.uint8)) for i in values}
    table = "id,kind,size\n" + "".join(
        f"{called.format(i)},{'cat' if i % 3 else 'dog'},{i / 2}\n" for i in values[::-1]
    )
    found = zipped({"set/README.txt": b"Some words.", **members, "set/labels.csv": table.encode()})
    raw = read(found, "pictures.zip")
    assert raw.assumed[-1] == "what labels.csv says of each picture: kind, size"
    data = chosen(raw, choice_for(raw, label="kind"), "pictures.zip")
    assert data.class_names == ("cat", "dog")
    order = [int(row[0]) // 20 for row in data.x]
    assert sorted(order) == values.tolist()
    assert data.truth.tolist() == [int(i % 3 == 0) for i in order]
    assert guess(raw).label == "kind"


def test_a_table_that_names_other_files_is_left_alone():
    members = {f"{i}.png": image(np.full((9, 7), 20 * i, np.uint8)) for i in range(5)}
    raw = read(zipped({**members, "labels.csv": b"id,kind\n7,a\n8,b\n9,c\n"}), "pictures.zip")
    assert raw.columns == {}
