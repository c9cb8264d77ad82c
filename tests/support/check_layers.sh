#!/usr/bin/env bash
# check_layers.sh - proves from the #include lines that layers include downward only:
#
#   base <- event <- ops <- program <- vm <- rules <- stream          the run side
#   syntax <- check <- codegen beside it, on base, event and ops; only codegen also on program
#   emit beside vm, on program
#
# so the run side never includes the front side. The command, the examples and the tests of the public interface
# see eqlmini.h alone. lib/ includes none of the headers whose functions it must not use.
set -u
cd "$(dirname "$0")/../.." || exit 1

find lib grammar cli examples tests/api -type f \
    \( -name '*.c' -o -name '*.h' -o -name '*.cc' -o -name '*.def' -o -name '*.re' -o -name '*.y' \) | LC_ALL=C sort |
    xargs awk '
    function bad(why) {
        printf "not ok %d - %s:%d includes %s: %s\n", ++n, FILENAME, FNR, name, why
    }
    function words(text, set,    parts, i, k) {
        k = split(text, parts, " ")
        for (i = 1; i <= k; i++) set[parts[i]] = 1
    }
    BEGIN {
        allowed["base"] = " base "
        allowed["event"] = " base event "
        allowed["ops"] = " base event ops "
        allowed["program"] = " base event ops program "
        allowed["vm"] = " base event ops program vm "
        allowed["rules"] = " base event ops program vm rules "
        allowed["stream"] = " base event ops program vm rules stream "
        allowed["syntax"] = " base event ops syntax "
        allowed["check"] = " base event ops syntax check "
        allowed["codegen"] = " base event ops program syntax check codegen "
        allowed["emit"] = " base event ops program emit "
        allowed["ecs"] = " base ecs "
        generated["casefold_data.h"] = "base"
        generated["lex.c"] = generated["eql.c"] = generated["eql.h"] = "syntax"
        generated["ecs_data.h"] = "ecs"
        words("stdio.h wchar.h wctype.h ctype.h locale.h setjmp.h signal.h time.h unistd.h", banned)
    }
    FNR == 1 {
        files++
        split(FILENAME, path, "/")
        side = path[1] == "grammar" ? "lib" : path[1]
        layer = path[1] == "grammar" ? "syntax" : path[2]
    }
    /^[ \t]*#[ \t]*include[ \t]*</ && side == "lib" {
        name = $0
        sub(/^[^<]*</, "", name)
        sub(/>.*/, "", name)
        includes++
        if (name in banned) bad("the library does without it")
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        name = $0
        sub(/^[^"]*"/, "", name)
        sub(/".*/, "", name)
        includes++
        if (name == "eqlmini.h") next
        if (side != "lib") {
            # A header of the project has its folder in its name; without one it lies beside the file.
            if (name ~ /\// && name !~ /^toml\+\+\//) bad("only eqlmini.h is for use outside of lib/")
            else if (side == "examples") bad("an example uses eqlmini.h alone")
            next
        }
        if (name in generated) {
            if (generated[name] != layer) bad("belongs to " generated[name])
            next
        }
        if (!(layer in allowed)) { bad("unknown layer " layer); next }
        target = name
        if (!sub(/\/.*/, "", target)) bad("needs its folder, relative to lib/")
        else if (index(allowed[layer], " " target " ") == 0) bad(layer " must not know " target)
    }
    END {
        if (n) exit 1
        if (files < 10 || includes < 10) { print "not ok 1 - layers: no sources found"; exit 1 }
        printf "ok 1 - layers: %d includes in %d files go downward\n", includes, files
    }'
