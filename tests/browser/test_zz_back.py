from tests.browser.test_nothing_is_lost import *
from tests.browser.conftest import *
def test_back(citizen, challenge):
    begins(citizen, challenge)
    citizen.page.context.clear_cookies()
    citizen.sends("Publicar")
    citizen.page.go_back()
    print("BACK:", citizen.field("Explíquelo").input_value())
