"""Building configurations: where values come from, what is refused, and the way through JSON and ``--set``."""

import dataclasses
import json
import math
from typing import Any, get_origin

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from gantools.commands import train
from gantools.commands.changes import CHANGEABLE, require_allowed
from gantools.config.augment import AugmentConfig
from gantools.config.build import (
    PictureShape,
    all_fields,
    build,
    changes,
    check,
    from_json,
    resolve,
    set_by_presets,
    to_json,
    values_of,
    with_values,
)
from gantools.config.catalog import FAMILIES, LOSSES, PENALTIES, PRESETS, find
from gantools.config.conflicts import conflicts
from gantools.config.fields import SWITCH, OnResume, setting_of
from gantools.config.run import RunConfig
from gantools.config.sizes import doublings
from gantools.config.typed import collect, parse_assignment, parse_drop
from gantools.errors import Again, InputError, UsageError

GREY = PictureShape(28, 28, 1)
FIELDS = all_fields()
CONFIG = resolve(GREY, {}).config
FLAGGED = {name for name, field in FIELDS.items() if setting_of(field).flag} - {"precision"}
DROPS = ((0.5, 1000), (0.1, 400_000))


def message_of(call: Any, *arguments: Any) -> str:
    """Return what a call that is refused says."""
    with pytest.raises(UsageError) as caught:
        call(*arguments)
    return caught.value.message


def another(name: str) -> Any:
    """Return an allowed value of a field that is not the one in ``CONFIG``."""
    field, value = FIELDS[name], values_of(CONFIG)[name]
    known = setting_of(field)
    if known.choices:
        return next(choice for choice in known.choices if choice != value)
    if get_origin(field.type) is tuple:
        return DROPS
    if field.type is float:
        return known.minimum if value != known.minimum else known.maximum
    return value - 1 if value > (known.minimum or 0) else value + 1


# Every value has its place.


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_described(name: str) -> None:
    """A field has a help sentence, a range or choices, a default within them, and a source unless the data decide."""
    field = FIELDS[name]
    known = setting_of(field)
    assert known.help.endswith(".")
    assert known.choices or None not in (known.minimum, known.maximum) or get_origin(field.type) is tuple
    if field.default is dataclasses.MISSING:
        assert "the data decide" in known.help
    else:
        assert known.source or name in ("network.family", "preset")
        check(with_values(CONFIG, {name: field.default} if name != "network.critic_norm" else {}))


def options_of(command: Any) -> dict[str, typer.models.OptionInfo]:
    """Return the options of a command by their flag."""
    found = {}
    for name, annotation in command.__annotations__.items():
        for option in getattr(annotation, "__metadata__", ()):
            if isinstance(option, typer.models.OptionInfo):
                flags = [*(option.param_decls or ()), option.default] if isinstance(option.default, str) else []
                found[next(iter(flags or option.param_decls or [f"--{name.replace('_', '-')}"]))] = option
    return found


@pytest.mark.parametrize("name", sorted(FLAGGED))
def test_flag_and_field_share_default_and_help(name: str) -> None:
    """The flag of a field exists in ``train`` and shows the field's own default, help and choices.

    Not so precision, whose default is what the device does best.
    """
    field = FIELDS[name]
    known = setting_of(field)
    option = options_of(train.train)[known.flag]
    shown = "none" if field.default == () else str(field.default)
    assert option.show_default == (f"{shown}, or the preset's" if name in set_by_presets() else shown)
    assert option.help.startswith(known.help)
    assert known.choices == SWITCH or all(choice in option.help for choice in known.choices)


def test_values_go_by_rank() -> None:
    """A field's default gives way to the preset, that to the data, that to what was typed; each origin is told."""
    found = resolve(GREY, {"network.family": "fc", "optimizer.lr_g": 0.5})
    assert (found.config.optimizer.lr_g, found.origins["optimizer.lr_g"]) == (0.5, "typed")
    assert found.config.optimizer.lr_d == 2e-4
    assert found.origins["optimizer.lr_d"] == "preset auto: the lesson's fully connected GAN"
    assert (found.config.network.height, found.origins["network.height"]) == (28, "the data")
    assert found.config.average.ramp == FIELDS["average.ramp"].default
    assert found.origins["average.ramp"] == "Karras 2020 (stylegan2-ada): 5 %"
    assert found.origins.keys() == FIELDS.keys()


