"""`Lot`: a file of listings goes in, its categories come out."""

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import gradio as gr

from ui.batch import Sorted, sort_listings
from ui.csv_file import SAVE, csv_text
from ui.error import ApiError, Refused
from ui.frame import SEEN, Frame
from ui.markup.batch import progress_html, results_html, summary_html
from ui.markup.part import heading_html, hint_html, problem_html
from ui.photo_zip import PhotoZip, PhotoZipError
from ui.record import FileIssue, ListingFile
from ui.texts.shape import Texts
from ui.visit import Visit

FILES_AT_ONCE = 4
"""Batches that the page works on at one time; more wait for their turn."""


class BatchTab:
    """Two files, a bar, a table, and a file to take away."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        words = frame.words
        with gr.Column(variant="panel"):
            frame.heading(lambda texts: heading_html(texts.batch.heading, advice=texts.batch.advice))
            with gr.Row(elem_classes="files"):
                table = words.say(
                    gr.File(file_types=[".csv", ".tsv", ".txt", ".gz"], height=130, elem_id="batch-file"),
                    label=lambda texts: texts.batch.file,
                )
                photos = words.say(
                    gr.File(file_types=[".zip"], height=130, elem_id="batch-photos"),
                    label=lambda texts: texts.batch.photos,
                )
            with gr.Row(elem_classes="buttons"):
                start = words.say(
                    gr.Button(variant="primary", elem_id="start-batch"), value=lambda texts: texts.batch.start
                )
                save = words.say(
                    gr.Button(elem_id="save-batch", visible=False), value=lambda texts: texts.batch.download
                )
            problem = gr.HTML(elem_id="batch-problem", elem_classes="problem")
            progress = gr.HTML(elem_id="batch-progress", elem_classes="problem")
            results = words.say(gr.HTML(elem_id="batch-results"), value=lambda texts: hint_html(texts.batch.empty))
        file = gr.JSON(visible=False)
        start.click(
            self._sort,
            [*frame.who, table, photos],
            [frame.session, problem, progress, results, file, save],
            **{**SEEN, "show_progress": "hidden"},
            concurrency_limit=FILES_AT_ONCE,
        )
        save.click(None, file, js=f"(file) => ({SAVE.strip()})(file?.name, file?.text)")

    async def _sort(
        self, session: object, language: object, table: object, photos: object, request: gr.Request
    ) -> AsyncIterator[tuple[Any, ...]]:
        """Read the file, ask for its categories a part at a time, and show what came of it."""
        visit = self._frame.visit(session, language, request)
        said, hidden = visit.texts.batch, gr.update(visible=False)

        def failed(sentence: str, detail: str = "") -> tuple[Any, ...]:
            return visit.stored, problem_html(sentence, detail=detail), "", "", None, hidden

        path, zip_path = _file(table), _file(photos)
        if visit.session is None:
            yield failed(said.signed_out)
            return
        if path is None:
            yield failed(said.no_file)
            return
        yield gr.skip(), "", hint_html(said.reading), "", None, hidden
        try:
            found = await visit.ask(lambda token: visit.api.read_file(path, token=token))
        except Refused as error:
            yield failed(said.file_refused, error.detail)
            return
        except ApiError as error:
            yield failed(visit.sentence(error))
            return
        except OSError:
            yield failed(said.no_file)
            return
        with ExitStack() as stack:
            try:
                archive = stack.enter_context(PhotoZip(zip_path)) if zip_path else None
            except PhotoZipError as error:
                yield failed(said.no_zip, str(error))
                return
            results: list[Sorted] = []
            stopped = ""
            yield gr.skip(), "", progress_html(0, len(found.listings), visit.texts), "", None, hidden
            try:
                async for part in sort_listings(visit, found.listings, archive):
                    results += part
                    bar = progress_html(len(results), len(found.listings), visit.texts)
                    yield gr.skip(), "", bar, gr.skip(), None, hidden
            except ApiError as error:
                reason = visit.sentence(error)
                stopped = said.stopped.format(done=visit.texts.number(len(results)), reason=reason)
            notes = _notes(found, archive, results, visit)
        summary = summary_html(results, found.issues, notes, visit.texts) + results_html(results, visit.texts)
        text = _csv(results, found.issues, visit.texts)
        done = {"name": said.download_name, "text": text}
        problem = problem_html(stopped) if stopped else ""
        yield visit.stored, problem, "", summary, done, gr.update(visible=True)


def _file(given: object) -> Path | None:
    """The uploaded file; Gradio has checked that it is one."""
    path = given.get("path") if isinstance(given, dict) else None
    return Path(path) if isinstance(path, str) else None


def _notes(found: ListingFile, archive: PhotoZip | None, results: Sequence[Sorted], visit: Visit) -> list[str]:
    said, number = visit.texts.batch, visit.texts.number
    notes = [said.truncated.format(count=number(len(found.listings)))] if found.truncated else []
    if archive is not None and archive.unused and len(results) == len(found.listings):
        notes.append(said.unused_photos.format(count=number(archive.unused)))
    return notes


def _csv(results: Sequence[Sorted], issues: Sequence[FileIssue], texts: Texts) -> str:
    """Every line of the file in its order, those set aside too."""
    columns = [
        "line",
        "designation",
        "prdtypecode",
        "category",
        "probability",
        "second_prdtypecode",
        "second_category",
        "second_probability",
        "note",
    ]
    rows: list[tuple[int, list[object]]] = [(issue.line, [issue.line, *[""] * 7, issue.reason]) for issue in issues]
    for result in results:
        answer: list[object] = [""] * 6
        if result.prediction is not None:
            ranked = [*result.prediction.categories[:2], None, None][:2]
            answer = [
                value
                for category in ranked
                for value in (
                    (category.prdtypecode, texts.name(category), round(category.probability, 4))
                    if category
                    else ("", "", "")
                )
            ]
        rows.append((result.listing.line, [result.listing.line, result.listing.designation, *answer, result.note]))
    return csv_text(columns, (row for _, row in sorted(rows, key=lambda pair: pair[0])))
