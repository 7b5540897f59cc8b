"""Archives to try ``prepare`` on: good ones in every packing, and awkward ones made byte by byte."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from tests.data.makers import noise

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": partial(gzip.compress, mtime=0),  # the time would make every run another test
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
}


def png(seed: int, width: int = 24, height: int = 24, mode: str = "RGB") -> bytes:
    """Return a picture of noise as the bytes of a PNG file."""
    stream = io.BytesIO()
    noise(seed, width, height, mode).save(stream, "PNG")
    return stream.getvalue()


def pictures(*names: str) -> dict[str, bytes]:
    """Return a picture for each name; which one follows from its place."""
    return {name: png(seed) for seed, name in enumerate(names)}


def tar_bytes(members: Mapping[str, bytes], mtime: int = 1_700_000_000, extra: Iterable[tarfile.TarInfo] = ()) -> bytes:
    """Return a tar archive with ``extra`` headers, which have no data, in front."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", errors="surrogateescape") as archive:
        for info in extra:
            archive.addfile(info)
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), mtime
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def header(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """Return the header of a link, a device or the like."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zip_bytes(members: Iterable[tuple[str | zipfile.ZipInfo, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive; a name may come twice."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data, method)
    return stream.getvalue()


def write_archive(path: Path, members: Mapping[str, bytes], mtime: int = 1_700_000_000) -> Path:
    """Write an archive of the kind that its ending names."""
    kind = path.name.partition(".")[2]
    data = zip_bytes(members.items()) if kind == "zip" else PACKERS[kind](tar_bytes(members, mtime))
    path.write_bytes(data)
    return path
