#!/bin/sh
# Installs Probe Tray from this folder.
#
#   ./install.sh --user            for you alone, below ~/.local
#   sudo ./install.sh --prefix DIR for everybody, for example below /usr/local
#
# Installing again replaces the programs. Your accounts and settings are not touched.
set -eu

say() { printf '%s\n' "$*"; }
fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
case "${1-}" in
    --user) prefix="${HOME:?}/.local" ;;
    --prefix) prefix=${2-}; [ -n "$prefix" ] || fail 'Say where: --prefix DIR' ;;
    *) fail 'Say for whom: --user for you alone, or --prefix DIR.' ;;
esac

[ -f "$here/lib/probe-tray/_internal/bundle-files.txt" ] || fail 'The archive is not complete. Unpack it again.'

# The programs need this version of the system's C library or a newer one.
needed=$(cat "$here/glibc-version")
found=$(getconf GNU_LIBC_VERSION 2>/dev/null | sed 's/[^0-9.]*//') || found=
[ -n "$found" ] || fail "Probe Tray needs glibc $needed or newer, and this system has another C library."
oldest=$(printf '%s\n%s\n' "$needed" "$found" | sort -V | head -n 1)
[ "$oldest" = "$needed" ] || fail "Probe Tray needs glibc $needed or newer; this system has $found. Nothing was installed."

mkdir -p "$prefix/lib" 2>/dev/null && [ -w "$prefix/lib" ] || fail "$prefix can't be written. Nothing was installed."

# The new folder is complete before the old one goes.
new="$prefix/lib/probe-tray.new"
rm -rf "$new"
cp -R "$here/lib/probe-tray" "$new" || { rm -rf "$new"; fail "There is no space in $prefix. Nothing was changed."; }
rm -rf "$prefix/lib/probe-tray"
mv "$new" "$prefix/lib/probe-tray"
cp "$here/uninstall.sh" "$prefix/lib/probe-tray/uninstall.sh"

(cd "$here" && find share -type f) > "$prefix/lib/probe-tray/installed-files.txt"
while IFS= read -r file; do
    mkdir -p "$prefix/$(dirname "$file")"
    cp "$here/$file" "$prefix/$file"
done < "$prefix/lib/probe-tray/installed-files.txt"
# A menu finds the program also where its folder is not on the path.
desktop="$prefix/share/applications/probe-tray.desktop"
sed "s|^Exec=probe-tray|Exec=\"$prefix/bin/probe-tray\"|" "$here/share/applications/probe-tray.desktop" > "$desktop"
mkdir -p "$prefix/bin"
for program in probe-tray codex-probe; do
    ln -sfn "../lib/probe-tray/$program" "$prefix/bin/$program"
done

missing=$(ldd "$prefix/lib/probe-tray/_internal/PySide6/Qt/plugins/platforms/libqxcb.so" 2>/dev/null |
    sed -n 's/^[[:space:]]*\([^ ]*\) => not found.*/\1/p' | sort -u | tr '\n' ' ')
[ -z "$missing" ] || say "Before the tray app can open a window, install these libraries: $missing"
case ":$PATH:" in
    *":$prefix/bin:"*) say "Installed. Start it with: probe-tray" ;;
    *) say "Installed. Start it from the menu, or with: $prefix/bin/probe-tray" ;;
esac
say "To remove it: $prefix/lib/probe-tray/uninstall.sh"
