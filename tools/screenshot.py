"""Takes a screenshot of a running Airflow: a DAG's page with a run that succeeded, as a user sees it after the login.

    python tools/screenshot.py --url http://127.0.0.1:8080 --user admin --password-file FILE --dag sales_etl \
        --output docs/images/laptop.png

It drives the Chromium of this machine (Debian: `apt install chromium`), because Playwright's own is not in any package
registry. Without `--password-file`, the password is in the environment variable AIRFLOW_PASSWORD. Exits with 1 and one
line when there is nothing to show.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, Error, Locator, Page, Playwright, TimeoutError, sync_playwright  # noqa: A004

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SIZE = (1440, 900)
_ANSWER = 30.0
"""Seconds that a page may take, the first one above all: Airflow loads what it needs for it only then."""
_RELOAD = 5.0
"""Seconds until a page without a successful run is asked for again."""


class ScreenshotError(Exception):
    """There is nothing to show; the message says why."""


def see_successful_run(url: str, user: str, password: str, dag: str, output: Path, *, wait: float = 60) -> None:
    """Logs in like a user, waits up to `wait` seconds for a successful run of a DAG, and writes the page as PNG.

    Raises:
        ScreenshotError: no Chromium, no Airflow at the URL, a wrong password, or no successful run in that time.
    """
    with sync_playwright() as playwright:
        browser = _browser(playwright)
        try:
            page = browser.new_page(
                viewport={"width": SIZE[0], "height": SIZE[1]}, locale="en-US", timezone_id="UTC", color_scheme="light"
            )
            page.set_default_timeout(_ANSWER * 1000)
            _log_in(page, url.rstrip("/"), user, password)
            _await_success(page, url.rstrip("/"), dag, wait)
            page.screenshot(path=output, animations="disabled")
        except Error as error:
            # The first line alone: the others tell what was typed, the password too.
            raise ScreenshotError(f"{url}: {str(error).splitlines()[0]}") from None
        finally:
            browser.close()


def _browser(playwright: Playwright) -> Browser:
    """The machine's Chromium, in its sandbox unless this is root, who cannot have one."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise ScreenshotError("no Chromium on this machine: install the package chromium")
    try:
        return playwright.chromium.launch(executable_path=program, chromium_sandbox=os.geteuid() != 0)
    except Error as error:
        raise ScreenshotError(f"{program} does not start: {str(error).splitlines()[0]}") from None


def _log_in(page: Page, url: str, user: str, password: str) -> None:
    """Fills in the form to which Airflow sends strangers; all of its auth managers name the fields alike."""
    page.goto(url)
    try:
        page.fill("input[name=username]", user)
    except TimeoutError:
        raise ScreenshotError(f"{url} shows no login form: is it Airflow?") from None
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    try:
        page.wait_for_url(lambda there: "/login" not in urlsplit(there).path, timeout=_ANSWER * 500)
    except TimeoutError:
        raise ScreenshotError(f"{url} does not let {user} in: is the password right?") from None


def _await_success(page: Page, url: str, dag: str, wait: float) -> None:
    """Returns when the DAG's page shows a run in the state success."""
    place = f"{url}/dags/{quote(dag, safe='')}"
    is_airflow_3 = page.request.get(f"{url}/api/v2/version").status == HTTPStatus.OK
    deadline = time.monotonic() + wait
    while True:
        page.goto(f"{place}/runs" if is_airflow_3 else f"{place}/grid")
        left = deadline - time.monotonic()
        try:
            _success(page, is_airflow_3=is_airflow_3).wait_for(timeout=max(1.0, min(left, _RELOAD)) * 1000)
        except TimeoutError:
            if left < _RELOAD:
                raise ScreenshotError(f"{url} shows no successful run of {dag} within {wait:g} seconds") from None
        else:
            page.wait_for_load_state("networkidle")
            return


def _success(page: Page, *, is_airflow_3: bool) -> Locator:
    """What only a successful run puts on the page: its state in the table of runs, or Airflow 2's count of them."""
    if is_airflow_3:
        return page.locator("table").get_by_text("Success", exact=True).first
    return page.get_by_text("Total success", exact=True).first


def main() -> None:
    """Reads the arguments, takes the screenshot, says what went wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="where Airflow is; %(default)s by default")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password-file", type=Path, help="the password; without it, AIRFLOW_PASSWORD has it")
    parser.add_argument("--dag", required=True)
    parser.add_argument("--output", type=Path, required=True, help="the PNG file")
    parser.add_argument("--wait", type=float, default=60, help="seconds for a successful run; %(default)s by default")
    given = parser.parse_args()
    try:
        password = _password(given.password_file)
        see_successful_run(given.url, given.user, password, given.dag, given.output, wait=given.wait)
    except (ScreenshotError, OSError) as error:
        sys.exit(f"error: {error}")


def _password(file: Path | None) -> str:
    password = file.read_text(encoding="utf-8").strip() if file else os.environ.get("AIRFLOW_PASSWORD", "")
    if not password:
        raise ScreenshotError("no password: give --password-file, or set AIRFLOW_PASSWORD")
    return password


if __name__ == "__main__":
    main()
