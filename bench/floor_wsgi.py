"""What gunicorn loads to serve the floor."""

from bench.floor import create_floor
from config import Settings

app = create_floor(Settings.from_environment())
