"""Ten calls to a live server by the code that each of five generators makes of openapi.yaml."""
