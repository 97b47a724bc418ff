#!/bin/sh
# Fetches digits.csv.gz again, byte for byte, from Debian's package of scikit-learn.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
apt-get download python3-sklearn
dpkg -x python3-sklearn_*.deb .
cp usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz "$here/digits.csv.gz"
cd "$here" && sha256sum --check digits.sha256
