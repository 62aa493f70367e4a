"""The signals: rules over what one recipient was shown of a person, and the days on which to ask them again."""
