"""The court: pure functions from a content and a ruleset to a verdict. It waits for nothing and opens nothing."""
