"""How drf-spectacular generates a contract; backend/openapi.py says what ours is called and about."""

SCHEMA_SETTINGS: dict[str, object] = {
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": "/", "description": "The host that serves this document"}],
    "SCHEMA_PATH_PREFIX": r"/api/v\d+",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "backend.api.schema.plain_null",
        "backend.api.schema.add_shared_answers",
    ],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # The viewer would ask a host of its makers whether the document is valid.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    # A nullable enum names null as a choice of its own; a hook turns that into plain null.
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": True,
    "PATH_CONVERTER_OVERRIDES": {"slug": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}},
    "ENUM_SUFFIX": "",
    "COMPONENT_SPLIT_REQUEST": True,
}