def test_the_data_decide_the_shape() -> None:
    """A typed height, width or channel count other than the pictures' is refused, all of them together."""
    typed = {"network.height": 32, "network.width": 28, "network.channels": 3}
    assert message_of(resolve, GREY, typed) == (
        "--set network.height: found 32, the pictures have 28; --set network.channels: found 3, the pictures have 1; "
        "expected the data to decide"
    )


OF_PRESET = {"lesson": "fc", "lesson-conv": "conv"} | {name: name for name in FAMILIES if name in PRESETS}
FITTING = [
    (preset, family)
    for preset in PRESETS
    for family in (None, *FAMILIES)
    if family in (None, OF_PRESET.get(preset, family))
]


@pytest.mark.parametrize(("preset", "family"), FITTING)
def test_every_preset_resolves_for_every_size_that_fits(preset: str, family: str | None) -> None:
    """From 8 to 128 pixels a size either resolves, or is refused by a family that cannot draw it, with a way out."""
    typed = {"preset": preset} | ({} if family is None else {"network.family": family})
    for side in range(8, 129):
        shape = PictureShape(side, side, 3)
        try:
            config = resolve(shape, typed).config
        except UsageError as error:
            assert doublings(side, side) is None
            arch = family or OF_PRESET.get(preset, "dcgan")
            assert error.message.startswith(f"--arch {arch}: found pictures of {side}x{side}, expected sides of 3 to 8")
            assert error.hint == "--arch fc"
        else:
            assert config.network.family == "fc" or doublings(side, side) is not None
            assert (config.network.height, config.network.channels) == (side, 3)


# What is refused.


def test_all_faults_are_told_together() -> None:
    """Values out of range are listed in one message, each under the flag that sets it."""
    typed = {"batch": 1, "optimizer.lr_g": -1.0, "network.latent_dim": 0, "loss.name": "wassertsein"}
    assert message_of(resolve, GREY, typed) == (
        "4 faults in the configuration: --set network.latent_dim: found 0, expected 1 to 4096; "
        f"--loss: found 'wassertsein', expected one of {', '.join(LOSSES)}; "
        "--lr-g: found -1.0, expected 0.0 to 10.0; --batch: found 1, expected 2 to 65536"
    )


def test_a_preset_of_another_family_is_told() -> None:
    """A preset and a family that contradict each other are both named: a rate of one would ruin the other."""
    for preset, of_preset, family in (("dcgan", "dcgan", "fc"), ("lesson", "fc", "dcgan")):
        found = message_of(resolve, GREY, {"preset": preset, "network.family": family})
        assert found == (
            f"--preset {preset} and --arch {family}: the preset has {of_preset} networks, expected one of the two"
        )


def test_contradictions_name_both_sides() -> None:
    """A penalty beside batch statistics, and a norm that a family does not know, are refused with the remedy."""
    with pytest.raises(UsageError) as caught:
        resolve(GREY, {"loss.penalty": "r1", "network.critic_norm": "batch"})
    assert caught.value.message.startswith("--penalty r1 and network.critic_norm=batch: ")
    assert caught.value.hint == "--penalty r1 --set network.critic_norm=none"
    with pytest.raises(UsageError) as caught:
        resolve(GREY, {"network.family": "fc", "network.critic_norm": "batch"})
    assert caught.value.message == "--arch fc and network.critic_norm=batch: expected none, spectral"
    assert caught.value.hint == "--set network.critic_norm=none"


