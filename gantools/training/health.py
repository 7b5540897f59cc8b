"""How a run fares: a verdict, a sentence with its reasons. A pure function of register and configuration; no torch.

It reads the history alone, which grows at fixed counts, so it changes at fixed counts alone. The thresholds were
chosen on runs that were broken on purpose and on healthy ones: docs/explanation/health.md has the table.
"""

from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, median

from gantools.config.catalog import LOSSES
from gantools.config.run import RunConfig
from gantools.training.course import Course, best_variety, fresh, variety
from gantools.training.register import Point, Register

EVEN_PLAY = {name: entry.even for name, entry in LOSSES.items() if entry.even}
"""The D loss when D cannot tell reals from fakes at all, of the losses where that is no difference of nothing."""

TOLERATED_RUN = 10
"""Turns in a row that may be non-finite before a run has diverged."""

SMALLEST_BATCH = 16
"""With fewer pictures a turn the signs are noise, and nothing is said."""

RECENT_POINTS = 8
"""Points that a verdict looks at: 80 rounds at first, later a thirtieth of the run at least."""

FIRST_ROUNDS = 300
"""Rounds after which a run should have left its start. Healthy ones did so by 130."""

ALIKE = 0.15
"""Variety under which fakes are nearly one picture. Healthy runs were above 0.6 by round 300, collapsed ones under."""

LOST, FADING = 0.4, 0.6
"""Shares of its best under which a run's variety is lost, and on its way there. Healthy runs kept above 0.8."""

FADING_POINTS = 3
"""Points in a row after which a falling variety is called so."""

RISING = 1.1
"""A run that is late to start is let alone while its variety grows by more than a tenth in as many points."""

WRONG_ORDER, WRONG_COST = 0.35, 1.25
"""D is turned around when it puts less than this share of the pairs right, a coin puts half, and pays more than this
times even play. A D that has not learnt yet may have the order wrong too, but it pays no more than even play."""

WILD = 3.0
"""Times even play above which the D loss of a run is wild. The largest of a healthy run was 1.6, at a single point."""

RIGHT_ORDER, BEATEN = 0.97, 0.2
"""D is ahead when it orders more than this share of the pairs right, and pays less than this share of even play, or
less than its square where the loss is steep."""

UNMOVED, UNLEARNT = 0.75, 0.5
"""Shares of the first gap above which fakes never came nearer, and above which they do not look like anything yet."""

STILL = 0.03
"""A gap that fell by less than this share of itself since half of the run has not moved."""

FAR = 0.3
"""Share of the first gap above which fakes do not look like the pictures yet."""

BY_HEART = 0.5
"""A run overfits when D puts training pictures above held-out ones by more than this share of how far it puts them
above fakes. Karras 2020 (ADA) steers it to as much."""


class State(StrEnum):
    """What a run can be called."""

    STARTING = "starting"
    HEALTHY = "healthy"
    OVERFITTING = "overfitting"
    D_AHEAD = "D ahead"
    STALLED = "stalled"
    COLLAPSING = "collapsing"
    COLLAPSED = "collapsed"
    DIVERGED = "diverged"


@dataclass(frozen=True)
class Verdict:
    """How a run fares.

    Args:
        state: its name.
        short: a few words for a display.
        reason: the figures behind it, in a sentence.
    """

    state: State
    short: str
    reason: str

    @property
    def is_lost(self) -> bool:
        """Say whether going on is useless: the run ends with 6 unless told otherwise."""
        return self.state in (State.COLLAPSED, State.DIVERGED)

    @property
    def is_well(self) -> bool:
        """Say whether fakes look like the pictures: a run that was lost has recovered."""
        return self.state in (State.HEALTHY, State.OVERFITTING)

    @property
    def is_good(self) -> bool:
        """Say whether a checkpoint of this moment is worth keeping: nothing is being lost."""
        return not self.is_lost and self.state is not State.COLLAPSING

    def __str__(self) -> str:
        """Return state and reason in one line."""
        return f"{self.state}: {self.reason}"


def verdict(config: RunConfig, register: Register) -> Verdict:
    """Judge a run by what its register holds.

    Only what came after the last change of its rates and the like counts (``judged_from``).
    """
    found = _verdict(config, register)
    if not register.nonfinite:
        return found
    turns = f"turns not finite: {register.nonfinite}"
    return Verdict(found.state, f"{found.short}; {turns}", f"{found.reason}; {turns}")


def even_play(config: RunConfig) -> float:
    """Return the D loss when D cannot tell reals from fakes at all; 0 for a loss without such a value."""
    return EVEN_PLAY.get(config.loss.name, 0.0)


def recent_d_loss(register: Register) -> float | None:
    """Return the mean D loss of the last points of the history, or the last one, or None."""
    points = [point.loss_d for point in register.points()[-RECENT_POINTS:] if point.loss_d is not None]
    return fmean(points) if points else register.loss_d


def _verdict(config: RunConfig, register: Register) -> Verdict:
    if register.nonfinite_run >= TOLERATED_RUN:
        reason = f"{register.nonfinite_run} turns in a row had a loss or gradients that are not finite"
        return Verdict(State.DIVERGED, "diverged: not finite", reason)
    if config.batch < SMALLEST_BATCH:
        return _starting(f"not judged: a batch of {config.batch} is under {SMALLEST_BATCH}")
    points = fresh(point for point in register.points() if point.round > register.judged_from)
    if len(points) <= RECENT_POINTS:
        return _starting("too early to tell")
    course = _course(points, register.judged_from)
    found = _now(course, config)
    if found.is_lost or _unlearnt(course) is None:
        return found
    return _lost_before(points, found, config, register.judged_from)


