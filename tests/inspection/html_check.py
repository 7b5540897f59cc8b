"""A strict look at a page: each tag closed in order, no link to nowhere, nothing fetched, a text for each picture."""

import re
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "path", "circle", "rect"}
"""Tags that stand alone; those of SVG close themselves."""


class Checked(HTMLParser):
    """Read a page; ``faults`` says what is wrong with it, the rest what is in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.pictures: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        bare = re.sub(r"data:image/\w+;base64,[\w+/=]+", "data:", page)
        self.feed(page)
        self.close()
        self.faults += [f"{tag} is never closed" for tag in self._open]
        self.faults += [f"id {name} stands twice" for name in set(self.ids) if self.ids.count(name) > 1]
        self.faults += [f"link to nowhere: {link}" for link in self.links if link.removeprefix("#") not in self.ids]
        self.faults += [f"fetches {found}" for found in re.findall(r"(?:https?:)?//[\w.]+|url\((?!data:)[^)]*", bare)]

    @property
    def text(self) -> str:
        """All words that are shown."""
        return " ".join(self.words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if len(values) != len(attrs):
            self.faults.append(f"{tag} has an attribute twice")
        self.ids += [str(values["id"])] if "id" in values else []
        self.links += [str(values["href"])] if "href" in values else []
        if tag == "img":
            self.pictures.append(str(values.get("alt") or ""))
            self.faults += [] if values.get("alt") else ["img without a text"]
            self.faults += [] if str(values.get("src")).startswith("data:image/") else ["img from elsewhere"]
        if values.get("role") == "img" and not values.get("aria-label"):
            self.faults.append(f"{tag} without a text")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.faults.append(f"{tag} closes itself")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"{tag} closes nothing")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("style", "script"):
            self.words.append(data)
