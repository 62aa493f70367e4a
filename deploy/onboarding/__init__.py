"""A partner's first afternoon: the folder that it begins with, and the plan that is run before real events go."""