def _course(points: list[Point], judged_from: int) -> Course:
    count = max(RECENT_POINTS, len(points) // 16)
    return Course(points[:-count], points[-count:], points[-1].round - judged_from)


def _now(course: Course, config: RunConfig) -> Verdict:
    return (
        _diverged(course, config)
        or _collapsed(course)
        or _overfitting(course)
        or _ahead(course, config)
        or _stalled(course)
        or _unlearnt(course)
        or _healthy(course)
    )


def _lost_before(points: list[Point], found: Verdict, config: RunConfig, judged_from: int) -> Verdict:
    """Return that a run without likeness was lost before and has not been well since, or else ``found``, how it is now.

    Well for as many points as a verdict looks at: fewer may be the mean of what it was and of what it came to.
    """
    well = 0
    for end in range(len(points) - 1, RECENT_POINTS, -1):
        earlier = _now(_course(points[:end], judged_from), config)
        well = well + 1 if earlier.is_well else 0
        if well == RECENT_POINTS:
            break
        if earlier.is_lost:
            reason = f"at {points[end - 1].images} images {earlier.reason}; since then {found}"
            return Verdict(earlier.state, earlier.short, reason)
    return found


def _unlearnt(course: Course) -> Verdict | None:
    """The fakes have not come half the way to the pictures, or are alike still: nothing is known yet."""
    if course.nearness() < UNLEARNT and course.mean("spread") > ALIKE:
        return None
    gap, spread = course.mean("gap"), course.mean("spread")
    reason = f"no likeness yet: gap {gap:.2f}, two fakes differ {spread:.2f} as much as two pictures"
    return Verdict(State.STARTING, "starting: no likeness yet", reason)


def _starting(reason: str) -> Verdict:
    return Verdict(State.STARTING, reason, reason)


def _healthy(course: Course) -> Verdict:
    spread, gap, order = (course.mean(name) for name in ("spread", "gap", "order"))
    reason = f"two fakes differ {spread:.2f} as much as two pictures, gap {gap:.2f}, D right in {order:.0%} of pairs"
    return Verdict(State.HEALTHY, "healthy", reason)


def _diverged(course: Course, config: RunConfig) -> Verdict | None:
    """D is wrong: it pays far more than for knowing nothing, or more, and takes fakes for pictures."""
    order, losses, even = course.mean("order"), course.d_losses(), even_play(config)
    if losses and even and median(losses) > WILD * even:
        reason = f"the D loss is {median(losses):.3g}, and {even:.3g} where D knows nothing"
        return Verdict(State.DIVERGED, "diverged: the D loss is wild", reason)
    if losses and order < WRONG_ORDER and median(losses) > WRONG_COST * even:
        reason = f"D puts only {order:.0%} of the pairs of a picture and a fake in the right order, a coin puts 50%"
        return Verdict(State.DIVERGED, "diverged: D is turned around", reason)
    return None


def _collapsed(course: Course) -> Verdict | None:
    """Fakes that differed are alike now, or they never came to differ."""
    spread, now = course.mean("spread"), [variety(point) for point in course.now]
    best = best_variety(course.before)
    if best >= 2 * ALIKE:
        share = f"two fakes differ {spread:.2f} as much as two pictures; variety {fmean(now):.2f}, was {best:.2f}"
        if max(now) < LOST * best:
            return Verdict(State.COLLAPSED, "collapsed: fakes are alike", share)
        if max(now[-FADING_POINTS:]) < FADING * best:
            return Verdict(State.COLLAPSING, "collapsing: fakes grow alike", share)
        return None
    if course.rounds < FIRST_ROUNDS or max(now) >= ALIKE or course.nearness() > UNMOVED:
        return None
    if fmean(now) > RISING * fmean(map(variety, course.before[-len(now) :])):
        return None
    alike = f"two fakes differ {spread:.2f} as much as two pictures, variety {fmean(now):.2f}"
    reason = f"{alike}, after {course.rounds} rounds"
    return Verdict(State.COLLAPSED, "collapsed: fakes are alike", reason)


def _overfitting(course: Course) -> Verdict | None:
    """D knows its pictures by heart: it takes held-out ones for fakes, or nearly so."""
    known = [point.overfitting for point in course.now if point.overfitting is not None]
    if len(known) < len(course.now) or min(known) <= BY_HEART or course.nearness() >= UNLEARNT:
        return None
    reason = (
        f"D puts held-out pictures {fmean(known):.0%} of the way from its training pictures down to the fakes; "
        "more pictures help most"
    )
    return Verdict(State.OVERFITTING, "overfitting: D knows its pictures by heart", reason)


def _ahead(course: Course, config: RunConfig) -> Verdict | None:
    """D is nearly always right, and so sure of it that G has little to go by."""
    order, losses, even = course.mean("order"), course.d_losses(), even_play(config)
    share = median(losses) / even if losses and even else 0.0
    if order <= RIGHT_ORDER or share >= (BEATEN**2 if LOSSES[config.loss.name].steep else BEATEN):
        return None
    paid = f", and pays {share:.2f} of what even play costs" if even else ""
    reason = f"D puts {order:.1%} of the pairs of a picture and a fake in the right order{paid}"
    return Verdict(State.D_AHEAD, "D ahead: G learns little", reason)


def _stalled(course: Course) -> Verdict | None:
    """The fakes do not look like the pictures, and come no nearer."""
    if course.rounds < FIRST_ROUNDS:
        return None
    points, now = course.before + course.now, course.mean("gap")
    half = points[len(points) // 2].gap
    assert half is not None, "points without signs were left out"
    if course.nearness() < FAR or now < (1 - STILL) * half:
        return None
    reason = f"fakes are as far from the pictures as half the rounds ago: gap {now:.2f}, was {half:.2f}"
    return Verdict(State.STALLED, "stalled: fakes come no nearer", reason)
