"""What ``stylize`` is going to write: names, digests, and which pictures are there already. No torch."""

import os
import shlex
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

from gantools.config.style import EDITION, StyleConfig, changed
from gantools.errors import Again, InputError, RefusedError, UsageError, output_errors
from gantools.features.names import EMBEDDED, OCTAVES_EDITION, STYLING, has_weights
from gantools.files.atomic import require_file_name
from gantools.files.document import read_document
from gantools.files.header import canonical_json
from gantools.files.nearby import free_name, some_pictures
from gantools.pictures.note import require_ours
from gantools.pictures.open import look
from gantools.pictures.painted import is_painted
from gantools.pictures.reasons import PictureError
from gantools.pictures.write import Format
from gantools.style.contents import (
    STREAM,
    Content,
    Style,
    absent,
    digest_of,
    find_contents,
    require_picture,
    unreadable,
)
from gantools.style.pixels import reduced

FORMATS: dict[str, Format] = {".png": "png", ".webp": "webp", ".jpg": "jpeg", ".jpeg": "jpeg"}


@dataclass(frozen=True)
class Wish:
    """What was typed.

    Args:
        contents: files, folders or ``-``.
        styles: at least one.
        config: how pictures are redrawn.
        seed: keys all noise.
        weights: a file of the network's weights.
        preserve_color: ``none``, ``luma``, ``match`` or ``histogram``.
        output: where to write, ``-`` for stdout; None: beside the content.
        force: foreign files may be replaced, and what is there already is made again.
        cache: the folder that keeps downloads.
        masks: one a style, where it holds; empty: every style holds everywhere.
    """

    contents: tuple[str, ...]
    styles: tuple[Style, ...]
    config: StyleConfig
    seed: int = 0
    weights: Path | None = None
    preserve_color: str = "none"
    output: Path | None = None
    force: bool = False
    cache: Path = Path()
    masks: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Job:
    """One picture that will be made: of ``content``, to ``path`` or, without one, to stdout.

    Args:
        size: width and height in pixels.
        member: its name in the tar that goes to stdout; empty for one picture alone, and for files.
    """

    content: Content
    path: Path | None
    format: Format
    digest: str
    command: str
    size: tuple[int, int] = (1, 1)
    member: str = ""


@dataclass
class Plan:
    """All that will be made.

    Args:
        wish: what was typed.
        jobs: what is still to be made.
        done: files that are there already.
        skipped: contents that cannot be used, with the reason.
        paths: of all pictures, in the order of the contents.
        is_tar: several pictures go to stdout, as a tar.
    """

    wish: Wish
    jobs: list[Job] = field(default_factory=list)
    done: list[Path] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    paths: list[Path] = field(default_factory=list)
    is_tar: bool = False


def make_plan(wish: Wish, stdin: bytes | None) -> Plan:
    """Find the contents, name the outputs and see what is there already. Only headers are decoded.

    Args:
        wish: what was typed.
        stdin: what came by the pipe, when ``-`` is among the contents.

    Raises:
        InputError: a content or a style that is absent, or no content that can be used.
        RefusedError: something that gantools did not write stands where a picture is to go.
        UsageError: outputs that do not fit.
    """
    _require_inputs(wish)
    contents, is_many = find_contents(wish.contents, stdin)
    plan = Plan(wish, is_tar=is_many and str(wish.output) == STREAM)
    style_digests = tuple(digest_of(style.path) for style in wish.styles)
    folder = _folder(wish, is_many)
    taken: set[str] = set()
    for content in contents:
        try:
            seen = look(content.open())
        except PictureError as error:
            if not is_many:
                raise unreadable(content, error) from error
            plan.skipped[content.name] = error.reason
            continue
        stem = _free_stem(content.stem, taken) if is_many else content.stem
        job = replace(
            _job(wish, content, _path(wish, content, folder, stem), style_digests),
            size=reduced(seen.width, seen.height, wish.config.size),
            member=f"{stem}.png" if plan.is_tar else "",
        )
        _add(plan, job)
    if not plan.jobs and not plan.done:
        shown = "; ".join(f"{name}: {reason}" for name, reason in plan.skipped.items())
        raise InputError(f"{wish.contents[0]}: found no picture ({shown or 'nothing'}), expected some",
                         hint=Again(swap={wish.contents[0]: some_pictures()}))  # fmt: skip
    return plan


def _add(plan: Plan, job: Job) -> None:
    """Put a picture among those that are there already, or those that will be made where they may be."""
    plan.paths += [] if job.path is None else [job.path]
    if job.path is not None and not plan.wish.force and is_painted(job.path, job.digest):
        plan.done.append(job.path)
        return
    if job.path is not None:
        _require_free(job.path, plan.wish.force)
    plan.jobs.append(job)


def _require_inputs(wish: Wish) -> None:
    for style in wish.styles:
        require_picture("--style", style.path)
    if wish.config.start not in ("content", "noise"):
        require_picture("--start", Path(wish.config.start))
    for mask in wish.masks:
        require_picture("--mask", mask)
    if wish.masks and (len(wish.masks) != len(wish.styles) or any(style.weight != 1.0 for style in wish.styles)):
        found = f"{len(wish.masks)} for {len(wish.styles)} styles"
        message = f"--mask: found {found}, expected one for each --style, without weights, in their order"
        raise UsageError(message, hint=Again(drop=("--mask",)))
    if wish.weights is not None and not wish.weights.is_file():
        raise absent("--weights", str(wish.weights), "a file of weights")


