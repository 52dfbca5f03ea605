"""Checks of the contract that need more than the tests: a live server under generated requests, and a TypeScript client."""