@pytest.mark.parametrize("name", [name for name in FIELDS if setting_of(FIELDS[name]).maximum is not None])
def test_ranges_are_closed(name: str) -> None:
    """Both ends of a range are allowed, what lies beyond and NaN are not."""
    known, kind = setting_of(FIELDS[name]), FIELDS[name].type
    step = 1 if kind is int else 1e-3
    family = "stylegan2" if name == "loss.path_length" else "fc"
    values = values_of(resolve(GREY, {"network.family": family}).config)
    for end in (known.minimum, known.maximum):
        fitting = {"network.conditional": "yes"} if name == "network.classes" and end else {}
        fitting |= {"horizon.images": 1_000} if name.startswith("horizon.") and name != "horizon.images" else {}
        check(build(values | fitting | {name: kind(end)}))
    beyond = [known.minimum - step, known.maximum + step] + ([math.nan] if kind is float else [])
    for value in beyond:
        assert f": found {value}, expected " in message_of(check, build(values | {name: value}))


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("batch", "--set: found 'batch', expected FIELD=VALUE", Again("--set batch=64", was="batch")),
        ("batch=", "--set batch: found '', expected a whole number", "--set batch=64"),
        ("batch=1.5", "--set batch: found '1.5', expected a whole number", "--set batch=64"),
        ("loss.gamma=x", "--set loss.gamma: found 'x', expected a number", "--set loss.gamma=1.0"),
        ("loss.gamma=inf", "--set loss.gamma: found 'inf', expected a finite number", "--set loss.gamma=1.0"),
        ("balance.lr_drops=2@5", "--lr-drop: found '2@5', expected FACTOR@IMAGES with a factor in (0, 1]",
         Again("--lr-drop 0.1@400k", drop=("--set balance.lr_drops",), was="2@5")),
    ],
)  # fmt: skip
def test_assignments_that_cannot_be_read(text: str, message: str, hint: str | Again) -> None:
    """A ``--set`` of another form or type is refused with what was expected."""
    with pytest.raises(UsageError) as caught:
        parse_assignment(text)
    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("what", "table", "name", "nearest"),
    [
        ("--arch", FAMILIES, "dcgna", "dcgan"),
        ("--loss", LOSSES, "hinges", "hinge"),
        ("--penalty", PENALTIES, "r1r2", "r1+r2"),
        ("--preset", PRESETS, "leson", "lesson"),
        ("--set", FIELDS, "optimizer.lr", "optimizer.lr_g"),
    ],
)
def test_unknown_names_get_the_nearest(what: str, table: dict[str, Any], name: str, nearest: str) -> None:
    """A name that no catalogue knows is refused with all choices, the nearest one as the hint."""
    with pytest.raises(UsageError) as caught:
        find(what, table, name)
    assert caught.value.message == f"{what}: unknown name '{name}', expected one of {', '.join(sorted(table))}"
    assert caught.value.hint == Again(f"{what} {nearest}", was=name)


def test_unknown_fields_get_the_nearest() -> None:
    """``--set`` of a field that does not exist suggests the one that was meant."""
    with pytest.raises(UsageError) as caught:
        parse_assignment("optimizer.lrg=1")
    assert caught.value.message.startswith("--set: unknown name 'optimizer.lrg', expected one of ")
    assert caught.value.hint == Again("--set optimizer.lr_g=1", was="optimizer.lrg=1")


def test_flag_and_assignment_agree_or_are_told() -> None:
    """A field set by its flag and by ``--set`` must be given one value: neither overrules the other in silence."""
    assert collect({"batch": 8, "loss.name": None}, ["batch=8", "loss.gamma=2"]) == {"batch": 8, "loss.gamma": 2.0}
    assert (
        message_of(collect, {"batch": 8}, ["batch=9"]) == "--batch and --set batch: found 8 and 9, expected one value"
    )
    assert message_of(collect, {}, ["average.ramp=0.1", "average.ramp=0.2"]) == (
        "--set and --set average.ramp: found 0.1 and 0.2, expected one value"
    )


@pytest.mark.parametrize(
    ("text", "drop"),
    [("0.1@400k", (0.1, 400_000)), ("0.5@1.5M", (0.5, 1_500_000)), ("1@0", (1.0, 0)), ("0.25@8", (0.25, 8))],
)
def test_drops_are_read(text: str, drop: tuple[float, int]) -> None:
    """``FACTOR@IMAGES`` takes k and M."""
    assert parse_drop(text) == drop


@pytest.mark.parametrize("text", ["0@5", "-1@5", "1.1@5", "0.5", "0.5@", "@5", "0.5@-1", "nan@5", "0.5@inf", "0.5@nan"])
def test_other_drops_are_refused(text: str) -> None:
    """A factor outside (0, 1], or images that are no count, are refused."""
    assert message_of(parse_drop, text) == f"--lr-drop: found '{text}', expected FACTOR@IMAGES with a factor in (0, 1]"


# Through JSON and --set.


def value_of(name: str) -> st.SearchStrategy[Any]:
    """Draw allowed values of a field."""
    field = FIELDS[name]
    known = setting_of(field)
    if known.choices:
        return st.sampled_from(known.choices)
    if get_origin(field.type) is tuple:
        drop = st.tuples(st.floats(0.001, 1.0), st.integers(0, 10**9))
        return st.lists(drop, max_size=3).map(tuple)
    if field.type is int:
        return st.integers(int(known.minimum or 0), int(known.maximum or 0))
    return st.floats(known.minimum, known.maximum)


