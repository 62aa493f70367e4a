"""A synthetic population of Californians: every message that partners would send, and the truth to hold us to."""

from partners.population.generate import DEFAULT_AS_OF, TRICKLED, Population, generate
from partners.population.planned import Planned
from partners.population.truth import PHASES, Totals, Truth

__all__ = ["DEFAULT_AS_OF", "PHASES", "TRICKLED", "Planned", "Population", "Totals", "Truth", "generate"]
