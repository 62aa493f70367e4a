"""Law and consent: who may see which fields of an event, for what purpose."""
