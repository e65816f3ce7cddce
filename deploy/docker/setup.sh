#!/usr/bin/env bash
# Brings database and topics to this image's version and publishes its definitions: the one-shot service `setup`. It may
# run any number of times; what is there already stays. Database and broker get SETUP_WAIT_S seconds to come up.
set -euo pipefail
until_s=$((SECONDS + ${SETUP_WAIT_S:-120}))
patiently() {
    until "$@"; do
        [ "$SECONDS" -lt "$until_s" ] || { echo "setup: gave up: $*" >&2; exit 1; }
        sleep 2
    done
}
patiently yjsctl db migrate
patiently yjsctl topic apply
yjsctl calendar publish /usr/share/yijianshi/config/calendar/*.yaml
yjsctl thing publish /usr/share/yijianshi/config/things/*.yaml
