#!/bin/sh
# Builds a static libgomp, to be linked into a binary for Node.js, from the sources in Debian's package gcc-VERSION-source:
#   libgomp.sh SOURCES ZIG ZIG-TARGET HOST LIBRARY
# The one that Debian compiled needs a glibc as new as its own, and cannot become part of a shared library.
set -eu
sources=$1 zig=$2 target=$3 host=$4 library=$5

[ ! -e "$library" ] || exit 0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
tar xf "$sources" --no-same-owner --strip-components 1 --wildcards '*/libgomp' '*/include' '*/libgcc' '*/config' \
  '*/config[.-]*' '*/ltmain.sh' '*/install-sh' '*/missing' '*/depcomp' '*/mkinstalldirs' '*/gcc/BASE-VER'

# zig compiles as clang does: without a function of OpenACC that only gcc has, and that nobody calls here.
cat >cc <<END
#!/bin/sh
exec "$zig" cc -target $target -w -Wno-int-conversion '-D__builtin_acc_on_device(x)=0' "\$@"
END
for tool in ar ranlib; do
  printf '#!/bin/sh\nexec "%s" %s "$@"\n' "$zig" $tool >$tool
done
chmod +x cc ar ranlib

mkdir build
cd build
{
  ../libgomp/configure --host="$host" --disable-multilib --disable-shared --with-pic --disable-werror \
    CC="$folder/cc" CFLAGS='-O2 -g0 -ffunction-sections -fdata-sections' AR="$folder/ar" RANLIB="$folder/ranlib" FC=no &&
    make -j2 libgomp.la libgomp_version_dep=
} >../log 2>&1 || {
  tail -n 40 ../log >&2
  exit 1
}
mkdir -p "$(dirname "$library")"
mv .libs/libgomp.a "$library"
