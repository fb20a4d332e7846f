"""Which texts there are, by part of the page, and how numbers and times are written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ui.error import ApiBusy, ApiDown, ApiError, ApiSlow, Conflict, ListingRefused, NotAllowed, NotThere, SignInNeeded
from ui.record import Category, Modality, Mode, TrainingState

Language = Literal["fr", "en"]


@dataclass(frozen=True, slots=True)
class AccountTexts:
    """Signing in, registering, signing out."""

    heading: str
    username: str
    password: str
    sign_in: str
    register: str
    register_rule: str
    sign_out: str
    close: str
    signed_in_as: str
    admin: str
    wrong: str
    taken: str
    locked: str
    over: str
    closed: str
    missing: str


@dataclass(frozen=True, slots=True)
class SellTexts:
    """The tab where a product is sold, and the seller's own products below it."""

    tab: str
    propose: str
    clear: str
    choice: str
    choice_hint: str
    sell: str
    sold: str
    sold_kept: str
    sold_changed: str
    sold_anew: str
    no_choice: str
    mine: str
    mine_empty: str
    mine_signed_out: str
    correct: str
    correct_of: str
    withdraw: str
    withdraw_of: str
    withdraw_sure: str
    correction: str
    save: str
    cancel: str
    corrected: str
    withdrawn: str
    proposed_was: str
    kept: str
    no_photo: str
    photo_of: str
    not_yours: str


@dataclass(frozen=True, slots=True)
class ExplainTexts:
    """Why a shelf was proposed."""

    button: str
    heading: str
    words: str
    words_legend: str
    speaks_for: str
    speaks_against: str
    photo: str
    photo_legend: str
    photo_alt: str
    voted: str
    strongest: str
    no_text: str
    no_photo: str
    nothing: str


@dataclass(frozen=True, slots=True)
class SalesTexts:
    """How well the model does on what was sold."""

    tab: str
    heading: str
    period: str
    periods: dict[str, str]
    category: str
    every_category: str
    refresh: str
    export: str
    signed_out: str
    empty: str
    empty_window: str
    sales: str
    weighted_f1: str
    interval: str
    accuracy: str
    accuracy_hint: str
    acceptance: str
    acceptance_hint: str
    coverage: str
    coverage_hint: str
    drift: str
    drift_hint: str
    drift_waits: str
    drift_calm: str
    drift_moved: str
    over_time: str
    over_time_alt: str
    time: str
    score: str
    counts: str
    counts_alt: str
    chosen: str
    predicted: str
    per_category: str
    per_category_alt: str
    f1: str
    precision: str
    recall: str
    confusion: str
    confusion_alt: str
    products: str
    table: str
    table_empty: str
    more: str
    columns: dict[str, str]
    export_name: str


@dataclass(frozen=True, slots=True)
class ModelsTexts:
    """Versions, trainings and data, for admins."""

    tab: str
    signed_out: str
    not_admin: str
    versions: str
    versions_empty: str
    champion: str
    serving: str
    columns: dict[str, str]
    challenger: str
    challenger_hint: str
    compare: str
    compare_alt: str
    compare_none: str
    compare_with: str
    measures: dict[str, str]
    parts: dict[str, str]
    promote: str
    promoted: str
    rollback: str
    rolled_back: str
    nothing_chosen: str
    training: str
    mode: str
    modes: dict[Mode, str]
    promote_after: str
    start: str
    started: str
    cancel: str
    cancelled: str
    states: dict[TrainingState, str]
    training_of: str
    progress: str
    log: str
    no_training: str
    earlier: str
    new_version: str
    links: str
    no_links: str
    link_names: dict[str, str]
    reset: str
    reset_advice: str
    reset_word: str
    reset_label: str
    reset_button: str
    reset_wrong: str
    reset_done: str
    refresh: str


