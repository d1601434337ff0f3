"""The leaders' map with a base map: pictures come from the one host that the installation names, and nothing else does."""
import re
from dataclasses import replace

from playwright.sync_api import Browser

from casework import settings
from tests.benchmarks.harness import serving
from tests.factories import a_photo
from tests.pages.conftest import PASSWORD, City
from tests.pages.desk import Window
from tests.servers import always


def test_a_base_map_lies_under_the_districts_and_is_asked_of_its_host_alone(browser: Browser, city: City) -> None:
    with always(a_photo("lightgreen", (256, 256)), "image/jpeg") as (host, asked):
        config = replace(settings.current(), tiles_url=host + "/{z}/{x}/{y}.jpg", tiles_attribution="审图号 GS(2026)0001")
        with serving("api.app:create_app", config, 1, "/health/live") as server:
            window = Window(browser, f"http://127.0.0.1:{server.port}")
            page = window.log_in("leader", PASSWORD, "/cockpit/today")
            page.locator(".chart svg.drawn").wait_for()
            assert window.strangers() == asked == []
            page = window.visit("/cockpit/map")
            page.locator("path.leaflet-interactive").first.wait_for()
            page.wait_for_function("[...document.querySelectorAll('img.leaflet-tile')].some((one) => one.naturalWidth === 256)")
            assert "审图号 GS(2026)0001" in page.inner_text(".leaflet-control-attribution")
            assert all(one.startswith(f"{host}/") for one in window.strangers())
            assert asked
            assert all(re.fullmatch(r"/\d+/\d+/\d+\.jpg", one) for one in asked)
            window.is_sound()
            assert window.wrong == []
            window.context.close()
