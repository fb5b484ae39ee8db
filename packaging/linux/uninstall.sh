#!/bin/sh
# Removes what install.sh installed. Your accounts and settings stay.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
case "$here" in
    */lib/probe-tray) prefix=${here%/lib/probe-tray} ;;
    *) printf 'uninstall.sh: Run the one that was installed, in lib/probe-tray.\n' >&2; exit 1 ;;
esac

if [ -x "$prefix/bin/probe-tray" ]; then
    status=0
    "$prefix/bin/probe-tray" --quit > /dev/null 2>&1 || status=$?
    # That it has not ended yet. Whatever else went wrong, such as a copy that cannot start, must not keep it here.
    if [ "$status" -eq 3 ]; then
        printf '%s\n' "uninstall.sh: Probe Tray hasn't quit yet. It may still be saving a login. Nothing was removed." \
            'Run this again in a minute.' >&2
        exit 1
    fi
fi
while IFS= read -r file; do
    rm -f "$prefix/$file"
done < "$here/installed-files.txt"
for program in probe-tray codex-probe; do
    [ ! -L "$prefix/bin/$program" ] || rm -f "$prefix/bin/$program"
done
# Nothing would be left there to start at login.
entry="${XDG_CONFIG_HOME:-$HOME/.config}/autostart/probe-tray.desktop"
if [ -f "$entry" ] && grep -qF "$prefix/lib/probe-tray/" "$entry"; then
    rm -f "$entry"
fi
rm -rf "$here"
printf '%s\n' 'Removed. Your accounts and settings are still in:' \
    "  ${XDG_CONFIG_HOME:-$HOME/.config}/probe-tray" "  ${XDG_DATA_HOME:-$HOME/.local/share}/probe-tray"
