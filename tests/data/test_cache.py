"""Downloads against a local server, hand-placed files, and what a person is told when nothing works."""

import errno
import gzip
import hashlib
import os
import socket
import threading
import time
from pathlib import Path

import pytest
from epochscope.data.cache import Archive, Fetcher, RemoteFile, UnknownFileError, archives, cache_folder, to_download
from epochscope.data.download import Cancelled
from epochscope.types import EpochscopeError

PLAIN = bytes(range(256)) * 800
ZIPPED = gzip.compress(os.urandom(100_000) + PLAIN, mtime=0)
FILE = RemoteFile(
    "some.gz",
    len(ZIPPED),
    f"sha256:{hashlib.sha256(ZIPPED).hexdigest()}",
    (("some", f"sha256:{hashlib.sha256(gzip.decompress(ZIPPED)).hexdigest()}"),),
)
OTHER = RemoteFile("more.gz", len(PLAIN), f"md5:{hashlib.md5(PLAIN).hexdigest()}", (("more", "md5:" + "0" * 32),))


@pytest.fixture
def server(mirrors):
    mirrors.files |= {"some.gz": ZIPPED, "more.gz": PLAIN}
    return mirrors


@pytest.fixture
def no_socket(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


def archive(server, *mirrors, files=(FILE,)):
    base = f"http://127.0.0.1:{server.server_port}/" if server else ""
    return Archive("set/raw", "https://page.example", tuple(m if "://" in m else f"{base}{m}/" for m in mirrors), files)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def place(tmp_path: Path, name: str, content: bytes) -> Path:
    path = tmp_path / "set" / "raw" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_first_mirror_dead_second_good_and_progress_reaches_the_total(server, closed, tmp_path):
    seen = []
    wanted = archive(server, closed, "gone", "good", files=(FILE, OTHER))
    assert to_download(wanted, tmp_path) == (len(ZIPPED) + len(PLAIN), False, None)
    paths = Fetcher(cache=tmp_path, progress=lambda *now: seen.append(now)).fetch(wanted)
    assert paths["some.gz"].read_bytes() == ZIPPED
    assert paths["more.gz"].read_bytes() == PLAIN
    total = len(ZIPPED) + len(PLAIN)
    assert seen[0] == (0, total)
    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert files_in(tmp_path) == ["more.gz", "some.gz"]
    assert to_download(wanted, tmp_path) == (0, True, None)


def test_only_what_is_missing_counts(server, tmp_path):
    place(tmp_path, "some.gz", ZIPPED)
    seen = []
    Fetcher(cache=tmp_path, progress=lambda *now: seen.append(now)).fetch(archive(server, "good", files=(FILE, OTHER)))
    assert seen[-1] == (len(PLAIN), len(PLAIN))
    assert server.asked == ["/good/more.gz"]


def test_a_server_that_calls_gzip_an_encoding_changes_nothing(server, tmp_path):
    assert Fetcher(cache=tmp_path).fetch(archive(server, "encoded"))["some.gz"].read_bytes() == ZIPPED


def test_all_mirrors_dead_names_each_with_its_cause_and_the_place(server, closed, tmp_path):
    fetcher = Fetcher(cache=tmp_path, timeout=(1.0, 0.2))
    with pytest.raises(EpochscopeError) as caught:
        fetcher.fetch(archive(server, closed, "gone", "broken", "other", "endless", "silent"))
    message = str(caught.value)
    assert f"{closed}some.gz (cannot be reached)" in message
    assert "gone/some.gz (answered 404 Not Found)" in message
    assert "broken/some.gz (broke off)" in message
    assert "other/some.gz (sent other bytes: the checksum differs)" in message
    assert "endless/some.gz (sent more than" in message
    assert "silent/some.gz (no answer in time)" in message
    assert str(tmp_path / "set" / "raw" / "some.gz") in message
    assert "https://page.example" in message
    assert files_in(tmp_path) == []


def test_offline_and_not_cached_opens_no_socket(no_socket, tmp_path, monkeypatch):
    monkeypatch.delenv("EPOCHSCOPE_OFFLINE", raising=False)
    wanted = archive(None, "http://127.0.0.1:1/")
    with pytest.raises(EpochscopeError, match=r"some\.gz is missing and downloads are switched off.*page\.example"):
        Fetcher(cache=tmp_path, offline=True).fetch(wanted)
    monkeypatch.setenv("EPOCHSCOPE_OFFLINE", "1")
    with pytest.raises(EpochscopeError, match="switched off") as caught:
        Fetcher(cache=tmp_path).fetch(wanted)
    assert str(tmp_path) in str(caught.value)
    assert files_in(tmp_path) == []


def test_cached_and_unzipped_by_hand_load_offline(no_socket, tmp_path):
    fetcher, wanted = Fetcher(cache=tmp_path, offline=True), archive(None, "http://127.0.0.1:1/")
    plain = place(tmp_path, "some", gzip.decompress(ZIPPED))
    assert to_download(wanted, tmp_path).cached
    assert fetcher.fetch(wanted)["some.gz"] == plain
    zipped = place(tmp_path, "some.gz", ZIPPED)
    assert fetcher.fetch(wanted)["some.gz"] == zipped
    zipped.write_bytes(b"half a file")  # the good twin still serves
    assert fetcher.fetch(wanted)["some.gz"] == plain


def test_a_hand_placed_file_with_other_bytes_is_refused_and_never_replaced(server, tmp_path, monkeypatch):
    mine = place(tmp_path, "some.gz", b"my own file")
    with pytest.raises(
        UnknownFileError, match=r"some\.gz differs from the published file.*move it away.*EPOCHSCOPE_ACCEPT_UNKNOWN=1"
    ):
        Fetcher(cache=tmp_path).fetch(archive(server, "good"))
    monkeypatch.setenv("EPOCHSCOPE_ACCEPT_UNKNOWN", "1")
    assert Fetcher(cache=tmp_path).fetch(archive(server, "good"))["some.gz"] == mine
    assert mine.read_bytes() == b"my own file"
    assert server.asked == []


def test_cancel_during_a_download_leaves_nothing(server, tmp_path):
    cancel = threading.Event()
    fetcher = Fetcher(cache=tmp_path, cancel=cancel, progress=lambda done, _: done and cancel.set())
    with pytest.raises(Cancelled):
        fetcher.fetch(archive(server, "good", "good"))
    assert files_in(tmp_path) == []
    assert len(server.asked) == 1  # no other mirror is asked
    with pytest.raises(Cancelled):
        fetcher.fetch(archive(server, "good"))
    assert len(server.asked) == 1


def test_a_silent_server_does_not_hold_a_download_for_long(server, tmp_path):
    start = time.monotonic()
    with pytest.raises(EpochscopeError, match="no answer in time"):
        Fetcher(cache=tmp_path, timeout=(1.0, 0.2)).fetch(archive(server, "silent"))
    assert time.monotonic() - start < 60  # it would say nothing for 100


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_full_disk_or_a_locked_folder_is_one_sentence(server, tmp_path, monkeypatch, code):
    def refuse(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("shutil.move", refuse)
    with pytest.raises(EpochscopeError, match=r"some\.gz cannot be stored in .*EPOCHSCOPE_DATA") as caught:
        Fetcher(cache=tmp_path).fetch(archive(server, "good", "good"))
    assert os.strerror(code) in str(caught.value)
    assert len(server.asked) == 1
    assert files_in(tmp_path) == []


def test_a_folder_without_permission_is_one_sentence(server, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "set" / "raw").mkdir(parents=True)
    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    with pytest.raises(
        EpochscopeError, match=r"cannot be stored in \S+ \(not writable\): free some space, make the folder"
    ):
        Fetcher(cache=tmp_path).fetch(archive(server, "good"))
    assert server.asked == []


def test_a_cache_folder_that_is_a_file_is_one_sentence(server, tmp_path):
    (tmp_path / "set").write_text("not a folder")
    with pytest.raises(EpochscopeError, match="cannot be stored"):
        Fetcher(cache=tmp_path).fetch(archive(server, "good"))


def test_the_cache_folder_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("EPOCHSCOPE_DATA", str(tmp_path))
    assert cache_folder() == tmp_path == Fetcher().cache
    monkeypatch.setenv("EPOCHSCOPE_DATA", "~/sets")
    assert cache_folder() == Path.home() / "sets"
    monkeypatch.setenv("EPOCHSCOPE_DATA", "")
    assert "epochscope" in str(cache_folder())


def test_a_file_with_its_own_addresses_and_a_guessed_size(server, tmp_path):
    base = f"http://127.0.0.1:{server.server_port}"
    seen = []
    about = {"size": 9, "exact": False, "urls": (f"{base}/gone/more.gz", f"{base}/good/more.gz")}
    guessed = OTHER._replace(**about)
    with pytest.raises(EpochscopeError, match="sent more than the 36 bytes"):
        Fetcher(cache=tmp_path).fetch(archive(server, "gone", files=(guessed,)))
    guessed = OTHER._replace(**about | {"size": len(PLAIN) // 2})
    fetcher = Fetcher(cache=tmp_path, progress=lambda *now: seen.append(now))
    assert fetcher.fetch(archive(server, "broken", files=(guessed,)))["more.gz"].read_bytes() == PLAIN
    assert all(done <= total == guessed.size for done, total in seen)  # a bar never runs over
    assert seen[-1] == (guessed.size, guessed.size)
    assert "/broken/more.gz" not in server.asked


def test_without_a_checksum_nothing_is_attempted(server, tmp_path):
    files = (OTHER._replace(hash="", twins=()), FILE)
    wanted = archive(server, "good", files=files)._replace(note="in a box")
    by_hand = to_download(wanted, tmp_path).by_hand
    assert to_download(wanted, tmp_path) == (len(ZIPPED), False, by_hand)
    folder = tmp_path / "set" / "raw"
    assert str(by_hand) == f"place more.gz in the folder {folder} (in a box, published at https://page.example)"
    with pytest.raises(EpochscopeError, match=r"more\.gz is missing and cannot be downloaded: place more\.gz"):
        Fetcher(cache=tmp_path).fetch(wanted)
    assert server.asked == []
    mine = place(tmp_path, "more.gz", b"anything: the reader judges it")
    assert to_download(wanted, tmp_path).by_hand is None
    assert Fetcher(cache=tmp_path).fetch(wanted)["more.gz"] == mine


def test_where_downloads_are_switched_off_nothing_is_offered_for_download(server, tmp_path):
    wanted = archive(server, "good", files=(FILE, OTHER))
    by_hand = to_download(wanted, tmp_path, offline=True).by_hand
    assert by_hand is not None
    assert (by_hand.what, by_hand.offline) == (f"{FILE.name} and {OTHER.name}", True)


def test_a_known_file_that_cannot_be_downloaded_is_got_again_from_its_page(tmp_path):
    wanted = archive(None)
    place(tmp_path, "some.gz", b"other")
    with pytest.raises(UnknownFileError, match=r"move it away and download it again \(https://page\.example\)"):
        Fetcher(cache=tmp_path).fetch(wanted)


def test_patterns_and_other_folders_find_files_placed_by_hand(tmp_path):
    any_npz = RemoteFile("*.npz", twins=(("../else/some.npz", ""),))
    wanted = archive(None, files=(any_npz,))
    elsewhere = tmp_path / "set" / "else" / "some.npz"
    elsewhere.parent.mkdir(parents=True)
    elsewhere.write_bytes(b"e")
    assert Fetcher(cache=tmp_path).fetch(wanted) == {"*.npz": elsewhere}  # although the folder raw is not there
    place(tmp_path, "._a.npz", b"a")  # what macOS leaves behind
    place(tmp_path, "b.npz", b"b")
    place(tmp_path, "c.npz", b"c")
    assert Fetcher(cache=tmp_path).fetch(wanted)["*.npz"].name == "b.npz"


def test_the_registry_is_complete():
    for about in archives().values():
        assert about.page.startswith(("https://", "http://"))
        assert all(mirror.endswith("/") for mirror in about.mirrors)
        assert len({file.name for file in about.files}) == len(about.files)
        for file in about.files:
            assert bool(about.urls(file)) <= (file.size > 0)
            for known in (file.hash, *(known for _, known in file.twins)):
                kind, _, digest = known.partition(":")
                assert (kind, len(digest)) in {("sha256", 64), ("md5", 32), ("", 0)}
