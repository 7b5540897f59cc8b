"""The atomic writer: whatever stops it, a final name holds the old file or the new one, whole."""

import errno
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gantools.errors import Again, RefusedError, ResourceError
from gantools.files.atomic import atomic_writer, sweep, write_bytes
from tests.conftest import child_environment

OLD, NEW = b"old " * 1000, b"new " * 2000
POINTS = ("open", "write", "fsync", "chmod", "previous", "rename", "fsync-folder", "done")
REPLACED = {"fsync-folder", "done"}
WRITE = """
import sys
from pathlib import Path
from gantools.files.atomic import write_bytes
path = Path(sys.argv[1])
write_bytes(path, b"new " * 2000, previous=path.with_name(path.name + ".prev"))
"""
DIE_AT_EACH_POINT = """
import os, sys
from pathlib import Path
from gantools.files.atomic import write_bytes
os.environ["GANTOOLS_TESTING"] = "1"
for point in sys.argv[2:]:
    path = Path(sys.argv[1]) / point / "c.bin"
    child = os.fork()
    if child == 0:
        os.environ["GANTOOLS_FAULT"] = point
        write_bytes(path, b"new " * 2000, previous=path.with_name("c.bin.prev"))
        os._exit(0)
    print(point, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
LIMITED = """
import resource, sys
from pathlib import Path
from gantools.errors import ResourceError
from gantools.files.atomic import write_bytes
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
for size in (8000, 3_000_000):
    try:
        write_bytes(Path(sys.argv[1]), b"n" * size)
    except ResourceError as error:
        print(error.message)
"""


def python(code: str, *words: str | Path, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, without torch."""
    command = [*before, sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(command, env=child_environment(), capture_output=True, text=True, timeout=60, check=False)


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder, hidden ones too."""
    return sorted(entry.name for entry in folder.iterdir())


def test_death_at_any_step_leaves_old_or_new(tmp_path: Path) -> None:
    """A process killed at each step of a write leaves the whole old file before the rename, the whole new one after.

    What it leaves beside them is swept by the next one, and nothing else is.
    """
    for point in POINTS:
        (tmp_path / point).mkdir()
        (tmp_path / point / "c.bin").write_bytes(OLD)
    deaths = python(DIE_AT_EACH_POINT, tmp_path, *POINTS)
    assert deaths.stdout.splitlines() == [f"{point} -9" for point in POINTS], deaths.stderr
    for point in POINTS:
        path = tmp_path / point / "c.bin"
        assert path.read_bytes() == (NEW if point in REPLACED else OLD), point
        sweep(path)
        has_previous = point in {"rename", *REPLACED}
        assert names_in(path.parent) == (["c.bin", "c.bin.prev"] if has_previous else ["c.bin"]), point
        if has_previous:
            assert (path.parent / "c.bin.prev").read_bytes() == OLD, point


def test_death_before_the_rename_leaves_litter_to_sweep(tmp_path: Path) -> None:
    """A process killed between open and rename does leave a temporary file: the sweep has something to do."""
    (tmp_path / "rename").mkdir()
    python(DIE_AT_EACH_POINT, tmp_path, "rename")
    (litter,) = names_in(tmp_path / "rename")
    assert re.fullmatch(r"\.gantools-[0-9a-f]{12}-\d+\.tmp", litter)
    sweep(tmp_path / "rename" / "other.bin")
    assert names_in(tmp_path / "rename") == [litter]
    sweep(tmp_path / "rename" / "c.bin")
    assert names_in(tmp_path / "rename") == []


def test_sweep_spares_the_living(tmp_path: Path) -> None:
    """Only the litter of dead processes is removed: a running process may still be writing its own."""
    path = tmp_path / "c.bin"
    with atomic_writer(path) as stream:
        own = Path(stream.name)
        parent = own.with_name(own.name.replace(f"-{os.getpid()}.", f"-{os.getppid()}."))
        parent.write_bytes(b"someone else's")
        dead = own.with_name(own.name.replace(f"-{os.getpid()}.", "-999999999."))
        dead.write_bytes(b"a dead one's")
        sweep(path)
        assert parent.exists() and not dead.exists()
        own.touch()
    assert names_in(tmp_path) == sorted([parent.name, "c.bin"])


def test_sweep_removes_what_a_killed_process_left_that_nobody_waited_for(tmp_path: Path) -> None:
    """Where nothing waits for orphans, as in many containers, a killed run stays in /proc; what it left goes."""
    path = tmp_path / "c.bin"
    faulty = child_environment() | {"GANTOOLS_TESTING": "1", "GANTOOLS_FAULT": "rename"}
    writer = subprocess.Popen([sys.executable, "-c", WRITE, path], env=faulty)
    os.waitid(os.P_PID, writer.pid, os.WEXITED | os.WNOWAIT)
    assert Path("/proc", str(writer.pid)).exists()
    (litter,) = names_in(tmp_path)
    assert litter.endswith(f"-{writer.pid}.tmp")
    sweep(path)
    assert names_in(tmp_path) == []
    assert writer.wait() == -9


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_new_files_obey_the_umask(umask: int, mode: int, tmp_path: Path) -> None:
    """A new file's mode is what the umask leaves of 0666, which the writer does not change."""
    before = os.umask(umask)
    try:
        write_bytes(tmp_path / "c.bin", NEW)
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "c.bin").stat().st_mode) == mode


