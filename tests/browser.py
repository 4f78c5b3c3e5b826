#!/usr/bin/env python3
"""Looks at the page of `darknet attribute triage` in a real browser: Chromium, driven by chromedriver (WebDriver).

    tests/browser.py gallery PAGE [FOLDER]    clicks, types and presses keys; screenshots go to FOLDER
    tests/browser.py page PAGE                any page: opens without an error, fits into 400 and 1600 pixels

Says what is wrong and ends with 1, or prints what it looked at.
"""

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
SWITCHES = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]  # fmt: skip
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "ArrowRight": "\ue014", "ArrowLeft": "\ue012"}


class Browser:
    def __enter__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.profile = tempfile.mkdtemp()
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL)
        self.base = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                self.call("GET", "/status")
                break
            except OSError:
                time.sleep(0.1)
        options = {"args": SWITCHES + [f"--user-data-dir={self.profile}"], "binary": shutil.which("chromium")}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.base += "/session/" + answer["sessionId"]
        return self

    def __exit__(self, *unused):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, verb, path, body=None):
        data = None if verb in ("GET", "DELETE") else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=verb)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error

    def open(self, url, width=1600, height=1200):
        self.call("POST", "/window/rect", {"width": width, "height": height})
        self.call("POST", "/url", {"url": "about:blank"})  # else a new fragment would not load the page anew
        self.call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector):
        return self.call("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self.call("POST", f"/element/{self.find(selector)}/click")

    def type(self, selector, text):
        self.call("POST", f"/element/{self.find(selector)}/value", {"text": text})

    def press(self, *keys):
        actions = [a for k in keys for a in ({"type": "keyDown", "value": KEYS.get(k, k)}, {"type": "keyUp", "value": KEYS.get(k, k)})]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def choose(self, name, value):
        self.click(f"[name={name}] option[value='{value}']")

    def complaints(self):
        return [entry for entry in self.call("POST", "/se/log", {"type": "browser"}) if entry["level"] in ("SEVERE", "WARNING")]

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))


def expect(condition, *what):
    if not condition:
        raise AssertionError(" ".join(str(part) for part in what))


def fits(browser, width):
    room, needed = browser.run("return [innerWidth, document.scrollingElement.scrollWidth]")
    expect(needed <= room, f"{width} pixels: the page is {needed} wide, the window {room}")


def check_page(browser, url):
    for width in (400, 1600):
        browser.open(url, width)
        fits(browser, width)
        broken = browser.run("return [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src.slice(0, 99))")
        expect(not broken, "pictures that do not load:", broken)
    complaints = browser.complaints()
    expect(not complaints, "the console has", complaints)


def check_print(browser):
    """The page is laid out on paper and its beginning printed: chromedriver gives a print 30 s, a page of many maps needs them."""
    expect(len(base64.b64decode(browser.call("POST", "/print", {"pageRanges": ["1-2"]}))) > 2000, "it does not print")


CARDS = "return [...document.querySelectorAll('.card:not([hidden])')].map(c => ({...c.dataset, id: c.id, large: c.classList.contains('large')}))"


class Gallery:
    """The page, and what its cards say of themselves."""

    def __init__(self, browser, url):
        self.browser, self.url = browser, url
        browser.open(url)
        self.all = self.cards()
        expect(self.all, "there is no card")

    def cards(self):
        return self.browser.run(CARDS)

    def shows(self, condition, why):
        """What is shown is what the condition says, and is counted."""
        expected, got = {c["id"] for c in self.all if condition(c)}, {c["id"] for c in self.cards()}
        expect(got == expected, f"{why}: {len(got)} cards are shown, expected {len(expected)}")
        text = self.browser.run("return document.getElementById('shown').textContent")
        expect(text == f"{len(expected)} of {len(self.all)} cases", f"{why}: it says {text!r}")

    def reset(self):
        self.browser.click("button[type=reset]")
        time.sleep(0.1)
        self.shows(lambda c: True, "reset")


def check_pictures(gallery):
    gallery.browser.run("for (const i of document.images) i.loading = 'eager'")
    for _ in range(200):
        if gallery.browser.run("return [...document.images].every(i => i.complete)"):
            break
        time.sleep(0.1)
    broken = gallery.browser.run("return [...document.images].filter(i => !i.naturalWidth).map(i => i.src)")
    expect(not broken, "pictures that do not load:", broken)


def check_filters(gallery):
    browser, kinds = gallery.browser, sorted({c["kind"] for c in gallery.all})
    browser.click(f"[name=kind][value={kinds[0]}]")
    gallery.shows(lambda c: c["kind"] != kinds[0], f"without {kinds[0]}")
    gallery.reset()
    name = gallery.all[0]["class"]
    browser.choose("class", name)
    gallery.shows(lambda c: c["class"] == name, f"class {name}")
    expect("class=" in browser.run("return location.hash"), "the address does not keep the class")
    gallery.reset()
    browser.type("[name=least]", "0.2")
    browser.type("[name=most]", "0.6")
    gallery.shows(lambda c: 0.2 <= float(c["score"]) <= 0.6, "scores")
    gallery.reset()
    part = os.path.basename(gallery.all[-1]["picture"])
    browser.type("[name=find]", part)
    gallery.shows(lambda c: part in c["picture"], f"picture {part}")
    browser.open(gallery.url + f"#kind={kinds[-1]}&least=0.1")
    gallery.shows(lambda c: c["kind"] == kinds[-1] and float(c["score"]) >= 0.1, "by the address")
    browser.run(f"location.hash = '#kind={kinds[0]}'")
    time.sleep(0.2)
    gallery.shows(lambda c: c["kind"] == kinds[0], "by a new address")
    gallery.reset()


