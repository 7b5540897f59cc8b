"""What ``prepare`` gives beside the folder: the paths of its pictures, and a sheet of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from gantools.commands.options import OUTPUT
from gantools.commands.product import emit_paths, require_one_product
from gantools.console import Console
from gantools.errors import Again, UsageError

ListPictures = Annotated[
    bool,
    typer.Option("--list", help="Print the path of each picture of the data set.", rich_help_panel=OUTPUT),
]

Sheet = Annotated[
    Path | None,
    typer.Option(
        "--sheet",
        metavar="FILE.png",
        show_default=False,
        help="Draw up to 64 pictures of the data set on one sheet.",
        rich_help_panel=OUTPUT,
    ),
]


@dataclass(frozen=True)
class Product:
    """What stdout gets: a JSON document, the paths of all pictures, or the folder's; and where a sheet goes."""

    json: bool = False
    listed: bool = False
    print0: bool = False
    sheet: Path | None = None

    def check(self, is_rehearsal: bool) -> None:
        """Refuse what contradicts itself.

        Raises:
            UsageError: two things for stdout, or pictures and sheets of a run that writes none.
        """
        require_one_product(("--json", self.json), ("-0", self.print0))
        require_one_product(("--json", self.json), ("--list", self.listed))
        typed = "--list" if self.listed else "--sheet"
        if is_rehearsal and (self.listed or self.sheet is not None):
            message = f"{typed}: found it beside --dry-run, expected one of them: a dry run makes no picture"
            raise UsageError(message, hint=Again(drop=(typed,)))

    def emit(self, folder: Path, files: list[str]) -> None:
        """Print the folder's path, or that of each picture."""
        emit_paths((folder / file for file in files) if self.listed else [folder], self.print0)

    def draw(self, folder: Path, console: Console) -> None:
        """Draw the sheet, if one is wanted; one that shows the same already stays as it is."""
        if self.sheet is None:
            return
        from gantools.inspection.plots import write_plot

        write_plot(folder, "data", self.sheet)
        console.line(f"sheet: {self.sheet}")

    def require_sheet_place(self, folder: Path, sources: tuple[str, ...], force: bool) -> None:
        """Check that a sheet can be written, and that no later run takes it for a picture.

        Raises:
            UsageError: a name that is no PNG's, or one inside the data set or a source.
            RefusedError: something else stands there.
        """
        if self.sheet is None:
            return
        from gantools.inspection.plots import require_plot_place

        places = {**{Path(source): "a source" for source in sources}, folder: "the data set"}
        require_plot_place(self.sheet, places, force=force, option="--sheet")