NEUTRAL = {
    "loss.smoothing": 0.0,
    "balance.skip_d_below": 0.0,
    "augment.schedule": "fixed",
    "network.deviation_group": 0,
    "network.packing": 1,
    "loss.path_length": 0.0,
    "network.conditional": "no",
    "network.classes": 0,
    "horizon.images": 1_000_000,
}
"""Values that go together with all others."""


def without_conflicts(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a network without batch statistics; where two of them conflict, the neutral ones."""
    values = values | {"network.family": "fc", "network.critic_norm": "none"}
    return values | NEUTRAL if conflicts(build(values)) else values


CONFIGS = st.fixed_dictionaries({name: value_of(name) for name in FIELDS}).map(without_conflicts)


@settings(deadline=None)
@given(values=CONFIGS)
def test_any_configuration_survives_json(values: dict[str, Any]) -> None:
    """Whatever values a run has, JSON gives the same configuration back, to the last bit."""
    config = build(values)
    assert from_json(json.loads(json.dumps(to_json(config), allow_nan=False)), "it") == config


@settings(deadline=None)
@given(values=CONFIGS)
def test_any_value_survives_an_assignment(values: dict[str, Any]) -> None:
    """What ``--set`` reads from a value written out is that value, of the field's own type."""
    for name, value in values.items():
        text = ",".join(f"{f!r}@{n}" for f, n in value) if isinstance(value, tuple) else str(value)
        assert parse_assignment(f"{name}={text}") == (name, value)
        assert type(parse_assignment(f"{name}={text}")[1]) is type(value)


@settings(deadline=None)
@given(document=st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                             lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
                             max_leaves=8))  # fmt: skip
def test_any_other_document_is_refused(document: Any) -> None:
    """JSON that is no configuration, whatever it is, is refused under the name of the file it came from."""
    with pytest.raises(InputError) as caught:
        from_json(document, "c.safetensors")
    assert caught.value.message.startswith("c.safetensors: found a stored configuration that cannot be read (")


@settings(deadline=None)
@given(
    name=st.sampled_from(sorted(FIELDS)), value=st.sampled_from([None, "x", True, [], {}, -1, 10**30, 0.5, [[2, 3]]])
)
def test_a_field_of_another_type_is_refused(name: str, value: Any) -> None:
    """A stored value of another type, or out of range, is refused; where it fits, it is what comes back."""
    document = to_json(CONFIG)
    subject, _, inner = name.rpartition(".")
    (document[subject] if subject else document)[inner] = value
    try:
        found = values_of(from_json(document, "it"))[name]
    except InputError as error:
        assert error.message.startswith("it: found a stored configuration that cannot be read (")
    else:
        assert (list(found) if isinstance(value, list) else found) == value
        is_widened = (type(value), type(found)) == (int, float)  # JSON writes 1.0 as 1 in other hands
        assert isinstance(value, list) or type(found) is type(value) or is_widened


@pytest.mark.parametrize(
    "drops", [{}, "", [[2.0, 3]], [[0.0, 3]], [[math.nan, 3]], [[0.5, -1]], [[0.5, 3.5]], [[0.5]], ["ab"], [0.5, 3]]
)
def test_stored_drops_obey_the_flag_s_rule(drops: Any) -> None:
    """A stored ``balance.lr_drops`` is a list of [factor in (0, 1], images]; anything else is refused."""
    document = to_json(CONFIG)
    document["balance"]["lr_drops"] = drops
    with pytest.raises(InputError, match="found a stored configuration that cannot be read"):
        from_json(document, "it")


# A stored run and other values.

ON_RESUME = {
    OnResume.FIXED: {"network.family", "network.height", "network.width", "network.channels", "network.latent_dim",
                     "network.base_width", "network.max_width", "network.grow_images", "network.mapping_depth",
                     "network.mixing", "network.blocks", "network.critic_norm", "network.deviation_group",
                     "network.packing", "network.conditional", "network.classes", "preset", "seed"},
    OnResume.ASK: {"loss.name", "loss.penalty", "batch"},
    OnResume.BITS: {"precision"},
    OnResume.EVENT: {"loss.smoothing", "loss.drift", "loss.path_length", "loss.path_interval",
                     "loss.gamma", "loss.penalty_interval", "optimizer.lr_g", "optimizer.lr_d", "optimizer.beta1",
                     "optimizer.beta2", "optimizer.weight_decay", "balance.d_steps", "balance.skip_d_below",
                     "balance.lr_drops", "balance.freeze_d", "augment.operations", "augment.schedule",
                     "augment.strength", "augment.images", "augment.target", "augment.mirror",
                     "average.half_life_images", "average.ramp", "horizon.images", "horizon.rates", "horizon.beta2",
                     "horizon.gamma", "length_images"},
}  # fmt: skip