def test_replaced_files_keep_their_mode(tmp_path: Path) -> None:
    """A file of mode 0640 has it still after it was replaced."""
    path = tmp_path / "c.bin"
    path.write_bytes(OLD)
    path.chmod(0o640)
    write_bytes(path, NEW)
    assert path.read_bytes() == NEW
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_symbolic_links_stay(tmp_path: Path) -> None:
    """Writing through a link, absolute, relative or dangling, replaces its target and keeps the link."""
    real = tmp_path / "disk"
    real.mkdir()
    (real / "c.bin").write_bytes(OLD)
    links = {"absolute": real / "c.bin", "relative": Path("disk/c.bin"), "dangling": Path("disk/later/new.bin")}
    for name, target in links.items():
        link = tmp_path / name
        link.symlink_to(target)
        write_bytes(link, NEW)
        assert link.readlink() == target
        assert link.read_bytes() == NEW
    assert names_in(real) == ["c.bin", "later"]


def test_absent_folders_are_made(tmp_path: Path) -> None:
    """The folder of a final name is made when absent."""
    write_bytes(tmp_path / "a" / "b" / "c.bin", NEW)
    assert (tmp_path / "a" / "b" / "c.bin").read_bytes() == NEW


def test_folders_devices_and_pipes_are_refused(tmp_path: Path) -> None:
    """A folder, a device or a pipe is never replaced by a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "null"
    link.symlink_to("/dev/null")
    cases = {tmp_path: "a folder", pipe: "a device or a pipe", link: "a device or a pipe"}
    for path, kind in cases.items():
        with pytest.raises(RefusedError, match=f"^{re.escape(str(path))}: found {kind}, expected the name of a file"):
            write_bytes(path, NEW)
    assert names_in(tmp_path) == ["null", "pipe"]
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """When the space ends, for a small file at the end or a big one midway, the old file stays and no litter does."""
    path = tmp_path / "c.bin"
    path.write_bytes(OLD)
    ended = python(LIMITED, path)
    message = f"{path}: no space left to write it (File too large), expected more; what was there before is unchanged"
    assert ended.stdout.splitlines() == [message, message], ended.stderr
    assert path.read_bytes() == OLD
    assert names_in(tmp_path) == ["c.bin"]


def test_places_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    """A place below a file cannot be written: one line says so, in plain words; the hint is another place."""
    (tmp_path / "file").write_bytes(OLD)
    with pytest.raises(ResourceError) as caught:
        write_bytes(tmp_path / "file" / "c.bin", NEW)
    reason = "a file is where a folder should be"
    found = f"{tmp_path}/file/c.bin: cannot be written ({reason}), expected a place that can be written"
    assert caught.value.message == found
    hint = caught.value.hint
    assert isinstance(hint, Again)
    assert hint.swap == {f"{tmp_path}/file/c.bin": "c.bin"}
    assert hint.otherwise == f"ls -ld {tmp_path}"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("midway")])
def test_an_error_midway_changes_nothing(error: BaseException, tmp_path: Path) -> None:
    """An exception inside the block passes through; the old file stays and no litter does."""
    path = tmp_path / "c.bin"
    path.write_bytes(OLD)
    with pytest.raises(type(error)), atomic_writer(path) as stream:
        stream.write(b"half")
        raise error
    assert path.read_bytes() == OLD
    assert names_in(tmp_path) == ["c.bin"]


def test_previous_is_the_replaced_file_itself(tmp_path: Path) -> None:
    """The file that is replaced keeps living under the other name, the same inode, one generation back."""
    path, previous = tmp_path / "c.bin", tmp_path / "c.bin.prev"
    write_bytes(path, b"1", previous=previous)
    assert not previous.exists()
    inode = path.stat().st_ino
    write_bytes(path, b"2", previous=previous)
    assert (previous.stat().st_ino, previous.read_bytes()) == (inode, b"1")
    write_bytes(path, b"3", previous=previous)
    assert (previous.read_bytes(), path.read_bytes()) == (b"2", b"3")
    assert names_in(tmp_path) == ["c.bin", "c.bin.prev"]


@pytest.mark.parametrize("reason", [errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP])
def test_previous_is_a_copy_where_there_are_no_links(
    reason: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system without hard links, or a name on another one, gets a copy: saving still works."""

    def refuse(source: object, target: object) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(os, "link", refuse)
    path, previous = tmp_path / "c.bin", tmp_path / "c.bin.prev"
    path.write_bytes(OLD)
    write_bytes(path, NEW, previous=previous)
    assert (previous.read_bytes(), path.read_bytes()) == (OLD, NEW)
    assert names_in(tmp_path) == ["c.bin", "c.bin.prev"]


