"""The command line: parses arguments, calls the room that does the work, prints what comes back.

Every sub-command imports its room when called, so that `rayonnage --help` answers at once.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench import command as bench_command
from datasets.stop import is_stop
from serve_app import models_command, trainings_command, users_command
from serve_app.command_line import JsonOption, StoreOption, print_json, settings_with
from train import runs_command

if TYPE_CHECKING:
    from datasets.dataset import Dataset
    from datasets.progress import Progress
    from serve_app.settings import Settings
    from train.options import TrainOptions
    from train.run import Run

app = typer.Typer(
    help="Put every product on the right shelf: train, serve and check the model.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
data_app = typer.Typer(help="Check a data folder, or write the bundled sample.", no_args_is_help=True)
tune_app = typer.Typer(help="Search weights and hyper-parameters with Ray Tune.", no_args_is_help=True)
app.add_typer(data_app, name="data")
app.add_typer(tune_app, name="tune")
app.add_typer(models_command.app, name="models")
app.add_typer(users_command.app, name="users")
app.add_typer(trainings_command.app, name="trainings")
app.add_typer(bench_command.app, name="bench")
app.add_typer(runs_command.app, name="runs", context_settings={"obj": settings_with})

DataOption = Annotated[
    list[Path], typer.Option("--data", help="Folder in Rakuten's layout; may be given several times.")
]
VersionOption = Annotated[str | None, typer.Option("--version", help="Bundle version; default: the champion.")]
PinOption = Annotated[
    str | None,
    typer.Option("--version", help="Bundle version to stay with; default: the champion, whichever it becomes."),
]
PortOption = Annotated[int | None, typer.Option(min=1, max=65535, help="Port of page and API; default 8000.")]
TrialsOption = Annotated[int, typer.Option(min=1, help="Trials in all; the first has the default settings.")]
ConcurrentOption = Annotated[int | None, typer.Option(min=1, help="Trials at one time; default: 2, on one CPU 1.")]
CpusOption = Annotated[
    float | None, typer.Option(min=0.1, help="CPUs of a trial; default: all there are by --concurrent.")
]
GpusOption = Annotated[float, typer.Option(min=0, help="GPUs of a trial; a fraction shares one.")]
EpochsOption = Annotated[int | None, typer.Option(min=1, help="Of the Keras experts, at most.")]
SeedOption = Annotated[int, typer.Option(help="The same seed gives the same search.")]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on with the sweep that was stopped.")]
SweepOutputOption = Annotated[
    Path | None, typer.Option(file_okay=False, help="Folder of the sweep; default: a new one in RAYONNAGE_HOME.")
]
RayAddressOption = Annotated[
    str | None,
    typer.Option(help="Of a Ray cluster to train on, such as auto on its head; default: a Ray of its own."),
]
HostOption = Annotated[str | None, typer.Option(help="Address to listen on; default 127.0.0.1, this machine only.")]


@app.command()
def train(
    data: DataOption,
    text: Annotated[
        str | None,
        typer.Option(help="Text experts: linear, e5, bigru; several with commas, or none.", show_default="linear,e5"),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option(help="Image experts: lite0, vgg16; several with commas, or none.", show_default="lite0"),
    ] = None,
    image_weights: Annotated[
        str | None, typer.Option(help="Of vgg16: imagenet, none, or a local file.", show_default="imagenet")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Of the experts that Keras trains, at most.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same model.", show_default="7")] = None,
    fine_tune: Annotated[bool | None, typer.Option("--fine-tune", help="Train all of e5, not its head alone.")] = None,
    fine_tune_blocks: Annotated[
        int | None, typer.Option(metavar="N", help="Train the last N blocks of lite0's backbone too.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="Of the experts that Keras trains, over all workers.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes of Ray Train, over all machines.", show_default="1")
    ] = None,
    gpus_per_worker: Annotated[
        float | None, typer.Option(help="0: train on the CPU; default: one each, where there are enough.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE.yaml", help="Options of a file, as tune writes them; those given here go first."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the training that was stopped last.")] = False,
    ray_address: RayAddressOption = None,
    promote: Annotated[bool, typer.Option(help="Make the new version champion.")] = True,
    mlflow: Annotated[bool, typer.Option(help="Record it in MLflow, where that is installed.")] = True,
    store: StoreOption = None,
    json_output: JsonOption = False,
) -> None:
    """Train a model on listings and publish it as a new version.

    Example: rayonnage train --data ./listings

    Example: rayonnage train --data ./listings --fine-tune --workers 4 --gpus-per-worker 1
    """
    from bundle.store import ModelStore
    from datasets.folder import load_folders
    from train.command import open_run, options_of
    from train.mlflow_place import mlflow_place
    from train.pipeline import train as train_bundle
    from train.signals import sigterm_as_ctrl_c
    from train.tracker import Tracker

    settings = settings_with(store=store)
    given = {
        "text": text if text is None else _names(text),
        "image": image if image is None else _names(image),
        "image_weights": image_weights,
        "epochs": epochs,
        "seed": seed,
        "fine_tune": fine_tune,
        "fine_tune_blocks": fine_tune_blocks,
        "batch_size": batch_size,
        "workers": workers,
        "gpus_per_worker": gpus_per_worker,
    }
    options, named = options_of(config, given)  # before minutes are spent on reading the data
    place = mlflow_place(settings.home, settings.mlflow_uri) if mlflow else None
    _join_cluster(ray_address)
    with bars() as progress, sigterm_as_ctrl_c():
        dataset = load_folders(data, progress=progress)
        run, options = open_run(settings.home, dataset, options, data=data, named=named, resume=resume)
        try:
            with Tracker(run, mlflow=place, note=_note) as tracker:
                trained = train_bundle(
                    dataset,
                    ModelStore(settings.store_url),
                    options,
                    cache_dir=settings.cache,
                    promote=promote,
                    progress=progress,
                    tracker=tracker,
                )
        except BaseException as error:  # Ray turns SIGTERM into SystemExit
            if not is_stop(error):
                raise
            _say_stopped(run, data)
            raise typer.Exit(130) from None
    for note in trained.notes:
        typer.echo(f"Note: {note}", err=True)
    _note_set_aside(dataset)
    if json_output:
        document = {"version": trained.version, "champion": promote, "metrics": trained.metrics}
        print_json(document | {"run": run.record.run})
        return
    typer.echo(
        f"{trained.version} trained in {trained.seconds:.0f} s on {len(dataset.products)} rows, held-out scores:"
    )
    for part in ("text", "image", "fusion"):
        if scores := trained.metrics[part]:
            low, high = scores["interval"]
            typer.echo(f"  {part:<7} weighted F1 {scores['weighted_f1']:.3f} ({low:.3f} to {high:.3f})", nl=False)
            typer.echo(f", macro F1 {scores['macro_f1']:.3f}, {scores['rows']} rows")
    typer.echo("It is champion now: `rayonnage serve` answers with it." if promote else "The champion stays.")
    typer.echo(f"Run {run.record.run}: see `rayonnage runs`, or `rayonnage tensorboard` for its curves and pictures.")


@data_app.command("check")
def data_check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder in Rakuten's layout.")],
    data: Annotated[
        list[Path] | None, typer.Option("--data", help="Further folders, checked together with it.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw the counts by category.")] = None,
    json_output: JsonOption = False,
) -> None:
    """Tell what a data folder holds: categories, missing parts, broken photos, duplicates, and every row set aside.

    Example: rayonnage data check ./listings --plot counts.png
    """
    from datasets.check import check_folders, plot_counts, show

    with bars() as progress:
        report = check_folders([folder, *(data or [])], progress=progress)
    if plot is not None:
        plot_counts(report.dataset, plot)
    if json_output:
        print_json(report.as_json())
    else:
        from rich.console import Console

        show(report, Console())
    if not report.dataset.products:
        typer.echo(f"Error: {folder}: none of its {report.dataset.rows} rows can be used", err=True)
        raise typer.Exit(2)


@data_app.command("sample")
def data_sample(
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new or empty folder.")],
) -> None:
    """Write the bundled sample, a folder in Rakuten's layout to try everything on.

    Example: rayonnage data sample --out ./sample
    """
    from datasets.bundled import write_sample

    typer.echo(f"The sample is in {write_sample(out)}; try: rayonnage data check {out}")


@app.command()
def evaluate(
    data: DataOption,
    version: VersionOption = None,
    output: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="CSV with a row a listing; the worst mistakes as a PNG beside it."),
    ] = None,
    plots: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder for confusion matrix, reliability, F1 as PNG.")
    ] = None,
    store: StoreOption = None,
    json_output: JsonOption = False,
) -> None:
    """Score a version on any labelled folder: text alone, photo alone, both fused.

    Example: rayonnage evaluate --data ./listings --output answers.csv --plots plots
    """
    from bundle.predictor import Predictor
    from bundle.store import ModelStore
    from datasets.folder import load_folders
    from train.evaluation import evaluate as evaluate_bundle

    if output is not None and output.suffix.lower() != ".csv":
        raise typer.BadParameter("give a file that ends in .csv", param_hint="--output")
    settings = settings_with(store=store)
    with bars() as progress:
        path = ModelStore(settings.store_url).open_path(version)
        dataset = load_folders(data, progress=progress)
        evaluation = evaluate_bundle(Predictor.open(path, device=settings.device), dataset, progress=progress)
    _note_set_aside(dataset)
    if output is not None:
        from train.mistakes import write_answers, write_contact_sheet

        typer.echo(f"Answers: {write_answers(evaluation, output)}", err=True)
        sheet = write_contact_sheet(evaluation, output.with_name(f"{output.stem}_mistakes.png"))
        typer.echo(f"Worst mistakes: {sheet}" if sheet else "No mistakes to show", err=True)
    if plots is not None:
        from train.plots import write_plots

        fused = evaluation.votes.probabilities["fusion"]
        for plot in write_plots(plots, fused, evaluation.class_index, evaluation.categories):
            typer.echo(f"Plot: {plot}", err=True)
    if json_output:
        print_json(evaluation.as_json())
        return
    from train.evaluation_table import evaluation_tables

    _print_rich(evaluation_tables(evaluation))


@tune_app.command("text")
def tune_text(
    data: DataOption,
    text: Annotated[
        str, typer.Option(help="Text experts: linear, e5, bigru; several with commas are tuned together.")
    ] = "linear,e5",
    fine_tune: Annotated[bool, typer.Option("--fine-tune", help="Of e5: train the whole network.")] = False,
    epochs: EpochsOption = None,
    trials: TrialsOption = 12,
    concurrent: ConcurrentOption = None,
    cpus_per_trial: CpusOption = None,
    gpus_per_trial: GpusOption = 0,
    seed: SeedOption = 7,
    resume: ResumeOption = False,
    output: SweepOutputOption = None,
    ray_address: RayAddressOption = None,
    json_output: JsonOption = False,
) -> None:
    """Search the text experts' settings; the best are written as a file that `rayonnage train --config` takes.

    Trials are judged on one part of the rows, and the best settings are compared with the defaults on another that no
    trial saw. Ctrl-C stops; the same command with --resume goes on.

    Example: rayonnage tune text --data ./listings --text linear,e5 --trials 12 --concurrent 2
    """
    from train.options import TrainOptions

    options = TrainOptions(_names(text), (), epochs=epochs, seed=seed, fine_tune=fine_tune)
    share = (concurrent, cpus_per_trial, gpus_per_trial)
    _join_cluster(ray_address)
    _tune(data, options, trials, share, resume=resume, output=output, json_output=json_output)


@tune_app.command("image")
def tune_image(
    data: DataOption,
    image: Annotated[str, typer.Option(help="Image experts: lite0, vgg16; several with commas.")] = "lite0",
    image_weights: Annotated[str, typer.Option(help="Of vgg16: imagenet, none, or a local file.")] = "imagenet",
    epochs: EpochsOption = None,
    trials: TrialsOption = 12,
    concurrent: ConcurrentOption = None,
    cpus_per_trial: CpusOption = None,
    gpus_per_trial: GpusOption = 0,
    seed: SeedOption = 7,
    resume: ResumeOption = False,
    output: SweepOutputOption = None,
    ray_address: RayAddressOption = None,
    json_output: JsonOption = False,
) -> None:
    """Search the image experts' settings, as `rayonnage tune text` does those of text.

    Example: rayonnage tune image --data ./listings --image lite0 --trials 12 --concurrent 2
    """
    from train.options import TrainOptions

    options = TrainOptions((), _names(image), image_weights, epochs, seed)
    share = (concurrent, cpus_per_trial, gpus_per_trial)
    _join_cluster(ray_address)
    _tune(data, options, trials, share, resume=resume, output=output, json_output=json_output)


def _tune(
    data: list[Path],
    options: "TrainOptions",
    trials: int,
    share: tuple[int | None, float | None, float],
    *,
    resume: bool,
    output: Path | None,
    json_output: bool,
) -> None:
    from rich.console import Console

    from tune.command import Order, run, sweep_directory
    from tune.error import StoppedError
    from tune.sweep import Share

    settings = settings_with()
    directory = output or sweep_directory(settings.home / "tune", options, resume=resume)
    order = Order(data, options, trials, Share(*share), directory, resume, settings.cache)
    try:
        outcome = run(order, bars=bars, console=Console(stderr=True))
    except StoppedError as stopped:
        typer.echo(f"Sweep {stopped}.", err=True)
        raise typer.Exit(stopped.exit_code) from None
    if json_output:
        print_json(outcome.as_json())
        return
    _print_rich(outcome.tables)
    for file in outcome.files:
        typer.echo(f"Written: {file}", err=True)
    folders = " ".join(f"--data {folder}" for folder in data)
    typer.echo(f"Train with the best settings: rayonnage train {folders} --config {outcome.best_file}")


@tune_app.command("fusion")
def tune_fusion(
    data: DataOption,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Points to try; default 5000, with --ray 20, of which each climbs.")
    ] = None,
    ray: Annotated[bool, typer.Option("--ray", help="Run the trials through Ray Tune.")] = False,
    concurrent: Annotated[
        int | None, typer.Option(min=1, help="With --ray, trials at one time; default: one a CPU.")
    ] = None,
    version: VersionOption = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Publish the best weights as a new version, if better.")
    ] = False,
    promote: Annotated[bool, typer.Option(help="With --apply: make the new version champion.")] = True,
    output: Annotated[Path | None, typer.Option(file_okay=False, help="Folder for plot and best weights.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same search.")] = 0,
    store: StoreOption = None,
    json_output: JsonOption = False,
) -> None:
    """Search fusion weights and temperatures over the votes that training kept of rows no expert had seen.

    DATA names the folder that the version was trained on. Points are chosen on half of the rows and judged on the rest.

    Example: rayonnage tune fusion --data ./listings --apply
    """
    from bundle.manifest import HELD_OUT
    from bundle.store import ModelStore
    from datasets.folder import load_folders
    from tune.fusion import search
    from tune.fusion_point import FusionPoint
    from tune.fusion_report import search_tables, write_search
    from tune.held_out import HeldOutLogits
    from tune.publish import publish_point
    from tune.subject import version_trained_on

    settings = settings_with(store=store)
    models = ModelStore(settings.store_url)
    with bars() as progress:
        manifest = version_trained_on(models, load_folders(data, progress=progress), version=version)
        held_out = HeldOutLogits.read(models.open_path(manifest.version) / HELD_OUT, manifest.experts)
        current = FusionPoint.of(manifest.experts)
        count = trials or (20 if ray else 5000)
        found = search(
            held_out,
            current,
            trials=count,
            through_ray=ray,
            concurrent=concurrent,
            seed=seed,
            progress=progress,
        )
        directory = output or settings.home / "tune" / f"fusion-{manifest.version}"
        files = write_search(found, held_out, directory, seed=seed)
        applied = None
        if apply and found.better:
            applied = publish_point(models, manifest.version, found.best, held_out, promote=promote)
    if json_output:
        written = [str(file) for file in files]
        print_json({"version": manifest.version, **found.as_json(), "applied": applied, "files": written})
        return
    typer.echo(f"Version {manifest.version}, {count} trials")
    _print_rich(search_tables(found))
    for file in files:
        typer.echo(f"Written: {file}", err=True)
    if applied:
        typer.echo(f"Published {applied}" + (", champion now" if promote else ""))
    elif found.better:
        typer.echo("Add --apply to publish a version with the best weights.")


@app.command()
def tensorboard(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page.")] = 6006,
) -> None:
    """Show all trainings in TensorBoard, on this machine only, until Ctrl-C.

    Example: rayonnage tensorboard --port 6006
    """
    from serve_app.instance import check_port
    from train.run import RUNS
    from train.signals import sigterm_as_ctrl_c
    from train.tensorboard_server import HOST, serve_tensorboard

    check_port(HOST, port)
    with suppress(KeyboardInterrupt), sigterm_as_ctrl_c():
        serve_tensorboard(settings_with().home.expanduser() / RUNS, port=port, on_ready=_say_page)
    typer.echo("Stopped.", err=True)


@app.command()
def mlflow(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page.")] = 5000,
    store: StoreOption = None,
) -> None:
    """Show all trainings in MLflow, on this machine only, until Ctrl-C. Its registry follows the store's champion.

    Where RAYONNAGE_MLFLOW_URI names a server, that one has the page: its address is told.

    Example: rayonnage mlflow --port 5000
    """
    from bundle.store import ModelStore
    from serve_app.instance import check_port
    from train.error import TrackingError
    from train.mlflow_place import mlflow_place
    from train.mlflow_server import HOST, copy_champion, serve_mlflow
    from train.signals import sigterm_as_ctrl_c

    settings = settings_with(store=store)
    place = mlflow_place(settings.home, settings.mlflow_uri)
    if place is None:
        raise TrackingError("RAYONNAGE_MLFLOW_URI is off: trainings are not recorded in MLflow")
    models = ModelStore(settings.store_url)
    if place.folder is None:
        copy_champion(place, models.champion())
        typer.echo(f"Trainings are recorded at {settings.mlflow_url or place}")
        return
    check_port(HOST, port)
    with suppress(KeyboardInterrupt), sigterm_as_ctrl_c():
        serve_mlflow(place, port=port, champion=models.champion, on_ready=_say_page)
    typer.echo("Stopped.", err=True)


@app.command()
def predict(
    designation: Annotated[str, typer.Option(help="Title of the listing.")] = "",
    description: Annotated[str, typer.Option(help="Its description.")] = "",
    image: Annotated[Path | None, typer.Option(help="Its photo.")] = None,
    top_k: Annotated[int, typer.Option(min=1, max=1000, help="Categories to show.")] = 5,
    data: Annotated[list[Path] | None, typer.Option(help="Answer a folder instead; several are one.")] = None,
    part: Annotated[str | None, typer.Option(help="Of the folder: train or test; default: test where it is.")] = None,
    output: Annotated[Path | None, typer.Option(help="File for a folder's answers: .csv or .parquet.")] = None,
    submission: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="File in the challenge's format: an answer to every row index."),
    ] = None,
    version: VersionOption = None,
    store: StoreOption = None,
    json_output: JsonOption = False,
) -> None:
    """Put one listing, or every row of a folder, on its shelf. Needs no server.

    Example: rayonnage predict --designation "Piscine tubulaire ronde 3 m" --image photo.jpg

    Example: rayonnage predict --data ./listings --output answers.parquet

    Example: rayonnage predict --data ./challenge --submission y_pred.csv
    """
    if data and (designation or description or image):
        raise typer.BadParameter("give either a listing or --data")
    if data:
        _predict_folder(data, part, output, submission, version=version, store=store, json_output=json_output)
        return
    if output or submission or part:
        raise typer.BadParameter("--output, --submission and --part go with --data")
    _predict_listing(designation, description, image, top_k, version=version, store=store, json_output=json_output)


def _predict_listing(
    designation: str,
    description: str,
    image: Path | None,
    top_k: int,
    *,
    version: str | None,
    store: str | None,
    json_output: bool,
) -> None:
    from time import perf_counter
    from uuid import uuid4

    from bundle.predictor import Predictor
    from bundle.store import ModelStore
    from datasets.listing import Listing
    from serve_app.answer import answer_of, answer_table

    if not (designation.strip() or description.strip() or image):
        raise typer.BadParameter("give a --designation, an --image, or --data")
    if image and not image.is_file():
        raise typer.BadParameter(f"{image} is no file", param_hint="--image")
    predictor = Predictor.open(ModelStore(settings_with(store=store).store_url).open_path(version))
    started = perf_counter()
    (prediction,) = predictor.predict([Listing(designation, description, image)])
    elapsed_ms = round((perf_counter() - started) * 1000, 2)
    prediction_id = uuid4().hex  # no server knows it
    answer = answer_of(prediction, predictor.manifest, top_k=top_k, prediction_id=prediction_id, elapsed_ms=elapsed_ms)
    if prediction.photo_error:
        typer.echo(f"Note: the photo was not used: {prediction.photo_error}", err=True)
    if json_output:
        typer.echo(answer.model_dump_json())
    else:
        _print_rich(answer_table(answer))


def _predict_folder(
    data: list[Path],
    part: str | None,
    output: Path | None,
    submission: Path | None,
    *,
    version: str | None,
    store: str | None,
    json_output: bool,
) -> None:
    from bundle.predict_folder import check_output, predict_products, write_answers
    from bundle.predictor import Predictor
    from bundle.store import ModelStore
    from bundle.submission import check_submission, make_submission, most_frequent_code, write_submission
    from datasets.data_file import existing_file
    from datasets.folder import Part, load_folders

    if part not in (None, "train", "test"):
        raise typer.BadParameter("train or test", param_hint="--part")
    if output is None and submission is None:
        raise typer.BadParameter("name the file for the answers", param_hint="--output or --submission")
    if output is not None:
        check_output(output)
    if submission is not None:
        check_submission(submission, data)
    bundle_dir = ModelStore(settings_with(store=store).store_url).open_path(version)
    predictor = Predictor.open(bundle_dir)
    has_test = all(folder.is_dir() and existing_file(folder, "X_test_update.csv") for folder in data)
    wanted: Part = "test" if part == "test" or (part is None and has_test) else "train"
    with bars() as progress:
        dataset = load_folders(data, part=wanted, check_photos=False, progress=progress)
        answers, unanswered = predict_products(predictor, dataset.products, progress=progress)
        if output is not None:
            write_answers(answers, output)
        submitted = None
        if submission is not None:
            submitted = make_submission(
                predictor,
                data[0],
                part=wanted,
                answered=dict(zip(answers["row"].tolist(), answers["prdtypecode"].tolist(), strict=True)),
                most_frequent=most_frequent_code(bundle_dir, predictor.manifest),
                progress=progress,
            )
            write_submission(submitted, submission)
    if output is not None:
        _note_set_aside(dataset)
        _note_some([f"{p.source}:{p.line} is not answered: {reason}" for p, reason in unanswered], "not answered")
    if submitted is not None:
        given = f"it got {submitted.most_frequent}, the most frequent category"
        filled = submitted.filled
        indices = ", ".join(str(row.index) for row in filled[5:])
        _note_some([f"{r.source}:{r.line} (index {r.index}): {r.reason}; {given}" for r in filled], f"so: {indices}")
        _note_some([f"line {line} is not in it: {reason}" for line, reason in submitted.left_out], "not in it")
    if json_output:
        document: dict[str, Any] = {
            "version": predictor.manifest.version,
            "part": wanted,
            "rows": dataset.rows,
            "answered": len(answers),
            "unanswered": len(unanswered),
            "output": output and str(output),
        }
        if submitted is not None:
            document["submission"] = {
                "file": str(submission),
                "rows": len(submitted.codes),
                "most_frequent": [row.index for row in submitted.filled],
            }
        print_json(document)
        return
    if output is not None:
        typer.echo(f"{len(answers)} of {dataset.rows} rows of the {wanted} part answered: {output}")
    if submitted is not None:
        typer.echo(f"{len(submitted.codes)} rows of the {wanted} part, ready to be submitted: {submission}")


@app.command()
def serve(
    port: PortOption = None,
    host: HostOption = None,
    version: PinOption = None,
    store: StoreOption = None,
) -> None:
    """Serve page and API with the champion until Ctrl-C.

    A version that becomes champion meanwhile is put in service without failing a request. With --version the server
    stays with that one, and refuses to promote another.

    Example: rayonnage serve --port 8080
    """
    _serve(settings_with(port=port, host=host, store=store), version=version)


@app.command()
def demo(port: PortOption = None, host: HostOption = None, store: StoreOption = None) -> None:
    """Train on the bundled sample where there is no model yet, then serve page and API until Ctrl-C.

    Example: rayonnage demo
    """
    from bundle.store import ModelStore
    from serve_app.instance import check_port

    settings = settings_with(port=port, host=host, store=store)
    opened = {name: True for name in ("registration", "anonymous_predict") if getattr(settings, name) is None}
    settings = settings.model_copy(update=opened)
    check_port(settings.host, settings.port)
    if ModelStore(settings.store_url).champion() is None:
        _train_on_sample(settings)
    _serve(settings, version=None)


def _train_on_sample(settings: "Settings") -> None:
    """Train in a process of its own, whose memory is free again when the server starts."""
    from datasets.bundled import sample_path
    from serve_app.launcher import run_guarded

    typer.echo("There is no model yet: training one on the bundled sample. This happens once.", err=True)
    command = [sys.executable, __file__, "train", "--data", str(sample_path()), "--no-mlflow"]
    command += ["--store", settings.store_url]
    if exit_code := run_guarded(command, settings):
        raise typer.Exit(exit_code)


def _serve(settings: "Settings", *, version: str | None) -> None:
    from serve_app.launcher import serve as serve_bundle

    def report(seconds: float, phase: str) -> None:
        typer.echo(f"{seconds:6.1f} s  {phase}", err=True)

    def on_first_admin(name: str, password: str) -> None:
        typer.echo(
            f"First admin: {name}\n  password: {password} (shown once; another: rayonnage users password {name})"
        )
        sys.stdout.flush()

    def on_ready(url: str, seconds: float) -> None:
        curl = "curl -F designation='Piscine tubulaire ronde 3 m'"
        if not settings.anonymous_predict:
            curl += " -H 'Authorization: Bearer TOKEN'"
        lines = (
            f"Ready after {seconds:.0f} s.",
            f"  page      {url}/",
            f"  API       {url}/api/v1/docs",
            f"  sign in   curl -d username=NAME -d password=PASSWORD {url}/api/v1/token",
            f"  try       {curl} {url}/api/v1/predict",
            "  stop      Ctrl-C",
        )
        typer.echo("\n".join(lines))
        sys.stdout.flush()

    ready = serve_bundle(
        settings,
        version=version,
        page="ui.mount:asgi_app",
        report=report,
        on_first_admin=on_first_admin,
        on_ready=on_ready,
    )
    typer.echo("Stopped.", err=True)
    if not ready:
        raise typer.Exit(130)


@contextmanager
def bars() -> "Iterator[Progress]":
    """Progress bars on standard error; one line a finished stage where nobody watches a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    tasks: dict[str, Any] = {}
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as drawn:

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = drawn.add_task(stage, total=total)
                if not console.is_terminal:
                    console.print(f"{stage} …")
            drawn.update(tasks[stage], completed=done, total=total)

        yield show


