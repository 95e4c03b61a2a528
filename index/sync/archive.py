"""A snapshot in one file, to be moved or stored: a plain tar (POSIX.1-2001) with the manifest first.

The manifest has the size and sha256 of each file, and a digest of itself, so any alteration on the way is noticed.
"""

import tarfile
from contextlib import closing
from pathlib import Path

from pydantic import ValidationError

from index.errors import IndexingError, SnapshotBroken
from index.store.damage.disk import full_disk_told
from index.store.files import MANIFEST, Manifest, altered_file, read_manifest
from index.store.snapshots import DataFolder
from index.sync.locking import writer_lock
from index.sync.vector_worker import VectorWorker

_MOST_MANIFEST = 10_000_000


def export(data: DataFolder, file: Path) -> str:
    """Write the snapshot in use to `file`, which must not be there yet; return its name.

    Raises NoSnapshot, SnapshotBroken when it is damaged, and IndexingError when its vectors are in a Chroma server.
    """
    folder = data.require_current()
    manifest = read_manifest(folder)
    if manifest.collection:
        raise IndexingError(
            "The vectors are in a Chroma server, and do not go into an archive. Unset QA_CHROMA_URL and run: newsdesk "
            "index"
        )
    if altered := altered_file(folder, manifest.files):
        raise SnapshotBroken(f"{altered!r} of {str(folder)!r} is not as it was written. Run: newsdesk index")
    if file.exists():
        raise IndexingError(f"{str(file)!r} is there already. Give another name")
    # Renamed when it is whole: half an archive never has the name that was asked for.
    draft = file.with_name(f".{file.name}.part")
    try:
        with full_disk_told(file.parent), tarfile.open(draft, "w") as archive:
            for name in (MANIFEST, *manifest.files):
                archive.add(folder / name, name, recursive=False, filter=_without_owner)
        draft.chmod(0o640)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return folder.name


def import_(data: DataFolder, file: Path) -> str:
    """Make the snapshot in an archive the one in use, once it has passed every check; return its new name.

    Raises IndexingError when the archive cannot be read or holds what its manifest does not name, SnapshotBroken when a
    file is not as it was written, and IndexLocked.
    """
    with writer_lock(data.root), data.staging() as staged, full_disk_told(data.root):
        try:
            # `r:` takes no compression, so an archive never unpacks to more than its own size.
            with tarfile.open(file, "r:") as archive:
                _unpack(archive, staged)
        except (tarfile.TarError, OSError) as error:
            raise IndexingError(f"{str(file)!r} cannot be read as an archive ({error}). Export it again") from error
        # Its own digest first: the checks after it trust what it says.
        read_manifest(staged)
        with closing(VectorWorker()) as worker:
            worker.verify(staged)
        name = data.next_name()
        data.publish(staged, name)
    return name


def _unpack(archive: tarfile.TarFile, target: Path) -> None:
    """Write out the files that the manifest names, and refuse all else: links, devices, other names."""
    members = iter(archive)
    manifest = _manifest(archive, next(members, None))
    (target / MANIFEST).write_bytes(manifest.model_dump_json(indent=1).encode())
    seen = set()
    for member in members:
        # The size is compared before anything is written; the digests follow in `verify`.
        if not member.isreg() or member.name not in manifest.files or member.size != manifest.files[member.name][0]:
            raise IndexingError(f"The archive holds {member.name!r}, which its manifest does not name. Export it again")
        archive.extract(member, target, filter="data")
        seen.add(member.name)
    if missing := sorted(set(manifest.files) - seen):
        raise IndexingError(f"The archive lacks {missing[0]!r}. Export it again")


def _manifest(archive: tarfile.TarFile, member: tarfile.TarInfo | None) -> Manifest:
    content = archive.extractfile(member) if member and member.name == MANIFEST and member.isreg() else None
    if not content or not member or member.size > _MOST_MANIFEST:
        raise IndexingError("The archive does not begin with a manifest, so it is no snapshot. Give another file")
    try:
        return Manifest.model_validate_json(content.read())
    except ValidationError:
        raise SnapshotBroken("The manifest of the archive cannot be read. Export it again") from None


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return a member without the name and number of its owner."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
