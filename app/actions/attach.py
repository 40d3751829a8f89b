"""Files join messages. The bytes are on disk before the row is written."""

from collections.abc import Collection, Sequence

from sqlalchemy import insert, select, update

from app.db import Invalid, Tx
from app.files import StoredFile
from app.models.conversation import attachments, files
from channels.email.markup import content_id


def remember_file(tx: Tx, stored: StoredFile) -> int:
    """The row of a stored file; the same bytes share one."""
    known = tx.execute(select(files.c.id).where(files.c.hash == stored.hash)).scalar()
    if known is not None:
        return int(known)
    file_id: int = tx.execute(
        insert(files)
        .values(hash=stored.hash, size=stored.size, created_at=tx.now)
        .returning(files.c.id)
    ).scalar_one()
    return file_id


def attach_files(
    tx: Tx, stored: Sequence[StoredFile], *, message_id: int | None, owner: str = ""
) -> list[str]:
    """Hang files on a message, or keep them for their owner to send later; returns their keys."""
    for item in stored:
        tx.execute(
            insert(attachments).values(
                message_id=message_id,
                file_id=remember_file(tx, item),
                key=item.key,
                owner=owner,
                name=item.name[:255],
                content_type=item.content_type[:120],
                size=item.size,
                content_id=item.content_id,
                width=item.width,
                height=item.height,
                created_at=tx.now,
            )
        )
    return [item.key for item in stored]


def send_uploads(tx: Tx, keys: Sequence[str], *, message_id: int, owner: str) -> None:
    """Uploads become part of a message; only their owner may send them, and only once."""
    if not keys:
        return
    done = tx.execute(
        update(attachments)
        .where(
            attachments.c.key.in_(keys),
            attachments.c.owner == owner,
            attachments.c.message_id.is_(None),
        )
        .values(message_id=message_id)
    )
    if done.rowcount != len(set(keys)):
        raise Invalid(files="unknown_upload")


def give_places(tx: Tx, message_id: int, keys: Collection[str]) -> None:
    """These pictures of a message stand at their places in its text."""
    for key in keys:
        tx.execute(
            update(attachments)
            .where(
                attachments.c.key == key,
                attachments.c.message_id == message_id,
                attachments.c.width.is_not(None),
            )
            .values(content_id=content_id(key))
        )
