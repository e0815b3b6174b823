"""Full-text search of the help, in the words that people use: plurals, slips of the hand, everyday synonyms."""