def _names(comma_separated: str) -> tuple[str, ...]:
    """Names of experts; `none` or nothing means no expert."""
    names = tuple(name.strip() for name in comma_separated.split(",") if name.strip())
    return () if names == ("none",) else names


def _say_page(url: str) -> None:
    typer.echo(f"Open {url} in a browser; Ctrl-C stops.")
    sys.stdout.flush()


def _say_stopped(run: "Run", data: list[Path]) -> None:
    """One line on how to go on."""
    folders = " ".join(f"--data {folder}" for folder in data)
    how = f"go on with: rayonnage train {folders} --resume" if run.resumable else "there is nothing yet to go on from"
    typer.echo(f"Stopped; {how}", err=True)


def _join_cluster(address: str | None) -> None:
    if address is not None:
        from train.ray_session import join_cluster

        join_cluster(address)


def _note(line: str) -> None:
    typer.echo(f"Note: {line}", err=True)


def _note_set_aside(dataset: "Dataset") -> None:
    set_aside = dataset.rows - len(dataset.products)
    if set_aside:
        typer.echo(f"Note: {set_aside} of {dataset.rows} rows were set aside; see `rayonnage data check`", err=True)


def _note_some(notes: Sequence[str], what: str) -> None:
    for note in notes[:5]:
        typer.echo(f"Note: {note}", err=True)
    if len(notes) > 5:
        typer.echo(f"Note: {len(notes) - 5} more rows are {what}", err=True)


def _print_rich(renderable: Any) -> None:
    """A table as wide as the terminal, or as wide as it likes where the output is no terminal."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = 140
    console.print(renderable, highlight=False)


def main() -> None:
    """Run the command line; bad input is one line on standard error and exit code 2."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if is_stop(error):
            sys.exit(130)
        # Every room's own errors carry the exit code they mean; anything else is a fault of ours and is shown whole.
        exit_code = getattr(error, "exit_code", None)
        if not isinstance(exit_code, int):
            raise
        print(f"Error: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(exit_code)


if __name__ == "__main__":
    main()
