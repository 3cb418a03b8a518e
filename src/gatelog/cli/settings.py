"""Settings as command-line flags, for the commands that start processes."""

from __future__ import annotations

import argparse

from gatelog import config


def add_flags(parser: argparse.ArgumentParser) -> None:
    """One flag for each setting; a flag that is not given leaves the choice to the environment, the file and the default."""
    for setting in config.SETTINGS:
        default = f"default {setting.default}" if setting.default else "no default"
        parser.add_argument(setting.flag, dest=setting.name, metavar=_shape(setting), help=f"{setting.help} ({default})")


def _shape(setting: config.Setting) -> str:
    if setting.choices:
        return "|".join(setting.choices)
    shapes: dict[object, str] = {
        config.read_address: "HOST:PORT",
        config.read_path: "PATH",
        config.read_count: "N",
        config.read_bytes: "SIZE",
        config.read_seconds: "TIME",
        config.read_flag: "true|false",
    }
    return shapes.get(setting.read, "TEXT")


def from_flags(arguments: argparse.Namespace) -> config.Settings:
    """The settings of this command line. Raises `InvalidDocument`."""
    return config.load({setting.name: getattr(arguments, setting.name, None) for setting in config.SETTINGS})