def _folder(wish: Wish, is_many: bool) -> Path | None:
    """Return the folder to which several pictures go; None for one picture, or stdout."""
    output = wish.output
    if str(output) == STREAM:
        return None
    if not is_many:
        return output if output is not None and output.is_dir() else None
    if output is None:
        first = Path(wish.contents[0])
        if wish.contents == (str(first),) and first.is_dir():
            return first.with_name(f"{first.resolve().name}-{wish.styles[0].path.stem}")
        hint = shlex.join(["-o", free_name("stylized")])
        raise UsageError("stylize: found several pictures and no -o, expected a folder for them", hint=hint)
    if output.suffix.lower() in FORMATS and not output.is_dir():
        message = f"-o {output}: found a picture's name for several pictures, expected a folder's"
        raise UsageError(message, hint=shlex.join(["-o", str(output.with_suffix(""))]))
    if output.exists() and not output.is_dir():
        raise RefusedError(f"{output}: found something that is no folder, expected one or a new name",
                           hint=shlex.join(["-o", free_name(str(output))]))  # fmt: skip
    return output


def _free_stem(stem: str, taken: set[str]) -> str:
    """Return a name that no other picture has, and take it."""
    found, number = stem, 1
    while found in taken:
        number += 1
        found = f"{stem}-{number}"
    taken.add(found)
    return found


def _path(wish: Wish, content: Content, folder: Path | None, stem: str) -> Path | None:
    if folder is not None:
        return folder / f"{stem}.png"
    if str(wish.output) == STREAM:
        return None
    if wish.output is not None:
        if wish.output.suffix.lower() not in FORMATS:
            named = wish.output.with_suffix(".png") if wish.output.name else Path("out.png")
            message = f"-o {wish.output}: found the ending '{wish.output.suffix}', expected .png, .webp or .jpg"
            raise UsageError(message, hint=shlex.join(["-o", str(named)]))
        return wish.output
    if isinstance(content.source, bytes):
        hint = shlex.join(["-o", free_name("stylized.png")])
        raise UsageError("stylize -: found no -o, expected where to write what comes from a pipe", hint=hint)
    return content.source.with_name(f"{content.stem}-{wish.styles[0].path.stem}.png")


def _job(wish: Wish, content: Content, path: Path | None, styles: tuple[str, ...]) -> Job:
    config = replace(wish.config, preset="", start=_start_digest(wish.config), features=_eyes(wish.config))
    facts = {
        "editions": [EDITION, OCTAVES_EDITION if config.features == EMBEDDED else 0],
        "content": content.digest(),
        "styles": [[digest, style.weight] for digest, style in zip(styles, wish.styles, strict=True)],
        "config": asdict(config),
        "seed": wish.seed,
        "weights": "" if wish.weights is None else digest_of(wish.weights),
        "preserve_color": wish.preserve_color,
        "masks": [digest_of(mask) for mask in wish.masks],
    }
    digest = blake2b(canonical_json(facts), digest_size=16).hexdigest()
    picture_format = FORMATS["" if path is None else path.suffix.lower()] if path is not None else "png"
    return Job(content, path, picture_format, digest, _command(wish, content))


def _start_digest(config: StyleConfig) -> str:
    return config.start if config.start in ("content", "noise") else digest_of(Path(config.start))


def _eyes(config: StyleConfig) -> str:
    return config.features if config.features in STYLING else read_document(Path(config.features))[1].digest


def _command(wish: Wish, content: Content) -> str:
    """Return the line that makes one picture; files are named without their folders."""
    words = ["gantools", "stylize", "CONTENT" if content.name.startswith(STREAM) else Path(content.name).name]
    for style in wish.styles:
        words += ["--style", style.path.name + (f":{style.weight:g}" if style.weight != 1.0 else "")]
    words += [word for mask in wish.masks for word in ("--mask", mask.name)]
    words += ["--preset", wish.config.preset] if wish.config.preset != "default" else []
    config = replace(wish.config, features=Path(wish.config.features).name)
    words += [word for name, value in changed(config).items() for word in _words(name, value)]
    words += ["--weights", wish.weights.name] if wish.weights is not None else []
    words += ["--preserve-color", wish.preserve_color] if wish.preserve_color != "none" else []
    words += ["--seed", str(wish.seed)] if wish.seed else []
    return shlex.join(words)


def _words(name: str, value: object) -> list[str]:
    flag = "--" + name.replace("_", "-")
    if isinstance(value, tuple):
        return [flag, ",".join(value)] if value else []
    return [flag, f"{value:g}" if isinstance(value, float) else str(value)]


def _require_free(path: Path, force: bool) -> None:
    require_file_name(path)
    require_ours(path, "-o", force=force)
    with output_errors(path):
        existing = next((place for place in path.absolute().parents if place.exists()), Path("/"))
        if not existing.is_dir():
            raise NotADirectoryError(20, os.strerror(20))
        if not os.access(existing, os.W_OK | os.X_OK):
            raise PermissionError(13, os.strerror(13))


def settled_features(name: str, weights: Path | None, cache: Path, warn: Callable[[str], None]) -> str:
    """Return the features that ``auto`` stands for: VGG-19 where its weights are kept, else embedded.

    With a file of weights it stays ``auto``: the file tells. Nothing is downloaded unless a network is named.
    """
    if name != "auto" or weights is not None:
        return name
    if has_weights("vgg19", cache):
        return "vgg19"
    warn("features: no weights of VGG-19 are here, the embedded features are used; --features vgg19 downloads 548 MB")
    return "embedded"
