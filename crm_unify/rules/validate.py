"""What pydantic says about a file, in the words and with the lines of the person who wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from crm_unify.errors import ConfigurationError
from crm_unify.records import KINDS
from crm_unify.rules.environment import mask
from crm_unify.rules.model import Branch
from crm_unify.rules.unsupported import NOT_BUILT_KINDS, NOT_SUPPORTED_YET
from crm_unify.rules.yaml_tree import Path, Tree

Model = TypeVar("Model", bound=BaseModel)
Translate = Callable[[Path], Path]
"""From a path in the model to the path in the YAML file."""

_SHOWN_CHARACTERS: Final = 60
_NEEDED: Final = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "date_from_datetime_parsing": "a date (YYYY-MM-DD)",
    "date_type": "a date (YYYY-MM-DD)",
    "date_parsing": "a date (YYYY-MM-DD)",
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
    "path_type": "a path",
}
_BOUNDS: Final = {
    "too_short": "a list of {min_length} or more",
    "too_long": "a list of {max_length} or less",
    "string_too_short": "text of {min_length} characters or more",
    "string_too_long": "text of {max_length} characters or less",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of {ge} or more",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of {le} or less",
    "finite_number": "a number",
}
"""What a key needs whose value is out of bounds; the bound is pydantic's."""
_NAME_RULE: Final = "lower-case letters, digits and underscores, beginning with a letter"


def validated(
    model: type[Model], tree: Tree, translate: Translate
) -> tuple[Model | None, list[ConfigurationError]]:
    """The file as a model, None when its shape is wrong, and everything wrong that shows in its shape."""
    mistakes = [*_not_supported(tree)]
    try:
        return model.model_validate(tree.data), mistakes
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, mistakes + [_mistake(model, detail, tree, translate) for detail in details]


def _not_supported(tree: Tree) -> Iterator[ConfigurationError]:
    """Keys of the language that this version refuses instead of ignoring them."""
    for dotted, values in NOT_SUPPORTED_YET.items():
        path = tuple(dotted.split("."))
        value = _at(tree.data, path)
        if value in (None, [], {}, "") or (values is not None and value not in values):
            continue
        shown = f"'{dotted}'" if values is None else f"'{dotted}: {value}'"
        yield _unsupported(shown, tree, path)


def _unsupported(shown: str, tree: Tree, path: Path) -> ConfigurationError:
    why = "this version refuses what it does not carry out, rather than ignore it"
    line = tree.line(path)
    return ConfigurationError(
        f"{shown} is not supported yet", tree.file, line=line, why=why, remedy="leave it out"
    )


def _at(data: Any, path: Path) -> Any:
    for part in path:
        if not isinstance(data, Mapping):
            return None
        data = data.get(part)
    return data


def _mistake(
    model: type[BaseModel], detail: ErrorDetails, tree: Tree, translate: Translate
) -> ConfigurationError:
    """One complaint of pydantic as a mistake with its place."""
    loc = detail["loc"]
    path = translate(loc)
    if detail["type"] == "extra_forbidden":
        return _unknown_key(model, loc, tree, path)
    if detail["type"] == "missing":
        what = f"{_block_name(path[:-1])} needs the key '{loc[-1]}'"
        return ConfigurationError(what, tree.file, line=tree.line(path[:-1]), remedy=f"add {loc[-1]}:")
    return _wrong_value(detail, tree, path)


def _unknown_key(model: type[BaseModel], loc: Path, tree: Tree, path: Path) -> ConfigurationError:
    name, line = str(loc[-1]), tree.line(path)
    owner = model_at(model, loc[:-1])
    if owner is Branch and name in NOT_BUILT_KINDS:
        return _unsupported(f"kind '{name}'", tree, path)
    if (dotted := ".".join(str(part) for part in loc)) in NOT_SUPPORTED_YET:
        return _unsupported(f"'{dotted}'", tree, path)
    if owner is Branch:
        known = [*KINDS, "when", "rule", "discard", "quarantine", "lookup_only"]
        return ConfigurationError.unknown("kind or key", name, known=known, file=tree.file, line=line)
    return ConfigurationError.unknown("key", name, known=keys_of(owner), file=tree.file, line=line)


def _wrong_value(detail: ErrorDetails, tree: Tree, path: Path) -> ConfigurationError:
    path = _written(tree.data, path)
    kind, line, context = detail["type"], tree.line(path), detail.get("ctx", {})
    shown = _shown(detail["input"])
    if kind in ("literal_error", "enum"):
        known = _choices(str(context["expected"]))
        what = f"value of {_key_name(path)}"
        return ConfigurationError.unknown(what, str(detail["input"]), known=known, file=tree.file, line=line)
    if kind == "string_pattern_mismatch":
        what = f"{shown} is not a name"
        return ConfigurationError(
            what, tree.file, line=line, why=f"names are {_NAME_RULE}", remedy="rename it"
        )
    if kind == "value_error":
        text = f"{_key_name(path)}: {context.get('error', detail['msg'])}"
        return ConfigurationError(text, tree.file, line=line)
    if kind in _NEEDED:
        what = f"{_key_name(path)} needs {_NEEDED[kind]}, found {shown}"
        return ConfigurationError(what, tree.file, line=line)
    if kind in _BOUNDS:
        what = f"{_key_name(path)} needs {_BOUNDS[kind].format(**context)}, found {shown}"
        return ConfigurationError(what, tree.file, line=line)
    message = detail["msg"][:1].lower() + detail["msg"][1:]
    return ConfigurationError(f"{_key_name(path)}: {message}, found {shown}", tree.file, line=line)


def _written(data: Any, path: Path) -> Path:
    """The part of a path that stands in the file: pydantic adds the name of the form it tried last."""
    for length, part in enumerate(path):
        inside = isinstance(data, Mapping) and part in data
        if not inside and not (isinstance(data, list) and isinstance(part, int) and part < len(data)):
            return path[:length]
        data = data[part]
    return path


def _choices(expected: str) -> list[str]:
    """`'a', 'b' or 'c'` as a list."""
    return [part.strip().strip("'") for part in expected.replace(" or ", ", ").split(", ")]


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list | dict):
        if not value:
            return "an empty list" if isinstance(value, list) else "no key"
        return "a list" if isinstance(value, list) else "keys with values"
    text = mask(str(value))
    return f"'{text[:_SHOWN_CHARACTERS]}'" + ("..." if len(text) > _SHOWN_CHARACTERS else "")


def _key_name(path: Path) -> str:
    words = [str(part) for part in path if isinstance(part, str)]
    return f"'{words[-1]}'" if words else "the file"


def _block_name(path: Path) -> str:
    return "the file" if not path else f"the block {_key_name(path)}"


# --- keys that a block may have ---
def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys of a block as they are written in YAML."""
    return [field.alias or name for name, field in model.model_fields.items()]


def model_at(model: type[BaseModel], loc: Path) -> type[BaseModel]:
    """The model of the block at a path of pydantic's; union tags and list positions are passed over."""
    inside_dict = False
    for part in loc:
        field = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        if inside_dict or field is None:
            inside_dict = False
            continue
        inner, inside_dict = _inner_model(field.annotation)
        model = inner or model
    return model


def _inner_model(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model inside an annotation, and whether a dictionary key comes before it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    is_dict = get_origin(annotation) is dict
    for part in get_args(annotation):
        inner, deeper = _inner_model(part)
        if inner is not None:
            return inner, is_dict or deeper
    return None, is_dict
