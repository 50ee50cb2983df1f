"""Pictures of cars that nobody photographed: drawn, in the light of a studio, from body, colour and view."""

from app.vehicles.studio.draw import BODIES, COLORS, VIEWS, picture
from app.vehicles.studio.raster import png

__all__ = ["BODIES", "COLORS", "VIEWS", "picture", "png"]
