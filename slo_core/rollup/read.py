from dataclasses import dataclass


@dataclass
class Rollup:
    store: object
    catalog: object
    manifests: object
    problems: object
