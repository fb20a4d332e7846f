"""Versions and trainings as tables, a training under way, and the tools beside the server."""

from collections.abc import Sequence
from html import escape

from ui.chart import PART_NAMES, measure_of
from ui.markup.part import hint_html, moment_html, table_html
from ui.record import Links, Model, Training
from ui.texts.shape import Texts


def versions_html(models: Sequence[Model], texts: Texts) -> str:
    """Every version with its measures side by side; the champion is marked."""
    said = texts.models
    if not models:
        return hint_html(said.versions_empty)
    names = ("state", "version", "created", "fusion", "text", "image", "rows", "experts")
    rows = [_version(model, texts) for model in models]
    return table_html([said.columns[name] for name in names], rows, caption=said.versions, numbers=[3, 4, 5, 6])


def _version(model: Model, texts: Texts) -> list[str]:
    said = texts.models
    badges = [badge for badge, holds in ((said.champion, model.champion), (said.serving, model.serving)) if holds]
    state = " ".join(f'<span class="badge">{escape(badge)}</span>' for badge in badges)
    error = f'<small class="fault" lang="en">{escape(model.error)}</small>' if model.error else ""
    experts = [name for names in (model.experts or {}).values() for name in names]
    measures = [measure_of(model.metrics, part, "weighted_f1") for part in ("fusion", "text", "image")]
    return [
        state,
        f"<code>{escape(model.version)}</code>{error}",
        moment_html(model.created, texts) if model.created else "–",
        *("–" if measure is None else texts.number(measure, digits=3) for measure in measures),
        "–" if model.rows is None else texts.number(model.rows),
        escape(", ".join(experts)) or "–",
    ]


def comparison_html(challenger: Model | None, champion: Model | None, texts: Texts) -> str:
    """How a version differs from the champion, in words: the chart beside shows the measures."""
    said = texts.models
    if challenger is None or champion is None:
        return hint_html(said.compare_none)
    heading = said.compare.format(challenger=challenger.version, champion=champion.version)
    lines = "".join(
        f"<li>{escape(said.parts[part])} : {texts.number(ours, digits=3)} "
        f'<span class="{"better" if ours >= theirs else "worse"}">{_difference(ours - theirs, texts)}</span></li>'
        for part in PART_NAMES
        if (ours := measure_of(challenger.metrics, part, "weighted_f1")) is not None
        and (theirs := measure_of(champion.metrics, part, "weighted_f1")) is not None
    )
    return (
        f'<section class="comparison"><h3>{escape(heading)}</h3><ul>{lines}</ul>'
        f'<p class="advice">{escape(said.compare_with)}</p></section>'
    )


def _difference(value: float, texts: Texts) -> str:
    sign = "+" if value >= 0 else "\N{MINUS SIGN}"
    return f"{sign}{texts.number(abs(value), digits=3)}"


def training_html(training: Training | None, texts: Texts) -> str:
    """How far the newest training is, with its log."""
    said = texts.models
    if training is None:
        return hint_html(said.no_training)
    name = said.training_of.format(mode=_mode(training, texts))
    state = f'<span class="badge {training.state}">{escape(said.states[training.state])}</span>'
    stage = f'<p class="stage" lang="en">{escape(training.stage)}</p>' if training.stage else ""
    detail = f'<p class="note warn" lang="en">{escape(training.detail)}</p>' if training.detail else ""
    version = said.new_version.format(version=training.version) if training.version else ""
    region = f'<pre class="log" tabindex="0" role="region" aria-label="{escape(said.log)}" lang="en">'
    log = f"<h3>{escape(said.log)}</h3>{region}{escape(training.log)}</pre>" if training.log else ""
    return (
        f'<section class="training" aria-label="{escape(name)}"><h3>{escape(name)} {state}</h3>'
        f'<progress max="100" value="{training.percent:.1f}" aria-label="{escape(said.progress)}"></progress>'
        f'<p class="percent">{escape(texts.percent(training.percent / 100))}</p>{stage}{detail}'
        f'<p class="version">{escape(version)}</p>{log}</section>'
    )


def trainings_html(trainings: Sequence[Training], texts: Texts) -> str:
    """The trainings before, newest first."""
    said = texts.models
    if not trainings:
        return ""
    names = ("mode", "state", "created", "duration", "version", "detail")
    rows = [
        [
            escape(_mode(training, texts)),
            f'<span class="badge {training.state}">{escape(said.states[training.state])}</span>',
            moment_html(training.created_at, texts),
            _duration(training, texts),
            f"<code>{escape(training.version)}</code>" if training.version else "–",
            f'<span lang="en">{escape(training.detail)}</span>',
        ]
        for training in trainings
    ]
    table = table_html([said.columns[name] for name in names], rows, caption=said.earlier, numbers=[3])
    return f"<h3>{escape(said.earlier)}</h3>{table}"


def _mode(training: Training, texts: Texts) -> str:
    """The first word of what a mode is called."""
    return texts.models.modes[training.mode].partition(":")[0].strip()


def _duration(training: Training, texts: Texts) -> str:
    if training.started_at is None or training.ended_at is None:
        return "–"
    return f"{texts.number((training.ended_at - training.started_at).total_seconds())} s"


def links_html(links: Links, texts: Texts) -> str:
    """The tools beside the server, where their addresses are known."""
    said = texts.models
    known = [(said.link_names[name], url) for name, url in links.model_dump().items() if url]
    if not known:
        return hint_html(said.no_links)
    items = "".join(
        f'<li><a href="{escape(url)}" target="_blank" rel="noopener">{escape(name)}</a></li>' for name, url in known
    )
    return f'<ul class="links">{items}</ul>'