@pytest.mark.parametrize("name", ["a" * 255, "ü" * 127, "-rf", "a\nb", ".hidden"])
def test_any_name_that_the_system_takes_works(name: str, tmp_path: Path) -> None:
    """Names of 255 bytes, leading dashes and new lines are names like others: the temporary one is short."""
    write_bytes(tmp_path / name, NEW)
    assert names_in(tmp_path) == [name]


def test_names_longer_than_that_are_told(tmp_path: Path) -> None:
    """A name of 256 bytes ends with the operating system's reason, not with a traceback."""
    with pytest.raises(ResourceError, match=re.escape(f"cannot be written ({os.strerror(errno.ENAMETOOLONG)})")):
        write_bytes(tmp_path / ("a" * 256), NEW)
    assert names_in(tmp_path) == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_bytes_reach_the_disk_before_the_name(tmp_path: Path) -> None:
    """The kernel sees: write, fsync of the file, mode, link of the previous one, rename, fsync of the folder."""
    (tmp_path / "c.bin").write_bytes(OLD)
    calls = "trace=openat,write,fsync,fchmod,link,linkat,rename,renameat2"
    traced = python(WRITE, tmp_path / "c.bin", before=("strace", "-f", "-y", "-e", calls))
    if "ptrace" in traced.stderr.lower() and traced.returncode:
        pytest.skip("strace may not trace here")
    temporary, folder = r"\.gantools-[0-9a-f]{12}-\d+\.tmp", re.escape(str(tmp_path))
    order = [
        rf"write\(\d+<{folder}/{temporary}>",
        rf"fsync\(\d+<{folder}/{temporary}>\)",
        rf"fchmod\(\d+<{folder}/{temporary}>",
        rf'link(at)?\(.*"{folder}/c\.bin"',
        rf'rename(at2)?\(.*{temporary}".*"{folder}/c\.bin\.prev"',
        rf'rename(at2)?\(.*{temporary}".*"{folder}/c\.bin"',
        rf"fsync\(\d+<{folder}>\)",
    ]
    lines = traced.stderr.splitlines()
    seen = [next((i for i, line in enumerate(lines) if re.search(call, line)), None) for call in order]
    assert None not in seen and seen == sorted(seen), "\n".join(line for line in lines if str(tmp_path) in line)


def test_what_can_be_made_again_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is not durable is never synced, a durable one twice: itself and its folder."""
    synced: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode)))
    write_bytes(tmp_path / "a.png", NEW, durable=False)
    assert synced == []
    write_bytes(tmp_path / "c.bin", NEW)
    assert synced == [False, True]
