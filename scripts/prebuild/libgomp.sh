#!/bin/sh
# Builds a static libgomp, to be linked into a binary for Node.js, from the sources in Debian's package gcc-VERSION-source:
#   libgomp.sh SOURCES LIBRARY HOST AR COMPILER...
# Those that Debian compiled need a glibc as new as its own, cannot become part of a shared library, or bring all that
# nobody here calls.
set -eu
sources=$1 library=$2 host=$3 ar=$4
shift 4

# Built already, and by what is written here.
recipe=$(dirname "$library")/libgomp.sh
! cmp -s "$0" "$recipe" || exit 0
mkdir -p "$(dirname "$library")"
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
tar xf "$sources" --no-same-owner --strip-components 1 --wildcards '*/libgomp' '*/include' '*/libgcc' '*/config' \
  '*/config[.-]*' '*/ltmain.sh' '*/install-sh' '*/missing' '*/depcomp' '*/mkinstalldirs' '*/gcc/BASE-VER'

# Without a function of OpenACC that clang does not have, and that nobody calls here.
cat >./cc <<END
#!/bin/sh
exec $* -w -Wno-int-conversion '-D__builtin_acc_on_device(x)=0' "\$@"
END
printf '#!/bin/sh\nexec %s "$@"\n' "$ar" >./ar
printf '#!/bin/sh\nexec %s s "$@"\n' "$ar" >./ranlib
chmod +x cc ar ranlib

# The last flag: where MinGW has a printf of its own, the system's will do.
flags="-Os -g0 -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables -fvisibility=hidden \
  -D__USE_MINGW_ANSI_STDIO=0"
mkdir build
cd build
{
  ../libgomp/configure --host="$host" --disable-multilib --disable-shared --with-pic --disable-werror \
    CC="$folder/cc" AR="$folder/ar" RANLIB="$folder/ranlib" FC=no \
    CFLAGS="$flags" &&
    # musl cannot make a thread that is bound to a processor: no OMP_PROC_BIND and OMP_PLACES on either C library.
    sed -i '/HAVE_PTHREAD_AFFINITY_NP/d' config.h &&
    make -j2 libgomp.la libgomp_version_dep=
} >../log 2>&1 || {
  tail -n 40 ../log >&2
  exit 1
}
mv omp.h "$(dirname "$library")"
mv .libs/libgomp.a "$library"
cp "$script" "$recipe"
