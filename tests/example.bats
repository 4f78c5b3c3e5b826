# The complete program in the header of plugin/attribution.h, as a reader would copy and compile it.

load attribute

# Writes example.c; `compile` is the beginning of the compiler's command for the library $1.
setup_example() {
    sed -n '/A complete program:/,/^ \* Rules:/{s/^ \*   //p;s/^ \*$//p;}' "$root/plugin/attribution.h" >example.c
    compile=("${CC:-gcc}" -Wall -Wextra -Werror)
    if nm "$1" 2>/dev/null | grep -q __asan_init; then
        compile+=(-fsanitize=address,undefined)
    fi
}

# The files of the model are found beside the program, or in share/darknet beside it, or where it is started.
explains_the_boot() {
    run -0 --separate-stderr "$1" "${model[@]}" "$picture"
    echo "$output"
    [[ $output =~ ^"Ankle-boot 0.9969: map 28 x 28, sums to "-?[0-9]+\.[0-9]{4}$ ]]
    [ -z "$stderr" ]
    [ -s results/9_ankle-boot/Ankle-boot_integrated_gradients.npy ]
    results whole results/9_ankle-boot
    attribute test "${model[@]}" "$picture" -method integrated_gradients -results program
    results equal 1e-5 {results,program}/9_ankle-boot/Ankle-boot_integrated_gradients.npy
}

says_what_is_wrong() {
    # A program that ends need not give back what it holds.
    export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
    run --separate-stderr -1 "$1" cfg/fashion.data cfg/fashion.cfg none.weights "$picture"
    [ "$stderr" = "none.weights: cannot open: No such file or directory" ]
    [ -z "$output" ]
    run --separate-stderr -1 "$1" "${model[@]}" none.png
    [ "$stderr" = "none.png: cannot open: No such file or directory" ]
}

@test "example: with the static library" {
    setup_example "$build/libattribution.a"
    "${compile[@]}" -I"$root/plugin" example.c -o example "$build/libattribution.a" -fopenmp -lfftw3 -lcrypto -lz -lm
    ln -s "$build/cfg" cfg
    explains_the_boot ./example
    says_what_is_wrong ./example
}

@test "example: with the shared library, installed" {
    make -s -C "$root" install DESTDIR="$PWD/dest" PREFIX=/usr
    setup_example dest/usr/lib/libattribution.so
    "${compile[@]}" -Idest/usr/include example.c -o dest/usr/bin/example -Ldest/usr/lib -lattribution
    export LD_LIBRARY_PATH=$PWD/dest/usr/lib
    explains_the_boot dest/usr/bin/example
    says_what_is_wrong dest/usr/bin/example
}

@test "example: the header is good C++, too" {
    command -v g++ >/dev/null || skip "g++ is missing"
    echo '#include <attribution.h>
int main() { return attr_error_message()[0]; }' >it.cpp
    g++ -Wall -Wextra -Werror -I"$root/plugin" -fsyntax-only it.cpp
}
