"""What a person does with a page, by pointer or by keyboard, in the words of the page."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, expect

# A page that answers 403 or 410 is told to the console too, and so is the refusal of what a behaviour sent; whether
# they should have is for the tests to say. A file that is missing is always a defect.
REFUSED = "Failed to load resource: the server responded with a status of 4"
ASKED_FOR = ("document", "fetch")
# Behaviours arrive after the page: whoever imports them again waits for the same files.
SETTLED = """async () => {
  const main = document.querySelector('script[type=module]').src;
  const named = [...document.querySelectorAll('[data-behaviour]')].flatMap((each) => each.dataset.behaviour.split(' '));
  await Promise.all([...new Set(named)].map((name) => import(new URL(`./behaviours/${name}.js`, main))));
}"""
FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return window.lastFocused = null;
  const outlined = (style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  const drawn = (style) => outlined(style) || style.boxShadow !== 'none';
  const ring = (each) => each && [null, '::before', '::after'].some((part) => drawn(getComputedStyle(each, part)));
  const parents = ['label', 'article', 'li'].map((name) => element.closest(name));
  const around = [element, ...parents, element.parentElement];
  const box = (element.closest('label') ?? element).getBoundingClientRect();
  const earlier = window.lastFocused;
  window.lastFocused = element;
  return {
    visible: around.some(ring),
    inView: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight &&
      box.right > 0 && box.left < innerWidth,
    inOrder: element.tabIndex <= 0 && (!earlier?.isConnected || earlier === element ||
      !!(earlier.compareDocumentPosition(element) & 4)),
    words: element.outerHTML.slice(0, 200),
  };
}"""


class Visitor:
    """A person at a browser, with a pointer; finds things by the words that a screen reader would say."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.defects: list[str] = []
        self.asked: set[str] = set()
        page.on("request", self._remember)
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.defects.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.defects.append(f"dialog: {dialog.message}") or dialog.dismiss())

    def goes_to(self, address: str) -> None:
        self.page.goto(address)

    def link(self, words: str) -> Locator:
        return self.page.get_by_role("link", name=words).first

    def button(self, words: str) -> Locator:
        return self.page.get_by_role("button", name=words).first

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(label).first

    def follows(self, words: str) -> None:
        with self.new_page():
            self.activates(self.link(words))

    def sends(self, words: str) -> None:
        """Presses a button that brings a new page."""
        with self.new_page():
            self.activates(self.button(words))

    def presses(self, words: str) -> None:
        self.activates(self.button(words))

    def unfolds(self, words: str) -> None:
        self.activates(self.page.locator("summary", has_text=words).first)

    def writes(self, label: str, text: str) -> None:
        self.field(label).fill(text)

    def ticks(self, label: str) -> None:
        self.field(label).check()

    def chooses(self, label: str, option: str) -> None:
        self.field(label).select_option(label=option)

    def activates(self, target: Locator) -> None:
        target.click()

    def accepts(self) -> None:
        """Takes the step before a first contribution, wherever it appears."""
        self.ticks("Leí y acepto")
        self.ticks("años o más")

    def sees(self, words: str) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible()

    def misses(self, words: str) -> None:
        expect(self.page.get_by_text(words)).to_have_count(0)

    def reads_back(self, label: str, text: str) -> None:
        expect(self.field(label)).to_have_value(text)

    @contextmanager
    def new_page(self) -> Iterator[None]:
        """Waits until what is done inside has brought another page."""
        with self.page.expect_navigation():
            yield

    @property
    def path(self) -> str:
        return str(self.page.evaluate("location.pathname"))

    def loads(self, address: str, site: str) -> None:
        """Notes what a page fetches from anywhere but this site."""
        if not address.startswith((f"{site}/", "data:image/svg+xml")):
            self.defects.append(f"fetched {address}")

    def _listen(self, message: ConsoleMessage) -> None:
        refusal = message.text.startswith(REFUSED) and message.location["url"] in self.asked
        if message.type in ("error", "warning") and not refusal:
            self.defects.append(f"{message.type}: {message.text} {message.location['url']}")

    def _remember(self, request: Request) -> None:
        if request.resource_type in ASKED_FOR:
            self.asked.add(request.url)


class KeyboardVisitor(Visitor):
    """The same person without a pointer: reaches everything with Tab, and sees where they are at each stop."""

    TABS = 150

    def activates(self, target: Locator) -> None:
        self.reaches(target)
        self.page.keyboard.press("Enter")

    def writes(self, label: str, text: str) -> None:
        self.reaches(self.field(label))
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(text)

    def ticks(self, label: str) -> None:
        self.reaches(self.field(label))
        self.page.keyboard.press("Space")

    def chooses(self, label: str, option: str) -> None:
        self.reaches(self.field(label))
        self.page.keyboard.type(option)

    def reaches(self, target: Locator) -> None:
        """Tabs on, round the page if need be; each stop has to be visible, in view and after the one before."""
        wanted = target.element_handle()
        for _ in range(self.TABS):
            self.page.keyboard.press("Tab")
            self._looks_where_it_is()
            if self.page.evaluate("(wanted) => document.activeElement === wanted", wanted):
                return
        raise AssertionError(f"not reached by keyboard: {target}")

    def _looks_where_it_is(self) -> None:
        stop: dict[str, Any] | None = self.page.evaluate(FOCUS)
        if stop is None:
            return  # between the end of the page and its beginning
        assert stop["visible"], f"the focus cannot be seen on {stop['words']}"
        assert stop["inView"], f"the focus is out of sight on {stop['words']}"
        assert stop["inOrder"], f"the focus jumps back to {stop['words']}"
