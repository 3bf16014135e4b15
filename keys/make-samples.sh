#!/bin/sh
# Makes the sample certificates of this folder anew: throw-away keys for addresses that can never receive mail
# (example.org and example.net, RFC 2606). The secret halves are thrown away at once; only certificates are kept.
# bob@example.net: ed25519/cv25519. rita@example.org: RSA. carol@example.net: expired at the end of 2020.
set -eu

folder=$(cd "$(dirname "$0")" && pwd)
home=$(mktemp -d /tmp/samples.XXXXXX)
trap 'gpgconf --homedir "$home" --kill all; rm -rf "$home"' EXIT
run() { gpg --homedir "$home" --batch --quiet --no-tty --passphrase '' --pinentry-mode loopback "$@"; }
fingerprint() { run --with-colons --list-keys "=$1" | awk -F: '$1 == "fpr" { print $10; exit }'; }

# make NAME USERID PRIMARY SUBKEY EXPIRY [OPTION...]
make() {
    name=$1 userid=$2 primary=$3 subkey=$4 expiry=$5
    shift 5
    run "$@" --quick-generate-key "$userid" "$primary" cert,sign "$expiry"
    run "$@" --quick-add-key "$(fingerprint "$userid")" "$subkey" encr "$expiry"
    run --armor --export-options export-minimal --export "=$userid" >"$folder/$name.asc"
}

# In the past, so that they are valid on a machine whose clock is slow.
make bob@example.net 'Bob <bob@example.net>' ed25519 cv25519 never --faked-system-time 20240101T000000
make rita@example.org 'Rita <rita@example.org>' rsa2048 rsa2048 never --faked-system-time 20240101T000000
make carol@example.net-expired 'Carol <carol@example.net>' ed25519 cv25519 1y --faked-system-time 20200101T000000
