"""``prepare --formats``: which file formats are read, what becomes of the others, and what is never read."""

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gantools.data.folder import open_data
from gantools.data.manifest import MANIFEST, read_heading, read_manifest
from gantools.data.recipe import Recipe, recipe_from
from gantools.pictures.formats import DEFAULT_FORMATS, FURTHER, NEVER
from tests.data.archive_makers import tar_bytes, zip_bytes
from tests.data.makers import noise, prepare, stamps

SIDE = 32
LEVELS = np.arange(SIDE * SIDE).reshape(SIDE, SIDE) % 256
RGB = np.dstack([LEVELS, LEVELS[::-1], 255 - LEVELS]).astype(np.uint8)


def saved(pixels: np.ndarray, format: str, **options: object) -> bytes:
    """Return a file as Pillow writes it."""
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, format, **options)
    return stream.getvalue()


def psd() -> bytes:
    """Return a Photoshop file of one flat picture, planes one after the other."""
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, SIDE, SIDE, 8, 3)
    return head + struct.pack(">IIIH", 0, 0, 0, 0) + RGB.transpose(2, 0, 1).tobytes()


def sun() -> bytes:
    """Return a Sun raster file: rows of blue, green, red."""
    return struct.pack(">8I", 0x59A66A95, SIDE, SIDE, 24, SIDE * SIDE * 3, 1, 0, 0) + RGB[..., ::-1].tobytes()


def blp() -> bytes:
    """Return a BLP2 of 256 colours without alpha: a palette of blue, green, red, 0, then an index a pixel."""
    palette = np.zeros((256, 4), np.uint8)
    palette[:, :3] = np.arange(256)[:, None]
    head = b"BLP2" + struct.pack("<IBBBBII", 1, 1, 0, 0, 0, SIDE, SIDE)
    places = struct.pack("<16I", 148 + 1024, *[0] * 15) + struct.pack("<16I", SIDE * SIDE, *[0] * 15)
    return head + places + palette.tobytes() + LEVELS.astype(np.uint8).tobytes()


def icns() -> bytes:
    """Return an ICNS of one size, as a PNG inside."""
    inner = saved(RGB, "PNG")
    return struct.pack(">4sI4sI", b"icns", 16 + len(inner), b"icp5", 8 + len(inner)) + inner


