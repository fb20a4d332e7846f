"""The rows of trainings: found, listed, ended."""

from sqlalchemy import CursorResult, select, update

from serve_app.database.column import now
from serve_app.database.engine import Database
from serve_app.database.tables import Training
from serve_app.error import NotFoundError


def find_training(database: Database, training_id: str) -> Training:
    """Raises:
    NotFoundError: there is no such training.
    """
    with database.read() as session:
        training = session.scalar(select(Training).where(Training.id == training_id))
    if training is None:
        raise NotFoundError("there is no such training")
    return training


def list_trainings(database: Database, *, limit: int, before: int | None = None) -> list[Training]:
    """Trainings, the newest first.

    Args:
        before: `number` of the training after which the page begins.
    """
    wanted = select(Training).order_by(Training.number.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(Training.number < before)
    with database.read() as session:
        return list(session.scalars(wanted))


def active_training(database: Database) -> Training | None:
    """The training that is queued or running."""
    with database.read() as session:
        return session.scalar(select(Training).where(Training.active.is_(True)))


def end_training(database: Database, training_id: str, state: str, detail: str) -> bool:
    """Note that a training has ended; False where it had before."""
    ended = (
        update(Training)
        .where(Training.id == training_id, Training.active.is_(True))
        .values(state=state, detail=detail, active=None, ended_at=now())
    )
    result = database.write(lambda session: session.execute(ended))
    assert isinstance(result, CursorResult)
    return result.rowcount == 1
