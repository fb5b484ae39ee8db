"""The closed sets that settings choose from."""

import enum


class Storage(enum.Enum):
    """Where new logins are kept."""

    VAULT = "vault"
    FOLDER = "folder"


class Language(enum.Enum):
    """What the program speaks."""

    AUTO = "auto"
    ENGLISH = "en"
    CHINESE = "zh_CN"


class Appearance(enum.Enum):
    """How the program's windows look."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"