MADE = {
    "BLP": (blp(), np.dstack([LEVELS] * 3)),
    "DDS": (saved(RGB, "DDS"), RGB),
    "ICNS": (icns(), RGB),
    "ICO": (saved(RGB, "ICO", sizes=[(SIDE, SIDE)]), RGB),
    "PCX": (saved(RGB, "PCX"), RGB),
    "PSD": (psd(), RGB),
    "SGI": (saved(RGB, "SGI"), RGB),
    "SUN": (sun(), RGB),
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_each_further_format_gives_its_pixels_when_asked_for(place: Path) -> None:
    """A file of each format that is read on request is found by its ending and comes out pixel by pixel."""
    assert MADE.keys() == FURTHER.keys()
    Path("odd").mkdir()
    for name, (data, _) in MADE.items():
        (Path("odd") / f"{name}{FURTHER[name].endings[0]}").write_bytes(data)
    wanted = ",".join(["default", *(name.lower() for name in FURTHER)])
    assert prepare("odd", "-o", "data", "--size", "32", "--channels", "rgb", "--formats", wanted) == 0
    for name, (_, pixels) in MADE.items():
        assert np.array_equal(np.asarray(Image.open(f"data/{name}.png")), pixels), name


def test_files_of_further_formats_are_passed_over_or_told_otherwise(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the option a texture is passed over by its name, and an icon is a fault whose reason has the option."""
    Path("odd").mkdir()
    Path("odd/a.dds").write_bytes(MADE["DDS"][0])
    assert prepare("odd", "-o", "data") == 4
    err = capsys.readouterr().err
    assert "found 1 other file (1 .dds) and no picture" in err
    assert err.endswith("hint: gantools prepare odd -o data --formats default,dds\n")
    Path("odd/b.ico").write_bytes(MADE["ICO"][0])
    assert prepare("odd", "-o", "data") == 4
    err = capsys.readouterr().err
    assert "odd/b.ico: cannot be read (ICO picture, which is read with --formats default,ico)" in err
    assert err.endswith("hint: gantools prepare odd -o data --formats default,ico\n")


def test_a_narrower_list_leaves_out_as_asked(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pictures in formats that are not listed are left out and are no fault; what is damaged stays one."""
    Path("mixed").mkdir()
    for format, ending in (("PNG", "png"), ("GIF", "gif"), ("TGA", "tga"), ("PPM", "ppm"), ("WEBP", "webp"),
                           ("AVIF", "avif"), ("JPEG2000", "jp2"), ("BMP", "bmp"), ("TIFF", "png")):  # fmt: skip
        noise(1).save(f"mixed/{format}.{ending}", format)
    assert prepare("mixed", "-o", "data", "--formats", "PNG,jpg", "--strict") == 0
    err = capsys.readouterr().err
    for format in ("GIF", "TGA", "PPM", "WEBP", "AVIF", "JPEG2000", "BMP", "TIFF"):
        assert f"such as mixed/{format}." in err
        assert f"{format} picture, not one of the formats asked for\n" in err
    records = read_manifest(Path("data", MANIFEST)).records
    assert [record.source for record in records if record.file] == ["mixed/PNG.png"]
    assert all(record.asked for record in records if not record.file)
    Path("mixed/bad.png").write_bytes(b"words")
    assert prepare("mixed", "-o", "data", "-q") == 3


@pytest.mark.parametrize("more", [[], ["--frames", "all"], ["--min-size", "8"], ["--tiles", "grid"]])
def test_every_way_to_read_keeps_to_the_list(place: Path, more: list[str]) -> None:
    """Frames, tiles and archives read the formats that are listed, and no others."""
    icon, photo = MADE["ICO"][0], saved(RGB, "PNG")
    Path("a.tar").write_bytes(tar_bytes({"1.ico": icon, "2.png": photo, "3": MADE["DDS"][0]}))
    Path("a.zip").write_bytes(zip_bytes([("1.ico", icon), ("2.png", photo), ("3", MADE["DDS"][0])]))
    options = ["-o", "data", "--size", "32", "--formats", "ico,dds", *more, "-q"]
    assert prepare("a.tar", "a.zip", *options) == 0
    records = read_manifest(Path("data", MANIFEST)).records
    used = [record.source.replace("#tile0", "").replace("#tile-0-0", "") for record in records if record.file]
    assert [source[:7] for source in used] == ["a.tar#1", "a.tar#3", "a.zip#1", "a.zip#3"]
    assert [record.source for record in records if record.asked] == ["a.tar#2.png", "a.zip#2.png"]


def test_the_list_is_stored_and_a_change_makes_all_again(place: Path) -> None:
    """A later run keeps to the stored list; ``default`` brings the usual formats back."""
    Path("mixed").mkdir()
    noise(1).save("mixed/a.png")
    noise(2).save("mixed/b.gif")
    assert prepare("mixed", "-o", "data", "--formats", "png", "-q") == 0
    assert read_heading(Path("data", MANIFEST)).recipe.formats == ("PNG",)
    before = stamps(Path("data"))
    assert prepare("mixed", "-o", "data", "-q") == 0
    assert stamps(Path("data")) == before
    assert prepare("mixed", "-o", "data", "--formats", "default", "-q") == 0
    assert open_data(Path("data")).count == 2


def test_a_manifest_without_the_list_reads_as_the_usual_one() -> None:
    """What was prepared before there was a choice has the usual formats; a format that there is not is refused."""
    document = Recipe(("a",), (32, 32), "rgb").document()
    assert recipe_from({**document, "formats": ["PNG", "ICO"]}).formats == ("PNG", "ICO")
    document.pop("formats")
    assert recipe_from(document).formats == DEFAULT_FORMATS
    with pytest.raises(ValueError, match="options of the wrong kind"):
        recipe_from({**document, "formats": ["EPS"]})


def test_no_list_has_a_format_that_runs_a_program() -> None:
    """EPS and the like are in no list, and only the formats that are listed are ever tried."""
    assert not (set(NEVER) & set(FURTHER)) and not (set(NEVER) & set(DEFAULT_FORMATS))
    Image.init()
    assert {"EPS", "WMF"} <= set(Image.OPEN) - set(FURTHER) - set(DEFAULT_FORMATS)
