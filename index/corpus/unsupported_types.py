"""Remedies for files of types that are not read: most programs that made them can save as a type that is."""

from collections.abc import Mapping

_PICTURE = "a picture: have its text recognised (OCR), and save that as .txt"
_SOUND = "a recording: save a transcript as .txt"
_PACKED = "unpack it, or pack it as .zip"
_REMEDIES = {
    **dict.fromkeys((".doc", ".odt", ".rtf", ".pages", ".wpd", ".dot", ".docm"), "save it as .docx"),
    **dict.fromkeys((".xls", ".xlsx", ".ods", ".numbers", ".parquet", ".sqlite", ".db"), "save the articles as .csv"),
    **dict.fromkeys((".ppt", ".pptx", ".odp", ".epub", ".mobi", ".ps", ".djvu", ".xps"), "save it as .pdf or .txt"),
    **dict.fromkeys((".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst", ".7z", ".rar"), _PACKED),
    **dict.fromkeys((".msg", ".mbox", ".pst", ".emlx"), "save the mails as .eml"),
    **dict.fromkeys((".webarchive", ".maff"), "save the page as .html or .mhtml"),
    **dict.fromkeys((".shtml", ".xhtml", ".php", ".asp", ".aspx"), "rename it to .html"),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".svg"), _PICTURE),
    **dict.fromkeys((".mp3", ".m4a", ".wav", ".ogg", ".mp4", ".mov", ".mkv", ".webm", ".avi"), _SOUND),
    **dict.fromkeys((".yaml", ".yml", ".toml"), "save the articles as .json or .jsonl"),
    **dict.fromkeys((".srt", ".vtt", ".log", ".text", ".rst", ".adoc", ".org", ".tex", ""), "rename it to .txt"),
}
_REMEDY_FOR_OTHERS = "save its text as .txt"


def remedies(ignored: Mapping[str, int]) -> list[tuple[int, str, str]]:
    """Return for each type that is not read the number of files, the type and a remedy, the most files first."""
    kinds = sorted(ignored, key=lambda kind: (-ignored[kind], kind))
    return [(ignored[kind], kind or "no suffix", _REMEDIES.get(kind, _REMEDY_FOR_OTHERS)) for kind in kinds]
