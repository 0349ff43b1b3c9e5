"""Terraform provider schemas, read from the typed bindings that a package of the npm registry carries.

The bindings (CDK for Terraform) are generated from the provider's own schema, so that argument names,
nesting, types and what is required are the provider's.
"""

import functools
import re
from pathlib import Path

ENTRY = re.compile(
    r"(\w+): \{\s+value: (.*),\s+isBlock: (true|false),\s+type: \"(\w+)\",\s+storageClassType: \"(\w+)\""
)
READ = re.compile(r"this\.get(String|Number|Boolean|List|NumberList|StringMap|NumberMap|BooleanMap)Attribute\('(\w+)'\)")
PART = re.compile(r"_\w+ = new (\w+)\(this, ['\"](\w+)['\"]")
SIMPLE = {"string": '"string"', "number": '"number"', "boolean": '"bool"', "any": '"dynamic"'}
LISTED = {"String": '"string"', "Number": '"number"', "Boolean": '"bool"', "List": '["list","string"]',
          "NumberList": '["list","number"]', "StringMap": '["map","string"]', "NumberMap": '["map","number"]',
          "BooleanMap": '["map","bool"]'}


class Bindings:
    """The generated source of one resource or data source."""

    def __init__(self, folder: Path):
        self.js = "\n".join(path.read_text() for path in sorted(folder.rglob("*.js")))
        self.types = "\n".join(path.read_text() for path in sorted(folder.rglob("*.d.ts")))

    def entries(self, name: str) -> list[tuple[str, ...]]:
        """The arguments of a block: name, value, whether it is a block, how it nests, type."""
        lower = name[0].lower() + name[1:]
        found = re.search(rf"function {lower}ToHclTerraform\(struct\) \{{(.*?)\n\}}", self.js, re.S)
        return ENTRY.findall(found.group(1)) if found else []

    def own_entries(self) -> list[tuple[str, ...]]:
        found = re.search(r"synthesizeHclAttributes\(\) \{(.*?)\n    \}", self.js, re.S)
        return ENTRY.findall(found.group(1)) if found else []

    def class_body(self, name: str) -> str:
        found = re.search(rf"\nclass {name} extends .*?\n\}}\n", self.js, re.S)
        return found.group(0) if found else ""

    def declared(self, interface: str, member: str) -> tuple[bool, bool]:
        """Whether the member is required, and whether it may be given several times."""
        body = re.search(rf"\binterface {interface} (?:extends [^{{]*)?\{{(.*?)\n\}}", self.types, re.S)
        found = body and re.search(rf"readonly {member}(\??): ([^;]*)", body.group(1))
        return (bool(found) and not found.group(1), bool(found) and "[]" in found.group(2))


def attribute(name, kind, required=False, computed=False):
    return {"name": name, "type": kind, "required": required, "computed": computed}


def attribute_type(nesting: str, stored: str) -> str:
    if stored in SIMPLE:
        return SIMPLE[stored]
    of = SIMPLE.get(stored.removesuffix("List").removesuffix("Map"), '"dynamic"')
    return of if of == '"dynamic"' else f'["{nesting}",{of}]'


def block(bindings: Bindings, interface: str, entries, read_from: str) -> dict:
    """The schema of one block and everything in it."""
    attributes, blocks = {}, []
    for name, value, is_block, nesting, stored in entries:
        member = re.search(r"(?:struct\.|this\._)(\w+)", value).group(1)
        required, many = bindings.declared(interface, member)
        if is_block == "false":
            attributes[name] = attribute(name, attribute_type(nesting, stored), required, not required)
            continue
        inner = stored.removesuffix("List")
        blocks.append({
            "name": name,
            "nesting": {"struct": 1, "list": 2, "set": 3}[nesting],
            "min": int(required and nesting != "struct"),
            "max": 0 if many or nesting == "struct" else 1,
            "block": block(bindings, inner, bindings.entries(inner), inner + "OutputReference"),
        })
    named = {one["name"] for one in blocks}
    body = bindings.class_body(read_from)
    results = [(name, LISTED[kind]) for kind, name in READ.findall(body)]
    results += [(name, '"dynamic"') for _, name in PART.findall(body)]
    for name, kind in results:
        if name not in named:
            attributes.setdefault(name, attribute(name, kind, computed=True))
    return {"attributes": list(attributes.values()), "blocks": blocks}


@functools.cache
def schema(folder: Path) -> dict:
    """The schema of the resource, data source or provider whose bindings lie in `folder`."""
    bindings = Bindings(folder)
    interface = re.search(r"interface (\w+Config) extends cdktf\.TerraformMetaArguments", bindings.types)
    interface = interface.group(1) if interface else re.search(r"interface (\w+Config) ", bindings.types).group(1)
    return block(bindings, interface, bindings.own_entries(), interface.removesuffix("Config"))
