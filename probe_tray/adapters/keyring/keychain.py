"""Entries of the keychain of macOS, changed where they are.

Python's library deletes an entry and adds another one (keyring 25.7, ``set_generic_password``). In between there is
none, and the other one trusts only the program that added it (Apple, "Access Control Lists").

What SecItemUpdate changes is there all the time, and goes on trusting the programs that it trusted. Since macOS 10.12
there is also a list of partitions, which an update of the value resets to the one that made it (Apple,
``libsecurity_keychain/lib/Item.cpp``, ``ItemImpl::updateSSGroup``). So the client may have to ask a person again all
the same, as may this program once the client has written.
"""

from importlib import import_module
from typing import Any, Final

SECURITY: Final = "/System/Library/Frameworks/Security.framework/Security"
_FOUNDATION: Final = "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation"
_NOT_FOUND: Final = -25300
"""errSecItemNotFound."""
_DUPLICATE: Final = -25299
"""errSecDuplicateItem: another program has added it meanwhile."""


def keep_in_keychain(service: str, user: str, value: str) -> None:
    """Change the entry, and add it where there is none. Raises what the library raises, and OSError."""
    import ctypes

    # The library has no types.
    api: Any = import_module("keyring.backends.macOS.api")
    make_data = ctypes.CDLL(_FOUNDATION).CFDataCreate
    make_data.argtypes, make_data.restype = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_long], ctypes.c_void_p
    update = ctypes.CDLL(SECURITY).SecItemUpdate
    update.argtypes, update.restype = [ctypes.c_void_p, ctypes.c_void_p], ctypes.c_int32
    raw = value.encode()
    # An update takes no string (SecItem.h: kSecValueData is a CFData), though the library adds one.
    data = ctypes.c_void_p(make_data(None, raw, len(raw)))
    named = {"kSecClass": api.k_("kSecClassGenericPassword"), "kSecAttrService": service, "kSecAttrAccount": user}
    entry, change = api.create_query(**named), api.create_query(kSecValueData=data)
    status = update(entry, change)
    if status == _NOT_FOUND:
        status = api.SecItemAdd(api.create_query(**named, kSecValueData=data), None)
    if status == _DUPLICATE:
        status = update(entry, change)
    api.Error.raise_for_status(status)
