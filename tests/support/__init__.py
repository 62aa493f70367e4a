"""What tests share: builders of events, worlds to run them in."""