def check_order(gallery):
    gallery.browser.choose("sort", "score")
    scores = [float(c["score"]) for c in gallery.cards()]
    expect(scores == sorted(scores, reverse=True), "not in the order of scores")
    gallery.browser.choose("sort", "given")
    expect([c["id"] for c in gallery.cards()] == [c["id"] for c in gallery.all], "not in the order given")


def check_drawing(gallery):
    browser = gallery.browser
    state = "const f = document.querySelector('feFuncA'); return {...f.dataset, amplitude: f.getAttribute('amplitude')}"
    own = browser.run(state)
    expect(abs(float(own["amplitude"]) * float(own["end"]) / float(own["largest"]) - 1) < 1e-4, "own scale", own)
    browser.click("[name=scale]")
    one = browser.run(state)
    expect(abs(float(one["amplitude"]) * float(one["shared"]) / float(one["largest"]) - 1) < 1e-4, "one scale", one)
    matrix = "return document.querySelector('feColorMatrix').getAttribute('values')"
    before = browser.run(matrix)
    browser.click("[name=sign]")
    expect(browser.run(matrix) != before, "without sign nothing changes")
    browser.run("const o = document.forms[0].elements.opacity; o.value = 0.3; o.dispatchEvent(new Event('input', {bubbles: true}))")
    opacity = browser.run("return getComputedStyle(document.querySelector('.map')).opacity")
    expect(opacity == "0.3", "the map's opacity is", opacity)
    gallery.reset()
    expect(browser.run(state) == own and browser.run(matrix) == before, "reset leaves the drawing")


def check_methods(gallery):
    views = "return [...document.querySelector('.card').querySelectorAll('.view')].filter(v => v.offsetParent).length"
    count = gallery.browser.run("return document.querySelector('.card').querySelectorAll('.view').length")
    if count < 2:
        return
    expect(gallery.browser.run(views) == count, "not side by side")
    gallery.browser.choose("method", "1")
    expect(gallery.browser.run(views) == 1, "one method shows", gallery.browser.run(views), "maps")
    gallery.reset()


def check_keys(gallery):
    browser = gallery.browser
    browser.open(gallery.url)
    focused = "return document.activeElement.id"
    browser.press("j", "j")
    expect(browser.run(focused) == gallery.all[1]["id"], "j leads to", browser.run(focused))
    browser.press("k")
    expect(browser.run(focused) == gallery.all[0]["id"], "k leads to", browser.run(focused))
    browser.press("Enter")
    expect(gallery.cards()[0]["large"], "Enter does not enlarge")
    browser.press("Escape")
    expect(not gallery.cards()[0]["large"], "Esc does not make small")
    browser.click(".card .view")
    expect(gallery.cards()[0]["large"], "a click does not enlarge")


def take_pictures(browser, url, folder):
    for width in (400, 1600):
        browser.open(url, width)
        browser.run("document.querySelector('form').scrollIntoView()")
        time.sleep(0.5)
        browser.screenshot(os.path.join(folder, f"gallery-{width}.png"))


def check_gallery(browser, url, folder):
    check_page(browser, url)
    gallery = Gallery(browser, url)
    kinds = [c["kind"] for c in gallery.all]
    browser.open(f"{url}#kind={min(kinds, key=kinds.count)}")  # maps take a while on paper
    check_print(browser)
    browser.open(url)
    check_pictures(gallery)
    check_filters(gallery)
    check_order(gallery)
    check_drawing(gallery)
    check_methods(gallery)
    check_keys(gallery)
    begun = time.time()
    browser.open(url)
    loaded = time.time()
    browser.type("[name=least]", "0.9")
    complaints = browser.complaints()
    expect(not complaints, "the console has", complaints)
    print(f"{len(gallery.all)} cards: open after {loaded - begun:.2f} s, a filter after {time.time() - loaded:.2f} s")
    if folder:
        take_pictures(browser, url, folder)


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("gallery", "page"):
        sys.exit(__doc__)
    url = "file://" + os.path.abspath(sys.argv[2])
    try:
        with Browser() as browser:
            if sys.argv[1] == "page":
                check_page(browser, url)
                check_print(browser)
            else:
                check_gallery(browser, url, sys.argv[3] if len(sys.argv) > 3 else None)
    except AssertionError as error:
        sys.exit(f"{sys.argv[2]}: {error}")


if __name__ == "__main__":
    main()
