"""The readers' door: web pages, JSON API, live feed, sign-in."""