@dataclass(frozen=True, slots=True)
class BatchTexts:
    """Many listings at once, from a file."""

    tab: str
    heading: str
    advice: str
    file: str
    photos: str
    start: str
    signed_out: str
    no_file: str
    no_zip: str
    reading: str
    progress: str
    done: str
    set_aside: str
    truncated: str
    line: str
    reasons: dict[str, str]
    photo_missing: str
    photo_large: str
    unused_photos: str
    results: str
    results_shown: str
    unsure: str
    columns: dict[str, str]
    download: str
    download_name: str
    empty: str
    file_refused: str
    stopped: str


@dataclass(frozen=True, slots=True)
class ExploreTexts:
    """Listings of every category to try."""

    tab: str
    heading: str
    advice: str
    sell_this: str
    listing: str


@dataclass(frozen=True, slots=True)
class Texts:
    """The page's words in one language; `{…}` are filled in where the text is used."""

    language: Language
    tagline: str
    switch_language: str
    switch_to: Language
    synthetic: str

    ready: str
    not_ready: str
    lost: str
    more_tabs: str
    partly_down: dict[Modality, str]
    both_modalities: str
    text_only: str
    photo_only: str

    form: str
    designation: str
    designation_hint: str
    description: str
    description_hint: str
    photo: str
    photo_hint: str
    find: str

    empty_heading: str
    empty_advice: str

    answer: str
    best: str
    probability: str
    ranking: str
    more: str
    promise: str
    promise_one: str
    promise_measured: str
    promise_synthetic: str

    why: str
    votes: dict[Modality, str]
    weight: str
    absent: dict[Modality, str]
    degraded: dict[Modality, str]
    silent: dict[Modality, str]
    meta: str

    nothing_given: str
    down: str
    slow: str
    busy: str
    sign_in: str
    not_allowed: str
    not_there: str
    conflict: str
    fault: str
    refused: dict[str, str]
    refused_otherwise: str
    unreadable_photo: str

    account: AccountTexts
    selling: SellTexts
    explaining: ExplainTexts
    sales: SalesTexts
    models: ModelsTexts
    batch: BatchTexts
    exploring: ExploreTexts

    decimal_comma: bool

    def name(self, category: Category) -> str:
        return category.name_fr if self.language == "fr" else category.name_en

    def percent(self, share: float) -> str:
        """A share as people read it: never 0 % nor 100 % for something that is neither."""
        space = "\N{NARROW NO-BREAK SPACE}" if self.decimal_comma else ""
        if 0 < share < 0.01:
            return f"<\N{NARROW NO-BREAK SPACE}1{space}%"
        if 0.99 < share < 1:
            return f">\N{NARROW NO-BREAK SPACE}99{space}%"
        return f"{round(share * 100)}{space}%"

    def number(self, value: float, *, digits: int = 0) -> str:
        """A number with the language's own separators."""
        written = f"{value:,.{digits}f}"
        if not self.decimal_comma:
            return written
        return written.replace(",", "\N{NARROW NO-BREAK SPACE}").replace(".", ",")

    def milliseconds(self, elapsed_ms: float) -> str:
        return self.number(elapsed_ms, digits=1 if elapsed_ms < 10 else 0)

    def moment(self, at: datetime) -> str:
        """Day and time, in UTC."""
        return at.strftime("%d/%m/%Y %H:%M" if self.decimal_comma else "%Y-%m-%d %H:%M")

    def sentence(self, error: ApiError) -> str:
        """What people read instead of an error."""
        if isinstance(error, ListingRefused):
            return self.refused.get(error.field or "", self.refused_otherwise)
        for kind, text in (
            (ApiDown, self.down),
            (ApiSlow, self.slow),
            (ApiBusy, self.busy),
            (NotAllowed, self.not_allowed),
            (SignInNeeded, self.sign_in),
            (NotThere, self.not_there),
            (Conflict, self.conflict),
        ):
            if isinstance(error, kind):
                return text
        return self.fault
