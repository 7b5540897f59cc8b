"""The charts of a run: both losses with what happened on the way, and each figure that was measured."""

from gantools.files.document import Document
from gantools.inspection.charts import Line, LineChart, draw, draw_narrow, flag_list, flags_of, legend
from gantools.inspection.story import FigurePoint, Story
from gantools.training.health import EVEN_PLAY
from gantools.wording import counted


def loss_chart(document: Document, story: Story) -> str:
    """Return the chart of the losses; a sentence where the run is too young for one."""
    if len(story.loss_d) < 2:
        return "<p>The run is too young to have a history of losses.</p>"
    config, register = document.config, document.register
    flags, left_out = flags_of(story.marks)
    skips, faults = story.stretches(story.skipped), story.stretches(story.nonfinite)
    even = EVEN_PLAY.get(config.loss.name)
    chart = LineChart(
        f"Losses of D and G over {register.images:,} images seen, with {counted(len(flags), 'mark')}",
        [Line("D loss", "d", story.loss_d), Line("G loss", "g", story.loss_g)],
        level=None if even is None else (even, "even play for D"),
        bands=[(*each, "skip") for each in skips] + [(*each, "fault") for each in faults],
        flags=flags,
        end=register.images,
        unit="loss",
    )
    more = [("skip", f"{counted(register.skipped, 'D step')} skipped")] if skips else []
    more += [("fault", f"{counted(register.nonfinite, 'step')} not finite")] if faults else []
    note = f'<p class="note">{counted(left_out, "resume or older mark", "resumes or older marks")} left out.</p>'
    return f'<div class="card">{legend(chart, more)}{draw(chart)}{flag_list(flags)}{note if left_out else ""}</div>'


def sign_chart(story: Story, document: Document) -> str:
    """Return the chart of the vital signs: how various the fakes were; nothing where none were measured."""
    if not story.signs:
        return ""
    lines = [
        Line(name, kind, story.signs[name]) for name, kind in (("spread", "g"), ("twins", "v")) if name in story.signs
    ]
    level = (1.0, "as in the reals")
    chart = LineChart("Variety of the fakes over images seen", lines, level, end=document.register.images, unit="share")
    note = (
        '<p class="note">Spread is how unlike two fakes are, as a share of two reals; twins is how far a fake is '
        "from the one most like it, likewise. Both fall towards 0 when a run collapses.</p>"
    )
    return f'<h3>Variety</h3>{note}<div class="card">{legend(chart, [])}{draw(chart)}</div>'


def augment_chart(story: Story, document: Document) -> str:
    """Return the chart of the augmentation's strength; nothing where there was none."""
    if not any(value for _, value in story.augment):
        return ""
    line = Line("how probable each change of a picture is", "v", story.augment, is_noisy=False)
    chart = LineChart(
        "Strength of the augmentation over images seen", [line], end=document.register.images, unit="share"
    )
    return f'<h3>Augmentation</h3><div class="card">{legend(chart, [])}{draw(chart)}</div>'


def figure_charts(story: Story, document: Document) -> str:
    """Return a chart for each figure that was measured during the run."""
    shown = [_figure_chart(name, points, document.register.images) for name, points in story.figures.items()]
    if not shown:
        return ""
    note = '<p class="note">Each with its interval; the dashed line is its floor, the same of real pictures.</p>'
    return f'<h3>Figures on the way</h3>{note}<div class="charts">{"".join(shown)}</div>'


def _figure_chart(name: str, points: list[FigurePoint], end: int) -> str:
    floor = points[-1].floor
    said = f"{name} over images seen, {counted(len(points), 'value')}, now {points[-1].value:.3g}"
    line = Line(name, "v", [(point.images, point.value) for point in points], is_noisy=False)
    ranges = [(point.images, point.low, point.high) for point in points if point.low is not None is not point.high]
    chart = LineChart(said, [line], None if floor is None else (floor, "floor"), ranges=ranges, end=end, unit=name)
    return f'<div class="card">{draw_narrow(chart)}</div>'