def test_every_field_has_its_rule() -> None:
    """What defines a run is fixed, loss and batch ask, the machine costs bits, all else is an event."""
    found = {rule: {name for name, field in FIELDS.items() if setting_of(field).on_resume is rule} for rule in OnResume}
    assert found == ON_RESUME


@pytest.mark.parametrize("name", FIELDS)
def test_the_rule_of_each_field_holds(name: str) -> None:
    """Another value is refused, asked for, or accepted, as the field says; the stored value itself always passes."""
    new, old, rule = another(name), values_of(CONFIG)[name], setting_of(FIELDS[name]).on_resume
    assert require_allowed(CONFIG, {name: old}, ()) == []
    if rule is OnResume.FIXED:
        for allowed in ((), (name,), (name.partition(".")[0],)):
            with pytest.raises(UsageError) as caught:
                require_allowed(CONFIG, {name: new}, allowed)
            found = f"{name}: found {new}, stored {old}: these define the run, expected the stored values"
            found += "; a new run needs another -o"
            assert caught.value.message == found
    elif rule is OnResume.ASK:
        with pytest.raises(UsageError) as caught:
            require_allowed(CONFIG, {name: new}, ())
        found = f"{name}: found {new}, stored {old}: this changes what the run means, expected the stored values"
        assert (caught.value.message, caught.value.hint) == (found, f"--allow-change {name}")
        for allowed in (name, name.partition(".")[0]):
            assert allowed in CHANGEABLE
            assert [change.new for change in require_allowed(CONFIG, {name: new}, (allowed,))] == [new]
    else:
        (change,) = require_allowed(CONFIG, {name: new}, ())
        assert (change.name, change.old, change.new) == (name, old, new)


def test_only_what_is_typed_is_compared() -> None:
    """Untyped values keep what is stored, even where the defaults have changed since."""
    stored = with_values(CONFIG, {"optimizer.lr_g": 0.7, "average.ramp": 0.9})
    assert changes(stored, {}) == []
    assert [change.name for change in changes(stored, {"optimizer.lr_g": 0.7, "optimizer.lr_d": 0.7})] == [
        "optimizer.lr_d"
    ]


def test_changed_values_are_checked() -> None:
    """A change that contradicts what is stored is refused like a typed one."""
    assert message_of(with_values, CONFIG, {"network.critic_norm": "batch"}).startswith("--penalty r1+r2 and network.")
    assert message_of(with_values, CONFIG, {"optimizer.lr_g": 11.0}) == "--lr-g: found 11.0, expected 0.0 to 10.0"


def test_configurations_are_values() -> None:
    """Two equal configurations are equal and hash alike, and none can be changed in place."""
    again = build(values_of(CONFIG))
    assert (again, hash(again)) == (CONFIG, hash(CONFIG))
    assert isinstance(again, RunConfig)
    with pytest.raises(dataclasses.FrozenInstanceError):
        again.seed = 1  # type: ignore[misc]


# What goes with what.


@pytest.mark.parametrize(
    ("typed", "message", "hint"),
    [
        ({"loss.name": "hinge", "loss.smoothing": 0.1}, "--loss hinge and loss.smoothing=0.1: ",
         "--set loss.smoothing=0"),
        ({"loss.name": "wasserstein", "balance.skip_d_below": 1.0}, "--skip-d-below 1 and --loss wasserstein: ",
         "--skip-d-below 0"),
        ({"loss.name": "relativistic", "augment.operations": "cutout", "augment.schedule": "adaptive"},
         "augment.schedule=adaptive and --loss relativistic: ", "--set augment.schedule=ramp"),
        ({"augment.schedule": "ramp"}, "augment.schedule=ramp and --augment none: ",
         "--augment color,translation,cutout"),
        ({"augment.operations": "cutout", "augment.schedule": "horizon"},
         "augment.schedule=horizon and horizon.images=0: ", "--set horizon.images=1000000"),
        ({"horizon.rates": 0.1}, "horizon.rates=0.1 and horizon.images=0: ", "--set horizon.images=1000000"),
        ({"loss.path_length": 2.0}, "--arch dcgan and loss.path_length=2: ", "--set loss.path_length=0"),
        ({"network.packing": 3}, "--batch 64 and network.packing=3: ", "--batch 66"),
        ({"network.packing": 2, "network.deviation_group": 3}, "--batch 64 and network.deviation_group=3: ",
         "--batch 66"),
    ],
)  # fmt: skip
def test_what_cannot_go_together_is_refused(typed: dict[str, Any], message: str, hint: str) -> None:
    """Both sides are named, and the hint mends it: with its options the configuration is accepted."""
    with pytest.raises(UsageError) as caught:
        resolve(GREY, typed)
    assert caught.value.message.startswith(message)
    assert caught.value.hint == Again(hint) or caught.value.hint == hint
    flag, _, value = hint.partition(" ")
    name = next((name for name, field in FIELDS.items() if setting_of(field).flag == flag), None)
    mended = dict([parse_assignment(value if name is None else f"{name}={value}")])
    resolve(GREY, typed | mended)


