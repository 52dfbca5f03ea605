"""What every endpoint shares and no app owns: problems, parameters, pages, caching and the schema."""
