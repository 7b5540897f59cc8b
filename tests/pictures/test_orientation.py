"""EXIF orientation, metadata that is out of order, reduced decoding of large JPEGs, threads and streams."""

import os
import tarfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gantools.errors import UsageError
from gantools.pictures.open import DEFAULT_FORMATS, PictureError, look, open_picture

SCENE = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
# The 0th row and the 0th column of the file, as the EXIF standard words it for each value.
TURNED = {
    1: SCENE,
    2: SCENE[:, ::-1],
    3: SCENE[::-1, ::-1],
    4: SCENE[::-1],
    5: SCENE.T,
    6: SCENE.T[:, ::-1],
    7: SCENE[::-1, ::-1].T,
    8: SCENE.T[::-1],
}


def oriented(picture: Image.Image, orientation: int, format: str) -> BytesIO:
    """Return a file that stores the picture as it is, with an orientation."""
    exif = Image.Exif()
    exif[274] = orientation
    stream = BytesIO()
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100}, "AVIF": {"quality": 100}}
    picture.save(stream, format, exif=exif.tobytes(), **options.get(format, {}))
    return stream


@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP", "JPEG", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(orientation, format):
    """Each of the eight orientations is undone in each format that stores one, and the header's size agrees."""
    stream = oriented(Image.fromarray(SCENE), orientation, format)
    found = np.asarray(open_picture(stream, channels="gray"))
    expected = TURNED[orientation]
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= (8 if format == "AVIF" else 2 if format == "JPEG" else 0)
    header = look(stream)
    assert (header.height, header.width) == expected.shape


def test_deep_pictures_are_turned_too():
    """A 16-bit picture with an orientation is scaled and turned."""
    stream = oriented(Image.fromarray(SCENE.astype(np.uint16) * 257), 6, "PNG")
    np.testing.assert_array_equal(np.asarray(open_picture(stream, channels="gray")), TURNED[6])


@pytest.mark.parametrize("orientation", [0, 9, 4711])
def test_an_orientation_outside_the_standard_is_upright(orientation):
    """Values other than 1 to 8 mean nothing and turn nothing."""
    stream = oriented(Image.fromarray(SCENE), orientation, "PNG")
    np.testing.assert_array_equal(np.asarray(open_picture(stream, channels="gray")), SCENE)


def test_an_unreadable_exif_block_is_noted_and_nothing_is_turned():
    """A broken EXIF block does not keep the picture from being read; the note says that it was ignored."""
    stream = BytesIO()
    Image.fromarray(SCENE).save(stream, "PNG", exif=b"Exif\0\0no tables here")
    notes: list[str] = []
    np.testing.assert_array_equal(np.asarray(open_picture(stream, channels="gray", notes=notes)), SCENE)
    assert notes == ["EXIF block ignored: unreadable"]
    assert look(stream).width == 3


def test_no_metadata_is_carried_along():
    """The picture handed out carries no EXIF, profile or text of its file."""
    picture = open_picture(oriented(Image.fromarray(SCENE), 3, "JPEG"), channels="rgb")
    assert picture.info == {} and not picture.getexif()


@pytest.mark.parametrize(
    ("orientation", "at_least", "expected"),
    [
        (1, None, (800, 400)),
        (1, (100, 100), (200, 100)),
        (1, (200, 100), (200, 100)),
        (1, (201, 100), (400, 200)),
        (1, (600, 600), (800, 400)),
        (6, (100, 200), (100, 200)),
        (6, (100, 201), (200, 400)),
    ],
)
def test_a_large_jpeg_is_decoded_smaller_but_never_below_the_need(orientation, at_least, expected):
    """A JPEG comes out at the smallest of 1, 1/2, 1/4, 1/8 that is at least (width, height) when upright."""
    x = np.linspace(0, 255, 800)
    picture = Image.fromarray(np.broadcast_to(x, (400, 800)).astype(np.uint8))
    stream = oriented(picture, orientation, "JPEG")
    found = open_picture(stream, channels="gray", at_least=at_least)
    assert found.size == (expected if orientation == 1 or at_least else expected[::-1])
    along = np.asarray(found).mean(axis=0 if orientation == 1 else 1)
    assert np.abs(along - np.linspace(0, 255, len(along))).max() < 4


def test_threads_read_the_same_pixels():
    """Pictures read by eight threads at once equal those read one by one, and the warning filters stay as they are."""
    rng = np.random.RandomState(0)
    files = [oriented(Image.fromarray(rng.randint(0, 255, (40, 50, 3)).astype(np.uint8)), 1 + i % 8, format).getvalue()
             for i, format in enumerate(["PNG", "TIFF", "WEBP", "JPEG", "AVIF"] * 8)]  # fmt: skip

    def read(data: bytes) -> bytes:
        return open_picture(BytesIO(data), channels="rgb").tobytes()

    alone = [read(data) for data in files]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, files)) == alone


@pytest.mark.parametrize("format", DEFAULT_FORMATS)
def test_members_of_a_tar_are_read(format, tmp_path):
    """A member of an archive, which has no file descriptor of its own, is read like a file in every format."""
    colours = np.tile(SCENE[..., None], (8, 8, 3)) // 2
    stream = BytesIO()
    options = {"compression": "tiff_lzw"} if format == "TIFF" else {}
    Image.fromarray(colours).save(stream, format, **options)
    whole = open_picture(stream, channels="rgb").tobytes()
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        member = tarfile.TarInfo("inside/picture")
        member.size = len(stream.getvalue())
        archive.addfile(member, BytesIO(stream.getvalue()))
    with tarfile.open(tmp_path / "a.tar") as archive:
        assert open_picture(archive.extractfile("inside/picture"), channels="rgb").tobytes() == whole


def test_a_pipe_is_read_as_a_stream():
    """A stream that cannot seek, such as standard input, is read whole."""
    reading, writing = os.pipe()
    stream = BytesIO()
    Image.fromarray(SCENE).save(stream, "PNG")
    with open(writing, "wb") as end:
        end.write(stream.getvalue())
    with open(reading, "rb") as end:
        assert open_picture(end, channels="gray").size == (3, 2)


def test_formats_can_be_narrowed_and_widened(tmp_path):
    """Only the formats asked for are tried; an unknown name is a usage error with the nearest ones."""
    path = tmp_path / "a.png"
    Image.fromarray(SCENE).save(path)
    with pytest.raises(PictureError, match="PNG picture, not one of the formats asked for"):
        look(path, ("JPEG", "MPO"))
    icon = BytesIO()
    Image.new("RGBA", (16, 16), (9, 9, 9, 255)).save(icon, "ICO")
    assert look(icon, ("PNG", "ICO")).format == "ICO"
    with pytest.raises(UsageError, match="unknown name 'JPGE'") as raised:
        look(path, ("JPGE",))
    assert "JPEG" in str(raised.value.hint)