def test_a_penalty_brings_the_numbers_of_its_paper() -> None:
    """--penalty gp takes weight 10 each D step, --loss wasserstein a drift, unless they are typed or the preset's."""
    found = resolve(GREY, {"loss.name": "wasserstein", "loss.penalty": "gp"})
    loss = found.config.loss
    assert (loss.gamma / 2 * loss.penalty_interval, loss.penalty_interval, loss.drift) == (10, 1, 0.001)
    assert found.origins["loss.gamma"].endswith("Gulrajani 2017")
    assert resolve(GREY, {"loss.penalty": "gp", "loss.gamma": 2.0}).config.loss.gamma == 2.0
    assert resolve(GREY, {"loss.penalty": "r1"}).config.loss.gamma == 0.5


@pytest.mark.parametrize(
    ("count", "channels", "expected"),
    [
        (200, 3, ("color,translation,cutout", "fixed", 500_000)),
        (200, 1, ("translation,cutout", "fixed", 500_000)),
        (1_683, 3, ("translation,cutout", "ramp", 168_300)),
        (60_000, 1, ("none", "fixed", 500_000)),
        (None, 3, ("none", "fixed", 500_000)),
    ],
)
def test_augmentation_is_chosen_by_count_and_channels(
    count: int | None, channels: int, expected: tuple[str, str, int]
) -> None:
    """Few get all changes, more two that rise, many none: auto untyped, any preset with --augment auto."""
    shape, typed = PictureShape(32, 32, channels), {"augment.operations": "auto"}
    for words in ({}, typed, {"preset": "dcgan", **typed}):
        found = resolve(shape, words, count)
        augment = found.config.augment
        assert (augment.operations, augment.schedule, augment.images) == expected
        assert ("--augment auto" in found.origins["augment.operations"]) is bool(words)
    assert resolve(shape, {"preset": "dcgan"}, count).config.augment == AugmentConfig()


@pytest.mark.parametrize("typed", [{"augment.operations": "auto"}, {"horizon.images": 0}])
def test_a_preset_s_own_schedule_gives_way(typed: dict[str, Any]) -> None:
    """--augment auto, and no horizon, are at one strength from the first image on whatever the preset would do."""
    for count, operations in ((200, "translation,cutout"), (60_000, "none")):
        augment = resolve(GREY, {"preset": "residual", **typed}, count).config.augment
        assert augment.schedule == "fixed"
        if "augment.operations" in typed:
            assert augment.operations == operations
            assert operations == "none" or augment.strength == 1.0


def test_typed_changes_do_not_rise_with_what_auto_chose() -> None:
    """--augment NAMES is of full strength at once, as typed; only what auto chooses rises."""
    assert resolve(GREY, {"augment.operations": "cutout"}, 2_000).config.augment.schedule == "fixed"
    assert resolve(GREY, {"augment.operations": "none"}, 2_000).config.augment.schedule == "fixed"


@pytest.mark.parametrize(
    ("side", "device", "width"), [(28, "cpu", 32), (64, "cpu", 32), (96, "cpu", 16), (256, "cpu", 8), (64, "cuda", 64)]
)
def test_the_width_of_the_default_follows_size_and_device(side: int, device: str, width: int) -> None:
    """Above 64 px networks get narrower, so that a processor trains them at all; a GPU takes twice the width."""
    found = resolve(PictureShape(side, side, 3), {}, 5_000, device=device)
    assert found.config.network.base_width == width


def test_changes_are_typed_in_any_order() -> None:
    """Names of changes are put in the order in which they are made; --resume --augment auto changes nothing."""
    assert parse_assignment("augment.operations=cutout,color") == ("augment.operations", "color,cutout")
    assert changes(CONFIG, {"augment.operations": "auto"}) == []
