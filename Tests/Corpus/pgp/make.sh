#!/bin/sh
# Makes the files of this folder anew with GnuPG 2.2 and rnp: real output of real programs. Run by hand; the tests read the
# files as they are. Keys are thrown away with the folder they are made in; only public halves are kept.
set -eu
out=$(cd "$(dirname "$0")" && pwd)
home=$(mktemp -d /tmp/llXXXXXX)
trap 'gpgconf --homedir "$home" --kill all; rm -rf "$home"' EXIT
chmod 700 "$home"
g() { gpg --homedir "$home" --batch --yes --quiet --pinentry-mode loopback --passphrase "" --trust-model always "$@"; }
g --quick-generate-key 'Alice <alice@example.org>' future-default default never
g --quick-generate-key 'Bob Exämple <bob@example.org>' rsa2048 cert never
bob=$(g --list-keys --with-colons bob@example.org | awk -F: '$1=="fpr"{print $10; exit}')
g --quick-add-key "$bob" rsa2048 encr never
yes 'the quick brown fox jumps over the lazy dog' | head -c 20000 > "$home/long"
echo 'a short secret' > "$home/short"
cd "$out"
g -e -a -r alice@example.org -o armored.asc "$home/short"
g -e -r alice@example.org -r bob@example.org -o binary.pgp "$home/short"
g -e -z0 -r alice@example.org -o partial.pgp < "$home/long"
g -e -z0 -r bob@example.org -o fixed-length.pgp "$home/long"
g -e -R alice@example.org -r bob@example.org -o hidden.pgp "$home/short"
g -e --throw-keyids -r alice@example.org -o thrown.pgp "$home/short"
g --pinentry-mode loopback --passphrase secret -c -o symmetric.pgp "$home/short"
g -e -c --passphrase secret -r alice@example.org -o both.pgp "$home/short"
g -s -o signed.pgp "$home/short"
g -b -a -o detached.asc "$home/short"
g --clearsign -o clearsigned.asc "$home/short"
g -s -e -r bob@example.org -o signed-encrypted.pgp "$home/short"
g -e --rfc2440 --cipher-algo 3DES --disable-mdc -r bob@example.org -o no-mdc.pgp "$home/short" 2>/dev/null || :
g --export -o alice.pgp alice@example.org
g --export -a -o both-keys.asc
g --export -a alice@example.org > separate-keys.asc
printf '\r\nBob, by telephone:\r\n\r\n' >> separate-keys.asc
g --export -a bob@example.org >> separate-keys.asc
# Secret halves never enter the folder: a test makes its own.
if command -v rnp > /dev/null; then
    rm -f rnp-*
    g --export-options export-minimal --export bob@example.org > "$home/bob.pgp"
    for mode in eax ocb; do
        rnp --homedir "$home/rnp" --keyfile "$home/bob.pgp" -e -r bob@example.org --aead=$mode \
            --output "rnp-aead-$mode.pgp" "$home/short" || :
    done
    rnp --homedir "$home/rnp" --keyfile "$home/bob.pgp" -e -r bob@example.org --armor --output rnp-seipd.asc "$home/short" || :
fi
chmod 644 ./*.pgp ./*.asc
