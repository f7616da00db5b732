"""What gunicorn and flask load."""

from config import Settings
from lab.app import create_app

app = create_app(Settings.from_environment())
